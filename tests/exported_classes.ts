// The classes that mod.ts exports, by namespace, and arguments by position that suit them.
import { isClass } from "../lib/errors.ts";
import { positionalOf } from "../lib/options.ts";
import {
  callbacks,
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  Model,
  optimizers,
  random,
  regularizers,
  schedules,
  Sequential,
} from "../mod.ts";

/** A class of whatever arguments. */
export type AnyClass = new (...args: unknown[]) => object;

/** The namespaces that have classes with options. */
export const namespaces = {
  layers,
  losses,
  metrics,
  optimizers,
  schedules,
  initializers,
  regularizers,
  constraints,
  callbacks,
  models: { Model, Sequential },
  random,
};

/** Arguments by position that suit, by name. */
export const suitable: Readonly<Record<string, unknown>> = {
  activation: "relu",
  axes: 1,
  cell: new layers.GRUCell(2),
  cells: [new layers.GRUCell(2)],
  classId: 0,
  dims: [2, 1],
  equation: "ab,bc->ac",
  factor: 1,
  filename: "log.csv",
  filepath: "model",
  filters: 2,
  fn: (x: unknown) => x,
  function: (x: unknown) => x,
  headDim: 2,
  height: 2,
  heightFactor: 0.1,
  inputDim: 3,
  keyDim: 2,
  kernelSize: 1,
  layer: new layers.GRU(2),
  layers: [new layers.RandomFlip()],
  maxNumber: 2,
  n: 2,
  numBins: 3,
  numClasses: 2,
  numHeads: 2,
  numKeyValueHeads: 1,
  numQueryHeads: 2,
  numTokens: 4,
  outputDim: 2,
  outputShape: [2],
  outputSize: 2,
  poolSize: 2,
  precision: 0.5,
  rate: 0.1,
  recall: 0.5,
  scale: 1,
  schedule: () => 0.1,
  sensitivity: 0.5,
  shape: [2],
  specificity: 0.5,
  stddev: 0.1,
  store: new callbacks.MemoryCheckpoints(),
  targetClassIds: [0],
  targetShape: [2],
  units: 2,
  width: 2,
  widthFactor: 0.1,
};

/** Arguments before the options, of classes that check those themselves. */
const before = new Map<unknown, readonly unknown[]>([
  [Sequential, [[]]],
  [random.SeedGenerator, [1]],
]);

/** Arguments by position of a class, as many as it takes, that suit it. */
export function suitableArguments(Class: AnyClass): readonly unknown[] {
  return before.get(Class) ?? positionalOf(Class).map((name) => suitable[name]);
}

/** Whether a class is the base of another one of these. */
export const isBaseAmong =
  (classes: readonly (readonly [name: string, Class: { prototype: object }])[]) =>
  ({ prototype }: { prototype: object }): boolean =>
    classes.some(([, Other]) => Object.getPrototypeOf(Other.prototype) === prototype);

/** The names of exported classes that are not among the names `held`; bases of others, which make nothing, aside. */
export function classesBeside(exported: object, held: readonly string[]): string[] {
  const classes = Object.entries(exported).filter(([, item]) => isClass(item)) as [string, { prototype: object }][];
  const isBase = isBaseAmong(classes);
  // Keras has several names for some.
  const seen = new Set(classes.filter(([name]) => held.includes(name)).map(([, Class]) => Class));
  return classes.filter(([, Class]) => !isBase(Class) && !seen.has(Class)).map(([name]) => name);
}
