// Which backend runs programs: chosen by name, by CERATOPS_BACKEND, or automatically.
import { launched } from "../communicator.ts";
import { readVariable } from "../environment.ts";
import { BackendError, CeratopsError, describe, unknownIdentifier, ValueError } from "../errors.ts";
import { clearCaches, requireIdle } from "../session.ts";
import { debug, type DebugTopic, debugTopics } from "./debug.ts";
import type { BackendName, Executor } from "./executor.ts";
import { mostThreads } from "./native/threads.ts";
import { ReferenceExecutor } from "./reference/executor.ts";

/** What {@linkcode setBackend} takes. */
export type BackendChoice = BackendName | "auto";

/** Options of {@linkcode setBackend}. */
export interface BackendOptions {
  /**
   * How many threads `eigen` and `wasm` compute on, from 1 to 1024; by default `CERATOPS_THREADS`, else the number of
   * processors, on `wasm` at most 16, and 1 in Bun, in Safari and in a page that is not isolated from other origins. Results do not depend on it.
   */
  threads?: number | null;
}

/** How a backend is opened. */
interface Opening {
  /** Whether the user named it, so that Deno may ask for permissions. */
  readonly asked: boolean;
  readonly threads: number | undefined;
}

/** Opens each backend. */
const openers: Record<BackendName, (opening: Opening) => Promise<Executor>> = {
  webgpu: async ({ asked }) => {
    // A literal specifier, so that browser bundles include the shaders; they are small.
    const { openWebGpu } = await import("./webgpu/open.ts");
    return openWebGpu({ allowSoftware: asked });
  },
  eigen: async ({ asked, threads }) => {
    requireDeno("eigen");
    if (!asked && isForbidden("eigen")) throw lacksPermissions("eigen");
    // A literal specifier: Deno takes 10 ms to add a computed one to the modules that it knows.
    const { openEigen } = await import("./native/eigen.ts");
    return openEigen({ threads });
  },
  wasm: async ({ threads }) => {
    // A literal specifier, so that browser bundles include the library.
    const { openWasm } = await import("./native/wasm.ts");
    return openWasm({ threads });
  },
  reference: () => Promise.resolve(new ReferenceExecutor()),
};

/** What `auto` tries before wasm, which runs anywhere: best first, with the measured speedup of an MNIST epoch. */
const preference: readonly { name: BackendName; gain?: string }[] = [
  { name: "webgpu" },
  { name: "eigen", gain: "8 times as fast" },
];

const choices = ["auto", ...Object.keys(openers)] as BackendChoice[];

let current: Promise<Executor> | undefined;

/**
 * Chooses the backend for everything that follows; weights move to it when they are next used.
 *
 * @param name a backend, or `"auto"` for the best available one
 * @param options the number of threads
 * @throws {ValueError} for an unknown name, or a number of threads that is none
 * @throws {StateError} while a model trains, evaluates or predicts
 * @throws {BackendError} if the named backend is unavailable; the message says how to get it
 *
 * @example Check a result with the slow, exact backend
 * ```ts
 * import { setBackend } from "./mod.ts";
 * await setBackend("reference");
 * ```
 *
 * @example Leave the other processors to the rest of the program
 * ```ts
 * import { setBackend } from "./mod.ts";
 * await setBackend("wasm", { threads: 1 });
 * ```
 */
export async function setBackend(name: BackendChoice, options: BackendOptions = {}): Promise<void> {
  if (!choices.includes(name)) {
    const given = typeof name === "string" ? name : describe(name);
    throw unknownIdentifier("backend", given, choices, "Cannot set the backend");
  }
  const threads = readThreads(name, options);
  requireIdle("set the backend");
  const next = open(name, "setBackend", threads);
  await next;
  await clearSession();
  current = next;
}

/** The number of threads that is asked for, if any. */
function readThreads(name: BackendChoice, options: BackendOptions): number | undefined {
  const what = "Cannot set the backend";
  if (typeof options !== "object" || options === null) {
    throw new ValueError({ what, rule: "the options must be an object", received: describe(options) });
  }
  const { threads, ...others } = options;
  for (const other of Object.keys(others)) throw unknownIdentifier("option", other, ["threads"], what);
  if (threads === undefined || threads === null) return undefined;
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    const rule = `threads must be a whole number from 1 to ${mostThreads}`;
    throw new ValueError({ what, rule, received: describe(threads) });
  }
  if (name !== "webgpu" && name !== "reference") return threads;
  throw new ValueError({ what, rule: "only eigen and wasm have threads", received: `threads for ${name}` });
}

/** Runs everything that follows on a given executor: for tests of builds and thread counts. */
export async function useExecutor(executor: Executor): Promise<void> {
  await clearSession();
  current = Promise.resolve(executor);
}

/**
 * The backend in use; opens one if there is none yet. See {@linkcode setBackend}.
 *
 * @throws {BackendError} if none is available
 *
 * @example Which backend is in use?
 * ```ts
 * import { getBackend, setBackend } from "./mod.ts";
 * await setBackend("eigen");
 * console.log(await getBackend()); // eigen
 * ```
 */
export async function getBackend(): Promise<BackendName> {
  return (await getExecutor()).name;
}

/**
 * The executor in use; opens one if there is none yet: `CERATOPS_BACKEND`, if it may be read and is set, else `auto`.
 */
export function getExecutor(): Promise<Executor> {
  current ??= openDefault().catch((error) => {
    current = undefined;
    throw error;
  });
  return current;
}

/**
 * Frees all memory and programs of the backend; variables keep their values on the host, and models continue to work.
 * Automatic layer names start over. As `keras.utils.clear_session()`.
 *
 * @throws {StateError} while a model trains, evaluates or predicts
 *
 * @example Names start over
 * ```ts
 * import { clearSession, layers } from "./mod.ts";
 * console.log(new layers.Dense(3).name); // dense
 * await clearSession();
 * console.log(new layers.Dense(3).name); // dense
 * ```
 */
export async function clearSession(): Promise<void> {
  requireIdle("clear the session");
  clearCaches();
  if (current) await (await current).dispose();
}

async function openDefault(): Promise<Executor> {
  const named = readVariable("CERATOPS_BACKEND");
  if (named && !choices.includes(named as BackendChoice)) {
    throw unknownIdentifier("backend", named, choices, "Cannot use CERATOPS_BACKEND");
  }
  return await open((named ?? "auto") as BackendChoice, named ? "CERATOPS_BACKEND" : "auto");
}

async function open(name: BackendChoice, why: string, threads?: number): Promise<Executor> {
  const topics = debugTopics(readVariable("CERATOPS_DEBUG") ?? "");
  const executor = name === "auto" ? await openBest(topics, threads) : await openNamed(name, why, threads);
  if (topics.has("backend")) console.error(`  ${executor.name} chosen: ${executor.description}`);
  debug(executor, topics, (text) => console.error(text));
  return executor;
}

async function openNamed(name: BackendName, why: string, threads?: number): Promise<Executor> {
  try {
    const executor = await openers[name]({ asked: true, threads });
    tell(`Ceratops runs on ${name} by ${why}`, ` (${executor.description})`);
    return executor;
  } catch (error) {
    // The user did not allow something when asked, or cannot be asked; an import says so by a TypeError.
    if (error instanceof Error && !(error instanceof CeratopsError) && isForbidden(name)) {
      throw lacksPermissions(name, error);
    }
    throw error;
  }
}

/** The first backend that is available, printed in one line; with the topic `backend`, why none of those before it. */
async function openBest(topics: ReadonlySet<DebugTopic>, threads?: number): Promise<Executor> {
  const opening: Opening = { asked: false, threads };
  const passedOver: { readonly name: BackendName; readonly gain?: string; readonly error: BackendError }[] = [];
  let executor: Executor | undefined;
  for (const { name, gain } of preference) {
    if (name === "eigen" && typeof Deno === "undefined") continue;
    try {
      executor = await openers[name](opening);
      break;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      passedOver.push({ name, gain, error });
    }
  }
  if (executor) tell(`Ceratops runs on ${executor.name}`, ` (${executor.description})`);
  else {
    executor = await openers.wasm(opening);
    const { name, gain, error } = passedOver.find(({ gain }) => gain) ?? passedOver[0];
    const why = error.needs ? `needs ${error.needs}` : "cannot be opened";
    tell("Ceratops runs on wasm", `; ${name}${gain ? `, ${gain},` : ""} ${why}`);
  }
  if (topics.has("backend")) {
    for (const { name, error } of passedOver) console.error(`  ${name} passed over: ${error.message}`);
  }
  return executor;
}

/** Prints a line of at most 80 columns; where `more` has no room there, without it. */
function tell(line: string, more: string): void {
  if (launched()?.rank) return;
  console.error(line.length + more.length <= 80 ? line + more : line);
}

function requireDeno(name: BackendName): void {
  if (typeof Deno !== "undefined") return;
  throw new BackendError({
    what: `Cannot use ${name}`,
    rule: "it loads a native library, which only Deno can",
    hint: 'use "webgpu" or "wasm"',
  }, "Deno");
}

/** The permissions that a backend needs; `auto` does not ask for them. */
const permissionsOf: { readonly [K in BackendName]?: readonly Deno.PermissionName[] } = {
  eigen: ["ffi", "read", "write", "run", "env"],
};

/** Whether a permission that a backend needs is not granted; does not ask for it. */
function isForbidden(name: BackendName): boolean {
  const isMissing = (name: Deno.PermissionName) => Deno.permissions.querySync({ name }).state !== "granted";
  return typeof Deno !== "undefined" && (permissionsOf[name] ?? []).some(isMissing);
}

function lacksPermissions(name: BackendName, refused?: Error): BackendError {
  const flags = (permissionsOf[name] ?? []).map((permission) => `--allow-${permission}`).join(" ");
  return new BackendError({
    what: `Cannot use ${name}`,
    rule: `it needs ${flags || "more permissions"}`,
    received: refused?.message,
    hint: "run with these or with -A",
  }, "-A");
}
