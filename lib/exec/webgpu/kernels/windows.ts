// What moves a window over spatial axes: convolutions, pools; and resampling along one.
import type { ConvAttrs, ElementwiseProgram, WindowAttrs } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import {
  type ConvolutionExtents,
  convolutionExtents,
  filterExtents,
  transposeExtents,
} from "../../../ops/extents/convolution.ts";
import { maxSpatial, spatialOf } from "../../../ops/extents/window.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import type { Operand, Param } from "../header.ts";
import { type Lowering, maxGroups } from "../lowering.ts";
import { shaders } from "../shaders.ts";
import { UniformWords } from "../index_math.ts";
import { isSameRange, type View } from "../view.ts";
import { addSplits, finishOf, tileSums } from "./epilogue.ts";
import { chooseMatmul, emitProduct, fitsDispatch } from "./matmul.ts";

const floats = (name: string, view: View, access: Operand["access"] = "load"): Operand => ({
  name,
  view,
  access,
  type: "f32",
});

/** The functions by which shaders know where windows are. */
const geometry = shaders["windows.wgsl"];

/** The same, and what becomes of finished sums. */
const geometryAndFinish = `${geometry}\n${shaders["finish.wgsl"]}`;

/** Whether four neighbouring channels may be loaded at once. */
const quadsOf = (channels: number): Operand["quads"] => channels % 4 === 0 ? "aligned" : "anywhere";

/** The description of a window, always of three axes: those that lack are before, of extent 1. */
function axesParam(extents: Shape, positions: Shape, taps: Shape, sliding: WindowAttrs): Param {
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

/** A convolution or one of its adjoints as tiles of a matrix `[m, n]`. */
interface Tiles {
  readonly entry: "tile" | "filter_tile";
  readonly isTranspose: boolean;
  readonly extents: ConvolutionExtents;
  readonly attrs: ConvAttrs;
  readonly m: number;
  readonly n: number;
  /** What the window moves over, and its channels. */
  readonly source: View;
  readonly inner: number;
  /** What it is multiplied by: the kernel, or y for the gradient of a filter. */
  readonly factor: View;
  readonly splits: number;
  readonly epilogue: ElementwiseProgram | null;
  readonly others: readonly View[];
  readonly outputs: readonly View[];
}

/** How many columns a tile of a matrix `[m, n]` has, and how many tiles there are. */
function tilesOf(m: number, n: number): { columns: number; count: number } {
  const columns = n > 4 ? 8 : 4;
  return { columns, count: Math.ceil(m / 8) * Math.ceil(n / columns) };
}

/** Adds the dispatches of a convolution's tiles. */
function emitTiles(lowering: Lowering, tiles: Tiles): void {
  const { entry, isTranspose, extents, attrs, m, n, source, inner, factor, splits } = tiles;
  const words = new UniformWords();
  const sums = tileSums(lowering, { ...tiles, parks: true }, words);
  // A range that is bound as single floats too cannot be bound as quads.
  const isAlone = (view: View) =>
    [source, factor, sums.view, ...tiles.others].filter((each) => isSameRange(each, view)).length === 1;
  const rows = extents.batch * sizeOf(extents.positions);
  const { columns, count } = tilesOf(m, n);
  lowering.emitThreads(
    {
      file: "convolution_tiles.wgsl",
      entry,
      operands: [
        { ...floats("source", source), quads: isAlone(source) ? quadsOf(inner) : "anywhere" },
        { ...floats("factor", factor), quads: isAlone(factor) ? quadsOf(isTranspose ? inner : n) : "anywhere" },
        ...sums.operands,
      ],
      params: [
        axesParam(extents.input, extents.positions, extents.taps, attrs),
        ["m", "u32", m],
        ["n", "u32", n],
        ["inner", "u32", inner],
        ["rows", "u32", rows],
        ["splits", "u32", splits],
        ["split_rows", "u32", Math.ceil(rows / splits)],
        ...words.params,
      ],
      constants: [
        `const TILE_COLUMNS = ${columns}u;`,
        `const IS_TRANSPOSE = ${isTranspose};`,
        `const QUADS = ${inner % 4 === 0};`,
        `const HAS_PADDING = ${isTranspose || [...attrs.low, ...attrs.high].some((count) => count > 0)};`,
        ...sums.constants,
      ],
      functions: [geometry, ...sums.functions].join("\n"),
      usesElementwise: sums.usesElementwise,
    },
    count * splits,
    { loop: (8 * columns * rows * sizeOf(extents.taps) * inner) / (count * splits) },
  );
  sums.finish();
}

/**
 * Whether a real GPU best makes a convolution a product with the matrix of its patches, of which no element is stored: not
 * with few terms or channels, where a product's tiles are mostly empty. Software adapters, which divide indices lane by
 * lane, make tiles that go tap by tap.
 */
const isProduct = (terms: number, channels: number) => terms >= 32 && channels >= 8;

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
  // In a transposed convolution with strides most taps miss, and in groups tiles are mostly empty.
  const isDirect = groups > 1 || (isTranspose && strides.some((stride) => stride > 1));
  if (lowering.gpu.kind === "software" && !isDirect) {
    return emitTiles(lowering, {
      entry: "tile",
      isTranspose,
      extents,
      attrs,
      m: rows,
      n: channels,
      source,
      inner: isTranspose ? extents.outputs : extents.inputs,
      factor: kernel,
      splits: 1,
      epilogue,
      others,
      outputs,
    });
  }
  const shape = { batch: 1, m: rows, n: channels, k: terms };
  const choice = chooseMatmul(lowering.gpu.kind, shape);
  if (!isDirect && isProduct(terms, channels) && fitsDispatch(choice, shape)) {
    return emitProduct(lowering, {
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
      functions: `${geometryAndFinish}\n${finish.code}`,
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
    if (lowering.gpu.kind === "software") {
      return emitTiles(lowering, {
        ...shape,
        entry: "filter_tile",
        isTranspose: false,
        extents,
        attrs,
        source: x,
        inner: extents.inputs,
        factor: y,
        splits: Math.max(1, Math.min(Math.ceil(256 / tilesOf(shape.m, shape.n).count), Math.floor(rows / 256))),
        epilogue: null,
        others: [],
        outputs,
      });
    }
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
    }, chooseMatmul(lowering.gpu.kind, shape));
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
      functions: `${geometryAndFinish}\nfn epilogue(col: u32, i: u32, acc: f32) {\n  store_sum(i, acc);\n}`,
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
  const channels = y.shape[y.shape.length - 1];
  const places = y.shape[0] * sizeOf(spatialOf(y));
  lowering.emitThreads(
    {
      file: "max_pool.wgsl",
      entry: "max_pool",
      operands: [
        { ...floats("x", x), quads: quadsOf(channels) },
        floats("y", y, "store"),
        { name: "tap", view: tap, access: "store", type: "i32" },
      ],
      params: [
        axesParam(spatialOf(x), spatialOf(y), attrs.sizes, attrs),
        ["places", "u32", places],
        ["channels", "u32", channels],
      ],
      functions: geometry,
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
  // A range that is bound as single floats too cannot be bound as quads.
  const isShared = [...others, ...outputs].some((view) => isSameRange(view, gradient));
  lowering.emitThreads(
    {
      file: "max_pool_gradient.wgsl",
      entry: "max_pool_gradient",
      operands: [
        { ...floats("g", gradient), quads: isShared ? "anywhere" : quadsOf(channels) },
        { name: "tap", view: tap, access: "load", type: "i32" },
        ...finish.operands,
      ],
      params: [
        axesParam(attrs.extents, spatialOf(gradient), attrs.sizes, attrs),
        ["places", "u32", places],
        ["channels", "u32", channels],
        ...finish.words.params,
      ],
      functions: `${geometryAndFinish}\n${finish.code}`,
      usesElementwise: finish.usesElementwise,
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
