// Smaller functions of NumPy, composed of others. https://keras.io/api/ops/numpy/
import type { DType } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkCount, checkSize, formatShape, normalizeAxis, type Shape, stridesOf } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { split } from "./arranging.ts";
import { expandDims, ones } from "./composed.ts";
import { cut } from "./cumulative.ts";
import { tril } from "./diagonals.ts";
import { floorDivide } from "./dividing.ts";
import { type BinaryOp, lift, type Lifted, liftNamed, type Named, type UnaryOp } from "./lift.ts";
import { logaddexp } from "./logarithms.ts";
import * as p from "./primitives.ts";

/** The cube root, float32. */
export const cbrt: UnaryOp = lift((x) => {
  const size = p.abs(p.cast(x, "float32"));
  const safe = p.select(p.greater(size, 0), size, 1);
  const guess = p.power(safe, 1 / 3);
  // One step of Newton's method rounds as a root does.
  const root = p.subtract(guess, p.divide(p.subtract(guess, p.divide(safe, p.square(guess))), 3));
  return p.multiply(p.select(p.equal(size, 0), size, root), p.sign(p.cast(x, "float32")));
});

/** The magnitude, float32. */
export const fabs: UnaryOp = lift((x) => p.abs(p.cast(x, "float32")));
/** The larger of two elements; of a number and NaN, the number. */
export const fmax: BinaryOp = lift((a, b) => p.select(p.isNan(a), b, p.select(p.isNan(b), a, p.maximum(a, b))));
/** The smaller of two elements; of a number and NaN, the number. */
export const fmin: BinaryOp = lift((a, b) => p.select(p.isNan(a), b, p.select(p.isNan(b), a, p.minimum(a, b))));

/** The rest of `a / b`, with the sign of `a`. */
export const fmod: BinaryOp = lift((a, b) => {
  const rest = p.mod(p.abs(a), p.abs(b));
  return p.select(p.less(a, 0), p.negate(rest), rest);
});

/** 0 below 0, 1 above, and `b` at 0, float32. */
export const heaviside: BinaryOp = lift((a, b) => {
  const x = p.cast(a, "float32");
  const beside = p.select(p.greater(x, 0), 1, p.select(p.less(x, 0), 0, x));
  return p.select(p.equal(x, 0), p.cast(b, "float32"), beside);
});

/** The length of the hypotenuse: the root of `a ** 2 + b ** 2`, float32, without overflow. */
export const hypot: BinaryOp = lift((a, b) => {
  const [x, y] = [a, b].map((side) => p.abs(p.cast(side, "float32")));
  const [longer, shorter] = [p.maximum(x, y), p.minimum(x, y)];
  const share = p.divide(shorter, p.select(p.greater(longer, 0), longer, 1));
  return p.multiply(longer, p.sqrt(p.add(p.square(share), 1)));
});

/** Whether elements are minus infinity. */
export const isneginf: UnaryOp = lift((x) => p.equal(p.cast(x, "float32"), -Infinity));
/** Whether elements are plus infinity. */
export const isposinf: UnaryOp = lift((x) => p.equal(p.cast(x, "float32"), Infinity));
/** `a` times 2 to the power of `b`, float32. */
export const ldexp: BinaryOp = lift((a, b) => p.multiply(p.cast(a, "float32"), p.power(2, p.cast(b, "float32"))));
/** The base-2 logarithm of `2 ** a + 2 ** b`, without overflow. */
export const logaddexp2: BinaryOp = lift((a, b) =>
  p.divide(logaddexp(p.multiply(a, Math.LN2), p.multiply(b, Math.LN2)), Math.LN2)
);

/** Zeros: what elements hold that nothing was written to is not said. */
export const empty: Named<[shape: Shape], [dtype?: DType], { dtype?: DType }, Tensor> = liftNamed(
  1,
  ["dtype"],
  (shape, dtype = "float32") => p.full(shape, 0, dtype),
);

/** A matrix with ones at and below its diagonal `k`, elsewhere zeros; square unless there are `M` columns. */
export const tri: Named<
  [N: number],
  [M?: number | null, k?: number, dtype?: DType],
  { M?: number | null; k?: number; dtype?: DType },
  Tensor
> = liftNamed(1, ["M", "k", "dtype"], (rows, columns, k = 0, dtype = "float32") => {
  const shape = [rows, columns ?? rows];
  checkSize(shape, "Cannot make a triangle");
  return tril(ones(shape, dtype), k);
});

/** Stacks operands along the third axis; vectors and matrices get the axes that lack. */
export const dstack: Lifted<[operands: readonly Operand[]]> = lift((operands) => {
  p.checkOperands("dstack", operands);
  const deep = operands.map((x) => {
    const shape = shapeOf(x);
    const wide = shape.length === 0 ? [1, 1, 1] : shape.length === 1 ? [1, shape[0], 1] : [...shape, 1];
    return shape.length < 3 ? p.reshape(x, wide) : x;
  });
  return p.concat(deep, 2);
});

/** Lifts a function that splits an operand along the axis for its rank. */
const splitting = (
  axisOf: (rank: number) => number,
): Named<
  [x: Operand],
  [indicesOrSections: number | readonly number[]],
  { indicesOrSections: number | readonly number[] },
  Operand[]
> => liftNamed(1, ["indicesOrSections"], (x, parts) => split(x, parts, axisOf(shapeOf(x).length)));

type Split = Named<
  [x: Operand],
  [indicesOrSections: number | readonly number[]],
  { indicesOrSections: number | readonly number[] },
  Operand[]
>;

/** Splits along the first axis: as {@linkcode split}. */
export const vsplit: Split = splitting(() => 0);
/** Splits along the second axis, vectors along the first: as {@linkcode split}. */
export const hsplit: Split = splitting((rank) => (rank === 1 ? 0 : 1));
/** Splits along the third axis: as {@linkcode split}. */
export const dsplit: Split = splitting(() => 2);

/** The Kronecker product: each element of `a` times all of `b`, side by side. */
export const kron: BinaryOp = lift((a, b) => {
  const rank = Math.max(shapeOf(a).length, shapeOf(b).length);
  const full = (x: Operand) => [...new Array<number>(rank - shapeOf(x).length).fill(1), ...shapeOf(x)];
  const [outer, inner] = [full(a), full(b)];
  const product = p.multiply(
    p.reshape(a, outer.flatMap((extent) => [extent, 1])),
    p.reshape(b, inner.flatMap((extent) => [1, extent])),
  );
  return p.reshape(product, outer.map((extent, i) => extent * inner[i]));
});

/** The most columns of a Vandermonde matrix: each adds an op. */
const maxPowers = 1024;

/**
 * The powers of each element of a vector, in columns from `N - 1` (as many as elements by default) down to 0, or with
 * `increasing` up from 0. Throws {@linkcode ShapeError} for what is no vector.
 */
export const vander: Named<
  [x: Operand],
  [N?: number | null, increasing?: boolean],
  { N?: number | null; increasing?: boolean }
> = liftNamed(1, ["N", "increasing"], (x, N, increasing = false) => {
  const what = "Cannot take powers with vander";
  const [shape, dtype] = [shapeOf(x), dtypeOf(x)];
  const count = N ?? shape[0];
  if (shape.length !== 1) {
    throw new ShapeError({ what, rule: "there must be one axis", received: formatShape(shape), hint: "flatten it" });
  }
  if (!(Number.isInteger(count) && count >= 0 && count <= maxPowers)) {
    throw new ValueError({
      what,
      rule: `N must be a whole number from 0 to ${maxPowers}`,
      received: describe(count),
      hint: "say how many columns there are",
    });
  }
  const column = p.cast(p.reshape(x, [-1, 1]), dtype === "bool" ? "int32" : dtype);
  const powers: Operand[] = [p.full([shape[0], 1], 1, dtypeOf(column))];
  while (powers.length < count) powers.push(p.multiply(powers[powers.length - 1], column));
  if (count === 0) return p.full([shape[0], 0], 0, dtype);
  return p.cast(p.concat(increasing ? powers : powers.reverse(), 1), dtype);
});

/** The area under `y` along `axis` by trapezoids, at the places `x`, or `dx` (1 by default) apart. */
export const trapezoid: Named<
  [y: Operand],
  [x?: Operand | null, dx?: number, axis?: number],
  { x?: Operand | null; dx?: number; axis?: number }
> = liftNamed(1, ["x", "dx", "axis"], (y, x, dx = 1, axis = -1) => {
  const rank = shapeOf(y).length;
  const at = normalizeAxis(axis, rank, "take trapezoids");
  const values = p.cast(y, "float32");
  const neighbours = (z: Operand, along: number): [Operand, Operand] => {
    const steps = shapeOf(z)[along] - 1;
    checkCount(steps, "take trapezoids", "the number of steps");
    return [cut(z, along, 0, steps), cut(z, along, 1, steps)];
  };
  const [left, right] = neighbours(values, at);
  const heights = p.multiply(p.add(left, right), 0.5);
  if (x === undefined || x === null) return p.multiply(p.sum(heights, at), dx);
  const isVector = shapeOf(x).length === 1;
  const [from, to] = neighbours(p.cast(x, "float32"), isVector ? 0 : at);
  const widths = p.subtract(to, from);
  const spread = isVector
    ? p.reshape(widths, Array.from({ length: rank }, (_, i) => i === at ? shapeOf(widths)[0] : 1))
    : widths;
  return p.sum(p.multiply(heights, spread), at);
});

/** The index along each axis of `shape` of places in its flattened elements, int32. */
export const unravelIndex: Named<[indices: Operand], [shape: Shape], { shape: Shape }, Operand[]> = liftNamed(1, [
  "shape",
], (indices, shape) => {
  checkSize(shape, "Cannot find indices");
  if (shape.length === 0) {
    const rule = "there must be a shape with at least one axis";
    throw new ShapeError({ what: "Cannot find indices", rule, received: "[]", hint: "write it as in [2, 3]" });
  }
  const places = p.cast(indices, "int32");
  const strides = stridesOf(shape);
  const whole = (value: number) => p.full([], value, "int32");
  return shape.map((extent, axis) => p.mod(floorDivide(places, whole(strides[axis])), whole(extent)));
});

/** The Euclidean distance of each row of `a` `[..., n, k]` and each of `b` `[..., m, k]`: `[..., n, m]`. */
export const cdist: BinaryOp = lift((a, b) =>
  p.sqrt(p.sum(p.square(p.subtract(expandDims(a, -2), expandDims(b, -3))), -1))
);

/** How Keras's files write these functions. */
export const savedNumerics: SavedForms = {
  cbrt: {},
  cdist: { module: "math", className: "CDist", inputs: 2 },
  dsplit: { keys: { indices_or_sections: null } },
  dstack: { listed: true },
  fabs: {},
  fmax: { inputs: 2 },
  fmin: { inputs: 2 },
  fmod: { inputs: 2 },
  heaviside: { inputs: 2 },
  hsplit: { keys: { indices_or_sections: null } },
  hypot: { inputs: 2 },
  isneginf: {},
  isposinf: {},
  kron: { inputs: 2 },
  ldexp: { inputs: 2 },
  logaddexp2: { inputs: 2 },
  trapezoid: { keys: { x: null, dx: 1, axis: -1 } },
  unravelIndex: { keys: { shape: null } },
  vander: { keys: { N: null, increasing: false } },
  vsplit: { keys: { indices_or_sections: null } },
};
