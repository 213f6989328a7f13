// The public `ops.linalg` namespace.
export { jvp } from "./custom_gradient.ts";
export {
  cholesky,
  choleskyInverse,
  det,
  eigh,
  inv,
  lstsq,
  luFactor,
  matrixRank,
  pinv,
  qr,
  solve,
  solveTriangular,
  svd,
} from "./linear_algebra.ts";
export { norm } from "./norms.ts";
