// Applying elementwise functions to operands of any dtype.
import { type ElementwiseName, elementwiseRows } from "../ir/elementwise.ts";
import { apply, type Operand, promoteDTypes } from "../tensor/apply.ts";

/** Applies a function without attributes to operands, cast to the dtype that it takes. */
export function applyElementwise(fn: Exclude<ElementwiseName, "cast">, operands: readonly Operand[]): Operand {
  const { takes, arity } = elementwiseRows[fn];
  const [first, ...rest] = operands;
  const cast = arity === 3
    ? [toBool(first), ...promoteDTypes(rest)]
    : takes === "bool"
    ? operands.map(toBool)
    : promoteDTypes(operands, takes === "float32");
  return apply(fn, cast, {})[0];
}

function toBool(operand: Operand): Operand {
  const [x] = promoteDTypes([operand]);
  return x.dtype === "bool" ? x : apply("cast", [x], { dtype: "bool" })[0];
}
