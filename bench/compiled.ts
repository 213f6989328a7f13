// What is compiled while something runs: the traced graphs, and the programs made from them.
import type { Executable } from "../lib/exec/executor.ts";
import type { Graph } from "../lib/ir/graph.ts";

/** A program, and the graph it was made from. */
interface Compiled<E extends Executable> {
  /** The traced graph. */
  readonly graph: Graph;
  /** The program. */
  readonly executable: E;
  /** The time for passes, planning and loading. */
  readonly milliseconds: number;
}

/** The programs that `executor` compiles while `body` runs, in order. */
export async function compiledBy<E extends Executable>(
  executor: { compile: (graph: Graph) => Promise<E> },
  body: () => Promise<unknown>,
): Promise<Compiled<E>[]> {
  const made: Compiled<E>[] = [];
  const compile = executor.compile;
  executor.compile = async (graph) => {
    const start = performance.now();
    const executable = await compile.call(executor, graph);
    made.push({ graph, executable, milliseconds: performance.now() - start });
    return executable;
  };
  try {
    await body();
  } finally {
    executor.compile = compile;
  }
  return made;
}
