// How kernels are chosen on real GPUs, and the interface of what replaces this on other adapters (software.ts).
import type { ConvAttrs, ElementwiseProgram } from "../../../ir/attrs.ts";
import type { ConvolutionExtents } from "../../extents/convolution.ts";
import type { Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import type { MatmulChoice, ProductForm } from "./matmul.ts";
import { adapterClasses, chooseMatmul, choosingFrom, measuredOn } from "./matmul_table.ts";

/** The kinds of adapters that kernels are chosen for. */
export type AdapterKind = "software" | "gpu";

/** The choices among kernels, and the sizes at which they switch. */
export interface Tuning {
  /** The adapters it is for. */
  readonly kind: AdapterKind;
  /** How a product is computed. */
  matmul(form: ProductForm): MatmulChoice;
  /** Whether a convolution, described as a product, is computed directly instead, if that is known. */
  isDirect?(form: ProductForm): boolean | undefined;
  /** The most tiles that may load an element of a gathered factor; beyond, storing the rows once is faster. */
  readonly gatheredLoads: number;
  /** Adds the dispatches of an ungrouped convolution or gradient, in place of an im2col product. */
  readonly convolution?: (lowering: Lowering, matrix: ConvolutionMatrix) => void;
  /** The most elements of a row that one thread handles, in a cross-entropy and a normalization. */
  readonly threadRow: number;
  /** The most elements that one thread reduces if there are few outputs. */
  readonly threadReduction: number;
  /** The threads of a scatter in which each thread reads all indices. */
  readonly scatterThreads: number;
  /**
   * The number of indices from which a scatter sorts them first. With 1024 indices, 20,000 rows of 128, and every
   * other index that of the padding, nine dispatches load 6 million words where one would load 17 million, and a
   * thread loads at most 300 instead of 2,000.
   */
  readonly sortedScatter: number;
  /** The threads of the kernel gradient of a grouped convolution. */
  readonly filterThreads: number;
}

/** An ungrouped convolution, or a gradient of one, as sums that form a matrix `[m, n]`. */
export interface ConvolutionMatrix {
  readonly of: "convolution" | "convolutionTranspose" | "convolutionFilter";
  readonly extents: ConvolutionExtents;
  readonly attrs: ConvAttrs;
  readonly m: number;
  readonly n: number;
  /** The array under the window: x, or y in a transposed convolution. */
  readonly source: View;
  /** What it is multiplied by: the kernel, or y for the kernel's gradient. */
  readonly factor: View;
  readonly epilogue: ElementwiseProgram | null;
  /** What the epilogue reads besides the sums. */
  readonly others: readonly View[];
  readonly outputs: readonly View[];
}

/** For real GPUs of which nothing is known. */
export const gpuTuning: Tuning = {
  kind: "gpu",
  matmul: chooseMatmul,
  gatheredLoads: 16,
  threadRow: 64,
  threadReduction: 64,
  scatterThreads: 16384,
  sortedScatter: 1024,
  filterThreads: 65536,
};

/** For a real GPU: products and convolutions as measured on its class. */
export function gpuTuningFor(adapter: { vendor?: string; architecture?: string }): Tuning {
  return { ...gpuTuning, ...choosingFrom(measuredOn(adapterClasses(adapter))) };
}
