// Results: what evaluations give, by name as logs, and in the order of the list that Keras gives.
import type { Logs } from "../callbacks/callback.ts";

/**
 * The loss and each metric by name. In a destructuring or by index they are in the order of Keras's list: the loss, those
 * of several outputs, then the metrics.
 */
export type Results = Logs & Iterable<number>;

/** The names of logs in the order of Keras's list; `metrics` are the names of the metrics as `compile` has them. */
function orderOf(logs: Logs, metrics: readonly string[], outputs: number): string[] {
  const known = metrics.filter((name) => name in logs);
  // Of several outputs Keras lists the losses, then all else by name.
  const first = outputs > 1 ? known.filter((name) => name === "loss" || name.endsWith("_loss")) : known;
  return [...first, ...Object.keys(logs).filter((name) => !first.includes(name)).sort()];
}

/** The logs, which from now on are a list too: not in copies of them, nor in JSON. */
export function resultsOf(logs: Logs, metrics: readonly string[], outputs: number): Results {
  const values = orderOf(logs, metrics, outputs).map((name) => logs[name]);
  values.forEach((value, i) => {
    if (!(i in logs)) Object.defineProperty(logs, i, { value, configurable: true });
  });
  return Object.defineProperty(logs, Symbol.iterator, { value: () => values.values(), configurable: true }) as Results;
}
