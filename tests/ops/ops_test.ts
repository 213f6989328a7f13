// Every op on the CPU executors, against the float64 reference; and the reference against literals and differences. On
// WebGPU: tests/webgpu/op_table_test.ts. The comparison of every op's reference with other programs: eager_test.ts.
import assert from "node:assert/strict";
import { grad } from "../../lib/exec/compile.ts";
import type { BackendName } from "../../lib/exec/executor.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import { opDef } from "../../lib/ir/op_def.ts";
import { tracing } from "../../lib/ir/trace.ts";
import { opNames } from "../../lib/ops/defs/table.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { runOn } from "../run_on.ts";
import { type Literal, literals } from "./literals.ts";
import { checkGradients, checkSlopes, checkValues, table } from "./op_table.ts";
import { samples } from "./samples.ts";

const reference = new ReferenceExecutor();

for (const [op, list] of table) {
  for (const backend of ["eigen", "wasm"] satisfies BackendName[]) {
    Deno.test(`${op}: values and gradients [${backend}]`, async () => {
      await useBackend(backend);
      const executor = await getExecutor();
      assert.deepEqual(await checkValues(executor, op, list), []);
      assert.deepEqual(await checkGradients(executor, reference, op, list), []);
    });
  }
  if (typeof opDef(op).vjp !== "function") continue;
  Deno.test(`${op}: gradients are slopes [reference]`, async () => {
    assert.deepEqual(await checkSlopes(reference, op, list), []);
  });
}

for (const [op, calls] of Object.entries(literals) as [OpName, Literal[]][]) {
  Deno.test(`${op}: numbers worked out by hand [reference]`, async () => {
    for (const { inputs, attrs, outputs } of calls) {
      const actual = await runOn(reference, (...args) => tracing.current!.emit(op, args, attrs as never), inputs);
      actual.forEach(({ data }, i) => assertClose(data, outputs[i], { absolute: 1e-7, relative: 1e-6 }));
    }
  });
}

Deno.test("every op but fused and scan has samples", () => {
  assert.deepEqual(opNames.filter((op) => !(op in samples)).sort(), ["fused", "scan"]);
});

testOnBackends("no gradient flows through stopGradient", async () => {
  const slope = grad((x) => ops.sum(ops.multiply(x, ops.stopGradient(ops.square(x)))));
  assert.deepEqual([...(await slope([1, 2, 3]))[0].data], [1, 4, 9]);
});
