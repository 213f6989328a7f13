// Max pools: what moves behind them and before their gradients.
import assert from "node:assert/strict";
import type { Graph } from "../../lib/ir/graph.ts";
import type { Value } from "../../lib/ir/value.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import * as o from "../../lib/ops/primitives.ts";
import { maxPool, type PoolOptions } from "../../lib/ops/pool.ts";
import { simplifyMaxPools } from "../../lib/passes/max_pools.ts";
import { simplify } from "../../lib/passes/simplify.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { graphOf, resultsOf } from "./graph_of.ts";

/** The op that makes a value, and those of its operands, as far as they are named. */
function chainTo(graph: Graph, id: number, names: readonly string[]): string[] {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(id));
  if (!node) return [];
  const found = node.inputs.flatMap((input) => chainTo(graph, input, names));
  return names.includes(node.op) ? [...found, node.op] : found;
}

/** A loss whose gradient differs everywhere; some windows of the operand have nothing above 0. */
function loss(pooled: Value): Value {
  return o.sum(o.multiply(pooled, o.add(o.multiply(o.cast(o.iota(pooled.shape, 2), "float32"), 0.3), 1.1)), [
    0,
    1,
    2,
    3,
  ]);
}

const pooled = (x: Value, shift: Value, size: number, options: PoolOptions) =>
  maxPool(o.relu(o.add(o.subtract(x, 0.4), shift)), size, options);

const cases: readonly (readonly [string, number, PoolOptions])[] = [
  ["windows side by side", 2, {}],
  ["windows that overlap", 3, { strides: 2, padding: "same" }],
];
for (const [title, size, options] of cases) {
  Deno.test(`a ReLU goes behind its max pool, and its gradient before that of the pool: ${title}`, () => {
    const graph = simplify(graphOf([[2, 6, 8, 3], [3]], (x, shift) => {
      const y = pooled(x, shift, size, options);
      return [y, ...gradients(loss(y), [x, shift])];
    }));
    const simpler = simplifyMaxPools(graph);
    verifyGraph(simpler);
    const names = ["relu", "maxPool", "maxPoolGradient", "select"];
    assert.deepEqual(chainTo(graph, graph.outputs[0], names), ["relu", "maxPool"]);
    assert.deepEqual(chainTo(simpler, simpler.outputs[0], names), ["maxPool", "relu"]);
    const last = simpler.nodes.find(({ op }) => op === "maxPoolGradient")!;
    const before = simpler.nodes.find(({ outputs }) => outputs.includes(last.inputs[0]))!;
    assert.equal(before.op, "select");
    assert.ok(!simpler.nodes.some(({ op, inputs }) => op === "select" && inputs.includes(last.outputs[0])));
    // The sum over all positions reads what is spread, and not what it is spread to.
    assert.ok(!simpler.nodes.some(({ op, inputs }) => op === "sum" && inputs.includes(last.outputs[0])));
    const [expected, found] = [resultsOf(graph), resultsOf(simpler)];
    assert.deepEqual(found.slice(0, 2), expected.slice(0, 2));
    expected[2].forEach((value, i) =>
      assert.ok(Math.abs(value - found[2][i]) <= 1e-6 * Math.abs(value), `${value}, ${found[2][i]}`)
    );
  });
}

Deno.test("a ReLU stays that something else reads, or whose taps are asked for", () => {
  const others: ((x: Value) => Value[])[] = [
    (x) => {
      const y = o.relu(x);
      return [maxPool(y, 2), o.sum(y, [0, 1, 2])];
    },
    // The gradient by the ReLU's result is asked for itself.
    (x) => {
      const y = o.relu(x);
      const z = maxPool(y, 2);
      return [z, ...gradients(loss(z), [y])];
    },
  ];
  for (const fn of others) {
    const graph = simplify(graphOf([[1, 4, 4, 2]], fn));
    const simpler = simplifyMaxPools(graph);
    assert.deepEqual(chainTo(simpler, simpler.outputs[0], ["relu", "maxPool"]), ["relu", "maxPool"]);
    assert.deepEqual(resultsOf(simpler), resultsOf(graph));
  }
});

Deno.test("the sum of a pool's gradient stays where windows may see only padding, or where positions are left", () => {
  const twoApart = { sizes: [2, 2], strides: [1, 1], dilation: [2, 2], low: [1, 1], high: [1, 1] };
  const pools: readonly (readonly [number[], (x: Value) => Value])[] = [
    [[0, 1, 2], (x) => apply("maxPool", [x], twoApart)[0]],
    [[0, 1], (x) => maxPool(x, 2)],
  ];
  for (const [axes, pool] of pools) {
    const graph = simplify(graphOf([[1, 5, 5, 2]], (x) => {
      const [slope] = gradients(loss(pool(x)), [x]);
      return o.sum(slope, axes);
    }));
    const sum = (of: Graph) => of.nodes.filter(({ op }) => op === "sum").at(-1)!;
    const simpler = simplifyMaxPools(graph);
    assert.deepEqual(sum(simpler).inputs, sum(graph).inputs);
    assert.deepEqual(resultsOf(simpler), resultsOf(graph));
  }
});
