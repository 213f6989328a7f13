// The passes in order, up to memory planning.
import "../ops/defs/table.ts";
import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ir/verify.ts";
import { attachEpilogues } from "./epilogues.ts";
import { fuse } from "./fuse.ts";
import { legalize } from "./legalize.ts";
import { type MemoryOptions, planMemory } from "./memory.ts";
import { simplifyMaxPools } from "./max_pools.ts";
import { mergeUpdates } from "./merge_updates.ts";
import { pack } from "./pack.ts";
import type { Plan } from "./plan.ts";
import { simplify } from "./simplify.ts";
import { sinkReshapes } from "./sink_reshapes.ts";

/**
 * Updates are merged twice: single ops before `fuse`, which keeps the operands of a node together, and programs after
 * it, before an epilogue takes one of them.
 */
const passes: readonly [string, (graph: Graph) => Graph][] = [
  ["legalize", legalize],
  ["simplify", simplify],
  ["max pools", simplifyMaxPools],
  ["sink reshapes", sinkReshapes],
  ["merge updates", mergeUpdates],
  ["fuse", fuse],
  ["merge fused updates", mergeUpdates],
  ["epilogues", attachEpilogues],
  ["pack", pack],
];

/** Runs the passes that change the graph; with `verify` checks it after each one. */
export function optimize(graph: Graph, { verify = false } = {}): Graph {
  if (verify) verifyGraph(graph, "as traced");
  return passes.reduce((before, [name, pass]) => {
    const after = pass(before);
    if (verify) verifyGraph(after, `after ${name}`);
    return after;
  }, graph);
}

/** Optimizes a graph and plans its memory. */
export function planGraph(graph: Graph, options: MemoryOptions): Plan {
  return planMemory(optimize(graph), options);
}
