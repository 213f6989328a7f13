// The interpreter: what it holds after a graph, and so at most while it runs.
import assert from "node:assert/strict";
import { withContext } from "../../lib/ir/context.ts";
import type { ValueId } from "../../lib/ir/graph.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import type { RefArray } from "../../lib/ir/op_def.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf } from "../../lib/ir/value.ts";
import "../../lib/ops/defs/table.ts";
import { add, exp, multiply } from "../../lib/ops/primitives.ts";

Deno.test("an interpreted graph leaves its outputs alone, and not what only nodes read", () => {
  const trace = new Trace();
  const x = trace.input({ shape: [2], dtype: "float32" });
  const y = withContext(recording(trace), () => {
    exp(x);
    return multiply(add(x, x), x);
  });
  const values = new Map<ValueId, RefArray>([[idOf(x), {
    shape: [2],
    dtype: "float32",
    data: Float64Array.of(2, -3),
  }]]);
  interpret({ ...trace.graph, outputs: [idOf(y), idOf(y)] }, values);
  assert.deepEqual([...values.keys()], [idOf(y)]);
  assert.deepEqual(values.get(idOf(y))!.data, Float64Array.of(8, 18));
});
