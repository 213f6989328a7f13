// ConvLSTM: LSTM whose products are convolutions. https://keras.io/api/layers/recurrent_layers/conv_lstm2d/
import type { Value } from "../ir/value.ts";
import { conv } from "../ops/convolve.ts";
import { add, reshape } from "../ops/primitives.ts";
import { type PerAxis, positionsAlong, refuseStridedDilation } from "../ops/spatial.ts";
import { boolean, choice, positiveInteger } from "../option_kinds.ts";
import { declareBase, declareOptions, optionTable, positional } from "../options.ts";
import { regularizerOption } from "../regularizers.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { type Cell, type PreparedCell, zeros } from "./cell.ts";
import { cellOptions, declareCellFields, ofCell } from "./cell_options.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { forgetBias, type LSTMCellOptions, lstmStep } from "./lstm.ts";
import type { LayerFields } from "./options.ts";
import { gatedCellOptions, RecurrentCell } from "./recurrent_cell.ts";
import { Recurrent, type RecurrentOptions, recurrentOptions } from "./rnn.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { weightSettings } from "./weight_options.ts";
import { channelAxis, perAxisOption, slidShape, windowOption } from "./windows.ts";

/** Options of {@linkcode ConvLSTM1D}, {@linkcode ConvLSTM2D} and {@linkcode ConvLSTM3D}. */
export interface ConvLSTMOptions extends LSTMCellOptions, RecurrentOptions {
  /** The step of the window over the input; 1 by default. */
  strides?: PerAxis;
  /** `valid` by default; states are always convolved with `same`. */
  padding?: "valid" | "same";
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /** The distance between taps of the kernel on the input; 1 by default, and with strides. */
  dilationRate?: PerAxis;
}

type ConvLSTMCellOptions =
  & LSTMCellOptions
  & Pick<ConvLSTMOptions, "strides" | "padding" | "dataFormat" | "dilationRate">;

const convLSTMCellOptions = (rank: number) =>
  optionTable<ConvLSTMCellOptions>()({
    ...gatedCellOptions,
    /** The channels of the output. */
    filters: positional(positiveInteger()),
    /** The extents of the kernel. */
    kernelSize: positional(windowOption(rank), 1),
    strides: perAxisOption(rank, 1),
    padding: choice(["valid", "same"]),
    dataFormat: dataFormatOption,
    dilationRate: perAxisOption(rank, 1),
    unitForgetBias: boolean(true),
  });

interface ConvLSTMCell extends LayerFields<ConvLSTMCellOptions, ReturnType<typeof convLSTMCellOptions>> {}

/** One step of a {@linkcode ConvLSTM}. */
class ConvLSTMCell extends RecurrentCell {
  protected override readonly roundsOnce = true;
  /** The number of spatial axes. */
  readonly rank: number = this.kernelSize.length;
  #stepShape: SymbolicShape = [];

  constructor(filters: number, kernelSize: PerAxis, options: ConvLSTMCellOptions = {}) {
    super(options, { filters, kernelSize });
    refuseStridedDilation(`Cannot make "${this.name}"`, this.strides, this.dilationRate);
  }

  get stateSize(): readonly number[] {
    return [this.filters, this.filters];
  }

  /** States of zeros with the extents of the output. */
  getInitialState(batchSize: number): Value[] {
    const shape = this.stateShape([batchSize, ...this.#stepShape.slice(1)]) as Shape;
    return [zeros(shape), zeros(shape)];
  }

  override build(inputShape: SymbolicShape): void {
    this.stateShape(inputShape);
    if (inputShape.slice(1).includes(null)) {
      throw new UnknownDimensionError({
        what: `Cannot build "${this.name}"`,
        rule: "images must have fixed extents and a fixed number of channels",
        received: formatShape(inputShape),
        hint: "give Input a shape with null for the steps alone",
      });
    }
    const { rank, kernelSize, filters, biasInitializer } = this;
    const channels = inputShape[channelAxis(this.dataFormat, rank)]!;
    const shape = [...kernelSize, channels, 4 * filters];
    this.kernel = this.addWeight({ name: "kernel", shape, ...weightSettings(this, "kernel") });
    this.recurrentKernel = this.addWeight({
      name: "recurrent_kernel",
      shape: [...kernelSize, filters, 4 * filters],
      ...weightSettings(this, "recurrent"),
    });
    if (this.useBias) {
      const initializer = this.unitForgetBias ? forgetBias(biasInitializer, filters) : biasInitializer;
      this.bias = this.addWeight({ name: "bias", shape: [4 * filters], ...weightSettings(this, "bias"), initializer });
    }
    this.#stepShape = inputShape;
  }

  override prepare(stepShape: Shape, training: boolean): PreparedCell {
    const { inputs, recur } = this.gateProducts(stepShape, this.stateShape(stepShape) as Shape, 4, training);
    const first = this.dataFormat === "channels_first";
    const bias = this.bias && first ? reshape(this.bias, [-1, ...this.kernelSize.map(() => 1)]) : this.bias;
    return {
      outputIsState: true,
      inputs: (x) => (bias ? add(inputs(x), bias) : inputs(x)),
      step: (x, [h, c]) => lstmStep(add(x, recur(h)), c, this.gateAxis, this),
    };
  }

  protected override inputProduct(x: Value, kernel: Weight | Value): Value {
    const { strides, padding, dataFormat, dilationRate, rank } = this;
    const image = x.shape.slice(-rank - 1);
    const lead = x.shape.slice(0, -rank - 1);
    const images = lead.length > 1 ? reshape(x, [-1, ...image]) : x;
    const y = conv(images, kernel, { strides, padding, dataFormat, dilationRate });
    return reshape(y, [...lead, ...y.shape.slice(1)]);
  }

  protected override stateProduct(h: Value, kernel: Weight | Value): Value {
    return conv(h, kernel, { padding: "same", dataFormat: this.dataFormat });
  }

  protected override get gateAxis(): number {
    return this.dataFormat === "channels_first" ? -this.rank - 1 : -1;
  }

  protected override get choicesPerGate(): boolean {
    return true;
  }

  override stateShape(shape: SymbolicShape): SymbolicShape {
    const { kernelSize, strides, dilationRate, padding, dataFormat, rank } = this;
    const slid = slidShape(
      this.name,
      shape,
      dataFormat,
      rank,
      (extent, i) => positionsAlong(extent, kernelSize[i], strides[i], dilationRate[i], padding),
    );
    slid[channelAxis(dataFormat, rank)] = this.filters;
    return slid;
  }
}

/** The cells by the number of their spatial axes. */
const cells = [1, 2, 3].map((rank) =>
  class extends ConvLSTMCell {
    static {
      declareOptions(this, convLSTMCellOptions(rank));
    }
  }
);

const convLSTMOptions = (rank: number) =>
  optionTable<ConvLSTMOptions>()({
    ...ofCell(convLSTMCellOptions(rank)),
    ...recurrentOptions,
    activityRegularizer: regularizerOption(),
  });

/** The options, checked and completed. */
export interface ConvLSTM<State extends boolean = boolean>
  extends Omit<LayerFields<ConvLSTMOptions, ReturnType<typeof convLSTMOptions>>, "returnState"> {}

/**
 * The base of {@linkcode ConvLSTM1D} and its kin: {@linkcode LSTM} whose products are convolutions: kernel `[...kernelSize,
 * channels, 4 * filters]`, recurrent kernel `[...kernelSize, filters, 4 * filters]`. Shi et al., 2015.
 */
export abstract class ConvLSTM<State extends boolean = boolean> extends Recurrent<State> {
  static {
    declareBase(this);
    declareCellFields(this, cells[0]);
  }
  readonly #cell: ConvLSTMCell;
  /** The layer that computes a step. */
  readonly cell: Cell;

  /** Takes the number of spatial axes, and what the layers of that number take. */
  constructor(rank: number, filters: number, kernelSize: PerAxis, options: ConvLSTMOptions) {
    super(options, { filters, kernelSize });
    const CellClass = cells[rank - 1];
    const ofCell = cellOptions<ConvLSTMCellOptions>(CellClass, options, "conv_lstm_cell");
    this.cell = this.#cell = new CellClass(filters, kernelSize, ofCell);
  }

  protected override outputShape(step: SymbolicShape): SymbolicShape {
    return this.#cell.stateShape(step);
  }

  protected override stateShapes(step: SymbolicShape): SymbolicShape[] {
    return [this.#cell.stateShape(step), this.#cell.stateShape(step)];
  }
}

/** A {@linkcode ConvLSTM2D} over rows: `[batch, steps, positions, channels]`. */
export class ConvLSTM1D<const State extends boolean = false> extends ConvLSTM<State> {
  static {
    declareOptions(this, convLSTMOptions(1));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `seed: null`, `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`,
   * `recurrentInitializer: "orthogonal"`, `biasInitializer: "zeros"`, `kernelRegularizer: null`,
   * `recurrentRegularizer: null`, `biasRegularizer: null`, `kernelConstraint: null`, `recurrentConstraint: null`,
   * `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`, `recurrentActivation: "sigmoid"`, `strides: 1`,
   * `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `unitForgetBias: true`,
   * `returnSequences: false`, `returnState: false`, `goBackwards: false`, `stateful: false`, `unroll: false`,
   * `zeroOutputForMask: false`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvLSTMOptions & { returnState?: State } = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * LSTM over films `[batch, steps, height, width, channels]`, whose products are convolutions.
 *
 * @example The next image of a film
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const film = Input({ shape: [10, 8, 8, 1] });
 * const model = new Sequential([film, new layers.ConvLSTM2D(4, 3, { padding: "same" })]);
 * console.log(model.outputShape); // [ null, 8, 8, 4 ]
 * ```
 */
export class ConvLSTM2D<const State extends boolean = false> extends ConvLSTM<State> {
  static {
    declareOptions(this, convLSTMOptions(2));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `seed: null`, `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`,
   * `recurrentInitializer: "orthogonal"`, `biasInitializer: "zeros"`, `kernelRegularizer: null`,
   * `recurrentRegularizer: null`, `biasRegularizer: null`, `kernelConstraint: null`, `recurrentConstraint: null`,
   * `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`, `recurrentActivation: "sigmoid"`, `strides: 1`,
   * `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `unitForgetBias: true`,
   * `returnSequences: false`, `returnState: false`, `goBackwards: false`, `stateful: false`, `unroll: false`,
   * `zeroOutputForMask: false`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvLSTMOptions & { returnState?: State } = {}) {
    super(2, filters, kernelSize, options);
  }
}

/** A {@linkcode ConvLSTM2D} over volumes: `[batch, steps, depth, height, width, channels]`. */
export class ConvLSTM3D<const State extends boolean = false> extends ConvLSTM<State> {
  static {
    declareOptions(this, convLSTMOptions(3));
  }

  /**
   * Takes the number of filters and the kernel's size. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `seed: null`, `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`,
   * `recurrentInitializer: "orthogonal"`, `biasInitializer: "zeros"`, `kernelRegularizer: null`,
   * `recurrentRegularizer: null`, `biasRegularizer: null`, `kernelConstraint: null`, `recurrentConstraint: null`,
   * `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`, `recurrentActivation: "sigmoid"`, `strides: 1`,
   * `padding: "valid"`, `dataFormat: "channels_last"`, `dilationRate: 1`, `unitForgetBias: true`,
   * `returnSequences: false`, `returnState: false`, `goBackwards: false`, `stateful: false`, `unroll: false`,
   * `zeroOutputForMask: false`.
   */
  constructor(filters: number, kernelSize: PerAxis, options: ConvLSTMOptions & { returnState?: State } = {}) {
    super(3, filters, kernelSize, options);
  }
}
