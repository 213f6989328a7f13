// Factors of matrices: loops over columns, so that one source runs on every executor. https://keras.io/api/ops/linalg/
import { describe, ShapeError, ValueError } from "../errors.ts";
import { isEager, type Operand, shapeOf } from "../tensor/apply.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { oneHot } from "./composed.ts";
import { overRows } from "./control_flow.ts";
import { withRule } from "./custom_gradient.ts";
import { cut } from "./cumulative.ts";
import * as p from "./primitives.ts";

/** The most rows or columns: of more, loops are the wrong way. */
const maxExtent = 2 ** 12;

/** Matrices as float32 `[batch, rows, columns]`, and the axes before them. */
interface Matrices {
  readonly x: Operand;
  readonly lead: Shape;
  readonly rows: number;
  readonly columns: number;
}

/** Throws {@linkcode ShapeError} for what is no matrix, or, where that matters, not square. */
export function matricesOf(what: string, x: Operand, isSquare = false): Matrices {
  const shape = shapeOf(x);
  const [rows, columns] = shape.slice(-2);
  const rule = shape.length < 2
    ? "there must be matrices, with at least two axes"
    : isSquare && rows !== columns
    ? "matrices must be square"
    : Math.max(rows, columns) > maxExtent
    ? `matrices may have at most ${maxExtent} rows and columns`
    : undefined;
  if (rule !== undefined) {
    const hint = shape.length < 2 ? "add an axis with ops.expandDims" : "check the last two axes";
    throw new ShapeError({ what: `Cannot ${what}`, rule, received: formatShape(shape), hint });
  }
  const lead = shape.slice(0, -2);
  return { x: p.reshape(p.cast(x, "float32"), [sizeOf(lead), rows, columns]), lead, rows, columns };
}

/** `[batch, ...]` with the axes that were there before. */
export const withLead = (x: Operand, lead: Shape): Operand => p.reshape(x, [...lead, ...shapeOf(x).slice(1)]);

/** Matrices with their last two axes swapped. */
export const swapped = (x: Operand): Operand => p.transpose(x, [0, 2, 1]);

/** A constant `[rows, columns]` of a function of the place. */
function table(rows: number, columns: number, of: (row: number, column: number) => number | boolean): Tensor {
  const values = Float32Array.from(
    { length: rows * columns },
    (_, i) => Number(of(Math.floor(i / columns), i % columns)),
  );
  return new Tensor([rows, columns], "float32", values);
}

/** Rows `[n]` of the unit matrix. */
export const units = (count: number, size: number): Tensor => table(count, size, (row, column) => row === column);

/** The elements where a constant is not 0, elsewhere 0, whatever they are. */
const masked = (x: Operand, mask: Operand): Operand => p.select(p.notEqual(mask, 0), x, 0);

/** The lower or upper triangle of square matrices; with `strict` without the diagonal. */
function triangle(x: Operand, lower: boolean, strict = false): Operand {
  const [rows, columns] = shapeOf(x).slice(-2);
  const reach = strict ? 1 : 0;
  return masked(x, table(rows, columns, (i, j) => lower ? i - j >= reach : j - i >= reach));
}

/** Runs a step for each row of the scanned arrays: at once on tensors, else as one loop. */
export function loop(
  scanned: readonly Operand[],
  carried: readonly Operand[],
  step: (carried: readonly Operand[], rows: readonly Operand[]) => { carried: Operand[]; stacked: Operand[] },
  { length = shapeOf(scanned[0])[0], reverse = false }: { length?: number; reverse?: boolean } = {},
): { carried: Operand[]; stacked: Operand[] } {
  const isTraced = ![...scanned, ...carried].every(isEager);
  return overRows("factor matrices", { list: scanned, length }, carried, reverse, step, isTraced);
}

/** A row as a column. */
const column = (row: Operand): Operand => p.reshape(row, [-1, 1]);

/** The lower triangular factor of symmetric matrices `[batch, n, n]`; NaN where one is not positive definite. */
export function choleskyFactor(x: Operand): Operand {
  const [batch, n] = shapeOf(x);
  if (batch === 0 || n === 0) return x;
  const symmetric = p.multiply(p.add(x, swapped(x)), 0.5);
  const fromHere = table(n, n, (j, i) => i >= j);
  const { stacked: [columns] } = loop([units(n, n), fromHere], [symmetric], ([rest], [unit, here]) => {
    const whole = p.matmul(rest, column(unit));
    const pivot = p.matmul(p.reshape(unit, [1, n]), whole);
    const made = p.multiply(p.divide(whole, p.sqrt(pivot)), column(here));
    const next = p.subtract(rest, p.matmul(made, made, { transposeB: true }));
    return { carried: [next], stacked: [p.reshape(made, [batch, n])] };
  });
  const factor = triangle(p.transpose(columns, [1, 2, 0]), true);
  const isThere = p.less(p.abs(p.sum(factor, [1, 2], true)), Infinity);
  const found = p.select(isThere, factor, NaN);
  // Murray, 2016.
  return withRule([symmetric], [found], (_, [l], [g]) => {
    const product = triangle(p.matmul(l, g, { transposeA: true }), true);
    const half = p.multiply(product, table(n, n, (i, j) => (i === j ? 0.5 : 1)));
    // L^-T half L^-1
    const left = solvedTriangular(swapped(l), half, false);
    const whole = swapped(solvedTriangular(swapped(l), swapped(left), false));
    return [p.multiply(p.add(whole, swapped(whole)), 0.5)];
  })[0];
}

/** The solutions of `a x = b` for triangular `a` `[batch, n, n]`, of which only that triangle is read; `b` `[batch, n, m]`. */
export function solvedTriangular(a: Operand, b: Operand, lower: boolean, hasUnits = false): Operand {
  const [batch, n, m] = shapeOf(b);
  if (sizeOf([batch, n, m]) === 0) return b;
  const own = triangle(a, lower);
  const later = table(n, n, (j, i) => (lower ? i > j : i < j));
  const scanned = [units(n, n), later, p.transpose(own, [2, 0, 1])];
  const { stacked: [rows] } = loop(scanned, [b], ([rest], [unit, below, along]) => {
    const row = p.matmul(p.reshape(unit, [1, n]), rest);
    const pivot = p.reshape(p.sum(p.multiply(along, unit), -1), [batch, 1, 1]);
    const made = hasUnits ? row : p.divide(row, pivot);
    const others = p.reshape(p.multiply(along, below), [batch, n, 1]);
    return { carried: [p.subtract(rest, p.matmul(others, made))], stacked: [p.reshape(made, [batch, m])] };
  }, { reverse: !lower });
  return withRule([a, b], [p.transpose(rows, [1, 0, 2])], ([a], [x], [g]) => {
    const byB = solvedTriangular(swapped(a), g, !lower, hasUnits);
    const byA = triangle(p.negate(p.matmul(byB, x, { transposeB: true })), lower, hasUnits);
    return [byA, byB];
  })[0];
}

/** What LU factors are. */
interface LuFactors {
  /** Below the diagonal the factor L, which has ones on it; the rest is the factor U. */
  readonly lu: Operand;
  /** The row that each row was exchanged with, int32 `[batch, min(rows, columns)]`. */
  readonly pivots: Operand;
  /** The matrix that exchanges the rows, `[batch, rows, rows]`: its product with the matrix is that of L and U. */
  readonly permutation: Operand;
}

/** The LU factors of matrices `[batch, rows, columns]` with partial pivoting. */
export function luFactors(x: Operand): LuFactors {
  const [batch, rows, columns] = shapeOf(x);
  const count = Math.min(rows, columns);
  if (batch === 0 || count === 0) {
    return {
      lu: x,
      pivots: p.full([batch, count], 0, "int32"),
      permutation: p.broadcastTo(units(rows, rows), [batch, rows, rows]),
    };
  }
  const order = p.broadcastTo(p.reshape(p.cast(p.iota([rows]), "float32"), [1, rows, 1]), [batch, rows, 1]);
  const scanned = [
    units(count, rows),
    units(count, columns),
    table(count, rows, (j, i) => i >= j),
    table(count, rows, (j, i) => i > j),
    table(count, columns, (j, i) => i > j),
  ];
  const { carried: [lu, places], stacked: [chosen] } = loop(
    scanned,
    [x, order],
    ([now, order], [unit, across, here, below, right]) => {
      const along = p.reshape(p.matmul(now, column(across)), [batch, rows]);
      const chosen = p.argMax(p.select(p.notEqual(here, 0), p.abs(along), -1), -1);
      const other = p.reshape(oneHot(chosen, rows), [batch, rows, 1]);
      const mine = column(unit);
      const exchanged = (value: Operand): Operand => {
        const [theirs, ours] = [other, p.broadcastTo(p.reshape(mine, [1, rows, 1]), [batch, rows, 1])].map((row) =>
          p.matmul(row, value, { transposeA: true })
        );
        return p.select(p.notEqual(mine, 0), theirs, p.select(p.notEqual(other, 0), ours, value));
      };
      const next = exchanged(now);
      const row = p.matmul(p.reshape(unit, [1, rows]), next);
      const pivot = p.matmul(row, column(across));
      const isZero = p.equal(pivot, 0);
      const under = p.matmul(next, column(across));
      const factors = p.multiply(p.divide(under, p.select(isZero, 1, pivot)), column(below));
      const rest = p.subtract(next, p.matmul(factors, p.multiply(row, right)));
      const isFactor = p.multiply(column(below), p.reshape(across, [1, columns]));
      const kept = p.select(p.notEqual(isFactor, 0), factors, rest);
      return { carried: [kept, exchanged(order)], stacked: [chosen] };
    },
  );
  const permutation = oneHot(p.reshape(places, [batch, rows]), rows);
  return { lu, pivots: p.transpose(chosen, [1, 0]), permutation };
}

/** What QR factors are asked for. */
export type QrMode = "reduced" | "complete";

/** Throws {@linkcode ValueError} for what is no mode. */
export function checkQrMode(mode: unknown): void {
  if (mode === "reduced" || mode === "complete") return;
  throw new ValueError({
    what: "Cannot take qr",
    rule: 'mode must be "reduced" or "complete"',
    received: describe(mode),
    hint: "leave it out for reduced",
  });
}

/** The gradient by a matrix of no more columns than rows through its QR factors. Walter and Lehmann, 2018. */
function qrGradient(q: Operand, r: Operand, byQ: Operand, byR: Operand): Operand {
  const both = p.subtract(p.matmul(r, byR, { transposeB: true }), p.matmul(byQ, q, { transposeA: true }));
  const copied = p.add(triangle(both, true), swapped(triangle(both, true, true)));
  const whole = p.add(byQ, p.matmul(q, copied));
  return swapped(solvedTriangular(r, swapped(whole), false));
}

/** The QR factors of matrices `[batch, rows, columns]` by Householder's reflections; signs are those of LAPACK. */
export function qrFactors(x: Operand, mode: QrMode): [q: Operand, r: Operand] {
  const [batch, rows, columns] = shapeOf(x);
  const count = Math.min(rows, columns);
  const size = mode === "reduced" ? count : rows;
  if (batch === 0 || count === 0) {
    return [p.broadcastTo(units(rows, size), [batch, rows, size]), p.full([batch, size, columns], 0)];
  }
  // Squares of what is scaled neither overflow nor vanish.
  const largest = p.stopGradient(p.max(p.abs(x), [1, 2], true));
  const scale = p.select(p.logicalAnd(p.greater(largest, 0), p.less(largest, Infinity)), largest, 1);
  const scanned = [units(count, rows), units(count, columns), table(count, rows, (j, i) => i > j)];
  const start = p.broadcastTo(units(rows, rows), [batch, rows, rows]);
  const { carried: [upper, whole] } = loop(
    scanned,
    [p.divide(x, scale), start],
    ([rest, whole], [unit, across, below]) => {
      const along = p.matmul(rest, column(across));
      const pivot = p.matmul(p.reshape(unit, [1, rows]), along);
      const under = p.multiply(along, column(below));
      const tail = p.sum(p.square(under), 1, true);
      // Where nothing is below, the reflection is none.
      const isDone = p.equal(tail, 0);
      const length = p.sqrt(p.select(isDone, 1, p.add(p.square(pivot), tail)));
      const turned = p.select(p.less(pivot, 0), length, p.negate(length));
      const normal = p.add(under, p.multiply(p.subtract(pivot, turned), column(unit)));
      const square = p.sum(p.square(normal), 1, true);
      const factor = p.select(isDone, 0, p.divide(2, p.select(isDone, 1, square)));
      const weighted = p.multiply(normal, factor);
      const next = p.subtract(rest, p.matmul(weighted, p.matmul(normal, rest, { transposeA: true })));
      const turnedWhole = p.subtract(whole, p.matmul(p.matmul(whole, normal), weighted, { transposeB: true }));
      return { carried: [next, turnedWhole], stacked: [] };
    },
  );
  const q = cut(whole, 2, 0, size);
  const r = cut(triangle(p.multiply(upper, scale), false), 1, 0, size);
  // The columns of no column of the matrix turn as the reflections do.
  if (size > columns) return [q, r];
  return withRule([x], [q, r], ([x], [q, r], [byQ, byR]) => {
    if (rows >= columns) return [qrGradient(q, r, byQ, byR)];
    const split = (y: Operand) => [cut(y, 2, 0, rows), cut(y, 2, rows, columns - rows)];
    const [[left], [byLeft, byRight]] = [split(r), split(byR)];
    const wholeByQ = p.add(byQ, p.matmul(split(x)[1], byRight, { transposeB: true }));
    return [p.concat([qrGradient(q, left, wholeByQ, byLeft), p.matmul(q, byRight)], 2)];
  }) as [Operand, Operand];
}
