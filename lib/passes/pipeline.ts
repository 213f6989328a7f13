// The passes in their order: simplify, fuse, pack, memory.
import "../ops/defs/table.ts";
import type { Graph } from "../ir/graph.ts";
import { verifyGraph } from "../ir/verify.ts";
import { fuse } from "./fuse.ts";
import { type MemoryOptions, planMemory } from "./memory.ts";
import { pack } from "./pack.ts";
import type { Plan } from "./plan.ts";
import { simplify } from "./simplify.ts";

const passes: readonly [string, (graph: Graph) => Graph][] = [["simplify", simplify], ["fuse", fuse], ["pack", pack]];

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
