// MultiOptimizer: an optimizer for each part of a model. https://keras.io/api/optimizers/multi_optimizer/
import { Configurable } from "../configurable.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import {
  declareOptions,
  nullable,
  type Option,
  option,
  type OptionFields,
  optionTable,
  positional,
  withFactsOfAll,
} from "../options.ts";
import { functionNode } from "../registry.ts";
import { isNamed } from "../structure.ts";
import type { Variable } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";
import { optimizerOptions } from "./options.ts";
import { type LearningRate, rateOption } from "./rate.ts";
import type { Scalars } from "./scalars.ts";

const optimizerOption: Option<Optimizer> = option<Optimizer>({
  read: (given, { what, option }) => checkedPart(what, option, given),
  write: (optimizer) => optimizer.serialize(),
});

/** An optimizer for some variables; throws {@linkcode ValueError} for anything else. */
function checkedPart(what: string, name: string, given: unknown): Optimizer {
  if (given instanceof Optimizer && !(given instanceof MultiOptimizer)) return given;
  throw new ValueError({
    what,
    rule: `${name} must be an optimizer, and no MultiOptimizer`,
    received: describe(given),
    hint: "give it as in new optimizers.Adam()",
  });
}

/** Optimizers by the names of variables, as regular expressions of whole names. */
export type OptimizersByName = Readonly<Record<string, Optimizer>>;

const optimizerMapOptions = optionTable<object>()({
  defaultOptimizer: positional(optimizerOption),
  optimizerMap: positional({
    ...option<ReadonlyMap<string, Optimizer>>({
      fallback: null,
      read: (given, { what, option }) => {
        if (given === null) return new Map();
        if (!isNamed(given)) {
          throw new ValueError({
            what,
            rule: `${option} must be an object of optimizers by the names of variables`,
            received: describe(given),
            hint: 'write it as in { "encoder/.*": new optimizers.Adam() }',
          });
        }
        const entries = Object.entries(given);
        for (const [pattern] of entries) checkPattern(what, pattern);
        return new Map(entries.map(([name, part]) => [name, checkedPart(what, `the optimizer of ${name}`, part)]));
      },
      write: (map) => Object.fromEntries([...map].map(([name, part]) => [name, part.serialize()])),
    }),
    field: "entries",
  }),
});

/** Throws {@linkcode ValueError} unless a name is a regular expression. */
function checkPattern(what: string, pattern: unknown): void {
  try {
    if (typeof pattern === "string" && new RegExp(pattern)) return;
  } catch {
    // It gets the error below.
  }
  throw new ValueError({
    what,
    rule: "the name of variables must be a text that is a regular expression",
    received: describe(pattern),
    hint: 'write it as in "encoder/.*"',
  });
}

/**
 * Which optimizer changes which variables: one by default, and others by the names of variables, which are whole names or
 * regular expressions of these. Keras: https://keras.io/api/optimizers/multi_optimizer/
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * const map = new optimizers.OptimizerMap(new optimizers.SGD(), { ".*dense/.*": new optimizers.Adam() });
 * console.log(map.get("sequential/dense/kernel").name, map.get("sequential/conv2d/kernel").name); // adam sgd
 * ```
 */
export class OptimizerMap extends Configurable {
  static {
    declareOptions(this, optimizerMapOptions);
  }
  /** The optimizer of variables that no name fits. */
  declare readonly defaultOptimizer: Optimizer;
  /** The other optimizers by name. */
  declare readonly entries: ReadonlyMap<string, Optimizer>;

  /**
   * Takes the default, and the others by name. Throws {@linkcode ValueError} for what is no optimizer, and for names that
   * are no regular expressions.
   */
  constructor(defaultOptimizer: Optimizer, optimizerMap: OptimizersByName | null = {}) {
    super({}, { defaultOptimizer, optimizerMap });
  }

  /**
   * The optimizer of a variable: that of its whole name, or of the one expression that fits it, or the default. Throws
   * {@linkcode ValueError} if several expressions fit.
   */
  get(name: string): Optimizer {
    const own = this.entries.get(name);
    if (own) return own;
    const fitting = [...this.entries].filter(([pattern]) => new RegExp(`^(?:${pattern})$`).test(name));
    if (fitting.length <= 1) return fitting[0]?.[1] ?? this.defaultOptimizer;
    throw new ValueError({
      what: `Cannot choose the optimizer of "${name}"`,
      rule: "only one name in an OptimizerMap may fit it",
      received: fitting.map(([pattern]) => `"${pattern}"`).join(" and "),
      hint: "make the expressions narrower, or give the whole name",
    });
  }

  /** The optimizers, each once: those by name, then the default. */
  get optimizers(): readonly Optimizer[] {
    return [...new Set([...this.entries.values(), this.defaultOptimizer])];
  }
}

/** Options of {@linkcode MultiOptimizer}. */
export interface MultiOptimizerOptions {
  /** The factor of the loss for computing gradients, in place of those of the optimizers inside; none by default. */
  lossScaleFactor?: number | null;
  /** The name in files. */
  name?: string | null;
}

type Chooser = OptimizerMap | ((variable: Variable) => Optimizer);

const { name, lossScaleFactor, ...others } = optimizerOptions;

const multiOptimizerOptions = optionTable<MultiOptimizerOptions>()({
  optimizerMap: positional(option<Chooser>({
    read: (given, { what, option }) => {
      if (given instanceof OptimizerMap || typeof given === "function") return given as Chooser;
      throw new ValueError({
        what,
        rule: `${option} must be an OptimizerMap, or a function of a variable that returns its optimizer`,
        received: describe(given),
        hint: "give new optimizers.OptimizerMap(new optimizers.SGD(), { name: new optimizers.Adam() })",
      });
    },
    write: (chooser) => chooser instanceof OptimizerMap ? chooser.serialize() : functionNode(chooser),
  })),
  lossScaleFactor,
  name: nullable(name),
  ...withFactsOfAll({ ...others, learningRate: rateOption(0) }, { offered: false, written: "never" }),
});

/** The options, checked and completed. */
export interface MultiOptimizer
  extends OptionFields<MultiOptimizerOptions, Pick<typeof multiOptimizerOptions, "optimizerMap">> {}

/**
 * Divides a model's variables among several optimizers, by an {@linkcode OptimizerMap} of their names or by a function of
 * each. Learning rates are those of the optimizers inside. Keras: https://keras.io/api/optimizers/multi_optimizer/
 *
 * @example A lower learning rate for the part that is trained already
 * ```ts
 * import { Input, layers, optimizers, Sequential } from "./mod.ts";
 * const body = new layers.Dense(16, { activation: "relu", name: "body" });
 * const model = new Sequential([Input({ shape: [4] }), body, new layers.Dense(1)]);
 * const map = new optimizers.OptimizerMap(new optimizers.Adam(), {
 *   ".*body/.*": new optimizers.SGD({ learningRate: 1e-4 }),
 * });
 * model.compile({ optimizer: new optimizers.MultiOptimizer(map), loss: "mse" });
 * console.log(model.optimizer?.optimizers.map(({ name }) => name)); // [ "sgd", "adam" ]
 * ```
 */
export class MultiOptimizer extends Optimizer {
  static {
    declareOptions(this, multiOptimizerOptions);
  }
  readonly #optimizers: Optimizer[] = [];
  readonly #ofVariable = new Map<Variable, Optimizer>();

  /**
   * Takes the map, or a function of a variable. Throws {@linkcode ValueError} for anything else. Defaults:
   * `lossScaleFactor: null`.
   */
  constructor(
    optimizerMap: OptimizerMap | ((variable: Variable) => Optimizer),
    options: MultiOptimizerOptions = {},
  ) {
    super(options, undefined, { optimizerMap });
    if (optimizerMap instanceof OptimizerMap) optimizerMap.optimizers.forEach((each) => this.#add(each));
  }

  /** The optimizers inside; a function's are known when the model is built. */
  override get optimizers(): readonly Optimizer[] {
    return this.#optimizers;
  }

  #add(optimizer: Optimizer): void {
    if (this.#optimizers.includes(optimizer)) return;
    Object.assign(optimizer, { lossScaleFactor: this.lossScaleFactor });
    optimizer.batches = super.batches;
    this.#optimizers.push(optimizer);
  }

  /** The number of batches seen; the optimizers inside count with it. */
  override get batches(): number {
    return super.batches;
  }
  override set batches(batches: number) {
    super.batches = batches;
    for (const optimizer of this.#optimizers) optimizer.batches = batches;
  }

  /** Throws {@linkcode StateError}: each optimizer inside has its own. */
  override get learningRate(): number {
    throw this.#rateError("get");
  }
  override set learningRate(_rate: LearningRate) {
    throw this.#rateError("set");
  }

  #rateError(verb: string): StateError {
    return new StateError({
      what: `Cannot ${verb} the learning rate of "${this.name}"`,
      rule: "each of its optimizers has its own",
      hint: `${verb} that of one of optimizer.optimizers`,
    });
  }

  /** The numbers of all optimizers for the step after `batch` batches. */
  override scalars(batch: number): Scalars<number> {
    const each = this.#optimizers.map((optimizer, i) =>
      Object.entries(optimizer.scalars(batch)).map(([name, value]) => [`${i}/${name}`, value])
    );
    return Object.fromEntries(each.flat());
  }

  /** Chooses the optimizers of variables, and makes their slots. Throws {@linkcode ValueError} for anything else. */
  override build(variables: readonly Variable[]): void {
    for (const variable of variables) {
      if (this.#ofVariable.has(variable)) continue;
      const { optimizerMap } = this;
      const chosen: unknown = optimizerMap instanceof OptimizerMap
        ? optimizerMap.get(variable.name)
        : optimizerMap(variable);
      const optimizer = checkedPart(`Cannot build "${this.name}"`, `the optimizer of "${variable.name}"`, chosen);
      this.#add(optimizer);
      this.#ofVariable.set(variable, optimizer);
    }
    for (const { optimizer, own } of this.#shares(variables)) optimizer.build(own);
  }

  /** The variables of each optimizer that has some, and their places in the list. */
  #shares(variables: readonly Variable[]) {
    return this.#optimizers.map((optimizer, i) => {
      const places = [...variables.keys()].filter((place) => this.#ofVariable.get(variables[place]) === optimizer);
      return { optimizer, i, places, own: places.map((place) => variables[place]) };
    }).filter(({ own }) => own.length > 0);
  }

  /** The slots of variables, optimizer by optimizer. */
  override slotsOf(variables: readonly Variable[]): Variable[][] {
    this.build(variables);
    return this.#shares(variables).flatMap(({ optimizer, own }) => optimizer.slotsOf(own));
  }

  /** All slots, optimizer by optimizer. */
  override get slots(): Variable[] {
    return this.#optimizers.flatMap(({ slots }) => slots);
  }

  /** Whether variables were divided among the optimizers. */
  override get built(): boolean {
    return this.#ofVariable.size > 0;
  }

  /** Excludes variables from the decay of all optimizers that are known. */
  override excludeFromWeightDecay(options: { variables?: readonly Variable[]; names?: readonly string[] }): void {
    for (const optimizer of this.#optimizers) optimizer.excludeFromWeightDecay(options);
  }

  /** Changes variables by one step, each by its optimizer. */
  override apply(gradients: readonly Value[], variables: readonly Variable[] = [...this.#ofVariable.keys()]): void {
    this.checkPairs(gradients, variables);
    this.build(variables);
    const given = this.givenScalars;
    for (const { optimizer, i, places, own } of this.#shares(variables)) {
      const step = () => optimizer.apply(places.map((place) => gradients[place]), own);
      if (!given) {
        step();
        continue;
      }
      const names = Object.keys(optimizer.scalars(optimizer.batches));
      optimizer.withScalars(Object.fromEntries(names.map((name) => [name, given[`${i}/${name}`]])), step);
    }
  }

  /** The state of all optimizers, after the number of batches and a learning rate of 0, as Keras has it. */
  override get variables(): Variable[] {
    const [step, rate] = super.variables;
    return [step, rate, ...this.#optimizers.flatMap(({ variables }) => variables)];
  }

  /** Sets variables to their running averages, if there are any. */
  override async finalizeVariableValues(variables: readonly Variable[]): Promise<void> {
    for (const { optimizer, own } of this.#shares(variables)) await optimizer.finalizeVariableValues(own);
  }
}
