// Calls of ops that no public function uses directly, with results derived by hand from lib/ir/attrs.ts.
import type { OpName } from "../../lib/ir/attrs.ts";
import type { OpAttrs } from "../../lib/ir/graph.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";

/** A call and its result. */
export interface Literal<Attrs = OpAttrs[OpName]> {
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly outputs: readonly (readonly number[])[];
}

const floats = (shape: number[], ...values: number[]) => new Tensor(shape, "float32", Float32Array.from(values));
const ints = (shape: number[], ...values: number[]) => new Tensor(shape, "int32", Int32Array.from(values));
const sliding = { strides: [1], dilation: [1], low: [0], high: [0] };

/** The calls by op. */
export const literals: { readonly [K in OpName]?: readonly Literal<OpAttrs[K]>[] } = {
  constant: [{
    inputs: [],
    attrs: { shape: [2], dtype: "float32", data: Float32Array.of(1.5, -2) },
    outputs: [[1.5, -2]],
  }],
  // The upper 24 of 32 bits are the binary digits after the point.
  bitsToUnit: [{
    inputs: [ints([5], 0, 255, 256, -(2 ** 31), -1)],
    attrs: {},
    outputs: [[0, 0, 2 ** -24, 0.5, 1 - 2 ** -24]],
  }],
  // Ties go to the even neighbour, 65520 is half way to 2^16, and 2^-24 is the least number.
  roundToFloat16: [{
    inputs: [
      floats([8], 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 3 * 2 ** -12, 65519, -65520, 2 ** -25, 3 * 2 ** -26, 1e-30),
    ],
    attrs: {},
    outputs: [[1, 1 + 2 ** -9, 1 + 2 ** -10, 65504, -Infinity, 0, 2 ** -24, 0]],
  }],
  roundToBfloat16: [{
    inputs: [floats([6], 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 3 * 2 ** -9, 65519, -3.4028e38, 3.38e38)],
    attrs: {},
    outputs: [[1, 1 + 2 ** -6, 1 + 2 ** -7, 65536, -Infinity, (1 + 126 * 2 ** -7) * 2 ** 127]],
  }],
  dynamicSlice: [
    {
      inputs: [floats([5], 1, 2, 3, 4, 5), ints([2], 9, 3)],
      attrs: { element: 1, size: 2, axis: 0 },
      outputs: [[4, 5]],
    },
    // A slice that would reach beyond the rows starts earlier, one that would start before them later.
    {
      inputs: [floats([5], 1, 2, 3, 4, 5), ints([1], 4)],
      attrs: { element: 0, size: 3, axis: 0 },
      outputs: [[3, 4, 5]],
    },
    { inputs: [ints([2, 2], 1, 2, 3, 4), ints([1], -7)], attrs: { element: 0, size: 1, axis: 0 }, outputs: [[1, 2]] },
    {
      inputs: [ints([2, 3], 1, 2, 3, 4, 5, 6), ints([1], 1)],
      attrs: { element: 0, size: 2, axis: 1 },
      outputs: [[2, 3, 5, 6]],
    },
  ],
  dynamicUpdateSlice: [
    {
      inputs: [floats([4], 1, 2, 3, 4), floats([2], 8, 9), ints([1], 1)],
      attrs: { element: 0, axis: 0 },
      outputs: [[1, 8, 9, 4]],
    },
    {
      inputs: [floats([4], 1, 2, 3, 4), floats([2], 8, 9), ints([1], 5)],
      attrs: { element: 0, axis: 0 },
      outputs: [[1, 2, 8, 9]],
    },
    {
      inputs: [floats([2, 3], 1, 2, 3, 4, 5, 6), floats([2, 1], 8, 9), ints([1], 1)],
      attrs: { element: 0, axis: 1 },
      outputs: [[1, 8, 3, 4, 9, 6]],
    },
  ],
  convolutionFilter: [
    // The first tap sees 1 and 2, the second 2 and 3.
    {
      inputs: [floats([1, 3, 1], 1, 2, 3), floats([1, 2, 1], 10, 100)],
      attrs: { ...sliding, groups: 1, sizes: [2] },
      outputs: [[1 * 10 + 2 * 100, 2 * 10 + 3 * 100]],
    },
    // With a stride of two and one zero in front: (0, 1), then (2, 3).
    {
      inputs: [floats([1, 3, 1], 1, 2, 3), floats([1, 2, 1], 10, 100)],
      attrs: { ...sliding, strides: [2], low: [1], groups: 1, sizes: [2] },
      outputs: [[2 * 100, 1 * 10 + 3 * 100]],
    },
  ],
  maxPoolGradient: [{
    inputs: [floats([1, 2, 1], 5, 7), new Tensor([1, 2, 1], "uint8", Uint8Array.of(1, 0))],
    attrs: { ...sliding, strides: [2], sizes: [2], extents: [4], epilogue: null },
    outputs: [[0, 5, 7, 0]],
  }],
  // Two keys with equal scores weigh 1/2; their values 2 and 6 are 2 below and above the mean.
  attentionGradient: [{
    inputs: [
      ...[floats([1, 1, 1, 1], 0), floats([1, 2, 1, 1], 1, -1), floats([1, 2, 1, 1], 2, 6)],
      ...[floats([1, 1, 1, 3], 0, 2, 4), floats([1, 1, 1, 1], 1)],
    ],
    attrs: { scale: 3, causal: false, window: 0, zeroEmpty: false, dropout: 0, path: 0, first: 0 },
    outputs: [[-6], [0, 0], [0.5, 0.5]],
  }],
  // One step whose state is 3/5 has a slope of 16/25.
  recurrenceGradient: [{
    inputs: [floats([1, 1], 2), floats([1, 1], 0), floats([1, 1, 1], 0.6), floats([1, 1, 1], 10)],
    attrs: { cell: "simple", reverse: false },
    outputs: [[6.4], [12.8]],
  }, {
    // z = 1/4, r = 1/2, a candidate of 1/2 from a product of 4, and a state of -1 before: gradients (-3/2)(3/16),
    // (3/4)(3/4)4(1/4) and (3/4)(3/4), of which the products have half of the last.
    inputs: [
      ...[floats([1, 3], 0, 0, 0), floats([1, 1], -1), floats([1, 1, 1], 0.125), floats([1, 1, 1], 1)],
      ...[floats([1, 1, 3], 0.25, 0.5, 0.5), floats([1, 1, 1], 4)],
    ],
    attrs: { cell: "gru", reverse: false },
    outputs: [[-0.28125, 0.5625, 0.5625], [0.25], [-0.28125, 0.5625, 0.28125]],
  }, {
    // i = f = o = 1/2, a candidate of 1/2, and a carry of log 2, whose tanh is 3/5: by the carry 4 + (1/2)(16/25).
    inputs: [
      ...[floats([1, 4], 0, 0, 0, 0), floats([1, 1], 0), floats([1, 1, 1], 0.3), floats([1, 1, 1], 1)],
      ...[floats([1, 1, 4], 0.5, 0.5, 0.5, 0.5), floats([1, 1, 1], Math.log(2)), floats([1, 1], 2), floats([1, 1], 4)],
    ],
    attrs: { cell: "lstm", reverse: false },
    outputs: [[0.54, 2.16, 1.62, 0.15], [0], [2.16]],
  }],
  // Rows of [1, 3]: mean 2, variance 1, which an epsilon of 3 makes 4: normalized -1/2 and 1/2.
  layerNormalization: [{
    inputs: [floats([1, 2], 1, 3), floats([2], 2, 4), floats([2], 10, 20)],
    attrs: { epsilon: 3 },
    outputs: [[9, 22], [2, 0.5]],
  }],
  // Slopes of 2 and 0, a mean of 1, and of -1/2 along the normalized [-1/2, 1/2]: (1/2)(2 - 1 - 1/4), (1/2)(-1 + 1/4).
  layerNormalizationGradient: [{
    inputs: [floats([1, 2], 1, 3), floats([2], 2, 4), floats([1, 2], 2, 0.5), floats([1, 2], 1, 0)],
    attrs: {},
    outputs: [[0.375, -0.375], [-0.5, 0], [1, 0]],
  }],
};
