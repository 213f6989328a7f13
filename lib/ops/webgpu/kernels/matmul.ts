// matmul: products of two factors, in memory or computed as they are read, and their epilogue.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { type MatmulExtents, matmulExtents } from "../../extents/matmul.ts";
import { operandsOf } from "../../defs/gathered.ts";
import { sizeOf } from "../../../shape.ts";
import { UniformWords } from "../index_math.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import { type Operand, quadsOf } from "../operand.ts";
import type { ShaderFile } from "../shaders.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";
import { tileOutput } from "./epilogue.ts";
import { gatheredFactor } from "./gathered.ts";

/** A kernel in which each thread computes a tile of y. */
export interface ThreadTile {
  readonly of: "threads";
  readonly file: ShaderFile;
  readonly entry: string;
  /** Rows and columns of y per thread. */
  readonly rows: number;
  readonly columns: number;
  /** Adjacent threads compute a patch of so many tiles down and across; y is padded to whole patches. */
  readonly patch: readonly [number, number];
  /** Whether it loads quads along k too. */
  readonly loadsAlongK: boolean;
}

/** matmul_tiles.wgsl with tiles of a given size. */
export interface WorkgroupTile {
  readonly of: "workgroups";
  /** Rows and columns of y per workgroup, and terms per round. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Rows and columns of y per thread. */
  readonly blockRows: 4 | 8;
  readonly blockColumns: 4 | 8;
  /** With two, a round loads while the previous one is multiplied. */
  readonly buffers: 1 | 2;
  /** Unused quads per line in workgroup memory. */
  readonly padding: number;
}

/** The kernel of a product. */
export type MatmulKernel = ThreadTile | WorkgroupTile;

/** How a product is computed. */
export interface MatmulChoice {
  readonly kernel: MatmulKernel;
  /** The number of partial sums that the k axis is split into. */
  readonly splits: number;
}

/** Threads per workgroup, and bytes of its memory. */
export function workgroupOf({ rows, columns, depth, blockRows, blockColumns, buffers, padding }: WorkgroupTile) {
  return {
    threads: (rows / blockRows) * (columns / blockColumns),
    bytes: buffers * depth * (rows + columns + 4 * padding) * 4,
  };
}

/** The constants of a kernel. */
function tileConstants(tile: MatmulKernel): string[] {
  const numbers = tile.of === "workgroups" ? workgroupConstants(tile) : {
    TILE_ROWS: tile.rows,
    TILE_COLUMNS: tile.columns,
    PATCH_ROWS: tile.patch[0],
    PATCH_COLUMNS: tile.patch[1],
  };
  return Object.entries(numbers).map(([name, value]) => `const ${name} = ${value}u;`);
}

function workgroupConstants(tile: WorkgroupTile) {
  // As many rows of sums as memory holds, by halving, so that all passes are equal.
  let passRows = tile.rows;
  while (passRows * tile.columns * 4 > workgroupOf(tile).bytes) passRows /= 2;
  return {
    TILE_ROWS: tile.rows,
    TILE_COLUMNS: tile.columns,
    TILE_DEPTH: tile.depth,
    BLOCK_ROWS: tile.blockRows,
    BLOCK_COLUMNS: tile.blockColumns,
    BUFFERS: tile.buffers,
    PADDING_QUADS: tile.padding,
    PASS_ROWS: passRows,
  };
}

/** A factor whose elements are computed by WGSL functions. */
export interface ComputedFactor {
  readonly operands: readonly Operand[];
  readonly functions?: readonly string[];
  /** The expression of an element, by its coordinates (with `batch`) or its row-major index. */
  readonly element: Element;
  /** The same for the element and its next three neighbours, if they can be loaded at once. */
  readonly quad?: Element;
}

/** The expression of an element of A at `row` and `k`, or of B at `k` and `col`; `index` is its row-major index. */
type Element = (coordinates: string, index: string) => string;

/** What the choice of a kernel depends on. */
export interface ProductForm extends MatmulExtents {
  /** Whether A is stored as `[batch, k, m]`: rows are adjacent, otherwise terms. */
  readonly transposeA: boolean;
  /** Whether B is stored as `[batch, n, k]`: terms are adjacent, otherwise columns. */
  readonly transposeB: boolean;
  /** Whether it is a convolution: A is computed from windows as it is read. */
  readonly isConvolution: boolean;
}

/** A product, whatever its factors are read from. */
interface Product extends ProductForm {
  readonly a: View | ComputedFactor;
  readonly b: View | ComputedFactor;
  /** What the functions of computed factors need. */
  readonly params?: readonly Param[];
  /** Numbers in the uniform that the functions read. */
  readonly words?: UniformWords;
  readonly epilogue: ElementwiseProgram | null;
  /** What the epilogue reads besides the product. */
  readonly others: readonly View[];
  readonly outputs: readonly View[];
}

/** Lowers a matmul and its epilogue. */
export function lowerMatmul(
  lowering: Lowering,
  { attrs }: Node<"matmul">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const { gathered } = attrs;
  const [table, indices] = inputs.slice(-2);
  const operands = operandsOf(inputs, gathered, (_table, _indices, { shape }) => ({ ...table, shape }));
  const extents = matmulExtents(operands, attrs);
  const form: ProductForm = { ...extents, ...attrs, isConvolution: false };
  const choice = lowering.tuning.matmul(form);
  const [a, b, ...others] = operands;
  const product: Product = { ...form, epilogue: attrs.epilogue, a, b, others, outputs };
  if (!gathered) return emitProduct(lowering, product, choice);
  const words = new UniformWords();
  const isFirst = gathered.at === 0;
  const bound = [isFirst ? b : a, ...others, ...outputs];
  const factor = gatheredFactor({ table, indices }, gathered.program, words, bound);
  emitProduct(lowering, { ...product, ...(isFirst ? { a: factor } : { b: factor }), words }, choice);
}

/** A factor as the shader reads it. */
interface Factor {
  readonly operands: readonly Operand[];
  readonly functions: readonly string[];
  /** Whether each quad is entirely inside or outside of it. */
  readonly isAligned: boolean;
}

/** Adds the dispatches of a product, by a chosen kernel. */
export function emitProduct(lowering: Lowering, product: Product, { kernel, splits }: MatmulChoice): void {
  const { batch, m, n, k, transposeA, transposeB, epilogue, others, outputs, words = new UniformWords() } = product;
  if (sizeOf(outputs[0].shape) === 0) return;
  // Quads along k, and rounds of tiles, start at multiples of their length.
  const step = kernel.of === "workgroups" ? kernel.depth : 4;
  const kSplit = Math.max(step, Math.ceil(k / splits / step) * step);
  const parts = Math.max(1, Math.ceil(k / kSplit));
  const sums = tileOutput(
    lowering,
    { splits: parts, epilogue, others, outputs, usesPartials: kernel.of === "threads" },
    words,
  );
  const viewsOf = (factor: View | ComputedFactor) =>
    "element" in factor ? factor.operands.map(({ view }) => view) : [factor];
  const takesQuads = (isAlongK: boolean) => kernel.of === "workgroups" || kernel.loadsAlongK || !isAlongK;
  const factorOf = (name: "a" | "b", factor: View | ComputedFactor, isAlongK: boolean): Factor => {
    const length = isAlongK ? k : name === "a" ? m : n;
    const isAligned = length % 4 === 0;
    if ("element" in factor) {
      const functions = [...(factor.functions ?? []), coordinateFunctions(name, isAlongK, factor, isAligned)];
      return { operands: factor.operands, functions, isAligned };
    }
    const bound = [...viewsOf(name === "a" ? product.b : product.a), sums.view, ...others];
    const quads = takesQuads(isAlongK) ? quadsOf(factor, length, bound) : "anywhere";
    const loads: ComputedFactor = {
      operands: [{ name, view: factor, access: "load", type: "f32", quads }],
      element: (_, index) => `load_${name}(${index})`,
      quad: (_, index) => `load_${name}_quad(${index})`,
    };
    return { operands: loads.operands, functions: [coordinateFunctions(name, isAlongK, loads, true)], isAligned };
  };
  const a = factorOf("a", product.a, !transposeA);
  const b = factorOf("b", product.b, transposeB);
  const call: KernelCall = {
    file: kernel.of === "threads" ? kernel.file : "matmul_tiles.wgsl",
    entry: kernel.of === "threads" ? kernel.entry : "matmul_tile",
    operands: [...a.operands, ...b.operands, ...sums.operands],
    params: [
      ...(product.params ?? []),
      ["m", "u32", m],
      ["n", "u32", n],
      ["k", "u32", k],
      ["batch", "u32", batch],
      ["splits", "u32", parts],
      ["k_split", "u32", kSplit],
      ["a_batch", "u32", m * k],
      ["b_batch", "u32", k * n],
      ["a_row", "u32", transposeA ? 1 : k],
      ["a_k", "u32", transposeA ? m : 1],
      ["b_k", "u32", transposeB ? 1 : n],
      ["b_col", "u32", transposeB ? k : 1],
      ...words.params,
    ],
    constants: [
      `const A_ALONG_K = ${!transposeA};`,
      `const B_ALONG_K = ${transposeB};`,
      `const A_ALIGNED = ${a.isAligned};`,
      `const B_ALIGNED = ${b.isAligned};`,
      ...tileConstants(kernel),
      ...sums.constants,
    ],
    functions: [...a.functions, ...b.functions, ...sums.functions].join("\n"),
  };
  const slices = batch * parts;
  const [down, across] = [Math.ceil(m / kernel.rows), Math.ceil(n / kernel.columns)];
  if (kernel.of === "workgroups") {
    lowering.emitWorkgroups(call, slices * down * across, workgroupOf(kernel).threads);
  } else {
    const [patchRows, patchColumns] = kernel.patch;
    const area = patchRows * patchColumns;
    const threads = slices * Math.ceil(down / patchRows) * Math.ceil(across / patchColumns) * area;
    const loop = Math.max(8, kernel.rows * kernel.columns / 2) * kSplit;
    lowering.emitThreads(call, threads, { loop, groupSize: area > 1 ? area : 64 });
  }
  sums.finish();
}

/** The functions that load elements and quads of a factor by their coordinates. */
function coordinateFunctions(
  name: "a" | "b",
  isAlongK: boolean,
  { element, quad }: ComputedFactor,
  isAligned: boolean,
): string {
  const [first, second] = name === "a" ? ["row", "k"] : ["k", "col"];
  const strides = name === "a" ? ["a_row", "a_k"] : ["b_k", "b_col"];
  const index = `batch * params.${name}_batch + ${first} * params.${strides[0]} + ${second} * params.${strides[1]}`;
  const isFirst = (first === "k") === isAlongK;
  const next = isFirst ? `${first} + i, ${second}` : `${first}, ${second} + i`;
  const hasQuad = quad !== undefined && isAligned;
  // A loop, since the code of an element may be long and kernels call this several times.
  const body = hasQuad ? `  return ${quad(`${first}, ${second}`, index)};` : [
    "  var four = vec4<f32>();",
    "  for (var i = 0u; i < 4u; i++) {",
    `    four = select(four, vec4(${name}_at(batch, ${next})), vec4(0u, 1u, 2u, 3u) == vec4(i));`,
    "  }",
    "  return four;",
  ].join("\n");
  const parameters = `batch: u32, ${first}: u32, ${second}: u32`;
  return [
    `fn ${name}_at(${parameters}) -> f32 {\n  return ${element(`${first}, ${second}`, index)};\n}`,
    `fn ${name}_quad(${parameters}) -> vec4<f32> {\n${body}\n}`,
  ].join("\n");
}
