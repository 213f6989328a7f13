// Loops: values and gradients of scan against unrolled loops, and the weight gradient as one product.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { simplify } from "../../lib/passes/simplify.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { numbers } from "../ops/samples.ts";

const length = 5;
const batch = 3;
const units = 4;

/** A recurrent step: tanh(x + h u + b). */
const step = (h: Value, x: Value, u: Value, b: Value) => ops.tanh(ops.add(ops.add(x, ops.matmul(h, u)), b));

/** The loss of a recurrent net over `[length, batch, units]`, as a loop or unrolled. */
function loss(looped: boolean, reverse: boolean) {
  return (x: Value, h0: Value, u: Value, b: Value): Value => {
    let last: Value;
    let all: Value;
    if (looped) {
      const result = scan({ length, carries: [h0], scanned: [x], reverse }, ([h], [row]) => {
        const next = step(h, row, u, b);
        return { carries: [next], stacked: [ops.square(next)] };
      });
      [last] = result.carries;
      [all] = result.stacked;
    } else {
      const rows: Value[] = [];
      let h = h0;
      for (let i = 0; i < length; i++) {
        const t = reverse ? length - 1 - i : i;
        h = step(h, ops.reshape(ops.slice(x, [t, 0, 0], [1, batch, units]), [batch, units]), u, b);
        rows[t] = ops.square(h);
      }
      last = h;
      all = ops.stack(rows);
    }
    const weights = numbersAt(all.shape);
    return ops.add(ops.sum(ops.multiply(all, weights)), ops.sum(ops.multiply(last, 0.3)));
  };
}

const fixedWeights = numbers([length, batch, units]);
const numbersAt = (_shape: readonly number[]) => fixedWeights;
const args: Tensor[] = [
  numbers([length, batch, units]),
  numbers([batch, units]),
  numbers([units, units], -0.5, 0.5),
  numbers([units]),
];

for (const reverse of [false, true]) {
  testOnBackends(`scan equals the loop written out${reverse ? ", in reverse" : ""}`, async () => {
    const looped = await compile(loss(true, reverse))(...args);
    const written = await compile(loss(false, reverse))(...args);
    assertClose(looped.data, written.data, { absolute: 1e-5, relative: 1e-6 });
    const byLoop = await grad(loss(true, reverse))(...args);
    const byHand = await grad(loss(false, reverse))(...args);
    byHand.forEach((expected, i) =>
      assertClose(byLoop[i].data, expected.data, { absolute: 1e-5, relative: 1e-5 }, `argument ${i}`)
    );
  });
}

testOnBackends("carried values may be swapped, and ints", async () => {
  const fibonacci = compile((a: Value, b: Value) =>
    scan({ length: 10, carries: [a, b], scanned: [] }, ([x, y]) => ({
      carries: [y, ops.add(x, y)],
      stacked: [x],
    })).stacked[0]
  );
  const zero = tensor([0], undefined, "int32");
  const one = tensor([1], undefined, "int32");
  assert.deepEqual([...(await fibonacci(zero, one)).data], [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]);
  const swap = compile((a: Value, b: Value) => [
    ...scan({ length: 3, carries: [a, b], scanned: [] }, ([x, y]) => ({
      carries: [y, x],
      stacked: [],
    })).carries,
  ]);
  assert.deepEqual((await swap(zero, one)).map(({ data }) => data[0]), [1, 0]);
});

testOnBackends("a loop may hold a loop", async () => {
  const squares = compile((x: Value) =>
    scan({ length: 3, carries: [ops.sum(ops.multiply(x, 0))], scanned: [x] }, ([total], [row]) => {
      const inner = scan({ length: 2, carries: [total], scanned: [row] }, ([sum], [element]) => ({
        carries: [ops.add(sum, ops.square(element))],
        stacked: [],
      }));
      return { carries: inner.carries, stacked: [inner.carries[0]] };
    }).stacked[0]
  );
  assert.deepEqual((await squares([[1, 2], [3, 4], [5, 6]])).toArray(), [5, 30, 91]);
});

const products = (g: Graph) => g.nodes.filter(({ op }) => op === "matmul").length;

/**
 * The number of matmuls in the gradients of a loss by its arguments after the first: outside of loops, and in each
 * body.
 */
function productsOf(loss: (...args: Value[]) => Value): { outside: number; bodies: number[] } {
  const trace = new Trace();
  withContext(recording(trace), () => {
    const inputs = args.map(({ shape, dtype }) => trace.input({ shape, dtype }));
    trace.graph.outputs = gradientsOf(trace, loss(...inputs), inputs.slice(2)).map(idOf);
  });
  const graph = simplify(trace.graph);
  verifyGraph(graph);
  verifyGraph(optimize(trace.graph, { verify: true }));
  const bodies = graph.nodes.flatMap((node) => (node.op === "scan" ? [node.attrs.body] : []));
  return { outside: products(graph), bodies: bodies.map(products) };
}

Deno.test("the weight gradient of a loop is one product outside of it", () => {
  assert.deepEqual(productsOf(loss(true, false)), { outside: 1, bodies: [1, 1] });
});

/** A loss whose weights are used directly, transposed and reshaped, in a loop or unrolled. */
const manyUses = (looped: boolean) => (x: Value, h0: Value, u: Value, b: Value): Value => {
  const step = (h: Value, row: Value) => {
    const swapped = ops.reshape(ops.transpose(u), [units * units]);
    const both = ops.subtract(ops.matmul(h, u), ops.matmul(h, ops.reshape(swapped, [units, units])));
    return ops.tanh(ops.add(both, ops.subtract(row, b)));
  };
  if (looped) {
    return ops.sum(
      scan({ length, carries: [h0], scanned: [x] }, ([h], [row]) => ({ carries: [step(h, row)], stacked: [] }))
        .carries[0],
    );
  }
  let h = h0;
  for (let t = 0; t < length; t++) h = step(h, ops.reshape(ops.slice(x, [t, 0, 0], [1, batch, units]), [batch, units]));
  return ops.sum(h);
};

Deno.test("products over all steps whose sums are transposed, reshaped and added [eigen]", async () => {
  await useBackend("eigen");
  const byLoop = await grad(manyUses(true))(...args);
  const byHand = await grad(manyUses(false))(...args);
  byHand.forEach((expected, i) => assertClose(byLoop[i].data, expected.data, { absolute: 1e-5, relative: 1e-5 }));
  assert.deepEqual(productsOf(manyUses(true)), { outside: 2, bodies: [2, 2] });
});
