// SimpleRNN: a dense layer of the input and of its own last output.
// https://keras.io/api/layers/recurrent_layers/simple_rnn/
import { add, matmul } from "../ops/primitives.ts";
import { declareOptions, optionTable, withFacts } from "../options.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import { regularizerOption } from "../regularizers.ts";
import type { PreparedCell } from "./cell.ts";
import { cellOptions, declareCellFields, ofCell } from "./cell_options.ts";
import type { LayerFields } from "./options.ts";
import {
  DenseCell,
  recurrenceOf,
  type RecurrentCellOptions,
  recurrentCellOptions,
  unitsOption,
} from "./recurrent_cell.ts";
import { Recurrent, type RecurrentOptions, recurrentOptions } from "./rnn.ts";

const simpleCellOptions = optionTable<RecurrentCellOptions>()({ ...recurrentCellOptions, ...unitsOption });

/** The options, checked and completed. */
export interface SimpleRNNCell extends LayerFields<RecurrentCellOptions, typeof simpleCellOptions> {}

/**
 * One step of {@linkcode SimpleRNN}: `activation(x . kernel + bias + h . recurrentKernel)`, which is the output and the
 * state.
 *
 * @example As the cell of an RNN
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.RNN(new layers.SimpleRNNCell(4))]);
 * console.log(model.outputShape); // [ null, 4 ]
 * ```
 */
export class SimpleRNNCell extends DenseCell {
  static {
    declareOptions(this, simpleCellOptions);
  }

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `seed: null`,
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`.
   */
  constructor(units: number, options: RecurrentCellOptions = {}) {
    super(options, { units });
  }

  /** The features of the state. */
  get stateSize(): number {
    return this.units;
  }

  /** Makes kernels and bias. Throws {@linkcode ShapeError} if the extent of the last axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    this.addWeights(inputShape, 1, { shape: [this.units] });
  }

  /** The cell for a sequence whose steps have inputs of a shape. */
  override prepare(stepShape: Shape, training: boolean): PreparedCell {
    const inputs = this.products(this.kernel, matmul, this.masks(stepShape, this.dropout, 1, training));
    const state = [stepShape[0], this.units];
    const masks = this.masks(state, this.recurrentDropout, 1, training);
    const recur = this.products(this.recurrentKernel, matmul, masks);
    return {
      recurrence: recurrenceOf(this, "simple", masks),
      outputIsState: true,
      inputs: (x) => (this.bias ? add(inputs(x), this.bias) : inputs(x)),
      step: (x, [h]) => {
        const output = this.activation.call(add(x, recur(h)));
        return { output, states: [output] };
      },
    };
  }
}

/** Options of {@linkcode SimpleRNN}. */
export interface SimpleRNNOptions extends RecurrentCellOptions, RecurrentOptions {}

const { seed, ...withoutSeed } = ofCell(simpleCellOptions);

const simpleRNNOptions = optionTable<SimpleRNNOptions>()({
  ...withoutSeed,
  ...recurrentOptions,
  activityRegularizer: regularizerOption(),
  // Keras does not write it for this layer.
  seed: withFacts(seed, { written: "never" }),
});

/** The options, checked and completed. */
export interface SimpleRNN<State extends boolean = false>
  extends Omit<LayerFields<SimpleRNNOptions, typeof simpleRNNOptions>, "returnState"> {}

/**
 * Steps of `h = activation(x . kernel + bias + h . recurrentKernel)` over sequences `[batch, steps, n]`, which give the
 * last `h`, `[batch, units]`, or all: kernel `[n, units]`, recurrent kernel `[units, units]`, bias `[units]`.
 *
 * @example The last output
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.SimpleRNN(4)]);
 * console.log(model.outputShape, model.countParams()); // [ null, 4 ] 32
 * ```
 */
export class SimpleRNN<const State extends boolean = false> extends Recurrent<State> {
  static {
    declareOptions(this, simpleRNNOptions);
    declareCellFields(this, SimpleRNNCell);
  }
  /** The layer that computes a step. */
  readonly cell: SimpleRNNCell;

  /**
   * Takes the number of units. Throws {@linkcode ValueError} if it is not a positive integer. Defaults:
   * `activation: "tanh"`, `useBias: true`, `kernelInitializer: "glorot_uniform"`, `recurrentInitializer: "orthogonal"`,
   * `biasInitializer: "zeros"`, `kernelRegularizer: null`, `recurrentRegularizer: null`, `biasRegularizer: null`,
   * `kernelConstraint: null`, `recurrentConstraint: null`, `biasConstraint: null`, `dropout: 0`, `recurrentDropout: 0`,
   * `returnSequences: false`, `returnState: false`, `goBackwards: false`, `stateful: false`, `unroll: false`,
   * `zeroOutputForMask: false`, `seed: null`.
   */
  constructor(units: number, options: SimpleRNNOptions & { returnState?: State } = {}) {
    super(options, { units });
    this.cell = new SimpleRNNCell(units, cellOptions<RecurrentCellOptions>(SimpleRNNCell, options, "simple_rnn_cell"));
  }
}
