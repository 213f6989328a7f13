// Embedding: a trained vector for each index. https://keras.io/api/layers/core_layers/embedding/
import type { Config } from "../json_config.ts";
import { type Constraint, type ConstraintIdentifier, getConstraint } from "../constraints.ts";
import { getInitializer, type Initializer, type InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/ops.ts";
import { cast, gather } from "../ops/primitives.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import type { Weight } from "./weight.ts";

/** Options of {@linkcode Embedding}. */
export interface EmbeddingOptions extends Omit<LayerOptions, "inputDim"> {
  /** What fills the vectors; `uniform` by default, from -0.05 to 0.05. */
  embeddingsInitializer?: InitializerIdentifier;
  /** A penalty on the vectors. */
  embeddingsRegularizer?: RegularizerIdentifier | null;
  /** A map that the vectors are sent through after each step. */
  embeddingsConstraint?: ConstraintIdentifier | null;
  /** Whether index 0 is padding: the output then has a mask that leaves it out. False by default. */
  maskZero?: boolean;
  /** How many indices a sample has, as Keras 2 had it; `inputShape: [inputLength]` says the same. */
  inputLength?: number | null;
  /** The first vectors, `[inputDim, outputDim]`, in place of what an initializer gives. */
  weights?: TensorLike;
}

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
  /** The number of indices. */
  readonly inputDim: number;
  /** The length of each vector. */
  readonly outputDim: number;
  /** What fills the vectors. */
  readonly embeddingsInitializer: Initializer;
  /** The penalty on the vectors, if any. */
  readonly embeddingsRegularizer: Regularizer | null;
  /** The map that the vectors are sent through after each step, if any. */
  readonly embeddingsConstraint: Constraint | null;
  /** Whether index 0 is padding. */
  readonly maskZero: boolean;
  /** The vectors, `[inputDim, outputDim]`. */
  embeddings!: Weight;
  override readonly supportsMasking: boolean;
  readonly #first: TensorLike | undefined;

  /** Takes the number of indices and the length of vectors. Throws {@linkcode ValueError} where one is not positive. */
  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    checkPositiveInteger("Embedding", "inputDim", inputDim);
    checkPositiveInteger("Embedding", "outputDim", outputDim);
    const { inputLength } = options;
    super(typeof inputLength === "number" ? { inputShape: [inputLength], ...options } : options, [
      "embeddingsInitializer",
      "embeddingsRegularizer",
      "embeddingsConstraint",
      "maskZero",
      "inputLength",
      "weights",
    ]);
    const where = `Cannot make "${this.name}"`;
    this.inputDim = inputDim;
    this.outputDim = outputDim;
    this.embeddingsInitializer = getInitializer(options.embeddingsInitializer ?? "uniform", where);
    this.embeddingsRegularizer = getRegularizer(options.embeddingsRegularizer, where);
    this.embeddingsConstraint = getConstraint(options.embeddingsConstraint, where);
    this.maskZero = options.maskZero ?? false;
    this.supportsMasking = this.maskZero;
    this.#first = options.weights;
  }

  /** Makes the vectors. Throws {@linkcode ShapeError} where those given have another shape. */
  override build(): void {
    this.embeddings = this.addWeight({
      name: "embeddings",
      shape: [this.inputDim, this.outputDim],
      initializer: this.embeddingsInitializer,
      regularizer: this.embeddingsRegularizer,
      constraint: this.embeddingsConstraint,
    });
    if (this.#first !== undefined) this.setWeights([this.#first]);
  }

  /** The vectors of the indices; an index outside gives NaN, where `fit` and its like do not find it in the data. */
  call(x: Value): Value {
    return gather(this.embeddings, cast(x, "int32"));
  }

  /** True where the index is not 0, if that is padding. */
  override computeMask(x: Value): Value | undefined {
    return this.maskZero ? ops.notEqual(x, 0) : undefined;
  }

  /** The shape with an axis of `outputDim` at its end. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return [...shape, this.outputDim];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      input_dim: this.inputDim,
      output_dim: this.outputDim,
      embeddings_initializer: this.embeddingsInitializer.serialize(),
      embeddings_regularizer: this.embeddingsRegularizer?.serialize() ?? null,
      activity_regularizer: this.activityRegularizer?.serialize() ?? null,
      embeddings_constraint: this.embeddingsConstraint?.serialize() ?? null,
      mask_zero: this.maskZero,
      quantization_config: null,
    };
  }
}
