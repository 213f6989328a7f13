// Checks of the parameters of distributions.
import { describe, ShapeError, ValueError } from "../errors.ts";
import { broadcastShapes, formatShape, sameShape, type Shape } from "../shape.ts";
import { isOperand, type Operand, shapeOf } from "../tensor/apply.ts";

/**
 * A parameter of a distribution: a number for which `suits` holds, or an operand that broadcasts to `shape`. Throws {@linkcode
 * ValueError} or {@linkcode ShapeError} for others.
 */
export function parameter(
  by: string,
  name: string,
  given: unknown,
  shape: Shape,
  rule: string,
  suits: (value: number) => boolean,
): Operand {
  const what = `Cannot draw by ${by}`;
  if (!isOperand(given) || (typeof given === "number" && !suits(given))) {
    throw new ValueError({
      what,
      rule: `${name} must be ${rule}, or a tensor of such numbers`,
      received: describe(given),
      hint: "wrap values, as in tensor([0.5, 1])",
    });
  }
  const own = shapeOf(given);
  if (own.length > 0 && !sameShape(broadcastShapes(own, shape, `draw by ${by}`), shape)) {
    throw new ShapeError({
      what,
      rule: `${name} must broadcast to the shape ${formatShape(shape)}`,
      received: formatShape(own),
      hint: "draw more numbers, or give fewer parameters",
    });
  }
  return given;
}

/** A parameter above 0. */
export const positiveParameter = (by: string, name: string, given: unknown, shape: Shape): Operand =>
  parameter(by, name, given, shape, "a finite number above 0", (value) => value > 0 && value < Infinity);
