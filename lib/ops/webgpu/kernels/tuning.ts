// What kernels are chosen by: on real GPUs, and the interface of what replaces it on other adapters (software.ts).
import type { ConvAttrs, ElementwiseProgram } from "../../../ir/attrs.ts";
import type { ConvolutionExtents } from "../../extents/convolution.ts";
import type { MatmulExtents } from "../../extents/matmul.ts";
import type { Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import type { MatmulChoice } from "./matmul.ts";
import { chooseMatmul } from "./matmul_table.ts";

/** What adapter kernels are chosen for. */
export type AdapterKind = "software" | "gpu";

/** Choices among kernels, and sizes from which one is better than another. */
export interface Tuning {
  /** The adapters that it is for. */
  readonly kind: AdapterKind;
  /** How a product is computed. */
  matmul(extents: MatmulExtents): MatmulChoice;
  /** By how many tiles an element of a gathered factor may be loaded before the rows are better stored once. */
  readonly gatheredLoads: number;
  /** Adds the dispatches of a convolution without groups or of an adjoint, instead of a product with its patches. */
  readonly convolution?: (lowering: Lowering, matrix: ConvolutionMatrix) => void;
  /** The most classes of a row that one thread goes through in a cross-entropy. */
  readonly threadClasses: number;
  /** The most elements that one thread goes through in a reduction of few outputs. */
  readonly threadReduction: number;
  /** How many threads share a scatter that goes through all indices in each. */
  readonly scatterThreads: number;
  /**
   * From how many indices on a scatter sorts them first. With 1024, 20,000 rows of 128 and every other index that of the
   * padding, nine dispatches load 6 million words where one would load 17, and a thread 300 at most instead of 2,000.
   */
  readonly sortedScatter: number;
  /** How many threads share the gradient of a filter in groups. */
  readonly filterThreads: number;
}

/** A convolution without groups, or an adjoint, as the sums of a matrix `[m, n]`. */
export interface ConvolutionMatrix {
  readonly of: "convolution" | "convolutionTranspose" | "convolutionFilter";
  readonly extents: ConvolutionExtents;
  readonly attrs: ConvAttrs;
  readonly m: number;
  readonly n: number;
  /** What the window moves over: x, or y in a transposed convolution. */
  readonly source: View;
  /** What it is multiplied by: the kernel, or y for the gradient of a filter. */
  readonly factor: View;
  readonly epilogue: ElementwiseProgram | null;
  /** What the epilogue reads beside the sums. */
  readonly others: readonly View[];
  readonly outputs: readonly View[];
}

/** For real GPUs. */
export const gpuTuning: Tuning = {
  kind: "gpu",
  matmul: chooseMatmul,
  gatheredLoads: 16,
  threadClasses: 64,
  threadReduction: 64,
  scatterThreads: 16384,
  sortedScatter: 1024,
  filterThreads: 65536,
};
