// Loss scaling: gradients of a half type neither underflow nor overflow unseen.
// https://keras.io/api/optimizers/loss_scale_optimizer/
import { number, positiveInteger, text } from "../option_kinds.ts";
import { requireTrace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { add, cast, divide, equal, logicalAnd, multiply, select } from "../ops/primitives.ts";
import { all, isfinite } from "../ops/statistics.ts";
import {
  declareOptions,
  nullable,
  option,
  type OptionFields,
  optionTable,
  positional,
  withFactsOfAll,
} from "../options.ts";
import { Variable } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";
import { optimizerOptions } from "./options.ts";
import type { LearningRate } from "./rate.ts";
import { getOptimizer, type OptimizerIdentifier } from "./resolve.ts";
import type { Scalars } from "./scalars.ts";
import type { LearningRateSchedule } from "./schedules.ts";

/** Options of {@linkcode LossScaleOptimizer}. */
export interface LossScaleOptimizerOptions {
  /** The scale to start with; 32768 by default. Too high a scale falls fast, one too low rises slowly. */
  initialScale?: number;
  /** The number of steps with finite gradients after which the scale is doubled; 2000 by default. */
  dynamicGrowthSteps?: number;
  /** The name in files. */
  name?: string | null;
}

const { name: _name, ...ofInner } = optimizerOptions;

const lossScaleOptions = optionTable<LossScaleOptimizerOptions>()({
  name: nullable(text()),
  innerOptimizer: positional(option<Optimizer>({
    read: (given, { what }) => getOptimizer(given as OptimizerIdentifier, what),
    write: (inner) => inner.serialize(),
  })),
  initialScale: number(2 ** 15, { above: 0, max: Number.MAX_VALUE }),
  dynamicGrowthSteps: positiveInteger(2000),
  // Older files have the defaults of these; they are options of the optimizer inside.
  ...withFactsOfAll(ofInner, { offered: false, written: "never" }),
});

/** The options, checked and completed. */
export interface LossScaleOptimizer extends
  OptionFields<
    LossScaleOptimizerOptions,
    Pick<typeof lossScaleOptions, "innerOptimizer" | "initialScale" | "dynamicGrowthSteps">
  > {}

/**
 * Applies another optimizer to gradients of a loss that is multiplied by a scale, so that small ones are no zeros in
 * float16; they are divided by it before. Where a gradient is not finite, the step is left out and the scale is halved;
 * after enough steps with finite ones it is doubled. All of that happens in the program. Under the policy `mixed_float16`
 * `compile` makes one by itself. As `keras.optimizers.LossScaleOptimizer`; Micikevicius et al., 2017.
 *
 * @example In a step of your own
 * ```ts
 * import { compile, gradients, ops, optimizers, Variable } from "./mod.ts";
 * const w = new Variable([1, 2]);
 * const optimizer = new optimizers.LossScaleOptimizer(new optimizers.SGD({ learningRate: 0.25 }));
 * await compile(() => {
 *   const loss = ops.sum(ops.square(w.value()));
 *   optimizer.apply(gradients(optimizer.scaleLoss(loss), [w]), [w]);
 * })();
 * console.log((await w.read()).toArray()); // [ 0.5, 1 ]
 * ```
 */
export class LossScaleOptimizer extends Optimizer {
  static {
    declareOptions(this, lossScaleOptions);
  }

  /** The factor of the loss now. */
  readonly dynamicScale: Variable;
  /** The number of steps with finite gradients since the scale last changed. */
  readonly stepCounter: Variable;
  /** The batches that were left out since they were last counted, for the rows of the table of scalars. */
  override readonly skippedBatches: Variable = new Variable([0], { dtype: "int32", trainable: false, name: "skipped" });

  /**
   * Takes the optimizer that is applied, or its name. Throws {@linkcode ValueError} for a scale that is not above 0.
   * Defaults: `initialScale: 32768`, `dynamicGrowthSteps: 2000`.
   */
  constructor(innerOptimizer: OptimizerIdentifier, options: LossScaleOptimizerOptions = {}) {
    super(options, undefined, { innerOptimizer });
    const own = { trainable: false, autocast: false };
    this.stepCounter = new Variable(0, { dtype: "int32", name: `${this.name}/step_counter`, ...own });
    this.dynamicScale = new Variable(this.initialScale, { name: `${this.name}/dynamic_scale`, ...own });
  }

  /** The number of steps that were applied. */
  override get iterations(): number {
    return this.innerOptimizer.iterations;
  }
  override set iterations(steps: number) {
    this.innerOptimizer.iterations = steps;
  }

  /** The batches that the optimizer inside was applied to. */
  override get appliedBatches(): number {
    return this.innerOptimizer.appliedBatches;
  }
  override set appliedBatches(count: number) {
    this.innerOptimizer.appliedBatches = count;
  }

  /** Counts batches that ran: as applied those without an overflow. */
  override async countBatches(count: number): Promise<void> {
    this.batches += count;
    const [skipped] = (await this.skippedBatches.read()).data;
    await this.innerOptimizer.countBatches(count - skipped);
  }

  /** The learning rate of the optimizer inside. */
  override get learningRate(): number {
    return this.innerOptimizer.learningRate;
  }
  override set learningRate(rate: LearningRate) {
    this.innerOptimizer.learningRate = rate;
  }

  /** The schedule that the learning rate of the optimizer inside follows, if any. */
  override get schedule(): LearningRateSchedule | undefined {
    return this.innerOptimizer.schedule;
  }

  /** The learning rate of the optimizer inside after `batch` batches, if none of those to come is left out. */
  override rateAt(batch: number): number {
    return this.innerOptimizer.rateAt(this.#innerBatch(batch));
  }

  /** The numbers of the optimizer inside for the step after `batch` batches, if none of those to come is left out. */
  override scalars(batch: number): Scalars<number> {
    return this.innerOptimizer.scalars(this.#innerBatch(batch));
  }

  #innerBatch(batch: number): number {
    return this.appliedBatches + batch - this.batches;
  }

  /** Makes the slots of the optimizer inside. */
  override build(variables: readonly Variable[]): void {
    this.innerOptimizer.build(variables);
  }

  /** The slots of the optimizer inside. */
  override slotsOf(variables: readonly Variable[]): Variable[][] {
    return this.innerOptimizer.slotsOf(variables);
  }

  /** The variables that the optimizer inside was built for. */
  override get builtVariables(): Variable[] {
    return this.innerOptimizer.builtVariables;
  }

  /** The counter and the scale, then the slots of the optimizer inside. */
  override get slots(): Variable[] {
    return [this.stepCounter, this.dynamicScale, ...this.innerOptimizer.slots];
  }

  /** Whether the optimizer inside is built. */
  override get built(): boolean {
    return this.innerOptimizer.built;
  }

  /** The counter and the scale, then the state of the optimizer inside. */
  override get variables(): Variable[] {
    return [this.stepCounter, this.dynamicScale, ...this.innerOptimizer.variables];
  }

  /** Excludes variables from the weight decay of the optimizer inside. */
  override excludeFromWeightDecay(options: { variables?: readonly Variable[]; names?: readonly string[] }): void {
    this.innerOptimizer.excludeFromWeightDecay(options);
  }

  /** Runs `body` with the scalars of the optimizer inside. */
  override withScalars<T>(scalars: Scalars, body: () => T): T {
    return this.innerOptimizer.withScalars(scalars, body);
  }

  /** The loss times the scale, in a traced function. */
  override scaleLoss(loss: Value): Value {
    return multiply(loss, this.dynamicScale.value());
  }

  /** Applies the optimizer inside to the gradients over the scale, unless one is not finite; then changes the scale. */
  override apply(gradients: readonly Value[], variables: readonly Variable[] = this.builtVariables): void {
    const trace = requireTrace("optimizer.apply");
    const [scale, steps] = [this.dynamicScale.value(), this.stepCounter.value()];
    const wide = gradients.map((gradient) => cast(gradient, "float32"));
    const isFinite = wide.map((gradient) => all(isfinite(gradient)));
    if (isFinite.length === 0) return;
    const areFinite = isFinite.reduce((a, b) => logicalAnd(a, b));
    trace.assignWhere(
      areFinite,
      () => this.innerOptimizer.apply(wide.map((gradient) => divide(gradient, scale)), variables),
    );
    const isDue = equal(steps, this.dynamicGrowthSteps - 1);
    this.dynamicScale.assign(multiply(scale, select(areFinite, select(isDue, 2, 1), 0.5)));
    this.stepCounter.assign(select(areFinite, select(isDue, 0, add(steps, 1)), 0));
    this.skippedBatches.assign(add(this.skippedBatches.value(), select(areFinite, 0, 1)));
  }

  /** Sets variables to the running averages of the optimizer inside, if it has any. */
  override async finalizeVariableValues(variables: readonly Variable[]): Promise<void> {
    await this.innerOptimizer.finalizeVariableValues(variables);
  }
}
