// The options of every optimizer, each declared once.
import { describe, ValueError } from "../errors.ts";
import { boolean, number, positiveInteger, text } from "../option_kinds.ts";
import { nullable, type Option, option, type OptionFields, optionTable, unread, withFacts } from "../options.ts";
import { type LearningRate, rateOption, type RateOptions } from "./rate.ts";

/** Options that every optimizer takes. */
export interface OptimizerOptions extends RateOptions {
  /** The fraction of each weight, times the learning rate, that is subtracted before the step; none by default. */
  weightDecay?: number | null;
  /** The largest norm of each gradient; none by default. */
  clipnorm?: number | null;
  /** The largest absolute value of each element of the gradients; none by default. */
  clipvalue?: number | null;
  /** The largest norm of all gradients together; none by default. */
  globalClipnorm?: number | null;
  /** Whether running averages of the weights are kept, and become the weights when `fit` ends; false by default. */
  useEma?: boolean;
  /** The fraction of the averages that each step keeps; 0.99 by default. */
  emaMomentum?: number;
  /** The number of steps after which the weights become their averages; only at the end by default. */
  emaOverwriteFrequency?: number | null;
  /**
   * The factor of the loss for computing gradients, which are divided by it afterwards, so that small ones do not
   * underflow; none by default.
   */
  lossScaleFactor?: number | null;
  /** The number of batches whose gradients are averaged for one step; none by default. */
  gradientAccumulationSteps?: number | null;
  /** The name in files. */
  name?: string | null;
}

/** What the constructor of an optimizer takes: its options, or the learning rate and then the others. */
export type OptimizerArguments<Options extends OptimizerOptions> =
  | [options?: Options]
  | [learningRate: LearningRate, options?: Omit<Options, "learningRate" | "lr">];

/** A number for which `isValid` holds, or null, which is the default; `rule` says which numbers are valid. */
const numberOrNull = (isValid: (value: number) => boolean, rule: string, hint?: string): Option<number | null> =>
  option<number | null>({
    fallback: null,
    read: (given, { what, option }) => {
      if (given === null || (typeof given === "number" && isValid(given))) return given;
      throw new ValueError({ what, rule: `${option} must be ${rule}, or null`, received: describe(given), hint });
    },
  });

const atLeastZero = numberOrNull((value) => value >= 0, "a number of at least 0");

/** The options that every optimizer takes. */
export const optimizerOptions = optionTable<OptimizerOptions>()({
  name: nullable(text()),
  learningRate: rateOption(0.01),
  weightDecay: atLeastZero,
  clipnorm: atLeastZero,
  globalClipnorm: atLeastZero,
  clipvalue: atLeastZero,
  useEma: boolean(false),
  emaMomentum: number(0.99, { min: 0, max: 1 }),
  emaOverwriteFrequency: nullable(positiveInteger()),
  lossScaleFactor: numberOrNull(
    (value) => value > 0 && value < Infinity,
    "a number above 0",
    "leave it out: float32 needs none",
  ),
  gradientAccumulationSteps: numberOrNull(
    (value) => Number.isInteger(value) && value >= 2,
    "a whole number of at least 2",
    "leave it out for a step with each batch",
  ),
  // Keras 2's names of the learning rate; the base class converts them.
  lr: withFacts(number(0), { assigned: false, written: "never" }),
  decay: withFacts(number(0), { assigned: false, written: "never" }),
  isLegacyOptimizer: unread,
  jitCompile: unread,
});

/** The fields of an optimizer's own options, besides those of every optimizer. */
export type OptimizerFields<O, T> = OptionFields<Omit<O, keyof OptimizerOptions>, Omit<T, keyof OptimizerOptions>>;
