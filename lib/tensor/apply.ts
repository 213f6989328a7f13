// Applying an op: on symbolic values it adds to the trace, on tensors it computes at once.
import type { DType } from "../dtype.ts";
import { makeArray, promote } from "../dtype.ts";
import type { OpName } from "../ir/attrs.ts";
import type { OpAttrs } from "../ir/graph.ts";
import { requireTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { describe, ValueError } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { evaluate, scalarLike, Tensor } from "./tensor.ts";
import { Variable } from "./variable.ts";

/** What an op takes: a symbolic value, a tensor, a variable (read inside a trace), or a number (a scalar). */
export type Operand = Value | Tensor | Variable | number;

/** What an op gives: a tensor where every operand is one or a number, else a symbolic value. */
export type Applied<A extends Operand> = Extract<A, Value | Variable> extends never ? Tensor : Value;

/** Throws {@linkcode ValueError} where an operand is nothing that an op takes; `what` is the op's name. */
export function checkOperand(operand: unknown, what = "an op"): asserts operand is Operand {
  if (
    typeof operand === "number" || operand instanceof Value || operand instanceof Tensor || operand instanceof Variable
  ) return;
  const isArray = Array.isArray(operand) || ArrayBuffer.isView(operand);
  throw new ValueError({
    what: `Cannot apply ${what}`,
    rule: "operands must be numbers, tensors, variables or symbolic values",
    received: describe(operand),
    hint: isArray
      ? "wrap it, as in tensor([1, 2])"
      : operand === undefined
      ? "check that it was set, as a layer's weights are by build"
      : operand instanceof Promise
      ? "await it first"
      : "give one of these",
  });
}

/** The shape of an operand; throws {@linkcode ValueError} for what is none. */
export function shapeOf(operand: Operand): Shape {
  checkOperand(operand);
  return typeof operand === "number" ? [] : operand.shape;
}

/** Applies an op to operands that already have the dtypes that its row wants. */
export function apply<K extends OpName, A extends Operand>(
  op: K,
  operands: readonly A[],
  attrs: OpAttrs[K],
): Applied<A>[] {
  for (const operand of operands) checkOperand(operand, op);
  const results = operands.some(isSymbolic)
    ? requireTrace(`ops.${op} on a variable or a symbolic value`).emit(op, operands.map(symbolic), attrs)
    : evaluate(op, operands.map(eager), attrs);
  return results as Applied<A>[];
}

/** The operands with numbers made scalars and all cast to the dtype that holds all of them; to float32 with `toFloat`. */
export function promoteDTypes<A extends Operand>(operands: readonly A[], toFloat = false): A[] {
  for (const operand of operands) checkOperand(operand);
  const typed = operands.filter((operand) => typeof operand !== "number") as (Value | Tensor | Variable)[];
  let dtype: DType = typed.length > 0 ? typed.map((operand) => operand.dtype).reduce(promote) : "float32";
  for (const operand of operands) {
    if (typeof operand === "number") dtype = promote(dtype, scalarLike(operand, dtype).dtype);
  }
  if (toFloat) dtype = "float32";
  return operands.map((operand) => {
    if (typeof operand === "number") return new Tensor([], dtype, makeArray(dtype, [operand])) as Operand as A;
    return (operand.dtype === dtype ? operand : apply("cast", [operand], { dtype })[0]) as A;
  });
}

/** Whether an operand exists only inside a trace. */
export function isSymbolic(operand: Operand): operand is Value | Variable {
  return operand instanceof Value || operand instanceof Variable;
}

function symbolic(operand: Operand): Value {
  if (operand instanceof Value) return operand;
  const trace = requireTrace("a variable");
  if (operand instanceof Variable) return trace.read(operand);
  const { shape, dtype, data } = eager(operand);
  return trace.constant(shape, dtype, data);
}

function eager(operand: Operand): Tensor {
  return typeof operand === "number" ? scalarLike(operand, "float32") : operand as Tensor;
}
