// Elementwise functions of operands, one for each row of lib/ir/elementwise.ts.
import { checkDType, type DType } from "../dtype.ts";
import {
  type BinaryRow,
  type ElementwiseName,
  elementwiseNames,
  elementwiseRows,
  type UnaryRow,
} from "../ir/elementwise.ts";
import { apply, dtypeOf, type Operand, promoteDTypes } from "../tensor/apply.ts";
import { scalarLike } from "../tensor/tensor.ts";
import { type Binary, lift, type Lifted, type Unary } from "./lift.ts";

type FunctionOf<Row> = Row extends UnaryRow ? Unary
  : Row extends BinaryRow ? Binary
  : Lifted<[condition: Operand, whenTrue: Operand, whenFalse: Operand]>;

/** A function for each row, with the row's own comment. */
type ElementwiseFunctions = {
  readonly [K in keyof typeof elementwiseRows]: K extends "cast" ? Lifted<[x: Operand, dtype: DType]>
    : FunctionOf<(typeof elementwiseRows)[K]>;
};

/** Applies a function that has no attributes to operands, cast to the dtype that it takes. */
export function applyElementwise(fn: Exclude<ElementwiseName, "cast">, operands: readonly Operand[]): Operand {
  const { takes, arity } = elementwiseRows[fn];
  const [first, ...rest] = operands;
  const cast = arity === 3
    ? [castTo(first, "bool"), ...promoteDTypes(rest)]
    : takes === "bool"
    ? operands.map((operand) => castTo(operand, takes))
    : promoteDTypes(operands, takes === "float32");
  return apply(fn, cast, {})[0];
}

function castTo(x: Operand, dtype: DType): Operand {
  checkDType(dtype, "Cannot cast");
  const [operand] = promoteDTypes([x]);
  return operand.dtype === dtype ? operand : apply("cast", [operand], { dtype })[0];
}

function functionOf(fn: Exclude<ElementwiseName, "cast">): unknown {
  switch (elementwiseRows[fn].arity) {
    case 1:
      return (x: Operand) => applyElementwise(fn, [x]);
    case 2:
      return (a: Operand, b: Operand) => applyElementwise(fn, [a, b]);
    case 3:
      return (condition: Operand, a: Operand, b: Operand) => applyElementwise(fn, [condition, a, b]);
  }
}

/** The functions that look at their operands before. */
const own = {
  cast: lift(castTo),
  // Only floats have gradients.
  stopGradient: lift((x: Operand) => {
    const [operand] = promoteDTypes([x]);
    return operand.dtype === "float32" ? applyElementwise("stopGradient", [operand]) : operand;
  }),
  // Of bools it is int32, as in Keras.
  power: lift((a: Operand, b: Operand) => {
    const operands = promoteDTypes([a, b]);
    const isBool = dtypeOf(operands[0]) === "bool";
    return applyElementwise("power", isBool ? operands.map((x) => castTo(x, "int32")) : operands);
  }),
  // Whole numbers alone give int32.
  select: lift((condition: Operand, whenTrue: Operand, whenFalse: Operand) => {
    const branches = [whenTrue, whenFalse];
    const isWhole = (x: Operand): x is number => typeof x === "number" && (x | 0) === x;
    const kept = branches.every(isWhole) ? branches.map((x) => scalarLike(x, "int32")) : branches;
    return applyElementwise("select", [condition, ...kept]);
  }),
} satisfies Partial<ElementwiseFunctions>;

/** The functions by the names of their rows: at once on tensors and numbers, traced on symbolic values. */
export const elementwise: ElementwiseFunctions = {
  ...Object.fromEntries(
    elementwiseNames.filter((fn) => fn !== "cast").map((fn) => [fn, functionOf(fn)]),
  ) as ElementwiseFunctions,
  ...own,
};
