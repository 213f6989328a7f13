// The worked example of a course: a 2-2-2 sigmoid network, one step of gradient descent, to nine digits.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

testOnBackends("the 2-2-2 network of the course, to nine digits", async (backend) => {
  // Columns are the neurons: w1 and w2 lead to h1, w3 and w4 to h2.
  const hidden = new Variable([[0.04, 0.12], [0.12, 0.08]], { name: "hidden" });
  const output = new Variable([[0.24, 0.28], [0.32, 0.20]], { name: "output" });
  const target = tensor([[0.05, 0.95]]);
  const step = compile((x) => {
    const netHidden = ops.add(ops.matmul(x, hidden), 0.40);
    const outHidden = ops.sigmoid(netHidden);
    const netOutput = ops.add(ops.matmul(outHidden, output), 0.36);
    const outOutput = ops.sigmoid(netOutput);
    const errors = ops.multiply(ops.square(ops.subtract(target, outOutput)), 0.5);
    const total = ops.sum(errors);
    const [byHidden, byOutput, byOutHidden] = gradients(total, [hidden, output, outHidden]);
    hidden.assign(ops.subtract(hidden, ops.multiply(byHidden, 0.5)));
    output.assign(ops.subtract(output, ops.multiply(byOutput, 0.5)));
    return [netHidden, outHidden, netOutput, outOutput, errors, total, byHidden, byOutput, byOutHidden];
  });
  const results = await step([[0.1, 0.5]]);
  const [netHidden, outHidden, netOutput, outOutput, errors, total, byHidden, byOutput, byOutHidden] = results.map((
    { data },
  ) => [...data]);
  // Nine digits in float64 on the reference, as far as reading results back in float32 allows; float32 elsewhere.
  const near = { absolute: backend === "reference" ? 3e-8 : 6e-8, relative: 6e-8 };
  assertClose([netHidden[0]], [0.464], near, "net h1");
  assertClose(outHidden, [0.613962657, 0.611114647], near, "out h");
  assertClose([netOutput[0]], [0.702907725], near, "net o1");
  assertClose(outOutput, [0.668832137, 0.657941101], near, "out o");
  assertClose(errors, [0.191476607, 0.042649200], near, "errors");
  assertClose(total, [0.234125807], near, "total error");
  assertClose([byOutput[0]], [0.084155041], near, "dE/dw5");
  assertClose([byOutHidden[0]], [0.032896479 - 0.018404176], near, "dE/d out h1");
  assertClose([byHidden[0]], [0.000343486], near, "dE/dw1");
  const after = [...(await hidden.read()).data, ...(await output.read()).data];
  assertClose([after[0], after[2], after[5]], [0.039828257, 0.119141286, 0.300177638], near, "w1, w2 and w7");
}, { compounds: true });

Deno.test("the course's mean squared error and cross-entropy", () => {
  const target = tensor([0, 1]);
  const output = tensor([0.4, 0.6]);
  assertClose([ops.mean(ops.square(ops.subtract(target, output))).item()], [0.16], { absolute: 1e-7, relative: 0 });
  const entropy = ops.negate(ops.sum(ops.multiply(target, ops.log(output)))).item();
  assertClose([entropy, entropy / Math.LN2], [0.5108, 0.737], { absolute: 5e-5, relative: 0 });
  assert.equal(target.dtype, "float32");
});
