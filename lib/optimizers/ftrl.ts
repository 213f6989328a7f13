// Ftrl: follow the regularized leader, for sparse models. https://keras.io/api/optimizers/ftrl/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { add, divide, multiply, power, sqrt, square, subtract } from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/** Options of {@linkcode Ftrl}. */
export interface FtrlOptions extends OptimizerOptions {
  /** How the rate falls with the sum of squares, at most 0; -0.5 by default. */
  learningRatePower?: number;
  /** What the sums of squares start as; 0.1 by default. */
  initialAccumulatorValue?: number;
  /** How strongly weights are pulled to exactly 0; 0 by default. */
  l1RegularizationStrength?: number;
  /** How strongly weights are kept small; 0 by default. */
  l2RegularizationStrength?: number;
  /** As `l2RegularizationStrength`, by the gradients; 0 by default. */
  l2ShrinkageRegularizationStrength?: number;
  /** Beta of the paper; 0 by default. */
  beta?: number;
}

/**
 * Follow the regularized leader: the weights are computed anew from sums over all gradients in each step. The learning
 * rate is 0.001 by default. McMahan et al., 2013.
 *
 * @example Weights that become exactly 0
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Ftrl({ l1RegularizationStrength: 0.01 }).slotNames); // [ "accumulator", "linear" ]
 * ```
 */
export class Ftrl extends Optimizer {
  readonly #options: Required<Omit<FtrlOptions, keyof OptimizerOptions>>;

  /** Takes the options. Throws {@linkcode ValueError} for strengths below 0 or a power above 0. */
  constructor(options: FtrlOptions = {}) {
    super(options, 0.001, [
      "learningRatePower",
      "initialAccumulatorValue",
      "l1RegularizationStrength",
      "l2RegularizationStrength",
      "l2ShrinkageRegularizationStrength",
      "beta",
    ]);
    const { learningRatePower = -0.5, initialAccumulatorValue = 0.1, l1RegularizationStrength = 0 } = options;
    const { l2RegularizationStrength = 0, l2ShrinkageRegularizationStrength = 0, beta = 0 } = options;
    const strengths = { l1RegularizationStrength, l2RegularizationStrength, l2ShrinkageRegularizationStrength };
    for (const [name, value] of Object.entries({ initialAccumulatorValue, ...strengths, beta })) {
      checkRange("Ftrl", name, value, 0, Infinity);
    }
    checkRange("Ftrl", "learningRatePower", learningRatePower, -Infinity, 0);
    this.#options = { learningRatePower, initialAccumulatorValue, ...strengths, beta };
  }

  /** `accumulator` and `linear`. */
  override get slotNames(): readonly string[] {
    return ["accumulator", "linear"];
  }

  /** The sums of squares start at the value asked for. */
  protected override slotStart(kind: string): number {
    return kind === "accumulator" ? this.#options.initialAccumulatorValue : 0;
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [accumulator, linear]: readonly Value[],
    [rate]: readonly Value[],
  ): readonly Value[] {
    const { learningRatePower, l1RegularizationStrength: l1, l2RegularizationStrength: l2, beta } = this.#options;
    const shrinkage = 2 * this.#options.l2ShrinkageRegularizationStrength;
    const raised = (x: Value) => (learningRatePower === -0.5 ? sqrt(x) : power(x, -learningRatePower));
    const total = add(accumulator, square(g));
    const pull = shrinkage === 0 ? g : add(g, multiply(w, shrinkage));
    const shift = multiply(divide(subtract(raised(total), raised(accumulator)), rate), w);
    const sums = add(linear, subtract(pull, shift));
    const quadratic = add(divide(add(raised(total), beta), rate), 2 * l2);
    return [divide(subtract(clip(sums, -l1, l1), sums), quadratic), total, sums];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { learningRatePower, initialAccumulatorValue, l1RegularizationStrength, beta } = this.#options;
    return {
      ...super.getConfig(),
      learning_rate_power: learningRatePower,
      initial_accumulator_value: initialAccumulatorValue,
      l1_regularization_strength: l1RegularizationStrength,
      l2_regularization_strength: this.#options.l2RegularizationStrength,
      l2_shrinkage_regularization_strength: this.#options.l2ShrinkageRegularizationStrength,
      beta,
    };
  }
}
