// Gathered operands in the graph: printed, verified, and interpreted to the same numbers as the graph that stores them.
import assert from "node:assert/strict";
import { fuseGathers } from "../../lib/exec/webgpu/gathers.ts";
import { softwareTuning } from "../../lib/ops/webgpu/kernels/software.ts";
import { gpuTuning, type Tuning } from "../../lib/ops/webgpu/kernels/tuning.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { printGraph } from "../../lib/ir/print.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value, type ValueType } from "../../lib/ir/value.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { sizeOf } from "../../lib/shape.ts";

const types: ValueType[] = [
  { shape: [5, 2, 3], dtype: "uint8" },
  { shape: [4], dtype: "int32" },
  { shape: [6, 20], dtype: "float32" },
];

function optimized(fn: (...values: Value[]) => Value): Graph {
  const trace = new Trace();
  withContext(recording(trace), () => trace.graph.outputs = [idOf(fn(...types.map((type) => trace.input(type))))]);
  return optimize(trace.graph);
}

/** The values of the only output, for a table that counts up and the indices 3, 0, 4, 9: the last is out of range. */
function valuesOf(graph: Graph): Float64Array {
  const data = [
    Float64Array.from({ length: sizeOf(types[0].shape) }, (_, i) => i),
    Float64Array.of(3, 0, 4, 9),
    Float64Array.from({ length: sizeOf(types[2].shape) }, (_, i) => (i % 7) - 3),
  ];
  const values = new Map(graph.inputs.map((id, i) => [id, { ...types[i], data: data[i] }]));
  interpret(graph, values);
  return values.get(graph.outputs[0])!.data;
}

function assertGathers(graph: Graph, tuning: Tuning, expected: string): void {
  const gathering = fuseGathers(graph, tuning, 1 << 20);
  verifyGraph(gathering);
  const trim = (text: string) => text.trim().split("\n").map((line) => line.trim()).join("\n");
  assert.equal(trim(printGraph(gathering)), trim(expected));
  assert.deepEqual(valuesOf(gathering), valuesOf(graph));
}

const scaled = optimized((pixels, indices) =>
  ops.multiply(ops.cast(ops.reshape(ops.gather(pixels, indices), [4, 6]), "float32"), 0.5)
);

Deno.test("a program that alone reads gathered rows has the table among its inputs", () => {
  assertGathers(
    scaled,
    softwareTuning,
    `input %0: uint8[5, 2, 3]
     input %1: int32[4]
     input %2: float32[6, 20]
     %3: float32[4, 6] = fused(%0, %1) operand 0: rows as [4, 6] { multiply(float32(a), 0.5) }
     return %3`,
  );
});

Deno.test("a table that no binding holds is gathered before", () => {
  assert.equal(printGraph(fuseGathers(scaled, gpuTuning, 16)), printGraph(scaled));
});

const product = optimized((pixels, indices, kernel) =>
  ops.matmul(ops.multiply(ops.cast(ops.reshape(ops.gather(pixels, indices), [4, 6]), "float32"), 0.5), kernel)
);

Deno.test("on real GPUs a product loads gathered rows through the program that scales them", () => {
  assertGathers(
    product,
    gpuTuning,
    `input %0: uint8[5, 2, 3]
     input %1: int32[4]
     input %2: float32[6, 20]
     %3: float32[4, 20] = matmul(%2, %0, %1) operand 0: multiply(float32(a), 0.5) of rows as [4, 6]
     return %3`,
  );
});
