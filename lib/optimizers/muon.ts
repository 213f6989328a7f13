// Muon: momentum whose matrices are made orthogonal. https://keras.io/api/optimizers/muon/
import { describe, describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, divide, matmul, multiply, sqrt, square, subtract, sum, transpose } from "../ops/primitives.ts";
import { boolean, integerAtLeast, isList, number } from "../option_kinds.ts";
import { declareOptions, keyed, nullable, type Option, option, optionTable, withFacts } from "../options.ts";
import type { Shape } from "../shape.ts";
import { apply } from "../tensor/apply.ts";
import type { Variable } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/** Options of {@linkcode Muon}. */
export interface MuonOptions extends OptimizerOptions {
  /** The fraction of the running mean of gradients that a step of AdamW keeps; 0.9 by default. */
  adamBeta1?: number;
  /** The fraction of the running mean of squares that a step of AdamW keeps; 0.999 by default. */
  adamBeta2?: number;
  /** The weight decay of variables that AdamW changes; 0.004 by default. */
  adamWeightDecay?: number | null;
  /** Keeps the root of AdamW from zero; 1e-7 by default. */
  epsilon?: number;
  /** Patterns of names of weights that AdamW changes, such as those of the last layer. */
  excludeLayers?: readonly string[] | null;
  /** Whether AdamW changes weights with `embedding` in their name; true by default. */
  excludeEmbeddings?: boolean;
  /** The first coefficient of the iteration; 3.4445 by default. */
  muonA?: number;
  /** The second coefficient of the iteration; -4.775 by default. */
  muonB?: number;
  /** The third coefficient of the iteration; 2.0315 by default. */
  muonC?: number;
  /** The learning rate of AdamW by that of the others; 1 by default. */
  adamLrRatio?: number;
  /** The fraction of the momentum that each step keeps; 0.95 by default. */
  momentum?: number;
  /** The number of iterations towards an orthogonal matrix; 5 by default. */
  nsSteps?: number;
  /** Whether steps look ahead along the momentum, as Nesterov's; true by default. */
  nesterov?: boolean;
  /** The size of a step's elements, so that rates and decays of Adam suit; 0.2 by default, and null for none. */
  rmsRate?: number | null;
}

const isPattern = (item: unknown): item is string => {
  if (typeof item !== "string") return false;
  try {
    return new RegExp(item) !== undefined;
  } catch {
    return false;
  }
};

const patterns: Option<readonly string[]> = option<readonly string[]>({
  fallback: null,
  read: (given, { what, option }) => {
    const list = given ?? [];
    if (isList(list, isPattern)) return list;
    throw new ValueError({
      what,
      rule: `${option} must be a list of regular expressions`,
      received: Array.isArray(list) ? describeList(list) : describe(list),
      hint: 'write it as in excludeLayers: ["output_dense"]',
    });
  },
});

const muonOptions = optionTable<MuonOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  weightDecay: withFacts(optimizerOptions.weightDecay, { fallback: 0.004 }),
  adamBeta1: keyed("adam_beta_1", number(0.9, { min: 0, max: 1 })),
  adamBeta2: keyed("adam_beta_2", number(0.999, { min: 0, max: 1 })),
  adamWeightDecay: withFacts(optimizerOptions.weightDecay, { fallback: 0.004 }),
  epsilon: number(1e-7, { min: 0 }),
  excludeLayers: patterns,
  excludeEmbeddings: boolean(true),
  muonA: number(3.4445),
  muonB: number(-4.775),
  muonC: number(2.0315),
  adamLrRatio: number(1, { min: 0 }),
  momentum: number(0.95, { min: 0, max: 1 }),
  nsSteps: integerAtLeast(0, 5),
  nesterov: boolean(true),
  rmsRate: nullable(number(undefined, { min: 0 }), 0.2),
});

/** The options, checked and completed. */
export interface Muon extends Omit<OptimizerFields<MuonOptions, typeof muonOptions>, "excludeLayers"> {}

/**
 * Steps along the momentum with all its directions made of one length, for matrices; AdamW changes the other variables,
 * embeddings, and those whose names `excludeLayers` has, which should be those of the last layer. The learning rate is
 * 0.001 by default. Jordan et al., 2024; Liu et al., 2025.
 *
 * @example For all but the last layer
 * ```ts
 * import { Input, layers, optimizers, Sequential } from "./mod.ts";
 * const hidden = new layers.Dense(16, { activation: "relu" });
 * const model = new Sequential([Input({ shape: [4] }), hidden, new layers.Dense(1, { name: "out" })]);
 * model.compile({ optimizer: new optimizers.Muon({ excludeLayers: ["out/"] }), loss: "mse" });
 * console.log(model.optimizer?.name); // muon
 * ```
 */
export class Muon extends Optimizer {
  static {
    declareOptions(this, muonOptions);
  }
  /** Patterns of names of weights that AdamW changes. */
  declare readonly excludeLayers: readonly string[];

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values out of range, and for patterns that are none. Defaults:
   * `adamBeta1: 0.9`, `adamBeta2: 0.999`, `adamWeightDecay: 0.004`, `epsilon: 1e-7`, `excludeLayers: null`,
   * `excludeEmbeddings: true`, `muonA: 3.4445`, `muonB: -4.775`, `muonC: 2.0315`, `adamLrRatio: 1`, `momentum: 0.95`,
   * `nsSteps: 5`, `nesterov: true`, `rmsRate: 0.2`.
   */
  constructor(...given: OptimizerArguments<MuonOptions>) {
    super(...given);
  }

  /** Whether AdamW changes a variable. */
  #isForAdam({ shape, name }: Variable): boolean {
    if (shape.length !== 2 || (this.excludeEmbeddings && name.toLowerCase().includes("embedding"))) return true;
    return this.excludeLayers.some((pattern) => new RegExp(pattern).test(name));
  }

  /** `momentum` and `velocity`, a single zero for a variable that AdamW does not change. */
  override get slotNames(): readonly string[] {
    return ["momentum", "velocity"];
  }

  /** Only AdamW has a velocity. */
  protected override slotShape(kind: string, shape: Shape, variable: Variable): Shape {
    return kind === "velocity" && !this.#isForAdam(variable) ? [] : shape;
  }

  /** Keras has no velocity where it is not used. */
  protected override fileOrder(slots: readonly (readonly Variable[])[]): Variable[] {
    return slots.flatMap(([mean, squares]) => mean.shape.length === squares.shape.length ? [mean, squares] : [mean]);
  }

  /** Whether any variables decay. */
  protected override get decays(): boolean {
    return Boolean(this.weightDecay || this.adamWeightDecay);
  }

  /** Each of the two has its own. */
  protected override decayOf(variable: Variable): number | null {
    return this.#isForAdam(variable) ? this.adamWeightDecay : this.weightDecay;
  }

  /** The rate, and that of AdamW, corrected for the zero start of both means. */
  protected override stepScalars<T>({ float32: m }: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const unbias = m.sqrt(m.subtract(1, m.power(this.adamBeta2, step)));
    const adamRate = m.multiply(m.multiply(rate, this.adamLrRatio), unbias);
    return { rate, correctedRate: m.divide(adamRate, m.subtract(1, m.power(this.adamBeta1, step))) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, squares]: readonly Value[],
    { rate, correctedRate }: Scalars,
  ): readonly Value[] {
    const { epsilon, momentum, nesterov, rmsRate } = this;
    if (mean.shape.length === squares.shape.length) {
      const settings = { beta1: this.adamBeta1, beta2: this.adamBeta2, epsilon, amsgrad: false };
      return apply("adamUpdate", [w, g, mean, squares, correctedRate], settings);
    }
    const next = add(mean, add(g, multiply(mean, momentum - 1)));
    const along = this.#orthogonal(nesterov ? add(g, multiply(next, momentum)) : next);
    const size = rmsRate === null ? 1 : Math.sqrt(Math.max(...w.shape)) * rmsRate;
    return [subtract(w, multiply(multiply(rate, along), size)), next, squares];
  }

  /** A matrix with singular values near 1 and the directions of `x`, by the iteration of Newton and Schulz. */
  #orthogonal(x: Value): Value {
    const { muonA, muonB, muonC } = this;
    const isTall = x.shape[0] > x.shape[1];
    let y = isTall ? transpose(x) : x;
    y = divide(y, add(sqrt(sum(square(y))), 1e-7));
    for (let i = 0; i < this.nsSteps; i++) {
      const squared = matmul(y, transpose(y));
      const series = add(multiply(squared, muonB), matmul(multiply(squared, muonC), squared));
      y = add(multiply(y, muonA), matmul(series, y));
    }
    return isTall ? transpose(y) : y;
  }
}
