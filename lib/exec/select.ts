// Which backend runs programs: chosen by name, by CERATOPS_BACKEND, or automatically.
import { BackendError, unknownIdentifier } from "../errors.ts";
import { clearCaches, requireIdle } from "../session.ts";
import { debug, debugTopics } from "./debug.ts";
import type { BackendName, Executor } from "./executor.ts";
import { ReferenceExecutor } from "./reference/executor.ts";

/** What {@linkcode setBackend} takes. */
export type BackendChoice = BackendName | "auto";

/** Opens each backend; `asked` says that the user named it, so that Deno may ask for permissions. */
const openers: Record<BackendName, (asked: boolean) => Promise<Executor>> = {
  webgpu: async (asked) => {
    // A literal specifier, so that browser bundles include the shaders; they are small.
    const { openWebGpu } = await import("./webgpu/open.ts");
    return openWebGpu({ allowSoftware: asked });
  },
  eigen: async (asked) => {
    requireDeno("eigen");
    if (!asked) requireGranted("eigen", ["ffi", "read", "write", "run", "env"]);
    // A computed specifier, so that bundlers and URL importers do not fetch what a browser cannot use.
    const specifier = new URL("./native/eigen.ts", import.meta.url).href;
    const { openEigen } = await import(specifier) as { openEigen: () => Promise<Executor> };
    return openEigen();
  },
  wasm: async () => {
    // A literal specifier, so that browser bundles include the library.
    const { openWasm } = await import("./native/wasm.ts");
    return openWasm();
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
 * @throws {ValueError} for an unknown name
 * @throws {StateError} while a model trains, evaluates or predicts
 * @throws {BackendError} if the named backend is unavailable; the message says how to get it
 *
 * @example Check a result with the slow, exact backend
 * ```ts
 * import { setBackend } from "./mod.ts";
 * await setBackend("reference");
 * ```
 */
export async function setBackend(name: BackendChoice): Promise<void> {
  if (!choices.includes(name)) throw unknownIdentifier("backend", String(name), choices, "Cannot set the backend");
  requireIdle("set the backend");
  const next = open(name, "setBackend");
  await next;
  await clearSession();
  current = next;
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

async function open(name: BackendChoice, why: string): Promise<Executor> {
  const executor = await choose(name, why);
  debug(executor, debugTopics(readVariable("CERATOPS_DEBUG") ?? ""), (text) => console.error(text));
  return executor;
}

async function choose(name: BackendChoice, why: string): Promise<Executor> {
  if (name !== "auto") {
    const executor = await openers[name](true);
    report(`${executor.name} (${executor.description}), chosen by ${why}`);
    return executor;
  }
  const passedOver: string[] = [];
  const chosen = (executor: Executor): Executor => {
    report([`${executor.name} (${executor.description})`, ...passedOver].join("; "));
    return executor;
  };
  for (const { name, gain } of preference) {
    try {
      return chosen(await openers[name](false));
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      const reason = error.message.replace(`Cannot use ${name}: `, "");
      passedOver.push(gain ? `${name} would be ${gain}: ${reason}` : `${name} passed over: ${reason}`);
    }
  }
  return chosen(await openers.wasm(false));
}

function requireDeno(name: BackendName): void {
  if (typeof Deno !== "undefined") return;
  throw new BackendError({
    what: `Cannot use ${name}`,
    rule: "it loads a native library, which only Deno can",
    hint: 'use "webgpu" or "wasm"',
  });
}

/** Throws if not all permissions of a backend are granted, without asking for them. */
function requireGranted(name: BackendName, permissions: readonly Deno.PermissionName[]): void {
  const missing = permissions.filter((permission) =>
    Deno.permissions.querySync({ name: permission }).state !== "granted"
  );
  if (missing.length === 0) return;
  throw new BackendError({
    what: `Cannot use ${name}`,
    rule: `it needs ${missing.map((permission) => `--allow-${permission}`).join(" ")}`,
    hint: "run with these or with -A",
  });
}

function report(line: string): void {
  console.error(`Ceratops runs on ${line}`);
}

/** An environment variable, if reading it is already permitted; never asks. */
function readVariable(name: string): string | undefined {
  if (typeof Deno === "undefined") return undefined;
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
