// Optimizer: from gradients to new weights, inside the step. https://keras.io/api/optimizers/
import { type Config, type ObjectNode, objectNode } from "../config.ts";
import { StateError, ValueError } from "../errors.ts";
import { requireTrace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { Weight } from "../layers/weight.ts";
import { autoName } from "../layers/naming.ts";
import { add, multiply, subtract } from "../ops/primitives.ts";
import { checkOptions, describe } from "../options.ts";
import { sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { clipGradients } from "./clip.ts";
import { LearningRateSchedule } from "./schedules.ts";

/** A learning rate: a number, a schedule by steps, or a function that gives the rate of the next step. */
export type LearningRate = number | LearningRateSchedule | (() => number);

/** Options that every optimizer takes. */
export interface OptimizerOptions {
  /** How far each step goes. */
  learningRate?: LearningRate;
  /** The part of each weight, times the learning rate, that is taken off before the step; none by default. */
  weightDecay?: number | null;
  /** The largest norm of each gradient; none by default. */
  clipnorm?: number | null;
  /** The largest absolute value of each element of the gradients; none by default. */
  clipvalue?: number | null;
  /** The largest norm of all gradients together; none by default. */
  globalClipnorm?: number | null;
  /** The name in files. */
  name?: string;
}

/** The names of the options that every optimizer takes. */
export const optimizerOptionNames = [
  "learningRate",
  "weightDecay",
  "clipnorm",
  "clipvalue",
  "globalClipnorm",
  "name",
] as const;

/** What an update gives: the variables' new values, and those of each kind of slot. */
export interface Updated {
  /** The new values of the variables. */
  readonly variables: readonly Value[];
  /** The new values of the slots, kind by kind. */
  readonly slots: readonly (readonly Value[])[];
}

/** The base of the optimizers. */
export abstract class Optimizer {
  /** The name in files. */
  readonly name: string;
  /** The part of each weight, times the learning rate, that is taken off before the step. */
  readonly weightDecay: number | null;
  /** The largest norm of each gradient. */
  readonly clipnorm: number | null;
  /** The largest absolute value of each element of the gradients. */
  readonly clipvalue: number | null;
  /** The largest norm of all gradients together. */
  readonly globalClipnorm: number | null;
  /** How many steps were taken. */
  iterations = 0;
  #learningRate: LearningRate;
  readonly #slots = new Map<Variable, readonly Variable[]>();
  readonly #undecayed = new Set<Variable>();
  #undecayedNames: readonly string[] = [];
  #given: readonly Value[] | undefined;
  #onDevice: { readonly rate: Variable; readonly step: Variable } | undefined;

  /** Takes the options of every optimizer. Throws {@linkcode ValueError} for values out of range. */
  constructor(options: OptimizerOptions, defaultRate: number, ownOptions: readonly string[]) {
    const className = new.target.name;
    checkOptions(className, options, [...optimizerOptionNames, ...ownOptions]);
    const { learningRate = defaultRate, weightDecay = null, clipnorm = null, clipvalue = null } = options;
    const { globalClipnorm = null, name } = options;
    this.name = name ?? autoName(className);
    this.#learningRate = checkRate(learningRate, className);
    const clips = { clipnorm, clipvalue, globalClipnorm };
    for (const [key, value] of Object.entries({ ...clips, weightDecay })) {
      if (value !== null && !(typeof value === "number" && value >= 0)) {
        throw new ValueError({
          what: `Cannot make ${className}`,
          rule: `${key} must be a number of at least 0, or null`,
          received: describe(value),
        });
      }
    }
    const set = Object.entries(clips).filter(([, value]) => value !== null).map(([key]) => key);
    if (set.length > 1) {
      throw new ValueError({
        what: `Cannot make ${className}`,
        rule: "only one of clipnorm, clipvalue and globalClipnorm may be set",
        received: set.join(" and "),
      });
    }
    this.weightDecay = weightDecay;
    this.clipnorm = clipnorm;
    this.clipvalue = clipvalue;
    this.globalClipnorm = globalClipnorm;
  }

  /** The names of the kinds of slots, in the order of the update's operands. */
  abstract get slotNames(): readonly string[];

  /** The numbers that an update needs in a step besides its operands, from the rate and the steps before it. */
  protected abstract stepScalars(rate: number, iteration: number): number[];

  /** The same numbers computed inside a program, from the rate and the number of this step, counted from 1. */
  protected abstract tracedScalars(rate: Value, step: Value): Value[];

  /** The update of all variables by their gradients. */
  protected abstract update(
    variables: readonly Value[],
    gradients: readonly Value[],
    slots: readonly (readonly Value[])[],
    scalars: readonly Value[],
  ): Updated;

  /**
   * The learning rate of the next step, as float32. Setting it throws {@linkcode StateError} where a schedule rules.
   */
  get learningRate(): number {
    return this.rateAt(this.iterations);
  }
  set learningRate(rate: LearningRate) {
    if (this.#learningRate instanceof LearningRateSchedule && typeof rate === "number") {
      throw new StateError({
        what: `Cannot set the learning rate of "${this.name}"`,
        rule: "a schedule rules it",
        mend: "make the optimizer with a number, or assign another schedule",
      });
    }
    this.#learningRate = checkRate(rate, this.constructor.name);
    if (typeof rate === "number") this.#onDevice?.rate.assign(rate);
  }

  /** The schedule that rules the learning rate, if one does. */
  get schedule(): LearningRateSchedule | undefined {
    return this.#learningRate instanceof LearningRateSchedule ? this.#learningRate : undefined;
  }

  /** The learning rate of the step after `iteration` steps, as float32. */
  rateAt(iteration: number): number {
    const rate = this.#learningRate;
    if (typeof rate === "number") return Math.fround(rate);
    return Math.fround(rate instanceof LearningRateSchedule ? rate.call(iteration) : rate());
  }

  /** How many numbers {@linkcode Optimizer.scalars} gives. */
  get scalarCount(): number {
    return this.scalars(this.iterations).length;
  }

  /** The numbers that the step after `iteration` steps needs, as float32: computed on the host, where powers are exact. */
  scalars(iteration: number): number[] {
    const rate = this.rateAt(iteration);
    return [...this.stepScalars(rate, iteration), ...(this.weightDecay ? [rate] : [])].map(Math.fround);
  }

  /** Makes the slots of variables that have none yet. */
  build(variables: readonly Variable[]): void {
    for (const variable of variables) {
      if (this.#slots.has(variable)) continue;
      const path = variable.name.replaceAll("/", "_");
      const slots = this.slotNames.map((kind) =>
        new Variable(new Tensor(variable.shape, "float32", new Float32Array(sizeOf(variable.shape))), {
          name: `${this.name}/${path}_${kind}`,
          trainable: false,
        })
      );
      this.#slots.set(variable, slots);
    }
  }

  /** The slots of variables, one list for each kind; makes what is missing. */
  slotsOf(variables: readonly Variable[]): Variable[][] {
    this.build(variables);
    return this.slotNames.map((_, kind) => variables.map((variable) => this.#slots.get(variable)![kind]));
  }

  /** All slots in the order of Keras's files: variable by variable. */
  get slots(): Variable[] {
    return [...this.#slots.values()].flat();
  }

  /** Whether any slots were made, or the optimizer needs none and has been given variables. */
  get built(): boolean {
    return this.#slots.size > 0;
  }

  /** Excludes variables from weight decay, by themselves or by parts of their names. Call it before training. */
  excludeFromWeightDecay(options: { variables?: readonly Variable[]; names?: readonly string[] }): void {
    options.variables?.forEach((variable) => this.#undecayed.add(variable));
    this.#undecayedNames = [...this.#undecayedNames, ...options.names ?? []];
  }

  /** Runs `body` with `scalars` for the steps that it traces. */
  withScalars<T>(scalars: readonly Value[], body: () => T): T {
    const outer = this.#given;
    this.#given = scalars;
    try {
      return body();
    } finally {
      this.#given = outer;
    }
  }

  /**
   * Changes `variables` by one step along `gradients`, inside a traced function: clips, decays, updates, and
   * holds weights to their constraints.
   * Throws {@linkcode ValueError} where their numbers differ.
   */
  apply(gradients: readonly Value[], variables: readonly Variable[]): void {
    const trace = requireTrace("optimizer.apply");
    if (gradients.length !== variables.length) {
      throw new ValueError({
        what: `Cannot apply "${this.name}"`,
        rule: "there must be one gradient for each variable",
        received: `${gradients.length} gradients and ${variables.length} variables`,
      });
    }
    if (variables.length === 0) return;
    const slots = this.slotsOf(variables);
    const scalars = this.#given ?? this.#deviceScalars();
    const clipped = clipGradients(gradients, this);
    const values = variables.map((variable) => {
      const value = trace.read(variable);
      if (!this.weightDecay || this.#isUndecayed(variable)) return value;
      return subtract(value, multiply(multiply(value, this.weightDecay), scalars[scalars.length - 1]));
    });
    const read = slots.map((kind) => kind.map((slot) => trace.read(slot)));
    const own = this.weightDecay ? scalars.slice(0, -1) : scalars;
    const updated = trace.scoped(this.name, () => this.update(values, clipped, read, own));
    variables.forEach((variable, i) => trace.assign(variable, updated.variables[i]));
    slots.forEach((kind, k) => kind.forEach((slot, i) => trace.assign(slot, updated.slots[k][i])));
    for (const variable of variables) {
      if (!(variable instanceof Weight) || !variable.constraint) continue;
      trace.assign(variable, variable.constraint.call(trace.read(variable)));
    }
  }

  /** The arguments as Keras's config. */
  getConfig(): Config {
    const { name, weightDecay, clipnorm, globalClipnorm, clipvalue } = this;
    return {
      name,
      learning_rate: this.schedule ? this.schedule.serialize() : this.learningRate,
      weight_decay: weightDecay,
      clipnorm,
      global_clipnorm: globalClipnorm,
      clipvalue,
      use_ema: false,
      ema_momentum: 0.99,
      ema_overwrite_frequency: null,
      loss_scale_factor: null,
      gradient_accumulation_steps: null,
    };
  }

  /** The optimizer as it stands in a compile config. */
  serialize(): ObjectNode {
    return objectNode("keras.optimizers", this.constructor.name, this.getConfig());
  }

  #isUndecayed(variable: Variable): boolean {
    return this.#undecayed.has(variable) || this.#undecayedNames.some((part) => variable.name.includes(part));
  }

  /** The scalars of a step that no model runs: computed in the program, from a step count of its own. */
  #deviceScalars(): Value[] {
    if (typeof this.#learningRate !== "number") {
      throw new StateError({
        what: `Cannot apply "${this.name}" here`,
        rule: "outside of a model's training the learning rate must be a number",
        mend: "set optimizer.learningRate between calls, or train with fit",
      });
    }
    const scalar = (name: string, value: number) =>
      new Variable(new Tensor([], "float32", Float32Array.of(value)), {
        name: `${this.name}/${name}`,
        trainable: false,
      });
    this.#onDevice ??= { rate: scalar("learning_rate", this.#learningRate), step: scalar("step", this.iterations) };
    const { rate, step } = this.#onDevice;
    const next = add(step, 1);
    step.assign(next);
    const scalars = this.tracedScalars(rate.value(), next);
    return this.weightDecay ? [...scalars, rate.value()] : scalars;
  }
}

function checkRate(rate: LearningRate, className: string): LearningRate {
  const valid = typeof rate === "number"
    ? Number.isFinite(rate) && rate >= 0
    : typeof rate === "function" || rate instanceof LearningRateSchedule;
  if (!valid) {
    throw new ValueError({
      what: `Cannot make ${className}`,
      rule: "learningRate must be a number of at least 0, a schedule or a function",
      received: describe(rate),
    });
  }
  return rate;
}
