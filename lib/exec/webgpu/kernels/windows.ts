// What moves a window over spatial axes: convolutions, pools; and resampling along one.
import type { Sliding } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import {
  type ConvolutionExtents,
  convolutionExtents,
  filterExtents,
  transposeExtents,
} from "../../../ops/rows/convolution.ts";
import { maxSpatial, spatialOf } from "../../../ops/rows/sliding.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import type { Operand, Param } from "../header.ts";
import { type Lowering, maxGroups } from "../lowering.ts";
import { shaders } from "../shaders.ts";
import type { View } from "../view.ts";
import { addSplits, finishOf } from "./epilogue.ts";
import { chooseMatmul, emitProduct, fitsDispatch } from "./matmul.ts";

const floats = (name: string, view: View, access: Operand["access"] = "load"): Operand => ({
  name,
  view,
  access,
  type: "f32",
});

/** The functions by which shaders know where windows are. */
const geometry = shaders["windows.wgsl"];

/** The description of a window, always of three axes: those that lack are before, of extent 1. */
function axesParam(extents: Shape, positions: Shape, taps: Shape, sliding: Sliding): Param {
  const { strides, dilation, low } = sliding;
  const axes = extents.map((extent, i) => [extent, positions[i], taps[i], strides[i], dilation[i], low[i], 0, 0]);
  while (axes.length < maxSpatial) axes.unshift([1, 1, 1, 1, 1, 0, 0, 0]);
  return ["axes", "vec4s", axes.flat()];
}

function convolutionParams(
  extents: ConvolutionExtents,
  sliding: Sliding & { groups: number },
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
 * Whether a convolution is best a product with the matrix of its patches, of which no element is stored: not with few
 * terms or channels, where a product's tiles are mostly empty, nor in groups, nor with strides where most taps miss.
 */
const isProduct = (groups: number, terms: number, channels: number, strides: readonly number[]) =>
  groups === 1 && terms >= 32 && channels >= 8 && strides.every((stride) => stride === 1);

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
  const channels = isTranspose ? extents.inputs : extents.outputs;
  const terms = sizeOf(extents.taps) * (isTranspose ? extents.outputs : extents.inputs) / groups;
  const shape = { batch: 1, m: rows, n: channels, k: terms };
  const choice = chooseMatmul(lowering.gpu.kind, shape, true);
  if (isProduct(groups, terms, channels, isTranspose ? strides : []) && fitsDispatch(choice, shape)) {
    emitProduct(lowering, {
      ...shape,
      transposeA: false,
      transposeB: false,
      a: { operands: [floats("source", source)], element: isTranspose ? "patch_of_y" : "patch_of_x" },
      b: isTranspose ? { operands: [floats("kernel", kernel)], element: "turned_kernel" } : kernel,
      params: convolutionParams(extents, attrs, channels),
      functions: [geometry, shaders[isTranspose ? "patches_of_y.wgsl" : "patches_of_x.wgsl"]],
      epilogue,
      others,
      outputs,
    }, choice);
    return;
  }
  const finish = finishOf(epilogue, others, outputs);
  lowering.emitThreads(
    {
      file: "convolution.wgsl",
      entry: isTranspose ? "transpose" : "convolution",
      operands: [floats("a", source), floats("b", kernel), ...finish.operands],
      params: [
        ...convolutionParams(extents, attrs, channels),
        ["rows", "u32", rows],
        ["splits", "u32", 1],
        ["split_rows", "u32", rows],
        ...finish.words.params,
      ],
      functions: `${geometry}\n${finish.code}`,
      usesElementwise: finish.usesElementwise,
    },
    rows * groups * Math.ceil(channels / groups / 4),
    { loop: 4 * terms },
  );
}

/** Lowers the gradient of a filter: a product of the patches, or in groups, sums over parts of the positions. */
export function lowerConvolutionFilter(
  lowering: Lowering,
  { attrs }: Node<"convolutionFilter">,
  [x, y]: readonly View[],
  outputs: readonly View[],
): void {
  const extents = filterExtents([x, y], attrs);
  const rows = extents.batch * sizeOf(extents.positions);
  const params = convolutionParams(extents, attrs, extents.outputs);
  if (attrs.groups === 1) {
    const shape = { batch: 1, m: sizeOf(extents.taps) * extents.inputs, n: extents.outputs, k: rows };
    emitProduct(lowering, {
      ...shape,
      transposeA: true,
      transposeB: false,
      a: { operands: [floats("source", x)], element: "patch_of_x" },
      b: y,
      params,
      functions: [geometry, shaders["patches_of_x.wgsl"]],
      epilogue: null,
      others: [],
      outputs,
    }, chooseMatmul(lowering.gpu.kind, shape, true));
    return;
  }
  const threads = sizeOf(extents.taps) * extents.inputs * Math.ceil(extents.outputs / attrs.groups / 4);
  const wanted = lowering.gpu.kind === "gpu" ? 65536 : 128;
  const splits = Math.max(1, Math.min(Math.ceil(wanted / threads), Math.floor(rows / 64), 256));
  const sums = splits > 1 ? lowering.scratch([splits, sizeOf(outputs[0].shape)]) : outputs[0];
  lowering.emitThreads(
    {
      file: "convolution.wgsl",
      entry: "filter_sums",
      operands: [floats("a", x), floats("b", y), floats("sum", sums, "store")],
      params: [
        ...params,
        ["rows", "u32", rows],
        ["splits", "u32", splits],
        ["split_rows", "u32", Math.ceil(rows / splits)],
      ],
      functions: `${geometry}\nfn epilogue(col: u32, i: u32, acc: f32) {\n  store_sum(i, acc);\n}`,
    },
    threads,
    { slices: Math.min(splits, maxGroups), loop: 2 * rows },
  );
  if (splits > 1) addSplits(lowering, null, sums, [], outputs, splits, extents.outputs);
}

/** Lowers a max pool. */
export function lowerMaxPool(
  lowering: Lowering,
  { attrs }: Node<"maxPool">,
  [x]: readonly View[],
  [y, tap]: readonly View[],
): void {
  const size = sizeOf(y.shape);
  lowering.emitThreads(
    {
      file: "max_pool.wgsl",
      entry: "max_pool",
      operands: [
        floats("x", x),
        floats("y", y, "store"),
        { name: "tap", view: tap, access: "store", type: "i32" },
      ],
      params: [
        axesParam(spatialOf(x), spatialOf(y), attrs.sizes, attrs),
        ["size", "u32", size],
        ["channels", "u32", y.shape[y.shape.length - 1]],
      ],
      functions: geometry,
    },
    size,
    { loop: sizeOf(attrs.sizes) },
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
  const finish = finishOf(attrs.epilogue, others, outputs);
  lowering.emitThreads(
    {
      file: "max_pool_gradient.wgsl",
      entry: "max_pool_gradient",
      operands: [
        floats("g", gradient),
        { name: "tap", view: tap, access: "load", type: "i32" },
        ...finish.operands,
      ],
      params: [
        axesParam(attrs.extents, spatialOf(gradient), attrs.sizes, attrs),
        ["size", "u32", sizeOf(shape)],
        ["channels", "u32", shape[shape.length - 1]],
        ...finish.words.params,
      ],
      functions: `${geometry}\n${finish.code}`,
      usesElementwise: finish.usesElementwise,
    },
    sizeOf(shape),
    { loop: sizeOf(attrs.sizes) },
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
        ["size", "u32", sizeOf(y.shape)],
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
