// Convolutions and pools in programs: what is fused into them, and second derivatives.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/ops.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { runOn } from "../run_on.ts";
import { numbers } from "./samples.ts";

/** Two convolutions with bias and activation, pools, a skip and a strided transposed convolution: one number. */
function network(x: Value, k1: Value, b1: Value, k2: Value, b2: Value, k3: Value): Value {
  const first = ops.maxPool(ops.relu(ops.add(ops.conv(x, k1, { padding: "same" }), b1)), 2);
  const second = ops.tanh(ops.add(ops.conv(first, k2, { padding: "same" }), b2));
  const joined = ops.averagePool(ops.add(first, second), 3, { strides: 1, padding: "same" });
  const wide = ops.relu(ops.add(ops.convTranspose(joined, k3, { strides: 2, padding: "same" }), ops.multiply(x, 0.5)));
  return ops.mean(ops.multiply(wide, ops.add(wide, 1)));
}

const shapes = [[3, 8, 6, 2], [3, 3, 2, 5], [5], [3, 3, 5, 5], [5], [2, 3, 2, 5]];
const inputs = shapes.map((shape) => numbers(shape, -1, 1));
const reference = new ReferenceExecutor();

/** Runs on the chosen backend and on the reference; results may differ by `bound` relative to the largest of each. */
async function agrees(body: (...values: Value[]) => Value[], bound: number): Promise<void> {
  const expected = await runOn(reference, body, inputs);
  const actual = await compile(body)(...inputs) as Tensor[];
  expected.forEach(({ data }, i) => {
    const largest = Math.max(...[...data].map(Math.abs));
    assertClose(actual[i].data, data, { absolute: bound * largest, relative: 0 }, `result ${i}, largest ${largest}`);
  });
}

testOnBackends("a network of convolutions and its gradients are those of float64", () =>
  agrees((...values) => {
    const loss = network(...values as Parameters<typeof network>);
    return [loss, ...gradients(loss, values)];
  }, 1e-6));

testOnBackends("the second derivatives of convolutions and pools are those of float64", () =>
  agrees((...values) => {
    const first = gradients(network(...values as Parameters<typeof network>), values);
    const size = first.map((g) => ops.sum(ops.square(g))).reduce((a, b) => ops.add(a, b));
    return [size, ...gradients(size, values)];
  }, 4e-6));

testOnBackends("an affine transform's gradients are central differences", async () => {
  // No coordinate is close to a pixel's, where the gradient by the transform jumps.
  const transform = new Tensor(
    [2, 8],
    "float32",
    Float32Array.of(
      ...[0.513, -0.741, 1.137, 0.621, 0.887, -1.247, 0.031, 0],
      ...[1.93, 0.517, -6.263, 0.259, -2.91, 7.371, 0, 0.017],
    ),
  );
  const images = numbers([2, 4, 5, 2], -1, 1);
  for (const fillMode of ["constant", "nearest", "reflect", "wrap"] as const) {
    const score = (x: Value, t: Value) =>
      ops.sum(ops.square(ops.add(ops.image.affineTransform(x, t, { fillMode, fillValue: 0.5 }), 0.25)));
    const slopes = await compile((x: Value, t: Value) => gradients(score(x, t), [x, t]))(images, transform);
    for (const [k, moved] of [images, transform].entries()) {
      const at = async (i: number, step: number) => {
        const data = moved.data.slice() as Float32Array<ArrayBuffer>;
        data[i] += step;
        const inputs = [images, transform].with(k, new Tensor(moved.shape, "float32", data));
        const [value] = await runOn(reference, (x: Value, t: Value) => [score(x, t)], inputs);
        return value.data[0];
      };
      // The score is quadratic in the images, so that any step is exact.
      const step = k === 0 ? 1 : 2 ** -14;
      for (const i of moved.data.keys()) {
        const expected = (await at(i, step) - await at(i, -step)) / (2 * step);
        const bound = k === 0 ? { absolute: 1e-4, relative: 1e-5 } : { absolute: 0.02, relative: 0.02 };
        assertClose([slopes[k].data[i]], [expected], bound, `${fillMode}, gradient ${k}, element ${i}`);
      }
    }
  }
});

Deno.test("bias and activation become a convolution's epilogue, and so does the mask of a gradient", () => {
  const trace = new Trace();
  const variables = inputs.map((value) => new Variable(value));
  withContext(recording(trace), () => {
    const values = variables.map((variable) => trace.read(variable)) as unknown as Parameters<typeof network>;
    const slopes = gradients(network(...values), values);
    slopes.forEach((slope, i) => trace.assign(variables[i], slope));
  });
  const { nodes } = optimize(trace.graph, { verify: true });
  const held = nodes.filter((node) => "epilogue" in node.attrs && node.attrs.epilogue).map(({ op }) => op);
  assert.ok(held.filter((op) => op === "convolution").length >= 2, held.join());
  assert.ok(held.includes("convolutionTranspose"), held.join());
  // The mask of the ReLU before the pool goes before the pool's gradient, and so to the convolution that this reads.
  assert.ok(!held.includes("maxPoolGradient"), held.join());
});
