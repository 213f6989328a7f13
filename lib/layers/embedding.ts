// Embedding: a trained vector for each index. https://keras.io/api/layers/core_layers/embedding/
import { type ConstraintIdentifier, constraintOption } from "../constraints.ts";
import { type InitializerIdentifier, initializerOption } from "../initializers/resolve.ts";
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/ops.ts";
import { cast, gather } from "../ops/primitives.ts";
import { boolean, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, option, optionTable, positional, unoffered, withFacts } from "../options.ts";
import { type RegularizerIdentifier, regularizerOption } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { inputExtent, type LayerFields, layerOptions, noActivityRegularizer, noLora } from "./options.ts";
import type { Weight } from "./weight.ts";
import { weightSettings } from "./weight_options.ts";

/** Options of {@linkcode Embedding}. */
export interface EmbeddingOptions extends Omit<LayerOptions, "inputDim"> {
  /** The initializer of the vectors; `uniform` by default, from -0.05 to 0.05. */
  embeddingsInitializer?: InitializerIdentifier;
  /** A penalty on the vectors. */
  embeddingsRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the vectors, applied after each step. */
  embeddingsConstraint?: ConstraintIdentifier | null;
  /** Whether index 0 is padding; the output then has a mask that excludes it. False by default. */
  maskZero?: boolean;
  /** The number of indices per sample, as in Keras 2; `inputShape: [inputLength]` does the same. */
  inputLength?: number | null;
  /** The initial vectors, `[inputDim, outputDim]`, in place of an initializer. */
  weights?: TensorLike | null;
}

const firstVectors = option<Tensor>({
  read: (given, { whatNamed, option }) => toTensor(given as TensorLike, whatNamed, option, "float32"),
});

/** The options of embeddings. */
export const embeddingOptions = optionTable<EmbeddingOptions>()({
  ...layerOptions,
  /** The number of indices. */
  inputDim: positional(positiveInteger()),
  /** The length of each vector. */
  outputDim: positional(positiveInteger()),
  embeddingsInitializer: initializerOption("uniform"),
  embeddingsRegularizer: regularizerOption(),
  noActivityRegularizer,
  embeddingsConstraint: constraintOption(),
  maskZero: boolean(false),
  inputLength: inputExtent,
  // Layers already have a property `weights`, so the option has another field.
  weights: withFacts(nullable(firstVectors), { field: "firstVectors", written: "never" }),
  quantizationConfig: unoffered(null),
  ...noLora,
});

/** The options, checked and completed. */
export interface Embedding
  extends LayerFields<Omit<EmbeddingOptions, "weights">, Omit<typeof embeddingOptions, "weights">> {}

/**
 * A trained vector for each index: `[...]` of integers from 0 to `inputDim - 1` gives `[..., outputDim]`.
 *
 * @example Words as vectors
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [20], dtype: "int32" }), new layers.Embedding(1000, 16)]);
 * console.log(model.outputShape, model.countParams()); // [ null, 20, 16 ] 16000
 * ```
 */
export class Embedding extends Layer {
  /** False: vectors are cast, not the whole table. */
  override readonly autocast: boolean = false;
  static {
    declareOptions(this, embeddingOptions);
  }
  /** The vectors, `[inputDim, outputDim]`. */
  embeddings!: Weight;
  override readonly supportsMasking: boolean = this.maskZero;
  /** The initial vectors, if given. */
  declare protected readonly firstVectors: Tensor | null;

  /**
   * Takes the number of indices and the length of vectors. Throws {@linkcode ValueError} if one is not positive.
   * Defaults: `embeddingsInitializer: "uniform"`, `embeddingsRegularizer: null`, `embeddingsConstraint: null`,
   * `maskZero: false`, `inputLength: null`, `weights: null`.
   */
  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    super(options, { inputDim, outputDim });
  }

  /** Makes the vectors. Throws {@linkcode ShapeError} if given ones have another shape. */
  override build(_inputShape: SymbolicShape): void {
    this.embeddings = this.addWeight({
      name: "embeddings",
      shape: [this.inputDim, this.outputDim],
      ...weightSettings(this, "embeddings"),
    });
    if (this.firstVectors) this.setWeights([this.firstVectors]);
  }

  /** The vectors of the indices; an index out of range gives NaN, unless `fit` and the like find it in the data. */
  call(x: Value): Value {
    return gather(this.embeddings, cast(x, "int32"));
  }

  /** True where the index is not 0, if that is padding. */
  override computeMask(x: Value): Value | undefined {
    return this.maskZero ? ops.notEqual(x, 0) : undefined;
  }

  /** The shape with `outputDim` appended. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return [...shape, this.outputDim];
  }
}
