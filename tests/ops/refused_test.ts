// Errors for wrong operands and arguments of ops: the whole message, on tensors and in a program.
import assert from "node:assert/strict";
import { type CeratopsError, DTypeError, ShapeError, StateError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import * as ops from "../../lib/ops/ops.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";

const grid = tensor([[1, 2, 3], [4, 5, 6]]);
const row = tensor([1, 2]);
const blank = (...shape: number[]) => ops.zeros(shape);

type ErrorClass = abstract new (...args: never[]) => CeratopsError;

/** Wrong calls, and the whole message: what failed, the rule, what was received, and the hint, if any. */
const refused: [string, () => unknown, ErrorClass, string][] = [
  [
    "broadcasting unequal axes",
    () => ops.add(grid, row),
    ShapeError,
    "Cannot apply add: shapes must be equal or broadcast (each axis equal, or 1 in one of them), " +
    "received [2, 3] and [2]: reshape one of them, or check which axis was meant",
  ],
  [
    "where over unequal axes",
    () => ops.where(tensor([true, false]), grid, 0),
    ShapeError,
    "Cannot apply select: shapes must be equal or broadcast (each axis equal, or 1 in one of them), " +
    "received [2] and [2, 3]: reshape one of them, or check which axis was meant",
  ],
  [
    "broadcasting to a shape that does not fit",
    () => ops.broadcastTo(grid, [2, 2]),
    ShapeError,
    "Cannot broadcast: shapes must be equal or broadcast (each axis equal, or 1 in one of them), " +
    "received [2, 3] and [2, 2]: reshape one of them, or check which axis was meant",
  ],
  [
    "summing over an axis that is not there",
    () => ops.sum(grid, 2),
    ValueError,
    "Cannot sum: axis must be an integer from -2 to 1, received 2: " +
    "count axes of a rank-2 value from 0, or from the end with -1",
  ],
  [
    "one bad axis among several",
    () => ops.max(grid, [0, -3]),
    ValueError,
    "Cannot max: axis must be an integer from -2 to 1, received -3: " +
    "count axes of a rank-2 value from 0, or from the end with -1",
  ],
  [
    "half an axis",
    () => ops.mean(grid, 0.5),
    ValueError,
    "Cannot mean: axis must be an integer from -2 to 1, received 0.5: " +
    "count axes of a rank-2 value from 0, or from the end with -1",
  ],
  [
    "a new axis too far out",
    () => ops.expandDims(grid, 3),
    ValueError,
    "Cannot expandDims: axis must be an integer from -3 to 2, received 3: " +
    "count axes of a rank-3 value from 0, or from the end with -1",
  ],
  [
    "reshaping to another size",
    () => ops.reshape(grid, [4, 2]),
    ShapeError,
    "Cannot reshape: [2, 3] has 6 elements, the new shape must have as many (one extent may be -1), " +
    "received [4, 2]: check the extents, or leave one as -1",
  ],
  [
    "reshaping with a rest that does not divide",
    () => ops.reshape(grid, [4, -1]),
    ShapeError,
    "Cannot reshape: [2, 3] has 6 elements, the new shape must have as many (one extent may be -1), " +
    "received [4, -1]: check the extents, or leave one as -1",
  ],
  [
    "reshaping with two free extents",
    () => ops.reshape(grid, [-1, -1]),
    ShapeError,
    "Cannot reshape: [2, 3] has 6 elements, the new shape must have as many (one extent may be -1), " +
    "received [-1, -1]: check the extents, or leave one as -1",
  ],
  [
    "rows of unequal lengths",
    () => tensor([[1, 2], [3]]),
    ShapeError,
    "Cannot make a tensor: rows must have equal lengths: the first row gives shape [2, 2], " +
    "received 1 elements at [1]: pad or cut the rows to one length (utils.padSequences pads)",
  ],
  [
    "a number where a row is wanted",
    () => tensor([[1, 2], 3]),
    ShapeError,
    "Cannot make a tensor: rows must have equal lengths: the first row gives shape [2, 2], " +
    "received a number at [1]: pad or cut the rows to one length (utils.padSequences pads)",
  ],
  [
    "words",
    () => tensor([1, "two"] as unknown as TensorLike),
    ValueError,
    "Cannot make a tensor: elements must be numbers or booleans, received a string at [1]: map each text to a number first",
  ],
  [
    "an array of doubles",
    () => tensor(new Float64Array(2) as unknown as TensorLike),
    DTypeError,
    "Cannot make a tensor: typed arrays must be Float32Array, Int32Array or Uint8Array, received Float64Array: " +
    "convert it, for example with Float32Array.from(array)",
  ],
  [
    "multiplying matrices that do not fit",
    () => ops.matmul(grid, blank(4, 2)),
    ShapeError,
    "Cannot multiply matrices: the last axis of the first must equal the second-last of the second, " +
    "received [2, 3] and [4, 2]: check the number of features, or transpose one operand",
  ],
  [
    "multiplying a batch by a matrix that does not fit names the shapes as given",
    () => ops.matmul(blank(5, 2, 3), blank(2, 4), { transposeB: true }),
    ShapeError,
    "Cannot multiply matrices: the last axis of the first must equal the second-last of the second, " +
    "received [5, 2, 3] and [2, 4] transposed: check the number of features, or transpose one operand",
  ],
  [
    "multiplying batches that do not broadcast",
    () => ops.matmul(blank(2, 1, 3), blank(3, 3, 1)),
    ShapeError,
    "Cannot multiply matrices: shapes must be equal or broadcast (each axis equal, or 1 in one of them), " +
    "received [2] and [3]: reshape one of them, or check which axis was meant",
  ],
  [
    "multiplying a matrix by a number",
    () => ops.matmul(grid, tensor(2)),
    ShapeError,
    "Cannot multiply matrices: both operands must have at least one axis, received [2, 3] and []: " +
    "use multiply for a number",
  ],
  [
    "more of the largest than there are",
    () => ops.topK(grid, 4),
    ValueError,
    "Cannot take topK: k must be a whole number of at most 3, the extent of the last axis, received 4: choose a smaller k",
  ],
  [
    "decoding a matrix",
    () => ops.ctcDecode(grid, row),
    ShapeError,
    "Cannot decode with ctcDecode: inputs must be [batch, steps, classes], and sequenceLengths [batch], " +
    "received [2, 3] and [2]: give logits of the classes with the blank, and the number of steps of each sample",
  ],
  [
    "decoding more steps than there are",
    () => ops.ctcDecode(blank(2, 3, 4), tensor([3, 4], undefined, "int32")),
    ValueError,
    "Cannot decode with ctcDecode: sequence lengths must be from 0 to the 3 steps of the inputs, received 4: " +
    "count the steps of the outputs, which strides make fewer than those of the model's inputs",
  ],
  [
    "a blank that is no class",
    () => ops.ctcDecode(blank(1, 3, 4), tensor([3], undefined, "int32"), { maskIndex: 4 }),
    ValueError,
    "Cannot decode with ctcDecode: maskIndex must be null or a whole number from -4 to 3, received 4: " +
    "give the class of the blank",
  ],
  [
    "more sequences than are kept",
    () =>
      ops.ctcDecode(blank(1, 3, 4), tensor([3], undefined, "int32"), {
        strategy: "beam_search",
        beamWidth: 2,
        topPaths: 3,
      }),
    ValueError,
    "Cannot decode with ctcDecode: topPaths must be at most beamWidth, received 3 and 2: keep more sequences, or ask for fewer",
  ],
  [
    "indices with too few axes",
    () => ops.takeAlongAxis(grid, row, 1),
    ValueError,
    "Cannot takeAlongAxis: indices must have as many axes as x, 2, received 1: reshape the indices, or use take",
  ],
  [
    "a quantile in percents",
    () => ops.quantile(grid, 50),
    ValueError,
    "Cannot take a quantile: q must be a number from 0 to 1, received 50: divide percents by 100",
  ],
  [
    "a percentile of one",
    () => ops.percentile(grid, -1),
    ValueError,
    "Cannot take a percentile: q must be a number from 0 to 100, received -1: multiply parts of one by 100",
  ],
  [
    "no parts",
    () => ops.arraySplit(grid, 0),
    ValueError,
    "Cannot split: the number of parts must be a whole number of at least 1, received 0: " +
    "give ops.split the indices to split at, as in [2, 5]",
  ],
  [
    "unstacking more than there is",
    () => ops.unstack(grid, 3),
    ValueError,
    "Cannot unstack: num must be the extent 2 of axis 0, received 3: leave it out",
  ],
  [
    "turning an axis towards itself",
    () => ops.rot90(grid, 1, [1, -1]),
    ValueError,
    "Cannot turn with rot90: k must be a whole number, and the two axes must differ, received k 1, axes 1 and -1: " +
    "name the axes of the rows and of the columns",
  ],
  [
    "a block that reaches beyond",
    () => ops.sliceUpdate(grid, [1, 2], ops.ones([1, 2])),
    ShapeError,
    "Cannot update a slice: the block must lie inside of [2, 3], with a start for each axis, " +
    "received [1, 2] at [1, 2]: check starts and the update's shape",
  ],
  [
    "scattering rows of another length",
    () => ops.scatter(tensor([[0]], undefined, "int32"), row, [3, 2]),
    ShapeError,
    "Cannot scatter: indices must be [..., k] and values [..., ...shape[k:]], " +
    "received indices [1, 1] and values [2] for [3, 2]: give one index for each of the first axes",
  ],
  [
    "a condition without a choice",
    () => ops.select([tensor([true])], []),
    ValueError,
    "Cannot select: there must be one choice for each condition, received 1 conditions and 0 choices: give as many of both",
  ],
  [
    "weights that do not fit",
    () => ops.average(grid, 1, row),
    ShapeError,
    "Cannot take a weighted average: weights must have the shape of x, or be a vector as long as the one axis, " +
    "received weights [2] for [2, 3] over axes [1]: broadcast them with ops.broadcastTo",
  ],
  [
    "a norm of order 0",
    () => ops.normalize(grid, -1, 0),
    ValueError,
    "Cannot normalize: order must be a number of at least 1, received 0: leave it at 2",
  ],
  [
    "half a step",
    () => ops.linspace(0, 1, 2.5),
    ValueError,
    "Cannot take even steps with linspace: num must be a whole number of at least 0, received 2.5: " +
    "say how many numbers there are",
  ],
  [
    "searching a matrix",
    () => ops.searchsorted(grid, row),
    ShapeError,
    "Cannot search what is sorted: the sorted values must have one axis, received [2, 3]: search its rows one by one",
  ],
  [
    "searching from the middle",
    () => ops.searchsorted(row, grid, "middle" as "left"),
    ValueError,
    'Cannot search what is sorted: side must be "left" or "right", received "middle": leave it out for left',
  ],
  [
    "counting in a cube",
    () => ops.bincount(blank(1, 2, 3)),
    ShapeError,
    "Cannot count by bins: there must be one or two axes, received [1, 2, 3]: reshape it",
  ],
  [
    "the diagonal of a vector",
    () => ops.diagonal(row),
    ShapeError,
    "Cannot take a diagonal: there must be two axes, received [2]: make a matrix of a vector with ops.diag",
  ],
  [
    "a diagonal along one axis",
    () => ops.trace(grid, 0, 1, 1),
    ValueError,
    "Cannot take a diagonal: its two axes must differ, received 1 and 1: name two axes",
  ],
  [
    "a cube on a diagonal",
    () => ops.diag(blank(1, 2, 3)),
    ShapeError,
    "Cannot take diag: there must be a vector or a matrix, received [1, 2, 3]: " +
    "use ops.diagonal for more axes, ops.diagflat to flatten them",
  ],
  [
    "the cross product of four numbers",
    () => ops.cross(blank(4), blank(4)),
    ShapeError,
    "Cannot take a cross product: vectors must have 2 or 3 elements, received [4]: give the axis of the vectors",
  ],
  [
    "parts that do not fit",
    () => ops.split(grid, 2, 1),
    ValueError,
    "Cannot split: the number of parts must divide the extent 3 of axis 1, received 2: " +
    "give the indices to split at, as in [2, 5]",
  ],
  [
    "an equation with too few labels",
    () => ops.einsum("i->i", grid),
    ValueError,
    'Cannot take einsum: a term must have a label for each axis, received "i->i" for [2, 3]: ' +
    'write one label for each axis, as in "ij,jk->ik"',
  ],
  [
    "an equation with a label from nowhere",
    () => ops.einsum("ij->ik", grid),
    ValueError,
    'Cannot take einsum: the result may have only labels of the operands, received "ij->ik" for [2, 3]: ' +
    'write one label for each axis, as in "ij,jk->ik"',
  ],
  [
    "a contraction of unequal axes",
    () => ops.tensordot(grid, grid, 1),
    ShapeError,
    "Cannot take tensordot: the axes that are summed over must be as many, of equal extents, " +
    "received axes [1] of [2, 3] and [0] of [2, 3]: name the axes as in [[1, 2], [0, 1]]",
  ],
  [
    "the triangle of a vector",
    () => ops.tril(row),
    ShapeError,
    "Cannot take tril: there must be two axes, received [2]: reshape it to a matrix",
  ],
  [
    "a matrix norm of order 3",
    () => ops.norm(grid, 3),
    ValueError,
    'Cannot take norm: over two axes the order must be null, "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity, ' +
    "received 3: name one axis",
  ],
  [
    "cholesky of what is not square",
    () => ops.cholesky(grid),
    ShapeError,
    "Cannot take cholesky: matrices must be square, received [2, 3]: check the last two axes",
  ],
  [
    "the determinant of a vector",
    () => ops.linalg.det(tensor([1, 2])),
    ShapeError,
    "Cannot take det: there must be matrices, with at least two axes, received [2]: add an axis with ops.expandDims",
  ],
  [
    "a right side of other rows",
    () => ops.solve(tensor([[1, 2], [3, 4]]), tensor([1, 2, 3])),
    ShapeError,
    "Cannot solve: the right side must be [2], or have one axis more, received [3]: " +
    "broadcast it with ops.broadcastTo",
  ],
  [
    "qr of an unknown mode",
    () => ops.qr(grid, "r" as "reduced"),
    ValueError,
    'Cannot take qr: mode must be "reduced" or "complete", received "r": leave it out for reduced',
  ],
  [
    "a tolerance that is none",
    () => ops.matrixRank(grid, NaN),
    ValueError,
    "Cannot take matrixRank: tol must be a number, received NaN: leave it out",
  ],
  [
    "bits of floats",
    () => ops.bitwiseAnd(grid, 1),
    DTypeError,
    "Cannot apply bitwiseAnd: operands must be integers or bools, received float32 and float32: " +
    'cast them, as in ops.cast(x, "int32")',
  ],
  [
    "a pattern that loses an axis",
    () => ops.rearrange(grid, "a b -> a"),
    ValueError,
    "Cannot rearrange: a pattern must name each axis once before the arrow, and the same names once after it, " +
    'received "a b -> a" for [2, 3]: write it as in "b h w c -> b (h w) c"',
  ],
  [
    "parts that do not divide an axis",
    () => ops.rearrange(grid, "a (b c) -> a b c", { b: 2 }),
    ShapeError,
    "Cannot rearrange: the extents of an axis's parts must multiply to its own, and all but one be given, " +
    "received (b c) for an extent of 3, with b: 2: give extents behind the pattern, as in { h1: 2 }",
  ],
  [
    "partitioning at a place that is not there",
    () => ops.argpartition(grid, 3),
    ValueError,
    "Cannot partition: kth must be a whole number from -3 to 2, received 3: check the extent of the axis",
  ],
  [
    "folding other patches",
    () => ops.fold(ops.ones([1, 4, 3]), 3, 2),
    ShapeError,
    "Cannot fold: there must be a multiple of 4 rows, and 4 patches, received [1, 4, 3]: " +
    "give the sizes that unfold was given",
  ],
  [
    "channels that make no blocks",
    () => ops.depthToSpace(ops.ones([1, 2, 2, 3]), 2),
    ShapeError,
    "Cannot move depth to space: the number of channels must be a multiple of 4, received 3: choose another size",
  ],
  [
    "scattering updates of another shape",
    () => ops.scatterUpdate(grid, tensor([[0]], undefined, "int32"), tensor([[1, 2]])),
    ShapeError,
    "Cannot scatter updates: indices must be [n, k] and updates [n, ...shape[k:]] for inputs of a shape, " +
    "received indices [1, 1] and updates [1, 2] for [2, 3]: give one index for each of the first axes",
  ],
  [
    "a histogram of a matrix",
    () => ops.histogram(grid),
    ShapeError,
    "Cannot make a histogram: there must be one axis, received [2, 3]: flatten it",
  ],
  [
    "a mean of another axis",
    () => ops.batchNormalization(grid, tensor([1, 2]), tensor([1, 2]), 1),
    ShapeError,
    "Cannot normalize a batch: mean, variance, offset and scale must be vectors of 3 numbers, received [2]: " +
    "check the axis",
  ],
  [
    "segments by a matrix",
    () => ops.segmentSum(grid, grid, 2),
    ShapeError,
    "Cannot sum by segments: segment ids must have one axis, received [2, 3]: give one id for each row of the data",
  ],
  [
    "half a difference",
    () => ops.diff(grid, 0.5),
    ValueError,
    "Cannot take diff: n must be a whole number of at least 0, received 0.5: leave it at 1",
  ],
  [
    "convolving without a batch",
    () => ops.conv(blank(5, 5, 3), blank(3, 3, 3, 4)),
    ShapeError,
    "Cannot convolve: the kernel of 1 spatial axis must be [...taps, channels / groups, filters], " +
    "received [3, 3, 3, 4]: give it 3 axes",
  ],
  [
    "convolving grey images without channels",
    () => ops.conv(blank(8, 8), blank(3, 3, 1, 4)),
    ShapeError,
    "Cannot convolve: the input must have a batch axis, one to 3 spatial axes, and an axis of channels, " +
    "received [8, 8]: reshape it, as a batch of grey images [batch, height, width] to [batch, height, width, 1]",
  ],
  [
    "convolving other channels",
    () => ops.conv(blank(1, 5, 5, 3), blank(3, 3, 2, 4)),
    ShapeError,
    "Cannot convolve: the kernel's second-last axis must be the 3 channels of the input, or divide them into groups, " +
    "received kernel [3, 3, 2, 4] for input [1, 5, 5, 3]: check the number of channels, and where they are in the input",
  ],
  [
    "groups that do not divide the filters",
    () => ops.conv(blank(1, 5, 5, 4), blank(3, 3, 2, 3)),
    ShapeError,
    "Cannot convolve: groups must divide the 4 input channels and the 3 output channels, received 2 groups: " +
    "choose groups, or filters, so that both divide evenly",
  ],
  [
    "a kernel larger than the image",
    () => ops.conv(blank(1, 5, 2, 1), blank(3, 3, 1, 1)),
    ShapeError,
    "Cannot convolve: the window must fit into the padded input, whose spatial axis 1 has extent 2, " +
    'received a window of 3: use a smaller window, fewer or smaller pools before it, or padding "same"',
  ],
  [
    "a dilated kernel larger than the image",
    () => ops.conv(blank(1, 5, 1), blank(3, 1, 1), { dilationRate: 3 }),
    ShapeError,
    "Cannot convolve: the window must fit into the padded input, whose spatial axis 0 has extent 5, received " +
    'a window of 3 spread over 7 by dilation: use a smaller window, fewer or smaller pools before it, or padding "same"',
  ],
  [
    "strides with dilation",
    () => ops.conv(blank(1, 9, 9, 1), blank(3, 3, 1, 1), { strides: 2, dilationRate: [1, 2] }),
    ValueError,
    "Cannot convolve: strides and dilationRate must not both be more than 1, " +
    "received strides [2, 2] and dilationRate [1, 2]: leave one of them at 1",
  ],
  [
    "causal images",
    () => ops.conv(blank(1, 9, 9, 1), blank(3, 3, 1, 1), { padding: "causal" }),
    ValueError,
    'Cannot convolve: padding must be one of "valid", "same", received "causal": use one of these names',
  ],
  [
    "a stride for each of too many axes",
    () => ops.conv(blank(1, 9, 9, 1), blank(3, 3, 1, 1), { strides: [1, 2, 1] }),
    ValueError,
    "Cannot convolve: strides must be an integer of at least 1, or a list of 2, one for each spatial axis, " +
    "received [1, 2, 1]: write it as strides: 2, or [2, 2]",
  ],
  [
    "a misspelled data format",
    () => ops.maxPool(blank(1, 4, 4, 1), 2, { dataFormat: "channelsFirst" as "channels_first" }),
    ValueError,
    'Cannot pool: dataFormat must be one of "channels_last", "channels_first", received "channelsFirst": ' +
    'did you mean "channels_first"?',
  ],
  [
    "a transposed kernel with its channels swapped",
    () => ops.convTranspose(blank(1, 4, 4, 3), blank(3, 3, 3, 8)),
    ShapeError,
    "Cannot convolve: the kernel's last axis must be the input's 3 channels in a transposed convolution, " +
    "received kernel [3, 3, 3, 8] for input [1, 4, 4, 3]: write the kernel as [...taps, filters, channels]",
  ],
  [
    "output padding as large as the stride",
    () => ops.convTranspose(blank(1, 4, 1), blank(3, 2, 1), { strides: 2, outputPadding: 2 }),
    ValueError,
    "Cannot convolve transposed: outputPadding must be such that a convolution of the output has the extents of the " +
    "input again, received [2], by which [11] becomes [5]: choose it less than the strides [2]",
  ],
  [
    "a depthwise kernel for other channels",
    () => ops.depthwiseConv(blank(1, 4, 4, 3), blank(2, 2, 2, 1)),
    ShapeError,
    "Cannot convolve depthwise: the depthwise kernel's second-last axis must be the 3 channels of the input, " +
    "received [2, 2, 2, 1]: check the number of channels, and where they are in the input",
  ],
  [
    "a wide pointwise kernel",
    () => ops.separableConv(blank(1, 4, 4, 3), blank(2, 2, 3, 1), blank(1, 2, 3, 5)),
    ShapeError,
    "Cannot convolve separably: the pointwise kernel must have one tap along each spatial axis, received [1, 2, 3, 5]: " +
    "reshape it to [...1, channels * multiplier, filters]",
  ],
  [
    "a pool larger than the image",
    () => ops.maxPool(blank(1, 3, 3, 1), 4),
    ShapeError,
    "Cannot pool: the window must fit into the padded input, whose spatial axis 0 has extent 3, received a window of 4: " +
    'use a smaller window, fewer or smaller pools before it, or padding "same"',
  ],
  [
    "resizing to nothing",
    () => ops.image.resize(blank(1, 3, 3, 1), [0, 4]),
    ValueError,
    "Cannot resize: size must be an integer of at least 1, or a list of 2, one for each spatial axis, received [0, 4]: " +
    "write it as size: 2, or [2, 2]",
  ],
  [
    "resizing by an unknown interpolation",
    () => ops.image.resize(blank(1, 3, 3, 1), [2, 2], { interpolation: "billinear" as "bilinear" }),
    ValueError,
    'Cannot resize: interpolation must be one of "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", ' +
    'received "billinear": did you mean "bilinear"?',
  ],
  [
    "resizing rows",
    () => ops.image.resize(blank(3, 3), [2, 2]),
    ShapeError,
    "Cannot resize: images must be [batch, height, width, channels], or one image without the batch axis, " +
    "received [3, 3]: add an axis of extent 1 for the channels of grey images",
  ],
  [
    "resizing that crops and pads",
    () => ops.image.resize(blank(1, 3, 3, 1), [2, 2], { cropToAspectRatio: true, padToAspectRatio: true }),
    ValueError,
    "Cannot resize: images are either cropped or padded to the new aspect ratio, received both: " +
    "leave out cropToAspectRatio or padToAspectRatio",
  ],
  [
    "an affine transform of six numbers",
    () => ops.image.affineTransform(blank(2, 3, 3, 1), blank(6)),
    ShapeError,
    "Cannot transform images: the transform must have the shape [8], or [2, 8] for 2 images, received [6]: " +
    "give [1, 0, 0, 0, 1, 0, 0, 0] for no change",
  ],
  [
    "an affine transform for each of other images",
    () => ops.image.affineTransform(blank(2, 3, 3, 1), blank(3, 8)),
    ShapeError,
    "Cannot transform images: the transform must have the shape [8], or [2, 8] for 2 images, received [3, 8]: " +
    "give [1, 0, 0, 0, 1, 0, 0, 0] for no change",
  ],
  [
    "a misspelled fill mode",
    () => ops.image.affineTransform(blank(2, 3, 3, 1), blank(8), { fillMode: "mirror" as "reflect" }),
    ValueError,
    'Cannot transform images: fillMode must be one of "constant", "nearest", "reflect", "wrap", received "mirror": ' +
    "use one of these names",
  ],
  [
    "an affine interpolation that is only one of resize",
    () => ops.image.affineTransform(blank(2, 3, 3, 1), blank(8), { interpolation: "bicubic" as "nearest" }),
    ValueError,
    'Cannot transform images: interpolation must be one of "nearest", "bilinear", received "bicubic": ' +
    "use one of these names",
  ],
  [
    "a frame of three numbers",
    () => ops.image.padImages(blank(3, 3, 1), { topPadding: 1, bottomPadding: 1, targetHeight: 5, leftPadding: 0 }),
    ValueError,
    "Cannot pad images: exactly two of topPadding, bottomPadding, targetHeight must be given, " +
    "received topPadding, bottomPadding, targetHeight: leave the third one out",
  ],
  [
    "a frame to a smaller size",
    () => ops.image.padImages(blank(3, 3, 1), { topPadding: 1, targetHeight: 2, leftPadding: 0, rightPadding: 0 }),
    ValueError,
    "Cannot pad images: bottomPadding must be an integer of at least 0, received -2 as what is left for images of 3: " +
    "give a larger frame or target",
  ],
  [
    "cropping to a larger size",
    () => ops.image.cropImages(blank(3, 3, 1), { topCropping: 0, targetHeight: 4, leftCropping: 0, rightCropping: 0 }),
    ValueError,
    "Cannot crop images: bottomCropping must be an integer of at least 0, received -1 as what is left for images " +
    "of 3: give a smaller frame or target",
  ],
  [
    "cropping half a row",
    () =>
      ops.image.cropImages(blank(3, 3, 1), { topCropping: 0.5, targetHeight: 1, leftCropping: 0, rightCropping: 0 }),
    ValueError,
    "Cannot crop images: topCropping must be an integer of at least 0, received 0.5: give a whole number",
  ],
  [
    "grey of two channels",
    () => ops.image.rgbToGrayscale(blank(4, 4, 2)),
    ShapeError,
    "Cannot make images grey: images must have 3 channels, or 1, received 2 of [4, 4, 2]: " +
    'give dataFormat: "channels_first" where the channels come first',
  ],
  [
    "coordinates along one of two axes",
    () => ops.image.mapCoordinates(blank(3, 4), blank(1, 5), 1),
    ShapeError,
    "Cannot map coordinates: coordinates must be [2, ...places], one per axis of inputs of [3, 4], received [1, 5]: " +
    "stack the coordinates along each axis, as in ops.stack([y, x])",
  ],
  [
    "cubic splines",
    () => ops.image.mapCoordinates(blank(3, 4), blank(2, 5), 3 as 1),
    ValueError,
    "Cannot map coordinates: order must be 0, the nearest element, or 1, linear interpolation, received 3: give 1",
  ],
  [
    "a perspective of three points",
    () => ops.image.perspectiveTransform(blank(3, 3, 1), blank(3, 2), blank(3, 2)),
    ShapeError,
    "Cannot change the perspective: startPoints and endPoints must both be [4, 2], or [batch, 4, 2] for points of each " +
    "image, received [3, 2] and [3, 2]: give four points (x, y), as in [[0, 0], [31, 0], [0, 31], [31, 31]]",
  ],
  [
    "a blur of no width",
    () => ops.image.gaussianBlur(blank(3, 3, 1), { sigma: 0 }),
    ValueError,
    "Cannot blur images: sigma must be a number above 0, or two of them, received 0: " +
    "give it in pixels, as in sigma: 1.5",
  ],
  [
    "an elastic transform by half the image",
    () => ops.image.elasticTransform(blank(3, 3, 1), { sigma: 5000 }),
    ValueError,
    "Cannot bend images: alpha and sigma must be numbers, sigma above 0 and below 1024, received alpha 20, sigma 5000: " +
    "give sigma in pixels, as in { alpha: 20, sigma: 5 }",
  ],
  [
    "scaling axes that are not named",
    () => ops.image.scaleAndTranslate(blank(3, 3, 1), [6, 6, 1], blank(1), blank(1), [0], "linear"),
    ShapeError,
    "Cannot scale and translate: outputShape must differ from the shape [3, 3, 1] only along the axes spatialDims, " +
    "received [6, 6, 1] with spatialDims [0]: " +
    "give the whole shape, and the axes that are resampled, as in [2, 64, 64, 3] and [1, 2]",
  ],
  [
    "scaling two axes by three numbers",
    () => ops.image.scaleAndTranslate(blank(3, 3), [6, 6], blank(3), blank(2), [0, 1], "linear"),
    ShapeError,
    "Cannot scale and translate: scale must have one number for each of the 2 axes, received [3]: " +
    "write it as in tensor([2, 2])",
  ],
  [
    "edges of one image",
    () => ops.image.sobelEdges(blank(3, 3, 1)),
    ShapeError,
    "Cannot find edges: images must be [batch, height, width, channels], of at least 2 pixels each way, " +
    "received [3, 3, 1]: add a batch axis of extent 1 to a single image",
  ],
  [
    "comparing images smaller than the filter",
    () => ops.image.ssim(blank(8, 8, 1), blank(8, 8, 1)),
    ShapeError,
    "Cannot compare images: images must be at least as large as the filter of 11 pixels, received [8, 8, 1]: " +
    "give a smaller filterSize",
  ],
  [
    "comparing by an even filter",
    () => ops.image.ssim(blank(8, 8, 1), blank(8, 8, 1), { filterSize: 4 }),
    ValueError,
    "Cannot compare images: filterSize must be an odd number of at least 1, and filterSigma above 0, " +
    "received 4 and 1.5: give filterSize: 11, filterSigma: 1.5",
  ],
  [
    "noise between unlike shapes",
    () => ops.psnr(blank(8, 8, 1), blank(8, 8), 1),
    ShapeError,
    "Cannot take a signal-to-noise ratio: both must have the same shape, received [8, 8, 1] and [8, 8]: " +
    "resize or crop one of them first",
  ],
  [
    "noise without a peak",
    () => ops.psnr(blank(8), blank(8), 0),
    ValueError,
    "Cannot take a signal-to-noise ratio: maxVal must be a number above 0, received 0: " +
    "give 1 or 255, the largest value of pixels",
  ],
  [
    "squeezing a long axis",
    () => ops.squeeze(blank(1, 3), 1),
    ShapeError,
    "Cannot squeeze: squeezed axes must have extent 1, received axes [1] of [1, 3]: " +
    "name only axes of extent 1, or take one element of a longer axis with slice first",
  ],
  [
    "stacking unlike shapes, of equal size too",
    () => ops.stack([blank(2, 3), blank(3, 2)]),
    ShapeError,
    "Cannot stack: operands must have one shape, received [2, 3], [3, 2]: " +
    "reshape them, or join them along an axis that they have with concatenate",
  ],
  [
    "stacking nothing",
    () => ops.stack([]),
    ValueError,
    "Cannot stack: there must be at least one operand, received none: pass a list of tensors",
  ],
  [
    "concatenating nothing",
    () => ops.concatenate([]),
    ValueError,
    "Cannot concatenate: there must be at least one operand, received none: pass a list of tensors",
  ],
  [
    "counting by nothing",
    () => ops.arange(0, 3, 0),
    ValueError,
    "Cannot count with arange: start and stop must be finite and step not 0, received from 0 to 3 by 0: " +
    "give a step that leads from start to stop",
  ],
  [
    "an op applied to a dtype that it does not take",
    () => apply("sigmoid", [tensor([1], undefined, "int32")], {}),
    DTypeError,
    "Cannot apply sigmoid: operands must be float32, received int32: cast them with ops.cast",
  ],
];

for (const [name, call, kind, message] of refused) {
  Deno.test(`refused: ${name}`, () => {
    assert.throws(call, (error: Error) => {
      assert.ok(error instanceof kind, `${error.name} is no ${kind.name}`);
      assert.equal(error.message, message);
      return true;
    });
  });
}

/** Wrong calls whose message is compared up to the hint: what failed, the rule and what was received. */
const alsoRefused: [string, () => unknown, ErrorClass, string][] = [
  [
    "concatenating shapes that differ elsewhere",
    () => ops.concatenate([grid, blank(2, 2)], 0),
    ShapeError,
    "Cannot concatenate: shapes must be equal but for axis 0, received [2, 3], [2, 2]",
  ],
  [
    "a permutation that names an axis twice",
    () => ops.transpose(grid, [0, 0]),
    ShapeError,
    "Cannot transpose: the permutation must name each axis of [2, 3] once, received [0, 0]",
  ],
  [
    "a slice that leaves the operand",
    () => ops.slice(grid, [0, 2], [1, 2]),
    ShapeError,
    "Cannot slice: the slice must lie within [2, 3], received from [0, 2], sizes [1, 2]",
  ],
  [
    "padding that takes away",
    () => ops.pad(row, [-1, 0]),
    ValueError,
    "Cannot pad: padWidth must be a whole number of at least 0, a pair of them, or a list of pairs, received [-1,0]: write it as in [[0, 0], [1, 2]], with what comes before and after along each axis",
  ],
  [
    "padding of more axes than there are",
    () => ops.pad(row, [[0, 0], [1, 1], [0, 1]]),
    ShapeError,
    "Cannot pad: there must be one pair for all axes, or one for each of the 1, received 3 pairs: write [0, 0] for an axis that stays as it is",
  ],
  [
    "a value in padding that mirrors",
    () => ops.pad(row, 1, "reflect", 2),
    ValueError,
    'Cannot pad: constantValues belong to the mode "constant", received 2 with "reflect": leave them out',
  ],
  [
    "mirrors of nothing",
    () => ops.pad(blank(0), 1, "symmetric"),
    ShapeError,
    'Cannot pad: an axis must have elements to mirror, received [0]: use the mode "constant"',
  ],
  [
    "the largest of nothing",
    () => ops.max(blank(2, 0), 1),
    ShapeError,
    "Cannot take max: there must be at least one element, received [2, 0]",
  ],
  [
    "the index of the largest of nothing",
    () => ops.argmax(blank(2, 0), 1),
    ShapeError,
    "Cannot take argMax: there must be at least one element, received [2, 0]: check that the data is not empty",
  ],
  [
    "broadcasting to a smaller shape",
    () => ops.broadcastTo(grid, [3]),
    ShapeError,
    "Cannot broadcast: the result must have shape [3], received [2, 3]: sum over the axes that are too many",
  ],
  [
    "rows of a scalar",
    () => ops.take(tensor(1), tensor([0]), 0),
    ValueError,
    "Cannot take: it has no axes to count, received 0: give a value with at least one axis",
  ],
  [
    "adding updates to rows of another shape",
    () => ops.scatterAdd(tensor([0, 1, 2]), grid, 3),
    ShapeError,
    "Cannot scatter: updates must begin with the indices' shape [3], received [2, 3]: give one row of updates for each index",
  ],
];

for (const [name, call, kind, start] of alsoRefused) {
  Deno.test(`refused: ${name}`, () => {
    assert.throws(call, (error: Error) => {
      assert.ok(error instanceof kind, `${error.name} is no ${kind.name}`);
      assert.ok(error.message.startsWith(start), error.message);
      return true;
    });
  });
}

testOnBackends("a compiled function refuses alike", async () => {
  await assert.rejects(compile((x, y) => ops.add(x, y))(grid, row), {
    name: "ShapeError",
    message: /^Cannot apply add: shapes must be equal .*received \[2, 3\] and \[2\]: reshape/,
  });
  await assert.rejects(compile((x) => ops.squeeze(x, 0))(grid), { name: "ShapeError", message: /^Cannot squeeze: / });
  const changing = compile((x) =>
    ops.scan({ length: 2, carries: [x], scanned: [] }, ([c]) => ({ carries: [ops.sum(c)], stacked: [] })).carries
  );
  await assert.rejects(changing(row), {
    name: "ValueError",
    message: /^Cannot loop: carried value 0 must stay float32 \[2\], received float32 \[\]/,
  });
  const short = compile((x) =>
    ops.scan({ length: 3, carries: [], scanned: [x] }, (_, [r]) => ({ carries: [], stacked: [r] })).stacked
  );
  await assert.rejects(short(row), { name: "ShapeError", message: /^Cannot loop: .*3 rows, received \[2\]/ });
});

Deno.test("a loop outside of a compiled function is refused", () => {
  assert.throws(
    () => ops.scan({ length: 1, carries: [], scanned: [] }, () => ({ carries: [], stacked: [] })),
    (error: Error) => error instanceof StateError && /scan/.test(error.message),
  );
});
