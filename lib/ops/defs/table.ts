// The op table: one row per op. A row that is missing, or that lacks a fact, does not compile.
import type { OpName } from "../../ir/attrs.ts";
import { installOps, type OpDef, type OpTable } from "../../ir/op_def.ts";
import { convolutionRows } from "./convolution.ts";
import { crossEntropyRow } from "./cross_entropy.ts";
import { elementwiseRows } from "./elementwise.ts";
import { fusedRow } from "./fused.ts";
import { indexingRows } from "./indexing.ts";
import { matmulRow } from "./matmul.ts";
import { moveRows } from "./moves.ts";
import { poolingRows } from "./pooling.ts";
import { reductionRows } from "./reductions.ts";
import { resampleRow } from "./resample.ts";
import { scanRow } from "./scan.ts";
import { sortRow } from "./sort.ts";
import { updateRows } from "./updates.ts";

/** The facts of every op. */
export const opTable = {
  ...elementwiseRows,
  fused: fusedRow,
  ...reductionRows,
  argSort: sortRow,
  ...moveRows,
  matmul: matmulRow,
  ...convolutionRows,
  ...poolingRows,
  resample: resampleRow,
  ...indexingRows,
  scan: scanRow,
  softmaxCrossEntropy: crossEntropyRow,
  ...updateRows,
} satisfies OpTable;

installOps(opTable);

/** The names of all ops. */
export const opNames = Object.keys(opTable) as OpName[];

export type { OpDef };
