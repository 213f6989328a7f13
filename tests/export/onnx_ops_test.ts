// Every op, written as ONNX: ONNX Runtime computes what the float64 reference does, for the samples of all executors.
import assert from "node:assert/strict";
import { writeOnnx } from "../../lib/export/onnx.ts";
import { onnxOps } from "../../lib/export/onnx_ops.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { withContext } from "../../lib/ir/context.ts";
import type { RefArray } from "../../lib/ir/op_def.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { emitting, table } from "../ops/op_table.ts";
import { numbers } from "../ops/samples.ts";
import { runOnnx } from "./onnx_run.ts";

/** Runs a traced function by ONNX Runtime and by the reference, and compares what they compute. */
async function compare(
  fn: (...args: Value[]) => readonly Value[],
  args: readonly Tensor[],
  what: string,
  { skipped = [], bound }: { skipped?: readonly number[]; bound?: number } = {},
): Promise<void> {
  const trace = new Trace();
  const values = args.map(({ shape, dtype }) => trace.input({ shape, dtype }));
  const results = withContext(recording(trace), () => fn(...values)).filter((_, i) => !skipped.includes(i));
  trace.graph.outputs.push(...results.map(idOf));
  const known = new Map<number, RefArray>(
    args.map(({ shape, dtype, data }, i) => [idOf(values[i]), { shape, dtype, data: Float64Array.from(data) }]),
  );
  interpret(trace.graph, known);
  const bytes = await writeOnnx(
    {
      graphs: [trace.graph],
      inputs: args.map(({ shape, dtype }, i) => ({ name: `x${i}`, dtype, shape })),
      outputNames: results.map((_, i) => `y${i}`),
    },
    { name: what, opsetVersion: 18 },
    what,
  );
  const outputs = await runOnnx(bytes, new Map(args.map((arg, i) => [`x${i}`, arg])));
  results.forEach((result, i) => {
    const expected = known.get(idOf(result))!;
    const actual = outputs.get(`y${i}`)!;
    assert.equal(actual.dtype, expected.dtype, what);
    assert.deepEqual(actual.shape, expected.shape, what);
    const scale = Math.max(1, ...expected.data.filter(Number.isFinite).map(Math.abs));
    const isFloat = expected.dtype === "float32";
    assertClose(
      actual.data,
      isFloat ? expected.data.map(Math.fround) : expected.data,
      isFloat ? { absolute: bound === undefined ? 2e-9 : bound * scale, relative: 1e-5 } : { absolute: 0, relative: 0 },
      what,
    );
  });
}

for (const [op, list] of table) {
  if ("refused" in onnxOps[op]) continue;
  Deno.test(`${op} is written as ONNX`, async () => {
    for (const { inputs, attrs, tolerance } of list) {
      const text = `${op}(${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`)}) ${JSON.stringify(attrs)}`;
      const written = compare(emitting(op, attrs), inputs, text, {
        // Which tap is the largest, and what attention and normalization keep, is for gradients alone.
        skipped: ["maxPool", "attention", "layerNormalization"].includes(op) ? [1] : [],
        // ONNX Runtime's sigmoid is 0 below -18.
        bound: op === "sigmoid" ? 3e-9 : tolerance?.bound,
      });
      // Only training drops.
      const drops = Number(Object(attrs).dropout ?? 0) > 0;
      await (drops
        ? assert.rejects(written, /^ValueError: .*must not drop weights.*leave out training: true$/)
        : written);
    }
  });
}

/** A loop that carries a running product, reads rows and an outer value, and stacks what it carries. */
const looped = (reverse: boolean) => (start: Value, rows: Value, factor: Value) => {
  const { carries, stacked } = scan(
    { length: rows.shape[0], carries: [start], scanned: [rows], reverse },
    ([carry], [row]) => {
      const next = ops.tanh(ops.add(ops.multiply(carry, factor), row));
      return { carries: [next], stacked: [next, ops.multiply(row, 2)] };
    },
  );
  return [...carries, ...stacked];
};

for (const reverse of [false, true]) {
  Deno.test(`scan ${reverse ? "from the last row" : "from the first row"} is written as ONNX`, async () => {
    await compare(looped(reverse), [numbers([3]), numbers([4, 3]), numbers([3])], "scan", { bound: 1e-7 });
  });
}

Deno.test("scan without rows, and scan in a scan, are written as ONNX", async () => {
  const powers = (x: Value) =>
    scan({ length: 5, carries: [x], scanned: [] }, ([carry]) => {
      return { carries: [ops.multiply(carry, x)], stacked: [carry] };
    });
  await compare((x) => powers(x).stacked, [numbers([2, 3])], "scan", { bound: 1e-7 });
  const nested = (rows: Value) =>
    scan({ length: rows.shape[0], carries: [], scanned: [rows] }, (_, [row]) => {
      return { carries: [], stacked: [...powers(row).carries, row] };
    }).stacked;
  await compare(nested, [numbers([4, 3])], "scan", { bound: 1e-7 });
});

Deno.test("every op but fused and scan is written as ONNX, or there is a reason", () => {
  const refused = Object.entries(onnxOps).filter(([, of]) => "refused" in of).map(([op]) => op).sort();
  assert.deepEqual(refused, [
    "adamUpdate",
    "allReduce",
    "attentionGradient",
    "bitsToUnit",
    "convolutionFilter",
    "foreach",
    "fused",
    "layerNormalizationGradient",
    "maxPoolGradient",
    "randomBits",
    "recurrenceGradient",
    "rmspropUpdate",
    "sgdUpdate",
    "softmaxCrossEntropy",
  ]);
});
