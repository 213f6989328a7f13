// The end of kernels: storing finished sums or running an elementwise program on them, and adding partial sums.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import { sizeOf } from "../../../shape.ts";
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import { programLines } from "../program_code.ts";
import { broadcastIndex, isRow, UniformWords } from "../index_math.ts";
import { isSameRange, type View } from "../view.ts";
import { emitProgram, programOperands } from "./fused.ts";

/** The function `epilogue` that a kernel calls with each finished sum, and what it needs. */
export interface Epilogue {
  readonly operands: Operand[];
  readonly words: UniformWords;
  readonly code: string;
}

/** The epilogue of a program whose operand 0 is the sum. */
function epilogueOf(
  program: ElementwiseProgram,
  others: readonly View[],
  outputs: readonly View[],
  words = new UniformWords(),
): Epilogue {
  const { shape } = outputs[0];
  const index = (view: View) => (isRow(shape, view.shape) ? "col" : broadcastIndex(shape, view.shape, words));
  const lines = programLines(program, (i) => (i === 0 ? "acc" : `load_x${i}(${index(others[i - 1])})`), words);
  const stores = program.results.map((register, i) => `store_y${i}(i, r${register});`);
  return {
    operands: programOperands(others, outputs, 1),
    words,
    code: `fn epilogue(col: u32, i: u32, acc: f32) {\n  ${[...lines, ...stores].join("\n  ")}\n}`,
  };
}

/** The epilogue of a program; without a program, one that stores the sum. */
export function finishOf(
  program: ElementwiseProgram | null,
  others: readonly View[],
  outputs: readonly View[],
): Epilogue {
  if (program) return epilogueOf(program, others, outputs);
  return {
    operands: programOperands([], outputs),
    words: new UniformWords(),
    code: "fn epilogue(col: u32, i: u32, acc: f32) {\n  store_y0(i, acc);\n}",
  };
}

/** Adds the partial sums `[splits, ...]` in order, then runs the epilogue; the last axis has extent `n`. */
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
    },
    size,
    { loop: splits },
  );
}

/** A node whose sums are computed tile by tile, and its epilogue. */
interface Tiled {
  /** The number of partial sums of each sum. */
  readonly splits: number;
  readonly epilogue: ElementwiseProgram | null;
  /** What the epilogue reads besides the sums. */
  readonly others: readonly View[];
  readonly outputs: readonly View[];
  /** Whether a thread stores its sums before running the epilogue over them, as functions of epilogue.wgsl do. */
  readonly usesPartials: boolean;
}

/** What a tiled kernel needs to store its sums, and the dispatches after it. */
interface TileOutput {
  /** Where the sums are stored first. */
  readonly view: View;
  readonly operands: readonly Operand[];
  readonly constants: readonly string[];
  readonly functions: readonly string[];
  /** Adds the dispatches for the part of the epilogue that the kernel cannot do. */
  readonly finish: () => void;
}

const isRead = (others: readonly View[], output: View) => others.some((view) => isSameRange(view, output));

const noEpilogue = "fn epilogue(col: u32, i: u32, acc: f32) {}";

/**
 * Where tiles of sums are stored. They go to the first output's memory unless the epilogue reads it, the sums are
 * partial, or the memory holds halves and the sums are not finished.
 */
export function tileOutput(
  lowering: Lowering,
  { splits, epilogue, others, outputs, usesPartials }: Tiled,
  words = new UniformWords(),
): TileOutput {
  const { shape } = outputs[0];
  const isTaken = outputs[0].storage === "halves" ? epilogue !== null : isRead(others, outputs[0]);
  const apart = splits > 1 || (usesPartials && isTaken);
  const view = apart ? lowering.scratch([splits, sizeOf(shape)]) : outputs[0];
  const fused = epilogue && !apart ? epilogueOf(epilogue, others, outputs, words) : undefined;
  return {
    view,
    operands: [{ name: "sum", view, access: "both", type: "f32" }, ...(fused?.operands ?? [])],
    constants: [`const HAS_EPILOGUE = ${fused !== undefined};`],
    functions: [fused?.code ?? noEpilogue],
    finish() {
      if (splits > 1) addSplits(lowering, epilogue, view, others, outputs, splits, shape[shape.length - 1] ?? 1);
      else if (apart && epilogue) emitProgram(lowering, epilogue, [{ ...view, shape }, ...others], outputs);
    },
  };
}
