// Every op on every executor: values against the float64 reference, gradients against central differences.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import type { OpAttrs } from "../../lib/ir/graph.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { requireTrace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { opNames } from "../../lib/ops/defs/table.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { numbers, type Sample, samples } from "./samples.ts";

const wide = ({ shape, dtype, data }: Tensor): RefArray => ({ shape, dtype, data: Float64Array.from(data) });

/** The op's outputs in float64, from inputs in float64. */
function expected(op: OpName, inputs: readonly RefArray[], attrs: OpAttrs[OpName]): RefArray[] {
  const row = opDef(op);
  const shapes = row.shape(inputs, attrs as never);
  const dtypes = row.dtype(inputs, attrs as never);
  const types = shapes.map((shape, i) => ({ shape, dtype: dtypes[i] }));
  return row.reference(inputs, attrs as never, types).map((data, i) => ({ ...types[i], data }));
}

/** Runs an op as a program of its own, its inputs being arguments. */
function run(op: OpName, { inputs, attrs }: Sample): Promise<Tensor[]> {
  // Emitted as a node even without operands, where applying would compute at once.
  return compile((...args: Value[]) => requireTrace(op).emit(op, args, attrs as never))(...inputs) as Promise<Tensor[]>;
}

const describe = (op: string, { inputs, attrs }: Sample) =>
  `${op}(${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")}) ${JSON.stringify(attrs).slice(0, 80)}`;

const table = Object.entries(samples) as [Exclude<OpName, "fused" | "scan">, readonly Sample[]][];

for (const [op, list] of table) {
  testOnBackends(`${op}: values`, async () => {
    for (const sample of list) {
      const outputs = expected(op, sample.inputs.map(wide), sample.attrs);
      const actual = await run(op, sample);
      outputs.forEach(({ shape, dtype, data }, i) => {
        const what = `${describe(op, sample)} output ${i}`;
        assert.deepEqual([actual[i].dtype, [...actual[i].shape]], [dtype, [...shape]], what);
        const scale = Math.max(1, ...[...data].filter(Number.isFinite).map(Math.abs));
        const bound = sample.tolerance?.bound ?? 2e-6;
        const near = dtype === "float32"
          ? { absolute: sample.tolerance || op.endsWith("Update") ? bound * scale : bound * 1e-3, relative: bound }
          : { absolute: 0, relative: 0 };
        assertClose(actual[i].data, dtype === "float32" ? data.map(Math.fround) : data, near, what);
      });
    }
  });

  if (typeof opDef(op).vjp !== "function") continue;
  testOnBackends(`${op}: gradients`, async () => {
    for (const sample of list) await checkGradients(op, sample);
  });
}

/** The slope of `sum(weights * outputs)` along each input element, by central differences in float64. */
function slopes(op: OpName, sample: Sample, weights: readonly Float64Array[], input: number): Float64Array {
  const inputs = sample.inputs.map(wide);
  const score = () =>
    expected(op, inputs, sample.attrs).reduce(
      (total, { dtype, data }, i) =>
        total + (dtype === "float32" ? data.reduce((sum, y, j) => sum + y * weights[i][j], 0) : 0),
      0,
    );
  const { data } = inputs[input];
  return data.map((x, i) => {
    const step = 1e-5 * Math.max(1, Math.abs(x));
    data[i] = x + step;
    const above = score();
    data[i] = x - step;
    const below = score();
    data[i] = x;
    return (above - below) / (2 * step);
  });
}

async function checkGradients(op: OpName, sample: Sample): Promise<void> {
  const free = sample.gradientFree?.inputs ?? [];
  const targets = sample.inputs.map((_, i) => i).filter((i) =>
    sample.inputs[i].dtype === "float32" && !free.includes(i)
  );
  if (opDef(op).dtype(sample.inputs, sample.attrs as never).every((dtype) => dtype !== "float32")) return;
  if (targets.length === 0 || sample.inputs.some(({ size }) => size > 5000)) return;
  const outputs = expected(op, sample.inputs.map(wide), sample.attrs);
  // The gradient of a cross-entropy's own gradient output is refused: only its loss is weighted.
  const weighted = outputs.map(({ dtype }, i) => dtype === "float32" && !(op === "softmaxCrossEntropy" && i > 0));
  const weights = outputs.map(({ shape }, i) => {
    const made = numbers(shape);
    return weighted[i] ? made : new Tensor(shape, "float32", made.data.map(() => 0) as Float32Array<ArrayBuffer>);
  });
  const program = compile((...args: Value[]) => {
    const results = apply(op, args, sample.attrs as never) as Value[];
    const terms = results.filter((_, i) => weighted[i]).map((y, i) =>
      ops.sum(ops.multiply(y, weights[weighted.indexOf(true, i)]))
    );
    const loss = terms.reduce((a, b) => ops.add(a, b));
    return gradients(loss, targets.map((i) => args[i]));
  });
  const actual = await program(...sample.inputs) as Tensor[];
  targets.forEach((input, i) => {
    // Large inputs are sampled through a narrower op elsewhere in the table; here each element is differenced.
    if (sample.inputs[input].size > 700) return;
    const slope = slopes(op, sample, weights.map(({ data }) => Float64Array.from(data)), input);
    assertClose(
      actual[i].data,
      slope,
      { absolute: 2e-4, relative: 2e-4 },
      `${describe(op, sample)} gradient by input ${input}`,
    );
  });
}

Deno.test("every op but fused and scan has samples", () => {
  assert.deepEqual(opNames.filter((op) => !(op in samples)).sort(), ["fused", "scan"]);
});

testOnBackends("no gradient flows through stopGradient", async () => {
  const slope = grad((x) => ops.sum(ops.multiply(x, ops.stopGradient(ops.square(x)))));
  assert.deepEqual([...(await slope([1, 2, 3]))[0].data], [1, 4, 9]);
});
