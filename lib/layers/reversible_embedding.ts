// ReversibleEmbedding: an embedding whose vectors also project back to scores of the indices.
// https://keras.io/api/layers/core_layers/reversible_embedding/
import type { Value } from "../ir/value.ts";
import { divide, matmul, multiply, tanh, transpose } from "../ops/primitives.ts";
import { boolean, choice, number } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable, required } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { type CallArguments, TensorSpec } from "../tensor/symbolic.ts";
import { Embedding, type EmbeddingOptions, embeddingOptions } from "./embedding.ts";
import type { CallContext, LayerFields } from "./options.ts";
import type { Weight } from "./weight.ts";
import { weightSettings } from "./weight_options.ts";

/** What {@linkcode ReversibleEmbedding} takes besides its input. */
export interface ReversibleContext extends CallContext {
  /** Whether vectors become scores of the indices, in place of indices vectors; false by default. */
  readonly reverse?: boolean;
}

/** Options of {@linkcode ReversibleEmbedding}. */
export interface ReversibleEmbeddingOptions extends EmbeddingOptions {
  /** Whether both directions have the same weights; true by default. */
  tieWeights?: boolean;
  /** The dtype of the scores. */
  reverseDtype?: "float32" | null;
  /** What scores are kept within, by `tanh(scores / cap) * cap`; null, the default, for no limit. */
  logitSoftCap?: number | null;
}

const reversibleOptions = optionTable<ReversibleEmbeddingOptions>()({
  ...embeddingOptions,
  tieWeights: boolean(true),
  reverseDtype: nullable(choice(["float32"], required)),
  logitSoftCap: nullable(number(required, { above: 0 })),
});

/** The options, checked and completed. */
export interface ReversibleEmbedding
  extends LayerFields<Omit<ReversibleEmbeddingOptions, "weights">, Omit<typeof reversibleOptions, "weights">> {}

/**
 * An {@linkcode Embedding} that also works backwards, as language models do at their end: called with `reverse`, vectors
 * `[..., outputDim]` give a score for each index, `[..., inputDim]`, by the same weights. Press and Wolf, 2016.
 *
 * @example Words in, scores of words out
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const words = new layers.ReversibleEmbedding(100, 16);
 * const vectors = words.apply(Input({ shape: [5], dtype: "int32" }));
 * console.log(words.apply(vectors, { reverse: true }).shape, words.countParams()); // [ null, 5, 100 ] 1600
 * ```
 */
export class ReversibleEmbedding extends Embedding {
  static {
    declareOptions(this, reversibleOptions);
  }
  override readonly callArguments: readonly string[] = ["reverse"];
  override readonly supportsMasking: boolean = true;
  /** The weights of the way back, `[outputDim, inputDim]`, unless they are tied. */
  reverseEmbeddings: Weight | undefined;

  /**
   * Takes the number of indices and the length of vectors. Throws {@linkcode ValueError} if one is not positive.
   * Defaults: `embeddingsInitializer: "uniform"`, `embeddingsRegularizer: null`, `embeddingsConstraint: null`,
   * `maskZero: false`, `inputLength: null`, `weights: null`, `tieWeights: true`, `reverseDtype: null`,
   * `logitSoftCap: null`.
   */
  constructor(inputDim: number, outputDim: number, options: ReversibleEmbeddingOptions = {}) {
    super(inputDim, outputDim, options);
  }

  /** Makes the vectors, and the weights of the way back unless they are tied. */
  override build(inputShape: SymbolicShape): void {
    super.build(inputShape);
    if (this.tieWeights) return;
    const { initializer } = weightSettings(this, "embeddings");
    const shape = [this.outputDim, this.inputDim];
    this.reverseEmbeddings = this.addWeight({ name: "reverse_embeddings", shape, initializer });
  }

  /** The vectors of indices, with their mask, or with `reverse` the scores of vectors. */
  override call(x: Value, { reverse = false }: Partial<ReversibleContext> = {}): Value {
    if (!reverse) {
      const vectors = super.call(x);
      vectors.mask = super.computeMask(x);
      return vectors;
    }
    const scores = matmul(x, this.reverseEmbeddings ?? transpose(this.embeddings.value()));
    const cap = this.logitSoftCap;
    return cap === null ? scores : multiply(tanh(divide(scores, cap)), cap);
  }

  /** None: the vectors carry that of their indices, and scores have none. */
  override computeMask(): undefined {
    return undefined;
  }

  /** The shape with `outputDim` appended, or with `reverse` with `inputDim` in place of the last extent. */
  override computeOutputSpec({ positional: [x], named }: CallArguments<TensorSpec>): TensorSpec {
    const { shape } = x as TensorSpec;
    const reversed: SymbolicShape = [...shape.slice(0, -1), this.inputDim];
    return new TensorSpec(named.reverse === true ? reversed : this.computeOutputShape(shape), this.computeDtype);
  }
}
