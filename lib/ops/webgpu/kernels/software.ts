// Kernels and choices for adapters that run on the CPU: register tiles without barriers, and fewer, longer threads.
import type { MatmulExtents } from "../../extents/matmul.ts";
import { sizeOf } from "../../../shape.ts";
import { UniformWords } from "../index_math.ts";
import type { Lowering } from "../lowering.ts";
import { type Operand, quadsOf } from "../operand.ts";
import type { View } from "../view.ts";
import { tileOutput } from "./epilogue.ts";
import type { MatmulChoice, ThreadTile } from "./matmul.ts";
import { matmulKernels } from "./matmul_table.ts";
import type { ConvolutionMatrix, Tuning } from "./tuning.ts";
import { axesParam } from "./windows.ts";

/** A tile whose eight adjacent threads share a SIMD unit. */
const registerTile = (entry: string, size: number): ThreadTile => ({
  of: "threads",
  file: "software/matmul.wgsl",
  entry,
  rows: size,
  columns: size,
  patch: [1, 8],
  loadsAlongK: false,
});
const tile16x16 = registerTile("tile_16x16", 16);
const tile8x8 = registerTile("tile_8x8", 8);

function chooseKernel(m: number, n: number): ThreadTile {
  if (m <= 2) return matmulKernels["1x4"];
  if (n >= 128 && m >= 12) return tile16x16;
  return n >= 56 && m >= 6 ? tile8x8 : matmulKernels["4x4"];
}

/**
 * Wide register tiles; if there are too few outputs to keep all threads busy and the sums are long, the sums are split.
 */
function chooseMatmul({ batch, m, n, k }: MatmulExtents): MatmulChoice {
  const kernel = chooseKernel(m, n);
  const threads = batch * Math.ceil(m / kernel.rows) * Math.ceil(n / kernel.columns);
  const splits = Math.min(Math.ceil(64 / Math.max(1, threads)), Math.floor(k / 1024), 256);
  return { kernel, splits: Math.max(1, splits) };
}

/** The width of a convolution's tile in a matrix `[m, n]`, and the number of tiles. */
function tilesOf(m: number, n: number): { columns: number; count: number } {
  const columns = n > 4 ? 8 : 4;
  return { columns, count: Math.ceil(m / 8) * Math.ceil(n / columns) };
}

/** Adds the dispatches of a convolution in tiles that run tap by tap, with one division per tile row. */
function emitConvolution(lowering: Lowering, matrix: ConvolutionMatrix): void {
  const { of, extents, attrs, m, n, source, factor } = matrix;
  const isTranspose = of === "convolutionTranspose";
  const isFilter = of === "convolutionFilter";
  const inner = isTranspose ? extents.outputs : extents.inputs;
  const rows = extents.batch * sizeOf(extents.positions);
  const { columns, count } = tilesOf(m, n);
  const wanted = isFilter ? Math.min(Math.ceil(256 / count), Math.floor(rows / 256)) : 1;
  const splits = Math.max(1, wanted);
  const words = new UniformWords();
  const sums = tileOutput(lowering, { ...matrix, splits, usesPartials: true }, words);
  const factorOf = (name: string, view: View, channels: number, other: View): Operand => ({
    name,
    view,
    access: "load",
    type: "f32",
    quads: quadsOf(view, channels, [other, sums.view, ...matrix.others]),
  });
  lowering.emitThreads(
    {
      file: "software/convolution.wgsl",
      entry: isFilter ? "filter_tile" : "tile",
      operands: [
        factorOf("source", source, inner, factor),
        factorOf("factor", factor, isTranspose ? inner : n, source),
        ...sums.operands,
      ],
      params: [
        axesParam(extents.input, extents.positions, extents.taps, attrs),
        ["m", "u32", m],
        ["n", "u32", n],
        ["inner", "u32", inner],
        ["rows", "u32", rows],
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
      functions: sums.functions.join("\n"),
    },
    count * splits,
    { loop: (8 * columns * rows * sizeOf(extents.taps) * inner) / (count * splits) },
  );
  sums.finish();
}

/** For adapters that run on the CPU. */
export const softwareTuning: Tuning = {
  kind: "software",
  matmul: chooseMatmul,
  // Loads run lane by lane: an MLP step that gathers inside its products takes three times as long.
  gatheredLoads: 0,
  convolution: emitConvolution,
  threadRow: 1024,
  threadReduction: 512,
  scatterThreads: 128,
  sortedScatter: Infinity,
  filterThreads: 128,
};
