// A recurrence and its gradient as loops of small ops: for gradients of gradients, and for files that lack the op.
import type { RecurrenceAttrs } from "../../ir/attrs.ts";
import { requireTrace } from "../../ir/trace.ts";
import type { Value } from "../../ir/value.ts";
import { recurrenceExtents, recurrenceGradientOperands, recurrenceOperands } from "../extents/recurrence.ts";
import * as o from "../primitives.ts";
import { scan } from "./scan.ts";

/** Zeros, which take no memory. */
export function zerosLike({ shape }: Value): Value {
  return o.broadcastTo(requireTrace("a recurrence").constant([], "float32", Float32Array.of(0)), shape);
}

/** What each step starts with, `[steps, batch, units]`, from the states after each. */
export function rowsBefore(start: Value, states: Value, { reverse }: RecurrenceAttrs): Value {
  const [steps, ...row] = states.shape;
  const others = o.slice(states, [reverse ? 1 : 0, 0, 0], [steps - 1, ...row]);
  const first = o.reshape(start, [1, ...row]);
  return o.concat(reverse ? [others, first] : [first, others], 0);
}

/** The parts of the gates, each `[batch, units]`. */
function partsOf(x: Value, units: number): Value[] {
  const [batch, width] = x.shape;
  return Array.from({ length: width / units }, (_, i) => o.slice(x, [0, i * units], [batch, units]));
}

/** What a step computes: the next states, what the gradient needs of the gates, and besides them. */
interface Computed {
  readonly next: readonly Value[];
  readonly gates: readonly Value[];
  readonly inner: readonly Value[];
}

/** A step, from what the gates have of the input and of the state. */
function step(
  { cell }: RecurrenceAttrs,
  x: readonly Value[],
  sums: readonly Value[],
  [h, c]: readonly Value[],
): Computed {
  const both = x.map((part, i) => o.add(part, sums[i]));
  if (cell === "simple") return { next: [o.tanh(both[0])], gates: [], inner: [] };
  if (cell === "gru") {
    const [z, r] = [o.sigmoid(both[0]), o.sigmoid(both[1])];
    const candidate = o.tanh(o.add(x[2], o.multiply(r, sums[2])));
    const next = o.add(o.multiply(z, h), o.multiply(o.subtract(1, z), candidate));
    return { next: [next], gates: [z, r, candidate], inner: [sums[2]] };
  }
  const [i, f, output] = [both[0], both[1], both[3]].map((sum) => o.sigmoid(sum));
  const candidate = o.tanh(both[2]);
  const carry = o.add(o.multiply(f, c), o.multiply(i, candidate));
  return { next: [o.multiply(output, o.tanh(carry)), carry], gates: [i, f, candidate, output], inner: [carry] };
}

/** The mask of a step, as it broadcasts to states. */
const column = (seen: Value) => o.reshape(seen, [seen.shape[0], 1]);

/** What the op `recurrence` computes. */
export function stepByStep(operands: readonly Value[], attrs: RecurrenceAttrs): Value[] {
  const { x, kernel, start, carry, bias, mask } = recurrenceOperands(operands, attrs);
  const { steps, units } = recurrenceExtents(x, kernel);
  const { carries, stacked } = scan({
    length: steps,
    carries: carry ? [start, carry] : [start],
    scanned: mask ? [x, mask] : [x],
    reverse: attrs.reverse,
  }, (states, [row, seen]) => {
    const product = o.matmul(states[0], kernel);
    const sums = partsOf(bias ? o.add(product, bias) : product, units);
    const { next, gates, inner } = step(attrs, partsOf(row, units), sums, states);
    const kept = next.map((state, i) => seen ? o.select(column(seen), state, states[i]) : state);
    const extra = carry ? [kept[1]] : inner;
    return { carries: kept, stacked: [kept[0], ...(gates.length > 0 ? [o.concat(gates, -1)] : []), ...extra] };
  });
  return [stacked[0], ...carries.slice(1), ...stacked.slice(1)];
}

/** What the gradient of a step computes: by the gates' inputs and by the products, and by the states before. */
interface Slopes {
  readonly ofX: readonly Value[];
  readonly ofSums: readonly Value[];
  readonly ofStates: readonly (Value | undefined)[];
}

/** The slope of tanh and of sigmoid, from their values. */
const ofTanh = (y: Value) => o.subtract(1, o.square(y));
const ofSigmoid = (y: Value) => o.multiply(y, o.subtract(1, y));

/** The gradient of a step, from those by the states after it. */
function stepGradient({ cell }: RecurrenceAttrs, slope: Value, ofCarry: Value, rows: Rows, units: number): Slopes {
  const { state, before, gates, inner, oldCarry } = rows;
  const times = (...factors: Value[]) => factors.reduce((a, b) => o.multiply(a, b));
  if (cell === "simple") {
    const ofX = [times(slope, ofTanh(state))];
    return { ofX, ofSums: ofX, ofStates: [undefined] };
  }
  const parts = partsOf(gates, units);
  if (cell === "gru") {
    const [z, r, candidate] = parts;
    const ofCandidate = times(slope, o.subtract(1, z), ofTanh(candidate));
    const ofZ = times(slope, o.subtract(before, candidate), ofSigmoid(z));
    const ofR = times(ofCandidate, inner, ofSigmoid(r));
    const ofX = [ofZ, ofR, ofCandidate];
    return { ofX, ofSums: [ofZ, ofR, times(ofCandidate, r)], ofStates: [times(slope, z)] };
  }
  const [i, f, candidate, output] = parts;
  const squashed = o.tanh(inner);
  const ofC = o.add(ofCarry, times(slope, output, ofTanh(squashed)));
  const ofX = [
    times(ofC, candidate, ofSigmoid(i)),
    times(ofC, oldCarry, ofSigmoid(f)),
    times(ofC, i, ofTanh(candidate)),
    times(slope, squashed, ofSigmoid(output)),
  ];
  return { ofX, ofSums: ofX, ofStates: [undefined, times(ofC, f)] };
}

/** What the gradient of a step reads, each for one step. */
interface Rows {
  readonly state: Value;
  readonly before: Value;
  readonly gates: Value;
  readonly inner: Value;
  readonly oldCarry: Value;
}

/** What the op `recurrenceGradient` computes. */
export function gradientStepByStep(operands: readonly Value[], attrs: RecurrenceAttrs): Value[] {
  const named = recurrenceGradientOperands(operands, attrs);
  const { kernel, start, states, gradient, gates, inner, carry, carryGradient, mask } = named;
  const { steps, units } = recurrenceExtents(states, kernel);
  const before = rowsBefore(start, states, attrs);
  const kept = gates && inner ? [gates, inner] : [states, states];
  const oldCarries = carry && inner ? rowsBefore(carry, inner, attrs) : states;
  const { carries, stacked } = scan({
    length: steps,
    carries: [zerosLike(start), ...(carryGradient ? [carryGradient] : [])],
    scanned: [gradient, states, before, ...kept, oldCarries, ...(mask ? [mask] : [])],
    reverse: !attrs.reverse,
  }, ([ofState, ofCarry], [ofRow, state, before, gates, inner, oldCarry, mask]) => {
    const slope = o.add(ofState, ofRow);
    const rows = { state, before, gates, inner, oldCarry };
    const { ofX, ofSums, ofStates: [direct, nextOfCarry] } = stepGradient(attrs, slope, ofCarry, rows, units);
    const seen = mask && column(mask);
    const where = (value: Value, otherwise: Value | number) => seen ? o.select(seen, value, otherwise) : value;
    const [byX, bySums] = [ofX, ofSums].map((list) => where(o.concat(list, -1), 0));
    const product = o.matmul(bySums, kernel, { transposeB: true });
    const next = where(direct ? o.add(direct, product) : product, slope);
    return {
      carries: [next, ...(nextOfCarry ? [where(nextOfCarry, ofCarry)] : [])],
      stacked: attrs.cell === "gru" ? [byX, bySums] : [byX],
    };
  });
  return [stacked[0], ...carries, ...stacked.slice(1)];
}
