// Tensors from data and back, and what is known of them. https://keras.io/api/ops/core/
import { checkDType, type DType, type InputDType, isFloat } from "../dtype.ts";
import { describe, StateError } from "../errors.ts";
import { Value } from "../ir/value.ts";
import { type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { isOperand, type Operand } from "../tensor/apply.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { lift, liftNamedPrimitive, type Named, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** Data, or what stands for data. */
type Convertible = TensorLike | Operand | SymbolicTensor;

/** What has a shape and a dtype. */
const held = (x: Convertible, what: string): Operand | SymbolicTensor =>
  x instanceof SymbolicTensor || isOperand(x) ? x : toTensor(x, what, "x");

/**
 * The shape of a tensor, a variable or a symbolic value, or of nested arrays: a list of numbers. Programs have fixed
 * shapes, so that these are numbers there too.
 *
 * @example As many rows as there are
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [rows, columns] = ops.shape(tensor([[1, 2, 3], [4, 5, 6]]));
 * console.log(rows, columns); // 2 3
 * ```
 */
export function shape(x: TensorLike | Operand): Shape;
/** The shape of a symbolic tensor, with null for an axis that is not known, such as the batch. */
export function shape(x: SymbolicTensor): SymbolicShape;
export function shape(x: Convertible): SymbolicShape {
  const found = held(x, "Cannot take the shape");
  return typeof found === "number" ? [] : found.shape;
}

/** The number of axes. */
export const ndim = (x: TensorLike | Operand | SymbolicTensor): number => shape(x as Operand).length;

/** The number of elements; null for a symbolic tensor with an axis that is not known. */
export function size(x: TensorLike | Operand): number;
/** The number of elements of a symbolic tensor; null if an axis is not known. */
export function size(x: SymbolicTensor): number | null;
export function size(x: Convertible): number | null {
  const extents: SymbolicShape = shape(x as Operand);
  return extents.includes(null) ? null : sizeOf(extents as Shape);
}

/** The dtype of a tensor, a variable or something symbolic, or that of nested arrays as a tensor. */
export const dtype = (x: TensorLike | Operand | SymbolicTensor): InputDType => {
  const found = held(x, "Cannot take the dtype");
  return typeof found === "number" ? "float32" : found.dtype;
};

/** Whether something is a tensor or a symbolic value: what operations compute on. */
export const isTensor = (x: unknown): x is Tensor | Value | SymbolicTensor =>
  x instanceof Tensor || x instanceof Value || x instanceof SymbolicTensor;

/** The dtype that a tensor becomes, as Keras takes it: by position or by name. */
type DTypeArgument = DType | null | { dtype?: DType | null };

function dtypeOfArgument(given: DTypeArgument | undefined, what: string): DType | undefined {
  const found = typeof given === "object" && given !== null ? given.dtype : given;
  if (found === undefined || found === null) return undefined;
  checkDType(found, what);
  return found;
}

/**
 * A tensor of nested arrays, a typed array or a number, of their dtype or of one that is given. Tensors, variables and
 * symbolic values stay what they are, cast if a dtype is given; a variable must be used in a traced function then.
 *
 * @throws {ValueError} for data that is no array of numbers
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.convertToTensor([[1, 2], [3, 4]], "int32").dtype); // int32
 * ```
 */
export function convertToTensor(x: TensorLike, dtype?: DTypeArgument): Tensor;
/** A symbolic value of a variable or of itself, in a traced function. */
export function convertToTensor(x: Value | Variable, dtype?: DTypeArgument): Value;
/** A symbolic tensor as it is, or cast. */
export function convertToTensor(x: SymbolicTensor, dtype?: DTypeArgument): SymbolicTensor;
export function convertToTensor(x: Convertible, dtype?: DTypeArgument): Tensor | Value | SymbolicTensor {
  const what = "Cannot convert to a tensor";
  const kind = dtypeOfArgument(dtype, what);
  if (x instanceof SymbolicTensor) return kind === undefined || kind === x.dtype ? x : p.cast(x, kind);
  if (x instanceof Value || x instanceof Variable) {
    const value = x instanceof Variable ? x.value() : x;
    return kind === undefined || kind === value.dtype ? value : p.cast(value, kind);
  }
  return toTensor(x, what, "x", kind);
}

/** A tensor of data: as {@linkcode convertToTensor}. */
export const array: typeof convertToTensor = convertToTensor;

/**
 * Elements on the host. A {@linkcode Tensor} holds its elements there, in `data`, as Keras's NumPy arrays do: it is what
 * comes back. A variable is read, so that there is a promise to await; nested arrays become a tensor.
 *
 * @throws {StateError} for a symbolic value, whose elements exist only while a program runs
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const { data } = ops.convertToNumpy(ops.add(tensor([1, 2]), 1));
 * console.log([...data]); // [ 2, 3 ]
 * ```
 */
export function convertToNumpy(x: TensorLike): Tensor;
/** The elements of a variable now. */
export function convertToNumpy(x: Variable): Promise<Tensor>;
export function convertToNumpy(x: Convertible): Tensor | Promise<Tensor> {
  const what = "Cannot convert to elements";
  if (x instanceof Variable) return x.read();
  if (x instanceof Value || x instanceof SymbolicTensor) {
    throw new StateError({
      what,
      rule: "a symbolic value has no elements outside of a running program",
      received: describe(x),
      hint: "return it from the traced function, or predict with a model",
    });
  }
  return toTensor(x, what, "x");
}

/** A copy with the same elements. */
export const copy: UnaryOp = lift((x) => {
  const same = typeof x === "number" ? p.cast(x, "float32") : x;
  return same instanceof Tensor
    ? new Tensor(same.shape, same.dtype, same.data.slice() as Tensor["data"])
    : p.add(same, 0);
});

/** The bounds of each dtype. */
const ranges: Readonly<Record<DType, readonly [low: number, high: number] | null>> = {
  float32: null,
  float16: [-65504, 65504],
  bfloat16: [-(2 - 2 ** -7) * 2 ** 127, (2 - 2 ** -7) * 2 ** 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};

/** `x` as `dtype`, with the nearest number of that dtype for those beyond it. Throws {@linkcode DTypeError} for others. */
export const saturateCast: Named<[x: Operand], [dtype: DType], { dtype: DType }> = liftNamedPrimitive(
  1,
  ["dtype"],
  (x, dtype) => {
    checkDType(dtype, "Cannot cast");
    const range = ranges[dtype];
    if (range === null || dtype === "bool") return p.cast(x, dtype);
    if (isFloat(dtype)) return p.cast(p.minimum(p.maximum(p.cast(x, "float32"), range[0]), range[1]), dtype);
    // The largest float32 below 2^31 is not 2^31 - 1.
    const isAbove = p.greaterEqual(p.cast(x, "float32"), range[1]);
    const isBelow = p.lessEqual(p.cast(x, "float32"), range[0]);
    const [low, high] = range.map((bound) => new Tensor([], "int32", Int32Array.of(bound)));
    const inside = p.cast(p.select(p.logicalOr(isAbove, isBelow), 0, x), "int32");
    return p.cast(p.select(isAbove, high, p.select(isBelow, low, inside)), dtype);
  },
);
