// Models made from symbolic inputs and outputs: results, order, and errors.
import assert from "node:assert/strict";
import { clearSession } from "../../lib/exec/select.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { type CallContext, Layer } from "../../lib/layers/layer.ts";
import * as ops from "../../lib/ops/ops.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential, type SequentialItem } from "../../lib/models/sequential.ts";
import { add, multiply } from "../../lib/ops/primitives.ts";
import { ones } from "../../lib/ops/composed.ts";
import type { Value } from "../../lib/ir/value.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { warningsOf } from "../warnings.ts";

const quiet = { verbose: 0 } as const;

testOnBackends("one input and one output", async () => {
  const x = Input({ shape: [2] });
  const hidden = new layers.Dense(2, { activation: "relu" });
  const model = new Model({
    inputs: x,
    outputs: new layers.Dense(1, { kernelInitializer: "ones" }).apply(hidden.apply(x)),
  });
  hidden.setWeights([tensor([[1, -1], [2, -2]]), tensor([0.5, 0])]);
  assert.deepEqual((await model.predict(tensor([[1, 2]]), quiet)).toArray(), [[5.5]]);
  assert.deepEqual(model.outputShape, [null, 1]);
});

Deno.test("a Sequential of models that know their inputs is built at once, as in Keras", () => {
  const inner = (from: number, to: number) => new Sequential([Input({ shape: [from] }), new layers.Dense(to)]);
  const model = new Sequential([inner(4, 3), inner(3, 2)]);
  assert.deepEqual([model.built, model.inputShape, model.outputShape], [true, [null, 4], [null, 2]]);
  let text = "";
  model.summary({ printFn: (line: string) => void (text += `${line}\n`) });
  assert.match(text, /\(None, 3\) +│ +15 [^]*\(None, 2\) +│ +8 /);
  // A single one may still be followed by more.
  const single = new Sequential([inner(4, 3)]);
  assert.equal(single.built, false);
  single.add(new layers.Dense(1));
  assert.deepEqual(single.outputShape, [null, 1]);
});

testOnBackends("a shared layer has one set of weights and trains by both of its applications", async () => {
  const x = Input({ shape: [1] });
  const shared = new layers.Dense(1, { kernelInitializer: "ones", useBias: false });
  const model = new Model({ inputs: x, outputs: shared.apply(shared.apply(x)) });
  assert.equal(model.countParams(), 1);
  assert.equal(shared.inboundNodes.length, 2);
  model.compile({ optimizer: "sgd", loss: "mse" });
  // y = w^2 x; for w = 1, x = 1, target 0: the derivative of y^2 is 4, the rate 0.01.
  await model.trainOnBatch([[1]], [[0]]);
  const [w] = await model.getWeights();
  assert.ok(Math.abs(w.item() - 0.96) < 1e-6);
});

/** Sums a list, and doubles the result by name. */
class Sums extends Layer {
  call({ left, right }: { left: Value; right: Value }, _context: CallContext): [Value, Value] {
    return [add(left, right), multiply(left, 2)];
  }
}

testOnBackends("layers take and give structures", async () => {
  const [a, b] = [Input({ shape: [2] }), Input({ shape: [2] })];
  const [sum, twice] = new Sums().apply({ left: a, right: b });
  assert.deepEqual(sum.shape, [null, 2]);
  const model = new Model({ inputs: a, outputs: new Sums().apply({ left: a, right: a })[0] });
  assert.deepEqual((await model.predict(ones([1, 2]), quiet)).toArray(), [[2, 2]]);
  assert.deepEqual([sum.index, twice.index], [0, 1]);
});

testOnBackends("features are extracted from a layer inside", async () => {
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(3, { kernelInitializer: "ones", name: "features" }),
    new layers.Dense(1),
  ]);
  const features = new Model({ inputs: model.input, outputs: model.getLayer("features").output });
  assert.deepEqual(await features.predict(tensor([[1, 2]]), quiet), tensor([[3, 3, 3]]));
});

Deno.test("inputShape, inputDim and batchInputShape stand for an Input", () => {
  for (const options of [{ inputShape: [4] }, { inputDim: 4 }, { batchInputShape: [null, 4] }]) {
    const model = new Sequential([new layers.Dense(3, options)]);
    assert.deepEqual(model.outputShape, [null, 3]);
    assert.equal(model.countParams(), 15);
  }
  assert.deepEqual(new Sequential([new layers.Dense(3, { batchInputShape: [2, 4] })]).outputShape, [2, 3]);
  assert.deepEqual(new Sequential([new layers.Embedding(9, 3, { inputLength: 5 })]).outputShape, [null, 5, 3]);
  assert.throws(
    () => new layers.Embedding(9, 3, { inputLength: 0 }),
    /inputLength must be a positive integer, received 0/,
  );
});

Deno.test("names and dtypes", async () => {
  await clearSession();
  const x = Input({ shape: [4], name: "pixels", dtype: "uint8" });
  const flat = new layers.Flatten().apply(x);
  assert.equal(flat.dtype, "uint8");
  assert.equal(new layers.Rescaling(1 / 255).apply(flat).dtype, "float32");
  const model = new Model({ inputs: x, outputs: flat });
  assert.equal(model.name, "functional");
  assert.deepEqual([model.inputNames, model.outputNames], [["pixels"], ["flatten"]]);
});

testOnBackends("ops on symbolic tensors are nodes", async () => {
  await clearSession();
  const x = Input({ shape: [2] });
  const y = ops.mean(ops.concatenate([ops.add(x, 1), ops.multiply(2, x)], -1), 1, true);
  assert.deepEqual(y.shape, [null, 1]);
  const halves = ops.split(x, 2, 1);
  assert.deepEqual(halves.map(({ shape }) => shape), [[null, 1], [null, 1]]);
  const model = new Model({ inputs: x, outputs: ops.subtract(y, halves[1]) });
  assert.deepEqual((await model.predict(tensor([[1, 2]]), quiet)).toArray(), [[0.75]]);
  assert.deepEqual(model.outputNames, ["subtract"]);
  assert.equal(ops.cast(x, "int32").dtype, "int32");
  assert.deepEqual(ops.add(tensor([1]), 2), tensor([3]));
});

Deno.test("graphs that cannot be are refused with a reason", () => {
  const [a, b] = [Input({ shape: [2], name: "a" }), Input({ shape: [2], name: "b" })];
  const sum = ops.add(a, b);
  const twins = new layers.Dense(2, { name: "twin" }).apply(new layers.Dense(2, { name: "twin" }).apply(a));
  const refused: [() => unknown, RegExp][] = [
    [
      () => new Model({ inputs: a, outputs: sum }),
      /received "add\w*", which needs the Input "b" too, beside "a": add "b" to inputs$/,
    ],
    [() => new Model({ inputs: [a, a], outputs: sum }), /inputs must differ, received "a" twice/],
    [() => new Model({ inputs: a, outputs: twins }), /names of layers must differ, received 2 named "twin"/],
    [() => new Model({ inputs: a, outputs: new layers.Dense(1) as never }), /not the layer$/],
    [() => new Model({ inputs: a } as never), /outputs must be symbolic tensors/],
    [() => new Model({ inputs: [], outputs: a }), /inputs must be symbolic tensors/],
    [() => new layers.Dense(1).output, /was not applied to symbolic tensors yet/],
    [() => new Model().inputs, /made of inputs and outputs, or is a built Sequential/],
    [
      () => new layers.Dense(1, { inputShape: [0] }),
      /inputShape must be a list of positive integers and null, received \[0\]/,
    ],
    [() => Number(a), /use ops, as in ops.multiply\(x, 2\)$/],
    [() => new layers.Dense(1).apply([1, 2] as never), /a layer takes a symbolic value/],
  ];
  for (const [run, message] of refused) assert.throws(run, message);
});

Deno.test("a softmax of one unit is warned of in compile", async () => {
  const compile = (...items: SequentialItem[]) =>
    new Sequential([Input({ shape: [4] }), ...items]).compile({ loss: "mse" });
  const [, heard] = await warningsOf(() => {
    compile(new layers.Dense(1, { activation: "softmax", name: "one" }));
    compile(new layers.Dense(1), new layers.Softmax({ name: "layer" }));
    compile(new layers.Dense(1, { activation: "sigmoid" }));
    compile(new layers.Dense(2, { activation: "softmax" }));
  });
  assert.deepEqual(heard.map((text) => text.split(":")[0]), [
    '"one" takes the softmax of one unit, which is always 1',
    '"layer" takes the softmax of one unit, which is always 1',
  ]);
});
