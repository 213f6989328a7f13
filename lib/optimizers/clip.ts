// Gradient clipping: by value, by each gradient's norm, or by the norm of all.
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import {
  add,
  divide,
  greater,
  maximum,
  minimum,
  multiply,
  reciprocal,
  select,
  sqrt,
  square,
  sum,
} from "../ops/primitives.ts";

/** How gradients are clipped; at most one is set. */
interface Clipping {
  /** The largest norm of each gradient. */
  readonly clipnorm: number | null;
  /** The largest norm of all gradients together. */
  readonly globalClipnorm: number | null;
  /** The largest absolute value of each element. */
  readonly clipvalue: number | null;
}

/** The clipped gradients. */
export function clipGradients(gradients: readonly Value[], clipping: Clipping): Value[] {
  const { clipnorm, globalClipnorm, clipvalue } = clipping;
  if (clipnorm !== null) {
    return gradients.map((gradient) => {
      const squares = sum(square(gradient));
      // The root has no finite slope at 0, so it is not computed there.
      const positive = greater(squares, 0);
      const norm = select(positive, sqrt(select(positive, squares, 1)), squares);
      return divide(multiply(gradient, clipnorm), maximum(norm, clipnorm));
    });
  }
  if (globalClipnorm !== null && gradients.length > 0) {
    const norm = sqrt(gradients.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b)));
    const scale = multiply(minimum(reciprocal(norm), 1 / globalClipnorm), globalClipnorm);
    return gradients.map((gradient) => multiply(gradient, scale));
  }
  if (clipvalue !== null) return gradients.map((gradient) => clip(gradient, -clipvalue, clipvalue));
  return [...gradients];
}
