// Bits of integers. https://keras.io/api/ops/numpy/
import { type DType, promote } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { BinaryName } from "../ir/elementwise.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { dtypeOf, type Operand, promoteDTypes } from "../tensor/apply.ts";
import { applyElementwise } from "./apply_elementwise.ts";
import { type BinaryOp, lift, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** The operands in their common dtype. Throws {@linkcode DTypeError} if that is float32. */
export function integers(what: string, operands: readonly Operand[]): Operand[] {
  const common = promoteDTypes(operands);
  if (dtypeOf(common[0]) !== "float32") return common;
  throw new DTypeError({
    what: `Cannot apply ${what}`,
    rule: "operands must be integers or bools",
    received: operands.map(dtypeOf).join(" and "),
    hint: 'cast them, as in ops.cast(x, "int32")',
  });
}

/** A function of integers; the result has their dtype, at least `least`. */
function bits(fn: BinaryName, operands: readonly Operand[], least: DType = "bool"): Operand {
  const common = integers(fn, operands);
  const dtype = promote(dtypeOf(common[0]), least);
  return p.cast(applyElementwise(fn, common.map((x) => p.cast(x, "int32"))), dtype);
}

/** The bits that are set in both integers; of bools, whether both are true. */
export const bitwiseAnd: BinaryOp = lift((a, b) => bits("bitwiseAnd", [a, b]));
/** The bits that are set in one integer or in both; of bools, whether any is true. */
export const bitwiseOr: BinaryOp = lift((a, b) => bits("bitwiseOr", [a, b]));
/** The bits that are set in exactly one of two integers; of bools, whether exactly one is true. */
export const bitwiseXor: BinaryOp = lift((a, b) => bits("bitwiseXor", [a, b]));

/** All bits of an integer turned over; of a bool, `not x`. */
function inverted(what: string, x: Operand): Operand {
  const [whole] = integers(what, [x]);
  const dtype = dtypeOf(whole);
  return dtype === "bool" ? p.logicalNot(whole) : p.cast(p.subtract(-1, p.cast(whole, "int32")), dtype);
}

/** All bits of an integer turned over; of a bool, `not x`. */
export const bitwiseNot: UnaryOp = lift((x) => inverted("bitwiseNot", x));
/** An alias of {@linkcode bitwiseNot}. */
export const bitwiseInvert: UnaryOp = lift((x) => inverted("bitwiseInvert", x));

/**
 * The bits of `a` moved `b` places to the left, zeros behind them; bits beyond the dtype are lost, and moved by 32 places
 * or more, or by fewer than 0, all are. Bools give uint8.
 */
export const bitwiseLeftShift: BinaryOp = lift((a, b) => bits("leftShift", [a, b], "uint8"));
/** An alias of {@linkcode bitwiseLeftShift}. */
export const leftShift: BinaryOp = lift((a, b) => bits("leftShift", [a, b], "uint8"));
/**
 * The bits of `a` moved `b` places to the right, copies of the sign before them: `a / 2 ** b`, rounded down. Moved by 32
 * places or more, or by fewer than 0, the sign is left. Bools give uint8.
 */
export const bitwiseRightShift: BinaryOp = lift((a, b) => bits("rightShift", [a, b], "uint8"));
/** An alias of {@linkcode bitwiseRightShift}. */
export const rightShift: BinaryOp = lift((a, b) => bits("rightShift", [a, b], "uint8"));

/** How Keras's files write the functions that have no row in the table of elementwise functions. */
export const savedBits: SavedForms = {
  bitwiseInvert: {},
  bitwiseLeftShift: { inputs: 2 },
  bitwiseNot: {},
  bitwiseRightShift: { inputs: 2 },
};
