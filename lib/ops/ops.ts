// The public `ops` namespace: Keras's names, in camelCase, for primitive and composed ops.
import "./defs/table.ts";

export * from "./elementwise.ts";
export { abs as absolute } from "./elementwise.ts";
export {
  broadcastTo,
  concat as concatenate,
  full,
  matmul,
  type MatmulOptions,
  max,
  mean,
  min,
  reshape,
  reverse as flip,
  scatterAdd,
  slice,
  stack,
  sum,
  transpose,
} from "./primitives.ts";
export { amax, amin, trueDivide } from "./aliases.ts";
export {
  arange,
  argmax,
  clip,
  expandDims,
  logSoftmax,
  logSumExp as logsumexp,
  multiHot,
  oneHot,
  ones,
  softmax,
  squeeze,
  std,
  take,
  variance as var,
  zeros,
} from "./composed.ts";
export { emptyLike, fullLike, geomspace, identity, linspace, logspace, onesLike, zerosLike } from "./creation.ts";
export {
  append,
  arraySplit,
  fliplr,
  flipud,
  hstack,
  meshgrid,
  moveaxis,
  ravel,
  repeat,
  roll,
  rot90,
  scatter,
  select,
  sliceUpdate,
  split,
  swapaxes,
  tile,
  unstack,
  vstack,
} from "./arranging.ts";
export {
  arccos,
  arccosh,
  arcsin,
  arcsinh,
  arctan,
  arctanh,
  cosh,
  deg2rad,
  rad2deg,
  sinc,
  sinh,
  tan,
} from "./trigonometry.ts";
export { erfinv, exp2, log10, log2, logaddexp } from "./logarithms.ts";
export { divideNoNan, floorDivide, trunc } from "./dividing.ts";
export { allclose, bincount, digitize, histogram, isclose, isin, nanToNum, searchsorted } from "./comparing.ts";
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  relu6,
  selu,
  silu,
  silu as swish,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from "./activations.ts";
export { dotProductAttention, type DotProductAttentionOptions } from "./attention.ts";
export { ctcDecode, type CTCDecodeOptions } from "./ctc_decode.ts";
export { cumprod, cumsum, diff } from "./cumulative.ts";
export { pad, type PadMode, type PadWidth } from "./padding.ts";
export { argpartition, argsort, inTopK, median, percentile, quantile, sort, takeAlongAxis, topK } from "./ordering.ts";
export { diag, diagflat, diagonal, eye, trace, tril, triu } from "./diagonals.ts";
export { getItem, type IndexItem, type IndexKey, type IndexRange } from "./get_item.ts";
export { cross, dot, einsum, inner, outer, tensordot, vdot } from "./matrices.ts";
export {
  all,
  any,
  argmin,
  average,
  countNonzero,
  isfinite,
  isinf,
  logicalXor,
  moments,
  prod,
  ptp,
} from "./statistics.ts";
export {
  nanargmax,
  nanargmin,
  nancumprod,
  nancumsum,
  nanmax,
  nanmean,
  nanmedian,
  nanmin,
  nanpercentile,
  nanprod,
  nanquantile,
  nanstd,
  nansum,
  nanvar,
} from "./nan.ts";
export {
  bitwiseAnd,
  bitwiseInvert,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  leftShift,
  rightShift,
} from "./bitwise.ts";
export { corrcoef, correlate, type CorrelateMode } from "./correlation.ts";
export { gcd, lcm } from "./divisors.ts";
export { type AxesLengths, rearrange } from "./rearrange.ts";
export {
  type ScatterReduction,
  scatterUpdate,
  segmentMax,
  segmentMin,
  type SegmentNames,
  segmentProd,
  type SegmentReduction,
  segmentSum,
} from "./segments.ts";
export { erfc, i0, signbit } from "./special.ts";
export type { ScanOptions, ScanResult, ScanStep } from "./defs/scan.ts";
export {
  associativeScan,
  type Carried,
  cond,
  foriLoop,
  map,
  scan,
  switch,
  vectorizedMap,
  whileLoop,
} from "./control_flow.ts";
export {
  array,
  convertToNumpy,
  convertToTensor,
  copy,
  dtype,
  isTensor,
  ndim,
  saturateCast,
  shape,
  size,
} from "./conversion.ts";
export {
  type ComplexPair,
  extractSequences,
  fft,
  fft2,
  type FrameWindow,
  ifft,
  ifft2,
  irfft,
  istft,
  rfft,
  stft,
} from "./fourier.ts";
export {
  cbrt,
  cdist,
  dsplit,
  dstack,
  empty,
  fabs,
  fmax,
  fmin,
  fmod,
  heaviside,
  hsplit,
  hypot,
  isneginf,
  isposinf,
  kron,
  ldexp,
  logaddexp2,
  trapezoid,
  tri,
  unravelIndex,
  vander,
  vsplit,
} from "./numeric.ts";
export { batchNormalization, layerNormalization, rmsNormalization } from "./normalizing.ts";
export { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
export { ctcLoss } from "./ctc_loss.ts";
export { depthToSpace, fold, spaceToDepth, unfold } from "./blocks.ts";
export { customGradient, jvp, type WithTensors } from "./custom_gradient.ts";
export {
  cholesky,
  choleskyInverse,
  det,
  eigh,
  inv,
  logdet,
  lstsq,
  luFactor,
  matrixRank,
  pinv,
  qr,
  slogdet,
  solve,
  solveTriangular,
  svd,
} from "./linear_algebra.ts";
export type { QrMode } from "./linalg_factors.ts";
export { norm, normalize, type NormOrder } from "./norms.ts";
/** Linear algebra. */
export * as linalg from "./linalg.ts";
export { bartlett, blackman, hamming, hanning, kaiser } from "./windows.ts";
export {
  conv,
  type ConvOptions,
  convTranspose,
  type ConvTransposeOptions,
  depthwiseConv,
  separableConv,
} from "./convolve.ts";
export { adaptiveAveragePool, adaptiveMaxPool, type AdaptivePoolOptions } from "./adaptive_pool.ts";
export { averagePool, maxPool, type PoolOptions } from "./pool.ts";
export type { DataFormat, Padding, PerAxis } from "./spatial.ts";
export { psnr } from "./image_quality.ts";
/** Ops on images. */
export * as image from "./image.ts";
