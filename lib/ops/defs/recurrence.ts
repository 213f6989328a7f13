// recurrence: all steps of a recurrent layer as one op, and its gradient. What it computes, as a loop of small ops, is
// `stepByStep`.
import { DTypeError, ShapeError } from "../../errors.ts";
import type { RecurrenceAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import {
  gateCounts,
  recurrenceExtents,
  recurrenceGradientOperands,
  recurrenceOperands,
  recurrenceRows,
} from "../extents/recurrence.ts";
import * as o from "../primitives.ts";
import { lowerRecurrence, lowerRecurrenceGradient } from "../webgpu/kernels/recurrence.ts";
import type { Definition } from "./definition.ts";
import { divideRecurrence, divideRecurrenceGradient } from "./division.ts";
import { gradientsThrough } from "./composed_gradient.ts";
import { gradientStepByStep, rowsBefore, stepByStep, zerosLike } from "./recurrence_steps.ts";

const what = "Cannot run a recurrent cell";

/** An operand, and the shape that it must have; undefined if it is left out. */
type Expected = readonly [ValueType | undefined, Shape];

/** Throws {@linkcode ShapeError} or {@linkcode DTypeError} unless operands are float32 of their shapes, and the mask bool. */
function check(operands: readonly Expected[], mask: ValueType | undefined, rows: Shape): void {
  const given = [...operands, [mask, rows] as Expected].filter(([type]) => type !== undefined);
  const received = given.map(([type]) => `${type!.dtype} ${formatShape(type!.shape)}`).join(", ");
  if (rows[0] === 0 || given.some(([type, shape]) => !sameShape(type!.shape, shape))) {
    throw new ShapeError({
      what,
      rule: "inputs, kernel, states and mask must have shapes that fit, with a step at least",
      received,
    });
  }
  const isRight = operands.every(([type]) => type === undefined || type.dtype === "float32");
  if (isRight && (!mask || mask.dtype === "bool")) return;
  throw new DTypeError({ what, rule: "operands must be float32, and a mask bool", received });
}

/** The floating-point operations of a product of states and kernel in each step. */
function flopsOf({ shape: [steps, batch] }: ValueType, kernel: ValueType): number {
  return 2 * steps * batch * sizeOf(kernel.shape);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The products of a row of states and the kernel's columns. */
function products(state: Float64Array, { shape: [units, columns], data }: RefArray): Float64Array {
  const sums = new Float64Array(columns);
  for (let k = 0; k < units; k++) {
    for (let j = 0; j < columns; j++) sums[j] += state[k] * data[k * columns + j];
  }
  return sums;
}

/** Calls `visit` with each row of `[steps, batch]` in the order of the steps, the one before it, and the sample. */
function eachRow(
  [steps, batch]: readonly [number, number],
  attrs: RecurrenceAttrs,
  visit: (row: number, before: number, sample: number) => void,
): void {
  for (const { row, before } of recurrenceRows(steps, attrs)) {
    for (let b = 0; b < batch; b++) visit(row * batch + b, before < 0 ? -1 : before * batch + b, b);
  }
}

/** The definitions of recurrence and its gradient. */
export const recurrenceDefs = {
  recurrence: {
    workgroupWork: () => Infinity,
    cost: ([x, kernel]) => ({ flops: flopsOf(x, kernel) }),
    shape: (inputs, attrs) => {
      const { x, kernel, start, carry, bias, mask } = recurrenceOperands(inputs, attrs);
      const [units] = kernel.shape;
      const [steps, batch] = x.shape;
      const columns = gateCounts[attrs.cell] * units;
      const state = [batch, units];
      check(
        [[x, [steps, batch, columns]], [kernel, [units, columns]], [start, state], [carry, state], [bias, [columns]]],
        mask,
        [steps, batch],
      );
      const states = [steps, batch, units];
      const kept = attrs.cell === "simple" ? [] : [[steps, batch, columns], states];
      return [states, ...(attrs.cell === "lstm" ? [state] : []), ...kept];
    },
    dtype: (_inputs, { cell }) => new Array(({ simple: 1, gru: 3, lstm: 4 })[cell]).fill("float32"),
    inPlace: (_inputs, _outputs, { cell }) => [[{ simple: 0, gru: 1, lstm: 2 }[cell], 0]],
    vjp: ({ inputs, outputs, gradients: gradientsOfAll, attrs }) => {
      const [ofStates, ...others] = gradientsOfAll;
      const { x, kernel, start, carry, bias, mask } = recurrenceOperands(inputs, attrs);
      const isLstm = attrs.cell === "lstm";
      const [ofCarry, ...ofKept] = isLstm ? others : [undefined, ...others];
      if (ofKept.some((gradient) => gradient)) return gradientsThrough(stepByStep, inputs, gradientsOfAll, attrs);
      const [states, ...rest] = outputs;
      const kept = rest.slice(isLstm ? 1 : 0);
      const carries = carry ? [carry, ofCarry ?? zerosLike(carry)] : [];
      const masks = mask ? [mask] : [];
      const operands = [kernel, start, states, ofStates ?? zerosLike(states), ...kept, ...carries, ...masks];
      const [ofX, ofStart, more] = apply("recurrenceGradient", operands, attrs);
      const ofSums = attrs.cell === "gru" ? more : ofX;
      const { steps, batch, units, gates } = recurrenceExtents(x, kernel);
      const flat = (value: Value, width: number) => o.reshape(value, [steps * batch, width]);
      const before = flat(rowsBefore(start, states, attrs), units);
      const ofKernel = o.matmul(before, flat(ofSums, gates * units), { transposeA: true });
      return [
        ofX,
        ofKernel,
        ofStart,
        ...(carry ? [more] : []),
        ...(bias ? [o.sum(ofSums, [0, 1])] : []),
        ...masks.map(() => undefined),
      ];
    },
    divide: divideRecurrence,
    lower: lowerRecurrence,
    nativeAttrs: { reverse: "flag" },
    reference: (inputs, attrs, outputs) => {
      const { x, kernel, start, carry, bias, mask } = recurrenceOperands(inputs, attrs);
      const { steps, batch, units, gates } = recurrenceExtents(x, kernel);
      const results = outputs.map(({ shape }) => new Float64Array(sizeOf(shape)));
      const [states, ...rest] = results;
      const [lastCarry, kept, inner] = attrs.cell === "lstm" ? rest : [undefined, ...rest];
      if (carry) lastCarry!.set(carry.data);
      eachRow([steps, batch], attrs, (row, before, b) => {
        const state = before < 0
          ? start.data.subarray(b * units, (b + 1) * units)
          : states.subarray(before * units, (before + 1) * units);
        const sums = products(state, kernel);
        if (bias) bias.data.forEach((value, j) => sums[j] += value);
        const isSeen = !mask || mask.data[row] !== 0;
        for (let u = 0; u < units; u++) {
          const at = (gate: number) => gate * units + u;
          const given = (gate: number) => x.data[row * gates * units + at(gate)];
          const keep = (...values: number[]) =>
            values.forEach((value, gate) => kept![row * gates * units + at(gate)] = value);
          let next: number;
          if (attrs.cell === "simple") {
            next = Math.tanh(given(0) + sums[u]);
          } else if (attrs.cell === "gru") {
            const [z, r] = [0, 1].map((gate) => sigmoid(given(gate) + sums[at(gate)]));
            const candidate = Math.tanh(given(2) + r * sums[at(2)]);
            keep(z, r, candidate);
            inner![row * units + u] = sums[at(2)];
            next = z * state[u] + (1 - z) * candidate;
          } else {
            const [i, f, o] = [0, 1, 3].map((gate) => sigmoid(given(gate) + sums[at(gate)]));
            const candidate = Math.tanh(given(2) + sums[at(2)]);
            keep(i, f, candidate, o);
            const old = before < 0 ? carry!.data[b * units + u] : inner![before * units + u];
            const c = f * old + i * candidate;
            inner![row * units + u] = lastCarry![b * units + u] = isSeen ? c : old;
            next = o * Math.tanh(c);
          }
          states[row * units + u] = isSeen ? next : state[u];
        }
      });
      return results;
    },
  } satisfies Definition<"recurrence">,
  recurrenceGradient: {
    workgroupWork: () => Infinity,
    cost: ([kernel, _start, states]) => ({ flops: flopsOf(states, kernel) }),
    shape: (inputs, attrs) => {
      const named = recurrenceGradientOperands(inputs, attrs);
      const { kernel, start, states, gradient, gates, inner, carry, carryGradient, mask } = named;
      const [steps, batch, units] = states.shape;
      const columns = gateCounts[attrs.cell] * units;
      const [state, all, ofGates] = [[batch, units], [steps, batch, units], [steps, batch, columns]];
      const ofKept: Expected[] = [[gates, ofGates], [inner, all], [carry, state], [carryGradient, state]];
      check(
        [[kernel, [units, columns]], [start, state], [states, all], [gradient, all], ...ofKept],
        mask,
        [steps, batch],
      );
      return [ofGates, state, ...({ simple: [], gru: [ofGates], lstm: [state] })[attrs.cell]];
    },
    dtype: (_inputs, { cell }) => new Array(cell === "simple" ? 2 : 3).fill("float32"),
    inPlace: (_inputs, _outputs, { cell }) => [[0, cell === "simple" ? 3 : 4]],
    vjp: ({ inputs, gradients, attrs }) => gradientsThrough(gradientStepByStep, inputs, gradients, attrs),
    divide: divideRecurrenceGradient,
    lower: lowerRecurrenceGradient,
    nativeAttrs: { reverse: "flag" },
    reference: (inputs, attrs) => {
      const named = recurrenceGradientOperands(inputs, attrs);
      const { kernel, start, states, gradient, gates: kept, inner, carry, carryGradient, mask } = named;
      const { steps, batch, units, gates } = recurrenceExtents(states, kernel);
      const columns = gates * units;
      const ofX = new Float64Array(steps * batch * columns);
      const ofSums = attrs.cell === "gru" ? new Float64Array(ofX.length) : ofX;
      const ofState = new Float64Array(batch * units);
      const ofCarry = carryGradient?.data.slice();
      const rows: [number, number, number][] = [];
      eachRow([steps, batch], attrs, (...at) => rows.push(at));
      for (const [row, before, b] of rows.reverse()) {
        for (let u = 0; u < units; u++) {
          const own = b * units + u;
          const slope = ofState[own] + gradient.data[row * units + u];
          ofState[own] = slope;
          if (mask && mask.data[row] === 0) continue;
          const at = (gate: number) => row * columns + gate * units + u;
          ofState[own] = 0;
          if (attrs.cell === "simple") {
            ofX[at(0)] = slope * (1 - states.data[row * units + u] ** 2);
          } else if (attrs.cell === "gru") {
            const [z, r, candidate] = [0, 1, 2].map((gate) => kept!.data[at(gate)]);
            const state = before < 0 ? start.data[own] : states.data[before * units + u];
            const ofCandidate = slope * (1 - z) * (1 - candidate ** 2);
            const ofZ = slope * (state - candidate) * z * (1 - z);
            const ofR = ofCandidate * inner!.data[row * units + u] * r * (1 - r);
            [ofZ, ofR, ofCandidate].forEach((value, gate) => ofX[at(gate)] = value);
            [ofZ, ofR, ofCandidate * r].forEach((value, gate) => ofSums[at(gate)] = value);
            ofState[own] = slope * z;
          } else {
            const [i, f, candidate, o] = [0, 1, 2, 3].map((gate) => kept!.data[at(gate)]);
            const old = before < 0 ? carry!.data[own] : inner!.data[before * units + u];
            const squashed = Math.tanh(inner!.data[row * units + u]);
            const ofC = ofCarry![own] + slope * o * (1 - squashed ** 2);
            ofX[at(0)] = ofC * candidate * i * (1 - i);
            ofX[at(1)] = ofC * old * f * (1 - f);
            ofX[at(2)] = ofC * i * (1 - candidate ** 2);
            ofX[at(3)] = slope * squashed * o * (1 - o);
            ofCarry![own] = ofC * f;
          }
        }
        for (let u = 0; u < units; u++) {
          for (let j = 0; j < columns; j++) {
            ofState[b * units + u] += ofSums[row * columns + j] * kernel.data[u * columns + j];
          }
        }
      }
      return [ofX, ofState, ...(attrs.cell === "gru" ? [ofSums] : ofCarry ? [ofCarry] : [])];
    },
  } satisfies Definition<"recurrenceGradient">,
};
