// Starts the process of a trial, and gives what came of it.
import { readVariable } from "../environment.ts";
import { StateError } from "../errors.ts";
import { fileSystem, writeText } from "../files/system.ts";
import type { Job } from "./run_trial.ts";
import type { Outcome } from "./trial.ts";
import { FolderTrials, readJson } from "./trial_store.ts";

/** A job, and where its process finds the rest. */
export interface WorkerJob extends Job {
  /** The address of the module that builds and trains models. */
  readonly module: string;
  /** The folder of the search. */
  readonly directory: string;
}

/** How worker processes are started. */
interface WorkerOptions {
  /** The address of the module that builds and trains models. */
  readonly module: URL;
  /** The folder of the search. */
  readonly directory: string;
  /** The number of processes at a time, which share the processor's cores. */
  readonly workers: number;
  /** Flags of `deno run`, such as permissions. */
  readonly flags: readonly string[];
  /** The backend. */
  readonly backend: string;
}

/** The file in a trial's folder in which its process leaves the outcome. */
export const outcomeFile = "outcome.json";

/** Throws {@linkcode StateError} where no process can be started. */
export function requireProcesses(what: string): void {
  if (typeof Deno !== "undefined" && !Deno.build.standalone) return;
  throw new StateError({
    what,
    rule: "worker processes are started by Deno",
    received: typeof Deno === "undefined" ? "another runtime" : "a compiled program",
    hint: "leave out workers: the trials then run in this process",
  });
}

/** Runs a trial in a process of its own. A process that dies is a failed trial. */
export async function runInProcess(
  job: Job,
  { module, directory, workers, flags, backend }: WorkerOptions,
): Promise<Outcome> {
  const trials = new FolderTrials(directory);
  await trials.clear(job.id);
  const folder = trials.folderOf(job.id);
  const work: WorkerJob = { ...job, module: module.href, directory };
  const config = configFor(module);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...flags,
      ...(config ? ["--config", config] : []),
      new URL("./worker.ts", import.meta.url).href,
      JSON.stringify(work),
    ],
    env: { CERATOPS_BACKEND: backend, CERATOPS_THREADS: String(threadsOf(workers)) },
    // Kept open: the process ends when it is closed, so that none outlives the search.
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, signal, stdout, stderr } = await process.output();
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  writeText(`${folder}/output.txt`, printed.join(""), { append: false });
  const outcome = await readJson<Outcome>(`${folder}/${outcomeFile}`);
  if (outcome) return outcome;
  const lastLine = printed[1].trimEnd().split("\n").at(-1)!;
  const end = signal ? `by ${signal}` : `with code ${code}`;
  return {
    status: "failed",
    error: `Its process ended ${end}${lastLine && `: ${lastLine}`}`,
    space: [],
    values: job.proposal.values,
  };
}

/** The cores of a worker: an equal part of those that `CERATOPS_THREADS` or the processor has. Numbers do not depend on it. */
function threadsOf(workers: number): number {
  const all = Number(readVariable("CERATOPS_THREADS")) || navigator.hardwareConcurrency;
  return Math.max(1, Math.floor(all / workers));
}

/** Deno's configuration for a module: in its folder, or the nearest above. A process finds only that of its own main module. */
function configFor(module: URL): string | undefined {
  if (module.protocol !== "file:") return undefined;
  const { existsSync } = fileSystem("Cannot start a worker");
  for (let folder = new URL("./", module), above = folder;; folder = above) {
    const found = ["deno.json", "deno.jsonc"].map((name) => new URL(name, folder)).find((file) => existsSync(file));
    if (found) return Deno.realPathSync(found);
    above = new URL("../", folder);
    if (above.href === folder.href) return undefined;
  }
}
