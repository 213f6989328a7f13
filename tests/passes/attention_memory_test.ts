// The memory of attention, counted in plans: it grows with the number of steps, not with its square.
import assert from "node:assert/strict";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf } from "../../lib/ir/value.ts";
import { addedLosses, isTraining } from "../../lib/layers/context.ts";
import { MultiHeadAttention, type MultiHeadAttentionOptions } from "../../lib/layers/multi_head_attention.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { planGraph } from "../../lib/passes/pipeline.ts";
import { gradients } from "../../lib/tensor/gradients.ts";

/** The planned bytes of an attention and its gradients by all weights, and the elements of the largest value. */
function planned(
  steps: number,
  options: MultiHeadAttentionOptions = {},
  returnAttentionScores = false,
): { bytes: number; largest: number } {
  const trace = new Trace();
  withContext([...recording(trace), isTraining.of(true), addedLosses.of([])], () => {
    const x = trace.input({ shape: [2, steps, 16], dtype: "float32" });
    x.mask = trace.input({ shape: [2, steps], dtype: "bool" });
    const layer = new MultiHeadAttention(4, 8, options);
    const [y] = [layer.apply(x, { value: x, useCausalMask: true, returnAttentionScores })].flat();
    trace.graph.outputs = gradients(ops.sum(ops.square(y)), layer.trainableWeights).map(idOf);
  });
  const { graph, slots } = planGraph(trace.graph, { bytesOf: () => 4, reuseInputs: true });
  const sizes = graph.nodes.flatMap(({ outputs }) => outputs).map((id) => graph.types[id].shape);
  return {
    bytes: slots.reduce((a, b) => a + b, 0),
    largest: Math.max(...sizes.map((shape) => shape.reduce((a, b) => a * b, 1))),
  };
}

Deno.test("attention in training takes memory in proportion to the steps", () => {
  for (const options of [{}, { dropout: 0.5 }]) {
    const [short, middle, long] = [256, 512, 1024].map((steps) => planned(steps, options));
    assert.equal(long.bytes - middle.bytes, 2 * (middle.bytes - short.bytes));
    // Nothing is larger than the heads of a projection.
    assert.equal(long.largest, 2 * 1024 * 4 * 8);
  }
});

Deno.test("attention that returns its scores takes memory in proportion to the square of the steps", () => {
  const [short, long] = [256, 512].map((steps) => planned(steps, {}, true));
  assert.ok(long.bytes > 3.5 * short.bytes, `${short.bytes} and ${long.bytes} bytes`);
  assert.equal(long.largest, 2 * 4 * 512 * 512);
});
