// Convolution layers: plain and transposed. https://keras.io/api/layers/convolution_layers/
import { type Activation, type ActivationIdentifier, getActivation } from "../activations.ts";
import type { Config } from "../json_config.ts";
import { type Constraint, type ConstraintIdentifier, getConstraint } from "../constraints.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { getInitializer, type Initializer, type InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { conv, convTranspose, transposedExtent } from "../ops/convolve.ts";
import { add, reshape } from "../ops/primitives.ts";
import { dilatedSize } from "../ops/extents/window.ts";
import {
  checkName,
  type Padding,
  type PerAxis,
  perAxis,
  positionsAlong,
  refuseStridedDilation,
} from "../ops/spatial.ts";
import { checkPositiveInteger } from "../options.ts";
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { checkDataFormat, type DataFormat } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import { channelAxis, slidShape } from "./windows.ts";
import type { Weight } from "./weight.ts";

/** Options of all convolution layers. */
export interface ConvolutionOptions extends LayerOptions {
  /** Elements from one output to the next; 1 by default. */
  strides?: PerAxis;
  /** `valid` by default. */
  padding?: "valid" | "same";
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat;
  /** Elements from one tap of the kernel to the next; 1 by default, and beside strides unless channels stay apart. */
  dilationRate?: PerAxis;
  /** What the sums are sent through; `linear` by default. */
  activation?: ActivationIdentifier | null;
  /** Whether a bias is added; true by default. */
  useBias?: boolean;
  /** What fills the bias; `zeros` by default. */
  biasInitializer?: InitializerIdentifier;
  /** A penalty on the bias. */
  biasRegularizer?: RegularizerIdentifier | null;
  /** A map that the bias is sent through after each step. */
  biasConstraint?: ConstraintIdentifier | null;
}

/** Options on a kernel that is named so. */
export interface KernelOptions {
  /** What fills the kernel; `glorot_uniform` by default. */
  kernelInitializer?: InitializerIdentifier;
  /** A penalty on the kernel. */
  kernelRegularizer?: RegularizerIdentifier | null;
  /** A map that the kernel is sent through after each step. */
  kernelConstraint?: ConstraintIdentifier | null;
}

const commonOptions = [
  "strides",
  "padding",
  "dataFormat",
  "dilationRate",
  "activation",
  "useBias",
  "biasInitializer",
  "biasRegularizer",
  "biasConstraint",
];
const kernelOptions = ["kernelInitializer", "kernelRegularizer", "kernelConstraint"];

/** What fills a weight, what is asked of it, and what it is sent through. */
export interface WeightSettings {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
}

/** What the options beginning with `prefix` say of a weight. */
export function weightSettings(options: object, prefix: string, byDefault: string, where: string): WeightSettings {
  const given = options as Record<string, never>;
  return {
    initializer: getInitializer(given[`${prefix}Initializer`] ?? byDefault as InitializerIdentifier, where),
    regularizer: getRegularizer(given[`${prefix}Regularizer`], where),
    constraint: getConstraint(given[`${prefix}Constraint`], where),
  };
}

/** The settings of a weight as Keras's config. */
export function serializeSettings(prefix: string, { initializer, regularizer, constraint }: WeightSettings): Config {
  return {
    [`${prefix}_initializer`]: initializer.serialize(),
    [`${prefix}_regularizer`]: regularizer?.serialize() ?? null,
    [`${prefix}_constraint`]: constraint?.serialize() ?? null,
  };
}

/** What all convolution layers have. */
export abstract class Convolution extends Layer {
  /** The extents of the kernel. */
  readonly kernelSize: readonly number[];
  /** Elements from one output to the next. */
  readonly strides: readonly number[];
  /** How far the kernel goes beyond the edges. */
  readonly padding: Padding;
  /** Where the channels are. */
  readonly dataFormat: DataFormat;
  /** Elements from one tap of the kernel to the next. */
  readonly dilationRate: readonly number[];
  /** What the sums are sent through. */
  readonly activation: Activation;
  /** Whether a bias is added. */
  readonly useBias: boolean;
  /** The weights that are added, one for each channel of the output, if there are any. */
  bias: Weight | undefined;
  /** What fills the bias, and what is asked of it. */
  readonly biasSettings: WeightSettings;

  /** Takes the number of spatial axes, the kernel's size, and the options, of which some are those of the class. */
  constructor(
    readonly rank: number,
    kernelSize: PerAxis,
    options: ConvolutionOptions,
    ownOptions: readonly string[],
    paddings: readonly Padding[] = ["valid", "same"],
  ) {
    super(options, [...commonOptions, ...ownOptions]);
    const where = `Cannot make "${this.name}"`;
    this.kernelSize = perAxis(where, "kernelSize", kernelSize, rank);
    this.strides = perAxis(where, "strides", options.strides ?? 1, rank);
    this.dilationRate = perAxis(where, "dilationRate", options.dilationRate ?? 1, rank);
    this.padding = options.padding ?? "valid";
    checkName(where, "padding", this.padding, paddings);
    this.dataFormat = checkDataFormat(options.dataFormat, where);
    this.activation = getActivation(options.activation, where);
    this.useBias = options.useBias ?? true;
    this.biasSettings = weightSettings(options, "bias", "zeros", where);
  }

  /** The channels of the input; throws {@linkcode ShapeError} where they are not fixed. */
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

  /** Makes a kernel by its settings. */
  protected addKernel(name: string, shape: Shape, settings: WeightSettings): Weight {
    return this.addWeight({ name, shape, ...settings });
  }

  /** Makes the bias, if there is one. */
  protected addBias(channels: number): void {
    if (this.useBias) this.bias = this.addWeight({ name: "bias", shape: [channels], ...this.biasSettings });
  }

  /** The convolution without bias and activation. */
  protected abstract convolve(x: Value): Value;

  /** The channels of the output, for those of the input where they are known. */
  protected abstract outputChannels(channels: number | null): number | null;

  /** The activated sums. */
  call(x: Value): Value {
    const sums = this.convolve(x);
    if (!this.bias) return this.activation.call(sums);
    const first = this.dataFormat === "channels_first";
    const bias = first ? reshape(this.bias, [1, -1, ...this.kernelSize.map(() => 1)]) : this.bias;
    return this.activation.call(add(sums, bias));
  }

  /** The spatial extent that one becomes along an axis. */
  protected extentOf(extent: number | null, i: number): number | null {
    return positionsAlong(extent, this.kernelSize[i], this.strides[i], this.dilationRate[i], this.padding);
  }

  /** The shape with as many positions as the kernel has, and the channels of the output. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    const slid = slidShape(this.name, shape, this.dataFormat, this.rank, (extent, i) => this.extentOf(extent, i));
    const axis = channelAxis(this.dataFormat, this.rank);
    slid[axis] = this.outputChannels(shape[axis]);
    return slid;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      kernel_size: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: [...this.dilationRate],
      activation: this.activation.serialize(),
      use_bias: this.useBias,
      ...serializeSettings("bias", this.biasSettings),
      activity_regularizer: this.activityRegularizer?.serialize() ?? null,
    };
  }
}

/** Options of {@linkcode Conv2D} and {@linkcode Conv3D}. */
export interface ConvOptions extends ConvolutionOptions, KernelOptions {
  /** Into how many groups channels fall, each of which sees only its own; 1 by default. */
  groups?: number;
}

/** Options of {@linkcode Conv1D}. */
export interface Conv1DOptions extends Omit<ConvOptions, "padding"> {
  /** `valid` by default; with `causal` an output sees no later step. */
  padding?: Padding;
}

/** Plain convolutions: kernel `[...kernelSize, channels / groups, filters]`. */
export abstract class Conv extends Convolution {
  /** The channels of the output. */
  readonly filters: number;
  /** Into how many groups channels fall. */
  readonly groups: number;
  /** The weights that multiply the input. */
  kernel!: Weight;
  /** What fills the kernel, and what is asked of it. */
  readonly kernelSettings: WeightSettings;

  /** Takes the number of spatial axes, of filters, the kernel's size and the options. */
  constructor(rank: number, filters: number, kernelSize: PerAxis, options: Conv1DOptions) {
    const paddings: Padding[] = rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"];
    super(rank, kernelSize, options as ConvOptions, [...kernelOptions, "groups"], paddings);
    checkPositiveInteger(this.className, "filters", filters);
    const where = `Cannot make "${this.name}"`;
    refuseStridedDilation(where, this.strides, this.dilationRate);
    this.filters = filters;
    this.groups = options.groups ?? 1;
    this.kernelSettings = weightSettings(options, "kernel", "glorot_uniform", where);
    if (Number.isInteger(this.groups) && this.groups > 0 && filters % this.groups === 0) return;
    throw new ValueError({
      what: where,
      rule: `groups must be a positive integer that divides the ${filters} filters`,
      received: `${this.groups}`,
      hint: "choose groups, or filters, so that they divide evenly",
    });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} where the input does not fit. */
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
    this.kernel = this.addKernel("kernel", shape, this.kernelSettings);
    this.addBias(this.filters);
  }

  protected override convolve(x: Value): Value {
    const { strides, padding, dataFormat, dilationRate } = this;
    return conv(x, this.kernel, { strides, padding, dataFormat, dilationRate });
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      groups: this.groups,
      ...serializeSettings("kernel", this.kernelSettings),
    };
  }
}

/** A convolution over steps: `[batch, steps, channels]` gives `[batch, positions, filters]`. */
export class Conv1D extends Conv {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: Conv1DOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * A convolution over images: `[batch, height, width, channels]` gives `[batch, height, width, filters]`, where height
 * and width are those of the kernel's positions.
 *
 * @example Edges of grey images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const image = Input({ shape: [28, 28, 1] });
 * const model = new Sequential([image, new layers.Conv2D(32, 3, { activation: "relu" })]);
 * console.log(model.outputShape, model.countParams()); // [ null, 26, 26, 32 ] 320
 * ```
 */
export class Conv2D extends Conv {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: ConvOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/** A convolution over volumes: `[batch, depth, height, width, channels]` gives as many axes with `filters` channels. */
export class Conv3D extends Conv {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: ConvOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}

/** Options of transposed convolution layers. */
export interface ConvTransposeOptions extends ConvolutionOptions, KernelOptions {
  /** Elements added to each spatial extent of the output, less than the stride; chosen by default. */
  outputPadding?: PerAxis | null;
}

/** Transposed convolutions: kernel `[...kernelSize, filters, channels]`. */
export abstract class ConvTranspose extends Convolution {
  /** The channels of the output. */
  readonly filters: number;
  /** Elements added to each spatial extent of the output. */
  readonly outputPadding: readonly number[] | undefined;
  /** The weights that multiply the input. */
  kernel!: Weight;
  /** What fills the kernel, and what is asked of it. */
  readonly kernelSettings: WeightSettings;

  /** Takes the number of spatial axes, of filters, the kernel's size and the options. */
  constructor(rank: number, filters: number, kernelSize: PerAxis, options: ConvTransposeOptions) {
    super(rank, kernelSize, options, [...kernelOptions, "outputPadding"]);
    checkPositiveInteger(this.className, "filters", filters);
    const where = `Cannot make "${this.name}"`;
    refuseStridedDilation(where, this.strides, this.dilationRate);
    this.filters = filters;
    this.kernelSettings = weightSettings(options, "kernel", "glorot_uniform", where);
    const extra = options.outputPadding ?? undefined;
    this.outputPadding = extra === undefined ? undefined : perAxis(where, "outputPadding", extra, rank, 0);
    if (!this.outputPadding || this.outputPadding.every((n, i) => n < this.strides[i])) return;
    throw new ValueError({
      what: where,
      rule: "outputPadding must be less than the strides",
      received: `outputPadding ${formatShape(this.outputPadding)} and strides ${formatShape(this.strides)}`,
      hint: "leave it out, or make it smaller",
    });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} where the input does not fit. */
  override build(inputShape: SymbolicShape): void {
    const shape = [...this.kernelSize, this.filters, this.channelsOf(inputShape)];
    this.kernel = this.addKernel("kernel", shape, this.kernelSettings);
    this.addBias(this.filters);
  }

  protected override convolve(x: Value): Value {
    const { strides, dataFormat, dilationRate, outputPadding } = this;
    const padding = this.padding as "valid" | "same";
    return convTranspose(x, this.kernel, { strides, padding, dataFormat, dilationRate, outputPadding });
  }

  protected override extentOf(extent: number | null, i: number): number | null {
    if (extent === null) return null;
    const window = dilatedSize(this.kernelSize[i], this.dilationRate[i]);
    return transposedExtent(extent, window, this.strides[i], this.padding as "valid", this.outputPadding?.[i]);
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      output_padding: this.outputPadding ? [...this.outputPadding] : null,
      ...serializeSettings("kernel", this.kernelSettings),
    };
  }
}

/** A transposed convolution over steps: `[batch, steps, channels]` gives more steps, with `filters` channels. */
export class Conv1DTranspose extends ConvTranspose {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(1, filters, kernelSize, options);
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
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/** A transposed convolution over volumes: `[batch, depth, height, width, channels]` gives larger ones. */
export class Conv3DTranspose extends ConvTranspose {
  /** Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} for what is none. */
  constructor(filters: number, kernelSize: PerAxis, options: ConvTransposeOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
