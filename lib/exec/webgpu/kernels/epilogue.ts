// What kernels do with finished sums: store them, or run an elementwise program on them; and sums in parts.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import { sizeOf } from "../../../shape.ts";
import type { Operand } from "../header.ts";
import type { Lowering } from "../lowering.ts";
import { programLines } from "../program_code.ts";
import { broadcastIndex, isRow, Words } from "../terms.ts";
import type { View } from "../view.ts";
import { programOperands } from "./fused.ts";

/** The function `epilogue` that a kernel calls with each finished sum, and what that needs. */
export interface Epilogue {
  readonly operands: Operand[];
  readonly words: Words;
  readonly code: string;
  readonly usesElementwise: boolean;
}

/** The epilogue of a program whose operand 0 is the sum. */
export function epilogueOf(
  program: ElementwiseProgram,
  others: readonly View[],
  outputs: readonly View[],
  words = new Words(),
): Epilogue {
  const { shape } = outputs[0];
  const index = (view: View) => (isRow(shape, view.shape) ? "col" : broadcastIndex(shape, view.shape, words));
  const lines = programLines(program, (i) => (i === 0 ? "acc" : `load_x${i}(${index(others[i - 1])})`), words);
  const stores = program.results.map((register, i) => `store_y${i}(i, r${register});`);
  return {
    operands: programOperands(others, outputs, 1),
    words,
    code: `fn epilogue(col: u32, i: u32, acc: f32) {\n  ${[...lines, ...stores].join("\n  ")}\n}`,
    usesElementwise: true,
  };
}

/** The epilogue of a program, or without one, what stores the sum. */
export function finishOf(
  program: ElementwiseProgram | null,
  others: readonly View[],
  outputs: readonly View[],
): Epilogue {
  if (program) return epilogueOf(program, others, outputs);
  return {
    operands: programOperands([], outputs),
    words: new Words(),
    code: "fn epilogue(col: u32, i: u32, acc: f32) {\n  store_y0(i, acc);\n}",
    usesElementwise: false,
  };
}

/** Adds `partials` `[splits, ...]` in their order, and finishes the sums; the last axis has extent `n`. */
export function addSplits(
  lowering: Lowering,
  program: ElementwiseProgram | null,
  partials: View,
  others: readonly View[],
  outputs: readonly View[],
  splits: number,
  n: number,
): void {
  const size = sizeOf(outputs[0].shape);
  const finish = finishOf(program, others, outputs);
  lowering.emitThreads(
    {
      file: "matmul_splits.wgsl",
      entry: "add_splits",
      operands: [{ name: "partial", view: partials, access: "load", type: "f32" }, ...finish.operands],
      params: [["size", "u32", size], ["splits", "u32", splits], ["n", "u32", n], ...finish.words.params],
      functions: finish.code,
      usesElementwise: finish.usesElementwise,
    },
    size,
    { loop: splits },
  );
}
