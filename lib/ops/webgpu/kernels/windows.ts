// Sliding windows over spatial axes: convolutions, pools; and resampling along one axis.
import type { ConvAttrs, WindowAttrs } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import {
  type ConvolutionExtents,
  convolutionExtents,
  filterExtents,
  transposeExtents,
} from "../../extents/convolution.ts";
import { maxSpatial, spatialOf } from "../../extents/window.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import { UniformWords } from "../index_math.ts";
import type { Lowering } from "../lowering.ts";
import { type Operand, quadsOf } from "../operand.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";
import { addSplits, type Epilogue, finishOf } from "./epilogue.ts";
import { type ComputedFactor, emitProduct, type ProductForm } from "./matmul.ts";
import type { ConvolutionMatrix } from "./tuning.ts";

const floats = (name: string, view: View, access: Operand["access"] = "load"): Operand => ({
  name,
  view,
  access,
  type: "f32",
});

/** A window as the shader reads it, always with three axes: missing ones come first, with extent 1. */
export function axesParam(extents: Shape, positions: Shape, taps: Shape, sliding: WindowAttrs): Param {
  const { strides, dilation, low } = sliding;
  const axes = extents.map((extent, i) => [extent, positions[i], taps[i], strides[i], dilation[i], low[i], 0, 0]);
  while (axes.length < maxSpatial) axes.unshift([1, 1, 1, 1, 1, 0, 0, 0]);
  return ["axes", "vec4s", axes.flat()];
}

function convolutionParams(
  extents: ConvolutionExtents,
  sliding: WindowAttrs & { groups: number },
  channels: number,
): Param[] {
  const { input, positions, taps, inputs, outputs } = extents;
  return [
    axesParam(input, positions, taps, sliding),
    ["inputs", "u32", inputs],
    ["outputs", "u32", outputs],
    ["groups", "u32", sliding.groups],
    ["quads", "u32", Math.ceil(channels / sliding.groups / 4)],
  ];
}

/**
 * Whether a convolution is best computed as an im2col product, whose matrix is never stored: not with few terms or
 * channels, where a product's tiles are mostly empty, nor with so few input channels that no load has four.
 */
export const isProduct = (terms: number, source: number, channels: number) =>
  terms >= 32 && source >= 4 && channels >= 8;

/**
 * A factor computed by the functions `{name}` and `{name}_quad` of im2col.wgsl from an operand with `channels` as its
 * last axis; `others` are bound too. Coordinates are those of the factor; `order` lists them as the functions expect.
 */
function computed(
  name: "im2col_x" | "im2col_y" | "transposed_kernel",
  view: View,
  channels: number,
  others: readonly View[],
  order: (coordinates: string) => string = (coordinates) => coordinates,
): ComputedFactor {
  const quads = quadsOf(view, channels, others);
  return {
    operands: [{ ...floats(name === "transposed_kernel" ? "kernel" : "source", view), quads }],
    element: (coordinates) => `${name}(${order(coordinates)})`,
    quad: quads === "aligned" ? (coordinates) => `${name}_quad(${order(coordinates)})` : undefined,
  };
}

/** The product that a convolution is. */
function productForm({ of, extents, m, n }: Pick<ConvolutionMatrix, "of" | "extents" | "m" | "n">): ProductForm {
  const { batch, positions, taps, inputs, outputs } = extents;
  const isTranspose = of === "convolutionTranspose";
  const isFilter = of === "convolutionFilter";
  const k = isFilter ? batch * sizeOf(positions) : sizeOf(taps) * (isTranspose ? outputs : inputs);
  return { batch: 1, m, n, k, transposeA: isFilter, transposeB: isTranspose, isConvolution: true };
}

/** Adds the dispatches of an im2col product. */
function emitPatches(lowering: Lowering, matrix: ConvolutionMatrix): void {
  const { extents, attrs, source, factor, epilogue, others, outputs } = matrix;
  const { inputs, outputs: channels } = extents;
  const form = productForm(matrix);
  const { transposeA: isFilter, transposeB: isTranspose } = form;
  const bound = [...others, ...outputs];
  const reversed = (coordinates: string) => coordinates.split(", ").reverse().join(", ");
  const [a, b] = isTranspose
    ? [
      computed("im2col_y", source, channels, [factor, ...bound]),
      computed("transposed_kernel", factor, channels, [source, ...bound]),
    ]
    : [computed("im2col_x", source, inputs, [factor, ...bound], isFilter ? reversed : undefined), factor];
  emitProduct(lowering, {
    ...form,
    a,
    b,
    params: convolutionParams(extents, attrs, channels),
    epilogue,
    others,
    outputs,
  }, lowering.tuning.matmul(form));
}

/** The parts of a direct convolution, or of a gradient. */
interface Direct {
  readonly of: ConvolutionMatrix["of"];
  readonly extents: ConvolutionExtents;
  readonly attrs: ConvAttrs;
  readonly a: View;
  readonly b: View;
  /** What is bound besides them. */
  readonly others: readonly View[];
  readonly finish: Pick<Epilogue, "operands" | "words" | "code">;
  /** Rows to compute, or for a kernel's gradient, the number of partial sums. */
  readonly rows: number;
  readonly splits: number;
  /** The approximate number of terms per thread. */
  readonly loop: number;
}

const directKernels = {
  convolution: ["convolution", "depthwise"],
  convolutionTranspose: ["transpose", "depthwise_transpose"],
  convolutionFilter: ["filter_sums", "depthwise_filter"],
} as const;

/** Whether every channel is convolved separately, with one output each. */
const isDepthwise = ({ inputs, outputs }: ConvolutionExtents, { groups }: ConvAttrs) =>
  groups > 1 && inputs === groups && outputs === groups;

/**
 * The quads of channels per row of the result; in groups they do not cross groups, unless each group is one channel.
 */
function quadsAcross(extents: ConvolutionExtents, attrs: ConvAttrs, channels: number): number {
  if (isDepthwise(extents, attrs)) return Math.ceil(channels / 4);
  return attrs.groups * Math.ceil(channels / attrs.groups / 4);
}

/** Adds the dispatch of a convolution in which each thread computes four adjacent channels. */
function emitDirect(lowering: Lowering, direct: Direct): void {
  const { of, extents, attrs, a, b, others, finish, rows, splits, loop } = direct;
  const alone = isDepthwise(extents, attrs);
  const channels = of === "convolutionTranspose" ? extents.inputs : extents.outputs;
  // The channels of b that are loaded at once are in one group.
  const length = alone ? channels : extents.outputs / attrs.groups;
  const bQuads = alone || of !== "convolutionTranspose" ? quadsOf(b, length, [a, ...others]) : undefined;
  const aQuads = alone ? quadsOf(a, length, [b, ...others]) : undefined;
  const lines = of === "convolutionFilter" ? splits * sizeOf(extents.taps) * (extents.inputs / attrs.groups) : rows;
  lowering.emitThreads(
    {
      file: alone ? "depthwise.wgsl" : "convolution.wgsl",
      entry: directKernels[of][alone ? 1 : 0],
      operands: [{ ...floats("a", a), quads: aQuads }, { ...floats("b", b), quads: bQuads }, ...finish.operands],
      params: [
        ...convolutionParams(extents, attrs, channels),
        ["rows", "u32", rows],
        ["split_rows", "u32", Math.ceil(rows / splits)],
        ...finish.words.params,
      ],
      functions: finish.code,
    },
    lines * quadsAcross(extents, attrs, channels),
    { loop },
  );
}

/** Lowers a convolution or a transposed one, with its epilogue. */
export function lowerConvolution(
  lowering: Lowering,
  { op, attrs }: Node<"convolution" | "convolutionTranspose">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const [source, kernel, ...others] = inputs;
  const { groups, strides, epilogue } = attrs;
  const isTranspose = op === "convolutionTranspose";
  const extents = isTranspose ? transposeExtents(inputs, attrs) : convolutionExtents(inputs, attrs);
  const rows = extents.batch * sizeOf(isTranspose ? extents.input : extents.positions);
  const [read, channels] = isTranspose ? [extents.outputs, extents.inputs] : [extents.inputs, extents.outputs];
  const terms = sizeOf(extents.taps) * read / groups;
  // In a transposed convolution with strides most taps miss, and in groups tiles are mostly empty.
  const isSparse = groups > 1 || (isTranspose && strides.some((stride) => stride > 1));
  const { convolution } = lowering.tuning;
  const matrix = { of: op, extents, attrs, m: rows, n: channels, source, factor: kernel, epilogue, others, outputs };
  const isDirect = lowering.tuning.isDirect?.(productForm(matrix)) ?? !isProduct(terms, read, channels);
  if (!isSparse && (convolution || !isDirect)) {
    return (convolution ?? emitPatches)(lowering, matrix);
  }
  emitDirect(lowering, {
    of: op,
    extents,
    attrs,
    a: source,
    b: kernel,
    others: [...others, ...outputs],
    finish: finishOf(epilogue, others, outputs),
    rows,
    splits: 1,
    loop: 4 * terms,
  });
}

/** Lowers the gradient of a kernel: an im2col product, or for groups, partial sums over the positions. */
export function lowerConvolutionFilter(
  lowering: Lowering,
  { attrs }: Node<"convolutionFilter">,
  [x, y]: readonly View[],
  outputs: readonly View[],
): void {
  const extents = filterExtents([x, y], attrs);
  const rows = extents.batch * sizeOf(extents.positions);
  const matrix: ConvolutionMatrix = {
    of: "convolutionFilter",
    extents,
    attrs,
    m: sizeOf(extents.taps) * extents.inputs,
    n: extents.outputs,
    source: x,
    factor: y,
    epilogue: null,
    others: [],
    outputs,
  };
  if (attrs.groups === 1 && !lowering.tuning.isDirect?.(productForm(matrix))) {
    const { convolution = emitPatches } = lowering.tuning;
    return convolution(lowering, matrix);
  }
  const threads = sizeOf(extents.taps) * (extents.inputs / attrs.groups) * quadsAcross(extents, attrs, extents.outputs);
  const wanted = lowering.tuning.filterThreads;
  const splits = Math.max(1, Math.min(Math.ceil(wanted / threads), Math.floor(rows / 64), 256));
  const sums = splits > 1 ? lowering.scratch([splits, sizeOf(outputs[0].shape)]) : outputs[0];
  emitDirect(lowering, {
    of: "convolutionFilter",
    extents,
    attrs,
    a: x,
    b: y,
    others: [],
    finish: {
      operands: [floats("sum", sums, "store")],
      words: new UniformWords(),
      code: "fn epilogue(col: u32, i: u32, acc: f32) {\n  store_sum(i, acc);\n}",
    },
    rows,
    splits,
    loop: 2 * Math.ceil(rows / splits),
  });
  if (splits > 1) addSplits(lowering, null, sums, [], outputs, splits, extents.outputs);
}

/** Lowers a max pool. */
export function lowerMaxPool(
  lowering: Lowering,
  { attrs }: Node<"maxPool">,
  [x]: readonly View[],
  [y, tap]: readonly View[],
): void {
  const channels = y.shape[y.shape.length - 1];
  const places = y.shape[0] * sizeOf(spatialOf(y));
  lowering.emitThreads(
    {
      file: "max_pool.wgsl",
      entry: "max_pool",
      operands: [
        { ...floats("x", x), quads: quadsOf(x, channels, []) },
        floats("y", y, "store"),
        { name: "tap", view: tap, access: "store", type: "i32" },
      ],
      params: [
        axesParam(spatialOf(x), spatialOf(y), attrs.sizes, attrs),
        ["channels", "u32", channels],
      ],
    },
    places * Math.ceil(channels / 4),
    { loop: 4 * sizeOf(attrs.sizes) },
  );
}

/** Lowers the gradient of a max pool, with its epilogue. */
export function lowerMaxPoolGradient(
  lowering: Lowering,
  { attrs }: Node<"maxPoolGradient">,
  [gradient, tap, ...others]: readonly View[],
  outputs: readonly View[],
): void {
  const { shape } = outputs[0];
  const channels = shape[shape.length - 1];
  const places = shape[0] * sizeOf(spatialOf(outputs[0]));
  const finish = finishOf(attrs.epilogue, others, outputs);
  lowering.emitThreads(
    {
      file: "max_pool_gradient.wgsl",
      entry: "max_pool_gradient",
      operands: [
        { ...floats("g", gradient), quads: quadsOf(gradient, channels, [tap, ...others, ...outputs]) },
        { name: "tap", view: tap, access: "load", type: "i32" },
        ...finish.operands,
      ],
      params: [
        axesParam(attrs.extents, spatialOf(gradient), attrs.sizes, attrs),
        ["channels", "u32", channels],
        ...finish.words.params,
      ],
      functions: finish.code,
    },
    places * Math.ceil(channels / 4),
    { loop: 4 * sizeOf(attrs.sizes) },
  );
}

/** Lowers a resampling. */
export function lowerResample(
  lowering: Lowering,
  { attrs: { axis } }: Node<"resample">,
  [x, indices, weights]: readonly View[],
  [y]: readonly View[],
): void {
  const [extent, taps] = indices.shape;
  lowering.emitThreads(
    {
      file: "resample.wgsl",
      entry: "resample",
      operands: [
        floats("x", x),
        { name: "indices", view: indices, access: "load", type: "i32" },
        floats("weights", weights),
        floats("y", y, "store"),
      ],
      params: [
        ["extent", "u32", extent],
        ["source", "u32", x.shape[axis]],
        ["taps", "u32", taps],
        ["inner", "u32", sizeOf(x.shape.slice(axis + 1))],
      ],
    },
    sizeOf(y.shape),
    { loop: taps },
  );
}
