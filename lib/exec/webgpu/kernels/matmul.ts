// matmul: which kernel makes a product, by a fixed table of adapter kind and shape, and its epilogue.
import type { Node } from "../../../ir/graph.ts";
import { type MatmulExtents, matmulExtents } from "../../../ops/matmul.ts";
import { sizeOf } from "../../../shape.ts";
import type { AdapterKind } from "../device.ts";
import type { KernelCall, Operand } from "../header.ts";
import { type Lowering, maxGroups } from "../lowering.ts";
import type { View } from "../view.ts";
import { addSplits, epilogueOf } from "./epilogue.ts";
import { emitProgram } from "./fused.ts";

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

/** Lowers a product and its epilogue. */
export function lowerMatmul(
  lowering: Lowering,
  node: Node<"matmul">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const extents = matmulExtents(inputs, node.attrs);
  emitMatmul(lowering, node, inputs, outputs, chooseMatmul(lowering.gpu.kind, extents));
}

/** Adds the dispatches of a product by a chosen kernel. */
export function emitMatmul(
  lowering: Lowering,
  { attrs }: Node<"matmul">,
  inputs: readonly View[],
  outputs: readonly View[],
  { kernel, splits }: MatmulChoice,
): void {
  const extents = matmulExtents(inputs, attrs);
  const { batch, m, n, k } = extents;
  const [a, b, ...others] = inputs;
  const { epilogue } = attrs;
  const shape = outputs[0].shape;
  const size = sizeOf(shape);
  if (size === 0) return;
  const strides = {
    a_row: attrs.transposeA ? 1 : k,
    a_k: attrs.transposeA ? m : 1,
    b_k: attrs.transposeB ? 1 : n,
    b_col: attrs.transposeB ? k : 1,
  };
  // Sums are parked where the first output will lie, unless the epilogue reads that place or they are not yet whole.
  const parkable = !others.some((view) => isSameRange(view, outputs[0]));
  const apart = splits > 1 || (!parkable && kernel !== "tile_64x64");
  const sums = apart ? lowering.scratch([splits, size]) : outputs[0];
  const fused = epilogue && !apart ? epilogueOf(epilogue, others, outputs) : undefined;
  const parked: Operand = { name: "sum", view: sums, access: "both", type: "f32" };
  const factor = (name: string, view: View, isContiguous: boolean, length: number): Operand => {
    // A range that is bound as single floats too cannot be bound as quads.
    const isShared = [a, b, sums, ...others].filter((each) => isSameRange(each, view)).length > 1;
    const quads = isContiguous && length % 4 === 0 && !isShared ? "aligned" : "anywhere";
    return { name, view, access: "load", type: "f32", quads: kernel === "tile_64x64" ? undefined : quads };
  };
  const call: KernelCall = {
    file: kernel === "tile_64x64" ? "matmul_workgroup.wgsl" : "matmul.wgsl",
    entry: kernel,
    operands: [
      factor("a", a, attrs.transposeA, m),
      factor("b", b, !attrs.transposeB, n),
      parked,
      ...(fused?.operands ?? []),
    ],
    params: [
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
      ...(fused?.words.params ?? []),
    ],
    constants: [
      `const A_CONTIGUOUS = ${attrs.transposeA};`,
      `const B_CONTIGUOUS = ${!attrs.transposeB};`,
      `const HAS_EPILOGUE = ${fused !== undefined};`,
    ],
    functions: fused?.code ?? "fn epilogue(col: u32, i: u32, acc: f32) {}",
    usesElementwise: fused !== undefined,
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
  if (splits > 1) addSplits(lowering, epilogue, sums, others, outputs, splits, n);
  else if (apart && epilogue) emitProgram(lowering, epilogue, [{ ...sums, shape }, ...others], outputs);
}

function isSameRange(a: View, b: View): boolean {
  return a.buffer === b.buffer && a.offset === b.offset;
}
