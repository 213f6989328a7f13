// The passes in their order, up to memory.
import "../ops/defs/table.ts";
import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ir/verify.ts";
import { attachEpilogues } from "./epilogues.ts";
import { fuse } from "./fuse.ts";
import { type MemoryOptions, planMemory } from "./memory.ts";
import { mergeUpdates } from "./merge_updates.ts";
import { pack } from "./pack.ts";
import type { Plan } from "./plan.ts";
import { simplify } from "./simplify.ts";

/**
 * Updates are merged twice: those that are one op before `fuse`, which keeps what one node needs together, and those that
 * are programs after it, before an epilogue takes one of them.
 */
const passes: readonly [string, (graph: Graph) => Graph][] = [
  ["simplify", simplify],
  ["merge updates", mergeUpdates],
  ["fuse", fuse],
  ["merge fused updates", mergeUpdates],
  ["epilogues", attachEpilogues],
  ["pack", pack],
];

/** Runs the passes that change the graph; with `verify` checks it after each. */
export function optimize(graph: Graph, { verify = false } = {}): Graph {
  if (verify) verifyGraph(graph, "as traced");
  return passes.reduce((before, [name, pass]) => {
    const after = pass(before);
    if (verify) verifyGraph(after, `after ${name}`);
    return after;
  }, graph);
}

/** Improves a graph and gives its values places. */
export function planGraph(graph: Graph, options: MemoryOptions): Plan {
  return planMemory(optimize(graph), options);
}
