// The programs that a test compiles.
import type { Executable } from "../lib/exec/executor.ts";
import { getExecutor } from "../lib/exec/select.ts";

/** Runs `body` with a list to which each program is added that the current backend compiles meanwhile. */
export async function withPrograms(body: (programs: readonly Executable[]) => Promise<void>): Promise<void> {
  const executor = await getExecutor();
  const compile = executor.compile.bind(executor);
  const programs: Executable[] = [];
  executor.compile = async (graph, options) => {
    const program = await compile(graph, options);
    programs.push(program);
    return program;
  };
  try {
    await body(programs);
  } finally {
    executor.compile = compile;
  }
}
