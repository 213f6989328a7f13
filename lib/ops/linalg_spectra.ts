// Eigenvalues and singular values by Jacobi's rotations: all pairs of a round at once. https://keras.io/api/ops/linalg/
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { withRule } from "./custom_gradient.ts";
import { cut } from "./cumulative.ts";
import { diagonal } from "./diagonals.ts";
import { loop, qrFactors, swapped, units } from "./linalg_factors.ts";
import { takeAlongAxis } from "./ordering.ts";
import * as p from "./primitives.ts";

/** How often all pairs are rotated: what is left of them falls by squares once it is small. */
const sweepsOf = (size: number): number => 7 + Math.ceil(Math.log2(Math.max(size, 2)));

/**
 * The next pairs of a tournament: the first player stays, the others move on by one place. After one round less than there
 * are players each has met each, and all are back. Players are the elements of an axis; those at `i` and `i + n / 2` meet.
 */
function movedOn(x: Operand, axis: number): Operand {
  const half = shapeOf(x)[axis] / 2;
  if (half === 1) return x;
  return p.concat([
    cut(x, axis, 0, 1),
    cut(x, axis, half, 1),
    cut(x, axis, 1, half - 2),
    cut(x, axis, half + 1, half - 1),
    cut(x, axis, half - 1, 1),
  ], axis);
}

/** Both halves of an axis turned into each other by angles, one for each pair. */
function rotated(x: Operand, axis: number, cosine: Operand, sine: Operand): Operand {
  const half = shapeOf(x)[axis] / 2;
  const [first, second] = [cut(x, axis, 0, half), cut(x, axis, half, half)];
  const turned = [
    p.subtract(p.multiply(first, cosine), p.multiply(second, sine)),
    p.add(p.multiply(first, sine), p.multiply(second, cosine)),
  ];
  return p.concat(turned, axis);
}

/** The cosine and sine `[batch, pairs]` of the smaller angle that makes the symmetric matrix of two players diagonal. */
function angles(first: Operand, second: Operand, between: Operand): [cosine: Operand, sine: Operand] {
  const isDone = p.equal(between, 0);
  const ratio = p.divide(p.subtract(second, first), p.multiply(2, p.select(isDone, 1, between)));
  const size = p.abs(ratio);
  const root = p.add(size, p.sqrt(p.add(p.square(p.minimum(size, 1e18)), 1)));
  const tangent = p.select(isDone, 0, p.divide(p.select(p.less(ratio, 0), -1, 1), root));
  const cosine = p.rsqrt(p.add(p.square(tangent), 1));
  return [cosine, p.multiply(tangent, cosine)];
}

/** A factor by which matrices become of size 1, whose squares neither overflow nor vanish. */
function scaleOf(x: Operand): Operand {
  const largest = p.max(p.abs(x), [1, 2], true);
  return p.select(p.logicalAnd(p.greater(largest, 0), p.less(largest, Infinity)), largest, 1);
}

/** 1 over the difference of each two values, 0 where they are equal: `[batch, n, n]`, that of column and row. */
function inverseGaps(values: Operand): Operand {
  const [batch, n] = shapeOf(values);
  const gaps = p.subtract(p.reshape(values, [batch, 1, n]), p.reshape(values, [batch, n, 1]));
  const isNone = p.equal(gaps, 0);
  return p.select(isNone, 0, p.divide(1, p.select(isNone, 1, gaps)));
}

/** Eigenvalues `[batch, n]` in ascending order, and eigenvectors in columns, of symmetric matrices `[batch, n, n]`. */
export function eigenFactors(x: Operand): [values: Operand, vectors: Operand] {
  const [batch, n] = shapeOf(x);
  if (batch === 0 || n === 0) return [p.full([batch, n], 0), x];
  const symmetric = p.multiply(p.add(x, swapped(x)), 0.5);
  const scale = scaleOf(symmetric);
  const size = n + n % 2;
  const half = size / 2;
  const more = size - n;
  const padded = p.pad(p.divide(symmetric, scale), [0, 0, 0], [0, more, more]);
  const start = p.broadcastTo(units(n, size), [batch, n, size]);
  const block = (y: Operand, row: number, column: number) =>
    p.reshape(diagonal(cut(cut(y, 1, row, half), 2, column, half), 0, 1, 2), [batch, half]);
  const rounds = { length: sweepsOf(size) * Math.max(1, size - 1) };
  const { carried: [turned, vectors] } = loop([], [padded, start], ([now, vectors]) => {
    const [cosine, sine] = angles(block(now, 0, 0), block(now, half, half), block(now, 0, half));
    const [c, s] = [cosine, sine].map((y) => p.reshape(y, [batch, 1, half]));
    const [byRowC, byRowS] = [cosine, sine].map((y) => p.reshape(y, [batch, half, 1]));
    const next = rotated(rotated(now, 2, c, s), 1, byRowC, byRowS);
    return { carried: [movedOn(movedOn(next, 2), 1), movedOn(rotated(vectors, 2, c, s), 2)], stacked: [] };
  }, rounds);
  // What was added to make the number of columns even is last.
  const isOwn = p.greater(p.sum(p.square(vectors), 1), 0.5);
  const raw = p.reshape(diagonal(turned, 0, 1, 2), [batch, size]);
  const order = cut(p.argSort(p.select(isOwn, raw, Infinity), -1), 1, 0, n);
  const values = p.multiply(takeAlongAxis(raw, order, 1), p.reshape(scale, [batch, 1]));
  const sorted = takeAlongAxis(vectors, p.broadcastTo(p.reshape(order, [batch, 1, n]), [batch, n, n]), 2);
  // Giles, 2008.
  return withRule([symmetric], [values, sorted], (_, [w, v], [byValues, byVectors]) => {
    const own = p.multiply(p.reshape(byValues, [batch, 1, n]), units(n, n));
    const mixed = p.multiply(p.matmul(v, byVectors, { transposeA: true }), inverseGaps(w));
    const whole = p.matmul(p.matmul(v, p.add(own, mixed)), v, { transposeB: true });
    return [p.multiply(p.add(whole, swapped(whole)), 0.5)];
  }) as [Operand, Operand];
}

/** Singular values in descending order, and the factors, of `[batch, rows, columns]` with no more columns than rows. */
function tallSingularFactors(x: Operand): [u: Operand, values: Operand, v: Operand] {
  const [batch, rows, n] = shapeOf(x);
  const scale = scaleOf(x);
  const size = n + n % 2;
  const half = size / 2;
  const padded = p.pad(p.divide(x, scale), [0, 0, 0], [0, 0, size - n]);
  const start = p.broadcastTo(units(n, size), [batch, n, size]);
  const rounds = { length: sweepsOf(size) * Math.max(1, size - 1) };
  const { carried: [turned, vectors] } = loop([], [padded, start], ([now, vectors]) => {
    const [first, second] = [cut(now, 2, 0, half), cut(now, 2, half, half)];
    const products = [[first, first], [second, second], [first, second]].map(([a, b]) => p.sum(p.multiply(a, b), 1));
    const [c, s] = angles(products[0], products[1], products[2]).map((y) => p.reshape(y, [batch, 1, half]));
    return { carried: [now, vectors].map((y) => movedOn(rotated(y, 2, c, s), 2)), stacked: [] };
  }, rounds);
  const isOwn = p.greater(p.sum(p.square(vectors), 1), 0.5);
  const lengths = p.sqrt(p.sum(p.square(turned), 1));
  const order = cut(p.argSort(p.select(isOwn, lengths, -1), -1, true), 1, 0, n);
  const values = takeAlongAxis(lengths, order, 1);
  const along = (y: Operand, extent: number) =>
    takeAlongAxis(y, p.broadcastTo(p.reshape(order, [batch, 1, n]), [batch, extent, n]), 2);
  // Columns that are orthogonal already: the reflections give the missing ones too.
  const [q, r] = qrFactors(along(turned, rows), "complete");
  const isNegative = p.less(p.reshape(diagonal(r, 0, 1, 2), [batch, 1, n]), 0);
  const signs = p.pad(p.select(isNegative, -1, 1), [0, 0, 0], [0, 0, rows - n], { value: 1 });
  return [p.multiply(q, signs), p.multiply(values, p.reshape(scale, [batch, 1])), along(vectors, n)];
}

/**
 * The singular value decomposition of `[batch, rows, columns]`: U `[batch, rows, rows]`, the values in descending order, and V
 * `[batch, columns, columns]`, in columns.
 */
export function singularFactors(x: Operand): [u: Operand, values: Operand, v: Operand] {
  const [batch, rows, columns] = shapeOf(x);
  const count = Math.min(rows, columns);
  if (batch === 0 || count === 0) {
    const [u, v] = [rows, columns].map((size) => p.broadcastTo(units(size, size), [batch, size, size]));
    return [u, p.full([batch, count], 0), v];
  }
  const isTall = rows >= columns;
  const [left, values, right] = tallSingularFactors(isTall ? x : swapped(x));
  const found = isTall ? [left, values, right] : [right, values, left];
  // Townsend, 2016; the vectors of no singular value turn with the others.
  return withRule([x], found, (_, [u, s, v], [byU, byS, byV]) => {
    const parts = (whole: Operand, gradient: Operand): [Operand, Operand] => {
      const extent = shapeOf(whole)[2];
      const own = cut(whole, 2, 0, count);
      if (extent === count) return [own, gradient];
      const rest = [whole, gradient].map((y) => cut(y, 2, count, extent - count));
      const turned = p.matmul(rest[0], p.matmul(rest[1], own, { transposeA: true }));
      return [own, p.subtract(cut(gradient, 2, 0, count), turned)];
    };
    const [[ownU, gu], [ownV, gv]] = [parts(u, byU), parts(v, byV)];
    const gaps = inverseGaps(p.square(s));
    const wide = p.reshape(s, [batch, 1, count]);
    const tall = p.reshape(s, [batch, count, 1]);
    const skew = (own: Operand, gradient: Operand) => {
      const product = p.matmul(own, gradient, { transposeA: true });
      return p.multiply(p.subtract(product, swapped(product)), gaps);
    };
    const inner = p.add(
      p.add(p.multiply(skew(ownU, gu), wide), p.multiply(tall, skew(ownV, gv))),
      p.multiply(p.reshape(byS, [batch, 1, count]), units(count, count)),
    );
    const isZero = p.equal(wide, 0);
    const inverse = p.select(isZero, 0, p.divide(1, p.select(isZero, 1, wide)));
    const outside = (own: Operand, gradient: Operand) =>
      p.multiply(p.subtract(gradient, p.matmul(own, p.matmul(own, gradient, { transposeA: true }))), inverse);
    const core = p.matmul(p.matmul(ownU, inner), ownV, { transposeB: true });
    const byLeft = p.matmul(outside(ownU, gu), ownV, { transposeB: true });
    const byRight = p.matmul(ownU, outside(ownV, gv), { transposeB: true });
    return [p.add(core, p.add(byLeft, byRight))];
  }) as [Operand, Operand, Operand];
}
