// Convolution layers: plain and transposed. https://keras.io/api/layers/convolution_layers/
import { type ActivationIdentifier, activationOption } from "../activations.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { conv, convTranspose, transposedExtent } from "../ops/convolve.ts";
import { add, reshape } from "../ops/primitives.ts";
import { dilatedSize } from "../ops/extents/window.ts";
import { type Padding, type PerAxis, positionsAlong, refuseStridedDilation } from "../ops/spatial.ts";
import { boolean, choice, maxExtent, positiveInteger } from "../option_kinds.ts";
import { declareBase, declareOptions, nullable, optionTable, positional } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions, noActivityRegularizer, noLora } from "./options.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { type BiasOptions, type KernelOptions, weightOptions, weightSettings } from "./weight_options.ts";
import { channelAxis, perAxisOption, slidShape, windowOption } from "./windows.ts";

/** Options of all convolution layers. */
export interface ConvolutionOptions extends LayerOptions, BiasOptions {
  /** The step of the window; 1 by default. */
  strides?: PerAxis;
  /** `valid` by default. */
  padding?: "valid" | "same";
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /**
   * The distance between taps of the kernel; 1 by default, and with strides unless channels are convolved separately.
   */
  dilationRate?: PerAxis;
  /** The activation function; `linear` by default. */
  activation?: ActivationIdentifier | null;
}

/** The options of all convolution layers with `rank` spatial axes. */
export const convolutionOptions = (rank: number, paddings: readonly Padding[] = ["valid", "same"]) =>
  optionTable<ConvolutionOptions>()({
    ...layerOptions,
    /** The extents of the kernel. */
    kernelSize: positional(windowOption(rank), 1),
    strides: perAxisOption(rank, 1),
    padding: choice(paddings),
    dataFormat: dataFormatOption,
    dilationRate: perAxisOption(rank, 1),
    activation: activationOption(),
    useBias: boolean(true),
    ...weightOptions({ bias: "zeros" }),
    noActivityRegularizer,
    ...noLora,
  });

/** The options, checked and completed. */
export interface Convolution extends LayerFields<ConvolutionOptions, ReturnType<typeof convolutionOptions>> {}

/** The base of all convolution layers. */
export abstract class Convolution extends Layer {
  static {
    declareBase(this);
  }

  /** The number of spatial axes. */
  readonly rank: number = this.kernelSize.length;
  /** The bias, one number per output channel, if used. */
  bias: Weight | undefined;

  /** Takes the options, and the positional arguments by name. */
  constructor(options: LayerOptions, byPosition: object) {
    super(options, byPosition);
    const windows = this.kernelSize.map((size, i) => dilatedSize(size, this.dilationRate[i]));
    if (windows.every((extent) => extent <= maxExtent)) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: `the kernel with the gaps of dilationRate must reach over at most ${maxExtent} elements`,
      received: `kernelSize ${formatShape(this.kernelSize)} and dilationRate ${formatShape(this.dilationRate)}`,
      hint: "choose a smaller dilationRate",
    });
  }

  /** The channels of the input; throws {@linkcode ShapeError} if they are not fixed. */
  protected channelsOf(inputShape: SymbolicShape): number {
    this.computeOutputShape(inputShape);
    const axis = channelAxis(this.dataFormat, this.rank);
    const channels = inputShape[axis];
    if (channels === null) {
      throw new UnknownDimensionError({
        what: `Cannot build "${this.name}"`,
        rule: "the kernel needs a fixed number of channels",
        received: formatShape(inputShape),
        hint: `give Input a shape without null at its ${this.dataFormat === "channels_first" ? "first" : "last"} axis`,
      });
    }
    this.inputSpec = { rank: this.rank + 2, axes: { [axis]: channels } };
    return channels;
  }

  /** Makes the bias, if it is used. */
  protected addBias(channels: number): void {
    if (!this.useBias) return;
    this.bias = this.addWeight({ name: "bias", shape: [channels], ...weightSettings(this, "bias") });
  }

  /** The convolution without bias and activation. */
  protected abstract convolve(x: Value): Value;

  /** The channels of the output, given those of the input, if known. */
  protected abstract outputChannels(channels: number | null): number | null;

  /** The activated sums. */
  call(x: Value): Value {
    const sums = this.convolve(x);
    if (!this.bias) return this.activation.call(sums);
    const first = this.dataFormat === "channels_first";
    const bias = first ? reshape(this.bias, [1, -1, ...this.kernelSize.map(() => 1)]) : this.bias;
    return this.activation.call(add(sums, bias));
  }

  /** The output extent along spatial axis `i`. */
  protected extentOf(extent: number | null, i: number): number | null {
    return positionsAlong(extent, this.kernelSize[i], this.strides[i], this.dilationRate[i], this.padding);
  }

  /** The output shape: the number of kernel positions along each spatial axis, and the output channels. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    const slid = slidShape(this.name, shape, this.dataFormat, this.rank, (extent, i) => this.extentOf(extent, i));
    const axis = channelAxis(this.dataFormat, this.rank);
    slid[axis] = this.outputChannels(shape[axis]);
    return slid;
  }
}

/** Options of {@linkcode Conv2D} and {@linkcode Conv3D}. */
export interface ConvOptions extends ConvolutionOptions, KernelOptions {
  /** The number of groups of channels, each convolved separately; 1 by default. */
  groups?: number;
}

/** Options of {@linkcode Conv1D}. */
export interface Conv1DOptions extends Omit<ConvOptions, "padding"> {
  /** `valid` by default; with `causal` an output sees no later step. */
  padding?: Padding;
}

const convOptions = (rank: number) =>
  optionTable<Conv1DOptions>()({
    ...convolutionOptions(rank, rank === 1 ? ["valid", "same", "causal"] : undefined),
    /** The channels of the output. */
    filters: positional(positiveInteger()),
    groups: positiveInteger(1),
    ...weightOptions({ kernel: "glorot_uniform" }),
  });

/** The options, checked and completed. */
export interface Conv extends LayerFields<Conv1DOptions, ReturnType<typeof convOptions>> {}

/** Plain convolutions: kernel `[...kernelSize, channels / groups, filters]`. */
export abstract class Conv extends Convolution {
  static {
    declareBase(this);
  }

  /** The weights that multiply the input. */
  kernel!: Weight;

  /** Takes the options, and the number of filters and the kernel's size by name. */
  constructor(options: Conv1DOptions, byPosition: object) {
    super(options, byPosition);
    const what = `Cannot make "${this.name}"`;
    refuseStridedDilation(what, this.strides, this.dilationRate);
    if (this.filters % this.groups === 0) return;
    throw new ValueError({
      what,
      rule: `groups must be a positive integer that divides the ${this.filters} filters`,
      received: `${this.groups}`,
      hint: "choose groups, or filters, so that they divide evenly",
    });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} if the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const channels = this.channelsOf(inputShape);
    if (channels % this.groups !== 0) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: `the ${this.groups} groups must divide the input's channels`,
        received: `${channels} channels`,
        hint: "choose groups that divide them",
      });
    }
    const shape = [...this.kernelSize, channels / this.groups, this.filters];
    this.kernel = this.addWeight({ name: "kernel", shape, ...weightSettings(this, "kernel") });
    this.addBias(this.filters);
  }

  protected override convolve(x: Value): Value {
    const { strides, padding, dataFormat, dilationRate } = this;
    return conv(x, this.kernel, { strides, padding, dataFormat, dilationRate });
  }

  protected override outputChannels(): number {
    return this.filters;
  }
}

/** A convolution over steps: `[batch, steps, channels]` gives `[batch, positions, filters]`. */
export class Conv1D extends Conv {
  static {
    declareOptions(this, convOptions(1));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `groups: 1`,
   * `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: Conv1DOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/**
 * A convolution over images: `[batch, height, width, channels]` gives `[batch, positions down, positions across,
 * filters]`.
 *
 * @example Edges of grayscale images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const image = Input({ shape: [28, 28, 1] });
 * const model = new Sequential([image, new layers.Conv2D(32, 3, { activation: "relu" })]);
 * console.log(model.outputShape, model.countParams()); // [ null, 26, 26, 32 ] 320
 * ```
 */
export class Conv2D extends Conv {
  static {
    declareOptions(this, convOptions(2));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `groups: 1`,
   * `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/**
 * A convolution over volumes: `[batch, depth, height, width, channels]` gives as many axes, with `filters` channels.
 */
export class Conv3D extends Conv {
  static {
    declareOptions(this, convOptions(3));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`, `groups: 1`,
   * `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/** Options of transposed convolution layers. */
export interface ConvTransposeOptions extends ConvolutionOptions, KernelOptions {
  /** Elements added to each spatial extent of the output, less than the stride; chosen by default. */
  outputPadding?: PerAxis | null;
}

const convTransposeOptions = (rank: number) =>
  optionTable<ConvTransposeOptions>()({
    ...convolutionOptions(rank),
    /** The channels of the output. */
    filters: positional(positiveInteger()),
    outputPadding: nullable(perAxisOption(rank, undefined, 0)),
    ...weightOptions({ kernel: "glorot_uniform" }),
  });

/** The options, checked and completed. */
export interface ConvTranspose extends LayerFields<ConvTransposeOptions, ReturnType<typeof convTransposeOptions>> {}

/** Transposed convolutions: kernel `[...kernelSize, filters, channels]`. */
export abstract class ConvTranspose extends Convolution {
  static {
    declareBase(this);
  }

  /** How far the kernel reaches beyond the edges. */
  declare readonly padding: "valid" | "same";
  /** The weights that multiply the input. */
  kernel!: Weight;

  /** Takes the options, and the number of filters and the kernel's size by name. */
  constructor(options: ConvTransposeOptions, byPosition: object) {
    super(options, byPosition);
    const what = `Cannot make "${this.name}"`;
    refuseStridedDilation(what, this.strides, this.dilationRate);
    if (!this.outputPadding || this.outputPadding.every((n, i) => n < this.strides[i])) return;
    throw new ValueError({
      what,
      rule: "outputPadding must be less than the strides",
      received: `outputPadding ${formatShape(this.outputPadding)} and strides ${formatShape(this.strides)}`,
      hint: "leave it out, or make it smaller",
    });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} if the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const shape = [...this.kernelSize, this.filters, this.channelsOf(inputShape)];
    this.kernel = this.addWeight({ name: "kernel", shape, ...weightSettings(this, "kernel") });
    this.addBias(this.filters);
  }

  protected override convolve(x: Value): Value {
    const { strides, padding, dataFormat, dilationRate } = this;
    const outputPadding = this.outputPadding ?? undefined;
    return convTranspose(x, this.kernel, { strides, padding, dataFormat, dilationRate, outputPadding });
  }

  protected override extentOf(extent: number | null, i: number): number | null {
    if (extent === null) return null;
    const window = dilatedSize(this.kernelSize[i], this.dilationRate[i]);
    return transposedExtent(extent, window, this.strides[i], this.padding, this.outputPadding?.[i]);
  }

  protected override outputChannels(): number {
    return this.filters;
  }
}

/** A transposed convolution over steps: `[batch, steps, channels]` gives more steps, with `filters` channels. */
export class Conv1DTranspose extends ConvTranspose {
  static {
    declareOptions(this, convTransposeOptions(1));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`,
   * `outputPadding: null`, `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/**
 * A transposed convolution over images: `[batch, height, width, channels]` gives larger images of `filters` channels.
 *
 * @example Twice the height and the width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const up = new layers.Conv2DTranspose(8, 3, { strides: 2, padding: "same" });
 * console.log(new Sequential([Input({ shape: [7, 7, 16] }), up]).outputShape); // [ null, 14, 14, 8 ]
 * ```
 */
export class Conv2DTranspose extends ConvTranspose {
  static {
    declareOptions(this, convTransposeOptions(2));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`,
   * `outputPadding: null`, `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(options, { filters, kernelSize });
  }
}

/** A transposed convolution over volumes: `[batch, depth, height, width, channels]` gives larger ones. */
export class Conv3DTranspose extends ConvTranspose {
  static {
    declareOptions(this, convTransposeOptions(3));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `strides: 1`, `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `activation: null`,
   * `useBias: true`, `biasInitializer: "zeros"`, `biasRegularizer: null`, `biasConstraint: null`,
   * `outputPadding: null`, `kernelInitializer: "glorot_uniform"`, `kernelRegularizer: null`, `kernelConstraint: null`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(options, { filters, kernelSize });
  }
}
