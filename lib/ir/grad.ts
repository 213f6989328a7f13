// Reverse-mode autodiff, graph to graph: adds the nodes that compute derivatives to the function's trace.
import { type DType, isFloat, makeArray } from "../dtype.ts";
import { CeratopsError, ValueError } from "../errors.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { withContext } from "./context.ts";
import type { Node, ValueId } from "./graph.ts";
import { opDef } from "./op_def.ts";
import { nowhere } from "./origin.ts";
import { backwardOf, type Trace, tracing } from "./trace.ts";
import { idOf, type Value, valueOf } from "./value.ts";

/**
 * The derivative of the scalar `loss` by each of `targets`; zeros if it does not depend on one. A target may be several
 * values of one variable, whose derivatives are added. Throws {@linkcode ValueError} if `loss` is not a float scalar.
 */
export function gradientsOf(trace: Trace, loss: Value, targets: readonly (Value | readonly Value[])[]): Value[] {
  if (sizeOf(loss.shape) !== 1 || !isFloat(loss.dtype)) {
    throw new ValueError({
      what: "Cannot differentiate",
      rule: "the loss must be one float32 number",
      received: `${loss.dtype} ${formatShape(loss.shape)}`,
      hint: "reduce it with ops.mean or ops.sum",
    });
  }
  const maker = trace.graph.nodes.findLast(({ outputs }) => outputs.includes(idOf(loss)));
  return withContext([tracing.of(trace), backwardOf(maker?.origin.scope ?? nowhere)], () => {
    const one = trace.constant(loss.shape, loss.dtype, makeArray(loss.dtype, [1]));
    const values = targets.map((target) => [target].flat());
    const found = vjpOf(trace, [loss], [one], values.flat());
    return values.map((each) => {
      const flowed = found.splice(0, each.length).filter((gradient) => gradient !== undefined);
      if (flowed.length === 0) return zerosLike(trace, each[0]);
      return flowed.reduce((sum, gradient) => trace.emit("add", [sum, gradient], {})[0]);
    });
  });
}

/**
 * The sum over `outputs` of gradient times derivative by each of `targets`; undefined if no gradient reaches a target.
 */
export function vjpOf(
  trace: Trace,
  outputs: readonly Value[],
  gradients: readonly (Value | undefined)[],
  targets: readonly Value[],
): (Value | undefined)[] {
  const { graph } = trace;
  const nodes = [...graph.nodes];
  const needed = dependents(nodes, targets);
  const flowing = new Map<ValueId, Value[]>();
  const add = (id: ValueId, gradient: Value) => {
    const known = flowing.get(id);
    if (known) known.push(gradient);
    else flowing.set(id, [gradient]);
  };
  const totalOf = (id: ValueId): Value | undefined => {
    const parts = flowing.get(id);
    if (!parts) return undefined;
    const total = summed(trace, parts);
    flowing.set(id, [total]);
    return total;
  };
  outputs.forEach((output, i) => gradients[i] && needed.has(idOf(output)) && add(idOf(output), gradients[i]!));
  for (const node of nodes.reverse()) {
    const { rule } = node;
    if (rule) {
      // The first of the nodes that make the outputs has the rule: here their gradients are complete.
      if (!rule.outputs.some((id) => flowing.has(id)) || !rule.inputs.some((id) => needed.has(id))) continue;
      const [inputs, outputs] = [rule.inputs, rule.outputs].map((ids) => ids.map((id) => valueOf(graph, id)));
      const byInput = withContext(
        [backwardOf(node.origin.scope)],
        () => rule.vjp(inputs, outputs, rule.outputs.map(totalOf)),
      );
      byInput.forEach((gradient, i) => gradient && needed.has(rule.inputs[i]) && add(rule.inputs[i], gradient));
      continue;
    }
    if (!node.outputs.some((id) => flowing.has(id)) || !node.inputs.some((id) => needed.has(id))) continue;
    const row = opDef(node.op);
    if (typeof row.vjp !== "function") {
      if (row.vjp.none === "constant") continue;
      throw new CeratopsError({ what: `Cannot differentiate "${node.origin}"`, rule: row.vjp.none });
    }
    const { vjp } = row;
    withContext([backwardOf(node.origin.scope)], () => {
      const byInput = vjp({
        inputs: node.inputs.map((id) => valueOf(graph, id)),
        outputs: node.outputs.map((id) => valueOf(graph, id)),
        gradients: node.outputs.map(totalOf),
        attrs: node.attrs,
      });
      byInput.forEach((gradient, i) => {
        const id = node.inputs[i];
        const { dtype } = graph.types[id];
        if (gradient && needed.has(id) && isFloat(dtype)) add(id, castTo(trace, gradient, dtype));
      });
    });
  }
  return targets.map((target) => totalOf(idOf(target)));
}

/** The gradient of a cast is a cast: a gradient has the dtype of what it is by. */
function castTo(trace: Trace, gradient: Value, dtype: DType): Value {
  return gradient.dtype === dtype ? gradient : trace.emit("cast", [gradient], { dtype })[0];
}

/** The sum of gradients. Those of slices that together are a whole value are joined, not padded and added. */
function summed(trace: Trace, parts: readonly Value[]): Value {
  if (parts.length === 1) return parts[0];
  return joined(trace, parts) ?? parts.reduce((sum, part) => trace.emit("add", [sum, part], {})[0]);
}

/** The sum of values that are padded with zeros along one axis as their concatenation, if no two overlap and none miss. */
function joined(trace: Trace, parts: readonly Value[]): Value | undefined {
  const { graph } = trace;
  const pieces: { readonly value: Value; readonly axis: number; readonly from: number }[] = [];
  for (const part of parts) {
    const node = graph.nodes.findLast(({ outputs }) => outputs.includes(idOf(part)));
    if (node?.op !== "pad" || node.attrs.value !== 0 || node.attrs.interior.some((gap) => gap > 0)) return undefined;
    const { low, high } = node.attrs;
    const axes = low.flatMap((count, axis) => (count + high[axis] > 0 ? [axis] : []));
    if (axes.length !== 1) return undefined;
    pieces.push({ value: valueOf(graph, node.inputs[0]), axis: axes[0], from: low[axes[0]] });
  }
  const { axis } = pieces[0];
  pieces.sort((a, b) => a.from - b.from);
  let end = 0;
  for (const piece of pieces) {
    if (piece.axis !== axis || piece.from !== end) return undefined;
    end += piece.value.shape[axis];
  }
  if (end !== parts[0].shape[axis]) return undefined;
  return trace.emit("concat", pieces.map(({ value }) => value), { axis })[0];
}

/** `targets` and the values that depend on them. */
function dependents(nodes: readonly Node[], targets: readonly Value[]): Set<ValueId> {
  const found = new Set(targets.map(idOf));
  for (const node of nodes) {
    if (node.inputs.some((id) => found.has(id))) node.outputs.forEach((id) => found.add(id));
  }
  return found;
}

function zerosLike(trace: Trace, target: Value): Value {
  const zero = trace.constant([], target.dtype, makeArray(target.dtype, [0]));
  return trace.emit("broadcastTo", [zero], { shape: target.shape })[0];
}
