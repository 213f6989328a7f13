// The groups of a weights file: which part of a model has which path in Keras's `.weights.h5`.
import { describe, StateError, ValueError } from "../errors.ts";
import { snakeCaseOfClass } from "../auto_names.ts";
import type { DType } from "../dtype.ts";
import type { ObjectNode } from "../json_config.ts";
import { WeightOwner } from "../layers/weight_owner.ts";
import { snakeCase } from "../names.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Shape } from "../shape.ts";
import { isNamed } from "../structure.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { adoptValue, borrowValue, Variable } from "../tensor/variable.ts";

/** What one layer, model or optimizer keeps in a file itself. */
export interface WeightGroup {
  /** The path in the file, such as `layers/dense`; empty for the model itself. */
  readonly path: string;
  /** The name of its owner. */
  readonly name: string;
  /** The names of the owners around it and its own, such as `encoder/dense`, without the model's. */
  readonly namePath: string;
  /** What it keeps, in order: arrays `0`, `1`, ... of the group `vars` below the path, unless they have keys. */
  readonly entries: readonly WeightEntry[];
  /** The layer or model whose group it is, where it may keep what it likes. */
  readonly part?: Part;
}

/** An array of a weights file. */
export interface WeightEntry {
  readonly name: string;
  /** The name in the file; that of the place by default. */
  readonly key?: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The value now; its elements may be the owner's, and must not be changed. */
  read(): Promise<Tensor>;
  /** Sets the value, whose shape and dtype are these; its elements may be kept. */
  write(value: Tensor): void;
}

/** A layer or a model. */
export interface Part extends WeightOwner {
  /** The class as files name it. */
  readonly className: string;
  /** The layers that files keep by class and number, where the model is made of inputs and outputs or is a chain. */
  readonly connectedLayers?: readonly Part[];
  /** What is inside. */
  readonly sublayers: readonly Part[];
  /** What a call is given where it does not say so. */
  readonly callDefaults?: { readonly mask?: null; readonly training?: boolean };
}

/** What a layer of the user's own keeps in place of its weights. */
function chosenEntries(part: Part): WeightEntry[] {
  const store = new Map<string, Variable | TensorLike>();
  part.saveOwnVariables!(store);
  const what = `Cannot save "${part.name}"`;
  if (!part.loadOwnVariables) {
    throw new StateError({
      what,
      rule: "a class with saveOwnVariables needs loadOwnVariables too",
      received: `none in ${part.className}`,
      hint: "add the method, which takes what the other one kept",
    });
  }
  return [...store].map(([key, value]) => {
    checkFileName(key, what);
    if (value instanceof Variable) return { ...entryOf(value, key), key };
    const { shape, dtype, data } = toTensor(value, what, key);
    return {
      name: key,
      key,
      shape,
      dtype,
      read: () => Promise.resolve(new Tensor(shape, dtype, data)),
      write: () => {},
    };
  });
}

/** Throws {@linkcode ValueError} for a name that leads out of its place in a file. */
export function checkFileName(name: unknown, what: string, rule = "a name is a text without slashes"): void {
  const isName = typeof name === "string" && name !== "" && name !== "." && name !== ".." && !/[/\\:\0]/.test(name);
  if (!isName) throw new ValueError({ what, rule, received: describe(name), hint: "choose a plain name" });
}

/** What saving needs of a model. */
export interface SavedModel extends Part {
  /** What changes the weights; undefined before `compile`. */
  readonly optimizer: Optimizer | undefined;
  /** The model's node in a config. */
  serialize(): ObjectNode;
}

/** The groups of a model or a layer and of all that is inside, each object once, in the order in which Keras looks. */
export function weightGroups(root: Part): WeightGroup[] {
  const groups: WeightGroup[] = [];
  const seen = new Set<object>();
  const visit = (owner: Part, path: string, namePath: string): void => {
    if (seen.has(owner)) return;
    seen.add(owner);
    const { name, connectedLayers } = owner;
    groups.push({
      path,
      name,
      namePath,
      part: owner,
      get entries() {
        return owner.saveOwnVariables ? chosenEntries(owner) : owner.ownWeights.map((own) => entryOf(own, own.key));
      },
    });
    if (connectedLayers) visitAll(connectedLayers, join(path, "layers"), namePath);
    const properties = Object.entries(owner).map(([name, value]) => [snakeCase(name), value] as const);
    properties.sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [property, value] of properties) look(value, join(path, property), namePath);
  };
  const look = (value: unknown, path: string, around: string): void => {
    if (isPart(value)) visit(value, path, join(around, value.name));
    else if (Array.isArray(value)) visitAll(value, path, around);
    else if (isNamed(value)) visitAll(Object.values(value), path, around);
  };
  const visitAll = (values: readonly unknown[], path: string, around: string): void => {
    if (seen.has(values)) return;
    seen.add(values);
    const counts = new Map<string, number>();
    for (const value of values) {
      // Lists within lists share a group of their own.
      const isList = Array.isArray(value) || isNamed(value);
      if (!isPart(value) && !isList) continue;
      const key = isPart(value) ? snakeCaseOfClass(value.className) : "container";
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      look(value, join(path, count === 0 ? key : `${key}_${count}`), around);
    }
  };
  visit(root, "", "");
  return groups;
}

/**
 * The groups of the `.h5` files of Keras 2: the layers of the model that have weights, with all that is inside them, and
 * what the model itself has.
 */
export function legacyGroups(model: Part): WeightGroup[] {
  const groupOf = (path: string, { name }: Part, weights: readonly Variable[]): WeightGroup => ({
    path,
    name,
    namePath: name,
    entries: weights.map((weight) => entryOf(weight, weight.name)),
  });
  const layers = (model.connectedLayers ?? model.sublayers).filter(({ weights }) => weights.length > 0);
  return [
    ...layers.map((layer, i) =>
      groupOf(`layer ${i}`, layer, [...layer.trainableWeights, ...layer.nonTrainableWeights])
    ),
    ...model.ownWeights.length > 0 ? [groupOf("top_level_model_weights", model, model.ownWeights)] : [],
  ];
}

function isPart(value: unknown): value is Part {
  return value instanceof WeightOwner;
}

const join = (path: string, name: string) => (path ? `${path}/${name}` : name);

function entryOf(variable: Variable, name: string): WeightEntry {
  const { shape, dtype } = variable;
  return {
    name,
    shape,
    dtype,
    read: async () => new Tensor(shape, dtype, await borrowValue(variable)),
    write: ({ data }) => adoptValue(variable, data),
  };
}

/** A number of an optimizer as an array of a file. */
const numberEntry = (
  optimizer: Optimizer,
  name: string,
  dtype: "int32" | "float32",
  get: () => number,
  set: (value: number) => void,
): WeightEntry => ({
  name: `${optimizer.name}/${name}`,
  shape: [],
  dtype,
  read: () => Promise.resolve(new Tensor([], dtype, dtype === "int32" ? Int32Array.of(get()) : Float32Array.of(get()))),
  write: (value: Tensor) => set(value.item()),
});

const stepsEntry = (optimizer: Optimizer): WeightEntry =>
  numberEntry(optimizer, "iteration", "int32", () => optimizer.batches, (batches) => optimizer.batches = batches);

/** The rate of an optimizer that applies others, which files have as 0. */
const noRateEntry = (optimizer: Optimizer): WeightEntry =>
  numberEntry(optimizer, "learning_rate", "float32", () => 0, () => {});

/** What an optimizer stores: its steps, its rate unless a schedule gives it, its slots, and the same of those inside. */
function optimizerEntries(optimizer: Optimizer): WeightEntry[] {
  const number = (name: string, get: () => number, set: (value: number) => void) =>
    numberEntry(optimizer, name, "float32", get, set);
  const { optimizers: parts, schedule } = optimizer;
  const rate = parts.length > 0
    ? noRateEntry(optimizer)
    : number("learning_rate", () => optimizer.learningRate, (rate) => optimizer.learningRate = rate);
  // What follows from the number of steps is written for Keras, and not needed here.
  const derived = optimizer.built ? Object.entries(optimizer.derivedScalars) : [];
  const further = derived.map(([name, value]) => number(name, () => value, () => {}));
  const slots = parts.length > 0
    ? parts.flatMap(optimizerEntries)
    : optimizer.slots.map((slot) => entryOf(slot, slot.name));
  return [stepsEntry(optimizer), ...(schedule ? [] : [rate]), ...slots, ...further];
}

/** The path of an optimizer whose loss another one scales. */
export const innerPath = "optimizer/inner_optimizer";

/** Where the states of the optimizers inside of one are once more. */
export const partsPath = (path: string): string => `${path}/optimizers`;

/** The group of an optimizer. */
export const optimizerGroup = (optimizer: Optimizer, path = "optimizer"): WeightGroup => ({
  path,
  name: optimizer.name,
  namePath: optimizer.name,
  entries: optimizerEntries(optimizer),
});

/** The group of an optimizer, which repeats those of the optimizers inside, and these. */
export function optimizerGroups(optimizer: Optimizer, path = "optimizer"): WeightGroup[] {
  if (optimizer.applied !== optimizer) {
    const inner = optimizerGroups(optimizer.applied, innerPath);
    const scale = scaleGroup(optimizer);
    return [{ ...scale, entries: [...scale.entries, ...inner[0].entries] }, ...inner];
  }
  const counts = new Map<string, number>();
  const parts = optimizer.optimizers.map((part) => {
    const key = snakeCaseOfClass(part.constructor.name);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return optimizerGroup(part, `${partsPath(path)}/${count === 0 ? key : `${key}_${count}`}`);
  });
  return [optimizerGroup(optimizer, path), ...parts];
}

/** The state of loss scaling itself. */
export function scaleGroup(optimizer: Optimizer): WeightGroup {
  const { name, scaleState } = optimizer;
  const own = scaleState.map((variable) => entryOf(variable, variable.name));
  return {
    path: "optimizer",
    name,
    namePath: name,
    entries: [stepsEntry(optimizer), noRateEntry(optimizer), ...own],
  };
}

/** What Keras 2 stores of an optimizer: its steps and its slots, without the rate and what follows from the steps. */
export function legacyEntries(optimizer: Optimizer): WeightEntry[] {
  const { entries } = optimizerGroup(optimizer);
  const scalars = optimizer.schedule ? 1 : 2;
  const slots = entries.slice(scalars, scalars + optimizer.slots.length);
  // Nor the numbers that stand for the factors of a matrix where a variable is none.
  return [entries[0], ...slots.filter(({ shape, name }) => shape.length > 0 || !/_(row|column)$/.test(name))];
}

/** Throws {@linkcode StateError} for a model that is not built: it has no weights yet. */
export function requireBuilt(model: { readonly name: string; readonly built: boolean }, what: string): void {
  if (model.built) return;
  throw new StateError({
    what,
    rule: "the model is not built, so that it has no weights yet",
    received: `"${model.name}" without an input shape`,
    hint: "give it an Input, or fit or call it once",
  });
}
