// Sinking reshapes: which ops move, and what becomes of their operands.
import assert from "node:assert/strict";
import type { Graph, Node } from "../../lib/ir/graph.ts";
import type { Value } from "../../lib/ir/value.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import * as o from "../../lib/ops/primitives.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { collapsed, sinkReshapes } from "../../lib/passes/sink_reshapes.ts";
import { graphOf, resultsOf } from "./graph_of.ts";

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op).filter((op) => op !== "reshape");

/** A layer on the last axis: reshaped, multiplied, reshaped back. */
const dense = (x: Value, kernel: Value): Value =>
  o.reshape(o.matmul(o.reshape(x, [6, 4]), kernel), [...x.shape.slice(0, -1), kernel.shape[1]]);

Deno.test("bias, activation and residual of a layer on three axes become the epilogue of its product", () => {
  const graph = graphOf([[2, 3, 4], [4, 5], [5], [2, 3, 5]], (x, kernel, bias, residual) => {
    return o.sum(o.add(o.relu(o.add(dense(x, kernel), bias)), residual), [2]);
  });
  const sunk = sinkReshapes(graph);
  verifyGraph(sunk);
  assert.deepEqual(resultsOf(sunk), resultsOf(graph));
  assert.deepEqual(opsOf(optimize(graph)), ["matmul", "sum"]);
});

Deno.test("what only such an op reads moves with it", () => {
  const graph = graphOf([[2, 3, 4], [4, 5], [2, 3, 5]], (x, kernel, noise) => {
    return o.sum(o.select(o.greater(noise, 0.2), dense(x, kernel), 0), [0]);
  });
  assert.deepEqual(resultsOf(sinkReshapes(graph)), resultsOf(graph));
  assert.deepEqual(opsOf(optimize(graph)), ["matmul", "sum"]);
});

Deno.test("what follows elementwise ops in the product's own shape moves too", () => {
  const graph = graphOf([[6, 4], [4, 5], [6, 5], [2, 3, 5]], (x, kernel, noise, mask) => {
    const dropped = o.multiply(o.select(o.greater(noise, 0.2), o.matmul(x, kernel), 0), 1.25);
    return o.sum(o.select(o.greater(mask, 0), o.reshape(dropped, [2, 3, 5]), 0), [0]);
  });
  assert.deepEqual(resultsOf(sinkReshapes(graph)), resultsOf(graph));
  assert.deepEqual(opsOf(optimize(graph)), ["matmul", "sum"]);
});

Deno.test("an op stays where an operand broadcasts along a part of an axis of the product", () => {
  const graph = graphOf([[2, 3, 4], [4, 5], [2, 1, 5]], (x, kernel, scale) => {
    return o.sum(o.multiply(dense(x, kernel), scale), [2]);
  });
  const sunk = sinkReshapes(graph);
  assert.deepEqual(resultsOf(sunk), resultsOf(graph));
  assert.deepEqual(opsOf(optimize(graph)), ["matmul", "fused", "sum"]);
});

Deno.test("an op stays that gives a result of the program, or reads no product", () => {
  const graph = graphOf([[2, 3, 4], [4, 5]], (x, kernel) => [o.exp(dense(x, kernel)), o.tanh(o.reshape(x, [6, 4]))]);
  const kept = (nodes: readonly Node[]) => nodes.map(({ op, inputs, outputs }) => ({ op, inputs, outputs }));
  assert.deepEqual(kept(sinkReshapes(graph).nodes), kept(graph.nodes));
});

Deno.test("the shape of an operand next to a product", () => {
  const cases: [number[], number[], number[], number[] | undefined][] = [
    [[4, 32], [2, 64, 4, 32], [128, 128], [128]],
    [[2, 64, 1, 1], [2, 64, 4, 32], [128, 128], [128, 1]],
    [[1, 64, 1, 1], [2, 64, 4, 32], [128, 128], undefined],
    [[2, 64, 4, 1], [2, 64, 4, 32], [128, 128], undefined],
    [[1], [2, 3], [6], []],
    [[2, 1, 3], [2, 1, 3], [1, 6], [1, 6]],
    [[3], [2, 1, 3], [1, 2, 3], [3]],
    [[5], [1, 1, 5], [5], [5]],
    [[6, 1], [6, 4], [2, 3, 4], [2, 3, 1]],
    [[4], [6, 4], [2, 3, 2, 2], [2, 2]],
  ];
  for (const [operand, from, to, expected] of cases) {
    assert.deepEqual(collapsed(operand, from, to), expected, JSON.stringify([operand, from, to]));
  }
});
