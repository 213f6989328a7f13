// Sampling: which class is drawn from logits, by temperature, the likeliest few, and the smallest set of a probability.
import type { Value } from "../ir/value.ts";
import { softmax } from "../ops/composed.ts";
import { cumsum } from "../ops/cumulative.ts";
import { takeAlongAxis } from "../ops/ordering.ts";
import * as o from "../ops/primitives.ts";

/** How classes are drawn; all are values of the program, so that other numbers need no other program. */
export interface Sampling {
  /** What logits are divided by, `[]`; the likeliest class is taken without it. */
  readonly temperature?: Value;
  /** Only so many of the likeliest classes are drawn, int32 `[]`. */
  readonly topK?: Value;
  /** Only the fewest of the likeliest classes that together have this probability are drawn, `[]`. */
  readonly topP?: Value;
}

/**
 * A class for each row of logits `[rows, classes]`, int32 `[rows]`. `unit` draws uniform numbers in [0, 1) of a shape.
 * The largest of the logits plus Gumbel noise is each class with its probability (Gumbel, 1954). Top-p: Holtzman et al.,
 * 2020.
 */
export function sampled(
  logits: Value,
  { temperature, topK, topP }: Sampling,
  unit: (shape: readonly number[]) => Value,
): Value {
  if (!temperature) return o.argMax(logits, 1);
  const noise = o.negate(o.log(o.negate(o.log(unit(logits.shape)))));
  const scaled = o.divide(logits, temperature);
  if (!topK && !topP) return o.argMax(o.add(scaled, noise), 1);
  const [rows, classes] = logits.shape;
  const order = o.argSort(scaled, 1, true);
  const sorted = takeAlongAxis(scaled, order, 1);
  const places = o.iota([1, classes], 1);
  let kept: Value | undefined;
  if (topK) kept = o.less(places, topK);
  if (topP) {
    const probabilities = softmax(sorted);
    const before = o.subtract(cumsum(probabilities, 1), probabilities);
    // The likeliest class is always kept, however the sums are rounded.
    const inside = o.logicalOr(o.less(before, topP), o.equal(places, 0));
    kept = kept ? o.logicalAnd(kept, inside) : inside;
  }
  const place = o.argMax(o.select(kept!, o.add(sorted, noise), -Infinity), 1);
  return o.reshape(takeAlongAxis(order, o.reshape(place, [rows, 1]), 1), [rows]);
}
