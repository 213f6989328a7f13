// Attention and AdditiveAttention: values weighted by scores of a query and keys, without projections.
// https://keras.io/api/layers/attention_layers/
import { array, listOf, masks as anyMask, object, optional, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { allOf, seenPositions } from "../ops/attention.ts";
import { expandDims, softmax } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { boolean, choice, number } from "../option_kinds.ts";
import { declareBase, declareOptions, optionTable } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { flatten, isItem, type Structure } from "../structure.ts";
import type { CallArguments, Symbolic, SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { ScoresAsked } from "./attention_masks.ts";
import { inferSpecs } from "./inference.ts";
import type { ContextOf, InputOf, OutputOf, WithTensors } from "./layer.ts";
import type { Masks } from "./merging.ts";
import type { CallContext, LayerFields } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";

/** What {@linkcode Attention} takes besides its inputs. */
export interface ScoringContext extends CallContext<Masks> {
  /** Whether a list of the output and the scores is returned; false by default. */
  readonly returnAttentionScores?: boolean;
  /** Whether a query sees no keys at later steps; false by default. */
  readonly useCausalMask?: boolean;
}

/** Options of {@linkcode AdditiveAttention}. */
export interface AdditiveAttentionOptions extends RandomLayerOptions {
  /** Whether scores have a trained scale; true by default, but false for {@linkcode Attention}. */
  useScale?: boolean;
  /** The fraction of scores that training drops; 0 by default. */
  dropout?: number;
}

/** Options of {@linkcode Attention}. */
export interface AttentionOptions extends AdditiveAttentionOptions {
  /** How scores follow from query and key: `dot`, by default, or `concat`, a sum of `tanh(query + key)`. */
  scoreMode?: "dot" | "concat";
}

const additiveOptions = optionTable<AdditiveAttentionOptions>()({
  ...randomLayerOptions,
  useScale: boolean(true),
  dropout: number(0, { min: 0, max: 1 }),
});

const attentionOptions = optionTable<AttentionOptions>()({
  ...additiveOptions,
  useScale: boolean(false),
  scoreMode: choice(["dot", "concat"]),
});

/** What is subtracted from the scores of keys that a query does not see. */
const unseen = 1e9;

/** The options, checked and completed, and what calls give. */
export interface ScoringAttention extends LayerFields<AdditiveAttentionOptions, typeof additiveOptions> {
  /** The output, and the scores. */
  apply(
    inputs: readonly (Value | Tensor | Variable)[],
    context: WithTensors<Partial<ScoringContext>> & ScoresAsked,
  ): [Value, Value];
  /** The output and the scores, of symbolic tensors. */
  apply(
    inputs: readonly SymbolicTensor[],
    context: Symbolic<Partial<ScoringContext>> & ScoresAsked,
  ): [SymbolicTensor, SymbolicTensor];
  /** The output. */
  apply(
    inputs: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  /** The output, of symbolic tensors. */
  apply(
    inputs: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
}

/** An attention without projections: subclasses say how query and key are scored. */
export abstract class ScoringAttention extends RandomLayer {
  static {
    declareBase(this);
    const inputs = listOf(array, "a list of query, value and perhaps key");
    declareMethods(this, {
      build: { verb: "build", takes: { inputShapes: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShapes: shapes } },
      call: { verb: "call", takes: { inputs, context: object } },
      computeMask: { verb: "take the mask of", takes: { inputs, masks: optional(listOf(anyMask, "a list of masks")) } },
    });
  }
  override readonly callArguments: readonly string[] = [
    "mask",
    "training",
    "returnAttentionScores",
    "useCausalMask",
  ];
  override readonly callDefaults = {};
  /** What scores are multiplied by, if used. */
  scale: Weight | undefined;

  /** Checks the shapes of query, value and key. Throws {@linkcode ShapeError} if they do not fit. */
  override build(inputShapes: Structure<SymbolicShape>): void {
    const [query, value, key = value] = this.#listed(inputShapes);
    this.addScale(query[query.length - 1]);
    const [features, other] = [query, key].map((shape) => shape[shape.length - 1]);
    const steps = [value, key].map((shape) => shape[shape.length - 2]);
    const differ = (a: number | null, b: number | null) => a !== null && b !== null && a !== b;
    if (!differ(features, other) && !differ(steps[0], steps[1])) return;
    throw new ShapeError({
      what: `Cannot build "${this.name}"`,
      rule: "query and key must have as many features, and value and key as many steps",
      received: [query, value, key].map(formatShape).join(", "),
      hint: "project them with Dense first, or use MultiHeadAttention",
    });
  }

  /** The shapes of query, value and perhaps key. */
  #listed(inputShapes: Structure<SymbolicShape>): readonly SymbolicShape[] {
    const list = isItem(inputShapes) ? [] : flatten(inputShapes);
    if (list.length >= 2 && list.length <= 3 && list.every(({ length }) => length >= 3)) return list;
    throw new ShapeError({
      what: `Cannot build "${this.name}"`,
      rule: "it takes a list of query and value, and perhaps a key, each [batch, steps, features]",
      received: flatten(inputShapes).map(formatShape).join(", "),
      hint: "write it as in apply([query, value])",
    });
  }

  /** Makes the scale, for so many features of the query. */
  protected abstract addScale(features: number | null): void;

  /** The scores `[batch, queries, keys]`. */
  protected abstract score(query: Value, key: Value): Value;

  /** The output `[batch, queries, features]`, and the scores `[batch, queries, keys]` if asked for. */
  call(inputs: readonly Value[], context: ScoringContext & ScoresAsked): [Value, Value];
  /** The output `[batch, queries, features]`. */
  call(inputs: readonly Value[], context: ScoringContext): Value;
  call(inputs: readonly Value[], context: ScoringContext): Value | [Value, Value] {
    const { mask, training, returnAttentionScores = false, useCausalMask = false } = context;
    const [query, value, key = value] = inputs;
    const [ofQuery, ofValue] = this.#masks(mask);
    const scores = this.score(query, key);
    const positions: [number, number] = [scores.shape[scores.shape.length - 2], scores.shape[scores.shape.length - 1]];
    const seen = allOf([
      ofValue && expandDims(ofValue, -2),
      seenPositions(query, positions, { causal: useCausalMask }),
    ]);
    const masked = seen === undefined ? scores : o.select(seen, scores, o.subtract(scores, unseen));
    const normalized = softmax(masked, -1);
    const weights = training && this.dropout > 0 ? this.drop(normalized, this.dropout, normalized.shape) : normalized;
    const product = o.matmul(weights, value);
    const output = ofQuery ? o.select(expandDims(ofQuery, -1), product, 0) : product;
    return returnAttentionScores ? [output, weights] : output;
  }

  #masks(mask: Masks | undefined): Masks {
    if (mask === undefined || mask === null) return [];
    if (Array.isArray(mask) && mask.length >= 2 && mask.length <= 3) return mask.map((item) => item ?? undefined);
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "mask must be a list of the masks of query and value",
      received: describe(mask),
      hint: "write it as in { mask: [queryMask, valueMask] }",
    });
  }

  /** The mask of the query. */
  override computeMask(_inputs: readonly Value[], masks: Masks | undefined): Value | undefined {
    return masks?.[0] ?? undefined;
  }

  /** The shape of the query with the features of the value. */
  override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape {
    const [query, value] = this.#listed(inputShapes);
    return [...query.slice(0, -1), value[value.length - 1]];
  }

  /** The shape and the dtype of the output, and of the scores if asked for. */
  override computeOutputSpec(args: CallArguments<TensorSpec>): Structure<TensorSpec> {
    return inferSpecs(args, (values) => this.replay(values));
  }
}

/** The sum of `tanh(query + key)` times `weight` over features, for each query and key. */
function additive(query: Value, key: Value, before: Weight | undefined, weight: Weight | undefined): Value {
  const sums = o.add(expandDims(query, -2), expandDims(key, -3));
  const bent = o.tanh(before ? o.multiply(sums, before) : sums);
  return o.sum(weight ? o.multiply(bent, weight) : bent, -1);
}

/** The options, checked and completed. */
export interface Attention extends LayerFields<AttentionOptions, typeof attentionOptions> {}

/**
 * The values `[batch, keys, features]` weighted by the softmax of the products of queries `[batch, queries, size]` and keys
 * `[batch, keys, size]`; the values are the keys if no others are given. Luong et al., 2015.
 * https://keras.io/api/layers/attention_layers/attention/
 *
 * @example Queries attend to values
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [query, value] = [Input({ shape: [5, 8] }), Input({ shape: [7, 8] })];
 * console.log(new layers.Attention().apply([query, value]).shape); // [ null, 5, 8 ]
 * ```
 */
export class Attention extends ScoringAttention {
  static {
    declareOptions(this, attentionOptions);
  }
  /** What scores of the mode `concat` are multiplied by. */
  concatScoreWeight: Weight | undefined;

  /**
   * Takes the options. Throws {@linkcode ValueError} for an unknown mode. Defaults: `seed: null`, `useScale: false`,
   * `dropout: 0`, `scoreMode: "dot"`.
   */
  constructor(options: AttentionOptions = {}) {
    super(options);
  }

  protected override addScale(): void {
    const one = (name: string) => this.addWeight({ name, shape: [], initializer: "ones" });
    if (this.useScale) this.scale = one("scale");
    if (this.scoreMode === "concat") this.concatScoreWeight = one("concat_score_weight");
  }

  protected override score(query: Value, key: Value): Value {
    if (this.scoreMode === "concat") {
      return o.multiply(additive(query, key, this.scale, undefined), this.concatScoreWeight!);
    }
    const products = o.matmul(query, key, { transposeB: true });
    return this.scale ? o.multiply(products, this.scale) : products;
  }
}

/** The options, checked and completed. */
export interface AdditiveAttention extends LayerFields<AdditiveAttentionOptions, typeof additiveOptions> {}

/**
 * The values weighted by the softmax of sums of `scale * tanh(query + key)`, where `scale` is trained. Bahdanau et al., 2014.
 * https://keras.io/api/layers/attention_layers/additive_attention/
 *
 * @example Queries attend to values
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [query, value] = [Input({ shape: [5, 8] }), Input({ shape: [7, 8] })];
 * console.log(new layers.AdditiveAttention().apply([query, value]).shape); // [ null, 5, 8 ]
 * ```
 */
export class AdditiveAttention extends ScoringAttention {
  static {
    declareOptions(this, additiveOptions);
  }

  /** Takes the options. Defaults: `seed: null`, `useScale: true`, `dropout: 0`. */
  constructor(options: AdditiveAttentionOptions = {}) {
    super(options);
  }

  protected override addScale(features: number | null): void {
    if (!this.useScale) return;
    if (features === null) {
      throw new UnknownDimensionError({
        what: `Cannot build "${this.name}"`,
        rule: "the scale needs a fixed number of features",
        received: "null",
        hint: "give Input a shape with a fixed last axis",
      });
    }
    this.scale = this.addWeight({ name: "scale", shape: [features], initializer: "glorot_uniform" });
  }

  protected override score(query: Value, key: Value): Value {
    return additive(query, key, undefined, this.scale);
  }
}
