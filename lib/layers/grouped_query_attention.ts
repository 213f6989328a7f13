// GroupedQueryAttention: heads of the query share heads of key and value.
// https://keras.io/api/layers/attention_layers/group_query_attention/
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { repeat } from "../ops/arranging.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, positional } from "../options.ts";
import type { Regularizer } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import type { EinsumDense } from "./einsum_dense.ts";
import type { LayerFields } from "./options.ts";
import {
  built,
  type Equations,
  ProjectedAttention,
  type ProjectedAttentionOptions,
  projectedAttentionOptions,
  type Projections,
} from "./projected_attention.ts";

const groupedQueryAttentionOptions = optionTable<ProjectedAttentionOptions>()({
  ...projectedAttentionOptions,
  /** The size of each head. */
  headDim: positional(positiveInteger()),
  /** The number of heads of the query. */
  numQueryHeads: positional(positiveInteger()),
  /** The number of heads of key and value; it must divide that of the query. */
  numKeyValueHeads: positional(positiveInteger()),
});

/** The options, checked and completed. */
export interface GroupedQueryAttention
  extends LayerFields<ProjectedAttentionOptions, typeof groupedQueryAttentionOptions> {}

/**
 * {@linkcode MultiHeadAttention} with fewer heads of key and value than of the query, which share them in groups. Ainslie et
 * al., 2023.
 *
 * @example Eight heads that share two keys and values
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const x = Input({ shape: [10, 32] });
 * console.log(new layers.GroupQueryAttention(4, 8, 2).apply(x, { value: x }).shape); // [ null, 10, 32 ]
 * ```
 */
export class GroupedQueryAttention extends ProjectedAttention {
  static {
    declareOptions(this, groupedQueryAttentionOptions);
  }
  /** As in Keras, whose configs alone call it GroupQueryAttention. */
  override get className(): string {
    return "GroupedQueryAttention";
  }
  // Keras's files have the underscores.
  /** The projection of the query to heads. */
  _queryDense!: EinsumDense;
  /** The projection of the key to heads. */
  _keyDense!: EinsumDense;
  /** The projection of the query to gates, with `useGate`. */
  _gateDense: EinsumDense | undefined;
  /** The projection of the value to heads. */
  _valueDense!: EinsumDense;
  /** The projection of the heads to the output. */
  _outputDense!: EinsumDense;

  /**
   * Takes the size of heads, and how many there are of the query, and of key and value. Throws {@linkcode ValueError} if
   * the latter does not divide the former.
   */
  constructor(
    headDim: number,
    numQueryHeads: number,
    numKeyValueHeads: number,
    options: ProjectedAttentionOptions = {},
  ) {
    super(options, { headDim, numQueryHeads, numKeyValueHeads });
    if (numQueryHeads % numKeyValueHeads === 0) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: "numKeyValueHeads must divide numQueryHeads",
      received: `${numKeyValueHeads} and ${numQueryHeads}`,
      hint: "give as many heads of the query for each head of key and value",
    });
  }

  protected override get headSize(): number {
    return this.headDim;
  }

  protected override get projectionRegularizer(): Regularizer | null {
    return this.activityRegularizer;
  }

  protected override get projections(): Projections {
    const { _queryDense: query, _keyDense: key, _valueDense: value, _gateDense: gate, _outputDense: output } = this;
    return { query, key, value, gate, output };
  }

  protected override project(query: SymbolicShape, value: SymbolicShape, key: SymbolicShape): void {
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    const ofKeys = [null, numKeyValueHeads, headDim];
    const ofQuery = [null, numQueryHeads, headDim];
    this._queryDense = built(this.dense("query", "bqm,muh->bquh", ofQuery, "uh"), query);
    this._keyDense = built(this.dense("key", "bkm,mvh->bkvh", ofKeys, "vh"), key);
    if (this.useGate) {
      this._gateDense = built(this.dense("gate", "bqm,muh->bquh", ofQuery, "uh", { activation: "sigmoid" }), query);
    }
    this._valueDense = built(this.dense("value", "bkm,mvh->bkvh", ofKeys, "vh"), value);
    this.makeInner(-1);
    const features = query[query.length - 1];
    const fromHeads = this.dense("attention_output", "bquh,uhm->bqm", [null, features], "m");
    this._outputDense = built(fromHeads, [null, null, numQueryHeads, headDim]);
  }

  protected override grouped(x: Value): Value {
    return repeat(x, this.numQueryHeads / this.numKeyValueHeads, 2);
  }

  protected override equations(): Equations {
    return { scores: "bkuh,bquh->buqk", output: "buqk,bkuh->bquh", axes: 1 };
  }
}
