// Convolution layers that convolve channels separately: depthwise and separable.
// https://keras.io/api/layers/convolution_layers/
import type { ConstraintIdentifier } from "../constraints.ts";
import type { InitializerIdentifier } from "../initializers/resolve.ts";
import type { Value } from "../ir/value.ts";
import { depthwiseConv, separableConv } from "../ops/convolve.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareBase, declareOptions, optionTable, positional } from "../options.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import { Convolution, type ConvolutionOptions, convolutionOptions } from "./convolutional.ts";
import type { LayerFields } from "./options.ts";
import type { Weight } from "./weight.ts";
import { weightOptions, weightSettings } from "./weight_options.ts";

/** Options of depthwise convolution layers. */
export interface DepthwiseConvOptions extends ConvolutionOptions {
  /** The number of output channels per input channel; 1 by default. */
  depthMultiplier?: number;
  /** The initializer of the depthwise kernel; `glorot_uniform` by default. */
  depthwiseInitializer?: InitializerIdentifier;
  /** A penalty on the depthwise kernel. */
  depthwiseRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the depthwise kernel, applied after each step. */
  depthwiseConstraint?: ConstraintIdentifier | null;
}

const depthwiseConvOptions = (rank: number) =>
  optionTable<DepthwiseConvOptions>()({
    ...convolutionOptions(rank),
    depthMultiplier: positiveInteger(1),
    ...weightOptions({ depthwise: "glorot_uniform" }),
  });

/** The options, checked and completed. */
export interface DepthwiseConv extends LayerFields<DepthwiseConvOptions, ReturnType<typeof depthwiseConvOptions>> {}

/** Convolves each channel separately: kernel `[...kernelSize, channels, depthMultiplier]`. */
export abstract class DepthwiseConv extends Convolution {
  static {
    declareBase(this);
  }

  /** The weights that multiply the input. */
  kernel!: Weight;

  /** Makes kernel and bias. Throws {@linkcode ShapeError} if the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const channels = this.channelsOf(inputShape);
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    this.kernel = this.addWeight({ name: "kernel", shape, ...weightSettings(this, "depthwise") });
    this.addBias(channels * this.depthMultiplier);
  }

  protected override convolve(x: Value): Value {
    const { strides, dataFormat, dilationRate } = this;
    return depthwiseConv(x, this.kernel, { strides, padding: this.padding, dataFormat, dilationRate });
  }

  protected override outputChannels(channels: number | null): number | null {
    return channels === null ? null : channels * this.depthMultiplier;
  }
}

/** A depthwise convolution over steps: `[batch, steps, channels]` gives `channels * depthMultiplier` channels. */
export class DepthwiseConv1D extends DepthwiseConv {
  static {
    declareOptions(this, depthwiseConvOptions(1));
  }

  /**
   * Takes the kernel's size. Throws {@linkcode ValueError} if it is invalid. Defaults: `strides: 1`,
   * `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`, `useBias: true`,
   * `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `depthMultiplier: 1`,
   * `depthwiseInitializer: "glorot_uniform"`, `depthwiseRegularizer: null`, `depthwiseConstraint: null`.
   */
  constructor(kernelSize: PerAxis, options: DepthwiseConvOptions = {}) {
    super(options, { kernelSize });
  }
}

/**
 * A depthwise convolution over images: `[batch, height, width, channels]` gives `channels * depthMultiplier` channels.
 *
 * @example Two filters per channel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const deep = new layers.DepthwiseConv2D(3, { depthMultiplier: 2, padding: "same" });
 * console.log(new Sequential([Input({ shape: [8, 8, 4] }), deep]).outputShape); // [ null, 8, 8, 8 ]
 * ```
 */
export class DepthwiseConv2D extends DepthwiseConv {
  static {
    declareOptions(this, depthwiseConvOptions(2));
  }

  /**
   * Takes the kernel's size. Throws {@linkcode ValueError} if it is invalid. Defaults: `strides: 1`,
   * `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`, `useBias: true`,
   * `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `depthMultiplier: 1`,
   * `depthwiseInitializer: "glorot_uniform"`, `depthwiseRegularizer: null`, `depthwiseConstraint: null`.
   */
  constructor(kernelSize: PerAxis, options: DepthwiseConvOptions = {}) {
    super(options, { kernelSize });
  }
}

/** Options of separable convolution layers. */
export interface SeparableConvOptions extends DepthwiseConvOptions {
  /** The initializer of the pointwise kernel; `glorot_uniform` by default. */
  pointwiseInitializer?: InitializerIdentifier;
  /** A penalty on the pointwise kernel. */
  pointwiseRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the pointwise kernel, applied after each step. */
  pointwiseConstraint?: ConstraintIdentifier | null;
}

const separableConvOptions = (rank: number) =>
  optionTable<SeparableConvOptions>()({
    ...convolutionOptions(rank),
    /** The channels of the output. */
    filters: positional(positiveInteger()),
    depthMultiplier: positiveInteger(1),
    ...weightOptions({ depthwise: "glorot_uniform" }),
    ...weightOptions({ pointwise: "glorot_uniform" }),
  });

/** The options, checked and completed. */
export interface SeparableConv extends LayerFields<SeparableConvOptions, ReturnType<typeof separableConvOptions>> {}

/**
 * A depthwise convolution, then a pointwise one: kernels `[...kernelSize, channels, depthMultiplier]` and `[...1,
 * channels * depthMultiplier, filters]`.
 */
export abstract class SeparableConv extends Convolution {
  static {
    declareBase(this);
  }

  /** The weights of the depthwise convolution. */
  depthwiseKernel!: Weight;
  /** The weights of the pointwise convolution. */
  pointwiseKernel!: Weight;

  /** Makes both kernels and the bias. Throws {@linkcode ShapeError} if the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const channels = this.channelsOf(inputShape);
    const deep = [...this.kernelSize, channels, this.depthMultiplier];
    const mixing = [...this.kernelSize.map(() => 1), channels * this.depthMultiplier, this.filters];
    const [depthwise, pointwise] = [weightSettings(this, "depthwise"), weightSettings(this, "pointwise")];
    this.depthwiseKernel = this.addWeight({ name: "depthwise_kernel", shape: deep, ...depthwise });
    this.pointwiseKernel = this.addWeight({ name: "pointwise_kernel", shape: mixing, ...pointwise });
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
}

/** A separable convolution over steps: `[batch, steps, channels]` gives `filters` channels. */
export class SeparableConv1D extends SeparableConv {
  static {
    declareOptions(this, separableConvOptions(1));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `depthMultiplier: 1`,
   * `depthwiseInitializer: "glorot_uniform"`, `depthwiseRegularizer: null`, `depthwiseConstraint: null`,
   * `pointwiseInitializer: "glorot_uniform"`, `pointwiseRegularizer: null`, `pointwiseConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: SeparableConvOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/**
 * A separable convolution over images: `[batch, height, width, channels]` gives `filters` channels.
 *
 * @example Far fewer weights than a full convolution
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 32] }), new layers.SeparableConv2D(64, 3)]);
 * console.log(model.countParams()); // 2400
 * ```
 */
export class SeparableConv2D extends SeparableConv {
  static {
    declareOptions(this, separableConvOptions(2));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `depthMultiplier: 1`,
   * `depthwiseInitializer: "glorot_uniform"`, `depthwiseRegularizer: null`, `depthwiseConstraint: null`,
   * `pointwiseInitializer: "glorot_uniform"`, `pointwiseRegularizer: null`, `pointwiseConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: SeparableConvOptions = {}) {
    super(options, { filters, kernelSize });
  }
}
