// Comparing the weights of models.
import assert from "node:assert/strict";
import {
  cloneModel,
  Input,
  type Layer,
  layers,
  Model,
  Sequential,
  StateError,
  tensor,
  utils,
  ValueError,
} from "../../mod.ts";

const make = (units = 2) =>
  new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(units, { kernelInitializer: "ones" }),
    new layers.Dense(1, { kernelInitializer: "ones", useBias: false }),
  ]);

Deno.test("compareWeights() finds no difference between a model and its copy, whose layers have other names", async () => {
  const [model, copy] = [make(), make()];
  assert.notEqual(model.layers[0].name, copy.layers[0].name);
  const rows = await utils.compareWeights(model, copy);
  const [first, last] = model.layers.map(({ name }) => name);
  const equal = { maxAbsolute: 0, maxRelative: 0 };
  assert.deepEqual(rows, [
    { layer: first, weight: "kernel", shape: [2, 2], otherShape: [2, 2], ...equal },
    { layer: first, weight: "bias", shape: [2], otherShape: [2], ...equal },
    { layer: last, weight: "kernel", shape: [2, 1], otherShape: [2, 1], ...equal },
  ]);
});

Deno.test("compareWeights() gives the largest differences, by hand", async () => {
  const [model, other] = [make(), make()];
  await model.setWeights([tensor([[1, 2], [3, -4]]), tensor([0, NaN]), tensor([[Infinity], [5]])]);
  // 4 to 5 is the largest step; the largest in relation is that from 1 to -1.
  await other.setWeights([tensor([[-1, 2], [3, -9]]), tensor([0, NaN]), tensor([[Infinity], [5]])]);
  const differences = async () =>
    (await utils.compareWeights(model, other)).map(({ maxAbsolute, maxRelative }) => [maxAbsolute, maxRelative]);
  assert.deepEqual(await differences(), [[5, 2], [0, 0], [0, 0]]);
  await other.setWeights([tensor([[1, 2], [4, -4]]), tensor([1, NaN]), tensor([[7], [5]])]);
  assert.deepEqual(await differences(), [[1, 1 / 4], [1, 1], [Infinity, 2]]);
});

Deno.test("compareWeights() lists other shapes, and weights of one side alone last", async () => {
  const longer = make(3);
  longer.add(new layers.Dense(4, { name: "added" }));
  const rows = await utils.compareWeights(longer, make());
  assert.deepEqual(rows.map(({ shape, otherShape, maxAbsolute }) => [shape, otherShape, maxAbsolute]), [
    [[2, 3], [2, 2], undefined],
    [[3], [2], undefined],
    [[3, 1], [2, 1], undefined],
    [[1, 4], undefined, undefined],
    [[4], undefined, undefined],
  ]);
  const turned = await utils.compareWeights(make(), longer);
  assert.deepEqual(turned.slice(3).map(({ layer, shape, otherShape }) => [layer, shape, otherShape]), [
    ["added", undefined, [1, 4]],
    ["added", undefined, [4]],
  ]);
});

Deno.test("compareWeights() names layers with the models around them, and takes single layers", async () => {
  const x = Input({ shape: [2] });
  const inner = new Sequential([Input({ shape: [2] }), new layers.Dense(1, { name: "inside" })], { name: "around" });
  const model = new Model({ inputs: x, outputs: inner.apply(x) });
  const rows = await utils.compareWeights(model, cloneModel(model));
  assert.deepEqual(rows.map(({ layer, weight }) => `${layer} ${weight}`), [
    "around/inside kernel",
    "around/inside bias",
  ]);
  const [kernel, bias] = await utils.compareWeights(inner.layers[0], inner.layers[0]);
  assert.deepEqual([kernel.maxAbsolute, bias.maxAbsolute], [0, 0]);
  await assert.rejects(utils.compareWeights(model, {} as Layer), ValueError);
  await assert.rejects(utils.compareWeights(model, new Sequential([new layers.Dense(1)])), StateError);
});
