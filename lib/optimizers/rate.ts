// Learning rates as options: a number, a schedule, a function, or Keras 2's lr and decay.
import { isClass, ValueError } from "../errors.ts";
import { number } from "../option_kinds.ts";
import { describe, type Option, option, optionsOfClass, readOption } from "../options.ts";
import { functionNode } from "../registry.ts";
import { isNamed } from "../structure.ts";
import { InverseTimeDecay, LearningRateSchedule } from "./schedules.ts";

/** A learning rate: a number, a schedule by steps, or a function that returns the rate of the next step. */
export type LearningRate = number | LearningRateSchedule | (() => number);

/** The options for the learning rate. */
export interface RateOptions {
  /** The learning rate. */
  learningRate?: LearningRate;
  /** Keras 2's name of `learningRate`. */
  lr?: number;
  /** Keras 2's decay: the rate is divided by `1 + decay * step`, as {@linkcode InverseTimeDecay} does. */
  decay?: number;
}

/** A learning rate as an option, kept as `givenRate`: an optimizer's `learningRate` is that of the next step. */
export const rateOption = (fallback: number): Option<LearningRate> =>
  option<LearningRate>({
    fallback,
    field: "givenRate",
    read: (given, { what }) => {
      if (typeof given === "number" && Number.isFinite(given) && given >= 0) return given;
      if (typeof given === "function" && !isClass(given)) return given as () => number;
      if (given instanceof LearningRateSchedule) return given;
      throw new ValueError({
        what,
        rule: "learningRate must be a number of at least 0, a schedule or a function",
        received: describe(given),
        hint: "give one such as 0.001, or new schedules.CosineDecay(...)",
      });
    },
    write: (rate) => {
      if (typeof rate === "number") return Math.fround(rate);
      return typeof rate === "function" ? functionNode(rate) : rate.serialize();
    },
  });

/**
 * The options of an optimizer, and the default rate of its class, from the arguments of its constructor: options and a
 * default rate, or a rate and further options. Throws {@linkcode ValueError} for others.
 */
export function optionsFrom<O extends RateOptions>(
  Class: { readonly name: string },
  first: O | LearningRate,
  second: O | number | undefined,
): [options: O, defaultRate: number | undefined] {
  const fail = (rule: string, received: string, hint: string): never => {
    throw new ValueError({ what: `Cannot make ${Class.name}`, rule, received, hint });
  };
  const isRate = typeof first === "number" || typeof first === "function" || first instanceof LearningRateSchedule;
  if (!isRate) {
    if (typeof second !== "object") return [first, second];
    fail("the first of two arguments must be the learning rate", describe(first), "give one object of options");
  }
  if (second !== undefined && !isNamed(second)) {
    fail("after the learning rate come options", describe(second), "write them in braces, as in { clipnorm: 1 }");
  }
  const twice = Object.keys(second ?? {}).find((name) => name === "learningRate" || name === "lr");
  if (twice !== undefined) fail("the learning rate must be given once", `${twice} also`, `leave ${twice} out`);
  return [{ ...second as O, learningRate: first as LearningRate }, undefined];
}

/** The options with Keras 2's names of the learning rate converted to those of Keras 3. */
export function modernRate<O extends RateOptions>(
  Class: { readonly name: string },
  options: O,
  defaultRate: unknown = optionsOfClass(Class).learningRate?.fallback,
): O {
  // Values that are not options get their error later.
  if (options === null || typeof options !== "object" || Array.isArray(options)) return options;
  // The optimizers inside of another one have rates.
  if (optionsOfClass(Class).learningRate?.offered === false) return options;
  const { learningRate, lr, decay = 0 } = options;
  const what = `Cannot make ${Class.name}`;
  if (lr !== undefined && learningRate !== undefined) {
    const hint = "write learningRate alone: lr is its name in Keras 2";
    throw new ValueError({ what, rule: "only one of learningRate and lr may be set", received: "both", hint });
  }
  const rate = learningRate === undefined ? lr === undefined ? defaultRate : lr : learningRate;
  const rest = { ...options, learningRate: rate, lr: undefined, decay: undefined };
  const place = { what, whatNamed: what };
  if (readOption("decay", number(0, { min: 0 }), decay, place) === 0) return rest;
  if (typeof rate !== "number") {
    const hint = "leave decay out: the schedule sets the rate";
    throw new ValueError({ what, rule: "decay needs a learningRate that is a number", received: describe(rate), hint });
  }
  return {
    ...rest,
    learningRate: new InverseTimeDecay({ initialLearningRate: rate, decaySteps: 1, decayRate: decay }),
  };
}

/**
 * The rate after `batch` batches, as float32. Throws {@linkcode ValueError} for a schedule or a function that returns no
 * number; `what` is what fails then.
 */
export function rateAfter(rate: LearningRate, batch: number, what: string): number {
  if (typeof rate === "number") return Math.fround(rate);
  const found: unknown = rate instanceof LearningRateSchedule ? rate.call(batch) : rate();
  if (typeof found === "number") return Math.fround(found);
  throw new ValueError({
    what,
    rule: "a schedule or a function must return a number",
    received: describe(found),
    hint: "return the rate of the step, as in (step) => 0.1 / (step + 1)",
  });
}
