// Every exported class is compared with Keras: each has a case in the golden files.
import assert from "node:assert/strict";
import * as ceratops from "../../mod.ts";
import { classesBeside } from "../exported_classes.ts";
import { classesOf, golden, layerFiles, type Table } from "../golden.ts";

const { cases: optimizers, schedules } = golden("optimizers");
const { cases: drawn, kernels } = golden("initializers");
const { penalties, constraints } = golden("regularizers");
const scalings = golden("mixed_precision").scalings.map(({ serialized }: Table) => serialized);
const { cases: states, of_values: values } = golden("metric_states");

/** The exported names of a family, its names in golden files, and the classes that compute nothing themselves. */
const families: [name: string, exported: object, held: string[], none: string[]][] = [
  // The config of an InputLayer is compared with Keras in layers_test.ts.
  ["layers", ceratops.layers, [...layerFiles, "text"].flatMap((file) => classesOf(golden(file).cases)), ["InputLayer"]],
  // A FunctionLoss only calls its function.
  ["losses", ceratops.losses, classesOf(golden("losses").cases), ["FunctionLoss"]],
  // A MeanMetricWrapper only calls its function.
  ["metrics", ceratops.metrics, classesOf([...states, ...values, ...golden("metrics").cases]), ["MeanMetricWrapper"]],
  // A MultiOptimizer has an OptimizerMap.
  ["optimizers", ceratops.optimizers, classesOf([...optimizers, ...scalings]), ["OptimizerMap"]],
  ["schedules", ceratops.schedules, classesOf(schedules), []],
  ["initializers", ceratops.initializers, classesOf([...drawn, ...kernels]), []],
  ["regularizers", ceratops.regularizers, classesOf(penalties), []],
  ["constraints", ceratops.constraints, classesOf(constraints), []],
];

for (const [family, exported, held, none] of families) {
  Deno.test(`${family}: what is exported is held to Keras`, () => {
    assert.deepEqual(classesBeside(exported, held), none);
  });
}

Deno.test("activations: what is exported is held to Keras", () => {
  const held = new Set<string>(golden("activations").cases.map(({ activation }: Table) => activation));
  const names = Object.keys(golden("configs").identifiers.activations);
  const without = names.filter((name) => !held.has(ceratops.activations.getActivation(name as "relu").name));
  assert.deepEqual(without, []);
});
