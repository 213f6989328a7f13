// Trains a network 784-512-10 on handwritten digits: `deno run examples/mnist.ts`, or with -A for the fast backends.
import { parseArgs } from "node:util";
import "../lib/datasets/mnist_embedded.ts";
import {
  CeratopsError,
  datasets,
  getBackend,
  Input,
  layers,
  Sequential,
  setBackend,
  setRandomSeed,
  utils,
} from "../mod.ts";

const usage = `Usage: deno run -A examples/mnist.ts [options]

  --backend <name>     eigen, reference, webgpu or wasm; the best there is by default
  --epochs <n>         how often to go through the training images (5)
  --batch-size <n>     images a step (128)
  --seed <n>           the seed of weights and order; a new one each time by default
  --steps <n>          train on the first n batches only
  --floor <x>          fail where the test accuracy is below x, from 0 to 1
  --help               print this`;

const backends = ["eigen", "reference", "webgpu", "wasm"] as const;

interface Options {
  backend?: typeof backends[number];
  epochs: number;
  batchSize: number;
  seed?: number;
  steps?: number;
  floor?: number;
}

/** The network: pixels to 0..1, a layer of 512, and a probability for each digit. */
export function makeModel(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "rmsprop", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

if (import.meta.main) {
  try {
    await train(readOptions(Deno.args));
  } catch (error) {
    if (!(error instanceof CeratopsError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

async function train({ backend, epochs, batchSize, seed, steps, floor }: Options): Promise<void> {
  if (backend !== undefined) await setBackend(backend);
  await getBackend(); // opens it here, so that the line that tells which one it is comes first
  if (seed !== undefined) setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const model = makeModel();
  model.summary();
  const rows = steps === undefined ? xTrain.shape[0] : steps * batchSize;
  await model.fit(xTrain.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });

  const { loss, accuracy } = await model.evaluate(xTest, yTest, { verbose: 0 });
  console.log(
    `\nOn ${xTest.shape[0]} digits not seen before: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}`,
  );

  const digit = xTest.rows(0, 1);
  const probabilities = Array.from((await model.predict(digit, { verbose: 0 })).data);
  const likeliest = probabilities.indexOf(Math.max(...probabilities));
  const percent = (100 * probabilities[likeliest]).toFixed(1);
  utils.showImage(digit);
  console.log(`The network reads this as ${likeliest} (${percent} %); it is ${yTest.data[0]}.`);

  if (floor !== undefined && accuracy < floor) {
    console.error(`The test accuracy ${accuracy.toFixed(4)} is below the floor of ${floor}.`);
    Deno.exit(1);
  }
}

function readOptions(args: readonly string[]): Options {
  let values: Partial<Record<"backend" | "epochs" | "batch-size" | "seed" | "steps" | "floor", string>>;
  try {
    const text = { type: "string" } as const;
    const parsed = parseArgs({
      args: [...args],
      options: {
        backend: text,
        epochs: text,
        "batch-size": text,
        seed: text,
        steps: text,
        floor: text,
        help: { type: "boolean" },
      },
    });
    if (parsed.values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    values = parsed.values;
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
  const integer = (name: "epochs" | "batch-size" | "seed" | "steps", least: number): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!Number.isSafeInteger(number) || number < least) {
      refuse(`--${name} must be an integer of at least ${least}, received "${value}"`);
    }
    return number;
  };
  const backend = backends.find((name) => name === values.backend);
  if (values.backend !== undefined && backend === undefined) {
    refuse(`--backend must be one of ${backends.join(", ")}, received "${values.backend}"`);
  }
  const floor = values.floor === undefined ? undefined : Number(values.floor);
  if (floor !== undefined && !(values.floor!.trim() !== "" && floor >= 0 && floor <= 1)) {
    refuse(`--floor must be a number from 0 to 1, received "${values.floor}"`);
  }
  return {
    backend,
    epochs: integer("epochs", 1) ?? 5,
    batchSize: integer("batch-size", 1) ?? 128,
    seed: integer("seed", 0),
    steps: integer("steps", 1),
    floor,
  };
}

function refuse(message: string): never {
  console.error(`${message}\n\n${usage}`);
  Deno.exit(2);
}
