// A model of Keras with what Keras makes of it, and how far from that is what is made of it here.
import { modelFromConfig } from "../../../lib/models/from_config.ts";
import type { Model } from "../../../lib/models/model.ts";
import { flatten, packLike } from "../../../lib/structure.ts";
import type { Tensor } from "../../../lib/tensor/tensor.ts";
import { useBackend } from "../../backends.ts";
import { camelCased, type GoldenArray, type Table, toTensor } from "../../golden.ts";
import { withoutBuilds } from "../../models/exchange.ts";

/** What `generate.py` writes of a seed. */
export interface ComparedCase {
  name: string;
  json: Table;
  weights: GoldenArray[];
  inputs: GoldenArray[];
  /** What the model predicts. */
  outputs?: GoldenArray[];
  /** What fit is given, and targets: of models that are trained. */
  options?: Table;
  targets?: GoldenArray;
  evaluated?: Table;
  history?: Table;
  evaluated_after?: Table;
  weights_after?: GoldenArray[];
}

/** A number, or list of numbers, by name: what is compared. */
type Numbers = Map<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;

/** As other tests against Keras allow; `absolute` grows with the largest number of a tensor. */
const close = { absolute: 5e-6, relative: 1e-4 };

/** How many times as far apart as runs with weights and inputs one rounding away results may be: rounding alone makes them so. */
const roundings = 20;

const ofTensors = (what: string, tensors: readonly Tensor[]): Numbers =>
  new Map(tensors.map(({ shape, data }, i) => [`${what} ${i}`, { shape, data }]));

const ofArrays = (what: string, arrays: readonly GoldenArray[] = []): Numbers =>
  new Map(arrays.map(({ shape, data }, i) => [`${what} ${i}`, { shape, data: data.map(Number) }]));

const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

function ofLogs(what: string, logs: Table = {}): Numbers {
  const entries = Object.entries<Table>(logs).map(([name, value]): [string, number[]] => [
    `${what} ${name}`,
    // Of several numbers, such as one for each threshold, our logs have the mean.
    [value].flat().map((item: Table) => mean([item?.data ?? item].flat(Infinity).map(Number))),
  ]);
  return new Map(entries.map(([name, data]) => [name, { shape: [data.length], data }]));
}

/** All numbers that Keras gave. */
function expectedOf(spec: ComparedCase): Numbers {
  return new Map([
    ...ofArrays("output", spec.outputs),
    ...ofLogs("evaluation", spec.evaluated),
    ...ofLogs("history", spec.history),
    ...ofLogs("evaluation after", spec.evaluated_after),
    ...ofArrays("weight after", spec.weights_after),
  ]);
}

/** The numbers that the model gives here. */
async function computedOf(spec: ComparedCase): Promise<Numbers> {
  await useBackend("eigen");
  const model = modelFromConfig(spec.json);
  model.setWeights(spec.weights.map(toTensor));
  const x = packLike(model.input, spec.inputs.map(toTensor));
  if (spec.outputs) return ofTensors("output", flatten(await model.predict(x, { verbose: 0 })));
  return await trainedOf(model, x as Table, spec);
}

async function trainedOf(model: Model, x: Table, { targets, options }: ComparedCase): Promise<Numbers> {
  const y = toTensor(targets!);
  const { sample_weight: given, ...others } = options;
  const sampleWeight = given && toTensor(given);
  const test = { sampleWeight, batchSize: options.batch_size, verbose: 0 as const };
  const before = await model.evaluate(x, y, test);
  const { history } = await model.fit(x, y, { ...camelCased(others), sampleWeight });
  return new Map([
    ...ofLogs("evaluation", before),
    ...ofLogs("history", history),
    ...ofLogs("evaluation after", await model.evaluate(x, y, test)),
    ...ofTensors("weight after", await model.getWeights()),
  ]);
}

/** How the numbers differ, and by how much at most: nothing where they are close. */
function difference(actual: Numbers, expected: Numbers, wide = (_name: string) => 0): string | undefined {
  const [names, others] = [[...actual.keys()], [...expected.keys()]];
  if (String(names) !== String(others)) return `names ${names.join(", ")}, in Keras ${others.join(", ")}`;
  for (const [name, { shape, data }] of expected) {
    const made = actual.get(name)!;
    if (String(made.shape) !== String(shape)) return `${name} is [${made.shape}], in Keras [${shape}]`;
    const scale = Math.max(1, ...Array.from(data).map(Math.abs).filter(Number.isFinite));
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [made.data[i], data[i]];
      const allowed = close.absolute * scale + close.relative * Math.abs(b) + wide(name);
      if (Object.is(a, b) || a === b || Math.abs(a - b) <= allowed) continue;
      return `${name} at ${i} is ${a}, in Keras ${b}`;
    }
  }
  return undefined;
}

/** What becomes of the comparison of a model. */
export interface Comparison {
  /** Of what kind it is: `equal`, or equal but for rounding, or not. */
  readonly kind: "equal" | "rounding" | "different" | "refused" | "config";
  /** What is different. */
  readonly what?: string;
}

/** Compares a model and its training, on eigen, with Keras's. */
export async function compareCase(spec: ComparedCase): Promise<Comparison> {
  let actual: Numbers;
  try {
    const config = configDifference(spec.json);
    if (config) return { kind: "config", what: config };
    actual = await computedOf(spec);
  } catch (error) {
    return { kind: "refused", what: String(error) };
  }
  const expected = expectedOf(spec);
  const what = difference(actual, expected);
  if (what === undefined) return { kind: "equal" };
  return { kind: await isRounding(spec, actual, expected) ? "rounding" : "different", what };
}

/** Whether results move about as far as they are from Keras's where weights and inputs are rounded otherwise. */
async function isRounding(spec: ComparedCase, actual: Numbers, expected: Numbers): Promise<boolean> {
  const moved = new Map<string, number>();
  for (const seed of [1, 2, 3]) {
    for (const [name, { data }] of await computedOf(nudged(spec, seed))) {
      const before = actual.get(name)?.data ?? [];
      const farthest = Math.max(0, ...Array.from(data).map((value, i) => Math.abs(value - before[i])));
      moved.set(name, Math.max(moved.get(name) ?? 0, farthest));
    }
  }
  return difference(actual, expected, (name) => roundings * (moved.get(name) ?? 0)) === undefined;
}

/** The case with float32 weights and inputs changed by about one rounding, which way the seed says. */
function nudged(spec: ComparedCase, seed: number): ComparedCase {
  const nudge = (array: GoldenArray): GoldenArray =>
    array.dtype === "float32"
      ? { ...array, data: array.data.map((x, i) => Number(x) * (1 + 1.2e-7 * (((i + seed) * 7919) % 3 - 1))) }
      : array;
  return { ...spec, weights: spec.weights.map(nudge), inputs: spec.inputs.map(nudge) };
}

/** Where the config that the model writes differs from Keras's. */
function configDifference(json: Table): string | undefined {
  const { compile_config: _, ...own } = withoutBuilds(JSON.parse(modelFromConfig(json).toJson()));
  const { compile_config: __, ...given } = withoutBuilds(json);
  return firstDifference(own, given, "");
}

function firstDifference(own: Table, given: Table, path: string): string | undefined {
  if (own === given) return undefined;
  const isTable = (value: Table) => value !== null && typeof value === "object";
  if (!isTable(own) || !isTable(given)) return `${path} is ${JSON.stringify(own)}, in Keras ${JSON.stringify(given)}`;
  for (const key of new Set([...Object.keys(own), ...Object.keys(given)])) {
    const found = firstDifference(own[key], given[key], `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

/** The names of the classes in a config: layers, functions, losses, metrics, optimizers. */
export function classesOf(json: Table): Set<string> {
  const found = new Set<string>();
  const visit = (value: Table, key = ""): void => {
    if (Array.isArray(value)) return value.forEach((item) => visit(item, key));
    if (typeof value === "string" && /^(loss|metrics|weighted_metrics|activation)$/.test(key)) found.add(value);
    if (value === null || typeof value !== "object") return;
    if (typeof value.class_name === "string") found.add(value.class_name);
    Object.entries(value).forEach(([name, item]) => visit(item, name));
  };
  visit(json);
  return found;
}
