// Automatic names: `dense`, `dense_1`, ... by class, as in Keras.
import { onClearSession } from "./session.ts";

const counts = new Map<string, number>();

/** A class name in snake case: `InputLayer` gives `input_layer`, `Conv2D` `conv2d`, `ReLU` `re_lu`. */
export function snakeCaseOfClass(className: string): string {
  return className.replace(/\W+/g, "").replace(/(.)([A-Z][a-z]+)/g, "$1_$2").replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** The next unused automatic name for a class; counting restarts when the session is cleared. */
export function autoName(className: string): string {
  const prefix = snakeCaseOfClass(className);
  if (counts.size === 0) onClearSession(counts, () => counts.clear());
  const count = counts.get(prefix) ?? 0;
  counts.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}
