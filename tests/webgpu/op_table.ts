// The op table on one executor: values and gradients of every sample against the float64 reference. Also runs in browsers.
import type { Executor } from "../../lib/exec/executor.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import type { OpAttrs } from "../../lib/ir/graph.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { currentTrace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { type Sample, samples } from "../ops/samples.ts";
import { runOn } from "./run_on.ts";

/** The samples as a list. */
export const table = Object.entries(samples) as [Exclude<OpName, "fused" | "scan">, readonly Sample[]][];

const wide = ({ shape, dtype, data }: Tensor): RefArray => ({ shape, dtype, data: Float64Array.from(data) });

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

/** The first element that is further from `right` than allowed; NaN and infinities must be equal. */
export function difference(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  absolute: number,
  relative: number,
): string | undefined {
  if (actual.length !== right.length) return `${actual.length} elements, expected ${right.length}`;
  for (let i = 0; i < right.length; i++) {
    const near = Object.is(actual[i], right[i]) || actual[i] === right[i] ||
      Math.abs(actual[i] - right[i]) <= absolute + relative * Math.abs(right[i]);
    if (!near) return `element ${i} is ${actual[i]}, expected ${right[i]}`;
  }
  return undefined;
}

/** What is wrong with the op's values on its samples. */
export async function checkValues(executor: Executor, op: OpName, list: readonly Sample[]): Promise<string[]> {
  const faults: string[] = [];
  for (const sample of list) {
    const outputs = expected(op, sample.inputs.map(wide), sample.attrs);
    let actual: Tensor[];
    try {
      actual = await runOn(
        executor,
        (...args) => currentTrace()!.emit(op, args, sample.attrs as never),
        sample.inputs,
      );
    } catch (error) {
      faults.push(`${describe(op, sample)}: ${(error as Error).message}`);
      continue;
    }
    outputs.forEach(({ dtype, data }, i) => {
      const scale = Math.max(1, ...[...data].filter(Number.isFinite).map(Math.abs));
      const bound = sample.tolerance?.bound ?? 2e-6;
      const loose = sample.tolerance !== undefined || op.endsWith("Update");
      const fault = dtype === "float32"
        ? difference(actual[i].data, data.map(Math.fround), loose ? bound * scale : bound * 1e-3, bound)
        : difference(actual[i].data, data, 0, 0);
      if (fault) faults.push(`${describe(op, sample)} output ${i}: ${fault}`);
    });
  }
  return faults;
}

/** What is wrong with the op's gradients on its samples, against the reference rows run on the same graph. */
export async function checkGradients(
  executor: Executor,
  reference: Executor,
  op: OpName,
  list: readonly Sample[],
): Promise<string[]> {
  if (typeof opDef(op).vjp !== "function") return [];
  const faults: string[] = [];
  for (const sample of list) {
    const free = sample.gradientFree?.inputs ?? [];
    const targets = sample.inputs.map((_, i) => i)
      .filter((i) => sample.inputs[i].dtype === "float32" && !free.includes(i));
    const outputs = expected(op, sample.inputs.map(wide), sample.attrs);
    const weighted = outputs.map(({ dtype }, i) => dtype === "float32" && !(op === "softmaxCrossEntropy" && i > 0));
    if (targets.length === 0 || !weighted.includes(true)) continue;
    if (sample.inputs.some(({ size }) => size > 5000)) continue;
    const program = (...args: Value[]) => {
      const results = apply(op, args, sample.attrs as never) as Value[];
      const terms = results.filter((_, i) => weighted[i]).map((y) => ops.sum(ops.multiply(y, weightsLike(y))));
      const loss = terms.reduce((a, b) => ops.add(a, b));
      return gradientsOf(currentTrace()!, loss, targets.map((i) => args[i]));
    };
    const right = await runOn(reference, program, sample.inputs);
    let actual: Tensor[];
    try {
      actual = await runOn(executor, program, sample.inputs);
    } catch (error) {
      faults.push(`gradients of ${describe(op, sample)}: ${(error as Error).message}`);
      continue;
    }
    right.forEach(({ data }, i) => {
      const scale = Math.max(1, ...[...data].filter(Number.isFinite).map(Math.abs));
      // A gradient is several ops in a row: each may round, and cancel what another made large.
      const fault = difference(actual[i].data, data, 1e-5 * scale, 1e-5);
      if (fault) faults.push(`gradient ${targets[i]} of ${describe(op, sample)}: ${fault}`);
    });
  }
  return faults;
}

/** Fixed numbers of a value's shape, so that each output counts differently. */
function weightsLike({ shape }: Value): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(shape, "float32", Float32Array.from({ length: size }, (_, i) => ((i * 7) % 11) / 5 - 1));
}
