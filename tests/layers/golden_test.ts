// Every layer against Python Keras: configs, shapes, weights, outputs, masks, gradients, one step of training.
import assert from "node:assert/strict";
import type { Layer } from "../../lib/layers/layer.ts";
import * as layers from "../../lib/layers/layers.ts";
import { testOnBackends } from "../backends.ts";
import { golden, makeLayer } from "../golden.ts";
import { checkLayer, type LayerCase } from "./check_layer.ts";

const families = [
  "layers",
  "merging",
  "pooling",
  "spatial",
  "normalization",
  "convolutional",
  "convolutional_jax",
  "preprocessing",
];
const checked = new Set<string>();

for (const family of families) {
  const { cases, learning_rate } = golden(family);
  for (const spec of cases as LayerCase[]) {
    checked.add(spec.class_name);
    testOnBackends(`${spec.name} is Keras's ${spec.class_name}`, async () => {
      await checkLayer(spec, () => makeLayer(spec) as Layer, learning_rate);
    });
  }
}

Deno.test("every layer that is exported is checked", () => {
  const classes = Object.entries(layers).filter(([name]) => /^[A-Z]/.test(name)) as [string, { prototype: object }][];
  const isBase = ({ prototype }: { prototype: object }) =>
    classes.some(([, Class]) => Object.getPrototypeOf(Class.prototype) === prototype);
  // A class is exported by several names where Keras has several.
  const seen = new Set(classes.filter(([name]) => checked.has(name)).map(([, Class]) => Class));
  const unchecked = classes.filter(([, Class]) => !isBase(Class) && !seen.has(Class)).map(([name]) => name);
  // An InputLayer computes nothing: layers_test.ts has its config.
  assert.deepEqual(unchecked, ["InputLayer"]);
});
