// Files between Ceratops and Python Keras, both ways: one Python process opens what was written here, and writes the rest.
import assert from "node:assert/strict";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Model } from "../../lib/models/model.ts";
import { mapStructure, type Structure, zipStructures } from "../../lib/structure.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { layers, optimizers } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { relativeDifference } from "../close.ts";
import { classesBeside } from "../exported_classes.ts";
import { classesOf, golden, type GoldenArray, type Table, toTensor } from "../golden.ts";
import { findPython } from "../python.ts";
import { unpack } from "./packed.ts";
import { givenModels, layerCases, trainedModel } from "./python_models.ts";

const script = new URL("./python/exchange.py", import.meta.url).pathname;
const python = findPython(["keras", "jax", "h5py"], "files are not exchanged with Python");

/** How far apart numbers may be, as a part of the largest of an array. */
const bound = 1e-5;
const steps = 5;
const { optimizers: trainings, ...data } = golden("files");
const [x, y] = [data.x, data.y].map(toTensor);

const toArray = ({ shape, dtype, data }: Tensor): GoldenArray => ({
  shape: [...shape],
  dtype: dtype as GoldenArray["dtype"],
  data: Array.from(data, (value) => Number.isFinite(value) ? value : String(value)),
});

const toTensors = (value: Table): Structure<Tensor> =>
  "shape" in value ? toTensor(value) : mapStructure<Table, Tensor>(value, toTensor);

async function train(model: Model): Promise<void> {
  for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
}

/** All elements in one array, whose largest is what differences are parts of. */
const joined = (tensors: readonly Tensor[]) => tensor(tensors.flatMap(({ data }) => Array.from(data)));

/** What Python answers of one model. */
interface Answer {
  readonly warnings: string[];
  readonly error?: string;
  readonly outputs: Table;
  readonly outputs_of_weights: Table;
  readonly weights: GoldenArray[];
}

/** Models to open, and trainings to go on with or to begin, by files in a folder. */
type Asked = Record<"models" | "gone_on" | "begun", readonly { readonly name: string }[]>;
type Answered = Record<keyof Asked, Record<string, Answer>>;

/** What Keras on a backend answers. */
async function ask(folder: string, backend: "numpy" | "jax", asked: Asked): Promise<Answered> {
  await Deno.writeTextFile(`${folder}/${backend}.json`, JSON.stringify({ x: toArray(x), y: toArray(y), ...asked }));
  const { success, stderr } = await new Deno.Command(python!, {
    args: [script, folder, backend],
    env: { KERAS_BACKEND: backend },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(await Deno.readTextFile(`${folder}/${backend}.answers.json`));
}

/** Of files whose optimizer has taken no step, Keras's own too. */
const hasNoSlots = /^Skipping variable loading for optimizer '\w+', because it has \d+ variables whereas the saved/;
/** Of models that lose masks, whoever made them. */
const losesMask = /^Layer '\w+' \(of type \w+\) was passed an input with a mask attached to it/;

/** What Python answers beside what is expected: fails with all that it cannot do, warns of, or that is too far apart. */
class Differences {
  #largest = 0;
  readonly #faults: string[] = [];

  /** Of warnings, those that are known say nothing. */
  constructor(readonly what: string, readonly known: readonly RegExp[]) {}

  /** Whether Python could do it; notes what it says. */
  hear(name: string, { error, warnings }: Answer): boolean {
    const told = warnings.filter((warning) => !this.known.some((pattern) => pattern.test(warning)));
    this.#faults.push(...[...told, ...error === undefined ? [] : [error]].map((text) => `${name}: ${text}`));
    return error === undefined;
  }

  add(name: string, pairs: readonly (readonly [made: Tensor, expected: Tensor])[]): void {
    for (const [made, expected] of pairs) {
      assert.deepEqual([...made.shape], [...expected.shape], name);
      const apart = relativeDifference(made.data, expected.data);
      if (!(apart <= bound)) this.#faults.push(`${name} is ${apart} apart`);
      this.#largest = Math.max(this.#largest, apart);
    }
  }

  report(count: number): void {
    console.log(`${this.what}: ${count}, at most ${this.#largest.toExponential(1)} apart`);
    assert.deepEqual(this.#faults, []);
  }
}

Deno.test({
  name: "files are exchanged with Python Keras, both ways [slow] [eigen]",
  ignore: python === undefined,
  fn: async (test) => {
    await useBackend("eigen");
    const folder = await Deno.makeTempDir();
    try {
      const made = givenModels();
      const expected = new Map<string, Structure<Tensor>>();
      for (const { name, model, inputs } of made) {
        await model.save(`${folder}/${name}.keras`);
        await model.saveWeights(`${folder}/${name}.weights.h5`);
        expected.set(name, await model.predict(inputs as Tensor, { verbose: 0 }));
      }
      assert.equal(expected.size, made.length, "each needs a name of its own");
      const ten = new Map<string, Tensor[]>();
      for (const { name, file } of trainings) {
        const model = trainedModel(await loadModel(await unpack(file)));
        await model.save(`${folder}/${name}.start.keras`);
        await train(model);
        await model.save(`${folder}/${name}.five.keras`);
        await train(model);
        ten.set(name, await model.getWeights());
      }
      const models = made.map(({ name, inputs }) => ({
        name,
        file: `${name}.keras`,
        weights_file: `${name}.weights.h5`,
        inputs: mapStructure(inputs, toArray),
      }));
      const names: string[] = trainings.map(({ name }: Table) => name);
      const onNumPy = (await ask(folder, "numpy", { models, gone_on: [], begun: [] })).models;
      // NumPy has no gradients, and Keras cannot run a few layers on it.
      const left = models.filter(({ name }) => onNumPy[name].error !== undefined);
      assert.ok(left.length < 10, left.map(({ name }) => `${name}: ${onNumPy[name].error}`).join("\n"));
      const onJax = await ask(folder, "jax", {
        models: left,
        gone_on: names.map((name) => ({ name, file: `${name}.five.keras` })),
        begun: names.map((name) => ({ name, start: `${name}.start.keras`, file: `${name}.there.keras` })),
      });
      const answered: Answered = { ...onJax, models: { ...onNumPy, ...onJax.models } };

      await test.step("models that were written here predict there what they do here", () => {
        const differences = new Differences("models opened by Keras", [hasNoSlots, losesMask]);
        for (const [name, outputs] of expected) {
          const answer = answered.models[name];
          if (!differences.hear(name, answer)) continue;
          for (const found of [answer.outputs, answer.outputs_of_weights]) {
            zipStructures(toTensors(found), outputs, name).forEach((pair, i) =>
              differences.add(`${name} ${i}`, [pair])
            );
          }
        }
        differences.report(expected.size);
      });

      await test.step("trainings that began here go on there", () => {
        const differences = new Differences("trainings that Keras goes on with", []);
        for (const [name, weights] of ten) {
          if (!differences.hear(name, answered.gone_on[name])) continue;
          differences.add(name, [[joined(answered.gone_on[name].weights.map(toTensor)), joined(weights)]]);
        }
        differences.report(ten.size);
      });

      await test.step("trainings that began there go on here", async () => {
        const differences = new Differences("trainings that go on from Keras", [hasNoSlots]);
        for (const name of names) {
          if (!differences.hear(name, answered.begun[name])) continue;
          const model = await loadModel(`${folder}/${name}.there.keras`);
          await train(model);
          const there = answered.begun[name].weights.map(toTensor);
          differences.add(name, [[joined(await model.getWeights()), joined(there)]]);
        }
        differences.report(names.length);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("every exported layer and optimizer stands in a file for Python", async () => {
  assert.deepEqual(classesBeside(layers, [...classesOf([...layerCases, ...golden("text").cases]), "InputLayer"]), []);
  const trained = await Promise.all(trainings.map(async ({ file }: Table) => await loadModel(await unpack(file))));
  // A MultiOptimizer has an OptimizerMap; losses are scaled in the files of tests/mixed_precision.
  const held = [...trained.map(({ optimizer }) => optimizer!.constructor.name), "OptimizerMap", "LossScaleOptimizer"];
  assert.deepEqual(classesBeside(optimizers, held), []);
});
