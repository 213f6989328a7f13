// The functions of applications give Keras's models: their configs, weights, files of weights, and predictions.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as applications from "../../lib/applications/applications.ts";
import { setBackend } from "../../lib/exec/select.ts";
import { sizeOf, type SymbolicShape } from "../../lib/shape.ts";
import type { PublishedFile } from "../../lib/datasets/published.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type Table } from "../golden.ts";
import { warningsOf } from "../warnings.ts";
import { drawImages, drawWeights } from "./application.ts";
import { architectures, modelOf } from "./architecture.ts";

interface Case {
  options: Table;
  sha256: string;
  params: number;
  trainable: number;
  output: SymbolicShape;
  file?: { [K in keyof PublishedFile]: PublishedFile[K] | null };
}

interface Prediction {
  name: string;
  options: Table;
  scale: number;
  gain: number;
  y: GoldenArray;
}

const { configs, predictions }: { configs: Record<string, Case[]>; predictions: Prediction[] } = golden(
  "architectures",
);

/** JSON with sorted keys, without what building and compiling add, and with one form for each number. */
function canonical(value: unknown): string {
  if (typeof value === "number") return value.toExponential(16);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).filter(([key]) => key !== "build_config" && key !== "compile_config");
  return `{${
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `"${key}":${canonical(item)}`).join(",")
  }}`;
}

Deno.test("applications has the functions of keras.applications", () => {
  const functions = Object.keys(applications).filter((name) => /^[A-Z]/.test(name));
  assert.deepEqual(functions.sort(), Object.keys(configs).sort());
  assert.deepEqual(Object.keys(architectures).sort(), functions);
});

for (const [name, cases] of Object.entries(configs)) {
  Deno.test(`${name} has Keras's config, weights and file of weights`, async () => {
    await warningsOf(() => {
      for (const { options, sha256, params, trainable, output, file } of cases) {
        const { model, file: ours } = modelOf(name, options);
        const label = `${name} of ${JSON.stringify(options)}`;
        assert.equal(model.countParams(), params, label);
        assert.equal(model.trainableWeights.reduce((total, { shape }) => total + sizeOf(shape), 0), trainable, label);
        assert.deepEqual(model.outputShape, output, label);
        assert.equal(createHash("sha256").update(canonical(JSON.parse(model.toJson()))).digest("hex"), sha256, label);
        assert.deepEqual(ours, file, label);
      }
    });
  });
}

for (const { name, options, scale, gain, y: expected } of predictions) {
  Deno.test(`${name} predicts as Keras does [slow]`, async () => {
    await setBackend("eigen");
    const { model } = modelOf(name, options);
    drawWeights(model, gain);
    const y = await model.predict(drawImages({ input_shape: model.inputShape as SymbolicShape, scale }, 2), {
      verbose: 0,
    });
    const numbers = expected.data.map(Number);
    const largest = Math.max(...numbers.map(Math.abs));
    assertClose(y.data, numbers, { absolute: 1e-5 * largest, relative: 0 }, `logits up to ${largest}`);
  });
}
