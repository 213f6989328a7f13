// Gradients of ops with kernels of their own, through the same function composed of other ops.
import { vjpOf } from "../../ir/grad.ts";
import { requireTrace } from "../../ir/trace.ts";
import type { Value } from "../../ir/value.ts";

/** The gradients by the operands of an op, through a form of it in ops with gradients of any order. */
export function gradientsThrough<A>(
  form: (operands: readonly Value[], attrs: A) => Value[],
  inputs: readonly Value[],
  gradients: readonly (Value | undefined)[],
  attrs: A,
): (Value | undefined)[] {
  const trace = requireTrace("a gradient");
  // Values of their own, since one operand may depend on another.
  const operands = inputs.map((value) => trace.emit("reshape", [value], { shape: value.shape })[0]);
  return vjpOf(trace, form(operands, attrs), gradients, operands);
}
