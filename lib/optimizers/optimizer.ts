// Optimizer: computes new weights from gradients, inside the step. https://keras.io/api/optimizers/
import {
  anything,
  finite,
  fn,
  listOf,
  object,
  operand,
  optional,
  shape,
  variable,
  variables,
} from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import type { ObjectNode } from "../json_config.ts";
import { ContextKey, withContext } from "../ir/context.ts";
import { owned, requireTrace, type Trace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { constrain } from "../layers/weight.ts";
import { autoName } from "../auto_names.ts";
import { add, divide, greater, multiply, select } from "../ops/primitives.ts";
import { declareOptions, type OptionFields } from "../options.ts";
import { objectNode } from "../registry.ts";
import { checkCount, type Shape } from "../shape.ts";
import type { Operand } from "../tensor/apply.ts";
import { castIn } from "../tensor/autocast.ts";
import { withValues } from "../tensor/stateless.ts";
import { Tensor } from "../tensor/tensor.ts";
import { startAs, Variable } from "../tensor/variable.ts";
import { GradientAccumulator } from "./accumulation.ts";
import { WeightAverages } from "./averages.ts";
import { clipGradients } from "./clip.ts";
import { type OptimizerArguments, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { type LearningRate, modernRate, optionsFrom, rateAfter, type RateOptions } from "./rate.ts";
import { numberMath, type ScalarMath, type Scalars, valueMath } from "./scalars.ts";
import { LearningRateSchedule } from "./schedules.ts";
import { WeightDecay } from "./weight_decay.ts";

/** The result of an update: the variables' new values, and those of each kind of slot. */
export interface Updated {
  /** The new values of the variables. */
  readonly variables: readonly Value[];
  /** The new values of the slots, kind by kind. */
  readonly slots: readonly (readonly Value[])[];
}

/** The scalars of the step being traced, for optimizers that get them from outside. */
const givenScalars = new ContextKey<ReadonlyMap<Optimizer, Scalars>>("givenScalars");

/** The options, checked and completed. */
export interface Optimizer extends
  OptionFields<
    Omit<OptimizerOptions, keyof RateOptions | "name">,
    Omit<typeof optimizerOptions, keyof RateOptions | "name">
  > {}

/**
 * The base of the optimizers: extend it with your own `slotNames` and `updateOne`. https://keras.io/api/optimizers/
 *
 * @example Steps of a fixed size along the sign of a running mean
 * ```ts
 * import { ops, optimizers, type Value } from "./mod.ts";
 * class SignOfMean extends optimizers.Optimizer {
 *   override get slotNames() {
 *     return ["mean"];
 *   }
 *   override updateOne(w: Value, g: Value, [mean]: readonly Value[], { rate }: optimizers.Scalars) {
 *     const next = ops.add(ops.multiply(mean, 0.9), ops.multiply(g, 0.1));
 *     return [ops.subtract(w, ops.multiply(rate, ops.sign(next))), next];
 *   }
 * }
 * console.log(new SignOfMean({ learningRate: 0.01 }).name); // sign_of_mean
 * ```
 */
export abstract class Optimizer extends Configurable {
  /** The name in files. */
  declare readonly name: string;
  /** The learning rate as given: a number, a schedule or a function. */
  declare protected givenRate: LearningRate;
  /** Where the optimizer may leave steps out: the number of batches since the host last counted, int32 `[1]`. */
  readonly skippedBatches: Variable | undefined;
  #batches = 0;
  readonly #slots = new Map<Variable, readonly Variable[]>();
  readonly #averages = new WeightAverages();
  readonly #accumulator = new GradientAccumulator();
  readonly #decay = new WeightDecay();
  #onDevice: { readonly rate: Variable; readonly step: Variable } | undefined;

  static {
    declareOptions(this, optimizerOptions, { strict: false });
    declareMethods(this, {
      build: { verb: "build", takes: { variables } },
      slotsOf: { verb: "build", takes: { variables } },
      withScalars: { verb: "apply", takes: { scalars: object, body: fn } },
      scaleLoss: { verb: "apply", takes: { loss: operand } },
      apply: {
        verb: "apply",
        takes: { gradients: listOf(operand, "a list of gradients"), variables: optional(variables) },
      },
      countBatches: { verb: "count the batches of", takes: { count: finite } },
      checkPairs: { verb: "apply", takes: { gradients: listOf(operand, "a list of gradients"), variables } },
      decayOf: { verb: "take the decay of", takes: { variable } },
      slotShape: { verb: "build", takes: { kind: anything, shape, variable } },
      slotStart: { verb: "build", takes: { kind: anything, variable } },
      finalizeVariableValues: { verb: "average with", takes: { variables } },
      excludeFromWeightDecay: { verb: "exclude from", takes: { options: object } },
      rateAt: { verb: "take the learning rate of", takes: { batch: finite } },
      scalars: { verb: "take the scalars of", takes: { batch: finite } },
    });
  }

  /** Takes the options of every optimizer, or the learning rate and then the others. */
  constructor(...given: OptimizerArguments<OptimizerOptions>);
  /**
   * Takes the options of every optimizer, the default learning rate of a custom class: 0.01, and arguments by position.
   * Throws {@linkcode ValueError} for values out of range.
   */
  constructor(options?: OptimizerOptions, defaultRate?: number, byPosition?: object);
  constructor(
    first: OptimizerOptions | LearningRate = {},
    second?: OptimizerOptions | number,
    byPosition: object = {},
  ) {
    const [options, defaultRate] = optionsFrom(new.target, first, second);
    super(modernRate(new.target, options, defaultRate), byPosition);
    this.name ??= autoName(new.target.name);
    const { clipnorm, clipvalue, globalClipnorm } = this;
    const clips = { clipnorm, clipvalue, globalClipnorm };
    const set = Object.entries(clips).filter(([, value]) => value !== null).map(([key]) => key);
    if (set.length > 1) {
      throw new ValueError({
        what: `Cannot make ${new.target.name}`,
        rule: "only one of clipnorm, clipvalue and globalClipnorm may be set",
        received: set.join(" and "),
      });
    }
  }

  /** The number of batches seen: the number of steps, unless gradients are accumulated or steps left out. */
  get batches(): number {
    return this.#batches;
  }
  set batches(batches: number) {
    this.#batches = batches;
  }

  /** The optimizers inside, of one that divides variables among several; none otherwise. */
  get optimizers(): readonly Optimizer[] {
    return [];
  }

  /** The optimizer that changes the weights: itself, or the one inside of one that scales the loss. */
  get applied(): Optimizer {
    return this;
  }

  /** What one that scales the loss counts; nothing otherwise. */
  get scaleState(): readonly Variable[] {
    return [];
  }

  /** The number of steps taken. */
  get iterations(): number {
    return Math.floor(this.batches / (this.gradientAccumulationSteps ?? 1));
  }
  set iterations(steps: number) {
    checkCount(steps, `set the iterations of "${this.name}"`, "the number of steps");
    this.batches = steps * (this.gradientAccumulationSteps ?? 1);
  }

  /** The number of batches that were applied: those seen, unless overridden. */
  get appliedBatches(): number {
    return this.batches;
  }
  set appliedBatches(count: number) {
    this.batches = count;
  }

  /** Counts batches that ran. */
  // deno-lint-ignore require-await
  async countBatches(count: number): Promise<void> {
    this.batches += count;
  }

  /** The variables that it was built for. */
  get builtVariables(): Variable[] {
    return [...this.#slots.keys()];
  }

  /** The names of the kinds of slots, in the order of the update's operands; none unless overridden. */
  get slotNames(): readonly string[] {
    return [];
  }

  /** The shape of a kind of slot for a variable of `shape`: the same, unless overridden. */
  protected slotShape(_kind: string, shape: Shape, _variable: Variable): Shape {
    return shape;
  }

  /** The initial value of a kind of slot: 0, unless overridden; a variable is copied. */
  protected slotStart(_kind: string, _variable: Variable): number | Variable {
    return 0;
  }

  /** Whether any variables decay. */
  protected get decays(): boolean {
    return Boolean(this.weightDecay);
  }

  /** The fraction of a variable, times the learning rate, that is subtracted before the step, unless it is excluded. */
  protected decayOf(_variable: Variable): number | null {
    return this.weightDecay;
  }

  /**
   * The numbers that a step's update needs besides its operands, by name: the learning rate as `rate`, unless
   * overridden. They are computed from the rate and the step number, counted from 1, on the host or inside a program,
   * with the arithmetic that is passed in.
   */
  protected stepScalars<T>(_math: ScalarMath<T>, rate: T, _step: T): Scalars<T> {
    return { rate };
  }

  /** The update of all variables by their gradients: one at a time, unless overridden. */
  protected update(
    variables: readonly Value[],
    gradients: readonly Value[],
    slots: readonly (readonly Value[])[],
    scalars: Scalars,
  ): Updated {
    const each = variables.map((variable, i) =>
      this.updateOne(variable, gradients[i], slots.map((kind) => kind[i]), scalars)
    );
    return { variables: each.map(([value]) => value), slots: slots.map((_, k) => each.map((values) => values[k + 1])) };
  }

  /** The new value of one variable, then of each of its slots. Override it, or `update`. */
  protected updateOne(
    _variable: Value,
    _gradient: Value,
    _slots: readonly Value[],
    _scalars: Scalars,
  ): readonly Value[] {
    throw new StateError({
      what: `Cannot apply "${this.name}"`,
      rule: "its class has neither updateOne nor update",
      hint: "write updateOne(variable, gradient, slots, scalars), which returns the new value and the new slots",
    });
  }

  /**
   * The learning rate of the next step, as float32. Setting it throws {@linkcode StateError} if it follows a schedule.
   */
  get learningRate(): number {
    return this.rateAt(this.batches);
  }
  set learningRate(rate: LearningRate) {
    if (this.givenRate instanceof LearningRateSchedule && typeof rate === "number") {
      throw new StateError({
        what: `Cannot set the learning rate of "${this.name}"`,
        rule: "it follows a schedule",
        hint: "make the optimizer with a number, or assign another schedule",
      });
    }
    const what = `Cannot make ${this.constructor.name}`;
    this.givenRate = optimizerOptions.learningRate.read(rate, { option: "learningRate", what, whatNamed: what });
    if (typeof rate === "number") this.#onDevice?.rate.assign(rate);
  }

  /** The schedule that the learning rate follows, if any. */
  get schedule(): LearningRateSchedule | undefined {
    return this.givenRate instanceof LearningRateSchedule ? this.givenRate : undefined;
  }

  /** The learning rate after `batch` batches, as float32. */
  rateAt(batch: number): number {
    return rateAfter(this.givenRate, batch, `Cannot take the learning rate of "${this.name}"`);
  }

  /** The names of the numbers of {@linkcode Optimizer.scalars}. */
  get scalarNames(): readonly string[] {
    return Object.keys(this.scalars(this.batches));
  }

  /**
   * The numbers that the step after `batch` batches needs, as float32: computed on the host, where powers are exact.
   */
  scalars(batch: number): Scalars<number> {
    const exact = this.#scalarsOf(numberMath, this.rateAt(batch), batch + 1);
    return Object.fromEntries(Object.entries(exact).map(([name, value]) => [name, Math.fround(value)]));
  }

  /** The update's numbers, and those of decay, accumulation and averages; `batch` is counted from 1. */
  #scalarsOf<T>(math: ScalarMath<T>, rate: T, batch: T): Scalars<T> {
    const { gradientAccumulationSteps: count, emaOverwriteFrequency: frequency } = this;
    const step = count ? math.add(math.floor(math.multiply(math.subtract(batch, 0.5), 1 / count)), 1) : batch;
    return {
      ...this.stepScalars(math, rate, step),
      ...(this.decays ? { decayRate: rate } : {}),
      ...(count ? { isDue: math.isMultiple(batch, count) } : {}),
      // The averages start as the weights after the first step.
      ...(this.useEma ? { averageMomentum: math.step(step, 1, 0, this.emaMomentum) } : {}),
      ...(this.useEma && frequency ? { averageOverwrites: math.isMultiple(step, frequency) } : {}),
    };
  }

  /** Makes the slots of variables that have none yet. */
  build(variables: readonly Variable[]): void {
    for (const variable of variables) {
      if (this.#slots.has(variable)) continue;
      const path = variable.name.replaceAll("/", "_");
      const make = (kind: string, shape: Shape, start: number | Variable = 0) => {
        const value = typeof start === "number" ? start : 0;
        const name = `${this.name}/${path}_${kind}`;
        const slot = new Variable(value, { shape, dtype: variable.dtype, name, trainable: false });
        if (typeof start !== "number") startAs(slot, start);
        return slot;
      };
      if (this.useEma) this.#averages.add(variable, make("average", variable.shape));
      if (this.gradientAccumulationSteps) {
        this.#accumulator.add(variable, make("gradient_accumulator", variable.shape));
      }
      const slots = this.slotNames.map((kind) =>
        make(kind, this.slotShape(kind, variable.shape, variable), this.slotStart(kind, variable))
      );
      this.#slots.set(variable, slots);
    }
  }

  /** The slots of variables, one list per kind; makes missing ones. */
  slotsOf(variables: readonly Variable[]): Variable[][] {
    this.build(variables);
    return this.slotNames.map((_, kind) => variables.map((variable) => this.#slots.get(variable)![kind]));
  }

  /** All slots in the order of Keras's files: averages, accumulators, then the optimizer's own. */
  get slots(): Variable[] {
    return [...this.#averages.slots, ...this.#accumulator.slots, ...this.fileOrder([...this.#slots.values()])];
  }

  /**
   * The optimizer's own slots, given variable by variable, in the order of Keras's files: unchanged, unless overridden.
   */
  protected fileOrder(slots: readonly (readonly Variable[])[]): Variable[] {
    return slots.flat();
  }

  /** Numbers that Keras's files have after the slots, and that follow from the number of steps; none by default. */
  get derivedScalars(): Scalars<number> {
    return {};
  }

  /** Whether the optimizer has made its slots, or has been given variables and needs no slots. */
  get built(): boolean {
    return this.#slots.size > 0;
  }

  /** Excludes variables from weight decay, by identity or by parts of their names. Call it before training. */
  excludeFromWeightDecay(options: { variables?: readonly Variable[]; names?: readonly string[] }): void {
    this.#decay.exclude(options);
  }

  /** The scalars of the step being traced, if they are given. */
  protected get givenScalars(): Scalars | undefined {
    return givenScalars.current?.get(this);
  }

  /** Runs `body` with `scalars` as the scalars of the steps traced in it. */
  withScalars<T>(scalars: Scalars, body: () => T): T {
    return withContext([givenScalars.of(new Map(givenScalars.current).set(this, scalars))], body);
  }

  /**
   * The loss to take gradients of, in a traced function: the loss times `lossScaleFactor`, if set. A custom step calls
   * it before `gradients`, as `fit` does, since `apply` divides by the factor.
   */
  scaleLoss(loss: Value): Value {
    return this.lossScaleFactor === null ? loss : multiply(loss, this.lossScaleFactor);
  }

  /**
   * Changes `variables` by one step along `gradients`, in a traced function: unscales and accumulates gradients, clips,
   * decays, updates, and applies constraints. Throws {@linkcode ValueError} unless there are as many of both.
   */
  apply(gradients: readonly Value[], variables: readonly Variable[] = this.builtVariables): void {
    const trace = requireTrace("optimizer.apply");
    this.checkPairs(gradients, variables);
    if (variables.length > 0) {
      withContext([owned("optimizer", this.name)], () => this.#apply(trace, gradients, variables));
    }
  }

  #apply(trace: Trace, gradients: readonly Value[], variables: readonly Variable[]): void {
    const slots = this.slotsOf(variables);
    const scalars = this.givenScalars ?? this.#deviceScalars();
    const { decayRate, isDue, averageMomentum, averageOverwrites }: Partial<Scalars> = scalars;
    // Updates are computed in float32, and rounded as variables of half types are assigned to.
    const wide = (value: Value) => castIn(trace, value, "float32");
    const before = variables.map((variable) => wide(trace.read(variable)));
    const { lossScaleFactor: scale, gradientAccumulationSteps: batches } = this;
    const unscaled = gradients.map((gradient) => scale === null ? wide(gradient) : divide(wide(gradient), scale));
    const means = isDue ? this.#accumulator.means(unscaled, variables, isDue, batches!) : unscaled;
    const clipped = clipGradients(means, this);
    const values = before.map((value, i) => {
      const part = decayRate && this.decayOf(variables[i]);
      return part ? this.#decay.decayed(value, variables[i], part, decayRate) : value;
    });
    const read = slots.map((kind) => kind.map((slot) => wide(trace.read(slot))));
    const updated = this.update(values, clipped, read, scalars);
    const kept = (next: Value, last: Value) => (isDue ? select(greater(isDue, 0.5), next, last) : next);
    variables.forEach((variable, i) => variable.assign(kept(updated.variables[i], before[i])));
    slots.forEach((kind, k) => kind.forEach((slot, i) => slot.assign(kept(updated.slots[k][i], read[k][i]))));
    if (averageMomentum) this.#averages.update(variables, averageMomentum, averageOverwrites);
    constrain(trace, variables, this);
  }

  /** Throws {@linkcode ValueError} unless there are as many gradients as variables. */
  protected checkPairs(gradients: readonly Value[], variables: readonly Variable[]): void {
    if (gradients.length === variables.length) return;
    throw new ValueError({
      what: `Cannot apply "${this.name}"`,
      rule: "there must be one gradient for each variable",
      received: `${gradients.length} gradients and ${variables.length} variables`,
    });
  }

  /**
   * Changes variables by one step, in a traced function: {@linkcode Optimizer.apply} with pairs of a gradient and its
   * variable. As Keras's `apply_gradients`.
   *
   * @example
   * ```ts
   * import { compile, gradients, ops, optimizers, Variable } from "./mod.ts";
   * const [w, sgd] = [new Variable([1, 2]), new optimizers.SGD({ learningRate: 0.25 })];
   * await compile(() => {
   *   const [g] = gradients(ops.sum(ops.square(w.value())), [w]);
   *   sgd.applyGradients([[g, w]]);
   * })();
   * console.log((await w.read()).toArray()); // [ 0.5, 1 ]
   * ```
   */
  applyGradients(gradsAndVars: readonly (readonly [gradient: Value, variable: Variable])[]): void {
    const pairs = checkedPairs(`Cannot apply "${this.name}"`, gradsAndVars);
    this.apply(pairs.map(([gradient]) => gradient), pairs.map(([, variable]) => variable));
  }

  /**
   * The optimizer's own state: the number of batches, the learning rate, and the slots of the variables that it was built
   * for, in Keras's order.
   *
   * @throws {StateError} if the learning rate follows a schedule
   */
  get variables(): Variable[] {
    const { rate, step } = this.#ownScalars();
    return [step, rate, ...this.slots];
  }

  /**
   * One step as a function of values, in a traced function: from those of `optimizer.variables`, gradients, and those of
   * the variables that `build` was called with, the variables' new values and the optimizer's. No variable changes. As
   * Keras's `stateless_apply`.
   *
   * @throws {ValueError} unless there is a value for each variable
   */
  statelessApply(
    optimizerVariables: readonly Operand[],
    gradients: readonly Value[],
    trainableVariables: readonly Operand[],
  ): [trainableVariables: Value[], optimizerVariables: Value[]] {
    const variables = this.builtVariables;
    const groups = [
      { name: "trainableVariables", variables, values: trainableVariables },
      { name: "optimizerVariables", variables: this.variables, values: optimizerVariables },
    ];
    const { values } = withValues(`Cannot apply "${this.name}"`, groups, () => this.apply(gradients, variables));
    return [values[0], values[1]];
  }

  /** Sets variables to their running averages, if there are any; `fit` does so at its end. */
  async finalizeVariableValues(variables: readonly Variable[]): Promise<void> {
    await this.#averages.finalize(variables);
  }

  /** The optimizer as written in a compile config. */
  override serialize(): ObjectNode {
    return objectNode(this);
  }

  /** The scalars of a step outside of a model: computed in the program, from its own step count. */
  #deviceScalars(): Scalars {
    const { rate, step: batches } = this.#ownScalars();
    const batch = add(batches, 1);
    batches.assign(batch);
    return this.#scalarsOf(valueMath, rate.value(), batch);
  }

  /** The learning rate and the number of batches as variables, for steps outside of a model. */
  #ownScalars(): { readonly rate: Variable; readonly step: Variable } {
    if (typeof this.givenRate !== "number") {
      throw new StateError({
        what: `Cannot apply "${this.name}" here`,
        rule: "outside of a model's training the learning rate must be a number",
        hint: "set optimizer.learningRate between calls, or train with fit",
      });
    }
    const scalar = (name: string, value: number) =>
      new Variable(new Tensor([], "float32", Float32Array.of(value)), {
        name: `${this.name}/${name}`,
        trainable: false,
      });
    this.#onDevice ??= { rate: scalar("learning_rate", this.givenRate), step: scalar("step", this.batches) };
    return this.#onDevice;
  }
}

/** Pairs of gradients and variables; throws {@linkcode ValueError} for anything else. */
function checkedPairs(what: string, given: unknown): readonly (readonly [Value, Variable])[] {
  const pairs: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isPair = (pair: unknown): pair is readonly [Value, Variable] =>
    Array.isArray(pair) && pair.length === 2 && pair[1] instanceof Variable;
  if (pairs.every(isPair)) return pairs;
  throw new ValueError({
    what,
    rule: "there must be a list of pairs of a gradient and its variable",
    received: describe(pairs.find((pair) => !isPair(pair))),
    hint: "write it as in optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]]))",
  });
}
