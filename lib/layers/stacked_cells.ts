// StackedRNNCells: several cells as one. https://keras.io/api/layers/recurrent_layers/stacked_rnn_cell/
import { anything, count, listOf, shape } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { declareOptions, type Option, option, optionTable, positional } from "../options.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import {
  type Cell,
  type CellContext,
  cellOption,
  checkedStates,
  initialStatesOf,
  outputSizeOf,
  prepare,
  type PreparedCell,
  stateSizesOf,
} from "./cell.ts";
import type { CallArguments } from "../tensor/symbolic.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Several cells, the first one first. */
export const cellsOption: Option<readonly Cell[]> = option<readonly Cell[]>({
  read: (given, place) => {
    if (Array.isArray(given) && given.length > 0 && given.length <= 1000) {
      return given.map((cell) => cellOption.read(cell, { ...place, option: "each of cells" }));
    }
    throw new ValueError({
      what: place.what,
      rule: `${place.option} must be a list of cells`,
      received: describe(given),
      hint: "write it as in new StackedRNNCells([new LSTMCell(8), new LSTMCell(4)])",
    });
  },
  write: (cells) => cells.map((cell) => cell.serialize()),
});

const stackedOptions = optionTable<LayerOptions>()({ ...layerOptions, cells: positional(cellsOption) });

/** The options, checked and completed. */
export interface StackedRNNCells extends LayerFields<LayerOptions, typeof stackedOptions> {}

/**
 * Several cells as one: each takes the output of the one before. Its states are those of all cells, in order.
 * https://keras.io/api/layers/recurrent_layers/stacked_rnn_cell/
 *
 * @example Two layers of LSTM in one loop
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const cells = new layers.StackedRNNCells([new layers.LSTMCell(8), new layers.LSTMCell(4)]);
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.RNN(cells)]);
 * console.log(model.outputShape); // [ null, 4 ]
 * ```
 */
export class StackedRNNCells extends Layer {
  static {
    declareMethods(this, {
      prepare: { verb: "prepare", takes: { stepShape: shape } },
      byCell: { verb: "divide the states of", takes: { states: listOf(anything, "a list of states") } },
      getInitialState: { verb: "take the initial state of", takes: { batchSize: count } },
    });
    declareOptions(this, stackedOptions);
  }
  override readonly callArguments = ["states"];

  /** Takes the cells, the first one first. Throws {@linkcode ValueError} if one of them is none. */
  constructor(cells: readonly Cell[], options: LayerOptions = {}) {
    super(options, { cells });
  }

  /** The features of the states of all cells. */
  get stateSize(): readonly number[] {
    return this.cells.flatMap(stateSizesOf);
  }

  /** The features of the output of the last cell. */
  get outputSize(): number {
    return outputSizeOf(this.cells[this.cells.length - 1]);
  }

  /** The states of all cells before the first step. */
  getInitialState(batchSize: number): Value[] {
    return this.cells.flatMap((cell) => initialStatesOf(cell, batchSize));
  }

  /** States in a list for each cell, alone where a cell has one state. */
  byCell<T>(states: readonly T[]): (T | T[])[] {
    let at = 0;
    return this.cells.map(({ stateSize }) =>
      typeof stateSize === "number" ? states[at++] : states.slice(at, at += stateSize.length)
    );
  }

  /** The call with the states by position, in a list for each cell. */
  override savedCall({ positional, named: { states, ...named } }: CallArguments<unknown>): CallArguments<unknown> {
    return { positional: [...positional, Array.isArray(states) ? this.byCell(states) : states], named };
  }

  /** Builds each cell for the output of the one before. */
  override build(inputShape: SymbolicShape): void {
    let shape = inputShape;
    for (const cell of this.cells) {
      cell.ensureBuilt(shape);
      shape = [shape[0], outputSizeOf(cell)];
    }
  }

  /** The output of the last cell, and the next states of all. */
  call(x: Value, { states, training }: CellContext): Value[] {
    const before = checkedStates(this.name, this, states, x.shape[0]);
    const { output, states: next } = this.prepare(x.shape, training).step(x, before);
    return [output, ...next];
  }

  /** Each cell made ready for a sequence. */
  prepare([batch, ...features]: Shape, training: boolean): PreparedCell {
    let size: Shape = features;
    const prepared = this.cells.map((cell) => {
      const made = prepare(cell, [batch, ...size], training);
      size = [outputSizeOf(cell)];
      return made;
    });
    return {
      outputIsState: false,
      inputs: (x) => x,
      step: (x, states) => {
        let output = x;
        let at = 0;
        const next = prepared.flatMap(({ inputs, step }, i) => {
          const count = stateSizesOf(this.cells[i]).length;
          const made = step(inputs(output), states.slice(at, at += count));
          output = made.output;
          return made.states;
        });
        return { output, states: next };
      },
    };
  }

  /** The shapes of the output and of the states. */
  override computeOutputShape([batch]: SymbolicShape): SymbolicShape[] {
    return [this.outputSize, ...this.stateSize].map((size) => [batch, size]);
  }
}
