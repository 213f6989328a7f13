// A function for each primitive op: broadcasting, dtype promotion and axes as NumPy has them.
import { checkDType, type DType, makeArray, promote } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { BinaryName, UnaryName } from "../ir/elementwise.ts";
import { broadcastShapes, formatShape, normalizeAxes, normalizeAxis, sameShape, type Shape, sizeOf } from "../shape.ts";
import { type Applied, apply, type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { resolveShape, scalarLike, Tensor } from "../tensor/tensor.ts";

const dtypeOf = (x: Operand): DType => (typeof x === "number" ? "float32" : x.dtype);

/** Functions of one operand that are computed in float32 whatever comes in. */
const floatUnary = <A extends Operand>(op: UnaryName, x: A): Applied<A> => apply(op, promoteDTypes([x], true), {})[0];
const unary = <A extends Operand>(op: UnaryName, x: A): Applied<A> => apply(op, promoteDTypes([x]), {})[0];
const binary = <A extends Operand, B extends Operand>(op: BinaryName, a: A, b: B): Applied<A | B> =>
  apply<BinaryName, A | B>(op, promoteDTypes<A | B>([a, b]), {})[0];

/** `-x`. */
export const negate = <A extends Operand>(x: A): Applied<A> => unary("negate", x);
/** The absolute value. */
export const abs = <A extends Operand>(x: A): Applied<A> => unary("abs", x);
/** -1, 0 or 1 by the sign. */
export const sign = <A extends Operand>(x: A): Applied<A> => unary("sign", x);
/** `e` to the power of `x`. */
export const exp = <A extends Operand>(x: A): Applied<A> => floatUnary("exp", x);
/** `exp(x) - 1`, exact near 0. */
export const expm1 = <A extends Operand>(x: A): Applied<A> => floatUnary("expm1", x);
/** The natural logarithm. */
export const log = <A extends Operand>(x: A): Applied<A> => floatUnary("log", x);
/** `log(1 + x)`, exact near 0. */
export const log1p = <A extends Operand>(x: A): Applied<A> => floatUnary("log1p", x);
/** The square root. */
export const sqrt = <A extends Operand>(x: A): Applied<A> => floatUnary("sqrt", x);
/** `1 / sqrt(x)`. */
export const rsqrt = <A extends Operand>(x: A): Applied<A> => floatUnary("rsqrt", x);
/** `x * x`. */
export const square = <A extends Operand>(x: A): Applied<A> => unary("square", x);
/** `1 / x`. */
export const reciprocal = <A extends Operand>(x: A): Applied<A> => floatUnary("reciprocal", x);
/** The sine of `x` in radians. */
export const sin = <A extends Operand>(x: A): Applied<A> => floatUnary("sin", x);
/** The cosine of `x` in radians. */
export const cos = <A extends Operand>(x: A): Applied<A> => floatUnary("cos", x);
/** The hyperbolic tangent. */
export const tanh = <A extends Operand>(x: A): Applied<A> => floatUnary("tanh", x);
/** `1 / (1 + exp(-x))`. */
export const sigmoid = <A extends Operand>(x: A): Applied<A> => floatUnary("sigmoid", x);
/** `max(x, 0)`. */
export const relu = <A extends Operand>(x: A): Applied<A> => unary("relu", x);
/** `log(1 + exp(x))`, without overflow. */
export const softplus = <A extends Operand>(x: A): Applied<A> => floatUnary("softplus", x);
/** The error function. */
export const erf = <A extends Operand>(x: A): Applied<A> => floatUnary("erf", x);
/** The largest integer not above `x`. */
export const floor = <A extends Operand>(x: A): Applied<A> => unary("floor", x);
/** The smallest integer not below `x`. */
export const ceil = <A extends Operand>(x: A): Applied<A> => unary("ceil", x);
/** The nearest integer, halves to even. */
export const round = <A extends Operand>(x: A): Applied<A> => unary("round", x);
/** Whether an element is not a number. */
export const isNan = <A extends Operand>(x: A): Applied<A> => floatUnary("isNan", x);
/** `not x`, as bool. */
export const logicalNot = <A extends Operand>(x: A): Applied<A> =>
  apply("logicalNot", [cast(x, "bool")], {})[0] as Applied<A>;
/** `x` itself, through which no gradient flows. */
export function stopGradient<A extends Operand>(x: A): Applied<A> {
  const [operand] = promoteDTypes([x]);
  // Only floats have gradients.
  return (operand as Exclude<A, number>).dtype === "float32"
    ? unary("stopGradient", operand)
    : operand as unknown as Applied<A>;
}
/** Random bits (int32) to uniform float32 in [0, 1): the upper 24 bits times 2^-24. */
export const bitsToUnit = <A extends Operand>(x: A): Applied<A> => unary("bitsToUnit", x);

/** `a + b`. */
export const add = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("add", a, b);
/** `a - b`. */
export const subtract = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("subtract", a, b);
/** `a * b`. */
export const multiply = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("multiply", a, b);
/** `a / b` in float32. */
export const divide = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  apply<"divide", A | B>("divide", promoteDTypes<A | B>([a, b], true), {})[0];
/** The larger of `a` and `b`. */
export const maximum = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("maximum", a, b);
/** The smaller of `a` and `b`. */
export const minimum = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("minimum", a, b);
/** `a` to the power of `b`; of whole numbers a whole number, that to a negative one cut to it. */
export function power<A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> {
  const [base, exponent] = promoteDTypes<A | B>([a, b]);
  // Of bools it is int32, as in Keras.
  const isBool = dtypeOf(base) === "bool";
  const operands = isBool ? [base, exponent].map((x) => cast(x, "int32") as Operand as A | B) : [base, exponent];
  return apply<"power", A | B>("power", operands, {})[0];
}
/** The remainder with the sign of `b`, as Python's `%`. */
export const mod = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("mod", a, b);
/** The angle of the point `(b, a)`, from -pi to pi. */
export const arctan2 = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  apply<"arctan2", A | B>("arctan2", promoteDTypes<A | B>([a, b], true), {})[0];
/** `a == b`, as bool. */
export const equal = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("equal", a, b);
/** `a != b`, as bool. */
export const notEqual = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("notEqual", a, b);
/** `a < b`, as bool. */
export const less = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("less", a, b);
/** `a <= b`, as bool. */
export const lessEqual = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  binary("lessEqual", a, b);
/** `a > b`, as bool. */
export const greater = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> => binary("greater", a, b);
/** `a >= b`, as bool. */
export const greaterEqual = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  binary("greaterEqual", a, b);
/** `a and b`, as bool. */
export const logicalAnd = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  apply<"logicalAnd", A | B>("logicalAnd", [cast(a, "bool") as A, cast(b, "bool") as B], {})[0];
/** `a or b`, as bool. */
export const logicalOr = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  apply<"logicalOr", A | B>("logicalOr", [cast(a, "bool") as A, cast(b, "bool") as B], {})[0];

/** `whenTrue` where `condition` holds, else `whenFalse`; the three broadcast. Whole numbers alone give int32. */
export function select<C extends Operand, A extends Operand, B extends Operand>(
  condition: C,
  whenTrue: A,
  whenFalse: B,
): Applied<A | B | C> {
  const areWhole = [whenTrue, whenFalse].every((x) => typeof x === "number" && (x | 0) === x);
  const [a, b] = areWhole
    ? [whenTrue, whenFalse].map((value) => scalarLike(value as number, "int32") as Operand as A | B)
    : promoteDTypes<A | B>([whenTrue, whenFalse]);
  return apply<"select", A | B | C>("select", [cast(condition, "bool") as C, a, b], {})[0];
}

/** The elements in another dtype: to int by truncation, to bool by `!= 0`. */
export function cast<A extends Operand>(x: A, dtype: DType): Applied<A> {
  checkDType(dtype, "Cannot cast");
  const [operand] = promoteDTypes([x]);
  return (operand as Exclude<A, number>).dtype === dtype
    ? operand as Applied<A>
    : apply("cast", [operand], { dtype })[0];
}

/** Reduces axes that may lie apart: a run of neighbours at a time, from the last. */
function reduce<A extends Operand>(
  op: "sum" | "max" | "min",
  x: A,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
): Applied<A> {
  const [operand] = promoteDTypes([x]);
  const shape = shapeOf(operand);
  let rest = normalizeAxes(axes, shape.length, op);
  const kept = shape.map((extent, axis) => (rest.includes(axis) ? 1 : extent));
  // A sum of integers is int32, also where there is no axis to sum over.
  const isNarrow = op === "sum" && rest.length === 0 &&
    promote((operand as Exclude<A, number>).dtype, "int32") === "int32";
  let result = isNarrow ? cast(operand, "int32") : operand as unknown as Applied<A>;
  while (rest.length > 0) {
    let first = rest.length - 1;
    while (first > 0 && rest[first - 1] === rest[first] - 1) first--;
    result = apply(op, [result as Operand], { axes: rest.slice(first) })[0] as Applied<A>;
    rest = rest.slice(0, first);
  }
  return keepDims ? reshape(result as Operand, kept) as Applied<A> : result;
}

/** The sum over `axes` (all by default). */
export const sum = <A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> =>
  reduce("sum", x, axes, keepDims);
/** The largest element over `axes` (all by default). */
export const max = <A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> =>
  reduce("max", x, axes, keepDims);
/** The smallest element over `axes` (all by default). */
export const min = <A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> =>
  reduce("min", x, axes, keepDims);
/** The mean over `axes` (all by default), in float32. */
export function mean<A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> {
  const shape = shapeOf(x);
  const count = normalizeAxes(axes, shape.length, "mean").reduce((product, axis) => product * shape[axis], 1);
  return multiply(sum(cast(x, "float32") as Operand, axes, keepDims), 1 / count) as Applied<A>;
}
/** The index of the first largest element along `axis`, int32; NaN is passed over. */
export function argMax<A extends Operand>(x: A, axis = -1): Applied<A> {
  return apply("argMax", promoteDTypes([x]), { axis: normalizeAxis(axis, shapeOf(x).length, "argMax") })[0];
}
/** The indices that put `axis` in order, int32; equal elements stay as they were, NaN is larger than every number. */
export function argSort<A extends Operand>(x: A, axis = -1, descending = false): Applied<A> {
  return apply("argSort", promoteDTypes([x]), { axis: normalizeAxis(axis, shapeOf(x).length, "sort"), descending })[0];
}

/** `x` repeated to `shape` by NumPy's rule. */
export function broadcastTo<A extends Operand>(x: A, shape: Shape): Applied<A> {
  const [operand] = promoteDTypes([x]);
  if (sameShape(shapeOf(operand), shape)) return operand as unknown as Applied<A>;
  return apply("broadcastTo", [operand], { shape })[0];
}
/** The sum of `x` over the axes along which `shape` broadcasts to it: the adjoint of {@linkcode broadcastTo}. */
export function sumTo<A extends Operand>(x: A, shape: Shape): Applied<A> {
  const from = shapeOf(x);
  const lead = from.length - shape.length;
  const axes = from.map((_, axis) => axis).filter((axis) =>
    axis < lead || (shape[axis - lead] === 1 && from[axis] !== 1)
  );
  const summed = axes.length > 0 ? sum(x, axes) : x as unknown as Applied<A>;
  return reshape(summed as Operand, shape) as Applied<A>;
}

/** The same elements in another shape; one extent may be -1. */
export function reshape<A extends Operand>(x: A, shape: Shape): Applied<A> {
  const [operand] = promoteDTypes([x]);
  const resolved = resolveShape(shape, shapeOf(operand));
  if (sameShape(resolved, shapeOf(operand))) return operand as unknown as Applied<A>;
  return apply("reshape", [operand], { shape: resolved })[0];
}
/** The axes in another order; reversed by default. */
export function transpose<A extends Operand>(x: A, permutation?: readonly number[]): Applied<A> {
  const rank = shapeOf(x).length;
  const order = permutation?.map((axis) => normalizeAxis(axis, rank, "transpose")) ??
    Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return apply("transpose", promoteDTypes([x]), { permutation: order })[0];
}
/** `sizes` elements along each axis from `starts` on, every `strides`-th. */
export function slice<A extends Operand>(
  x: A,
  starts: readonly number[],
  sizes: Shape,
  strides: readonly number[] = starts.map(() => 1),
): Applied<A> {
  return apply("slice", promoteDTypes([x]), { starts, sizes, strides })[0];
}
/** `low` and `high` elements of `value` around, `interior` between neighbours, along each axis. */
export function pad<A extends Operand>(
  x: A,
  low: readonly number[],
  high: readonly number[],
  { interior = low.map(() => 0), value = 0 }: { interior?: readonly number[]; value?: number } = {},
): Applied<A> {
  const [operand] = promoteDTypes([x]);
  const [kept] = makeArray((operand as Exclude<A, number>).dtype, [value]);
  return apply("pad", [operand], { low, high, interior, value: kept })[0];
}
function checkSome(what: string, operands: readonly Operand[]): void {
  if (operands.length > 0) return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: "there must be at least one operand",
    received: "none",
    hint: "pass a list of tensors",
  });
}
/** The operands one after another along `axis`. */
export function concat<A extends Operand>(operands: readonly A[], axis = 0): Applied<A> {
  checkSome("concatenate", operands);
  const rank = shapeOf(operands[0]).length;
  return apply("concat", promoteDTypes(operands), { axis: normalizeAxis(axis, rank, "concatenate") })[0];
}
/** The operands, of one shape, along a new `axis`. */
export function stack<A extends Operand>(operands: readonly A[], axis = 0): Applied<A> {
  checkSome("stack", operands);
  const shape = shapeOf(operands[0]);
  const at = normalizeAxis(axis, shape.length + 1, "stack");
  if (operands.some((operand) => !sameShape(shapeOf(operand), shape))) {
    throw new ShapeError({
      what: "Cannot stack",
      rule: "operands must have one shape",
      received: operands.map((operand) => formatShape(shapeOf(operand))).join(", "),
      hint: "reshape them, or join them along an axis that they have with concatenate",
    });
  }
  const wide = [...shape.slice(0, at), 1, ...shape.slice(at)];
  return concat(operands.map((operand) => reshape(operand, wide) as Operand), at) as Applied<A>;
}
/** The elements in reverse order along `axes` (all by default). */
export function reverse<A extends Operand>(x: A, axes?: number | readonly number[]): Applied<A> {
  return apply("reverse", promoteDTypes([x]), { axes: normalizeAxes(axes, shapeOf(x).length, "reverse") })[0];
}

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /** Whether the last two axes of `a` are stored swapped. */
  transposeA?: boolean;
  /** Whether the last two axes of `b` are stored swapped. */
  transposeB?: boolean;
}

/**
 * The matrix product over the last two axes; leading axes broadcast. A vector is a row on the left and a column on the
 * right, and its axis disappears. Whole numbers keep their dtype, and wrap; the product of bools is whether any pair is
 * true.
 */
export function matmul<A extends Operand, B extends Operand>(
  a: A,
  b: B,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): Applied<A | B> {
  const [x, y] = promoteDTypes<A | B>([a, b]);
  const [m, n] = [shapeOf(x), shapeOf(y)];
  if (m.length < 1 || n.length < 1) {
    throw new ShapeError({
      what: "Cannot multiply matrices",
      rule: "both operands must have at least one axis",
      received: `${formatShape(m)} and ${formatShape(n)}`,
      hint: "use multiply for a number",
    });
  }
  if (m.length === 1 || n.length === 1) {
    const row = m.length === 1 ? reshape(x as Operand, transposeA ? [m[0], 1] : [1, m[0]]) : x;
    const column = n.length === 1 ? reshape(y as Operand, transposeB ? [1, n[0]] : [n[0], 1]) : y;
    const product = matmul(row as Operand, column as Operand, { transposeA, transposeB }) as Operand;
    const kept = shapeOf(product).filter((_, axis, { length }) =>
      !(m.length === 1 && axis === length - 2) && !(n.length === 1 && axis === length - 1)
    );
    return reshape(product, kept) as Applied<A | B>;
  }
  const [k, k2] = [m[m.length - (transposeA ? 2 : 1)], n[n.length - (transposeB ? 1 : 2)]];
  if (k !== k2) {
    const turned = (flag: boolean) => (flag ? " transposed" : "");
    throw new ShapeError({
      what: "Cannot multiply matrices",
      rule: "the last axis of the first must equal the second-last of the second",
      received: `${formatShape(m)}${turned(transposeA)} and ${formatShape(n)}${turned(transposeB)}`,
      hint: "check the number of features, or transpose one operand",
    });
  }
  // A matrix shared by a whole batch is one tall product, not a batch of small ones.
  if (n.length === 2 && m.length > 2 && !transposeA) {
    const rows = sizeOf(m.slice(0, -1));
    const flat = matmul(reshape(x as Operand, [rows, m[m.length - 1]]) as Operand, y, { transposeB });
    return reshape(flat as Operand, [...m.slice(0, -1), shapeOf(flat as Operand)[1]]) as Applied<A | B>;
  }
  const batch = broadcastShapes(m.slice(0, -2), n.slice(0, -2), "multiply matrices");
  const wide = [
    broadcastTo(x as Operand, [...batch, ...m.slice(-2)]),
    broadcastTo(y as Operand, [...batch, ...n.slice(-2)]),
  ];
  if (dtypeOf(x) !== "float32") return wholeProduct(wide as Operand[], transposeA, transposeB) as Applied<A | B>;
  return apply("matmul", wide as Operand[], { transposeA, transposeB, epilogue: null })[0] as Applied<A | B>;
}

/** The product of matrices of whole numbers, which no float could hold: every pair multiplied, then summed in int32. */
function wholeProduct([a, b]: Operand[], transposeA: boolean, transposeB: boolean): Operand {
  const swapped = (x: Operand, flag: boolean) => {
    const rank = shapeOf(x).length;
    const order = Array.from({ length: rank }, (_, axis) => axis);
    return flag ? transpose(x, [...order.slice(0, -2), rank - 1, rank - 2]) as Operand : x;
  };
  const [x, y] = [swapped(a, transposeA), swapped(b, !transposeB)];
  const [m, n] = [shapeOf(x), shapeOf(y)];
  const pairs = multiply(
    reshape(cast(x, "int32") as Operand, [...m.slice(0, -1), 1, m[m.length - 1]]) as Operand,
    reshape(cast(y, "int32") as Operand, [...n.slice(0, -2), 1, ...n.slice(-2)]) as Operand,
  );
  return cast(sum(pairs as Operand, -1) as Operand, dtypeOf(a)) as Operand;
}

/** Rows of `table` (axis 0) by int32 `indices`. */
export function gather<A extends Operand, B extends Operand>(table: A, indices: B): Applied<A | B> {
  return apply<"gather", A | B>("gather", [...promoteDTypes([table]), cast(indices, "int32") as B], {})[0];
}
/** Zeros of `rows` rows with `updates` added at int32 `indices`: the adjoint of {@linkcode gather}. */
export function scatterAdd<A extends Operand, B extends Operand>(indices: A, updates: B, rows: number): Applied<A | B> {
  return apply<"scatterAdd", A | B>("scatterAdd", [cast(indices, "int32") as A, ...promoteDTypes([updates])], {
    rows,
  })[0];
}
/** `size` rows of `x` from row `counters[element]` on. */
export function dynamicSlice<A extends Operand, B extends Operand>(
  x: A,
  counters: B,
  element: number,
  size: number,
): Applied<A | B> {
  return apply<"dynamicSlice", A | B>("dynamicSlice", [...promoteDTypes([x]), counters], { element, size })[0];
}
/** `x` with the rows from `counters[element]` on replaced by `update`. */
export function dynamicUpdateSlice<A extends Operand, B extends Operand, C extends Operand>(
  x: A,
  update: B,
  counters: C,
  element: number,
): Applied<A | B | C> {
  return apply<"dynamicUpdateSlice", A | B | C>(
    "dynamicUpdateSlice",
    [...promoteDTypes<A | B>([x, update]), counters],
    { element },
  )[0];
}

/** 0, 1, 2, ... along `axis` of `shape`. */
export function iota(shape: Shape, axis = 0, dtype: DType = "int32"): Tensor {
  return apply<"iota", never>("iota", [], { shape, axis, dtype })[0] as unknown as Tensor;
}
/** Elements that are all `value`. */
export function full(shape: Shape, value: number, dtype: DType = "float32"): Tensor {
  return broadcastTo(new Tensor([], dtype, makeArray(dtype, [value])), shape);
}
/** Philox bits (int32) of `shape`, by `counter` (int32 `[seed, step]`) and the op's `path`. */
export function randomBits<A extends Operand>(counter: A, shape: Shape, path: number): Applied<A> {
  return apply("randomBits", [counter], { shape, path })[0];
}
