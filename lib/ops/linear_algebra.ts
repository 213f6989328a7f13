// Factors, solutions and invariants of matrices; axes before the last two are batches. https://keras.io/api/ops/linalg/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape, sameShape, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { withRule } from "./custom_gradient.ts";
import { cut } from "./cumulative.ts";
import { diagonal } from "./diagonals.ts";
import { type BinaryOp, lift, type Lifted, liftNamed, type Named, type UnaryOp } from "./lift.ts";
import {
  checkQrMode,
  choleskyFactor,
  luFactors,
  matricesOf,
  qrFactors,
  type QrMode,
  solvedTriangular,
  swapped,
  units,
  withLead,
} from "./linalg_factors.ts";
import { eigenFactors, singularFactors } from "./linalg_spectra.ts";
import * as p from "./primitives.ts";
import { prod } from "./statistics.ts";

/**
 * The lower triangular L of symmetric, positive definite matrices, `x = L L^T`, float32, or with `upper` its transpose. Of
 * what is not symmetric it takes the mean of it and its transpose; where a matrix is not positive definite the factor is NaN.
 * Murray, 2016, for the gradient.
 *
 * @throws {ShapeError} for what is no square matrix
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.linalg.cholesky(tensor([[4, 2], [2, 5]])).toArray()); // [ [ 2, 0 ], [ 1, 2 ] ]
 * ```
 */
export const cholesky: Named<[x: Operand], [upper?: boolean], { upper?: boolean }> = liftNamed(
  1,
  ["upper"],
  (x, upper = false) => {
    const { x: matrices, lead } = matricesOf("take cholesky", x, true);
    const factor = choleskyFactor(matrices);
    return withLead(upper ? swapped(factor) : factor, lead);
  },
);

/** The inverse of the matrices whose {@linkcode cholesky} factor is `x`, float32; with `upper` the upper one. */
export const choleskyInverse: Named<[x: Operand], [upper?: boolean], { upper?: boolean }> = liftNamed(
  1,
  ["upper"],
  (x, upper = false) => {
    const { x: factor, lead, rows } = matricesOf("invert by cholesky", x, true);
    const inverse = solvedTriangular(factor, wide(factor, rows), !upper);
    const product = p.matmul(inverse, inverse, upper ? { transposeB: true } : { transposeA: true });
    return withLead(product, lead);
  },
);

/** The unit matrix for each of a batch. */
function wide(like: Operand, size: number): Operand {
  return p.broadcastTo(units(size, size), [shapeOf(like)[0], size, size]);
}

/**
 * The QR factors of matrices, `x = Q R`, float32: Q with orthonormal columns and R upper triangular, with as many columns of Q
 * as the smaller side (`reduced`) or as rows (`complete`). Signs are those of LAPACK: by Householder's reflections.
 *
 * @throws {ShapeError} for what is no matrix
 */
export const qr: Named<[x: Operand], [mode?: QrMode], { mode?: QrMode }, [q: Operand, r: Operand]> = liftNamed(
  1,
  ["mode"],
  (x, mode = "reduced") => {
    checkQrMode(mode);
    const { x: matrices, lead } = matricesOf("take qr", x);
    const [q, r] = qrFactors(matrices, mode);
    return [withLead(q, lead), withLead(r, lead)];
  },
);

/**
 * The LU factors of matrices with partial pivoting, float32: U, and below its diagonal L, which has ones on its own; and for
 * each row the row it was exchanged with in turn, int32, as in LAPACK.
 *
 * @throws {ShapeError} for what is no matrix
 */
export const luFactor: Lifted<[x: Operand], [lu: Operand, pivots: Operand]> = lift((x) => {
  const { x: matrices, lead } = matricesOf("take luFactor", x);
  const { lu, pivots } = luFactors(matrices);
  return [withLead(lu, lead), withLead(pivots, lead)];
});

/** The solutions `[batch, n, m]` of `a x = b`; infinite or NaN where `a` is singular. */
function solved(a: Operand, b: Operand): Operand {
  const { lu, permutation } = luFactors(a);
  const half = solvedTriangular(lu, p.matmul(permutation, b), true, true);
  const whole = solvedTriangular(lu, half, false);
  return withRule([a, b], [whole], ([a], [x], [g]) => {
    const byB = solved(swapped(a), g);
    return [p.negate(p.matmul(byB, x, { transposeB: true })), byB];
  })[0];
}

/** Solves for vectors or matrices `b`, whose axes before are those of `a`. */
function solving(what: string, a: Operand, b: Operand, solve: (a: Operand, b: Operand) => Operand): Operand {
  const { x: matrices, lead, rows } = matricesOf(what, a, true);
  const given = shapeOf(b);
  const isVector = given.length === lead.length + 1;
  const shape = isVector ? [...given, 1] : given;
  if (!sameShape(shape.slice(0, -1), [...lead, rows])) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: `the right side must be ${formatShape([...lead, rows])}, or have one axis more`,
      received: formatShape(given),
      hint: "broadcast it with ops.broadcastTo",
    });
  }
  const right = p.reshape(p.cast(b, "float32"), [sizeOf(lead), rows, shape[shape.length - 1]]);
  return p.reshape(solve(matrices, right), given);
}

/**
 * The solutions of `a x = b` for square `a` `[..., n, n]` and `b` `[..., n]` or `[..., n, m]`, float32, by LU factors; infinite
 * or NaN where `a` is singular.
 *
 * @throws {ShapeError} if the two do not fit
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.linalg.solve(tensor([[2, 0], [0, 4]]), tensor([1, 2])).toArray()); // [ 0.5, 0.5 ]
 * ```
 */
export const solve: BinaryOp = lift((a, b) => solving("solve", a, b, solved));

/**
 * The solutions of `a x = b` for triangular `a`, the upper one or with `lower` the lower one, of which only that triangle is
 * read: see {@linkcode solve}.
 */
export const solveTriangular: Named<[a: Operand, b: Operand], [lower?: boolean], { lower?: boolean }> = liftNamed(
  2,
  ["lower"],
  (a, b, lower = false) => solving("solve triangles", a, b, (m, right) => solvedTriangular(m, right, lower)),
);

/** The inverse of square matrices, float32; infinite or NaN where one is singular. */
export const inv: UnaryOp = lift((x) => {
  const { x: matrices, lead, rows } = matricesOf("invert", x, true);
  return withLead(solved(matrices, wide(matrices, rows)), lead);
});

/** The diagonal of U and the sign of the exchanges of rows, `[batch, n]` and `[batch]`. */
function pivotsOf(x: Operand): [diagonal: Operand, sign: Operand] {
  const [batch, n] = shapeOf(x);
  if (batch === 0 || n === 0) return [p.full([batch, n], 1), p.full([batch], 1)];
  const { lu, pivots } = luFactors(x);
  const stays = p.equal(pivots, p.iota([n]));
  return [diagonal(lu, 0, 1, 2), prod(p.select(stays, p.full([], 1), p.full([], -1)), -1)];
}

/** The determinant of square matrices, float32. */
export const det: UnaryOp = lift((x) => {
  const { x: matrices, lead } = matricesOf("take det", x, true);
  const [pivots, sign] = pivotsOf(matrices);
  return withLead(p.multiply(prod(pivots, -1), sign), lead);
});

/** The signs of determinants, and the logarithms of their magnitudes. */
function signedLogarithms(what: string, x: Operand): [sign: Operand, logarithm: Operand] {
  const { x: matrices, lead } = matricesOf(what, x, true);
  const [pivots, sign] = pivotsOf(matrices);
  const signs = p.multiply(prod(p.sign(pivots), -1), sign);
  return [withLead(signs, lead), withLead(p.sum(p.log(p.abs(pivots)), -1), lead)];
}

/** The sign of the determinant of square matrices, and the logarithm of its magnitude, which does not overflow, float32. */
export const slogdet: Lifted<[x: Operand], [sign: Operand, logarithm: Operand]> = lift((x) =>
  signedLogarithms("take slogdet", x)
);

/** The logarithm of the magnitude of the determinant of square matrices, without overflow, float32. */
export const logdet: UnaryOp = lift((x) => signedLogarithms("take logdet", x)[1]);

/**
 * The eigenvalues of symmetric matrices in ascending order, and the eigenvectors in columns, float32, by Jacobi's rotations. Of
 * what is not symmetric it takes the mean of it and its transpose. The signs of vectors are not defined, nor the vectors of equal
 * values; a gradient through these is not defined either.
 *
 * @throws {ShapeError} for what is no square matrix
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [values] = ops.linalg.eigh(tensor([[2, 1], [1, 2]]));
 * console.log(values.toArray()); // [ 1, 3 ] up to rounding
 * ```
 */
export const eigh: Lifted<[x: Operand], [values: Operand, vectors: Operand]> = lift((x) => {
  const { x: matrices, lead } = matricesOf("take eigh", x, true);
  const [values, vectors] = eigenFactors(matrices);
  return [withLead(values, lead), withLead(vectors, lead)];
});

/** U, the singular values and the transpose of V. */
type Decomposition = [u: Operand, values: Operand, vTransposed: Operand];

/** The arguments of {@linkcode svd} by position and by name. */
type SvdRest = [fullMatrices?: boolean, computeUv?: boolean];
type SvdNames = { fullMatrices?: boolean; computeUv?: boolean };

/** A function that gives U, the singular values and the transpose of V, or with `computeUv: false` the values alone. */
type SvdOp =
  & Lifted<[x: Operand, named: { fullMatrices?: boolean; computeUv: false }]>
  & Lifted<[x: Operand, fullMatrices: boolean | undefined, computeUv: false]>
  & Named<[x: Operand], SvdRest, SvdNames, Decomposition>;

/**
 * The singular value decomposition of matrices, float32: U, the values in descending order, and the transpose of V, of which
 * `x = U diag(values) V^T`; without `fullMatrices` U and V have no more columns than there are values. Without `computeUv` the
 * values alone are given. By Jacobi's rotations of columns. The signs of vectors are not defined.
 *
 * @throws {ShapeError} for what is no matrix
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [u, values, vt] = ops.linalg.svd(tensor([[3, 0], [0, 4], [0, 0]]), { fullMatrices: false });
 * console.log(u.shape, values.toArray(), vt.shape); // [ 3, 2 ] [ 4, 3 ] [ 2, 2 ]
 * ```
 */
export const svd: SvdOp = liftNamed<[x: Operand], SvdRest, SvdNames, Decomposition>(
  1,
  ["fullMatrices", "computeUv"],
  (x, fullMatrices = true, computeUv = true) => {
    const { x: matrices, lead, rows, columns } = matricesOf("take svd", x);
    const [u, values, v] = singularFactors(matrices);
    if (!computeUv) return withLead(values, lead) as unknown as Decomposition;
    const count = Math.min(rows, columns);
    const kept = (factor: Operand) => fullMatrices ? factor : cut(factor, 2, 0, count);
    return [kept(u), values, swapped(kept(v))].map((part) => withLead(part, lead)) as Decomposition;
  },
) as SvdOp;

/** Throws {@linkcode ValueError} unless a tolerance is a number or left out. */
function checkTolerance(what: string, name: string, given: unknown): void {
  if (given === null || (typeof given === "number" && !Number.isNaN(given))) return;
  throw new ValueError({ what, rule: `${name} must be a number`, received: describe(given), hint: "leave it out" });
}

/** The distance of 1 from the next float32. */
const eps = 2 ** -23;

/** The pseudoinverse `[batch, columns, rows]`; singular values of at most `share` of the largest count as 0. */
function pseudoinverse(x: Operand, share: number): Operand {
  const [batch, rows, columns] = shapeOf(x);
  const count = Math.min(rows, columns);
  if (sizeOf([batch, rows, columns]) === 0) return swapped(x);
  const [u, values, v] = singularFactors(x).map((factor, i) =>
    p.stopGradient(i === 1 ? factor : cut(factor, 2, 0, count))
  );
  const isKept = p.greater(values, p.multiply(p.max(values, -1, true), share));
  const inverse = p.select(isKept, p.divide(1, p.select(isKept, values, 1)), 0);
  const found = p.matmul(p.multiply(v, p.reshape(inverse, [batch, 1, count])), u, { transposeB: true });
  // Golub and Pereyra, 1973, for a rank that does not change.
  return withRule([x], [found], ([a], [i], [g]) => {
    const turned = swapped(g);
    const back = p.negate(p.matmul(swapped(i), p.matmul(g, swapped(i))));
    const outLeft = p.subtract(wide(a, rows), p.matmul(a, i));
    const outRight = p.subtract(wide(a, columns), p.matmul(i, a));
    const left = p.matmul(p.matmul(outLeft, turned), p.matmul(i, swapped(i)));
    const right = p.matmul(p.matmul(swapped(i), i), p.matmul(turned, outRight));
    return [p.add(back, p.add(left, right))];
  })[0];
}

/**
 * The pseudoinverse of matrices (Moore and Penrose), float32; singular values of at most `rcond` of the largest count as 0, by
 * default 10 times the larger side times the distance of 1 from the next number. The gradient is that of a matrix whose values
 * that count as 0 are 0.
 */
export const pinv: Named<[x: Operand], [rcond?: number | null], { rcond?: number | null }> = liftNamed(
  1,
  ["rcond"],
  (x, rcond = null) => {
    checkTolerance("Cannot take pinv", "rcond", rcond);
    const { x: matrices, lead, rows, columns } = matricesOf("take pinv", x);
    return withLead(pseudoinverse(matrices, rcond ?? 10 * Math.max(rows, columns) * eps), lead);
  },
);

/**
 * The shortest x for which the sum of squares of `a x - b` is smallest: for one matrix `a` `[rows, columns]` and `b` `[rows]` or
 * `[rows, n]`, float32. Singular values below `rcond` of the largest count as 0, by default the larger side times the distance
 * of 1 from the next number.
 *
 * @throws {ShapeError} if the two do not fit
 */
export const lstsq: Named<[a: Operand, b: Operand], [rcond?: number | null], { rcond?: number | null }> = liftNamed(
  2,
  ["rcond"],
  (a, b, rcond = null) => {
    const what = "take lstsq";
    checkTolerance(`Cannot ${what}`, "rcond", rcond);
    const { x, lead, rows, columns } = matricesOf(what, a);
    const given = shapeOf(b);
    if (lead.length > 0 || (given.length !== 1 && given.length !== 2) || given[0] !== rows) {
      throw new ShapeError({
        what: `Cannot ${what}`,
        rule: "there must be one matrix, and as many rows on the right side",
        received: `${formatShape(shapeOf(a))} and ${formatShape(given)}`,
        hint: "solve them one by one",
      });
    }
    const share = rcond === null ? eps * Math.max(rows, columns) : rcond < 0 ? eps : rcond;
    const inverse = p.reshape(pseudoinverse(x, share), [columns, rows]);
    return p.matmul(inverse, p.cast(b, "float32"));
  },
);

/**
 * The number of singular values of matrices above `tol`, int32: by default the largest, times the larger side, times the
 * distance of 1 from the next number.
 */
export const matrixRank: Named<[x: Operand], [tol?: number | null], { tol?: number | null }> = liftNamed(
  1,
  ["tol"],
  (x, tol = null) => {
    checkTolerance("Cannot take matrixRank", "tol", tol);
    const { x: matrices, lead, rows, columns } = matricesOf("take matrixRank", x);
    if (Math.min(rows, columns) === 0) return p.full(lead, 0, "int32");
    const [, values] = singularFactors(matrices);
    const least = tol ?? p.multiply(p.max(values, -1, true), eps * Math.max(rows, columns));
    return withLead(p.sum(p.cast(p.greater(values, least), "int32"), -1), lead);
  },
);

/** How Keras's files write these functions. */
export const savedLinearAlgebra: SavedForms = {
  cholesky: { module: "linalg", keys: { upper: false } },
  choleskyInverse: { module: "linalg", keys: { upper: false } },
  det: { module: "linalg" },
  eigh: { module: "linalg" },
  inv: { module: "linalg" },
  logdet: { module: "math" },
  lstsq: { module: "linalg", inputs: 2, keys: { rcond: null } },
  luFactor: { module: "linalg" },
  matrixRank: { module: "linalg", keys: { tol: null } },
  pinv: { module: "linalg", keys: { rcond: null } },
  qr: { module: "linalg", keys: { mode: "reduced" } },
  slogdet: {},
  solve: { module: "linalg", inputs: 2 },
  solveTriangular: { module: "linalg", inputs: 2, keys: { lower: false } },
  svd: { module: "linalg", className: "SVD", keys: { full_matrices: true, compute_uv: true } },
};
