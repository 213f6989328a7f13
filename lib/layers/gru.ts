// GRU: gated recurrent units. https://keras.io/api/layers/recurrent_layers/gru/
import type { Value } from "../ir/value.ts";
import { split } from "../ops/arranging.ts";
import { add, matmul, multiply, reshape, slice, subtract } from "../ops/primitives.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { regularizerOption } from "../regularizers.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import { type PreparedCell, type Step, zeros } from "./cell.ts";
import { cellOptions, declareCellFields, ofCell } from "./cell_options.ts";
import type { LayerFields } from "./options.ts";
import { DenseCell, type GatedCellOptions, gatedCellOptions, recurrenceOf, unitsOption } from "./recurrent_cell.ts";
import { Recurrent, type RecurrentOptions, recurrentOptions } from "./rnn.ts";

/** Options of {@linkcode GRUCell}. */
export interface GRUCellOptions extends GatedCellOptions {
  /** Whether the reset gate multiplies the product of state and kernel, or the state before it; true by default. */
  resetAfter?: boolean;
}

const gruCellOptions = optionTable<GRUCellOptions>()({
  ...gatedCellOptions,
  ...unitsOption,
  resetAfter: boolean(true),
});

/** The options, checked and completed. */
export interface GRUCell extends LayerFields<GRUCellOptions, typeof gruCellOptions> {}

/**
 * One step of {@linkcode GRU}: takes the input `[batch, n]` and the state `h`, and returns `[h, h]`, the output and the
 * next state, each `[batch, units]`.
 *
 * @example As the cell of an RNN
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.RNN(new layers.GRUCell(4))]);
 * console.log(model.outputShape); // [ null, 4 ]
 * ```
 */
export class GRUCell extends DenseCell {
  static {
    declareOptions(this, gruCellOptions);
  }

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `seed: null`,
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`,
   * `recurrentActivation: "sigmoid"`, `resetAfter: true`.
   */
  constructor(units: number, options: GRUCellOptions = {}) {
    super(options, { units });
  }

  /** The features of the state. */
  get stateSize(): number {
    return this.units;
  }

  /** Makes kernels and bias. Throws {@linkcode ShapeError} if the extent of the last axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const columns = 3 * this.units;
    this.addWeights(inputShape, 3, { shape: this.resetAfter ? [2, columns] : [columns] });
  }

  /** The cell for a sequence whose steps have inputs of a shape. */
  override prepare(stepShape: Shape, training: boolean): PreparedCell {
    const { inputs, recur, masks } = this.gateProducts(stepShape, [stepShape[0], this.units], 3, training);
    const [inputBias, stateBias] = this.#biases();
    const sums = this.resetAfter
      ? (h: Value) => split(stateBias ? add(recur(h), stateBias) : recur(h), 3, -1)
      : undefined;
    const recurrence = sums && recurrenceOf(this, "gru", masks, this.recurrentActivation);
    return {
      recurrence: recurrence && { ...recurrence, bias: stateBias ?? zeros([3 * this.units]) },
      outputIsState: true,
      inputs: (x) => (inputBias ? add(inputs(x), inputBias) : inputs(x)),
      step: sums ? (x, [h]) => this.#stepAfter(x, h, sums(h)) : this.#stepBefore(masks),
    };
  }

  /** The biases of input and state, if used. */
  #biases(): readonly (Value | undefined)[] {
    if (!this.bias) return [];
    const bias = this.bias.value();
    return this.resetAfter ? split(bias, 2, 0).map((row) => reshape(row, [-1])) : [bias];
  }

  /** A step whose reset gate multiplies the product of state and kernel. */
  #stepAfter(x: Value, h: Value, [stateZ, stateR, stateH]: readonly Value[]): Step {
    const [xZ, xR, xH] = split(x, 3, -1);
    const gate = this.recurrentActivation.call;
    const r = gate(add(xR, stateR));
    return this.#mixed(gate(add(xZ, stateZ)), h, add(xH, multiply(r, stateH)));
  }

  /** Steps whose reset gate multiplies the state before its product with the kernel. */
  #stepBefore(masks: readonly Value[]): PreparedCell["step"] {
    const { units } = this;
    const kernel = this.recurrentKernel.value();
    const part = (from: number, count: number) => slice(kernel, [0, from * units], [units, count * units]);
    const [kernels, kernelH] = [masks.length > 0 ? [part(0, 1), part(1, 1)] : [part(0, 2)], part(2, 1)];
    const masked = (h: Value, i: number) => (masks.length > 0 ? multiply(h, masks[i]) : h);
    return (x, [h]) => {
      const [xZ, xR, xH] = split(x, 3, -1);
      const products = kernels.map((of, i) => matmul(masked(h, i), of));
      const [stateZ, stateR] = products.length > 1 ? products : split(products[0], 2, -1);
      const gate = this.recurrentActivation.call;
      const r = gate(add(xR, stateR));
      return this.#mixed(gate(add(xZ, stateZ)), h, add(xH, matmul(multiply(r, masked(h, 2)), kernelH)));
    };
  }

  /** The state and the activated candidate, mixed by the update gate. */
  #mixed(z: Value, h: Value, candidate: Value): Step {
    const output = add(multiply(z, h), multiply(subtract(1, z), this.activation.call(candidate)));
    return { output, states: [output] };
  }
}

/** Options of {@linkcode GRU}. */
export interface GRUOptions extends GRUCellOptions, RecurrentOptions {}

const gruOptions = optionTable<GRUOptions>()({
  ...ofCell(gruCellOptions),
  ...recurrentOptions,
  activityRegularizer: regularizerOption(),
});

/** The options, checked and completed. */
export interface GRU<State extends boolean = false>
  extends Omit<LayerFields<GRUOptions, typeof gruOptions>, "returnState"> {}

/**
 * Gated recurrent units over sequences `[batch, steps, n]`: gates `z` and `r`, and `h = z * h + (1 - z) * candidate`. It
 * gives the last `h`, `[batch, units]`, or all of them. The gates z, r and h are side by side in the kernel `[n, 3 * units]`
 * and the recurrent kernel `[units, 3 * units]`; the bias is `[2, 3 * units]`, for input and state, or without `resetAfter`
 * `[3 * units]`. Cho et al., 2014.
 *
 * @example All outputs of two layers
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const options = { returnSequences: true };
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.GRU(8, options), new layers.GRU(4, options)]);
 * console.log(model.outputShape); // [ null, 10, 4 ]
 * ```
 */
export class GRU<const State extends boolean = false> extends Recurrent<State> {
  static {
    declareOptions(this, gruOptions);
    declareCellFields(this, GRUCell);
  }
  /** The layer that computes a step. */
  readonly cell: GRUCell;

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `seed: null`,
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`,
   * `recurrentActivation: "sigmoid"`, `resetAfter: true`, `returnSequences: false`, `returnState: false`,
   * `goBackwards: false`, `stateful: false`, `unroll: false`, `zeroOutputForMask: false`.
   */
  constructor(units: number, options: GRUOptions & { returnState?: State } = {}) {
    super(options, { units });
    this.cell = new GRUCell(units, cellOptions<GRUCellOptions>(GRUCell, options, "gru_cell"));
  }
}
