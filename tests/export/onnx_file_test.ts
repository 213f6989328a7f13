// What an exported ONNX file holds: names, types and versions; unknown extents; and what is refused.
import assert from "node:assert/strict";
import {
  Input,
  Layer,
  layers,
  Model,
  ops,
  random,
  Sequential,
  type SymbolicTensor,
  type Tensor,
  tensor,
  type Value,
  Variable,
} from "../../mod.ts";
import { onnxFile } from "../../lib/export/onnx.ts";
import { onnxProto } from "../deps.ts";
import { assertExports, joined, runOnnx } from "./onnx_run.ts";
import { numbers } from "../ops/samples.ts";

/** The message of a file. */
async function decoded(model: Model, options: { batchSize?: number; opsetVersion?: number } = {}) {
  const file = await onnxFile(
    model,
    { batchSize: null, inputShape: null, opsetVersion: 18, ...options },
    "Cannot export",
  );
  const { graph, ...rest } = onnxProto.onnx.ModelProto.decode(await joined(file));
  return { ...rest, graph: graph! };
}

/** A model of two inputs and two outputs, one of them integers. */
function twoByTwo(): Model {
  const [left, right] = [Input({ shape: [4], name: "left" }), Input({ shape: [4], name: "right", dtype: "int32" })];
  const sum = new layers.Dense(3, { name: "head" }).apply(ops.add(left, ops.cast(right, "float32")));
  return new Model({ inputs: [left, right], outputs: [sum, ops.argmax(sum, -1)] }) as Model;
}

Deno.test("a file says its versions, and the names, dtypes and shapes of inputs and outputs", async () => {
  const model = twoByTwo();
  const file = await decoded(model);
  assert.equal(Number(file.irVersion), 10);
  assert.deepEqual(file.opsetImport.map(({ domain, version }) => [domain, Number(version)]), [["", 18]]);
  assert.equal(Number((await decoded(model, { opsetVersion: 21 })).opsetImport[0].version), 21);
  const typed = (values: typeof file.graph.input) =>
    values!.map(({ name, type }) => [
      name,
      type!.tensorType!.elemType,
      type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ]);
  assert.deepEqual(typed(file.graph.input), [["left", 1, ["batch", 4]], ["right", 6, ["batch", 4]]]);
  assert.deepEqual(typed(file.graph.output), [["head", 1, ["batch", 3]], [model.outputNames[1], 6, ["batch"]]]);
  assert.deepEqual(file.graph.initializer!.map(({ name }) => name).slice(0, 2), ["head/kernel", "head/bias"]);
  await assertExports(model, [numbers([5, 4]), numbers([5, 4], -9, 9, "int32")]);
});

Deno.test("a file of one batch size has that in its inputs", async () => {
  const model = twoByTwo();
  const file = await decoded(model, { batchSize: 3 });
  assert.equal(Number(file.graph.input![0].type!.tensorType!.shape!.dim![0].dimValue), 3);
  await assertExports(model, [numbers([3, 4]), numbers([3, 4], -9, 9, "int32")], { batchSize: 3 });
});

Deno.test("later versions of ONNX's operators compute the same", async () => {
  const model = new Sequential([
    Input({ shape: [6, 6, 2] }),
    new layers.Conv2D(3, 3, { padding: "same", activation: "elu" }),
    new layers.AveragePooling2D(2, { padding: "same" }),
    new layers.Flatten(),
    new layers.Dense(4, { activation: "softmax" }),
  ]);
  for (const opsetVersion of [19, 20, 21, 22]) await assertExports(model, [numbers([5, 6, 6, 2])], { opsetVersion });
});

Deno.test("between convolutions nothing is transposed", async () => {
  const x = Input({ shape: [8, 8, 3] });
  const block = (y: SymbolicTensor, stride: number) => {
    const wide = new layers.DepthwiseConv2D(3, { padding: "same", strides: stride, useBias: false }).apply(y);
    return new layers.ReLU({ maxValue: 6 }).apply(new layers.BatchNormalization().apply(wide));
  };
  const first = new layers.Conv2D(4, 3, { padding: "same" }).apply(x);
  const added = ops.add(block(first, 1), first);
  const joined = new layers.Concatenate().apply([
    added,
    new layers.MaxPooling2D(3, { strides: 1, padding: "same" }).apply(added),
  ]);
  const scaled = ops.multiply(joined, ops.sigmoid(ops.mean(joined, [1, 2], true)));
  const padded = new layers.ZeroPadding2D(1).apply(
    new layers.UpSampling2D(2).apply(new layers.Cropping2D(1).apply(scaled)),
  );
  const y = new layers.GlobalAveragePooling2D().apply(block(padded, 2));
  const model = new Model({ inputs: x, outputs: new layers.Dense(2).apply(y) }) as Model;
  const { graph } = await decoded(model);
  // One of the input, and one of the factors, which are a row per image.
  assert.equal(graph.node!.filter(({ opType }) => opType === "Transpose").length, 2);
  await assertExports(model, [numbers([5, 8, 8, 3])]);
});

Deno.test("a ReLU with a largest value is a Clip, which runtimes compute along with a convolution", async () => {
  const model = new Sequential([
    Input({ shape: [6, 6, 1] }),
    new layers.Conv2D(2, 3),
    new layers.ReLU({ maxValue: 0.5 }),
  ]);
  const { graph } = await decoded(model);
  const names = graph.node!.map(({ opType }) => opType);
  assert.deepEqual(names.filter((name) => ["Relu", "Clip", "Max", "Min"].includes(name!)), ["Relu", "Clip"]);
  await assertExports(model, [numbers([5, 6, 6, 1])]);
});

Deno.test("zeros around a max pool count, in runtimes that would take them for its padding", async () => {
  const model = new Sequential([
    Input({ shape: [6, 6, 1] }),
    new layers.Conv2D(2, 1, { kernelInitializer: "ones" }),
    new layers.ZeroPadding2D(1),
    new layers.MaxPooling2D(3, { strides: 2 }),
  ]);
  await assertExports(model, [numbers([5, 6, 6, 1], -2, -1)]);
});

/** Models with extents that are null beside the batch, and inputs for them. */
const open: Record<string, () => [model: Model, inputs: readonly Tensor[][]]> = {
  "images of any size"() {
    const model = new Sequential([
      Input({ shape: [null, null, 3] }),
      new layers.Conv2D(4, 3, { padding: "same", activation: "relu" }),
      new layers.MaxPooling2D(2),
      new layers.Conv2DTranspose(3, 2, { strides: 2 }),
      new layers.SeparableConv2D(4, 3),
      new layers.GlobalAveragePooling2D(),
      new layers.Dense(2),
    ]);
    return [model, [[numbers([2, 9, 8, 3])], [numbers([1, 12, 7, 3])]]];
  },
  "masked sequences of any length"() {
    const x = Input({ shape: [null], dtype: "int32" });
    const y = new layers.Embedding(7, 4, { maskZero: true }).apply(x);
    const model = new Model({
      inputs: x,
      outputs: new layers.GlobalAveragePooling1D().apply(new layers.Dense(3).apply(y)),
    });
    return [model as Model, [[numbers([2, 5], 0, 7, "int32")], [numbers([3, 11], 0, 7, "int32")]]];
  },
  "two lengths that meet, and a third"() {
    const [a, b, c] = [Input({ shape: [null, 2] }), Input({ shape: [null, 2] }), Input({ shape: [null, 2] })];
    const sum = ops.mean(ops.multiply(a, b), 1);
    const model = new Model({ inputs: [a, b, c], outputs: [sum, ops.mean(c, 1)] });
    return [model as Model, [[numbers([2, 5, 2]), numbers([2, 5, 2]), numbers([2, 5, 2])]]];
  },
  "the last steps, in reverse, beside their mean"() {
    const x = Input({ shape: [null, 2] });
    const last = ops.getItem(x, [{}, { start: -3 }]);
    const even = ops.getItem(x, [{}, { step: 2 }]);
    const model = new Model({
      inputs: x,
      outputs: [ops.flip(last, 1), ops.subtract(even, ops.mean(x, 1, true)), ops.roll(x, 1, 1)],
    });
    return [model as Model, [[numbers([2, 5, 2])], [numbers([3, 8, 2])]]];
  },
};

for (const [name, make] of Object.entries(open)) {
  Deno.test(`${name} are exported as ONNX`, async () => {
    const [model, inputs] = make();
    for (const x of inputs) await assertExports(model, x, { batches: [x[0].shape[0]] });
  });
}

Deno.test("an extent that changes the graph is refused, but for an inputShape of numbers", async () => {
  const model = new Sequential([
    Input({ shape: [null, 2] }),
    new layers.Conv1D(3, 3, { strides: 2, padding: "same" }),
    new layers.GlobalAveragePooling1D(),
  ], { name: "m" });
  await assert.rejects(model.export("m.onnx"), {
    name: "ValueError",
    message: /"(low|high)" of "m\/conv1d\/convolution", which differs for other extents.* inputShape with numbers/,
  });
  await assertExports(model, [numbers([5, 9, 2])], { inputShape: [null, 9, 2] });
  await assert.rejects(model.export("m.onnx", { inputShape: [null, 9, 3] }), {
    name: "ShapeError",
    message: /"input_layer[^"]*" must have a shape like \[null, null, 2\], received \[null, 9, 3\]/,
  });
});

Deno.test("means over the batch, and rows of it by index, are exported as ONNX", async () => {
  const x = Input({ shape: [3] });
  const model = new Model({
    inputs: x,
    outputs: [
      ops.subtract(x, ops.mean(x, 0)),
      ops.takeAlongAxis(x, ops.argsort(x), 1),
      ops.add(ops.reshape(x, [-1, 1, 3]), ops.zerosLike(ops.reshape(x, [-1, 3, 1]))),
    ],
  });
  await assertExports(model as Model, [numbers([5, 3])]);
});

Deno.test("a model of one's own is exported as ONNX", async () => {
  class Twice extends Model {
    dense = new layers.Dense(3);
    override call(x: Value): Value {
      return this.dense.apply(ops.multiply(x, 2)) as Value;
    }
  }
  const model = new Twice();
  await model.predict(numbers([2, 4]), { verbose: 0 });
  await assertExports(model, [numbers([5, 4])]);
  assert.deepEqual((await decoded(model)).graph.input!.map(({ name }) => name), ["input"]);
});

Deno.test("an index without a row gives NaN in a file too", async () => {
  const x = Input({ shape: [2], dtype: "int32" });
  const model = new Model({ inputs: x, outputs: ops.take(tensor([[1, 2], [3, 4]]), x, 0) }) as Model;
  const bytes = await onnxFile(model, { batchSize: null, inputShape: null, opsetVersion: 18 }, "Cannot export");
  const outputs = await runOnnx(bytes, new Map([[model.inputNames[0], tensor([[1, -1], [2, 0]], undefined, "int32")]]));
  assert.deepEqual([...outputs.values()][0].toArray(), [[[3, 4], [3, 4]], [[NaN, NaN], [1, 2]]]);
});

Deno.test("export writes a path or a stream, by its ending or by the format", async () => {
  const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
  const folder = await Deno.makeTempDir();
  try {
    await model.export(`${folder}/model.onnx`, { verbose: false });
    const bytes = await Deno.readFile(`${folder}/model.onnx`);
    const parts: Uint8Array[] = [];
    await model.export(new WritableStream({ write: (part: Uint8Array) => void parts.push(part) }), {
      format: "onnx",
      verbose: false,
    });
    assert.deepEqual(parts, [bytes]);
    await assert.rejects(model.export(`${folder}/none/model.onnx`, { verbose: false }), { name: "FileError" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Draws random numbers, also when it predicts. */
class Noise extends Layer {
  readonly #generator = new random.SeedGenerator(1);
  call(x: Value): Value {
    return ops.add(x, random.normal(x.shape, { seed: this.#generator }) as unknown as Value);
  }
}

/** Counts its calls. */
class Counter extends Layer {
  readonly count = new Variable([0], { name: "count" });
  call(x: Value): Value {
    this.count.assign(ops.add(this.count.value(), 1));
    return x;
  }
}

Deno.test("what cannot be exported is told before a file is written", async () => {
  const dense = () => new Sequential([Input({ shape: [4] }), new layers.Dense(3)], { name: "m" });
  const of = (layer: Layer) => new Sequential([Input({ shape: [4] }), layer], { name: "m" });
  const refused: [model: Model, target: string, options: object | undefined, message: RegExp][] = [
    [new Sequential([new layers.Dense(3)], { name: "m" }), "m.onnx", {}, /Cannot export "m" to "m.onnx": .*not built/],
    [dense(), "m.h5", {}, /Cannot export "m" to "m.h5": its name must end in .onnx/],
    [dense(), "m.onnx", { format: "tflite" }, /format must be one of "onnx"/],
    [dense(), "m.onnx", { opsetVersion: 17 }, /opsetVersion must be .* 18 to 22/],
    [dense(), "m.onnx", { batchSize: 0 }, /batchSize must be a positive integer/],
    [dense(), "m.onnx", { batch: 1 }, /batch/],
    [of(new Noise()), "m.onnx", {}, /it makes random numbers, received "m\/noise/],
    [of(new Counter()), "m.onnx", {}, /assigns to "count" when it predicts/],
  ];
  for (const [model, target, options, message] of refused) {
    await assert.rejects(model.export(target, options), { message });
  }
  const stream = new WritableStream();
  await assert.rejects(dense().export(stream), { message: /a stream has no ending .*format: "onnx"/ });
});

Deno.test("a graph that is another one for other batches is refused, but for one batch size", async () => {
  class Halves extends Layer {
    call(x: Value): Value {
      const half = Math.floor(x.shape[0] / 2);
      return ops.add(x, ops.mean(ops.slice(x, [0, 0], [Math.max(half, 1), 4]), 0)) as Value;
    }
  }
  const model = new Sequential([Input({ shape: [4] }), new Halves()], { name: "m" });
  await assert.rejects(model.export("m.onnx"), {
    name: "ValueError",
    message: /Cannot export "m".*whatever the batch size.*give batchSize/,
  });
  await assertExports(model, [numbers([6, 4])], { batchSize: 6 });
});

Deno.test("more than 2 GiB of weights are refused before they are read", async () => {
  class Large extends Layer {
    readonly table = Variable.zeros([600_000_000], { name: "table" });
    call(x: Value): Value {
      return ops.add(x, ops.sum(this.table.value())) as Value;
    }
  }
  const model = new Sequential([Input({ shape: [4] }), new Large()], { name: "m" });
  await assert.rejects(model.export("m.onnx"), {
    name: "ValueError",
    message: 'Cannot export "m" to "m.onnx": an ONNX file holds less than 2 GiB, received 2.24 GiB of weights: ' +
      "save the model as .keras, or export it in parts",
  });
});
