// Applying an op: on symbolic values it adds to the trace, on tensors it computes at once.
import type { DType } from "../dtype.ts";
import { makeArray, promote } from "../dtype.ts";
import type { OpAttrs, OpName } from "../ir/attrs.ts";
import { requireTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { evaluate, scalarLike, Tensor } from "./tensor.ts";
import { Variable } from "./variable.ts";

/** What an op takes: a symbolic value, a tensor, a variable (read inside a trace), or a number (a scalar). */
export type Operand = Value | Tensor | Variable | number;

/** What an op gives: a tensor where every operand is one or a number, else a symbolic value. */
export type Applied<A extends Operand> = Extract<A, Value | Variable> extends never ? Tensor : Value;

/** Applies an op to operands that already have the dtypes that its row wants. */
export function apply<K extends OpName, A extends Operand>(
  op: K,
  operands: readonly A[],
  attrs: OpAttrs[K],
): Applied<A>[] {
  const results = operands.some(isSymbolic)
    ? requireTrace(`An op on a variable or a symbolic value ("${op}")`).emit(op, operands.map(symbolic), attrs)
    : evaluate(op, operands.map(eager), attrs);
  return results as Applied<A>[];
}

/** The operands with numbers made scalars and all cast to the dtype that holds all of them; to float32 with `toFloat`. */
export function promoted<A extends Operand>(operands: readonly A[], toFloat = false): A[] {
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
  const trace = requireTrace("A variable");
  if (operand instanceof Variable) return trace.read(operand);
  const { shape, dtype, data } = eager(operand);
  return trace.constant(shape, dtype, data);
}

function eager(operand: Operand): Tensor {
  return typeof operand === "number" ? scalarLike(operand, "float32") : operand as Tensor;
}
