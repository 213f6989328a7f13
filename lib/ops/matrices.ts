// Matrices: triangles, diagonals, and products named by their axes. https://keras.io/api/ops/numpy/
import type { DType } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, normalizeAxis, sizeOf } from "../shape.ts";
import { type Applied, type Operand, shapeOf } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import * as p from "./primitives.ts";

/** A matrix of `rows` by `columns` (as many by default) with 1 on its `k`-th diagonal, else 0. */
export function eye(rows: number, columns: number = rows, k = 0, dtype: DType = "float32"): Tensor {
  const offset = p.subtract(p.iota([1, columns], 1), p.iota([rows, 1], 0));
  return p.cast(p.equal(offset, k), dtype);
}

/** How far each element of the last two axes lies to the right of the diagonal. */
function offsets(x: Operand, what: string): Operand {
  const shape = shapeOf(x);
  if (shape.length < 2) {
    const mend = "reshape it to a matrix";
    throw new ShapeError({
      what: `Cannot take ${what}`,
      rule: "there must be two axes",
      received: formatShape(shape),
      mend,
    });
  }
  const [rows, columns] = shape.slice(-2);
  return p.subtract(p.iota([1, columns], 1), p.iota([rows, 1], 0)) as Operand;
}

/** The last two axes with what lies above the `k`-th diagonal set to 0. */
export const tril = <A extends Operand>(x: A, k = 0): Applied<A> =>
  p.select(p.lessEqual(offsets(x, "tril"), k), x as Operand, p.cast(0, dtypeOf(x)) as Operand) as Applied<A>;
/** The last two axes with what lies below the `k`-th diagonal set to 0. */
export const triu = <A extends Operand>(x: A, k = 0): Applied<A> =>
  p.select(p.greaterEqual(offsets(x, "triu"), k), x as Operand, p.cast(0, dtypeOf(x)) as Operand) as Applied<A>;

const dtypeOf = (x: Operand): DType => (typeof x === "number" ? "float32" : x.dtype);

/** The product of every element of `a` with every one of `b`, both flattened. */
export const outer = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  p.multiply(p.reshape(a as Operand, [-1, 1]), p.reshape(b as Operand, [1, -1])) as Applied<A | B>;

/**
 * The product summed over `axes`: the last so many of `a` with the first of `b` (2 by default), or two lists of axes.
 * Throws {@linkcode ShapeError} where these differ in extent.
 */
export function tensordot<A extends Operand, B extends Operand>(
  a: A,
  b: B,
  axes: number | readonly [number | readonly number[], number | readonly number[]] = 2,
): Applied<A | B> {
  const [m, n] = [shapeOf(a), shapeOf(b)];
  const listed = (list: number | readonly number[], rank: number) =>
    (typeof list === "number" ? [list] : list).map((axis) => normalizeAxis(axis, rank, "tensordot"));
  const [left, right] = typeof axes === "number"
    ? [Array.from({ length: axes }, (_, i) => m.length - axes + i), Array.from({ length: axes }, (_, i) => i)]
    : [listed(axes[0], m.length), listed(axes[1], n.length)];
  if (left.length !== right.length || left.some((axis, i) => m[axis] !== n[right[i]])) {
    throw new ShapeError({
      what: "Cannot take tensordot",
      rule: "the axes that are summed over must be as many, of equal extents",
      received: `axes [${left.join(", ")}] of ${formatShape(m)} and [${right.join(", ")}] of ${formatShape(n)}`,
      mend: "name the axes as in [[1, 2], [0, 1]]",
    });
  }
  const freeLeft = m.map((_, axis) => axis).filter((axis) => !left.includes(axis));
  const freeRight = n.map((_, axis) => axis).filter((axis) => !right.includes(axis));
  const size = sizeOf(left.map((axis) => m[axis]));
  const kept = [freeLeft.map((axis) => m[axis]), freeRight.map((axis) => n[axis])];
  const rows = p.reshape(p.transpose(a as Operand, [...freeLeft, ...left]), [sizeOf(kept[0]), size]);
  const columns = p.reshape(p.transpose(b as Operand, [...right, ...freeRight]), [size, sizeOf(kept[1])]);
  return p.reshape(p.matmul(rows, columns), kept.flat()) as Applied<A | B>;
}

/** The operand's axes in the order of `labels`, with an axis of extent 1 for a label that it has not. */
function ordered(x: Operand, own: readonly string[], labels: readonly string[]): Operand {
  const present = labels.filter((label) => own.includes(label));
  const turned = p.transpose(x, present.map((label) => own.indexOf(label)));
  const shape = shapeOf(x);
  return p.reshape(turned, labels.map((label) => (own.includes(label) ? shape[own.indexOf(label)] : 1)));
}

/** The labels of an equation: of each operand, and of the result, with letters in place of `...`. */
function labelsOf(equation: string, operands: readonly Operand[]): [string[][], string[]] {
  const wrong = (rule: string) =>
    new ValueError({
      what: "Cannot take einsum",
      rule,
      received: `"${equation}" for ${operands.map((x) => formatShape(shapeOf(x))).join(" and ")}`,
      mend: 'write one label for each axis, as in "ij,jk->ik"',
    });
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
    if (new Set(labels).size !== labels.length) throw wrong("a label may stand once in a term");
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
 * Einstein's summation: each operand's axes have labels, and those that the result has not are summed over; `...` stands
 * for leading axes, which broadcast. Without `->` the result has the labels that stand once, in order.
 *
 * @example The scores of attention
 * ```ts
 * import { ops } from "./mod.ts";
 * const scores = ops.einsum("bqhd,bkhd->bhqk", ops.ones([2, 5, 4, 8]), ops.ones([2, 7, 4, 8]));
 * console.log(scores.shape); // [ 2, 4, 5, 7 ]
 * ```
 */
export function einsum<A extends Operand>(equation: string, ...operands: A[]): Applied<A> {
  const [inputs, output] = labelsOf(equation, operands);
  let [value, labels]: [Operand, string[]] = [operands[0], inputs[0]];
  const summed = (x: Operand, own: string[], kept: readonly string[]): [Operand, string[]] => {
    const gone = own.map((_, axis) => axis).filter((axis) => !kept.includes(own[axis]));
    return [gone.length > 0 ? p.sum(x, gone) : x, own.filter((label) => kept.includes(label))];
  };
  for (let i = 1; i < operands.length; i++) {
    const later = [...inputs.slice(i + 1).flat(), ...output];
    // What only one of the two has, and nothing later wants, is summed over before the product.
    const [a, own] = summed(value, labels, [...inputs[i], ...later]);
    const [b, other] = summed(operands[i], inputs[i], [...own, ...later]);
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
  return p.transpose(left, output.map((label) => own.indexOf(label))) as Applied<A>;
}
