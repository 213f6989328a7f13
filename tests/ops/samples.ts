// The sample table: inputs and attributes for each op, on which every executor is compared with the reference.
import type { DType } from "../../lib/dtype.ts";
import { makeArray } from "../../lib/dtype.ts";
import type { None, OpName } from "../../lib/ir/attrs.ts";
import type { OpAttrs, OpCall } from "../../lib/ir/graph.ts";
import { opDef } from "../../lib/ir/op_def.ts";
import "../../lib/ops/defs/table.ts";
import { type Shape, sizeOf } from "../../lib/shape.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";

/** One call of an op. */
export interface Sample<Attrs = OpAttrs[OpName]> {
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  /**
   * The allowed difference of float results from the reference, relative to the largest magnitude summed; 2e-6 by
   * default.
   */
  readonly tolerance?: { readonly bound: number; readonly reason: string };
  /** Inputs whose gradient is not compared with central differences, and why. */
  readonly gradientFree?: { readonly inputs: readonly number[]; readonly reason: string };
  /** The outputs whose gradients are compared; all by default. */
  readonly differentiated?: readonly number[];
}

let state = 1;
/** The next number of a fixed sequence, in [0, 1). */
function next(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) * 2 ** -24;
}

/** Numbers of a fixed sequence in [low, high), rounded to the dtype. */
export function numbers(shape: Shape, low = -2, high = 2, dtype: DType = "float32"): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, () => low + (high - low) * next());
  return new Tensor(shape, dtype, makeArray(dtype, dtype === "float32" ? values : values.map(Math.floor)));
}

const ints = (shape: Shape, low = -9, high = 10) => numbers(shape, low, high, "int32");
const bytes = (shape: Shape) => numbers(shape, 0, 256, "uint8");
const bools = (shape: Shape) => numbers(shape, 0, 2, "bool");
const list = (values: number[], dtype: DType = "float32") =>
  new Tensor([values.length], dtype, makeArray(dtype, values));
const none = {};

/** Floats at and beside ties of float16 and bfloat16, subnormal ones, and those that overflow, of both signs. */
const nearHalves = [
  1,
  3.14159,
  65503,
  65519.99,
  65520,
  1e30,
  2 ** -14,
  2 ** -14 - 2 ** -26,
  2 ** -24,
  3 * 2 ** -25,
  2 ** -25,
]
  .flatMap((
    x,
  ) => [x, Math.fround(x * (1 + 2 ** -11)), Math.fround(x * (1 + 3 * 2 ** -11)), Math.fround(x * (1 + 2 ** -8))])
  .flatMap((x) => [x, -x]);

/** Difficult floats: zeros of both signs, tiny, huge, infinite, and NaN. */
const awkward = list([
  0,
  -0,
  1e-38,
  -1e-38,
  1e-7,
  0.5,
  -0.5,
  1,
  -1,
  3.7,
  -3.7,
  20,
  -20,
  88,
  -88,
  1e10,
  -1e10,
  Infinity,
  -Infinity,
  NaN,
]);
const atKinks = { inputs: [0], reason: "the points include kinks and values that are not finite" };

function unary(low = -2, high = 2, more: Sample<None>[] = []): Sample<None>[] {
  const shapes: Shape[] = [[], [1], [0], [7], [3, 5], [2, 3, 4], [1031]];
  return [
    ...shapes.map((shape) => ({ inputs: [numbers(shape, low, high)], attrs: none })),
    { inputs: [awkward], attrs: none, gradientFree: atKinks },
    ...more,
  ];
}

/** Also ints, for functions that keep the dtype. */
const integer: Sample<None>[] = [{ inputs: [ints([37])], attrs: none }];

const kinksOfEqual = { inputs: [0, 1], reason: "integers have no gradient" };

function binary(low = -2, high = 2, withInts = true, more: Sample<None>[] = []): Sample<None>[] {
  const pairs: [Shape, Shape][] = [
    [[], []],
    [[5], [5]],
    [[0], [1]],
    [[3, 4], [4]],
    [[3, 4], [3, 1]],
    [[3, 1], [1, 4]],
    [
      [2, 3, 4],
      [3, 1],
    ],
    [[2, 1, 4], [3, 1]],
    [[2, 3, 2, 5], [2, 1, 2, 1]],
    [[1031], []],
    [[17, 67], [67]],
    [[67, 17], [67, 1]],
  ];
  const wide = pairs.map(([a, b]) => ({ inputs: [numbers(a, low, high), numbers(b, low, high)], attrs: none }));
  const whole = [{ inputs: [ints([4, 9]), ints([9])], attrs: none, gradientFree: kinksOfEqual }];
  return [...wide, ...(withInts ? whole : []), ...more];
}

const special: Sample<None>[] = [{
  inputs: [awkward, new Tensor(awkward.shape, "float32", makeArray("float32", [...awkward.data].reverse()))],
  attrs: none,
  gradientFree: { inputs: [0, 1], reason: "the points include values that are not finite" },
}];
const comparisons = (): Sample<None>[] => [
  ...binary(-2, 2, true, special),
  { inputs: [list([1, 2, 3]), list([1, 3, 2])], attrs: none },
];
const logical = (): Sample<None>[] => [
  { inputs: [bools([40]), bools([40])], attrs: none },
  { inputs: [bools([3, 5]), bools([5])], attrs: none },
];

const manyBits = list([0, 1, -1, 0x55555555, -0x55555556, 2 ** 31 - 1, -(2 ** 31), 12345], "int32");
const bitwise = (): Sample<None>[] => [
  { inputs: [ints([5, 1], -1e9, 1e9), ints([7], -1e9, 1e9)], attrs: none },
  { inputs: [manyBits, new Tensor([8, 1], "int32", manyBits.data)], attrs: none },
];
const shifts = (): Sample<None>[] => [
  { inputs: [new Tensor([8, 1], "int32", manyBits.data), list([0, 1, 7, 30, 31, 32, 100, -1], "int32")], attrs: none },
];

const longSum = { bound: 4e-6, reason: "up to a thousand rounded additions" };

function reductions(): Sample<OpAttrs["sum"]>[] {
  const cases: [Shape, number[]][] = [
    [[1], [0]],
    [[7], [0]],
    [[3, 5], [0]],
    [[3, 5], [1]],
    [[3, 5], [0, 1]],
    [[2, 3, 4], [1]],
    [[2, 3, 4], [0, 1]],
    [[2, 3, 4], [1, 2]],
    [[128, 10], [0]],
    [[128, 10], [1]],
    [[1, 1000], [1]],
    [[1000, 3], [0]],
    [[4, 1025], [1]],
    [[1025, 33], [0]],
    [[0, 3], [1]],
    [[2, 0, 3].map((n) => n || 1), [1]],
  ];
  return [
    ...cases.map(([shape, axes]) => ({ inputs: [numbers(shape)], attrs: { axes }, tolerance: longSum })),
    { inputs: [ints([6, 7])], attrs: { axes: [1] } },
    { inputs: [list([1, 3, 3, 2])], attrs: { axes: [0] }, gradientFree: { inputs: [0], reason: "ties are kinks" } },
  ];
}

function products(): Sample<OpAttrs["matmul"]>[] {
  const extents: [number, number, number, number[]][] = [
    [1, 1, 1, []],
    [2, 3, 4, []],
    [1, 10, 17, []],
    [5, 1, 33, []],
    [17, 19, 23, []],
    [128, 10, 64, []],
    [70, 130, 50, []],
    [3, 4, 0, []],
    [0, 4, 3, []],
    [3, 4, 5, [2]],
    [4, 2, 3, [2, 3]],
  ];
  const flags: [boolean, boolean][] = [[false, false], [true, false], [false, true], [true, true]];
  return extents.flatMap(([m, n, k, batch]) =>
    flags.map(([transposeA, transposeB]) => ({
      inputs: [
        numbers([...batch, ...(transposeA ? [k, m] : [m, k])]),
        numbers([...batch, ...(transposeB ? [n, k] : [k, n])]),
      ],
      attrs: { transposeA, transposeB, epilogue: null },
      tolerance: longSum,
    }))
  );
}

/** A window, and the kernels and images for it; 1 and 0 by default. */
interface Windowed {
  readonly batch?: number;
  readonly extents: number[];
  readonly taps: number[];
  readonly inputs?: number;
  readonly outputs?: number;
  readonly groups?: number;
  readonly strides?: number[];
  readonly dilation?: number[];
  readonly low?: number[];
  readonly high?: number[];
}

/** Odd sizes and strides, dilation, groups, padding on one or both sides, one to three axes, few and many channels. */
const windowed: Windowed[] = [
  { extents: [5], taps: [2] },
  { batch: 2, extents: [7], taps: [3], inputs: 2, outputs: 3, low: [2], dilation: [1] },
  { batch: 2, extents: [9], taps: [3], inputs: 3, outputs: 2, low: [4], dilation: [2] },
  { extents: [5, 6], taps: [3, 3], outputs: 2 },
  { batch: 2, extents: [6, 5], taps: [3, 2], inputs: 3, outputs: 5, low: [1, 0], high: [1, 1] },
  { batch: 2, extents: [7, 8], taps: [3, 3], inputs: 2, outputs: 4, strides: [2, 2], low: [0, 0], high: [1, 1] },
  { extents: [7, 9], taps: [2, 3], inputs: 4, outputs: 2, strides: [3, 2], low: [1, 1], high: [0, 1] },
  { extents: [7, 7], taps: [1, 1], inputs: 5, outputs: 3, strides: [2, 2] },
  { batch: 3, extents: [4, 3], taps: [1, 1], inputs: 6, outputs: 7 },
  { batch: 3, extents: [4, 3], taps: [1, 1], inputs: 6, outputs: 4, groups: 2 },
  { extents: [8, 8], taps: [3, 2], inputs: 2, outputs: 3, dilation: [2, 3], low: [2, 1], high: [2, 2] },
  {
    extents: [9, 7],
    taps: [3, 2],
    inputs: 2,
    outputs: 2,
    dilation: [2, 2],
    strides: [2, 3],
    low: [1, 2],
    high: [2, 1],
  },
  { batch: 2, extents: [5, 4], taps: [3, 3], inputs: 4, outputs: 6, groups: 2, low: [1, 1], high: [1, 1] },
  { extents: [5, 5], taps: [3, 3], inputs: 7, outputs: 7, groups: 7, low: [1, 1], high: [1, 1] },
  { extents: [4, 5], taps: [2, 3], inputs: 19, outputs: 19, groups: 19, strides: [1, 2], high: [1, 1] },
  { extents: [5, 4], taps: [2, 2], inputs: 3, outputs: 6, groups: 3, strides: [2, 1] },
  { extents: [3, 4, 5], taps: [2, 3, 2], inputs: 2, outputs: 2, low: [0, 1, 0], high: [1, 1, 1] },
  { extents: [4, 3, 5], taps: [2, 2, 3], inputs: 2, outputs: 4, groups: 2, strides: [2, 1, 2] },
  { extents: [3, 3], taps: [3, 3], inputs: 2, outputs: 2, strides: [5, 5], low: [1, 1], high: [2, 2] },
  { extents: [2, 2], taps: [5, 5], inputs: 1, outputs: 1, low: [4, 4], high: [4, 4] },
  { batch: 0, extents: [4, 4], taps: [2, 2] },
];
/** More than one block of rows, of channels and of taps. */
const manyWindowed: Windowed[] = [
  { batch: 5, extents: [13, 14], taps: [3, 3], inputs: 32, outputs: 33, low: [1, 1], high: [1, 1] },
  { batch: 2, extents: [9, 10], taps: [3, 3], inputs: 19, outputs: 40, strides: [2, 2], high: [1, 1] },
  { batch: 2, extents: [5, 6], taps: [3, 3], inputs: 131, outputs: 18, low: [1, 1], high: [1, 1] },
  { batch: 4, extents: [17, 18], taps: [3, 3], inputs: 70, outputs: 70, groups: 70, low: [1, 1], high: [1, 1] },
  { batch: 3, extents: [15, 18], taps: [5, 5], inputs: 1, outputs: 5 },
  { batch: 3, extents: [9, 12], taps: [3, 3], inputs: 20, outputs: 1, low: [1, 1], high: [1, 1] },
  { batch: 2, extents: [9, 12], taps: [3, 3], inputs: 3, outputs: 18 },
];

const slidingOf = ({ extents, strides, dilation, low, high }: Windowed) => {
  const all = (value: number) => extents.map(() => value);
  return { strides: strides ?? all(1), dilation: dilation ?? all(1), low: low ?? all(0), high: high ?? all(0) };
};
const positionsOf = (window: Windowed) => {
  const { strides, dilation, low, high } = slidingOf(window);
  return window.extents.map((extent, i) =>
    Math.floor((extent + low[i] + high[i] - (window.taps[i] - 1) * dilation[i] - 1) / strides[i]) + 1
  );
};

/** The three arrays of a convolution, and its attributes. */
function convolutionParts(window: Windowed) {
  const { batch = 1, extents, taps, inputs = 1, outputs = 1, groups = 1 } = window;
  return {
    x: numbers([batch, ...extents, inputs]),
    kernel: numbers([...taps, inputs / groups, outputs]),
    y: numbers([batch, ...positionsOf(window), outputs]),
    attrs: { ...slidingOf(window), groups },
  };
}

function convolutions<Attrs>(
  sample: (parts: ReturnType<typeof convolutionParts>, window: Windowed) => Sample<Attrs>,
): Sample<Attrs>[] {
  return [...windowed, ...manyWindowed].map((window) => ({
    ...sample(convolutionParts(window), window),
    tolerance: longSum,
  }));
}

/** Windows that never see only padding, over images without ties. */
const pools: Windowed[] = [
  { extents: [5], taps: [2], inputs: 3 },
  { batch: 2, extents: [6, 8], taps: [2, 2], inputs: 3, strides: [2, 2] },
  { batch: 2, extents: [7, 5], taps: [3, 2], inputs: 2, strides: [2, 2], low: [1, 0], high: [1, 1] },
  { extents: [5, 6], taps: [3, 3], inputs: 2, low: [1, 1], high: [1, 1] },
  { extents: [7, 7], taps: [2, 2], inputs: 1, strides: [3, 3] },
  { extents: [8, 7], taps: [2, 3], inputs: 2, dilation: [3, 2], low: [1, 0], high: [1, 2] },
  { extents: [4, 5, 3], taps: [2, 2, 2], inputs: 2, strides: [2, 2, 1], high: [0, 1, 0] },
  { extents: [17, 18], taps: [17, 16], inputs: 1 },
  { batch: 2, extents: [4, 4], taps: [2, 2], inputs: 70, strides: [2, 2] },
  { batch: 0, extents: [4, 4], taps: [2, 2] },
];
const poolParts = (window: Windowed) => {
  const { batch = 1, extents, taps, inputs = 1 } = window;
  const positions = [batch, ...positionsOf(window), inputs];
  return { x: numbers([batch, ...extents, inputs]), positions, attrs: { ...slidingOf(window), sizes: taps } };
};
/** The taps that a pool of `x` chooses. */
function chosen(window: Windowed): Sample<OpAttrs["maxPoolGradient"]> {
  const { x, positions, attrs } = poolParts(window);
  const dtype = sizeOf(window.taps) <= 256 ? "uint8" : "int32";
  const types = [{ shape: positions, dtype: "float32" }, { shape: positions, dtype }] as const;
  const [, taps] = opDef("maxPool").reference([{ ...x, data: Float64Array.from(x.data) }], attrs, types);
  return {
    inputs: [numbers(positions), new Tensor(positions, dtype, makeArray(dtype, taps))],
    attrs: { ...attrs, extents: window.extents, epilogue: null },
  };
}

/** Queries, keys, values and perhaps a mask. */
interface Attending {
  readonly operands: readonly Tensor[];
  readonly others: readonly Tensor[];
  readonly attrs: OpAttrs["attention"];
}

function attending(
  [batch, queries, heads, size]: Shape,
  [keys, groups, valueSize]: Shape,
  mask: Shape | undefined,
  attrs: Partial<OpAttrs["attention"]>,
  bias?: Shape,
): Attending {
  return {
    operands: [
      numbers([batch, queries, heads, size]),
      numbers([batch, keys, groups, size]),
      numbers([batch, keys, groups, valueSize]),
    ],
    others: [
      ...(mask ? [bools(mask)] : []),
      ...(bias ? [numbers(bias)] : []),
      ...(attrs.dropout ? [counter(5, 2)] : []),
    ],
    attrs: { scale: 0.5, causal: false, window: 0, zeroEmpty: false, dropout: 0, path: 0, first: 0, ...attrs },
  };
}

const attentions = (): readonly Attending[] => [
  attending([2, 3, 2, 4], [5, 2, 3], undefined, {}),
  attending([1, 5, 2, 3], [5, 2, 3], undefined, { causal: true }),
  attending([1, 6, 4, 2], [4, 2, 3], undefined, { causal: true, window: 2 }),
  attending([2, 4, 2, 3], [5, 1, 2], [2, 1, 1, 5], { zeroEmpty: true }),
  attending([1, 4, 2, 3], [3, 2, 2], [1, 2, 4, 3], { scale: -1.25 }),
  attending([2, 3, 2, 2], [4, 2, 2], [1, 1, 3, 4], { causal: true, zeroEmpty: true }),
  // More than a block of queries, keys and columns.
  attending([1, 37, 1, 5], [70, 1, 66], undefined, { scale: 0.3 }),
  attending([2, 3, 2, 2], [4, 1, 3], undefined, {}, [2, 2, 3, 4]),
  attending([2, 3, 4, 2], [4, 2, 3], [1, 1, 3, 4], { zeroEmpty: true }, [1, 4, 1, 4]),
  attending([1, 34, 1, 3], [67, 1, 2], undefined, { causal: true, window: 5 }, [1, 1, 1, 67]),
  attending([2, 3, 2, 2], [6, 2, 3], undefined, { dropout: 0.4, path: -77 }),
  attending([2, 3, 2, 2], [6, 2, 3], undefined, { dropout: 0.4, path: -77, first: 3 }),
  attending([1, 35, 2, 2], [70, 1, 3], [1, 1, 1, 70], { dropout: 0.25, path: 12, causal: true, zeroEmpty: true }),
];

const ofAttention = { bound: 4e-6, reason: "sums of products of rounded exponentials, which cancel" };

/** The gradient of an attention, for what it returns. */
function attended({ operands, others, attrs }: Attending): Sample<OpAttrs["attentionGradient"]> {
  const arrays = [...operands, ...others].map(({ shape, dtype, data }) => ({
    shape,
    dtype,
    data: Float64Array.from(data),
  }));
  const def = opDef("attention");
  const types = def.shape(arrays, attrs).map((shape) => ({ shape, dtype: "float32" as const }));
  const [y, stats] = def.reference(arrays, attrs, types);
  const [{ shape }, { shape: ofStats }] = types;
  const g = numbers(shape);
  const [, queries, heads, width] = shape;
  // Behind the two numbers of each row stands its product of gradient and output.
  const kept = Float32Array.from({ length: stats.length / 2 * 3 }, (_, at) => {
    const [place, part] = [Math.floor(at / 3), at % 3];
    if (part < 2) return stats[2 * place + part];
    const [i, slice] = [place % queries, Math.floor(place / queries)];
    const row = (Math.floor(slice / heads) * queries + i) * heads + slice % heads;
    let sum = 0;
    for (let d = row * width; d < (row + 1) * width; d++) sum += g.data[d] * y[d];
    return sum;
  });
  const tolerance = ofAttention;
  return {
    tolerance,
    inputs: [...operands, new Tensor([...ofStats.slice(0, 3), 3], "float32", kept), g, ...others],
    attrs,
  };
}

/** The samples of attention and its gradient. */
function attentionSamples() {
  const from = state;
  const list = attentions();
  const made = {
    attention: list.map(({ operands, others, attrs }) => ({
      inputs: [...operands, ...others],
      attrs,
      tolerance: ofAttention,
    })),
    attentionGradient: list.map(attended),
  };
  // The numbers of whatever draws next stay what they were.
  state = from;
  return made;
}

/** A recurrence's operands besides the mask. */
interface Recurring {
  readonly operands: readonly Tensor[];
  readonly mask: readonly Tensor[];
  readonly attrs: OpAttrs["recurrence"];
}

const gatesOf = { simple: 1, gru: 3, lstm: 4 } as const;

function recurring(
  cell: OpAttrs["recurrence"]["cell"],
  [steps, batch, units]: readonly [number, number, number],
  { reverse = false, masked = false } = {},
): Recurring {
  const columns = gatesOf[cell] * units;
  const extra = { simple: [], gru: [numbers([columns])], lstm: [numbers([batch, units])] }[cell];
  return {
    operands: [
      numbers([steps, batch, columns]),
      numbers([units, columns], -0.8, 0.8),
      numbers([batch, units]),
      ...extra,
    ],
    mask: masked ? [bools([steps, batch])] : [],
    attrs: { cell, reverse },
  };
}

const recurrences = (): readonly Recurring[] =>
  (["simple", "gru", "lstm"] as const).flatMap((cell) => [
    recurring(cell, [3, 2, 5]),
    recurring(cell, [4, 3, 4], { reverse: true, masked: true }),
    recurring(cell, [1, 1, 1]),
    // More than a block of samples and panel of features.
    recurring(cell, [2, 37, 19], { masked: true }),
  ]);

const ofRows = { bound: 4e-6, reason: "distances from a mean, and sums over rows, cancel" };
const ofRecurrence = { bound: 4e-6, reason: "sums of products of rounded activations, which cancel" };

/** The gradient of a recurrence, for what it returns. */
function recurred({ operands, mask, attrs }: Recurring): Sample<OpAttrs["recurrenceGradient"]> {
  const arrays = [...operands, ...mask].map(({ shape, dtype, data }) => ({
    shape,
    dtype,
    data: Float64Array.from(data),
  }));
  const def = opDef("recurrence");
  const types = def.shape(arrays, attrs).map((shape) => ({ shape, dtype: "float32" as const }));
  const results = def.reference(arrays, attrs, types).map((data, i) =>
    new Tensor(types[i].shape, "float32", Float32Array.from(data))
  );
  const [, kernel, start, carry] = operands;
  const isLstm = attrs.cell === "lstm";
  const kept = isLstm ? [...results.slice(2), carry, numbers(carry.shape)] : results.slice(1);
  return {
    tolerance: ofRecurrence,
    inputs: [kernel, start, results[0], numbers(results[0].shape), ...kept, ...mask],
    attrs,
  };
}

/** The samples of recurrence and its gradient. */
function recurrenceSamples() {
  const from = state;
  const list = recurrences();
  const made = {
    // What is kept for the gradient has one too, through other ops.
    recurrence: [[0, 1], undefined].flatMap((differentiated) =>
      list.map(({ operands, mask, attrs }) => ({
        inputs: [...operands, ...mask],
        attrs,
        tolerance: ofRecurrence,
        differentiated: attrs.cell === "lstm" ? differentiated : differentiated?.slice(0, 1),
      }))
    ),
    recurrenceGradient: list.map(recurred),
  };
  // The numbers of whatever draws next stay what they were.
  state = from;
  return made;
}

/** A resampling by rows of `[index, weight]`, with the table of its gradient. */
function resampled(shape: Shape, axis: number, rows: [number, number][][]): Sample<OpAttrs["resample"]> {
  const back = Array.from(
    { length: shape[axis] },
    (_, j) => rows.flatMap((row, i) => row.filter(([at]) => at === j).map(([, w]): [number, number] => [i, w])),
  );
  const tables = [rows, back].flatMap((table) => {
    const width = Math.max(1, ...table.map((row) => row.length));
    const cells = table.flatMap((row) => Array.from({ length: width }, (_, t) => row[t] ?? [0, 0]));
    const extent = [table.length, width];
    return [
      new Tensor(extent, "int32", Int32Array.from(cells, ([index]) => index)),
      new Tensor(extent, "float32", Float32Array.from(cells, ([, weight]) => weight)),
    ];
  });
  return {
    inputs: [numbers(shape), ...tables],
    attrs: { axis },
    tolerance: { bound: 2e-6, reason: "weighted sums cancel" },
    gradientFree: { inputs: [2, 4], reason: "the tables are constants" },
  };
}

const counter = (...values: number[]) => list(values, "int32");
const shapesOfModel: Shape[] = [[3, 5], [5], [5, 2], [2], [70, 33]];

/** The inputs of an update of several variables: values, gradients, slots (not negative), then rates. */
function updateInputs(slotKinds: number, rate: number, shapes: readonly Shape[]): Tensor[] {
  const slots = Array.from({ length: slotKinds }, () => shapes.map((shape) => numbers(shape, 1, 2)));
  return [
    ...shapes.map((shape) => numbers(shape)),
    ...shapes.map((shape) => numbers(shape, -0.5, 0.5)),
    ...slots.flat(),
    ...shapes.map(() => new Tensor([], "float32", Float32Array.of(rate))),
  ];
}

const nearOne = { bound: 2e-6, reason: "at the label, 1 is subtracted from a share that may be near 1" };
const canCancel = { bound: 2e-6, reason: "a weight and its step may cancel" };

/** An update of a variable. */
function update<Attrs>(slotKinds: number, rate: number, attrs: Attrs): Sample<Attrs> {
  return { inputs: updateInputs(slotKinds, rate, [[70, 33]]), attrs, tolerance: canCancel };
}

/** The same for several variables. */
function foreach(
  slotKinds: number,
  rate: number,
  each: OpCall,
  shapes: readonly Shape[] = shapesOfModel,
): Sample<OpAttrs["foreach"]> {
  return {
    inputs: updateInputs(slotKinds, rate, shapes),
    attrs: { count: shapes.length, each },
    tolerance: canCancel,
  };
}

/** The samples of every op; a missing op does not compile. */
export const samples: { readonly [K in Exclude<OpName, "fused" | "scan">]: readonly Sample<OpAttrs[K]>[] } = {
  negate: unary(-2, 2, integer),
  abs: unary(-2, 2, integer),
  sign: unary(-2, 2, integer),
  exp: unary(),
  expm1: unary(),
  log: unary(0.1, 4),
  log1p: unary(-0.5, 4),
  sqrt: unary(0.1, 4),
  rsqrt: unary(0.1, 4),
  square: unary(-2, 2, integer),
  reciprocal: unary(0.3, 3),
  sin: unary(-3, 3).filter((_, i) => i !== 7),
  cos: unary(-3, 3).filter((_, i) => i !== 7),
  tanh: unary(),
  sigmoid: unary(-5, 5),
  relu: unary(-2, 2, integer),
  softplus: unary(-5, 5),
  erf: unary(-4, 4),
  floor: unary(),
  ceil: unary(),
  round: unary(-5, 5, [{ inputs: [list([0.5, 1.5, 2.5, -0.5, -1.5])], attrs: none }]),
  isNan: unary(),
  logicalNot: [{ inputs: [bools([19])], attrs: none }],
  stopGradient: unary(),
  roundToFloat16: [{ inputs: [list(nearHalves)], attrs: none }, ...unary()],
  roundToBfloat16: [{ inputs: [list(nearHalves)], attrs: none }, ...unary()],
  bitsToUnit: [{ inputs: [list([0, 1, -1, 255, 256, 2 ** 31 - 1, -(2 ** 31), 123456789], "int32")], attrs: none }],

  add: binary(-2, 2, true, special),
  subtract: binary(-2, 2, true, special),
  multiply: binary(-2, 2, true, [{
    inputs: [list([2 ** 30, -(2 ** 31)], "int32"), list([5, 3], "int32")],
    attrs: none,
    gradientFree: kinksOfEqual,
  }]),
  divide: binary(0.5, 2, false),
  maximum: binary(),
  minimum: binary(),
  power: binary(0.3, 2, false, [{
    inputs: [
      list([2, -3, 7, 0, 0, 1, -1, -1, 2, 3, 46341], "int32"),
      list([3, 3, 1, 0, -1, -5, -5, -4, -1, 40, 2], "int32"),
    ],
    attrs: none,
    gradientFree: kinksOfEqual,
  }, {
    inputs: [list([20, 3, 0, 255], "uint8"), list([2, 8, 0, 255], "uint8")],
    attrs: none,
    gradientFree: kinksOfEqual,
  }, {
    inputs: [list([-2, -2, 0, 0, 2, -1.5]), list([2, 3, 0, 2, -1, 2])],
    attrs: none,
    gradientFree: { inputs: [0, 1], reason: "powers of negative numbers have no slope by the exponent" },
  }]),
  mod: [
    ...binary(0.5, 2, true).map((sample) => ({
      ...sample,
      gradientFree: { inputs: [0, 1], reason: "the remainder jumps" },
    })),
    { inputs: [list([5, -5, 5, -5]), list([3, 3, -3, -3])], attrs: none },
  ],
  arctan2: [...binary(0.3, 2, false, special), ...binary(-2, -0.3, false), {
    inputs: [list([1, 1, -1, -1, 0, -0, 0, -0, 2, -3]), list([1, -1, 1, -1, -1, -1, 1, 1, 0, -0])],
    attrs: none,
    gradientFree: { inputs: [0, 1], reason: "the angle jumps behind 0" },
  }],
  equal: comparisons(),
  notEqual: comparisons(),
  less: comparisons(),
  lessEqual: comparisons(),
  greater: comparisons(),
  greaterEqual: comparisons(),
  logicalAnd: logical(),
  logicalOr: logical(),
  bitwiseAnd: bitwise(),
  bitwiseOr: bitwise(),
  bitwiseXor: bitwise(),
  leftShift: shifts(),
  rightShift: shifts(),
  select: [
    { inputs: [bools([9]), numbers([9]), numbers([9])], attrs: none },
    { inputs: [bools([4, 1]), numbers([5]), numbers([])], attrs: none },
    { inputs: [bools([6]), ints([6]), ints([1])], attrs: none },
  ],
  cast: [
    { inputs: [bytes([50])], attrs: { dtype: "float32" } },
    { inputs: [ints([50])], attrs: { dtype: "float32" } },
    { inputs: [bools([50])], attrs: { dtype: "float32" } },
    { inputs: [numbers([50], -9, 9)], attrs: { dtype: "int32" } },
    { inputs: [numbers([50], 0, 200)], attrs: { dtype: "uint8" } },
    { inputs: [list([0, -0, 2, NaN, 0.1])], attrs: { dtype: "bool" } },
    { inputs: [ints([50])], attrs: { dtype: "bool" } },
    { inputs: [bytes([50])], attrs: { dtype: "int32" } },
    { inputs: [bools([50])], attrs: { dtype: "int32" } },
    { inputs: [numbers([3, 4])], attrs: { dtype: "float32" } },
  ],

  sum: reductions(),
  max: reductions(),
  min: reductions(),
  argMax: [
    { inputs: [numbers([5])], attrs: { axis: 0 } },
    { inputs: [numbers([128, 10])], attrs: { axis: 1 } },
    { inputs: [numbers([7, 3, 5])], attrs: { axis: 1 } },
    { inputs: [numbers([300, 4])], attrs: { axis: 0 } },
    { inputs: [list([1, 3, 3, 2])], attrs: { axis: 0 } },
    { inputs: [list([NaN, 1, NaN, 3, 3])], attrs: { axis: 0 } },
    { inputs: [list([NaN, NaN])], attrs: { axis: 0 } },
    { inputs: [list([NaN, -Infinity, -1e38])], attrs: { axis: 0 } },
    { inputs: [list([NaN, -Infinity])], attrs: { axis: 0 } },
    { inputs: [list([-Infinity, NaN, -Infinity])], attrs: { axis: 0 } },
    { inputs: [list([-0, 0, 1e-40, 2e-40, 2e-40])], attrs: { axis: 0 } },
    { inputs: [list([-(2 ** 31), -(2 ** 31)], "int32")], attrs: { axis: 0 } },
    { inputs: [ints([4, 6])], attrs: { axis: 1 } },
  ],
  argSort: [
    ...[false, true].flatMap((descending) => [
      { inputs: [numbers([5])], attrs: { axis: 0, descending } },
      { inputs: [awkward], attrs: { axis: 0, descending } },
      { inputs: [list([2, 1, 2, 0, -0, 1, NaN, 2, NaN])], attrs: { axis: 0, descending } },
      { inputs: [numbers([9, 17])], attrs: { axis: 1, descending } },
      { inputs: [numbers([33, 4])], attrs: { axis: 0, descending } },
      { inputs: [ints([3, 65, 2])], attrs: { axis: 1, descending } },
      { inputs: [list([5, -(2 ** 31), 2 ** 31 - 1, 0, -1], "int32")], attrs: { axis: 0, descending } },
      { inputs: [bytes([2, 129])], attrs: { axis: 1, descending } },
      { inputs: [bools([40])], attrs: { axis: 0, descending } },
      { inputs: [ints([4500])], attrs: { axis: 0, descending } },
      { inputs: [numbers([2, 2049, 3])], attrs: { axis: 1, descending } },
      { inputs: [numbers([0, 3])], attrs: { axis: 0, descending } },
      { inputs: [numbers([3, 0])], attrs: { axis: 0, descending } },
      { inputs: [numbers([3, 1])], attrs: { axis: 1, descending } },
    ]),
  ],
  broadcastTo: [
    { inputs: [numbers([])], attrs: { shape: [3, 2] } },
    { inputs: [numbers([1])], attrs: { shape: [5] } },
    { inputs: [numbers([3, 1])], attrs: { shape: [3, 4] } },
    { inputs: [numbers([4])], attrs: { shape: [3, 4] } },
    { inputs: [numbers([2, 1, 3])], attrs: { shape: [4, 2, 5, 3] } },
    { inputs: [bytes([4])], attrs: { shape: [3, 4] } },
    { inputs: [bools([3, 1])], attrs: { shape: [3, 5] } },
  ],

  reshape: [
    { inputs: [numbers([6])], attrs: { shape: [2, 3] } },
    { inputs: [numbers([1])], attrs: { shape: [] } },
    { inputs: [numbers([0, 3])], attrs: { shape: [0] } },
  ],
  transpose: [
    { inputs: [numbers([3, 5])], attrs: { permutation: [1, 0] } },
    { inputs: [numbers([67, 130])], attrs: { permutation: [1, 0] } },
    { inputs: [numbers([2, 3, 4])], attrs: { permutation: [0, 2, 1] } },
    { inputs: [numbers([2, 3, 4])], attrs: { permutation: [2, 0, 1] } },
    { inputs: [numbers([2, 3, 4, 5])], attrs: { permutation: [0, 2, 1, 3] } },
    { inputs: [bytes([3, 5])], attrs: { permutation: [1, 0] } },
    { inputs: [numbers([1, 5])], attrs: { permutation: [1, 0] } },
  ],
  slice: [
    { inputs: [numbers([10])], attrs: { starts: [3], sizes: [4], strides: [1] } },
    { inputs: [numbers([10])], attrs: { starts: [1], sizes: [3], strides: [3] } },
    { inputs: [numbers([4, 6])], attrs: { starts: [1, 2], sizes: [2, 3], strides: [1, 1] } },
    { inputs: [numbers([4, 6, 3])], attrs: { starts: [0, 1, 0], sizes: [2, 3, 3], strides: [2, 2, 1] } },
    { inputs: [numbers([4])], attrs: { starts: [2], sizes: [0], strides: [1] } },
    { inputs: [bytes([4, 6])], attrs: { starts: [1, 0], sizes: [2, 6], strides: [1, 1] } },
  ],
  pad: [
    { inputs: [numbers([5])], attrs: { low: [1], high: [2], interior: [0], value: 0 } },
    { inputs: [numbers([3, 4])], attrs: { low: [1, 0], high: [0, 2], interior: [0, 1], value: 1.5 } },
    { inputs: [numbers([2, 3, 2])], attrs: { low: [0, 1, 0], high: [1, 0, 1], interior: [2, 0, 0], value: -1 } },
    { inputs: [ints([4])], attrs: { low: [1], high: [1], interior: [1], value: 7 } },
    { inputs: [numbers([0])], attrs: { low: [2], high: [1], interior: [1], value: 3 } },
  ],
  concat: [
    { inputs: [numbers([3]), numbers([2])], attrs: { axis: 0 } },
    { inputs: [numbers([2, 3]), numbers([2, 1]), numbers([2, 4])], attrs: { axis: 1 } },
    { inputs: [numbers([1, 3]), numbers([2, 3])], attrs: { axis: 0 } },
    { inputs: [ints([2, 2, 2]), ints([2, 1, 2])], attrs: { axis: 1 } },
    { inputs: [numbers([0, 3]), numbers([2, 3])], attrs: { axis: 0 } },
  ],
  reverse: [
    { inputs: [numbers([5])], attrs: { axes: [0] } },
    { inputs: [numbers([3, 4])], attrs: { axes: [1] } },
    { inputs: [numbers([2, 3, 4])], attrs: { axes: [0, 2] } },
    { inputs: [bytes([3, 4])], attrs: { axes: [0] } },
  ],
  iota: [
    { inputs: [], attrs: { shape: [5], axis: 0, dtype: "int32" } },
    { inputs: [], attrs: { shape: [3, 4], axis: 1, dtype: "float32" } },
    { inputs: [], attrs: { shape: [3, 4, 2], axis: 0, dtype: "int32" } },
  ],
  constant: [{ inputs: [], attrs: { shape: [3], dtype: "float32", data: Float32Array.of(1, -2, 3.5) } }],
  randomBits: [
    { inputs: [counter(0, 0)], attrs: { shape: [9], path: 0, first: 0 } },
    { inputs: [counter(-1, 7)], attrs: { shape: [33, 5], path: -123456, first: 0 } },
    { inputs: [counter(42, 2 ** 31 - 1)], attrs: { shape: [4100], path: 987654321, first: 0 } },
    { inputs: [counter(42, 7)], attrs: { shape: [2], path: 5, first: 4 } },
    { inputs: [counter(42, 7)], attrs: { shape: [3, 5], path: 5, first: 6 } },
    { inputs: [counter(42, 7)], attrs: { shape: [16700], path: 5, first: 16383 } },
  ],
  allReduce: [{ inputs: [numbers([3, 4])], attrs: none }, { inputs: [ints([5])], attrs: none }],

  matmul: products(),
  convolution: convolutions(({ x, kernel, attrs }) => ({ inputs: [x, kernel], attrs: { ...attrs, epilogue: null } })),
  convolutionTranspose: convolutions(({ y, kernel, attrs }, { extents }) => ({
    inputs: [y, kernel],
    attrs: { ...attrs, sizes: extents, epilogue: null },
  })),
  convolutionFilter: convolutions(({ x, y, attrs }, { taps }) => ({
    inputs: [x, y],
    attrs: { ...attrs, sizes: taps },
  })),
  maxPool: [
    ...pools.map(poolParts).map(({ x, attrs }) => ({ inputs: [x], attrs })),
    {
      inputs: [new Tensor([1, 2, 2, 1], "float32", Float32Array.of(-1, 3, 3, 3))],
      attrs: { strides: [1, 1], dilation: [1, 1], low: [0, 0], high: [0, 0], sizes: [2, 2] },
      gradientFree: { inputs: [0], reason: "ties are kinks" },
    },
  ],
  maxPoolGradient: pools.map(chosen),
  resample: [
    resampled([2, 3, 2], 1, [[[0, 1]], [[0, 0.5], [1, 0.5]], [[1, 0.25], [2, 0.75]], [[2, 1]], [[2, -0.5], [0, 1.5]]]),
    resampled([5, 3], 0, [[[4, 1]], [[1, 2]]]),
    resampled([4, 6, 70], 1, [[[0, 1]], [[5, 0.5], [4, 0.5]], [[2, 0.3], [3, 0.3], [1, 0.4]]]),
    resampled([3, 4], 1, [[[1, 0.5], [2, 0.5]]]),
  ],

  gather: [
    { inputs: [numbers([5, 3]), counter(4, 0, 0, 2)], attrs: none },
    { inputs: [numbers([6]), new Tensor([2, 2], "int32", Int32Array.of(5, 1, 1, 0))], attrs: none },
    { inputs: [bytes([20, 7]), counter(19, 3)], attrs: none },
    {
      inputs: [numbers([5, 2]), counter(-1, 5, 1)],
      attrs: none,
      gradientFree: { inputs: [0], reason: "indices outside give NaN" },
    },
    { inputs: [ints([5, 2]), counter(-1, 5, 1)], attrs: none },
    { inputs: [numbers([3, 2, 2]), counter(1)], attrs: none },
  ],
  scatterAdd: [
    { inputs: [counter(1, 1, 0, 4), numbers([4, 3])], attrs: { rows: 5 } },
    { inputs: [counter(0, 9, -1), numbers([3, 2])], attrs: { rows: 4 } },
    { inputs: [new Tensor([2, 2], "int32", Int32Array.of(0, 1, 1, 1)), numbers([2, 2, 3])], attrs: { rows: 2 } },
    { inputs: [ints([500], 0, 7), numbers([500, 5])], attrs: { rows: 7 }, tolerance: longSum },
    { inputs: [counter(0, 0), ints([2, 3])], attrs: { rows: 2 } },
  ],
  dynamicSlice: [
    { inputs: [numbers([10, 3]), counter(0, 4)], attrs: { element: 1, size: 3, axis: 0 } },
    { inputs: [numbers([10]), counter(8)], attrs: { element: 0, size: 4, axis: 0 } },
    { inputs: [bytes([10, 2]), counter(-3)], attrs: { element: 0, size: 2, axis: 0 } },
    { inputs: [ints([6]), counter(2)], attrs: { element: 0, size: 0, axis: 0 } },
    { inputs: [numbers([3, 10, 4]), counter(2)], attrs: { element: 0, size: 5, axis: 1 } },
    { inputs: [bytes([2, 3, 5]), counter(9, 1)], attrs: { element: 1, size: 2, axis: 2 } },
  ],
  dynamicUpdateSlice: [
    { inputs: [numbers([10, 3]), numbers([2, 3]), counter(5)], attrs: { element: 0, axis: 0 } },
    { inputs: [numbers([5]), numbers([2]), counter(0, 9)], attrs: { element: 1, axis: 0 } },
    { inputs: [ints([5]), ints([5]), counter(1)], attrs: { element: 0, axis: 0 } },
    { inputs: [numbers([3, 10, 4]), numbers([3, 2, 4]), counter(7)], attrs: { element: 0, axis: 1 } },
    { inputs: [ints([600, 5]), ints([600, 1]), counter(-2, 3)], attrs: { element: 1, axis: 1 } },
  ],

  softmaxCrossEntropy: [
    { inputs: [numbers([4, 3], -3, 3), counter(0, 2, 1, 1)], attrs: none },
    { inputs: [numbers([128, 10], -8, 8), ints([128], 0, 10)], attrs: none, tolerance: nearOne },
    { inputs: [numbers([3, 5], -90, 90), counter(1, -1, 5)], attrs: none },
    { inputs: [numbers([2, 1]), counter(0, 0)], attrs: none },
    { inputs: [numbers([3, 1000], -5, 5), counter(999, 0, 500)], attrs: none },
  ],
  sgdUpdate: [
    update(0, 0.1, { momentum: 0, nesterov: false }),
    update(1, 0.1, { momentum: 0.9, nesterov: false }),
    update(1, 0.1, { momentum: 0.9, nesterov: true }),
  ],
  rmspropUpdate: [
    update(1, 0.01, { rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false }),
    update(2, 0.01, { rho: 0.8, momentum: 0.5, epsilon: 1e-3, centered: false }),
    update(2, 0.01, { rho: 0.05, momentum: 0, epsilon: 4, centered: true }),
    update(3, 0.01, { rho: 0.05, momentum: 0.9, epsilon: 4, centered: true }),
  ],
  adamUpdate: [
    update(2, 0.01, { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false }),
    update(3, 0.01, { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, amsgrad: true }),
  ],
  foreach: [
    foreach(0, 0.1, { op: "sgdUpdate", attrs: { momentum: 0, nesterov: false } }),
    foreach(3, 0.01, {
      op: "rmspropUpdate",
      attrs: { rho: 0.05, momentum: 0.9, epsilon: 4, centered: true },
    }),
    foreach(2, 0.01, {
      op: "adamUpdate",
      attrs: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false },
    }),
    foreach(1, 0.01, {
      op: "fused",
      attrs: {
        program: {
          operands: ["float32", "float32", "float32", "float32"],
          steps: [
            { fn: "literal", value: 2, dtype: "float32" },
            { fn: "multiply", args: [1, 3], dtype: "float32" },
            { fn: "subtract", args: [0, 5], dtype: "float32" },
            { fn: "multiply", args: [2, 4], dtype: "float32" },
          ],
          results: [6, 7],
        },
      },
    }, [...shapesOfModel, [], [0]]),
  ],
  ...attentionSamples(),
  ...recurrenceSamples(),
  layerNormalization: [
    { inputs: [numbers([4, 3]), numbers([3]), numbers([3])], attrs: { epsilon: 1e-3 }, tolerance: ofRows },
    { inputs: [numbers([2, 5, 33], 4, 9), numbers([33]), numbers([33])], attrs: { epsilon: 1e-5 }, tolerance: ofRows },
    { inputs: [numbers([7]), numbers([7]), numbers([7])], attrs: { epsilon: 1e-3 }, tolerance: ofRows },
    { inputs: [numbers([300, 70]), numbers([70]), numbers([70])], attrs: { epsilon: 1e-3 }, tolerance: ofRows },
    { inputs: [numbers([3, 2000]), numbers([2000]), numbers([2000])], attrs: { epsilon: 1e-3 }, tolerance: ofRows },
    { inputs: [numbers([0, 3]), numbers([3]), numbers([3])], attrs: { epsilon: 1e-3 }, tolerance: ofRows },
  ],
  layerNormalizationGradient: [
    {
      inputs: [numbers([4, 3]), numbers([3]), numbers([4, 2], 0.5, 2), numbers([4, 3])],
      attrs: none,
      tolerance: ofRows,
    },
    {
      inputs: [numbers([2, 5, 33]), numbers([33]), numbers([2, 5, 2], 0.5, 2), numbers([2, 5, 33])],
      attrs: none,
      tolerance: ofRows,
    },
    {
      inputs: [numbers([900, 70]), numbers([70]), numbers([900, 2], 0.5, 2), numbers([900, 70])],
      attrs: none,
      tolerance: ofRows,
    },
    {
      inputs: [numbers([3, 2000]), numbers([2000]), numbers([3, 2], 0.5, 2), numbers([3, 2000])],
      attrs: none,
      tolerance: ofRows,
    },
    { inputs: [numbers([0, 3]), numbers([3]), numbers([0, 2]), numbers([0, 3])], attrs: none, tolerance: ofRows },
  ],
};
