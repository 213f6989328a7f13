// CategoryEncoding, and how categories become vectors. https://keras.io/api/layers/preprocessing_layers/categorical/
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { bincount } from "../ops/comparing.ts";
import { multiHot, oneHot } from "../ops/composed.ts";
import { cast, minimum, multiply, reshape, sum } from "../ops/primitives.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareOptions, type Option, option, optionTable, positional, unoffered, withFacts } from "../options.ts";
import type { CallContext, LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { PreparingLayer } from "./preparing.ts";

/** How categories become vectors: `one_hot` for each, or `multi_hot` and `count` for those of a sample together. */
export type VectorMode = "one_hot" | "multi_hot" | "count";

/** Names that Keras still takes. */
const formerNames = new Map([["binary", "multi_hot"], ["tf-idf", "tf_idf"]]);

/** The option that says what a layer of categories gives. */
export const outputMode = <const Mode extends string>(modes: readonly Mode[], fallback: NoInfer<Mode>): Option<Mode> =>
  option<Mode>({
    fallback,
    read: (given, { what, option }) => {
      const meant = typeof given === "string" ? formerNames.get(given) ?? given : describe(given);
      const found = modes.find((mode) => mode === meant);
      if (found !== undefined) return found;
      throw unknownIdentifier(option, meant, modes, what);
    },
  });

/** The key for sparse tensors, which there are none of. */
export const noSparse = unoffered(false, "vectors are dense: leave it out, or take outputMode int and an Embedding");

/**
 * Vectors of `depth` numbers for int32 categories, float32, as Keras makes them: an index out of range adds nothing. The
 * last axis of more than two is that of the samples for `one_hot`, and the second one else.
 */
export function encodeCategories(x: Value, mode: VectorMode, depth: number, weights?: Value): Value {
  const rows = x.shape.length === 0 ? reshape(x, [1]) : x;
  const { shape } = rows;
  if (mode === "one_hot") {
    return oneHot(shape.length > 1 && shape.at(-1) === 1 ? reshape(rows, shape.slice(0, -1)) : rows, depth);
  }
  if (shape.length > 2) {
    if (mode === "multi_hot") return multiHot(rows, depth);
    const hits = oneHot(rows, depth);
    return sum(weights ? multiply(hits, reshape(weights, [...weights.shape, 1])) : hits, 1);
  }
  const counts = cast(weights ? bincount(rows, weights, depth) : bincount(rows, undefined, depth), "float32");
  return mode === "multi_hot" ? minimum(counts, 1) : counts;
}

/** Options of {@linkcode CategoryEncoding}. */
export interface CategoryEncodingOptions extends LayerOptions {
  /**
   * `"multi_hot"` (the default): 1 for each category of a sample, else 0; `"count"`: how often each occurs;
   * `"one_hot"`: a vector for each element.
   */
  outputMode?: VectorMode;
}

const categoryEncodingOptions = optionTable<CategoryEncodingOptions>()({
  ...layerOptions,
  numTokens: positional(positiveInteger()),
  outputMode: outputMode(["multi_hot", "one_hot", "count"], "multi_hot"),
  sparse: withFacts(noSparse, { written: "never" }),
});

/** The options, checked and completed. */
export interface CategoryEncoding extends LayerFields<CategoryEncodingOptions, typeof categoryEncodingOptions> {}

/** What a {@linkcode CategoryEncoding} is called with besides its input. */
export interface CategoryContext extends CallContext {
  /** For `outputMode: "count"`: what each element adds to its count, shaped like the input; 1 by default. */
  readonly countWeights?: Value;
}

/**
 * Vectors of categories that are integers from 0 to `numTokens - 1`: `[batch, numTokens]` of `[batch, n]`, float32. As in
 * Keras, other integers add nothing. Called on data it gives a tensor at once.
 *
 * @example Which categories each sample has
 * ```ts
 * import { layers } from "./mod.ts";
 * const encoding = new layers.CategoryEncoding(4);
 * console.log(encoding.apply([[0, 1], [3, 3]]).toArray()); // [ [ 1, 1, 0, 0 ], [ 0, 0, 0, 1 ] ]
 * ```
 */
export class CategoryEncoding extends PreparingLayer {
  static {
    declareOptions(this, categoryEncodingOptions);
  }
  readonly takes = "integers";
  override readonly callArguments = ["countWeights"];

  /**
   * Takes the number of categories. Throws {@linkcode ValueError} unless it is a positive integer. Defaults:
   * `outputMode: "multi_hot"`.
   */
  constructor(numTokens: number, options: CategoryEncodingOptions = {}) {
    super(options, { numTokens });
  }

  /** The vectors. Throws {@linkcode ValueError} for weights where nothing is counted. */
  protected override compute(x: Value, { countWeights }: Partial<CategoryContext>): Value {
    if (countWeights && this.outputMode !== "count") {
      throw new ValueError({
        what: `Cannot call "${this.name}"`,
        rule: 'countWeights go with outputMode "count"',
        received: describe(this.outputMode),
        hint: "leave them out",
      });
    }
    const weights = countWeights && cast(countWeights, "float32");
    return encodeCategories(cast(x, "int32"), this.outputMode, this.numTokens, weights);
  }
}
