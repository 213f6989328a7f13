// LSTM: long short-term memory. https://keras.io/api/layers/recurrent_layers/lstm/
import type { Activation } from "../activations.ts";
import type { Initializer } from "../initializers/initializer.ts";
import type { Value } from "../ir/value.ts";
import { split } from "../ops/arranging.ts";
import { add, concat, full, multiply } from "../ops/primitives.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { regularizerOption } from "../regularizers.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PreparedCell, Step } from "./cell.ts";
import { cellOptions, declareCellFields, ofCell } from "./cell_options.ts";
import type { LayerFields } from "./options.ts";
import { DenseCell, type GatedCellOptions, gatedCellOptions, recurrenceOf, unitsOption } from "./recurrent_cell.ts";
import { Recurrent, type RecurrentOptions, recurrentOptions } from "./rnn.ts";

/** Options of {@linkcode LSTMCell}. */
export interface LSTMCellOptions extends GatedCellOptions {
  /** Whether the bias of the forget gate starts at 1; true by default. Jozefowicz et al., 2015. */
  unitForgetBias?: boolean;
}

const lstmCellOptions = optionTable<LSTMCellOptions>()({
  ...gatedCellOptions,
  ...unitsOption,
  unitForgetBias: boolean(true),
});

/** The options, checked and completed. */
export interface LSTMCell extends LayerFields<LSTMCellOptions, typeof lstmCellOptions> {}

/** The first value of the biases of the gates i, f, c and o, with ones for f. */
export const forgetBias = (of: Initializer, units: number) => (): Tensor =>
  concat([of.call([units]), full([units], 1), of.call([2 * units])], 0);

/** A step from the sums of the four gates, and the carry `c` after the step before. */
export function lstmStep(
  sums: Value,
  c: Value,
  axis: number,
  { activation, recurrentActivation }: { readonly activation: Activation; readonly recurrentActivation: Activation },
): Step {
  const [i, f, candidate, o] = split(sums, 4, axis);
  const carry = add(
    multiply(recurrentActivation.call(f), c),
    multiply(recurrentActivation.call(i), activation.call(candidate)),
  );
  const output = multiply(recurrentActivation.call(o), activation.call(carry));
  return { output, states: [output, carry] };
}

/**
 * One step of {@linkcode LSTM}: takes the input `[batch, n]` and the states `[h, c]`, and returns `[h, h, c]`, the output
 * and the next states, each `[batch, units]`.
 *
 * @example A step of its own
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [x, h, c] = [Input({ shape: [3] }), Input({ shape: [4] }), Input({ shape: [4] })];
 * const [output, ...states] = new layers.LSTMCell(4).apply(x, { states: [h, c] });
 * console.log(output.shape, states.length); // [ null, 4 ] 2
 * ```
 */
export class LSTMCell extends DenseCell {
  static {
    declareOptions(this, lstmCellOptions);
  }

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `seed: null`,
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`,
   * `recurrentActivation: "sigmoid"`, `unitForgetBias: true`.
   */
  constructor(units: number, options: LSTMCellOptions = {}) {
    super(options, { units });
  }

  /** The features of the states `h` and `c`. */
  get stateSize(): readonly number[] {
    return [this.units, this.units];
  }

  /** Makes kernels and bias. Throws {@linkcode ShapeError} if the extent of the last axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const { units, biasInitializer } = this;
    const initializer = this.unitForgetBias ? forgetBias(biasInitializer, units) : biasInitializer;
    this.addWeights(inputShape, 4, { shape: [4 * units], initializer });
  }

  /** The cell for a sequence whose steps have inputs of a shape. */
  override prepare(stepShape: Shape, training: boolean): PreparedCell {
    const { inputs, recur, masks } = this.gateProducts(stepShape, [stepShape[0], this.units], 4, training);
    return {
      recurrence: recurrenceOf(this, "lstm", masks, this.recurrentActivation),
      outputIsState: true,
      inputs: (x) => (this.bias ? add(inputs(x), this.bias) : inputs(x)),
      step: (x, [h, c]) => lstmStep(add(x, recur(h)), c, -1, this),
    };
  }
}

/** Options of {@linkcode LSTM}. */
export interface LSTMOptions extends LSTMCellOptions, RecurrentOptions {}

const lstmOptions = optionTable<LSTMOptions>()({
  ...ofCell(lstmCellOptions),
  ...recurrentOptions,
  activityRegularizer: regularizerOption(),
});

/** The options, checked and completed. */
export interface LSTM<State extends boolean = false>
  extends Omit<LayerFields<LSTMOptions, typeof lstmOptions>, "returnState"> {}

/**
 * Long short-term memory over sequences `[batch, steps, n]`: gates `i`, `f` and `o`, the carry `c = f * c + i * candidate`
 * and the output `h = o * activation(c)`. It gives the last `h`, `[batch, units]`, or all of them. The gates i, f, c and o
 * are side by side in the kernel `[n, 4 * units]`, the recurrent kernel `[units, 4 * units]` and the bias. Hochreiter and
 * Schmidhuber, 1997.
 *
 * @example Sequences of any length, and whether each is of a kind
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([
 *   Input({ shape: [null, 3] }),
 *   new layers.LSTM(8, { returnSequences: true }),
 *   new layers.LSTM(4),
 *   new layers.Dense(1, { activation: "sigmoid" }),
 * ]);
 * console.log(model.outputShape); // [ null, 1 ]
 * ```
 *
 * @example A decoder that starts with the states of an encoder
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [source, target] = [Input({ shape: [null, 3] }), Input({ shape: [null, 5] })];
 * const [, h, c] = new layers.LSTM(8, { returnState: true }).apply(source);
 * const decoder = new layers.LSTM(8, { returnSequences: true });
 * console.log(decoder.apply(target, { initialState: [h, c] }).shape); // [ null, null, 8 ]
 * ```
 */
export class LSTM<const State extends boolean = false> extends Recurrent<State> {
  static {
    declareOptions(this, lstmOptions);
    declareCellFields(this, LSTMCell);
  }
  /** The layer that computes a step. */
  readonly cell: LSTMCell;

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `seed: null`,
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`,
   * `recurrentActivation: "sigmoid"`, `unitForgetBias: true`, `returnSequences: false`, `returnState: false`,
   * `goBackwards: false`, `stateful: false`, `unroll: false`, `zeroOutputForMask: false`.
   */
  constructor(units: number, options: LSTMOptions & { returnState?: State } = {}) {
    super(options, { units });
    this.cell = new LSTMCell(units, cellOptions<LSTMCellOptions>(LSTMCell, options, "lstm_cell"));
  }
}
