// The options of everything that is exported: what is no object of options is refused with an error that says so.
import assert from "node:assert/strict";
import { optionsOfClass, positionalOf } from "../lib/options.ts";
import { isClass } from "../lib/errors.ts";
import {
  callbacks,
  CeratopsError,
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

type AnyClass = new (...args: unknown[]) => object;

const namespaces = {
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
const suitable: Readonly<Record<string, unknown>> = {
  activation: "relu",
  axes: 1,
  classId: 0,
  dims: [2, 1],
  factor: 0.1,
  filename: "log.csv",
  filepath: "model",
  filters: 2,
  fn: (x: unknown) => x,
  function: (x: unknown) => x,
  height: 2,
  heightFactor: 0.1,
  inputDim: 3,
  kernelSize: 1,
  n: 2,
  numClasses: 2,
  outputDim: 2,
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

/** What is no object of options. */
const wrong: readonly unknown[] = [null, 3, NaN, 1n, "adam", true, [], [{}], Symbol("options"), () => ({})];

/** Classes that only others extend: what these declare is read by their constructors. */
const bases: readonly unknown[] = [
  layers.Conv,
  layers.Convolution,
  layers.ConvTranspose,
  layers.DepthwiseConv,
  layers.SeparableConv,
];

/** Arguments before the options, of classes that check those themselves. */
const before = new Map<unknown, readonly unknown[]>([
  [Sequential, [[]]],
  [random.SeedGenerator, [1]],
]);

/** Whether a class takes options: most do, but not those of arguments by position alone. */
function takesOptions(Class: AnyClass): boolean {
  const options = Object.values(optionsOfClass(Class));
  return options.length === 0 || options.some(({ offered, positional }) => offered && !positional);
}

for (const [namespace, exported] of Object.entries(namespaces)) {
  for (const [name, item] of Object.entries(exported)) {
    if (!isClass(item) || item === callbacks.MemoryCheckpoints) continue;
    const Class = item as unknown as AnyClass;
    const args = before.get(Class) ?? positionalOf(Class).map((name) => suitable[name]);
    if (!bases.includes(Class)) {
      Deno.test(`${namespace}.${name} is made, or says what it misses`, () => madeOrRefused(() => new Class(...args)));
    }
    if (takesOptions(Class)) {
      Deno.test(`${namespace}.${name} refuses what is no object of options`, () => {
        for (const value of wrong) assert.throws(() => new Class(...args, value), CeratopsError, String(value));
      });
    }
    if (args.length > 0) {
      Deno.test(`${namespace}.${name} takes what stands in place of its arguments, or refuses it`, () => {
        args.forEach((_, place) => {
          for (const value of [undefined, ...wrong]) {
            madeOrRefused(() => new Class(...args.with(place, value)));
          }
        });
      });
    }
  }
}

function madeOrRefused(make: () => object): void {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof CeratopsError, (error as Error).stack);
  }
}
