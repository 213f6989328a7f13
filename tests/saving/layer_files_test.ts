// Every layer in a file of Keras: one model for each golden file, which says what its layers compute.
import assert from "node:assert/strict";
import { loadModel } from "../../lib/models/load_model.ts";
import { flatten, packLike } from "../../lib/structure.ts";
import type { HostArray } from "../../lib/tensor/strings.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { layers } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { relativeDifference } from "../close.ts";
import { classesBeside } from "../exported_classes.ts";
import { classesOf, golden, type GoldenArray, lambdas, type Table, toArray } from "../golden.ts";
import { unpack } from "./packed.ts";

const models: { family: string; cases: string[]; file: string }[] = golden("layer_files").models;

/** The golden cases of a model's layers. */
function casesOf({ family, cases }: typeof models[number]): Table[] {
  const all: Table[] = golden(family).cases;
  return cases.map((name) => all.find((spec) => spec.name === name));
}

/** The first rows of an array: a model takes as many of all inputs. */
function firstRows({ shape: [rows, ...rest], dtype, data }: GoldenArray, count: number): HostArray {
  return toArray({ shape: [count, ...rest], dtype, data: data.slice(0, data.length / rows * count) });
}

for (const spec of models) {
  testOnBackends(`every layer of ${spec.family} in a file of Keras predicts what it does there`, async (backend) => {
    const cases = casesOf(spec);
    const count = Math.min(...cases.flatMap(({ inputs }) => inputs.map(({ shape }: GoldenArray) => shape[0])));
    const bytes = await unpack(spec.file);
    const model = await loadModel(bytes, { customObjects: lambdas });
    const inputs = cases.flatMap(({ inputs }) => inputs.map((x: GoldenArray) => firstRows(x, count)));
    const made = flatten(await model.predict(packLike(model.input, inputs), { verbose: 0 })) as Tensor[];
    assert.equal(made.length, cases.length);
    made.forEach((y, i) => {
      const expected = firstRows(cases[i].y, count) as Tensor;
      assert.deepEqual([y.dtype, [...y.shape]], [expected.dtype, [...expected.shape]], cases[i].name);
      const apart = relativeDifference(y.data, expected.data);
      assert.ok(apart <= (backend === "webgpu" ? 1e-4 : 1e-5), `${cases[i].name} is ${apart} apart`);
    });
  });
}

Deno.test("every exported layer stands in a file of Keras", () => {
  const held = classesOf(models.flatMap(casesOf));
  // A model has an InputLayer for each input, and Keras cannot make one with an Equalization.
  assert.deepEqual(classesBeside(layers, [...held, "InputLayer", "Equalization"]), []);
});
