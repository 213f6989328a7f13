// Mutations of model configs: valid Keras JSON, changed at random places by a seeded generator, like a hostile or
// broken file. Reading each must end in a model or a CeratopsError, and quickly.
import { readFileSync } from "node:fs";
import process from "node:process";
import { CeratopsError, isClass } from "../../lib/errors.ts";
import type { ConfigValue } from "../../lib/json_config.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { type AnyClass, namespaces, suitableArguments } from "../exported_classes.ts";

/** A generator of numbers in [0, 1) from a seed: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A list nested `depth` times. */
export function nested(depth: number): ConfigValue {
  let value: ConfigValue = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** A node whose layers contain the node itself. */
function cyclic(): ConfigValue {
  const node = { class_name: "Sequential", config: { layers: [] as unknown[] } };
  node.config.layers.push(node);
  return node as unknown as ConfigValue;
}

/** Replacements for values. */
const strange: readonly (() => ConfigValue)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 0.5,
  () => 2 ** 31,
  // Not 1e9: a weight of 4 GB is no mistake.
  () => 2e9,
  () => 1e308,
  () => NaN,
  () => "",
  () => "relu",
  () => "x".repeat(10_000),
  () => [],
  () => ({}),
  () => [null],
  () => [2 ** 31, 2 ** 31],
  () => Array.from({ length: 1000 }, (_, i) => i),
  () => ({ class_name: "Dense", config: { units: 2 } }),
  () => ({ class_name: 5, config: null }),
  () => ({ class_name: "GlorotUniform", config: null }),
  () => ({ class_name: "function", config: {} }),
  () => ({ class_name: "__keras_tensor__", config: {} }),
  () => ({ class_name: "__tensor__", config: { value: [[1], 2], dtype: "float64" } }),
  () => ({ module: {}, class_name: "Zeros", config: {}, registered_name: 7 }),
  () => nested(20_000),
  cyclic,
];

/** A position in a config: the parent and the key. */
interface Place {
  readonly holder: Record<string | number, ConfigValue>;
  readonly key: string | number;
}

function placesOf(value: ConfigValue, found: Place[] = []): Place[] {
  if (value === null || typeof value !== "object") return found;
  for (const key of Object.keys(value)) {
    const holder = value as Record<string, ConfigValue>;
    found.push({ holder, key });
    placesOf(holder[key], found);
  }
  return found;
}

/** Changes a config in place, at one to three positions. */
function mutate(config: ConfigValue, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const places = placesOf(config);
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const { holder, key } = pick(places);
    const other = pick(places);
    const way = random();
    const histories = places.filter(({ key }) => key === "keras_history");
    if (way < 0.05 && histories.length > 0) {
      // Layers that follow from others, or from themselves.
      const [from, to] = [pick(histories), pick(histories)];
      to.holder[to.key] = from.holder[from.key];
    } else if (way < 0.2 && !Array.isArray(holder)) delete holder[key];
    else if (way < 0.35) holder[key] = other.holder[other.key] ?? null;
    else if (way < 0.45 && typeof holder[key] === "number") holder[key] = pick([-1, 0, 2 ** 31, 2e9, 1e308, 0.1]);
    else holder[key] = pick(strange)();
  }
}

const goldenModels: readonly ConfigValue[] = JSON.parse(
  readFileSync(new URL("../keras/golden/models.json", import.meta.url), "utf8"),
).models.map(({ json }: { json: ConfigValue | string }) => (typeof json === "string" ? JSON.parse(json) : json));

/** The node of an object of a class, with every option as its config holds it; undefined for bases. */
function nodeOf(Class: AnyClass): ConfigValue | undefined {
  try {
    const made = new Class(...suitableArguments(Class), Class.name === "InputLayer" ? { shape: [2] } : {});
    return (made as { serialize(): ConfigValue }).serialize();
  } catch {
    return undefined;
  }
}

const node = (className: string, config: ConfigValue): ConfigValue => ({ class_name: className, config });

/** A small model, compiled, with further layers and settings. */
const modelWith = (
  layers: readonly ConfigValue[],
  dense: object = {},
  compiled: object = {},
  sample: readonly number[] = [3],
): ConfigValue => ({
  ...node("Sequential", {
    layers: [
      node("InputLayer", { batch_shape: [null, ...sample] }),
      ...layers,
      node("Dense", { units: 2, ...dense }),
    ],
  }) as object,
  compile_config: { optimizer: "sgd", loss: "mse", ...compiled },
});

/** Where an object of each namespace may stand in a model. */
const places: Readonly<Record<string, (node: ConfigValue) => readonly ConfigValue[]>> = {
  layers: (layer) => [[8, 8, 3], [8, 3], [4, 4, 4, 3], [3]].map((sample) => modelWith([layer], {}, {}, sample)),
  losses: (loss) => [modelWith([], {}, { loss })],
  metrics: (metric) => [modelWith([], {}, { metrics: [metric] })],
  optimizers: (optimizer) => [modelWith([], {}, { optimizer })],
  schedules: (schedule) => [modelWith([], {}, { optimizer: node("SGD", { learning_rate: schedule }) })],
  initializers: (initializer) => [modelWith([], { kernel_initializer: initializer })],
  regularizers: (regularizer) => [modelWith([], { kernel_regularizer: regularizer })],
  constraints: (constraint) => [modelWith([], { kernel_constraint: constraint })],
};

function canBeRead(model: ConfigValue): boolean {
  try {
    modelFromConfig(model);
    return true;
  } catch {
    return false;
  }
}

/** A model of each class that stands in configs, but for those that need more around them. */
const modelsOfClasses = Object.entries(places).flatMap(([namespace, place]) =>
  Object.values(namespaces[namespace as keyof typeof namespaces]).filter(isClass).flatMap((Class) => {
    const node = nodeOf(Class as unknown as AnyClass);
    return node === undefined ? [] : place(node).filter(canBeRead).slice(0, 1);
  })
);

/** The models that are mutated: those of the golden file, and one of every class. */
const models: readonly ConfigValue[] = [...goldenModels, ...modelsOfClasses];

/** How reading a mutated config ended. */
type Outcome = "read" | "refused" | "raw" | "slow";

/** Reads mutation number `index`; a bad outcome comes with its error. */
export function readMutation(index: number): { outcome: Outcome; error?: unknown; milliseconds: number } {
  const random = numbersFrom(index);
  const config = structuredClone(models[Math.floor(random() * models.length)]);
  mutate(config, random);
  // The time of the processor, since others may keep it busy too.
  const begun = process.cpuUsage();
  let outcome: Outcome = "read";
  let failure: unknown;
  try {
    modelFromConfig(config);
  } catch (error) {
    outcome = error instanceof CeratopsError ? "refused" : "raw";
    failure = error;
  }
  const { user, system } = process.cpuUsage(begun);
  const milliseconds = (user + system) / 1000;
  if (outcome !== "raw" && milliseconds > 1000) outcome = "slow";
  return { outcome, error: failure, milliseconds };
}

if (import.meta.main) {
  const [from, to] = [Number(Deno.args[0] ?? 0), Number(Deno.args[1] ?? 20_000)];
  const counts = { read: 0, refused: 0, raw: 0, slow: 0 };
  const kinds = new Map<string, { count: number; example: number }>();
  console.warn = () => {};
  for (let index = from; index < to; index++) {
    const { outcome, error, milliseconds } = readMutation(index);
    counts[outcome]++;
    if (outcome === "read" || outcome === "refused") continue;
    const frame = (error as Error | undefined)?.stack?.split("\n").find((line) => line.includes("/lib/")) ?? "";
    const kind = `${outcome} ${String(error).slice(0, 100)} ${frame.trim().slice(-60)} ${
      outcome === "slow" ? Math.round(milliseconds) : ""
    }`;
    const known = kinds.get(kind) ?? { count: 0, example: index };
    known.count++;
    kinds.set(kind, known);
  }
  for (const [kind, { count, example }] of [...kinds].sort((a, b) => b[1].count - a[1].count)) {
    console.log(`${count} x (as ${example}): ${kind}`);
  }
  console.log(
    `${counts.read} read, ${counts.refused} refused, ${counts.raw} ended raw, ${counts.slow} took over a second`,
  );
  if (counts.raw + counts.slow > 0) Deno.exit(1);
}
