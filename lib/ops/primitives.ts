// A function for each primitive op: broadcasting, dtype promotion and axes as in NumPy.
import { checkDType, type DType, isFloat, makeArray, promote } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import {
  type Axes,
  broadcastShapes,
  checkCount,
  checkIntegers,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  numbersOf,
  sameShape,
  type Shape,
  sizeOf,
} from "../shape.ts";
import { apply, dtypeOf, type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { resolveShape, Tensor } from "../tensor/tensor.ts";
import { applyElementwise } from "./apply_elementwise.ts";
import { cast, isnan, multiply, negative, where } from "./elementwise.ts";
import {
  type Lifted,
  liftNamedPrimitive,
  liftPrimitive,
  liftReduction,
  type Named,
  type ReductionOp,
  type UnaryOp,
} from "./lift.ts";

export * from "./elementwise.ts";
// Shorter names than Keras's, and functions that are not in `ops`.
export { isnan as isNan, negative as negate, where as select };

/** Random bits (int32) to uniform float32 in [0, 1): the upper 24 bits times 2^-24. */
export const bitsToUnit: UnaryOp = liftPrimitive((x) => applyElementwise("bitsToUnit", [x]));

/** Reduces any axes: one run of adjacent axes at a time, from the last. */
const reduction = (op: "sum" | "max" | "min"): ReductionOp =>
  liftReduction((x, axes, keepDims = false) => {
    const [operand] = promoteDTypes([x]);
    const shape = shapeOf(operand);
    let rest = normalizeAxes(axes, shape.length, op);
    const kept = shape.map((extent, axis) => (rest.includes(axis) ? 1 : extent));
    // A sum of integers is int32, even with no axis to sum over.
    const isNarrow = op === "sum" && rest.length === 0 && promote(operand.dtype, "int32") === "int32";
    let result: Operand = isNarrow ? cast(operand, "int32") : operand;
    while (rest.length > 0) {
      let first = rest.length - 1;
      while (first > 0 && rest[first - 1] === rest[first] - 1) first--;
      result = apply(op, [result], { axes: rest.slice(first) })[0];
      rest = rest.slice(0, first);
    }
    return keepDims ? reshape(result, kept) : result;
  });

/** The sum over `axes` (all by default). */
export const sum: ReductionOp = reduction("sum");
/** The largest element over `axes` (all by default). */
export const max: ReductionOp = reduction("max");
/** The smallest element over `axes` (all by default). */
export const min: ReductionOp = reduction("min");
/** The mean over `axes` (all by default), in float32. */
export const mean: ReductionOp = liftReduction((x, axes, keepDims = false) => {
  const shape = shapeOf(x);
  const count = normalizeAxes(axes, shape.length, "mean").reduce((product, axis) => product * shape[axis], 1);
  return multiply(sum(cast(x, "float32"), axes, keepDims), 1 / count);
});
/** The index of the first largest element along `axis`, int32; NaN is skipped. */
export const argMax: Lifted<[x: Operand, axis?: number]> = liftPrimitive((x, axis = -1) =>
  apply("argMax", promoteDTypes([x]), { axis: normalizeAxis(axis, shapeOf(x).length, "argMax") })[0]
);
/** The indices that sort `axis`, int32; the sort is stable, and NaN counts as the largest number. */
export const argSort: Lifted<[x: Operand, axis?: number, descending?: boolean]> = liftPrimitive(
  (x, axis = -1, descending = false) =>
    apply("argSort", promoteDTypes([x]), { axis: normalizeAxis(axis, shapeOf(x).length, "sort"), descending })[0],
);

/** `x` broadcast to `shape` by NumPy's rule. */
export const broadcastTo: Named<[x: Operand], [shape: Shape], { shape: Shape }> = liftNamedPrimitive(
  1,
  ["shape"],
  (x, shape) => {
    checkShape(shape, "Cannot broadcast");
    const [operand] = promoteDTypes([x]);
    checkShape(shape, "Cannot broadcast");
    if (sameShape(shapeOf(operand), shape)) return operand;
    return apply("broadcastTo", [operand], { shape })[0];
  },
);
/** The sum of `x` over the axes along which `shape` broadcasts to it: the adjoint of {@linkcode broadcastTo}. */
export const sumTo: Lifted<[x: Operand, shape: Shape]> = liftPrimitive((x, shape) => {
  checkShape(shape, "Cannot sum to a shape");
  const from = shapeOf(x);
  const lead = from.length - shape.length;
  const axes = from.map((_, axis) => axis).filter((axis) =>
    axis < lead || (shape[axis - lead] === 1 && from[axis] !== 1)
  );
  const summed = axes.length > 0 ? sum(x, axes) : x;
  return reshape(summed, shape);
});

/** The same elements in another shape; one extent may be -1. */
export const reshape: Named<[x: Operand], [shape: Shape], { newshape: Shape }> = liftNamedPrimitive(
  1,
  ["newshape"],
  (x, shape) => {
    const [operand] = promoteDTypes([x]);
    const resolved = resolveShape(shape, shapeOf(operand));
    if (sameShape(resolved, shapeOf(operand))) return operand;
    return apply("reshape", [operand], { shape: resolved })[0];
  },
);
/** The axes permuted; reversed by default. */
export const transpose: Named<[x: Operand], [permutation?: readonly number[]], { axes?: readonly number[] }> =
  liftNamedPrimitive(1, ["axes"], (x, permutation) => {
    const rank = shapeOf(x).length;
    const order = permutation === undefined
      ? Array.from({ length: rank }, (_, axis) => rank - 1 - axis)
      : numbersOf(permutation, "axes", "transpose").map((axis) => normalizeAxis(axis, rank, "transpose"));
    return apply("transpose", promoteDTypes([x]), { permutation: order })[0];
  });
/** `sizes` elements along each axis, starting at `starts`, every `strides`-th. */
export const slice: Lifted<[x: Operand, starts: readonly number[], sizes: Shape, strides?: readonly number[]]> =
  liftPrimitive(
    (x, starts, sizes, strides) => {
      const from = numbersOf(starts, "starts", "slice");
      checkShape(sizes, "Cannot slice");
      const by = strides === undefined ? from.map(() => 1) : numbersOf(strides, "strides", "slice");
      return apply("slice", promoteDTypes([x]), { starts: from, sizes, strides: by })[0];
    },
  );
/** Options of {@linkcode pad}. */
export interface PadOptions {
  /** How many elements to insert between neighbours along each axis; none by default. */
  interior?: readonly number[];
  /** The value to pad with; 0 by default. */
  value?: number;
}

/** Pads each axis with `low` and `high` elements of `value` at its ends and `interior` between neighbours. */
export const pad: Lifted<[x: Operand, low: readonly number[], high: readonly number[], options?: PadOptions]> =
  liftPrimitive(
    (x, low, high, options = {}) => {
      checkIntegers(low, "pad", "low");
      checkIntegers(high, "pad", "high");
      const { interior = low.map(() => 0), value = 0 } = options;
      checkIntegers(interior, "pad", "interior");
      const [operand] = promoteDTypes([x]);
      checkElement(value, "pad");
      const [kept] = makeArray(operand.dtype, [value]);
      return apply("pad", [operand], { low, high, interior, value: kept })[0];
    },
    { optionsAt: 3 },
  );
/** Throws {@linkcode ValueError} where `value` is no number or boolean. */
function checkElement(value: unknown, what: string): void {
  if (typeof value === "number" || typeof value === "boolean") return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: "the value must be a number",
    received: describe(value),
    hint: "give it as a number, without quotes",
  });
}

/** Throws {@linkcode ValueError} for what is no list of one operand or more. */
export function checkOperands(what: string, operands: readonly Operand[]): void {
  if (Array.isArray(operands) && operands.length > 0) return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: "there must be at least one operand",
    received: Array.isArray(operands) ? "none" : describe(operands),
    hint: "pass a list of tensors",
  });
}
/** The operands concatenated along `axis`. */
export const concat: Named<[operands: readonly Operand[]], [axis?: number], { axis?: number }> = liftNamedPrimitive(
  1,
  ["axis"],
  (operands, axis = 0) => {
    checkOperands("concatenate", operands);
    const rank = shapeOf(operands[0]).length;
    return apply("concat", promoteDTypes(operands), { axis: normalizeAxis(axis, rank, "concatenate") })[0];
  },
);
/** The operands, of one shape, stacked along a new `axis`. */
export const stack: Named<[operands: readonly Operand[]], [axis?: number], { axis?: number }> = liftNamedPrimitive(
  1,
  ["axis"],
  (operands, axis = 0) => {
    checkOperands("stack", operands);
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
    return concat(operands.map((operand) => reshape(operand, wide)), at);
  },
);
/** The elements in reverse order along `axes` (all by default). */
export const reverse: Named<[x: Operand], [axes?: Axes | null], { axis?: Axes | null }> = liftNamedPrimitive(
  1,
  ["axis"],
  (x, axes) => apply("reverse", promoteDTypes([x]), { axes: normalizeAxes(axes, shapeOf(x).length, "reverse") })[0],
);

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /** Whether the last two axes of `a` are stored swapped. */
  transposeA?: boolean;
  /** Whether the last two axes of `b` are stored swapped. */
  transposeB?: boolean;
}

/**
 * The matrix product over the last two axes; leading axes broadcast. A vector is a row on the left and a column on the
 * right, and its axis is removed. Integers keep their dtype and wrap; for bools, the product is whether any pair is
 * true.
 */
export const matmul: Lifted<[a: Operand, b: Operand, options?: MatmulOptions]> = liftPrimitive((a, b, options = {}) => {
  const { transposeA = false, transposeB = false } = options;
  const [x, y] = promoteDTypes([a, b]);
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
    const row = m.length === 1 ? reshape(x, transposeA ? [m[0], 1] : [1, m[0]]) : x;
    const column = n.length === 1 ? reshape(y, transposeB ? [1, n[0]] : [n[0], 1]) : y;
    const product = matmul(row, column, { transposeA, transposeB });
    const kept = shapeOf(product).filter((_, axis, { length }) =>
      !(m.length === 1 && axis === length - 2) && !(n.length === 1 && axis === length - 1)
    );
    return reshape(product, kept);
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
  // A matrix shared by a whole batch makes one tall product instead of a batch of small ones.
  if (n.length === 2 && m.length > 2 && !transposeA) {
    const rows = sizeOf(m.slice(0, -1));
    const flat = matmul(reshape(x, [rows, m[m.length - 1]]), y, { transposeB });
    return reshape(flat, [...m.slice(0, -1), shapeOf(flat)[1]]);
  }
  const batch = broadcastShapes(m.slice(0, -2), n.slice(0, -2), "multiply matrices");
  const wide = [
    broadcastTo(x, [...batch, ...m.slice(-2)]),
    broadcastTo(y, [...batch, ...n.slice(-2)]),
  ];
  if (!isFloat(dtypeOf(x))) return wholeProduct(wide, transposeA, transposeB);
  return apply("matmul", wide, { transposeA, transposeB, epilogue: null })[0];
}, { optionsAt: 2 });

/** The integer matrix product, too large for floats: multiplies every pair, then sums in int32. */
function wholeProduct([a, b]: Operand[], transposeA: boolean, transposeB: boolean): Operand {
  const swapped = (x: Operand, flag: boolean) => {
    const rank = shapeOf(x).length;
    const order = Array.from({ length: rank }, (_, axis) => axis);
    return flag ? transpose(x, [...order.slice(0, -2), rank - 1, rank - 2]) : x;
  };
  const [x, y] = [swapped(a, transposeA), swapped(b, !transposeB)];
  const [m, n] = [shapeOf(x), shapeOf(y)];
  const pairs = multiply(
    reshape(cast(x, "int32"), [...m.slice(0, -1), 1, m[m.length - 1]]),
    reshape(cast(y, "int32"), [...n.slice(0, -2), 1, ...n.slice(-2)]),
  );
  return cast(sum(pairs, -1), dtypeOf(a));
}

/** Rows of `table` (axis 0) by int32 `indices`. */
export const gather: Lifted<[table: Operand, indices: Operand]> = liftPrimitive((table, indices) =>
  apply("gather", [...promoteDTypes([table]), cast(indices, "int32")], {})[0]
);
/** Zeros with `rows` rows and `updates` added at int32 `indices`: the adjoint of {@linkcode gather}. */
export const scatterAdd: Lifted<[indices: Operand, updates: Operand, rows: number]> = liftPrimitive(
  (indices, updates, rows) => {
    checkCount(rows, "add by indices", "the number of rows");
    return apply("scatterAdd", [cast(indices, "int32"), ...promoteDTypes([updates])], {
      rows,
    })[0];
  },
);
/** `size` rows of `x` along `axis` (the first by default), starting at row `counters[element]`. */
export const dynamicSlice: Lifted<[x: Operand, counters: Operand, element: number, size: number, axis?: number]> =
  liftPrimitive(
    (x, counters, element, size, axis = 0) =>
      apply("dynamicSlice", [...promoteDTypes([x]), counters], { element, size, axis })[0],
  );
/** `x` with the rows along `axis` (the first by default) starting at `counters[element]` replaced by `update`. */
export const dynamicUpdateSlice: Lifted<
  [x: Operand, update: Operand, counters: Operand, element: number, axis?: number]
> = liftPrimitive((x, update, counters, element, axis = 0) =>
  apply("dynamicUpdateSlice", [...promoteDTypes([x, update]), counters], { element, axis })[0]
);

/** Rows, those of the last axis, scaled to mean 0 and variance 1, times `gamma` plus `beta`. */
export const normalizeRows: Lifted<[x: Operand, gamma: Operand, beta: Operand, epsilon: number]> = liftPrimitive(
  (x, gamma, beta, epsilon) => apply("layerNormalization", promoteDTypes([x, gamma, beta]), { epsilon })[0],
);

/** 0, 1, 2, ... along `axis` of `shape`. */
export function iota(shape: Shape, axis = 0, dtype: DType = "int32"): Tensor {
  checkShape(shape, "Cannot count");
  return apply("iota", [], { shape, axis, dtype })[0];
}
/** A tensor filled with `value`. */
export const full: Named<
  [shape: Shape],
  [fillValue: number, dtype?: DType],
  { fillValue: number; dtype?: DType },
  Tensor
> = liftNamedPrimitive(1, ["fillValue", "dtype"], (shape, value, dtype = "float32") => {
  checkDType(dtype, "Cannot fill a tensor");
  checkElement(value, "fill a tensor");
  return broadcastTo(new Tensor([], dtype, makeArray(dtype, [value])), shape);
});
/** Philox bits (int32) of `shape`, from `counter` (int32 `[seed, step]`) and the op's `path`. */
export const randomBits: Lifted<[counter: Operand, shape: Shape, path: number]> = liftPrimitive((
  counter,
  shape,
  path,
) => apply("randomBits", [counter], { shape, path, first: 0 })[0]);

/** How Keras's files write these functions. */
export const savedPrimitives: SavedForms = {
  broadcastTo: { keys: { shape: null } },
  concatenate: { keys: { axis: 0 } },
  flip: { keys: { axis: null } },
  matmul: { inputs: 2 },
  max: { keys: { axis: null, keepdims: false }, fixed: { initial: null } },
  mean: { keys: { axis: null, keepdims: false } },
  min: { keys: { axis: null, keepdims: false }, fixed: { initial: null } },
  reshape: { keys: { newshape: null } },
  slice: { module: "core", inputs: 2, keys: { shape: null } },
  stack: { keys: { axis: 0 } },
  sum: { keys: { axis: null, keepdims: false } },
  transpose: { keys: { axes: null } },
};
