// The connection with the other processes that a launcher of MPI started, and what they do with it.
import { type Communicator, keepLaunched } from "../communicator.ts";
import { BackendError, StateError } from "../errors.ts";

let opened: Promise<Communicator | undefined> | undefined;

/** Connects the processes; undefined if this one was started alone. MPI starts once in a process. */
export function connect(): Promise<Communicator | undefined> {
  return opened ??= open();
}

async function open(): Promise<Communicator | undefined> {
  if (typeof Deno === "undefined") {
    refuseLaunched();
    return undefined;
  }
  requireVariables();
  // A computed specifier, so that bundlers and URL importers do not fetch what a browser cannot use.
  const specifier = new URL("../exec/native/mpi.ts", import.meta.url).href;
  const { openMpi } = await import(specifier) as typeof import("../exec/native/mpi.ts");
  const others = await openMpi();
  keepLaunched(others);
  return others;
}

/** Throws {@linkcode BackendError} in Node or Bun if a launcher started the process, which cannot join the others. */
function refuseLaunched(): void {
  const { process } = globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } };
  const count = launchVariables.map((name) => process?.env?.[name]).find((value) => value !== undefined);
  if (count === undefined || count === "1") return;
  throw new BackendError({
    what: "Cannot connect the processes",
    rule: "they are connected by native code, which only Deno can call",
    received: `${count} processes outside of Deno`,
    hint: "start them with deno run -A",
  }, "Deno");
}

/** Throws {@linkcode BackendError} where a process may not see whether a launcher started it. */
function requireVariables(): void {
  const isHidden = (variable: string) => Deno.permissions.querySync({ name: "env", variable }).state !== "granted";
  if (!launchVariables.some(isHidden)) return;
  throw new BackendError({
    what: "Cannot connect the processes",
    rule: `it must see whether a launcher of MPI started this process: ${launchVariables.join(", ")}`,
    received: "no permission to read them",
    hint: "run with -A, or with --allow-env",
  }, "--allow-env");
}

/** The variables by which launchers tell how many processes there are. */
const launchVariables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"];

let divided: string | undefined;

/** Marks the processes as at work on different parts of `what` until disposed, so that they cannot train together. */
export function markDivided(what: string): Disposable {
  divided = what;
  return { [Symbol.dispose]: () => void (divided = undefined) };
}

/** Throws {@linkcode StateError} while processes divide something else; `what` is the action that needs all of them. */
export function requireUndivided(what: string): void {
  if (divided === undefined) return;
  throw new StateError({
    what: `Cannot ${what} now`,
    rule: `processes that divide ${divided} cannot train together`,
    received: "a call before it was done",
    hint: "train each model in one process, or leave out workers",
  });
}
