// Ftrl: follow the regularized leader, for sparse models. https://keras.io/api/optimizers/ftrl/
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { add, divide, multiply, power, sqrt, square, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { Scalars } from "./scalars.ts";

/** Options of {@linkcode Ftrl}. */
export interface FtrlOptions extends OptimizerOptions {
  /** How the rate falls with the sum of squares, at most 0; -0.5 by default. */
  learningRatePower?: number;
  /** The initial sum of squares; 0.1 by default. */
  initialAccumulatorValue?: number;
  /** The strength of the pull of weights to exactly 0; 0 by default. */
  l1RegularizationStrength?: number;
  /** The strength of the penalty on large weights; 0 by default. */
  l2RegularizationStrength?: number;
  /** Like `l2RegularizationStrength`, but added to the gradients; 0 by default. */
  l2ShrinkageRegularizationStrength?: number;
  /** The paper's beta; 0 by default. */
  beta?: number;
}

const ftrlOptions = optionTable<FtrlOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  learningRatePower: number(-0.5, { max: 0 }),
  initialAccumulatorValue: number(0.1, { min: 0 }),
  l1RegularizationStrength: number(0, { min: 0 }),
  l2RegularizationStrength: number(0, { min: 0 }),
  l2ShrinkageRegularizationStrength: number(0, { min: 0 }),
  beta: number(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface Ftrl extends OptimizerFields<FtrlOptions, typeof ftrlOptions> {}

/**
 * Follow the regularized leader: each step recomputes the weights from sums over all gradients. The learning rate is
 * 0.001 by default. McMahan et al., 2013.
 *
 * @example Weights that become exactly 0
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Ftrl({ l1RegularizationStrength: 0.01 }).slotNames); // [ "accumulator", "linear" ]
 * ```
 */
export class Ftrl extends Optimizer {
  static {
    declareOptions(this, ftrlOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for strengths below 0 or a power above 0. Defaults:
   * `learningRatePower: -0.5`, `initialAccumulatorValue: 0.1`, `l1RegularizationStrength: 0`,
   * `l2RegularizationStrength: 0`, `l2ShrinkageRegularizationStrength: 0`, `beta: 0`.
   */
  constructor(...given: OptimizerArguments<FtrlOptions>) {
    super(...given);
  }

  /** `accumulator` and `linear`. */
  override get slotNames(): readonly string[] {
    return ["accumulator", "linear"];
  }

  /** The initial sum of squares; 0 for other slots. */
  protected override slotStart(kind: string): number {
    return kind === "accumulator" ? this.initialAccumulatorValue : 0;
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [accumulator, linear]: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    const { learningRatePower, l1RegularizationStrength: l1, l2RegularizationStrength: l2, beta } = this;
    const shrinkage = 2 * this.l2ShrinkageRegularizationStrength;
    const raised = (x: Value) => (learningRatePower === -0.5 ? sqrt(x) : power(x, -learningRatePower));
    const total = add(accumulator, square(g));
    const pull = shrinkage === 0 ? g : add(g, multiply(w, shrinkage));
    const shift = multiply(divide(subtract(raised(total), raised(accumulator)), rate), w);
    const sums = add(linear, subtract(pull, shift));
    const quadratic = add(divide(add(raised(total), beta), rate), 2 * l2);
    return [divide(subtract(clip(sums, -l1, l1), sums), quadratic), total, sums];
  }
}
