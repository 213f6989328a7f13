// The op table on one executor: every sample against the float64 reference, and that against differences. Runs in
// browsers too.
import type { Executor } from "../../lib/exec/executor.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import type { OpAttrs, ValueType } from "../../lib/ir/graph.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { tracing } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { type Sample, samples } from "./samples.ts";
import { runOn } from "../run_on.ts";

/** The samples as a list. */
export const table = Object.entries(samples) as [Exclude<OpName, "fused" | "scan">, readonly Sample[]][];

const wide = ({ shape, dtype, data }: Tensor): RefArray => ({ shape, dtype, data: Float64Array.from(data) });

/** A function that records an op with given attributes. */
export function emitting(op: OpName, attrs: OpAttrs[OpName]): (...args: Value[]) => readonly Value[] {
  return (...args) => tracing.current!.emit(op, args, attrs as never);
}

/** The op's outputs in float64. */
function expected(op: OpName, inputs: readonly RefArray[], attrs: OpAttrs[OpName]): RefArray[] {
  const row = opDef(op);
  const shapes = row.shape(inputs, attrs as never);
  const dtypes = row.dtype(inputs, attrs as never);
  const types = shapes.map((shape, i) => ({ shape, dtype: dtypes[i] }));
  return row.reference(inputs, attrs as never, types).map((data, i) => ({ ...types[i], data }));
}

const describe = (op: string, { inputs, attrs }: Sample) =>
  `${op}(${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")}) ${JSON.stringify(attrs).slice(0, 80)}`;

/** The element of a result that is worst for what it is allowed. */
export interface Comparison {
  readonly error: number;
  /** What its error may be at most. */
  readonly bound: number;
  /** What is wrong, if the error is larger. */
  readonly fault?: string;
}

/** The worst element; NaN and infinities must be equal. */
function worst(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  absolute: number,
  relative: number,
): Comparison {
  if (actual.length !== right.length) {
    return { error: Infinity, bound: 0, fault: `${actual.length} elements, expected ${right.length}` };
  }
  let [at, error, bound, share] = [0, 0, 0, -1];
  for (let i = 0; i < right.length; i++) {
    const same = Object.is(actual[i], right[i]) || actual[i] === right[i];
    const off = same ? 0 : Math.abs(actual[i] - right[i]);
    const most = absolute + relative * (Number.isFinite(right[i]) ? Math.abs(right[i]) : 0);
    const each = off === 0 ? 0 : Number.isNaN(off) ? Infinity : off / most;
    if (each > share) [at, error, bound, share] = [i, Number.isNaN(off) ? Infinity : off, most, each];
  }
  return error <= bound
    ? { error, bound }
    : { error, bound, fault: `element ${at} is ${actual[at]}, expected ${right[at]}` };
}

/** What is wrong with the worst element, if it differs from `right` by more than allowed. */
export function difference(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  absolute: number,
  relative: number,
): string | undefined {
  return worst(actual, right, absolute, relative).fault;
}

/** The comparison of something that could not run. */
const failed = (what: string, error: unknown): Comparison => ({
  error: Infinity,
  bound: 0,
  fault: `${what}: ${(error as Error).message}`,
});

/** The faults among comparisons. */
const faultsOf = (list: readonly Comparison[]) => list.flatMap(({ fault }) => fault ?? []);

/** How an op's values on its samples compare. */
export async function compareValues(executor: Executor, op: OpName, list: readonly Sample[]): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const sample of list) {
    const outputs = expected(op, sample.inputs.map(wide), sample.attrs);
    let actual: Tensor[];
    try {
      actual = await runOn(executor, emitting(op, sample.attrs), sample.inputs);
    } catch (error) {
      comparisons.push(failed(describe(op, sample), error));
      continue;
    }
    outputs.forEach(({ dtype, data }, i) => {
      const scale = Math.max(1, ...[...data].filter(Number.isFinite).map(Math.abs));
      const bound = sample.tolerance?.bound ?? 2e-6;
      const loose = sample.tolerance !== undefined;
      const found = dtype === "float32"
        ? worst(actual[i].data, data.map(Math.fround), loose ? bound * scale : bound * 1e-3, bound)
        : worst(actual[i].data, data, 0, 0);
      comparisons.push(naming(`${describe(op, sample)} output ${i}`, found));
    });
  }
  return comparisons;
}

/** A comparison whose fault says what it is of. */
function naming(what: string, { error, bound, fault }: Comparison): Comparison {
  return fault === undefined ? { error, bound } : { error, bound, fault: `${what}: ${fault}` };
}

/** The faults of an op's values on its samples. */
export async function checkValues(executor: Executor, op: OpName, list: readonly Sample[]): Promise<string[]> {
  return faultsOf(await compareValues(executor, op, list));
}

/** The gradients of a sample as a program: of the sum of its float outputs, each element times a fixed number. */
interface GradientProgram {
  readonly program: (...args: Value[]) => Value[];
  /** The inputs that it differentiates by. */
  readonly targets: readonly number[];
  /** The value of that sum for other inputs, in float64. */
  readonly score: (inputs: readonly RefArray[]) => number;
}

/** The gradients of a sample, if it has any. */
function gradientProgram(
  op: OpName,
  { inputs, attrs, gradientFree, differentiated }: Sample,
): GradientProgram | undefined {
  if (typeof opDef(op).vjp !== "function" || inputs.some(({ size }) => size > 5000)) return undefined;
  const free = gradientFree?.inputs ?? [];
  const targets = inputs.map((_, i) => i).filter((i) => inputs[i].dtype === "float32" && !free.includes(i));
  // Of these only the first output has a gradient.
  const isFirstOnly = ["softmaxCrossEntropy", "attention"].includes(op);
  const isWeighted = ({ dtype }: ValueType, i: number) =>
    dtype === "float32" && !(isFirstOnly && i > 0) && (differentiated?.includes(i) ?? true);
  if (targets.length === 0 || !expected(op, inputs.map(wide), attrs).some(isWeighted)) return undefined;
  return {
    targets,
    program(...args) {
      const results = apply(op, args, attrs as never) as Value[];
      const terms = results.filter(isWeighted).map((y) => ops.sum(ops.multiply(y, weightsLike(y))));
      return gradientsOf(tracing.current!, terms.reduce((a, b) => ops.add(a, b)), targets.map((i) => args[i]));
    },
    score: (inputs) =>
      expected(op, inputs, attrs).filter(isWeighted).reduce((total, y) => {
        const weights = weightsLike(y).data;
        return y.data.reduce((sum, element, i) => sum + element * weights[i], total);
      }, 0),
  };
}

/** How an op's gradients on its samples compare with the reference run on the same graph. */
export async function compareGradients(
  executor: Executor,
  reference: Executor,
  op: OpName,
  list: readonly Sample[],
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const sample of list) {
    const gradients = gradientProgram(op, sample);
    if (!gradients) continue;
    const right = await runOn(reference, gradients.program, sample.inputs);
    let actual: Tensor[];
    try {
      actual = await runOn(executor, gradients.program, sample.inputs);
    } catch (error) {
      comparisons.push(failed(`gradients of ${describe(op, sample)}`, error));
      continue;
    }
    right.forEach(({ data }, i) => {
      const scale = Math.max(1, ...[...data].filter(Number.isFinite).map(Math.abs));
      // A gradient is several ops in sequence: each may round, or cancel large values of another.
      const found = worst(actual[i].data, data, 1e-5 * scale, 1e-5);
      comparisons.push(naming(`gradient ${gradients.targets[i]} of ${describe(op, sample)}`, found));
    });
  }
  return comparisons;
}

/** The faults of an op's gradients on its samples. */
export async function checkGradients(
  executor: Executor,
  reference: Executor,
  op: OpName,
  list: readonly Sample[],
): Promise<string[]> {
  return faultsOf(await compareGradients(executor, reference, op, list));
}

/** The faults of the reference's gradients on an op's samples, against central differences in float64. */
export async function checkSlopes(reference: Executor, op: OpName, list: readonly Sample[]): Promise<string[]> {
  const faults: string[] = [];
  let checked = 0;
  for (const sample of list) {
    const gradients = gradientProgram(op, sample);
    if (!gradients) continue;
    const actual = await runOn(reference, gradients.program, sample.inputs);
    gradients.targets.forEach((input, i) => {
      // Large inputs have smaller samples elsewhere in the table; here every element is differenced.
      if (sample.inputs[input].size > 700) return;
      checked++;
      const fault = difference(actual[i].data, slopes(gradients, sample.inputs.map(wide), input), 2e-4, 2e-4);
      if (fault) faults.push(`gradient ${input} of ${describe(op, sample)}: ${fault}`);
    });
  }
  return checked > 0 ? faults : [`no sample of ${op} has a gradient to check`];
}

/** The slope of the score along each element of an input, by central differences. */
function slopes({ score }: GradientProgram, inputs: readonly RefArray[], input: number): Float64Array {
  const { data } = inputs[input];
  return data.map((x, i) => {
    const step = 1e-5 * Math.max(1, Math.abs(x));
    data[i] = x + step;
    const above = score(inputs);
    data[i] = x - step;
    const below = score(inputs);
    data[i] = x;
    return (above - below) / (2 * step);
  });
}

/** Fixed numbers with a value's shape, so that each output counts differently. */
function weightsLike({ shape }: ValueType): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(shape, "float32", Float32Array.from({ length: size }, (_, i) => ((i * 7) % 11) / 5 - 1));
}
