// The extents of recurrences, and the order of their operands and results.
import type { RecurrenceAttrs, RecurrentCell } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";

/** The gates of each cell. */
export const gateCounts: Readonly<Record<RecurrentCell, number>> = { simple: 1, gru: 3, lstm: 4 };

/** The extents of a recurrence. */
interface RecurrenceExtents {
  readonly steps: number;
  readonly batch: number;
  /** The features of the state. */
  readonly units: number;
  readonly gates: number;
}

/** The extents for values of all steps. */
export function recurrenceExtents({ shape: [steps, batch] }: ValueType, kernel: ValueType): RecurrenceExtents {
  const [units, columns] = kernel.shape;
  return { steps, batch, units, gates: columns / units };
}

/** The operands of a recurrence by name. */
interface RecurrenceOperands<T> {
  readonly x: T;
  readonly kernel: T;
  readonly start: T;
  /** The carry before the first step, of an LSTM. */
  readonly carry?: T;
  /** The bias of the state's product, of a GRU. */
  readonly bias?: T;
  readonly mask?: T;
}

/** The operands of a recurrence. */
export function recurrenceOperands<T>(
  [x, kernel, start, ...rest]: readonly T[],
  { cell }: RecurrenceAttrs,
): RecurrenceOperands<T> {
  const named = cell === "simple" ? {} : cell === "gru" ? { bias: rest.shift() } : { carry: rest.shift() };
  return { x, kernel, start, ...named, mask: rest[0] };
}

/** The operands of a recurrence's gradient by name. */
interface RecurrenceGradientOperands<T> {
  readonly kernel: T;
  readonly start: T;
  readonly states: T;
  /** The gradient by the states of all steps. */
  readonly gradient: T;
  /** What cells with gates keep. */
  readonly gates?: T;
  readonly inner?: T;
  /** The carry before the first step, and the gradient by the last carry, of an LSTM. */
  readonly carry?: T;
  readonly carryGradient?: T;
  readonly mask?: T;
}

/** The operands of a recurrence's gradient. */
export function recurrenceGradientOperands<T>(
  [kernel, start, states, gradient, ...rest]: readonly T[],
  { cell }: RecurrenceAttrs,
): RecurrenceGradientOperands<T> {
  const kept = cell === "simple" ? {} : { gates: rest.shift(), inner: rest.shift() };
  const carries = cell === "lstm" ? { carry: rest.shift(), carryGradient: rest.shift() } : {};
  return { kernel, start, states, gradient, ...kept, ...carries, mask: rest[0] };
}

/** The rows in the order of the steps, each with the one before it; -1 for the start. */
export function recurrenceRows(steps: number, { reverse }: RecurrenceAttrs): { row: number; before: number }[] {
  return Array.from({ length: steps }, (_, step) => ({
    row: reverse ? steps - 1 - step : step,
    before: step === 0 ? -1 : reverse ? steps - step : step - 1,
  }));
}
