// The programs that a test compiles.
import type { Executable } from "../lib/exec/executor.ts";
import { getExecutor } from "../lib/exec/select.ts";

/** Runs `body`, and returns what it does, with a list that gets each program that the backend compiles meanwhile. */
export async function withPrograms<T>(body: (programs: readonly Executable[]) => Promise<T>): Promise<T> {
  const executor = await getExecutor();
  const compile = executor.compile.bind(executor);
  const programs: Executable[] = [];
  executor.compile = async (graph, options) => {
    const program = await compile(graph, options);
    programs.push(program);
    return program;
  };
  try {
    return await body(programs);
  } finally {
    executor.compile = compile;
  }
}
