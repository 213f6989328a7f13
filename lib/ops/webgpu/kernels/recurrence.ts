// recurrence and its gradient: a product and the gates for each step.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import {
  recurrenceExtents,
  recurrenceGradientOperands,
  recurrenceOperands,
  recurrenceRows,
} from "../../extents/recurrence.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import { rowView, type View } from "../view.ts";
import { emitProduct } from "./matmul.ts";
import { copyElements } from "./moves.ts";

const operand = (name: string, view: View, access: Operand["access"] = "load"): Operand => {
  return { name, view, access, type: "f32" };
};

/** A header's function, the operands it needs and its parameter. */
interface Read {
  readonly code: string;
  readonly operands: readonly Operand[];
  readonly params: readonly Param[];
}

/** Reads of what a step starts with: the values before the first step, or rows of those of all steps. */
function readBefore(name: string, of: string, start: View, all: Operand, before: number): Read {
  const isStart = before < 0;
  const element = isStart ? `load_${name}(i)` : `load_${of}(params.${of}_from + i)`;
  return {
    code: `fn ${name}_before(i: u32) -> f32 {\n  return ${element};\n}`,
    operands: isStart ? [operand(name, start)] : [all],
    params: [[`${of}_from`, "u32", Math.max(0, before) * sizeOf(start.shape)]],
  };
}

/** Whether a row of `[steps, batch]` counts. */
function maskOf(mask: View | undefined): { code: string; operands: Operand[] } {
  return {
    code: `fn in_mask(row: u32) -> bool {\n  return ${mask ? "load_mask(row)" : "true"};\n}`,
    operands: mask ? [{ name: "mask", view: mask, access: "load", type: "bool" }] : [],
  };
}

/** The sum of two operands, as an epilogue of a product. */
const sum: ElementwiseProgram = {
  operands: ["float32", "float32"],
  steps: [{ fn: "add", args: [0, 1], dtype: "float32" }],
  results: [2],
};

/** Row `index` of values of all steps, in memory that can be bound. */
function rowOf(lowering: Lowering, view: View, index: number, scratch: View): View {
  const row = rowView(view, index);
  if (row) return row;
  const size = sizeOf(scratch.shape);
  copyElements(lowering, view, scratch, size, index * size);
  return scratch;
}

/** Adds the product of a matrix and the kernel, or the kernel transposed; `added` is added to it. */
function multiply(lowering: Lowering, a: View, kernel: View, transposeB: boolean, y: View, added?: View): void {
  const [m, k] = a.shape;
  const form = { batch: 1, m, n: y.shape[1], k, transposeA: false, transposeB, isConvolution: false };
  emitProduct(lowering, {
    ...form,
    a,
    b: kernel,
    epilogue: added ? sum : null,
    others: added ? [added] : [],
    outputs: [y],
  }, lowering.tuning.matmul(form));
}

/** Lowers recurrence: for each step the product of the state, then the gates. */
export function lowerRecurrence(
  lowering: Lowering,
  { attrs }: Node<"recurrence">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const { x, kernel, start, carry, bias, mask } = recurrenceOperands(inputs, attrs);
  const { steps, batch, units, gates } = recurrenceExtents(x, kernel);
  const [states] = outputs;
  const [ofGates, inner] = outputs.slice(-2);
  const masked = maskOf(mask);
  const [row, sums] = [lowering.scratch([batch, units]), lowering.scratch([batch, gates * units])];
  for (const { row: at, before } of recurrenceRows(steps, attrs)) {
    multiply(lowering, before < 0 ? start : rowOf(lowering, states, before, row), kernel, false, sums);
    const written = operand("states", states, before < 0 ? "store" : "both");
    const carries = operand("inner", inner, before < 0 ? "store" : "both");
    const reads = [
      readBefore("state", "states", start, written, before),
      ...(carry ? [readBefore("carry", "inner", carry, carries, before)] : []),
    ];
    emit(lowering, {
      file: "recurrence.wgsl",
      entry: `${attrs.cell}_step`,
      operands: unique([
        operand("x", x),
        operand("sums", sums),
        ...(bias ? [operand("bias", bias)] : []),
        ...masked.operands,
        ...reads.flatMap(({ operands }) => operands),
        written,
        ...(attrs.cell === "simple" ? [] : [operand("gates", ofGates, "store"), carries]),
      ]),
      params: [["units", "u32", units], ["row", "u32", at * batch], ...reads.flatMap(({ params }) => params)],
      constants: [`const GATES = ${gates}u;`],
      functions: [masked.code, ...reads.map(({ code }) => code)].join("\n"),
    }, batch * units);
  }
  if (!carry) return;
  const size = sizeOf(carry.shape);
  copyElements(lowering, inner, outputs[1], size, attrs.reverse ? 0 : (steps - 1) * size);
}

/** Lowers recurrenceGradient: for each step the gates, then the product of their gradients. */
export function lowerRecurrenceGradient(
  lowering: Lowering,
  { attrs }: Node<"recurrenceGradient">,
  inputs: readonly View[],
  [ofX, ofStart, more]: readonly View[],
): void {
  const named = recurrenceGradientOperands(inputs, attrs);
  const { kernel, start, states, gradient, gates: kept, inner, carry, carryGradient, mask } = named;
  const { steps, batch, units, gates } = recurrenceExtents(states, kernel);
  const isGru = attrs.cell === "gru";
  const masked = maskOf(mask);
  const size = batch * units;
  if (carryGradient) copyElements(lowering, carryGradient, more, size);
  const row = lowering.scratch([batch, gates * units]);
  const slopes = [lowering.scratch([batch, units]), lowering.scratch([batch, units])];
  const rows = recurrenceRows(steps, attrs).reverse();
  rows.forEach(({ row: at, before }, step) => {
    const reads = isGru
      ? [readBefore("state", "states", start, operand("states", states), before)]
      : carry && inner
      ? [readBefore("carry", "inner", carry, operand("inner", inner), before)]
      : [];
    const slope = slopes[step % 2];
    emit(lowering, {
      file: "recurrence.wgsl",
      entry: `${attrs.cell}_gradient`,
      operands: unique([
        operand("gradient", gradient),
        ...(kept && inner ? [operand("gates", kept), operand("inner", inner)] : [operand("states", states)]),
        ...masked.operands,
        ...reads.flatMap(({ operands }) => operands),
        operand("of_x", ofX, "store"),
        ...(isGru ? [operand("of_sums", more, "store")] : []),
        operand("slope", slope, "both"),
        ...(carry ? [operand("carry_slope", more, "both")] : []),
      ]),
      params: [["units", "u32", units], ["row", "u32", at * batch], ...reads.flatMap(({ params }) => params)],
      constants: [`const GATES = ${gates}u;`, `const IS_LAST = ${step === 0};`],
      functions: [masked.code, ...reads.map(({ code }) => code)].join("\n"),
    }, size);
    const to = step === steps - 1 ? ofStart : slopes[(step + 1) % 2];
    multiply(lowering, rowOf(lowering, isGru ? more : ofX, at, row), kernel, true, to, slope);
  });
}

/** Operands of which some are named twice. */
const unique = (operands: readonly Operand[]): Operand[] =>
  operands.filter(({ name }, i) => operands.findIndex((other) => other.name === name) === i);

/** Adds a dispatch, which is never a stage of another: all steps then have one pipeline. */
function emit(lowering: Lowering, call: KernelCall, threads: number): void {
  lowering.emitThreads(call, threads, { loop: Infinity });
}
