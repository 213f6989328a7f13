// Products of vectors, matrices and tensors. https://keras.io/api/ops/numpy/
import { describe, describeList, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, formatShape, normalizeAxis, numbersOf, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { cut } from "./cumulative.ts";
import { diagonal } from "./diagonals.ts";
import { type BinaryOp, lift, type Lifted, liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** The product of each element of `a` with each element of `b`, both flattened. */
export const outer: BinaryOp = lift((a, b) => p.multiply(p.reshape(a, [-1, 1]), p.reshape(b, [1, -1])));

/**
 * The product summed over `axes`: the last `axes` axes of `a` with the first of `b` (2 by default), or two lists of
 * axes. Throws {@linkcode ShapeError} if their extents differ.
 */
export const tensordot: Named<
  [a: Operand, b: Operand],
  [axes?: number | readonly [Axes, Axes]],
  { axes?: number | readonly [Axes, Axes] }
> = liftNamed(2, ["axes"], (a, b, axes = 2) => {
  const [m, n] = [shapeOf(a), shapeOf(b)];
  const listed = (list: Axes, rank: number) =>
    numbersOf(list, "axes", "tensordot").map((axis) => normalizeAxis(axis, rank, "tensordot"));
  const most = Math.min(m.length, n.length);
  const isCount = typeof axes === "number" && Number.isInteger(axes) && axes >= 0 && axes <= most;
  if (!isCount && !(Array.isArray(axes) && axes.length === 2)) {
    throw new ShapeError({
      what: "Cannot take tensordot",
      rule: `axes must be a number from 0 to ${most}, or two lists of axes`,
      received: Array.isArray(axes) ? describeList(axes) : describe(axes),
      hint: "name the axes as in [[1, 2], [0, 1]]",
    });
  }
  const [left, right] = typeof axes === "number"
    ? [Array.from({ length: axes }, (_, i) => m.length - axes + i), Array.from({ length: axes }, (_, i) => i)]
    : [listed(axes[0], m.length), listed(axes[1], n.length)];
  if (left.length !== right.length || left.some((axis, i) => m[axis] !== n[right[i]])) {
    throw new ShapeError({
      what: "Cannot take tensordot",
      rule: "the axes that are summed over must be as many, of equal extents",
      received: `axes [${left.join(", ")}] of ${formatShape(m)} and [${right.join(", ")}] of ${formatShape(n)}`,
      hint: "name the axes as in [[1, 2], [0, 1]]",
    });
  }
  const freeLeft = m.map((_, axis) => axis).filter((axis) => !left.includes(axis));
  const freeRight = n.map((_, axis) => axis).filter((axis) => !right.includes(axis));
  const size = sizeOf(left.map((axis) => m[axis]));
  const kept = [freeLeft.map((axis) => m[axis]), freeRight.map((axis) => n[axis])];
  const rows = p.reshape(p.transpose(a, [...freeLeft, ...left]), [sizeOf(kept[0]), size]);
  const columns = p.reshape(p.transpose(b, [...right, ...freeRight]), [size, sizeOf(kept[1])]);
  return p.reshape(p.matmul(rows, columns), kept.flat());
});

/** The product summed over the last axis of both. */
export const inner: BinaryOp = lift((a, b) =>
  shapeOf(a).length === 0 || shapeOf(b).length === 0 ? p.multiply(a, b) : tensordot(a, b, [-1, -1])
);

/** The dot product of both operands, flattened: one number. */
export const vdot: BinaryOp = lift((a, b) => inner(p.reshape(a, [-1]), p.reshape(b, [-1])));

/** The product summed over the last axis of `a` and the second-last (or only) axis of `b`; a number just multiplies. */
export const dot: BinaryOp = lift((a, b) => {
  const rank = shapeOf(b).length;
  if (rank < 2 || shapeOf(a).length === 0) return inner(a, b);
  return tensordot(a, b, [-1, rank - 2]);
});

/**
 * The cross product of vectors of 3 along an axis of each (the last by default), placed along `axisc` of the result;
 * `axis` sets all three. Vectors of 2 lie in a plane: two of them give one number. Throws {@linkcode ShapeError} for
 * other lengths.
 */
export const cross: Named<
  [a: Operand, b: Operand],
  [axisa?: number, axisb?: number, axisc?: number, axis?: number],
  { axisa?: number; axisb?: number; axisc?: number; axis?: number }
> = liftNamed(2, ["axisa", "axisb", "axisc", "axis"], (a, b, axisa = -1, axisb = -1, axisc = -1, axis) => {
  const parts = (x: Operand, at: number): Operand[] => {
    const rank = shapeOf(x).length;
    const along = normalizeAxis(axis ?? at, rank, "cross");
    const extent = shapeOf(x)[along];
    if (extent !== 2 && extent !== 3) {
      throw new ShapeError({
        what: "Cannot take a cross product",
        rule: "vectors must have 2 or 3 elements",
        received: formatShape(shapeOf(x)),
        hint: "give the axis of the vectors",
      });
    }
    const rest = shapeOf(x).filter((_, i) => i !== along);
    return Array.from({ length: extent }, (_, i) => p.reshape(cut(x, along, i, 1), rest));
  };
  const [[ax, ay, az = 0], [bx, by, bz = 0]] = [parts(a, axisa), parts(b, axisb)];
  const difference = (l: Operand, r: Operand, m: Operand, s: Operand) => p.subtract(p.multiply(l, r), p.multiply(m, s));
  const up = difference(ax, by, ay, bx);
  if (az === 0 && bz === 0) return up;
  const sides = [difference(ay, bz, az, by), difference(az, bx, ax, bz), up];
  return p.stack(sides, axis ?? axisc);
});

/** The operand's axes in the order of `labels`, with an axis of extent 1 for each missing label. */
function ordered(x: Operand, own: readonly string[], labels: readonly string[]): Operand {
  const present = labels.filter((label) => own.includes(label));
  const turned = p.transpose(x, present.map((label) => own.indexOf(label)));
  const shape = shapeOf(x);
  return p.reshape(turned, labels.map((label) => (own.includes(label) ? shape[own.indexOf(label)] : 1)));
}

/** The operand with each label once: of axes with the same label only the diagonal is taken. */
function alongDiagonals(x: Operand, labels: readonly string[]): [Operand, string[]] {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
  if (second < 0) return [x, [...labels]];
  const first = labels.indexOf(labels[second]);
  const [a, b] = [first, second].map((axis) => shapeOf(x)[axis]);
  if (a !== b) {
    throw new ShapeError({
      what: "Cannot take einsum",
      rule: "axes with one label must have one extent",
      received: formatShape(shapeOf(x)),
      hint: 'give them two labels, as in "ij"',
    });
  }
  const rest = labels.filter((_, axis) => axis !== first && axis !== second);
  return alongDiagonals(diagonal(x, 0, first, second), [...rest, labels[first]]);
}

/** The labels of an equation, for each operand and the result, with letters in place of `...`. */
function labelsOf(equation: string, operands: readonly Operand[]): [string[][], string[]] {
  const wrong = (rule: string) =>
    new ValueError({
      what: "Cannot take einsum",
      rule,
      received: `${describe(equation)} for ${operands.map((x) => formatShape(shapeOf(x))).join(" and ")}`,
      hint: 'write one label for each axis, as in "ij,jk->ik"',
    });
  if (typeof equation !== "string") throw wrong("the equation must be a text");
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (more.length > 0 || terms.length !== operands.length) throw wrong("there must be a term for each operand");
  const named = terms.map((term) => term.replace("...", "").length);
  const depth = Math.max(...terms.map((term, i) => term.includes("...") ? shapeOf(operands[i]).length - named[i] : 0));
  const expand = (term: string, count: number) =>
    [...term.replace("...", "*")].flatMap((label) =>
      label === "*" ? Array.from({ length: count }, (_, i) => `...${depth - count + i}`) : [label]
    );
  const inputs = terms.map((term, i) => expand(term, shapeOf(operands[i]).length - named[i]));
  inputs.forEach((labels, i) => {
    if (labels.length !== shapeOf(operands[i]).length) throw wrong("a term must have a label for each axis");
  });
  const all = [...new Set(inputs.flat())];
  const once = (label: string) => inputs.flat().filter((other) => other === label).length === 1;
  const output = right === undefined
    ? [
      ...all.filter((label) => label.startsWith("...")),
      ...all.filter((label) => label.length === 1 && once(label)).sort(),
    ]
    : expand(right, depth);
  if (output.some((label) => !all.includes(label))) throw wrong("the result may have only labels of the operands");
  return [inputs, output];
}

/**
 * Einstein summation: each axis of an operand has a label, and labels that the result lacks are summed over; `...`
 * stands for leading axes, which broadcast. Of axes with one label in a term the diagonal is taken. Without `->` the result has the labels that occur once, in order.
 *
 * @example The scores of attention
 * ```ts
 * import { ops } from "./mod.ts";
 * const scores = ops.einsum("bqhd,bkhd->bhqk", ops.ones([2, 5, 4, 8]), ops.ones([2, 7, 4, 8]));
 * console.log(scores.shape); // [ 2, 4, 5, 7 ]
 * ```
 */
export const einsum: Lifted<[equation: string, ...operands: Operand[]]> = lift((equation, ...operands) => {
  const [terms, output] = labelsOf(equation, operands);
  const once = operands.map((x, i) => alongDiagonals(x, terms[i]));
  const inputs = once.map(([, labels]) => labels);
  let [value, labels] = once[0];
  const summed = (x: Operand, own: string[], kept: readonly string[]): [Operand, string[]] => {
    const gone = own.map((_, axis) => axis).filter((axis) => !kept.includes(own[axis]));
    return [gone.length > 0 ? p.sum(x, gone) : x, own.filter((label) => kept.includes(label))];
  };
  for (let i = 1; i < operands.length; i++) {
    const later = [...inputs.slice(i + 1).flat(), ...output];
    // An axis that only one of the two has, and no later operand or the result needs, is summed before the product.
    const [a, own] = summed(value, labels, [...inputs[i], ...later]);
    const [b, other] = summed(once[i][0], inputs[i], [...own, ...later]);
    const shared = own.filter((label) => other.includes(label));
    const batch = [...shared.filter((label) => later.includes(label))];
    const inner = shared.filter((label) => !later.includes(label));
    const [rows, columns] = [own.filter((l) => !shared.includes(l)), other.filter((l) => !shared.includes(l))];
    const x = ordered(a, own, [...batch, ...rows, ...inner]);
    const y = ordered(b, other, [...batch, ...inner, ...columns]);
    const extents = (z: Operand, from: number, count: number) => shapeOf(z).slice(from, from + count);
    const [batchX, batchY] = [extents(x, 0, batch.length), extents(y, 0, batch.length)];
    const rowExtents = extents(x, batch.length, rows.length);
    const columnExtents = extents(y, batch.length + inner.length, columns.length);
    const depth = sizeOf(extents(x, batch.length + rows.length, inner.length));
    const product = p.matmul(
      p.reshape(x, [...batchX, sizeOf(rowExtents), depth]),
      p.reshape(y, [...batchY, sizeOf(extents(y, batch.length, inner.length)), sizeOf(columnExtents)]),
    );
    const whole = shapeOf(product).slice(0, batch.length);
    value = p.reshape(product, [...whole, ...rowExtents, ...columnExtents]);
    labels = [...batch, ...rows, ...columns];
  }
  const [left, own] = summed(value, labels, output);
  return p.transpose(left, output.map((label) => own.indexOf(label)));
});

/** How Keras's files write these functions. */
export const savedProducts: SavedForms = {
  cross: { inputs: 2, keys: { axisa: -1, axisb: -1, axisc: -1, axis: null } },
  dot: { inputs: 2 },
  einsum: { variadic: true, keys: { subscripts: null } },
  inner: { inputs: 2 },
  outer: { inputs: 2 },
  tensordot: { inputs: 2, keys: { axes: null } },
  vdot: { inputs: 2 },
};
