// The options of everything that is exported: what is no object of options is refused with an error that says so.
import assert from "node:assert/strict";
import { optionsOfClass } from "../lib/options.ts";
import { isClass } from "../lib/errors.ts";
import { callbacks, CeratopsError, layers } from "../mod.ts";
import { type AnyClass, namespaces, suitableArguments } from "./exported_classes.ts";

/** What is no object of options. */
const wrong: readonly unknown[] = [null, 3, NaN, 1n, "adam", true, [], [{}], Symbol("options"), () => ({})];

/** Classes that only others extend: what these declare is read by their constructors. */
const bases: readonly unknown[] = [
  layers.Conv,
  layers.ConvLSTM,
  layers.Convolution,
  layers.ConvTranspose,
  layers.DenseCell,
  layers.DepthwiseConv,
  layers.Recurrent,
  layers.RecurrentCell,
  layers.SeparableConv,
];

/** Whether a class takes options: most do, but not those of arguments by position alone. */
function takesOptions(Class: AnyClass): boolean {
  const options = Object.values(optionsOfClass(Class));
  return options.length === 0 || options.some(({ offered, positional }) => offered && !positional);
}

/** Whether a class takes the learning rate before its options, or leaves it among them. */
const takesRate = (Class: AnyClass): boolean => optionsOfClass(Class).learningRate?.offered === true;

for (const [namespace, exported] of Object.entries(namespaces)) {
  for (const [name, item] of Object.entries(exported)) {
    if (!isClass(item) || item === callbacks.MemoryCheckpoints) continue;
    const Class = item as unknown as AnyClass;
    const args = suitableArguments(Class);
    const before = args.length === 0 && takesRate(Class) ? [0.5] : args;
    if (!bases.includes(Class)) {
      Deno.test(`${namespace}.${name} is made, or says what it misses`, () => madeOrRefused(() => new Class(...args)));
    }
    if (takesOptions(Class)) {
      Deno.test(`${namespace}.${name} refuses what is no object of options`, () => {
        for (const value of wrong) assert.throws(() => new Class(...before, value), CeratopsError, String(value));
      });
    }
    if (before.length > 0) {
      Deno.test(`${namespace}.${name} takes what stands in place of its arguments, or refuses it`, () => {
        before.forEach((_, place) => {
          for (const value of [undefined, ...wrong]) {
            madeOrRefused(() => new Class(...before.with(place, value)));
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
