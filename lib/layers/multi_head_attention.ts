// MultiHeadAttention: several attentions side by side, each between projections of its own.
// https://keras.io/api/layers/attention_layers/multi_head_attention/
import { describeList, ValueError } from "../errors.ts";
import { isInteger, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, option, optionTable, positional, required, withFacts } from "../options.ts";
import { type Regularizer, regularizerOption } from "../regularizers.ts";
import { isListOf, type SymbolicShape } from "../shape.ts";
import { type EinsumDense, extentsOption } from "./einsum_dense.ts";
import type { LayerFields } from "./options.ts";
import {
  built,
  type Equations,
  ProjectedAttention,
  type ProjectedAttentionOptions,
  projectedAttentionOptions,
  type Projections,
} from "./projected_attention.ts";

/** Options of {@linkcode MultiHeadAttention}. */
export interface MultiHeadAttentionOptions extends ProjectedAttentionOptions {
  /** The size of each head of the value; `keyDim` by default. */
  valueDim?: number | null;
  /** The extents of the output's features; those of the query by default. */
  outputShape?: number | SymbolicShape | null;
  /** The axes over which a query attends; by default all between batch and features. */
  attentionAxes?: number | readonly number[] | null;
}

const attentionAxesOption = nullable(option<readonly number[]>({
  read: (given, { what, option }) => {
    const list = isInteger(given) ? [given] : given;
    if (isListOf(list, isInteger) && list.length > 0) return [...list];
    throw new ValueError({
      what,
      rule: `${option} must be an integer, or a list of integers`,
      received: describeList(given),
      hint: "leave it out for all axes between batch and features",
    });
  },
}));

const multiHeadAttentionOptions = optionTable<MultiHeadAttentionOptions>()({
  ...projectedAttentionOptions,
  /** The number of heads. */
  numHeads: positional(positiveInteger()),
  /** The size of each head of query and key. */
  keyDim: positional(positiveInteger()),
  valueDim: nullable(positiveInteger(required)),
  outputShape: nullable(extentsOption),
  attentionAxes: attentionAxesOption,
  // It is that of the projections: the output itself has none.
  activityRegularizer: withFacts(regularizerOption(), { field: "projectionRegularizer" }),
});

/** The options, checked and completed. */
export interface MultiHeadAttention
  extends
    Omit<LayerFields<MultiHeadAttentionOptions, typeof multiHeadAttentionOptions>, "attentionAxes" | "valueDim"> {}

const letters = "abcdefghijklmnopqrstuvwxyz";

/**
 * Attention of several heads: projections of the query `[batch, queries, features]` are compared with those of the key, and
 * the values weighted accordingly are projected to the features of the query. Vaswani et al., 2017.
 *
 * Masks that query, value and key carry, say of an `Embedding` with `maskZero`, are used. Scores are not stored, unless they
 * are asked for, or dropped in training.
 *
 * @example Each step attends to those before it
 * ```ts
 * import { Input, layers, Model } from "./mod.ts";
 * const x = Input({ shape: [10, 32] });
 * const attention = new layers.MultiHeadAttention(4, 8);
 * const y = attention.apply(x, { value: x, useCausalMask: true });
 * console.log(new Model({ inputs: x, outputs: y }).countParams()); // 4224
 * ```
 */
export class MultiHeadAttention extends ProjectedAttention {
  static {
    declareOptions(this, multiHeadAttentionOptions);
  }
  /** The projection of the query to heads. */
  queryDense!: EinsumDense;
  /** The projection of the key to heads. */
  keyDense!: EinsumDense;
  /** The projection of the query to gates, with `useGate`. */
  _gateDense: EinsumDense | undefined;
  /** The projection of the value to heads. */
  valueDense!: EinsumDense;
  /** The projection of the heads to the output. */
  outputDense!: EinsumDense;
  /** The size of each head of the value. */
  declare readonly valueDim: number;
  /** The axes over which a query attends, from the front once the layer is built. */
  declare attentionAxes: readonly number[] | null;
  protected override readonly usesUpMasks = true;
  declare protected readonly projectionRegularizer: Regularizer | null;

  /**
   * Takes the number of heads, and the size of each for query and key. Throws {@linkcode ValueError} if one is not a
   * positive integer. Defaults: `dropout: 0`, `useBias: true`, `slidingWindow: null`, `flashAttention: null`,
   * `kernelInitializer: "glorot_uniform"`, `biasInitializer: "zeros"`, `kernelRegularizer: null`,
   * `biasRegularizer: null`, `kernelConstraint: null`, `biasConstraint: null`, `useGate: false`, `seed: null`,
   * `valueDim: null`, `outputShape: null`, `attentionAxes: null`.
   */
  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions = {}) {
    super(options, { numHeads, keyDim });
    this.valueDim ??= this.keyDim;
  }

  protected override get headSize(): number {
    return this.keyDim;
  }

  protected override get projections(): Projections {
    const { queryDense: query, keyDense: key, valueDense: value, _gateDense: gate, outputDense: output } = this;
    return { query, key, value, gate, output };
  }

  protected override project(query: SymbolicShape, value: SymbolicShape, key: SymbolicShape): void {
    const { numHeads, keyDim, valueDim } = this;
    const toHeads = (name: string, shape: SymbolicShape, size: number, activation?: "sigmoid") => {
      const free = shape.length - 1;
      const [own, [sum, head, each]] = [letters.slice(0, free), letters.slice(free)];
      const extents = [...new Array<null>(free - 1).fill(null), numHeads, size];
      const equation = `${own}${sum},${sum}${head}${each}->${own}${head}${each}`;
      return built(this.dense(name, equation, extents, head + each, { activation }), shape);
    };
    this.queryDense = toHeads("query", query, keyDim);
    this.keyDense = toHeads("key", key, keyDim);
    if (this.useGate) this._gateDense = toHeads("gate", query, valueDim, "sigmoid");
    this.valueDense = toHeads("value", value, valueDim);
    const rank = value.length + 1;
    this.attentionAxes = this.#axes(rank);
    const count = this.attentionAxes.length;
    this.makeInner(this.attentionAxes.map((_, i) => i - count));
    const outputShape = this.outputShape ?? [query[query.length - 1]];
    const free = query.length - 1;
    const [own, [head, each, ...more]] = [letters.slice(0, free), letters.slice(free)];
    const features = more.slice(0, outputShape.length).join("");
    const extents = [...new Array<null>(free - 1).fill(null), ...outputShape];
    const equation = `${own}${head}${each},${head}${each}${features}->${own}${features}`;
    const fromHeads = this.dense("attention_output", equation, extents, features);
    this.outputDense = built(fromHeads, [...query.slice(0, -1), numHeads, valueDim]);
  }

  /** The axes over which a query attends, counted from the front. */
  #axes(rank: number): number[] {
    const { attentionAxes } = this;
    if (attentionAxes === null) return Array.from({ length: rank - 3 }, (_, i) => i + 1);
    const axes = attentionAxes.map((axis) => (axis < 0 ? rank - 1 + axis : axis));
    if (axes.every((axis, i) => axis > 0 && axis < rank - 2 && axes.indexOf(axis) === i)) return axes;
    throw new ValueError({
      what: `Cannot build "${this.name}"`,
      rule: "attentionAxes must be different axes between batch and features",
      received: describeList(attentionAxes),
      hint: "count them from 1, or leave them out for all",
    });
  }

  protected override equations(rank: number): Equations {
    const axes = this.attentionAxes!;
    const target = [...letters.slice(0, rank)];
    const batch = target.filter((_, axis) => axis !== rank - 1 && !axes.includes(axis));
    const source = target.map((label, axis) => axes.includes(axis) ? letters[rank + axes.indexOf(axis)] : label);
    const products = [...batch, ...axes.map((axis) => target[axis]), ...axes.map((axis) => source[axis])].join("");
    const [from, to] = [source.join(""), target.join("")];
    return { scores: `${from},${to}->${products}`, output: `${products},${from}->${to}`, axes: axes.length };
  }
}
