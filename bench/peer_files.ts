// The files that programs read: MNIST as the four gz files, and models; in a temporary folder.
import type { Shape } from "../lib/shape.ts";
import { saveTfjs } from "./tfjs_file.ts";
import { applications, layers, random, setRandomSeed } from "../mod.ts";

const names = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
];

let folder: Promise<string> | undefined;
const made = new Map<string, Promise<string>>();

const scratch = () => folder ??= Deno.makeTempDir({ prefix: "ceratops-bench-" });

/** What `make` gives, made once under this name. */
function once(name: string, make: () => Promise<string>): Promise<string> {
  if (!made.has(name)) made.set(name, make());
  return made.get(name)!;
}

/** The folder with MNIST's files. */
export function mnistFiles(): Promise<string> {
  return once("mnist", async () => {
    const to = await scratch();
    for (const name of names) {
      const text = await Deno.readTextFile(new URL(`../lib/datasets/mnist/${name}.txt`, import.meta.url));
      await Deno.writeFile(`${to}/${name}`, Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0)));
    }
    return to;
  });
}

/** The models of keras.applications that the bench uses. */
export const applicationNames = ["MobileNetV2", "ResNet50", "EfficientNetB0"] as const;
/** One of them. */
export type ApplicationName = (typeof applicationNames)[number];

/** What a file has: a model with its weights, also as TensorFlow.js reads it; the program of its predictions; its config. */
export type ModelForm = "keras" | "tfjs" | "onnx" | "json";

const endings: Readonly<Record<ModelForm, string>> = {
  keras: ".keras",
  tfjs: "_tfjs.json",
  onnx: ".onnx",
  json: ".json",
};

/** A file of a model of keras.applications, for images of `side` by `side`. */
export function modelFile(name: ApplicationName, side: number, form: ModelForm): Promise<string> {
  return once(`${name} ${side} ${form}`, async () => {
    const file = `${await scratch()}/${name}_${side}${endings[form]}`;
    const model = await makeModel(name, side);
    if (form === "keras") await model.save(file);
    else if (form === "tfjs") await saveTfjs(model, file);
    else if (form === "onnx") await model.export(file, { verbose: false });
    else await Deno.writeTextFile(file, model.toJson());
    return file;
  });
}

/**
 * A model of keras.applications with random weights, always the same. Its batch normalizations have statistics, factors
 * and offsets as after a training: those of a new model are all 0 or 1, which a runtime could make use of.
 */
async function makeModel(name: ApplicationName, side: number): Promise<applications.ApplicationModel> {
  setRandomSeed(1);
  const model = await applications[name]({ weights: null, inputShape: [side, side, 3] });
  const aroundOne = (shape: Shape) => random.uniform(shape, { minval: 0.5, maxval: 1.5 });
  const aroundZero = (shape: Shape) => random.normal(shape, { stddev: 0.1 });
  for (const layer of model.layers) {
    if (!(layer instanceof layers.BatchNormalization)) continue;
    layer.setWeights(layer.weights.map(({ name, shape }) => {
      return (/\/(gamma|moving_variance)$/.test(name) ? aroundOne : aroundZero)(shape);
    }));
  }
  return model;
}

/** Removes all that was made. */
export async function removePeerFiles(): Promise<void> {
  if (folder) await Deno.remove(await folder, { recursive: true });
}
