// Programs of tests in several processes, started by mpirun.
import assert from "node:assert/strict";

/** The launchers, and what installs them on Debian. */
export const kinds = {
  openmpi: { launcher: "mpirun.openmpi", more: ["--oversubscribe"], packages: "openmpi-bin libopenmpi-dev" },
  mpich: { launcher: "mpirun.mpich", more: [], packages: "mpich libmpich-dev" },
} as const;

/** The kind of MPI. */
export type Kind = keyof typeof kinds;

/** How a scenario runs. */
export interface Launch {
  readonly kind?: Kind;
  readonly backend?: string;
  readonly args?: readonly string[];
  /** Options of `deno run` for the last process alone, which is then a program of its own. */
  readonly lastOptions?: readonly string[];
}

/** What was printed, the exit status, and what each process wrote. */
export interface Outcome {
  readonly code: number;
  readonly text: string;
  readonly results: readonly string[];
}

/** Runs a scenario of a program in so many processes; alone without a launcher. */
export async function run(
  program: string,
  scenario: string,
  size: number,
  { kind = "openmpi", backend = "eigen", args = [], lastOptions }: Launch = {},
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  const own = (
    options: readonly string[] = [],
  ) => [Deno.execPath(), "run", "-A", "--no-check", ...options, program, folder, scenario, backend, ...args];
  const { launcher, more, packages } = kinds[kind];
  const processes = (count: number, options?: readonly string[]) => ["-n", String(count), ...more, ...own(options)];
  const [command, ...rest] = size === 1
    ? own()
    : lastOptions
    ? [launcher, ...processes(size - 1), ":", ...processes(1, lastOptions)]
    : [launcher, ...processes(size)];
  try {
    const output = await new Deno.Command(command, {
      args: rest,
      env: {
        OMPI_ALLOW_RUN_AS_ROOT: "1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
        CERATOPS_THREADS: "1",
        NO_COLOR: "1",
      },
      stdin: "null",
      // What waits for ever is a failure, too.
      signal: AbortSignal.timeout(120_000),
    }).output();
    const read = (rank: number) => {
      try {
        return [Deno.readTextFileSync(`${folder}/${rank}.json`)];
      } catch {
        return [];
      }
    };
    const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
    return { code: output.code, text, results: Array.from({ length: size }, (_, rank) => read(rank)).flat() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${launcher} is not there: sudo apt-get install -y ${packages}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The result of a scenario, which is the same, bit for bit, in all processes. */
export async function resultOf(program: string, scenario: string, size: number, launch: Launch = {}): Promise<string> {
  const { code, text, results } = await run(program, scenario, size, launch);
  assert.equal(code, 0, text);
  assert.equal(results.length, size, text);
  for (const result of results) assert.equal(result, results[0], "processes differ");
  return results[0];
}
