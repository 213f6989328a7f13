// The state of one call of a model: training or not, and the losses that layers add.
import type { Value } from "../ir/value.ts";

/** The state of one call of a model. */
export interface CallState {
  /** Whether the call is part of training. */
  readonly training: boolean;
  /** The scalars that layers added to the loss. */
  readonly losses: Value[];
}

let current: CallState | undefined;

/** The state of the call being traced, if any. */
export function currentCall(): CallState | undefined {
  return current;
}

/** Runs `body` as one call; afterwards the state's list has the losses that layers added. */
export function calling<T>(state: CallState, body: () => T): T {
  const outer = current;
  current = state;
  try {
    return body();
  } finally {
    current = outer;
  }
}
