// Adam and AdamW. https://keras.io/api/optimizers/adam/
import type { Value } from "../ir/value.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, keyed, optionTable, withFacts } from "../options.ts";
import { apply } from "../tensor/apply.ts";
import type { Variable } from "../tensor/variable.ts";
import { ValueError } from "../errors.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/** Options of {@linkcode Adam}. */
export interface AdamOptions extends OptimizerOptions {
  /** The fraction of the running mean of gradients that each step keeps; 0.9 by default. */
  beta1?: number;
  /** The fraction of the running mean of squares that each step keeps; 0.999 by default. */
  beta2?: number;
  /** Keeps the root from zero; 1e-7 by default. */
  epsilon?: number;
  /** Whether to divide by the largest mean of squares so far; false by default. */
  amsgrad?: boolean;
}

const adamOptions = optionTable<AdamOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  beta1: keyed("beta_1", number(0.9, { min: 0, max: 1 })),
  beta2: keyed("beta_2", number(0.999, { min: 0, max: 1 })),
  epsilon: number(1e-7, { min: 0 }),
  amsgrad: boolean(false),
});
const adamWOptions = optionTable<AdamOptions>()({
  ...adamOptions,
  weightDecay: withFacts(optimizerOptions.weightDecay, {
    fallback: 0.004,
    read: (given, place) => {
      if (given !== null) return optimizerOptions.weightDecay.read(given, place);
      throw new ValueError({
        what: place.what,
        rule: "weightDecay must be a number",
        received: "null",
        hint: "use Adam for no decay",
      });
    },
  }),
});

/** The options, checked and completed. */
export interface Adam extends OptimizerFields<AdamOptions, typeof adamOptions> {}

/**
 * Steps by running means of gradients and of their squares, with bias correction. The learning rate is 0.001 by
 * default. Kingma and Ba, 2015; as in Keras, epsilon is not corrected.
 *
 * @example A larger step
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adam(0.01).beta2); // 0.999
console.log(new optimizers.Adam({ learningRate: 0.01, beta2: 0.99 }).beta2); // 0.99
 * ```
 */
export class Adam extends Optimizer {
  static {
    declareOptions(this, adamOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values outside of 0 to 1. Defaults: `beta1: 0.9`,
   * `beta2: 0.999`, `epsilon: 1e-7`, `amsgrad: false`.
   */
  constructor(...given: OptimizerArguments<AdamOptions>) {
    super(...given);
  }

  /** `momentum` and `velocity`, and `velocity_hat` with amsgrad. */
  override get slotNames(): readonly string[] {
    return ["momentum", "velocity", ...(this.amsgrad ? ["velocity_hat"] : [])];
  }

  /** All slots in the order of Keras's files: momentum and velocity variable by variable, then all of velocity_hat. */
  protected override fileOrder(slots: readonly (readonly Variable[])[]): Variable[] {
    if (!this.amsgrad) return slots.flat();
    return [...slots.flatMap((own) => own.slice(0, 2)), ...slots.map((own) => own[2])];
  }

  /** The rate, corrected for the zero start of both means. */
  protected override stepScalars<T>({ float32: m }: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const unbias = m.sqrt(m.subtract(1, m.power(this.beta2, step)));
    return { correctedRate: m.divide(m.multiply(rate, unbias), m.subtract(1, m.power(this.beta1, step))) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    slots: readonly Value[],
    { correctedRate }: Scalars,
  ): readonly Value[] {
    const { beta1, beta2, epsilon, amsgrad } = this;
    return apply("adamUpdate", [w, g, ...slots, correctedRate], { beta1, beta2, epsilon, amsgrad });
  }
}

/**
 * {@linkcode Adam} with weight decay, 0.004 by default. Loshchilov and Hutter, 2019.
 *
 * @example No decay for biases
 * ```ts
 * import { optimizers } from "./mod.ts";
 * const adamw = new optimizers.AdamW({ weightDecay: 0.01 });
 * adamw.excludeFromWeightDecay({ names: ["bias"] });
 * ```
 */
export class AdamW extends Adam {
  static {
    declareOptions(this, adamWOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} if the weight decay is null. Defaults: `beta1: 0.9`,
   * `beta2: 0.999`, `epsilon: 1e-7`, `amsgrad: false`.
   */
  constructor(...given: OptimizerArguments<AdamOptions>) {
    super(...given);
  }
}
