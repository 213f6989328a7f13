// Cells: layers that compute one step of a sequence. https://keras.io/api/layers/recurrent_layers/rnn/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { RecurrentCell } from "../ir/attrs.ts";
import { requireTrace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { broadcastTo, cast } from "../ops/primitives.ts";
import { type Option, option } from "../options.ts";
import { formatShape, sameShape, type Shape } from "../shape.ts";
import { flatten } from "../structure.ts";
import { isOperand, symbolic } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Layer } from "./layer.ts";
import type { CallContext } from "./options.ts";

/** What a cell's `call` knows besides the input of its step. */
export interface CellContext extends CallContext {
  /** The states after the step before, each `[batch, ...]`. */
  readonly states: readonly Value[];
}

/**
 * A layer that computes one step of a sequence: its `call` takes the input `[batch, ...]` of the step and the states
 * after the step before, and returns a list of the output and the states after it. Any layer with a `stateSize` is one.
 */
export interface Cell extends Layer {
  /** The features of its state, or of each of its states. */
  readonly stateSize: number | readonly number[];
  /** The features of its output; those of its first state by default. */
  readonly outputSize?: number;
  /** The states before the first step, each `[batchSize, ...]`; zeros by default. */
  getInitialState?(batchSize: number): readonly (Value | Tensor)[];
  /** The cell made ready for a sequence; by default `call` is all that a step does. */
  prepare?(stepShape: Shape, training: boolean): PreparedCell;
  /** States in a list for each cell, of several cells as one. */
  byCell?<T>(states: readonly T[]): readonly (T | readonly T[])[];
  /** The output and the next states. */
  call(x: Value, context: CellContext): readonly Value[];
}

/** One step of a sequence. */
export interface Step {
  /** The output, `[batch, ...]`. */
  readonly output: Value;
  /** The states after it. */
  readonly states: readonly Value[];
}

/** A cell as the op `recurrence` runs it. */
export interface CellRecurrence {
  readonly cell: RecurrentCell;
  /** The kernel of the state, and of a GRU the bias of its product. */
  readonly kernel: Value;
  readonly bias?: Value;
}

/** A cell made ready for a sequence: what all steps share is computed once, before the loop over them. */
export interface PreparedCell {
  /** Whether each output is also the first state after its step. */
  readonly outputIsState: boolean;
  /** What the steps need of the input `[batch, ...]` of one of them, or of all, with an axis of steps before. */
  inputs(x: Value): Value;
  /** What one op needs to run the cell over all steps, if it can. */
  readonly recurrence?: CellRecurrence;
  /** A step, from what {@linkcode PreparedCell.inputs} gave for it. */
  step(inputs: Value, states: readonly Value[]): Step;
}

/** The features of each state of a cell. */
export function stateSizesOf({ stateSize }: Pick<Cell, "stateSize">): readonly number[] {
  return typeof stateSize === "number" ? [stateSize] : stateSize;
}

/** The features of a cell's output. */
export function outputSizeOf(cell: Pick<Cell, "stateSize" | "outputSize">): number {
  return cell.outputSize ?? stateSizesOf(cell)[0];
}

/** The states of a cell before the first step. */
export function initialStatesOf(cell: Cell, batchSize: number): readonly Value[] {
  const own = cell.getInitialState?.(batchSize);
  return own?.map(symbolic) ?? stateSizesOf(cell).map((size) => zeros([batchSize, size]));
}

/** States that a call gave, if there is one for each of the cell's and all have its shapes. */
export function checkedStates(name: string, cell: Cell, given: unknown, batchSize: number): readonly Value[] {
  const expected = initialStatesOf(cell, batchSize);
  const states: unknown[] = flatten(given);
  const fail = (received: string) => {
    throw new ShapeError({
      what: `Cannot call "${name}"`,
      rule: `its states must be ${expected.map(({ shape }) => formatShape(shape)).join(" and ")}`,
      received,
      hint: "give what a layer of the same size returns with returnState, or leave them out to start with zeros",
    });
  };
  if (states.length !== expected.length) fail(`${states.length} of them`);
  return expected.map(({ shape }, i) => {
    const state = states[i];
    if (!(isOperand(state) && typeof state !== "number")) return fail(describe(state)) as never;
    if (!sameShape(state.shape, shape)) fail(formatShape(state.shape));
    return cast(symbolic(state), "float32");
  });
}

/** Zeros, which take no memory. */
export function zeros(shape: Shape): Value {
  return broadcastTo(requireTrace("a recurrent layer").constant([], "float32", Float32Array.of(0)), shape);
}

/** Makes any cell ready for a sequence. */
export function prepare(cell: Cell, stepShape: Shape, training: boolean): PreparedCell {
  return cell.prepare?.(stepShape, training) ?? {
    outputIsState: false,
    inputs: (x) => x,
    step: (x, states) => {
      const [output, ...next] = cell.apply(x, { states, training }) as readonly Value[];
      return { output, states: next };
    },
  };
}

const isCell = (given: unknown): given is Cell => {
  if (!(given instanceof Layer) || !("stateSize" in given)) return false;
  const { stateSize } = given;
  const sizes: unknown[] = Array.isArray(stateSize) ? stateSize : [stateSize];
  return sizes.length > 0 && sizes.every((size) => Number.isSafeInteger(size) && (size as number) > 0);
};

/** One cell. */
export const cellOption: Option<Cell> = option<Cell>({
  read: (given, { what, option }) => {
    if (isCell(given)) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a cell: a layer with a stateSize, whose call takes an input and states`,
      received: describe(given),
      hint: "give one, as in new LSTMCell(8), or a list of them",
    });
  },
  write: (cell) => cell.serialize(),
});
