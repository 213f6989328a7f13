// Ops are written on operands of any kind; lift gives them the types of each kind.
import type { Value } from "../ir/value.ts";
import type { Axes } from "../shape.ts";
import type { Operand } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** `T` with operands of one kind where it has operands of any kind, in its lists too. */
export type WithOperands<Kind, T> = [Value] extends [T] ? Kind | Exclude<T, Operand>
  : T extends readonly unknown[] ? AllWithOperands<Kind, T>
  : T;

/** Each of `Items` {@linkcode WithOperands}. */
export type AllWithOperands<Kind, Items extends readonly unknown[]> = {
  [K in keyof Items]: WithOperands<Kind, Items[K]>;
};

/** A function of operands: of tensors and numbers it gives tensors, else symbolic values. */
export type Lifted<Args extends readonly unknown[], Result = Operand> = {
  (...args: AllWithOperands<Tensor | number, Args>): WithOperands<Tensor, Result>;
  (...args: Args): WithOperands<Value, Result>;
};

/** A lifted function of one operand. */
export type Unary = Lifted<[x: Operand]>;
/** A lifted function of two operands. */
export type Binary = Lifted<[a: Operand, b: Operand]>;
/** A lifted function over some axes of an operand, all by default; with `keepDims` these stay, with extent 1. */
export type Reduction = Lifted<[x: Operand, axes?: Axes, keepDims?: boolean]>;

/** The function itself, with a signature for each kind of operand. */
export function lift<Args extends readonly unknown[], Result>(fn: (...args: Args) => Result): Lifted<Args, Result>;
export function lift(fn: unknown): unknown {
  return fn;
}
