// Dense, the fully connected layer. https://keras.io/api/layers/core_layers/dense/
import { type ActivationIdentifier, activationOption } from "../activations.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, matmul } from "../ops/primitives.ts";
import { boolean, positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, positional, unoffered } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions, noLora } from "./options.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { type BiasOptions, type KernelOptions, weightOptions, weightSettings } from "./weight_options.ts";

/** Options of {@linkcode Dense}. */
export interface DenseOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** The activation function; `linear` by default. */
  activation?: ActivationIdentifier | null;
}

const denseOptions = optionTable<DenseOptions>()({
  ...layerOptions,
  /** The extent of the last axis of the output. */
  units: positional(positiveInteger()),
  activation: activationOption(),
  useBias: boolean(true),
  ...weightOptions({ kernel: "glorot_uniform", bias: "zeros" }),
  quantizationConfig: unoffered(null),
  ...noLora,
});

/** The options, checked and completed. */
export interface Dense extends LayerFields<DenseOptions, typeof denseOptions> {}

/**
 * `activation(x . kernel + bias)`: inputs `[batch, ..., n]` give `[batch, ..., units]`; kernel `[n, units]`, bias
 * `[units]`.
 *
 * @example Ten classes from 784 features
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [784] }), new layers.Dense(10, { activation: "softmax" })]);
 * console.log(model.countParams()); // 7850
 * ```
 */
export class Dense extends Layer {
  static {
    declareOptions(this, denseOptions);
  }
  /** The weights that multiply the input, `[n, units]`. */
  kernel!: Weight;
  /** The bias, `[units]`, if used. */
  bias: Weight | undefined;
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults:
   * `activation: null`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `biasInitializer: "zeros"`,
   * `kernelRegularizer: null`, `biasRegularizer: null`, `kernelConstraint: null`, `biasConstraint: null`.
   */
  constructor(units: number, options: DenseOptions = {}) {
    super(options, { units });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} if the extent of the last axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const features = inputShape[inputShape.length - 1];
    const what = `Cannot build "${this.name}"`;
    const received = formatShape(inputShape);
    if (inputShape.length < 2) {
      throw new ShapeError({
        what,
        rule: "the input must have at least two axes, the batch axis included",
        received,
        hint: "give Input a shape with an axis of features, as in Input({ shape: [4] })",
      });
    }
    if (features === null) {
      throw new UnknownDimensionError({
        what,
        rule: "the kernel needs a fixed last axis",
        received,
        hint: "give Input a shape without null, or a GlobalPooling layer in place of Flatten",
      });
    }
    this.kernel = this.addWeight({
      name: "kernel",
      shape: [features, this.units],
      ...weightSettings(this, "kernel"),
    });
    if (this.useBias) {
      this.bias = this.addWeight({ name: "bias", shape: [this.units], ...weightSettings(this, "bias") });
    }
    this.inputSpec = { minRank: 2, lastAxis: features };
  }

  /** The activated sums. */
  call(x: Value): Value {
    const product = matmul(x, this.kernel);
    return this.activation.call(this.bias ? add(product, this.bias) : product);
  }

  /** The input shape with `units` as its last extent. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return [...shape.slice(0, -1), this.units];
  }
}

/**
 * The unchanged input: a placeholder, or a name for a value.
 *
 * @example Two layers of one shape
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * console.log(new Sequential([Input({ shape: [4] }), new layers.Identity()]).outputShape); // [ null, 4 ]
 * ```
 */
export class Identity extends Layer {
  static {
    declareOptions(this, layerOptions);
  }
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /** Takes the options of every layer. */
  constructor(options: LayerOptions = {}) {
    super(options);
  }

  /** The unchanged input. */
  call(x: Value): Value {
    return x;
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}
