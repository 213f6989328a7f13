// The `model.json` of TensorFlow.js's layers, as it saves them or its converter writes them: a config, and the arrays in
// further files. https://www.tensorflow.org/js/guide/models_and_layers
import { FileError } from "../errors.ts";
import { bytesOfShape, type ElementType, elementTypes, tensorOfBytes } from "../files/elements.ts";
import type { OpenFile } from "../files/source.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { isNamed } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fromKeras2 } from "./keras2_config.ts";
import { withTraining } from "./legacy_h5.ts";
import { type WeightGroup, weightGroups } from "./weight_groups.ts";
import { keyInHdf5, type StoredWeights } from "./weights_file.ts";

/** Whether JSON is such a file's. */
export function isTfjs(json: Config): boolean {
  return "modelTopology" in json || "weightsManifest" in json;
}

/** The config of the model in a file, in the form of Keras 3. Throws {@linkcode FileError} for a graph without layers. */
export function tfjsConfig(json: Config, what: string): ConfigValue {
  const { modelTopology: topology, format } = json;
  if (format === "graph-model" || isNamed(topology) && "node" in topology) {
    throw new FileError({
      what,
      rule: "it must be of layers: a graph-model is a graph of TensorFlow's operations, which has none",
      received: 'a file of the format "graph-model"',
      hint: "convert the Keras model itself: save it as .keras, or with tensorflowjs_converter to tfjs_layers_model",
    });
  }
  if (!isNamed(topology)) {
    throw new FileError({
      what,
      rule: "it must hold a whole model, with its modelTopology",
      received: "weights alone",
      hint: "make the model, and give the file to model.loadWeights()",
    });
  }
  const { model_config: converted, training_config: training, keras_version: version } = topology as Config;
  const isNew = typeof version === "string" && version.startsWith("3.");
  if (converted !== undefined) {
    const node = withTraining(converted, training);
    return isNew ? node : fromKeras2(node);
  }
  return fromKeras2(withTraining(topology as Config, isNamed(json.trainingConfig) ? ownTraining(json) : undefined));
}

/** What `compile` was given in TensorFlow.js, under Keras's names. */
function ownTraining({ trainingConfig }: Config): Config {
  const { optimizer_config: optimizer, metrics, ...others } = trainingConfig as Config;
  return {
    ...others,
    ...isNamed(metrics) && Object.keys(metrics).length === 0 ? {} : { metrics },
    optimizer_config: isNamed(optimizer) ? ownOptimizer(optimizer as Config) : optimizer,
  };
}

const optimizerClasses: Readonly<Record<string, string>> = { Momentum: "SGD", RMSProp: "RMSprop" };

const optimizerKeys: Readonly<Record<string, string>> = {
  learningRate: "learning_rate",
  beta1: "beta_1",
  beta2: "beta_2",
  useNesterov: "nesterov",
  initialAccumulatorValue: "initial_accumulator_value",
};

function ownOptimizer({ class_name: className, config }: Config): Config {
  const { decay, ...options } = isNamed(config) ? config as Config : {};
  const named = Object.entries(options).map(([key, value]) => [optimizerKeys[key] ?? key, value] as const);
  // Of RMSProp it is the weight of the past; of Adamax it lowers the rate, and is 0 unless that is wanted.
  const further: Config = decay === undefined || decay === 0 && className === "Adamax"
    ? {}
    : { [className === "RMSProp" ? "rho" : "decay"]: decay };
  return {
    class_name: optimizerClasses[className as string] ?? className,
    config: { ...Object.fromEntries(named), ...further },
  };
}

/** An array in a file's list. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group?: unknown;
  /** How the array is stored. */
  readonly stored: ElementType;
  /** How large it is there. */
  readonly bytes: number;
  /** What the stored numbers stand for; undefined for themselves. */
  readonly quantized?: { readonly scale: number; readonly min: number; readonly isWhole: boolean };
}

/** The element types of arrays by TensorFlow.js's names. */
const storedTypes: Readonly<Record<string, ElementType>> = {
  float32: elementTypes.float32,
  float16: elementTypes.float16,
  int32: elementTypes.int32,
  uint16: elementTypes.uint16,
  uint8: elementTypes.uint8,
  bool: elementTypes.bool,
};

/**
 * The arrays of a file, and of the files that it names. The state of the optimizer that TensorFlow.js saves is left out,
 * since its optimizers keep another one. Throws {@linkcode FileError} for files that are missing, damaged or lie elsewhere.
 */
export async function storedInTfjs(json: Config, file: OpenFile, what: string): Promise<StoredWeights> {
  const arrays = new Map<string, Tensor>();
  const paths = new Set<string>();
  for (const group of listOf(json.weightsManifest, "weightsManifest", what)) {
    const { paths: own, weights } = isNamed(group) ? group : {} as Record<string, unknown>;
    const entries = listOf(weights, "weights of a group", what).map((entry) => readEntry(entry, what));
    const parts = await Promise.all(
      listOf(own, "paths of a group", what).map((path) => {
        if (typeof path !== "string" || paths.has(path)) damaged(`the path ${JSON.stringify(path)}, or twice`, what);
        paths.add(path);
        return file.beside(path.replace(/^\.\//, ""));
      }),
    );
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const expected = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total !== expected) damaged(`${total} bytes in ${own}, in place of ${expected}`, what);
    const bytes = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    let at = 0;
    for (const entry of entries) {
      const { name, group } = entry;
      if (arrays.has(name)) damaged(`"${name}" twice`, what);
      if (group !== "optimizer") arrays.set(name, tensorOf(entry, bytes.subarray(at, at + entry.bytes), what));
      at += entry.bytes;
    }
  }
  const names = [...arrays.keys()];
  if (names.length > 0 && names.every((name) => /(^|\/)vars\/\d+$/.test(name))) {
    const byKey = new Map([...arrays].map(([name, array]) => [keyInHdf5(name.split("/")), array]));
    return { arrays: byKey, groupsOf: weightGroups, keyOf: ({ path }, i) => keyInHdf5([path, "vars", String(i)]) };
  }
  return { arrays, groupsOf: weightGroups, keyOf: keyByNames(names) };
}

function tensorOf({ name, shape, stored, quantized }: Entry, bytes: Uint8Array, what: string): Tensor {
  const tensor = tensorOfBytes(stored, shape, bytes, { what, thing: `"${name}"` });
  if (!quantized) return tensor;
  const { scale, min, isWhole } = quantized;
  const values = Float32Array.from(tensor.data, (value) => value * scale + min);
  return isWhole
    ? new Tensor(shape, "int32", Int32Array.from(tensor.data, (value) => Math.round(value * scale + min)))
    : new Tensor(shape, "float32", values);
}

function readEntry(given: unknown, what: string): Entry {
  const { name, shape, dtype, quantization, group } = isNamed(given) ? given : {} as Record<string, unknown>;
  if (typeof name !== "string") return damaged("an array without a name", what);
  const { dtype: code = dtype, scale, min } = isNamed(quantization) ? quantization : {} as Record<string, unknown>;
  const stored = Object.hasOwn(storedTypes, String(code)) ? storedTypes[String(code)] : undefined;
  if (!stored) return damaged(`"${name}" of the element type ${code}`, what);
  const bytes = bytesOfShape(stored, shape);
  if (bytes === undefined) return damaged(`"${name}" without a shape`, what);
  const entry: Entry = { name, shape: shape as readonly number[], group, stored, bytes };
  if (!isNamed(quantization) || stored === elementTypes.float16) return entry;
  if (typeof scale !== "number" || typeof min !== "number") damaged(`"${name}" without a scale and a minimum`, what);
  return { ...entry, quantized: { scale: scale as number, min: min as number, isWhole: dtype === "int32" } };
}

/**
 * The stored name of a part's array: by the layer's name, with or without those around it; layers in layers may stand under
 * the outer one. Within a layer by the array's name, else by its position, which is the same in all of Keras's versions.
 */
function keyByNames(names: readonly string[]): (group: WeightGroup, index: number) => string {
  const byLayer = Map.groupBy(names, (name) => name.split("/").slice(0, -1).join("/"));
  return ({ namePath, entries }, index) => {
    const layers = namePath.split("/");
    const places = [layers, layers.slice(0, -1)].flatMap((path) => path.map((_, i) => path.slice(i).join("/")));
    const own = byLayer.get(places.find((place) => byLayer.has(place)) ?? "") ?? [];
    const find = (key: string) => own.find((name) => name.endsWith(`/${key}`));
    const key = entries[index].name;
    const isOther = entries.some((entry) => find(entry.name) === own[index]);
    return find(key) ?? (isOther ? undefined : own[index]) ?? `${namePath}/${key}`;
  };
}

function listOf(value: unknown, name: string, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : damaged(`${name} that are no list`, what);
}

function damaged(received: string, what: string): never {
  throw new FileError({
    what,
    rule: "it must be a whole model of TensorFlow.js",
    received,
    hint: "the files are damaged or do not belong together: save or fetch them again",
  });
}
