// recurrence and its gradient: a dispatch for each step.
import type { RecurrenceAttrs } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import {
  recurrenceExtents,
  recurrenceGradientOperands,
  recurrenceOperands,
  recurrenceRows,
} from "../../extents/recurrence.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import { type Operand, quadsOf } from "../operand.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";
import { copyElements } from "./moves.ts";

/** The samples and features of a thread. */
const tile = 4;

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

/** A function of the header that calls the one of the cell. */
const ofCell = (name: string, parameters: string, { cell }: RecurrenceAttrs, end: string) =>
  `fn ${name}_of(sample: u32, unit: u32, ${parameters}) {\n  ${cell}_${name}(sample, unit, ${end});\n}`;

/** Lowers recurrence. */
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
  const isGated = attrs.cell !== "simple";
  const masked = maskOf(mask);
  for (const { row, before } of recurrenceRows(steps, attrs)) {
    const written = operand("states", states, before < 0 ? "store" : "both");
    const carries = operand("inner", inner, before < 0 ? "store" : "both");
    const reads = [
      readBefore("state", "states", start, written, before),
      ...(carry ? [readBefore("carry", "inner", carry, carries, before)] : []),
    ];
    const call: KernelCall = {
      file: "recurrence.wgsl",
      entry: "step",
      operands: unique([
        operand("x", x),
        { ...operand("kernel", kernel), quads: quadsOf(kernel, units, [x]) },
        ...(bias ? [operand("bias", bias)] : []),
        ...masked.operands,
        ...reads.flatMap(({ operands }) => operands),
        written,
        ...(isGated ? [operand("gates", ofGates, "store"), carries] : []),
      ]),
      params: [
        ["batch", "u32", batch],
        ["units", "u32", units],
        ["row", "u32", row * batch],
        ...reads.flatMap(({ params }) => params),
      ],
      constants: [`const GATES = ${gates}u;`],
      functions: [
        masked.code,
        ...reads.map(({ code }) => code),
        ofCell("step", "products: vec4<f32>", attrs, "products"),
      ]
        .join("\n"),
    };
    emit(lowering, call, batch, units);
  }
  if (!carry) return;
  const size = sizeOf(carry.shape);
  const last = recurrenceRows(steps, attrs).at(-1);
  copyElements(lowering, last ? inner : carry, outputs[1], size, last ? last.row * size : 0);
}

/** Lowers recurrenceGradient. */
export function lowerRecurrenceGradient(
  lowering: Lowering,
  { attrs }: Node<"recurrenceGradient">,
  inputs: readonly View[],
  [ofX, ofStart, more]: readonly View[],
): void {
  const named = recurrenceGradientOperands(inputs, attrs);
  const { kernel, start, states, gradient, gates: kept, inner, carry, carryGradient, mask } = named;
  const { steps, batch, units, gates } = recurrenceExtents(states, kernel);
  const size = batch * units;
  const isGru = attrs.cell === "gru";
  const masked = maskOf(mask);
  const slope = operand("slope", lowering.scratch([carry ? 2 : 1, batch, units]), "both");
  if (carryGradient) copyElements(lowering, carryGradient, slope.view, size, 0, size);
  const all = operand("of_x", ofX, "both");
  const gateOperands = kept ? [operand("gates", kept)] : [];
  const sizes: Param[] = [["batch", "u32", batch], ["units", "u32", units]];
  const constants = [`const GATES = ${gates}u;`];
  const sum = `fn sum_of(i: u32, j: u32) -> f32 {\n  return ${isGru ? "gru_sum(i, j)" : "load_of_x(i)"};\n}`;
  const rows = recurrenceRows(steps, attrs).reverse();
  rows.forEach(({ row, before }, step) => {
    const reads = isGru
      ? [readBefore("state", "states", start, operand("states", states), before)]
      : carry && inner
      ? [readBefore("carry", "inner", carry, operand("inner", inner), before)]
      : [];
    const call: KernelCall = {
      file: "recurrence.wgsl",
      entry: "step_gradient",
      operands: unique([
        operand("kernel", kernel),
        operand("gradient", gradient),
        ...gateOperands,
        ...(inner ? [operand("inner", inner)] : [operand("states", states)]),
        ...masked.operands,
        ...reads.flatMap(({ operands }) => operands),
        all,
        slope,
      ]),
      params: [
        ...sizes,
        ["row", "u32", row * batch],
        ["later", "u32", step === 0 ? 0 : rows[step - 1].row * batch],
        ...reads.flatMap(({ params }) => params),
      ],
      constants: [...constants, `const IS_LAST = ${step === 0};`],
      functions: [
        masked.code,
        ...reads.map(({ code }) => code),
        ofCell("gradient", "product: f32", attrs, "product"),
        sum,
      ].join("\n"),
    };
    emit(lowering, call, batch, units);
  });
  if (steps > 0) {
    const call: KernelCall = {
      file: "recurrence.wgsl",
      entry: "start_gradient",
      operands: [operand("kernel", kernel), ...(isGru ? gateOperands : []), operand("of_x", ofX), slope],
      params: [...sizes, ["later", "u32", rows[rows.length - 1].row * batch]],
      constants,
      functions: sum,
    };
    emit(lowering, call, batch, units);
  }
  copyElements(lowering, slope.view, ofStart, size);
  if (carry) copyElements(lowering, slope.view, more, size, size);
  if (!isGru) return;
  lowering.emitThreads({
    file: "recurrence.wgsl",
    entry: "gru_sums",
    operands: [operand("of_x", ofX), ...gateOperands, operand("of_sums", more, "store")],
    params: [["units", "u32", units]],
  }, sizeOf(more.shape));
}

/** Operands of which some are named twice. */
const unique = (operands: readonly Operand[]): Operand[] =>
  operands.filter(({ name }, i) => operands.findIndex((other) => other.name === name) === i);

/** Adds a dispatch of tiles, which is never a stage of another: all steps then have one pipeline. */
function emit(lowering: Lowering, call: KernelCall, batch: number, units: number): void {
  lowering.emitThreads(call, Math.ceil(batch / tile) * Math.ceil(units / tile), { loop: Infinity });
}
