// matmul: which kernel makes a product, by a fixed table of adapter kind and shape, and its epilogue.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { type MatmulExtents, matmulExtents } from "../../../ops/defs/matmul.ts";
import { operandsOf } from "../../../ops/defs/gathered.ts";
import { sizeOf } from "../../../shape.ts";
import type { AdapterKind } from "../device.ts";
import type { KernelCall, Operand, Param } from "../header.ts";
import { programLines } from "../program_code.ts";
import { type Lowering, maxGroups } from "../lowering.ts";
import { UniformWords } from "../index_math.ts";
import { isSameRange, type View } from "../view.ts";
import { tileSums } from "./epilogue.ts";
import { gatheredLoad } from "./gathered.ts";

/** The kernels of a product. */
export type MatmulKernel = "tile_16x16" | "tile_8x8" | "tile_4x4" | "tile_1x4" | "tile_64x64";

/** How a product is computed. */
export interface MatmulChoice {
  readonly kernel: MatmulKernel;
  /** Into how many sums the k axis is cut. */
  readonly splits: number;
}

/** Rows and columns of y that one thread (tile_64x64: one workgroup) makes. */
const tiles: { readonly [K in MatmulKernel]: readonly [number, number] } = {
  tile_16x16: [16, 16],
  tile_8x8: [8, 8],
  tile_4x4: [4, 4],
  tile_1x4: [1, 4],
  tile_64x64: [64, 64],
};

/**
 * The kernel for a product. Software adapters want wide register tiles with eight neighbours at work; real GPUs want
 * workgroup tiles. Where outputs are too few to keep all threads busy and the sums are long, the sums are cut.
 */
export function chooseMatmul(kind: AdapterKind, { batch, m, n, k }: MatmulExtents): MatmulChoice {
  const kernel = chooseKernel(kind, m, n);
  const [rows, columns] = tiles[kernel];
  const threads = batch * Math.ceil(m / rows) * Math.ceil(n / columns);
  const [wanted, shortest] = kind === "gpu" ? (kernel === "tile_64x64" ? [128, 128] : [8192, 32]) : [64, 1024];
  const splits = Math.min(Math.ceil(wanted / Math.max(1, threads)), Math.floor(k / shortest), 256);
  return { kernel, splits: Math.max(1, splits) };
}

function chooseKernel(kind: AdapterKind, m: number, n: number): MatmulKernel {
  if (m <= 2) return "tile_1x4";
  if (kind === "gpu") return m > 16 && n > 16 ? "tile_64x64" : "tile_4x4";
  if (n >= 128 && m >= 12) return "tile_16x16";
  return n >= 56 && m >= 6 ? "tile_8x8" : "tile_4x4";
}

/**
 * How many tiles may each compute an element of a gathered factor before it is better stored once. Software adapters
 * load lane by lane: a step of the MLP that gathers in its products takes there three times as long.
 */
const mostLoads: { readonly [K in AdapterKind]: number } = { gpu: 16, software: 0 };

/** Whether a product is to gather its factor 0 or 1 where the rows lie, rather than have it stored before. */
export function takesGathered(kind: AdapterKind, extents: MatmulExtents, factor: number): boolean {
  const [rows, columns] = tiles[chooseMatmul(kind, extents).kernel];
  return Math.ceil(factor === 0 ? extents.n / columns : extents.m / rows) <= mostLoads[kind];
}

/** A factor whose elements are found by a function of the product, which reads the operands. */
export interface ComputedFactor {
  readonly operands: readonly Operand[];
  /** The name of the WGSL function that gives element `i`. */
  readonly element: string;
}

/** A product, whatever its factors are read from. */
export interface Product extends MatmulExtents {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly a: View | ComputedFactor;
  readonly b: View | ComputedFactor;
  /** What the functions of computed factors need. */
  readonly params?: readonly Param[];
  readonly functions?: readonly string[];
  /** Numbers of the uniform that the functions read. */
  readonly words?: UniformWords;
  readonly epilogue: ElementwiseProgram | null;
  /** What the epilogue reads beside the product. */
  readonly others: readonly View[];
  readonly outputs: readonly View[];
}

/** A factor as the shader has it: what it is bound to, and functions that load it. */
interface Factor {
  readonly operands: readonly Operand[];
  readonly code: readonly string[];
}

/** The functions that load a computed factor, one element or four neighbours. */
function loadsOf(name: string, element: string): string {
  const four = [0, 1, 2, 3].map((k) => `${element}(i + ${k}u)`).join(", ");
  return [
    `fn load_${name}(i: u32) -> f32 {\n  return ${element}(i);\n}`,
    `fn load_${name}_quad(i: u32) -> vec4<f32> {\n  return vec4(${four});\n}`,
  ].join("\n");
}

/** Whether a kernel can be dispatched on a product of so many rows and columns. */
export function fitsDispatch({ kernel }: MatmulChoice, { m, n }: Pick<MatmulExtents, "m" | "n">): boolean {
  const [rows, columns] = tiles[kernel];
  return Math.max(Math.ceil(m / rows), Math.ceil(n / columns)) <= maxGroups;
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
  const choice = chooseMatmul(lowering.gpu.kind, extents);
  const [a, b, ...others] = operands;
  const product: Product = { ...extents, ...attrs, a, b, others, outputs };
  if (!gathered) return emitProduct(lowering, product, choice);
  const words = new UniformWords();
  const load = gatheredLoad(0, { table, indices }, words);
  const program = gathered.program ?? { operands: [table.dtype], steps: [], results: [0] };
  const lines = programLines(program, () => "load_x0(i)", words);
  const element = `fn gathered(i: u32) -> f32 {\n  ${lines.join("\n  ")}\n  return r${program.results[0]};\n}`;
  const factor: ComputedFactor = { operands: load.operands, element: "gathered" };
  const factors = gathered.at === 0 ? { a: factor } : { b: factor };
  emitProduct(lowering, { ...product, ...factors, functions: [load.code, element], words }, choice);
}

/** Adds the dispatches of a product, by a chosen kernel. */
export function emitProduct(lowering: Lowering, product: Product, { kernel, splits }: MatmulChoice): void {
  const { batch, m, n, k, transposeA, transposeB, epilogue, others, outputs, words = new UniformWords() } = product;
  if (sizeOf(outputs[0].shape) === 0) return;
  const strides = {
    a_row: transposeA ? 1 : k,
    a_k: transposeA ? m : 1,
    b_k: transposeB ? 1 : n,
    b_col: transposeB ? k : 1,
  };
  const sums = tileSums(lowering, { splits, epilogue, others, outputs, parks: kernel !== "tile_64x64" }, words);
  const views = [product.a, product.b].flatMap((factor) =>
    "element" in factor ? factor.operands.map(({ view }) => view) : [factor]
  );
  const factorOf = (name: string, factor: View | ComputedFactor, isContiguous: boolean, length: number): Factor => {
    if ("element" in factor) return { operands: factor.operands, code: [loadsOf(name, factor.element)] };
    // A range that is bound as single floats too cannot be bound as quads.
    const isShared = [...views, sums.view, ...others].filter((each) => isSameRange(each, factor)).length > 1;
    const quads = isContiguous && length % 4 === 0 && !isShared ? "aligned" : "anywhere";
    const operand: Operand = { name, view: factor, access: "load", type: "f32" };
    return { operands: [kernel === "tile_64x64" ? operand : { ...operand, quads }], code: [] };
  };
  const a = factorOf("a", product.a, transposeA, m);
  const b = factorOf("b", product.b, !transposeB, n);
  const call: KernelCall = {
    file: kernel === "tile_64x64" ? "matmul_workgroup.wgsl" : "matmul.wgsl",
    entry: kernel,
    operands: [...a.operands, ...b.operands, ...sums.operands],
    params: [
      ...(product.params ?? []),
      ["m", "u32", m],
      ["n", "u32", n],
      ["k", "u32", k],
      ["batch", "u32", batch],
      ["slices", "u32", batch * splits],
      ["splits", "u32", splits],
      ["k_split", "u32", Math.ceil(k / splits)],
      ["a_batch", "u32", m * k],
      ["b_batch", "u32", k * n],
      ["a_row", "u32", strides.a_row],
      ["a_k", "u32", strides.a_k],
      ["b_k", "u32", strides.b_k],
      ["b_col", "u32", strides.b_col],
      ...words.params,
    ],
    constants: [
      `const A_CONTIGUOUS = ${transposeA};`,
      `const B_CONTIGUOUS = ${!transposeB};`,
      ...sums.constants,
    ],
    functions: [...(product.functions ?? []), ...a.code, ...b.code, ...sums.functions].join("\n"),
    usesElementwise: sums.usesElementwise || product.words !== undefined,
  };
  const slices = batch * splits;
  const [rows, columns] = tiles[kernel];
  const [down, across] = [Math.ceil(m / rows), Math.ceil(n / columns)];
  if (kernel === "tile_4x4" || kernel === "tile_1x4") {
    lowering.emitThreads(call, down * across, { slices, loop: 8 * k });
  } else {
    const wide = kernel === "tile_64x64" ? across : Math.ceil(across / 8);
    lowering.emit(call, [wide, down, Math.min(slices, maxGroups)]);
  }
  sums.finish();
}
