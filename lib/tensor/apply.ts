// Applying an op: symbolic values add a node to the trace, tensors are computed at once.
import { type DType, isFloat, makeArray, promote } from "../dtype.ts";
import type { OpName } from "../ir/attrs.ts";
import type { OpAttrs } from "../ir/graph.ts";
import { requireTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { describe, ValueError } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { autocasting } from "./autocast.ts";
import { checkAttached, evaluate, scalarLike, Tensor } from "./tensor.ts";
import { Variable } from "./variable.ts";

/** What an op takes: a symbolic value, a tensor, a variable (read inside a trace), or a number (a scalar). */
export type Operand = Value | Tensor | Variable | number;

/** An operand that has a shape and a dtype of its own. */
type ArrayOperand = Exclude<Operand, number>;

/** The result of an op: a tensor if every operand is a tensor or a number, else a symbolic value. */
export type ResultOf<A extends Operand> = Extract<A, Value | Variable> extends never ? Tensor : Value;

/** Whether something is what an op takes. */
export const isOperand = (operand: unknown): operand is Operand =>
  typeof operand === "number" || operand instanceof Value || operand instanceof Tensor || operand instanceof Variable;

/** The function of `ops` that was called, and of which others that run are a part. */
let called: string | undefined;

/**
 * Runs `body` with messages that tell this name: those of functions that it consists of do not stand in what the user
 * wrote. Without a name, functions that `body` calls tell their own.
 */
export function asCallOf<T>(name: string | undefined, body: () => T): T {
  const outer = called;
  called = name;
  try {
    return body();
  } finally {
    called = outer;
  }
}

/** The name of the function that was called, if it has one. */
export const calledName = (): string | undefined => called;

/** What fails, in messages: the function of `ops` that was called, or the op. */
export const whatFails = (op = "an op"): string => `Cannot apply ${called ?? op}`;

/** Throws {@linkcode ValueError} unless `operand` is an operand; `op` is the op's name. */
function checkOperand(operand: unknown, op?: string): asserts operand is Operand {
  if (isOperand(operand)) return;
  const isArray = Array.isArray(operand) || ArrayBuffer.isView(operand);
  throw new ValueError({
    what: whatFails(op),
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

/** The shape of an operand; throws {@linkcode ValueError} for anything else. */
export function shapeOf(operand: Operand): Shape {
  checkOperand(operand);
  return typeof operand === "number" ? [] : operand.shape;
}

/** The dtype of an operand; float32 for a number. Throws {@linkcode ValueError} for anything else. */
export function dtypeOf(operand: Operand): DType {
  checkOperand(operand);
  if (typeof operand === "number") return "float32";
  const how = operand instanceof Variable && operand.autocast && isFloat(operand.dtype) && autocasting.current;
  return how ? how.as : operand.dtype;
}

/** Applies an op to operands that already have the dtypes that its definition requires. */
export function apply<K extends OpName>(op: K, operands: readonly (Tensor | number)[], attrs: OpAttrs[K]): Tensor[];
export function apply<K extends OpName>(op: K, operands: readonly Operand[], attrs: OpAttrs[K]): Value[];
export function apply<K extends OpName>(op: K, operands: readonly Operand[], attrs: OpAttrs[K]): (Tensor | Value)[] {
  for (const operand of operands) checkOperand(operand, op);
  if (operands.every(isEager)) return evaluate(op, operands.map(eager), attrs);
  return requireTrace(`ops.${op} on a variable or a symbolic value`).emit(op, operands.map(symbolic), attrs);
}

/** The operands with numbers made scalars and all cast to their common dtype; to a float with `toFloat`. */
export function promoteDTypes(given: readonly Operand[], toFloat = false): ArrayOperand[] {
  for (const operand of given) checkOperand(operand);
  const operands = autocasting.current ? given.map((item) => item instanceof Variable ? item.value() : item) : given;
  const typed = operands.filter((operand) => typeof operand !== "number");
  let dtype: DType = typed.length > 0 ? typed.map((operand) => operand.dtype).reduce(promote) : "float32";
  for (const operand of operands) {
    if (typeof operand === "number") dtype = promote(dtype, scalarLike(operand, dtype).dtype);
  }
  if (toFloat && !isFloat(dtype)) dtype = "float32";
  return operands.map((operand) => {
    if (typeof operand === "number") return new Tensor([], dtype, makeArray(dtype, [operand]));
    return operand.dtype === dtype ? operand : apply("cast", [operand], { dtype })[0];
  });
}

/** Whether an operand has its numbers now, outside of a trace. */
export function isEager(operand: Operand): operand is Tensor | number {
  return typeof operand === "number" || operand instanceof Tensor;
}

/** The symbolic value of an operand in the trace; a tensor becomes a constant. */
export function symbolic(operand: Operand): Value {
  if (operand instanceof Value) return operand;
  const trace = requireTrace("a variable");
  if (operand instanceof Variable) return operand.value();
  const { shape, dtype, data } = eager(operand);
  checkAttached({ shape, data }, "Cannot use a tensor");
  return trace.constant(shape, dtype, data);
}

function eager(operand: Tensor | number): Tensor {
  return typeof operand === "number" ? scalarLike(operand, "float32") : operand;
}
