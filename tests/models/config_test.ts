// Configs of models beyond those exchanged with Keras: copies, custom classes, and errors.
import assert from "node:assert/strict";
import { type CallContext, Input, Layer, layers, Model, ops, saving, Sequential, type Value } from "../../mod.ts";
import { cloneModel, modelFromJson } from "../../mod.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { golden } from "../golden.ts";

const quiet = { verbose: 0 } as const;

/** Multiplies by its own number. */
class Times extends Layer {
  readonly factor: number;
  constructor({ factor, ...options }: { factor: number; name?: string }) {
    super(options);
    this.factor = factor;
  }
  override call(x: Value, _context: CallContext) {
    return ops.multiply(x, this.factor);
  }
  override getConfig() {
    return { ...super.getConfig(), factor: this.factor };
  }
}

testOnBackends("a class of one's own is read once it is registered, or in a scope", async () => {
  const json = new Sequential([Input({ shape: [1] }), new Times({ factor: 3 })]).toJson();
  class Unknown extends Times {}
  const unknown = new Sequential([Input({ shape: [1] }), new Unknown({ factor: 3 })]).toJson();
  assert.throws(() => modelFromJson(unknown), /the class "Unknown" must be registered/);
  const scoped = saving.customObjectScope({ Times }, () => modelFromJson(json));
  assert.deepEqual(await scoped.predict(tensor([[2]]), quiet), tensor([[6]]));
  saving.registerKerasSerializable("tests")(Times);
  assert.equal(saving.getRegisteredName(Times), "tests>Times");
  const named = new Sequential([Input({ shape: [1] }), new Times({ factor: 4 })]).toJson();
  assert.match(named, /"registered_name": "tests>Times"/);
  assert.deepEqual(await modelFromJson(named).predict(tensor([[2]]), quiet), tensor([[8]]));
});

testOnBackends("a copy has the layers' names and weights of its own", async () => {
  const x = Input({ shape: [2] });
  const dense = new layers.Dense(2, { name: "shared" });
  const model = new Model({ inputs: x, outputs: ops.add(dense.apply(dense.apply(x)), 1) });
  const copy = cloneModel(model);
  assert.equal(copy.name, model.name);
  assert.deepEqual(copy.layers.map(({ name }) => name), model.layers.map(({ name }) => name));
  assert.notEqual(copy.getLayer("shared"), dense);
  copy.setWeights(await model.getWeights());
  assert.deepEqual(await copy.predict(tensor([[1, 2]]), quiet), await model.predict(tensor([[1, 2]]), quiet));
  copy.setWeights([tensor([[0, 0], [0, 0]]), tensor([0, 0])]);
  assert.notDeepEqual(await copy.predict(tensor([[1, 2]]), quiet), await model.predict(tensor([[1, 2]]), quiet));
});

Deno.test("what compile was given comes back", () => {
  const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
  assert.equal(model.getCompileConfig(), undefined);
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  const read = modelFromJson(model.toJson());
  assert.equal(read.compiled, true);
  assert.deepEqual(read.getCompileConfig(), model.getCompileConfig());
  const other = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
  other.compileFromConfig(model.getCompileConfig()!);
  assert.deepEqual(other.getCompileConfig(), model.getCompileConfig());
});

Deno.test("configs of models within models, shared layers and functions are Keras's", () => {
  for (const { model } of golden("plots").cases) {
    assert.deepEqual(JSON.parse(modelFromJson(JSON.stringify(model)).toJson()), model, model.config.name);
  }
});

Deno.test("a layer that stands twice in a file is one", () => {
  const node = { module: "keras.layers", class_name: "ReLU", config: {}, registered_name: null, shared_object_id: 7 };
  const [one, two] = saving.deserializeKerasObject([node, node]) as Layer[];
  assert.equal(one, two);
});

Deno.test("old configs of Keras 2 are read", () => {
  const dense = { name: "d", units: 3, activation: "relu", batch_input_shape: [null, 4] };
  const sequential = {
    class_name: "Sequential",
    config: { name: "s", layers: [{ class_name: "Dense", config: dense }] },
  };
  assert.deepEqual(modelFromJson(JSON.stringify(sequential)).outputShape, [null, 3]);
  const functional = {
    class_name: "Model",
    config: {
      name: "m",
      layers: [
        { class_name: "InputLayer", name: "x", config: { batch_input_shape: [null, 2], name: "x" }, inbound_nodes: [] },
        { class_name: "Dense", name: "y", config: { name: "y", units: 1 }, inbound_nodes: [[["x", 0, 0, {}]]] },
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["y", 0, 0]],
    },
  };
  assert.equal(modelFromJson(JSON.stringify(functional)).countParams(), 3);
});

const node = (class_name: string, config: object, module = "keras.layers") =>
  JSON.stringify({
    class_name: "Sequential",
    config: { layers: [{ module, class_name, config, registered_name: null }] },
  });

for (
  const [name, json, message] of [
    [
      "code",
      node("Lambda", { function: { class_name: "__lambda__", config: { code: "4wEAAA" } } }),
      /it must hold no code/,
    ],
    ["an unknown layer", node("Dens", {}), /did you mean "Dense"/],
    ["an unknown option", node("Dense", { units: 3, colour: "red" }), /received "colour"/],
    ["an option that is not offered", node("Dense", { units: 3, lora_rank: 4 }), /lora_rank must be unset/],
    ["another dtype", node("Dense", { units: 3, dtype: "float64" }), /a dtype policy must be one of "float32", /],
    ["no JSON", "model.json", /the text must be JSON/],
    ["JSON of no model", "[1, 2]", /must describe a model/],
  ] as const
) {
  Deno.test(`a file with ${name} is refused`, () => assert.throws(() => modelFromJson(json), message));
}

Deno.test("a function that Keras lacks has no node", () => {
  const x = Input({ shape: [3] });
  const summed = new Model({
    inputs: x,
    outputs: ops.scatterAdd(tensor([0, 1, 0], undefined, "int32"), ops.transpose(x), 2),
  });
  assert.throws(
    () => summed.toJson(),
    /must have a form in Keras's files, received ops.scatterAdd: put it into a Layer/,
  );
  const words = Input({ shape: [3], batchSize: 2, dtype: "int32" });
  const counted = new Model({ inputs: words, outputs: ops.bincount(words, ops.ones([2, 3]), 4) });
  assert.throws(() => counted.toJson(), /weights of ops.bincount must be a number or a list in files, received/);
});
