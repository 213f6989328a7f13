// gradients: the derivatives of a loss by variables and values, in a traced function.
import { describe, ValueError } from "../errors.ts";
import { gradientsOf } from "../ir/grad.ts";
import { requireTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { Variable } from "./variable.ts";

/**
 * The gradients of the scalar `loss` by each of `targets`, in a traced function. No gradient flows through an
 * assignment to a variable: for a loss computed after an update, the gradients are taken at the updated values.
 *
 * @throws {StateError} outside of a traced function
 * @throws {ValueError} if `loss` is not one float32 number
 *
 * @example One step of gradient descent
 * ```ts
 * import { compile, gradients, ops, Variable } from "./mod.ts";
 * const w = new Variable([1, 2]);
 * const step = compile(() => {
 *   const [g] = gradients(ops.sum(ops.square(w.value())), [w]);
 *   w.assign(ops.subtract(w.value(), ops.multiply(g, 0.1)));
 * });
 * await step();
 * console.log((await w.read()).toArray()); // [ 0.8, 1.6 ] up to rounding
 * ```
 */
export function gradients(loss: Value, targets: readonly (Value | Variable)[]): Value[] {
  const graph = requireTrace("gradients");
  const fail = (rule: string, received: unknown, hint: string) => {
    throw new ValueError({ what: "Cannot take gradients", rule, received: describe(received), hint });
  };
  if (!(loss instanceof Value)) fail("the loss must be a symbolic value", loss, "give what ops made of the variables");
  if (!Array.isArray(targets)) fail("targets must be a list", targets, "write them in brackets, as in [w, b]");
  for (const target of targets) {
    if (target instanceof Value || target instanceof Variable) continue;
    fail("each target must be a variable or a symbolic value", target, "give the variables that the loss depends on");
  }
  return gradientsOf(
    graph,
    loss,
    targets.map((target) => (target instanceof Variable ? graph.readsOf(target) : target)),
  );
}
