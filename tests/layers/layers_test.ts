// Layers: configs, shapes, names, weights, custom layers, dropout, and errors.
import assert from "node:assert/strict";
import { ShapeError, StateError, ValueError } from "../../lib/errors.ts";
import { clearSession } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import type { InputLayer } from "../../lib/layers/input.ts";
import { Layer } from "../../lib/layers/layer.ts";
import * as layers from "../../lib/layers/layers.ts";
import { SymbolicTensor } from "../../lib/tensor/symbolic.ts";
import type { Weight } from "../../lib/layers/weight.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { cast, matmul, mean, multiply, reshape, square } from "../../lib/ops/primitives.ts";
import { ones } from "../../lib/ops/composed.ts";
import * as ops from "../../lib/ops/ops.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import type { SymbolicShape } from "../../lib/shape.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeLayer, makeModel, type Table } from "../golden.ts";
import { warningsOf } from "../warnings.ts";

const { layers: layerCases, models } = golden("configs");

for (const spec of layerCases) {
  Deno.test(`${spec.name}: the config is that of Keras`, async () => {
    await clearSession();
    const made = makeLayer(spec);
    const layer = made instanceof SymbolicTensor ? made.operation as InputLayer : made;
    assert.deepEqual(JSON.parse(JSON.stringify(layer.getConfig())), spec.serialized.config);
  });
}

for (const spec of models) {
  Deno.test(`${spec.name}: names and weights are those of Keras`, async () => {
    await clearSession();
    const model = makeModel(spec.layers);
    assert.deepEqual(model.layers.map(({ name }) => name), spec.layer_names);
    assert.deepEqual(model.weights.map(({ name, shape }) => ({ path: name, shape: [...shape] })), spec.weights);
    const { layers: own, ...config } = JSON.parse(JSON.stringify(model.getConfig()));
    const { layers: theirs, ...expected } = spec.json.config;
    assert.deepEqual(config, expected);
    // The build config that a built layer writes is tested with saving.
    const bare = (list: Table[]) => list.map(({ build_config: _, ...node }) => node);
    assert.deepEqual(bare(own), bare(theirs));
  });
}

Deno.test("shapes follow from shapes", () => {
  const flat = new layers.Flatten();
  assert.deepEqual(flat.computeOutputShape([null, 28, 28]), [null, 784]);
  assert.deepEqual(flat.computeOutputShape([null, null, 28]), [null, null]);
  assert.deepEqual(new layers.Reshape([7, -1]).computeOutputShape([null, 28]), [null, 7, 4]);
  assert.deepEqual(new layers.Reshape([7, -1]).computeOutputShape([null, null]), [null, 7, null]);
  assert.deepEqual(new layers.Dense(3).computeOutputShape([null, 5, 2]), [null, 5, 3]);
});

testOnBackends("channels first are flattened last", async () => {
  const model = new Sequential([Input({ shape: [2, 3] }), new layers.Flatten({ dataFormat: "channels_first" })]);
  const y = await model.predict(tensor([[[1, 2, 3], [4, 5, 6]]]), { verbose: 0 });
  assert.deepEqual(y.toArray(), [[1, 4, 2, 5, 3, 6]]);
});

testOnBackends("Dense is a product, a sum and an activation", async () => {
  const dense = new layers.Dense(2, { activation: "relu" });
  const model = new Sequential([Input({ shape: [2] }), dense]);
  model.setWeights([tensor([[1, -2], [3, -4]]), tensor([5, -6])]);
  assert.deepEqual((await model.predict(tensor([[-1, 2]]), { verbose: 0 })).toArray(), [[10, 0]]);
  assert.equal(model.countParams(), 6);
});

/** Multiplies by a trained factor and counts nothing else. */
class Scale extends Layer {
  factor!: Weight;
  offset!: Weight;
  override build(shape: SymbolicShape) {
    this.offset = this.addWeight({ name: "offset", shape: [1], initializer: "zeros", trainable: false });
    this.factor = this.addWeight({ name: "factor", shape: [shape.at(-1)!], initializer: "ones" });
  }
  override call(x: Value) {
    this.addLoss(mean(square(this.factor.value())));
    return multiply(x, this.factor);
  }
}

/** Layers in properties and arrays. */
class Block extends Layer {
  first = new layers.Dense(3, { name: "first" });
  rest = [new Scale({ name: "scale" }), new layers.Dense(2, { name: "last" })];
  override call(x: Value) {
    return this.rest.reduce((y, layer) => layer.apply(y), this.first.apply(x));
  }
}

testOnBackends("a layer of one's own finds shapes by tracing, and tracks what is inside", async () => {
  const block = new Block({ name: "block" });
  const model = new Sequential([Input({ shape: [4] }), block], { name: "m" });
  assert.deepEqual(model.outputShape, [null, 2]);
  assert.deepEqual(model.weights.map(({ name }) => name), [
    "m/block/first/kernel",
    "m/block/first/bias",
    "m/block/scale/factor",
    "m/block/scale/offset",
    "m/block/last/kernel",
    "m/block/last/bias",
  ]);
  assert.equal(model.trainableWeights.length, 5);
  assert.deepEqual(model.nonTrainableWeights.map(({ key }) => key), ["offset"]);
  block.trainable = false;
  assert.equal(model.trainableWeights.length, 0);
  assert.equal(block.rest[1].trainable, false);
  block.trainable = true;
  model.compile({ optimizer: "sgd", loss: null });
  const { loss } = await model.trainOnBatch(ones([2, 4]));
  assertClose([loss], [1], { absolute: 1e-6, relative: 0 });
});

Deno.test("layers are found in lists of lists and in objects by name, each once", () => {
  const twice = new layers.Dense(1, { name: "twice" });
  class Heads extends Layer {
    byName = { left: new layers.Dense(2, { name: "left" }), right: twice };
    stages = [[new layers.Dense(3, { name: "first" }), twice], [null]];
    override call(x: Value) {
      return x;
    }
  }
  assert.deepEqual(new Heads().sublayers.map(({ name }) => name), ["left", "twice", "first"]);
});

Deno.test("a mask that is let go of is warned of once, unless that is meant", async () => {
  class Counted extends layers.Lambda {
    override computeMask() {
      return undefined;
    }
  }
  const [, heard] = await warningsOf(async () => {
    for (
      const layer of [
        new layers.Conv1D(1, 2, { name: "conv" }),
        new layers.GlobalAveragePooling1D(),
        new layers.Dense(1),
        new Counted((x) => x),
      ]
    ) {
      const model = new Sequential([Input({ shape: [3, 1] }), new layers.Masking(), layer]);
      model.compile({ loss: "mse" });
      const y = await model.predict(ones([2, 3, 1]), { verbose: 0 });
      await model.fit(ones([2, 3, 1]), y, { verbose: 0 });
    }
  });
  assert.equal(heard.length, 1, heard.join("\n"));
  assert.match(heard[0], /^"conv" drops the mask of its input/);
});

testOnBackends("a model of one's own trains, built by its first data", async () => {
  setRandomSeed(3);
  class Pair extends Model {
    hidden = new layers.Dense(8, { activation: "tanh" });
    head = new layers.Dense(1);
    override call(x: Value) {
      return this.head.apply(this.hidden.apply(x));
    }
  }
  const model = new Pair();
  model.compile({ optimizer: "adam", loss: "mse" });
  const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const { history } = await model.fit(x, [[0], [1], [1], [0]], { epochs: 20, verbose: 0 });
  assert.ok(history.loss[19] < history.loss[0]);
  assert.equal(model.countParams(), 33);
  assert.deepEqual((await model.predict(x, { verbose: 0 })).shape, [4, 1]);
});

testOnBackends("dropout drops in training only, by seed, step and place", async () => {
  class Show extends Model {
    dropout = new layers.Dropout(0.5);
    other = new layers.Dropout(0.5);
    override call(x: Value) {
      return reshape(cast(this.dropout.apply(x), "float32"), x.shape);
    }
    override predictStep({ x }: { x: Value }) {
      return matmul(this.other.apply(this.dropout.apply(x, { training: true }), { training: false }), tensor([[1]]));
    }
  }
  const draw = async (): Promise<number[]> => {
    setRandomSeed(7);
    return [...(await new Show().predict(ones([10000, 1]), { batchSize: 10000, verbose: 0 })).data];
  };
  const values = await draw();
  assert.deepEqual([...new Set(values)].sort(), [0, 2]);
  const average = values.reduce((a, b) => a + b, 0) / values.length;
  assert.ok(Math.abs(average - 1) < 0.05, `mean ${average}`);
  assert.deepEqual(await draw(), values);
  const model = new Sequential([Input({ shape: [3] }), new layers.Dropout(0.5)]);
  assert.deepEqual((await model.predict(ones([2, 3]), { verbose: 0 })).toArray(), [[1, 1, 1], [1, 1, 1]]);
});

Deno.test("wrong arguments are refused where the layer is made", () => {
  assert.throws(() => new layers.Dense(0), /units must be a positive integer, received 0/);
  assert.throws(() => new layers.Dense("10" as never), ValueError);
  assert.throws(() => new layers.Dense(3, { actvation: "relu" } as object), /did you mean "activation"\?/);
  assert.throws(() => new layers.Dense(3, { use_bias: false } as object), /did you mean "useBias"\?/);
  assert.throws(() => new layers.Dense(3, { activation: "rellu" as "relu" }), /did you mean "relu"\?/);
  assert.throws(() => new layers.Dense(3, { kernelInitializer: "glorot" as "zeros" }), /kernel|initializer/);
  assert.throws(() => new layers.Dropout(1.5), /rate must be a number from 0 to 1, received 1.5/);
  assert.throws(() => new layers.Activation(undefined as never), ValueError);
  assert.throws(() => new layers.Reshape([-1, -1]), ShapeError);
  assert.throws(() => new layers.Rescaling("x" as never), ValueError);
  assert.throws(() => new layers.Flatten({ dataFormat: "last" as "channels_last" }), ValueError);
  assert.throws(() => Input({ shape: [28, -1] }), ShapeError);
  assert.throws(() => Input({ shape: 784 as never }), /Input\(\{ shape: \[28, 28\] \}\)/);
  assert.throws(() => Input({ shape: [4], dtype: "float64" as "float32" }), /dtype must be one of/);
  const batch = { batchShape: [2, 4] };
  assert.deepEqual([Input(batch).shape, Input({ batchShape: [null, 4] }).shape], [[2, 4], [null, 4]]);
  assert.deepEqual(Input({ shape: [4], batchSize: 2 }).shape, Input(batch).shape);
  for (const wrong of [{}, { ...batch, shape: [4] }, { ...batch, batchSize: 2 }, { batchShape: [] }]) {
    assert.throws(() => Input(wrong), /takes shape, and batchSize .* or else batchShape alone/);
  }
  assert.throws(() => new layers.Dense(3, { name: "a/b" }), ValueError);
});

Deno.test("models are refused with a reason", () => {
  const dense = new layers.Dense(2, { name: "twin" });
  assert.throws(() => new Sequential([dense, new layers.Dense(2, { name: "twin" })]), /names of layers must differ/);
  assert.throws(() => new Sequential([dense, Input({ shape: [2] })]), /Input must come first/);
  assert.throws(() => new Sequential([layers.Dense as never]), /make the layer with new/);
  assert.throws(() => new Sequential([Input({ shape: [null, null] }), new layers.Dense(1)]), /give Input a /);
  assert.throws(() => new Sequential([Input({ shape: [10] }), new layers.Reshape([3, 4])]), /has 10 elements/);
  assert.throws(() => new Sequential([new layers.Dense(1)]).countParams(), StateError);
  assert.throws(() => new Sequential().pop(), StateError);
  assert.throws(() => new Sequential([dense]).getLayer("other"), /its layers are "twin", received "other"/);
});

Deno.test("layers can be added and popped; ten Dense(100) on 100 inputs have 101,000 parameters", () => {
  const model = new Sequential([Input({ shape: [100] })]);
  for (let i = 0; i < 10; i++) model.add(new layers.Dense(100));
  assert.equal(model.countParams(), 101_000);
  model.pop();
  assert.equal(model.countParams(), 90_900);
  model.add(new layers.Dense(7));
  assert.deepEqual(model.outputShape, [null, 7]);
  assert.equal(model.getLayer(0), model.layers[0]);
});

Deno.test("weights are set all or none", async () => {
  const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
  assert.throws(() => model.setWeights([tensor([[1]])]), /it has 2 weights, received 1 values/);
  assert.throws(() => model.setWeights([tensor([[5]]), tensor([1, 2])]), ShapeError);
  assert.notEqual((await model.getWeights())[0].item(), 5);
});

Deno.test("the same seed gives the same weights, whatever the names; two models differ", async () => {
  const weights = async () => {
    setRandomSeed(9);
    const make = () => new Sequential([Input({ shape: [3] }), new layers.Dense(4), new layers.Dense(4)]);
    return [...(await make().getWeights()), ...(await make().getWeights())].map(({ data }) => [...data]);
  };
  const first = await weights();
  assert.deepEqual(await weights(), first);
  assert.notDeepEqual(first[0], first[4]);
  assert.notDeepEqual(first[0].slice(0, 12), first[2].slice(0, 12));
});

testOnBackends("layers inside a layer take tensors and variables as constants", async () => {
  class Positions extends Layer {
    embedding = new layers.Embedding(4, 2);
    dense = new layers.Dense(2, { kernelInitializer: "identity", useBias: false });
    offset = new Variable([[10, 20]]);
    override call(x: Value): Value {
      const positions = this.embedding.apply(ops.arange(0, 4, 1, "int32"));
      return ops.add(ops.add(x, positions), this.dense.apply(this.offset));
    }
  }
  const layer = new Positions();
  const model = new Sequential([Input({ shape: [4, 2] }), layer]);
  const table = [[1, 2], [3, 4], [5, 6], [7, 8]];
  layer.embedding.setWeights([table]);
  const y = await model.predict(ops.zeros([3, 4, 2]), { verbose: 0 }) as Tensor;
  const rows = table.map(([a, b]) => [a + 10, b + 20]);
  assert.deepEqual(y.toArray(), [rows, rows, rows]);

  class Constant extends Layer {
    override call(x: Value): Value {
      return ops.add(x, this.apply2());
    }
    apply2() {
      return new layers.Activation("linear").apply(tensor([1, 2]));
    }
  }
  const constant = new Sequential([Input({ shape: [2] }), new Constant()]);
  assert.deepEqual((await constant.predict(tensor([[1, 1]]), { verbose: 0 }) as Tensor).toArray(), [[2, 3]]);
  assert.throws(() => layer.embedding.apply(tensor([1])), /a layer takes a symbolic value, received .*Tensor/);
});
