// What stands between the layers of Keras's models: indexing, einsum, and layers as activations.
import assert from "node:assert/strict";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import * as ops from "../../lib/ops/ops.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden } from "../golden.ts";
import { type ExchangedModel, predictions, readModel, withoutBuilds } from "./exchange.ts";

const close = { absolute: 2e-6, relative: 2e-5 };
const models: ExchangedModel[] = golden("operations").models;

for (const spec of models) {
  testOnBackends(`${spec.name}: Keras's model predicts the same here`, async () => {
    const made = await predictions(readModel(spec), spec);
    assert.deepEqual(made.map(({ shape }) => [...shape]), spec.outputs.map(({ shape }) => shape));
    made.forEach(({ data }, i) => assertClose(data, spec.outputs[i].data.map(Number), close));
  });

  Deno.test(`${spec.name}: the JSON says what Keras's says`, () => {
    const json = readModel(spec).toJson();
    assert.deepEqual(withoutBuilds(JSON.parse(json)), withoutBuilds(spec.json));
    assert.equal(modelFromConfig(JSON.parse(json)).toJson(), json);
  });
}

Deno.test("getItem takes what Python's x[key] takes", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(ops.getItem(x, 1).toArray(), [4, 5, 6]);
  assert.deepEqual(ops.getItem(x, [-1, -1]).toArray(), 6);
  assert.deepEqual(ops.getItem(x, ["...", 0]).toArray(), [1, 4]);
  assert.deepEqual(ops.getItem(x, [{}, { start: 1 }]).toArray(), [[2, 3], [5, 6]]);
  assert.deepEqual(ops.getItem(x, [{}, { step: -2 }]).toArray(), [[3, 1], [6, 4]]);
  assert.deepEqual(ops.getItem(x, { stop: -1 }).toArray(), [[1, 2, 3]]);
  assert.deepEqual(ops.getItem(x, [null, 0, null]).shape, [1, 1, 3]);
  assert.deepEqual(ops.getItem(x, [{}, { start: 2, stop: 1 }]).shape, [2, 0]);
});

Deno.test("getItem names what is no key, and an index that is not there", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assert.throws(() => ops.getItem(x, [0, 3]), {
    name: "ShapeError",
    message:
      "Cannot get an item: an index along axis 1 must be from -3 to 2, received [0, 3] for [2, 3]: count from 0, " +
      "or from the end with -1",
  });
  assert.throws(() => ops.getItem(x, [0, 0, 0]), /there must be an axis for each item of the key/);
  assert.throws(() => ops.getItem(x, ["...", "..."]), /received "..." twice/);
  assert.throws(() => ops.getItem(x, [{ step: 0 }]), /received step: 0: write x/);
  // @ts-expect-error: a range has no such end.
  assert.throws(() => ops.getItem(x, [{ end: 2 }]), /received end: 2: write x/);
});

Deno.test("an unknown function of a file is told with the nearest three names", () => {
  const json = JSON.parse(JSON.stringify(models[0].json).replaceAll("GetItem", "GetItems"));
  assert.throws(() => modelFromConfig(json), {
    name: "ValueError",
    message:
      /: ops must be one of \d+ names, the nearest of which are "getItem", "[^"]+", "[^"]+", received "GetItems"/,
  });
});

testOnBackends("a layer with weights is an activation: it trains, and stands in the model's JSON", async () => {
  const activation = new layers.PReLU({ name: "slope" });
  const x = Input({ shape: [3] });
  const model = new Model({ inputs: x, outputs: new layers.Dense(2, { activation, name: "dense" }).apply(x) });
  assert.deepEqual(model.weights.map(({ name }) => name), ["dense/kernel", "dense/bias", "dense/slope/alpha"]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  await model.fit(ops.multiply(ops.ones([4, 3]), -1), ops.ones([4, 2]), { epochs: 2, verbose: 0 });
  const [, , alpha] = await model.getWeights();
  assert.ok(alpha.data.some((value) => value !== 0));
  const copy = modelFromConfig(JSON.parse(model.toJson()));
  copy.setWeights(await model.getWeights());
  const input = tensor([[1, -2, 3]]);
  assert.deepEqual(await copy.predict(input, { verbose: 0 }), await model.predict(input, { verbose: 0 }));
});

Deno.test("a transposed convolution that no outputPadding suits says so", () => {
  assert.throws(
    () =>
      new Sequential([
        Input({ shape: [5, 2] }),
        new layers.Conv1DTranspose(2, 4, { padding: "same", outputPadding: 0 }),
      ]),
    /: leave it out: with padding "same" a kernel of even extent needs 1 or more, less than the stride$/,
  );
});

for (const { size: [height, width], x, shape, documented, kept } of golden("operations").cropped) {
  testOnBackends(`RandomCrop to ${height} x ${width} of [${x.shape}] resizes without training`, async () => {
    const [, ...extents] = x.shape;
    const model = new Sequential([Input({ shape: extents }), new layers.RandomCrop(height, width)]);
    const y = await model.predict(tensor(x.data, x.shape), { verbose: 0 });
    assert.deepEqual(y.shape, shape);
    assert.deepEqual(model.outputShape, [null, ...shape.slice(1)]);
    assertClose(y.data, documented.data, close);
    // Keras's layer hands the images on as they are, unlike its own shape and documentation.
    assert.equal(kept, true);
  });
}
