// Names by which people from Keras look for things.
import assert from "node:assert/strict";
import { Input, layers, loadModel, Model, models, regularizers, Sequential, utils, version } from "../mod.ts";

Deno.test("models and Input stand where Keras has them too", () => {
  assert.equal(models.Sequential, Sequential);
  assert.equal(models.Model, Model);
  assert.equal(models.loadModel, loadModel);
  assert.equal(layers.Input, Input);
});

Deno.test("regularizers are made by functions too, as Keras's names in lower case do", () => {
  assert.deepEqual(regularizers.l1(0.1), new regularizers.L1(0.1));
  assert.deepEqual(regularizers.l2(0.01), new regularizers.L2(0.01));
  assert.deepEqual(regularizers.l2(), new regularizers.L2());
  assert.deepEqual(regularizers.l1l2({ l1: 0.1, l2: 0.2 }), new regularizers.L1L2({ l1: 0.1, l2: 0.2 }));
});

Deno.test("PyDataset has its older name too", () => {
  assert.equal(utils.Sequence, utils.PyDataset);
});

Deno.test("version is that of deno.json", () => {
  const config = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));
  assert.equal(version, config.version);
});
