// Convolution layers of each channel by itself: depthwise, and separable. https://keras.io/api/layers/convolution_layers/
import type { Config } from "../json_config.ts";
import type { ConstraintIdentifier } from "../constraints.ts";
import type { InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { depthwiseConv, separableConv } from "../ops/convolve.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import {
  Convolution,
  type ConvolutionOptions,
  serializeSettings,
  type WeightSettings,
  weightSettings,
} from "./convolutional.ts";
import type { Weight } from "./weight.ts";

/** Options of depthwise convolution layers. */
export interface DepthwiseConvOptions extends ConvolutionOptions {
  /** How many channels each channel gives; 1 by default. */
  depthMultiplier?: number;
  /** What fills the depthwise kernel; `glorot_uniform` by default. */
  depthwiseInitializer?: InitializerIdentifier;
  /** A penalty on the depthwise kernel. */
  depthwiseRegularizer?: RegularizerIdentifier | null;
  /** A map that the depthwise kernel is sent through after each step. */
  depthwiseConstraint?: ConstraintIdentifier | null;
}

const depthwiseOptions = ["depthMultiplier", "depthwiseInitializer", "depthwiseRegularizer", "depthwiseConstraint"];

/** Convolutions of each channel by itself: kernel `[...kernelSize, channels, depthMultiplier]`. */
export abstract class DepthwiseConv extends Convolution {
  /** How many channels each channel gives. */
  readonly depthMultiplier: number;
  /** The weights that multiply the input. */
  kernel!: Weight;
  /** What fills the kernel, and what is asked of it. */
  readonly depthwiseSettings: WeightSettings;

  /** Takes the number of spatial axes, the kernel's size and the options. */
  constructor(rank: number, kernelSize: PerAxis, options: DepthwiseConvOptions) {
    super(rank, kernelSize, options, depthwiseOptions);
    this.depthMultiplier = options.depthMultiplier ?? 1;
    checkPositiveInteger(this.className, "depthMultiplier", this.depthMultiplier);
    this.depthwiseSettings = weightSettings(options, "depthwise", "glorot_uniform", `Cannot make "${this.name}"`);
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} where the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const channels = this.channelsOf(inputShape);
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    this.kernel = this.addKernel("kernel", shape, this.depthwiseSettings);
    this.addBias(channels * this.depthMultiplier);
  }

  protected override convolve(x: Value): Value {
    const { strides, dataFormat, dilationRate } = this;
    return depthwiseConv(x, this.kernel, { strides, padding: this.padding, dataFormat, dilationRate });
  }

  protected override outputChannels(channels: number | null): number | null {
    return channels === null ? null : channels * this.depthMultiplier;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      depth_multiplier: this.depthMultiplier,
      ...serializeSettings("depthwise", this.depthwiseSettings),
    };
  }
}

/** A convolution of each channel over steps: `[batch, steps, channels]` gives `channels * depthMultiplier` channels. */
export class DepthwiseConv1D extends DepthwiseConv {
  /** Takes the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(kernelSize: PerAxis, options: DepthwiseConvOptions = {}) {
    super(1, kernelSize, options);
  }
}

/**
 * A convolution of each channel over images: `[batch, height, width, channels]` gives `channels * depthMultiplier`
 * channels.
 *
 * @example Two filters for each channel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const deep = new layers.DepthwiseConv2D(3, { depthMultiplier: 2, padding: "same" });
 * console.log(new Sequential([Input({ shape: [8, 8, 4] }), deep]).outputShape); // [ null, 8, 8, 8 ]
 * ```
 */
export class DepthwiseConv2D extends DepthwiseConv {
  /** Takes the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(kernelSize: PerAxis, options: DepthwiseConvOptions = {}) {
    super(2, kernelSize, options);
  }
}

/** Options of separable convolution layers. */
export interface SeparableConvOptions extends DepthwiseConvOptions {
  /** What fills the pointwise kernel; `glorot_uniform` by default. */
  pointwiseInitializer?: InitializerIdentifier;
  /** A penalty on the pointwise kernel. */
  pointwiseRegularizer?: RegularizerIdentifier | null;
  /** A map that the pointwise kernel is sent through after each step. */
  pointwiseConstraint?: ConstraintIdentifier | null;
}

/**
 * A convolution of each channel by itself, then one of single elements: kernels `[...kernelSize, channels,
 * depthMultiplier]` and `[...1, channels * depthMultiplier, filters]`.
 */
export abstract class SeparableConv extends Convolution {
  /** The channels of the output. */
  readonly filters: number;
  /** How many channels each channel gives on the way. */
  readonly depthMultiplier: number;
  /** The weights of each channel. */
  depthwiseKernel!: Weight;
  /** The weights that mix channels. */
  pointwiseKernel!: Weight;
  /** What fills the depthwise kernel, and what is asked of it. */
  readonly depthwiseSettings: WeightSettings;
  /** What fills the pointwise kernel, and what is asked of it. */
  readonly pointwiseSettings: WeightSettings;

  /** Takes the number of spatial axes, of filters, the kernel's size and the options. */
  constructor(rank: number, filters: number, kernelSize: PerAxis, options: SeparableConvOptions) {
    const pointwise = ["pointwiseInitializer", "pointwiseRegularizer", "pointwiseConstraint"];
    super(rank, kernelSize, options, [...depthwiseOptions, ...pointwise]);
    const where = `Cannot make "${this.name}"`;
    checkPositiveInteger(this.className, "filters", filters);
    this.filters = filters;
    this.depthMultiplier = options.depthMultiplier ?? 1;
    checkPositiveInteger(this.className, "depthMultiplier", this.depthMultiplier);
    this.depthwiseSettings = weightSettings(options, "depthwise", "glorot_uniform", where);
    this.pointwiseSettings = weightSettings(options, "pointwise", "glorot_uniform", where);
  }

  /** Makes both kernels and the bias. Throws {@linkcode ShapeError} where the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const channels = this.channelsOf(inputShape);
    const deep = [...this.kernelSize, channels, this.depthMultiplier];
    const mixing = [...this.kernelSize.map(() => 1), channels * this.depthMultiplier, this.filters];
    this.depthwiseKernel = this.addKernel("depthwise_kernel", deep, this.depthwiseSettings);
    this.pointwiseKernel = this.addKernel("pointwise_kernel", mixing, this.pointwiseSettings);
    this.addBias(this.filters);
  }

  protected override convolve(x: Value): Value {
    const { strides, padding, dataFormat, dilationRate } = this;
    const options = { strides, padding, dataFormat, dilationRate };
    return separableConv(x, this.depthwiseKernel, this.pointwiseKernel, options);
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      depth_multiplier: this.depthMultiplier,
      ...serializeSettings("depthwise", this.depthwiseSettings),
      ...serializeSettings("pointwise", this.pointwiseSettings),
    };
  }
}

/** A separable convolution over steps: `[batch, steps, channels]` gives `filters` channels. */
export class SeparableConv1D extends SeparableConv {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: SeparableConvOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * A separable convolution over images: `[batch, height, width, channels]` gives `filters` channels.
 *
 * @example Far fewer weights than a plain one
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 32] }), new layers.SeparableConv2D(64, 3)]);
 * console.log(model.countParams()); // 2400
 * ```
 */
export class SeparableConv2D extends SeparableConv {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: SeparableConvOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}
