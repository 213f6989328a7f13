// Greatest common divisors and least common multiples. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { broadcastShapes } from "../shape.ts";
import { integers } from "./bitwise.ts";
import { foriLoop } from "./control_flow.ts";
import { floorDivide } from "./dividing.ts";
import { type BinaryOp, lift } from "./lift.ts";
import * as p from "./primitives.ts";

/** The most remainders that Euclid's algorithm takes of integers of 32 bits: its worst case are Fibonacci numbers. */
const steps = 46;

/** The magnitudes of two operands as int32, in one shape. */
function magnitudes(what: string, a: Operand, b: Operand): Operand[] {
  const common = integers(what, [a, b]);
  const shape = broadcastShapes(shapeOf(a), shapeOf(b), `apply ${what}`);
  return common.map((x) => p.broadcastTo(p.abs(p.cast(x, "int32")), shape));
}

const divisor = (a: Operand, b: Operand): Operand =>
  foriLoop(0, steps, (_, [x, y]: readonly Operand[]): readonly Operand[] => {
    const isDone = p.equal(y, 0);
    return [p.select(isDone, x, y), p.select(isDone, y, p.mod(x, p.select(isDone, 1, y)))];
  }, [a, b] as readonly Operand[])[0];

/** The greatest common divisor of integers, at least 0; of 0 and a number, its magnitude. */
export const gcd: BinaryOp = lift((a, b) => {
  const [x, y] = magnitudes("gcd", a, b);
  return p.cast(divisor(x, y), dtypeOf(integers("gcd", [a, b])[0]));
});

/** The least common multiple of integers, at least 0; of 0 and a number, 0. */
export const lcm: BinaryOp = lift((a, b) => {
  const [x, y] = magnitudes("lcm", a, b);
  // Of two zeros the divisor is 0, and so is what is divided.
  const product = p.multiply(x, floorDivide(y, p.maximum(divisor(x, y), 1)));
  return p.cast(product, dtypeOf(integers("lcm", [a, b])[0]));
});

/** How Keras's files write these functions. */
export const savedDivisors: SavedForms = { gcd: { inputs: 2 }, lcm: { inputs: 2 } };
