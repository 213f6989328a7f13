// The threads of a WebAssembly pool: workers whose instances share its memory. They start when there is work for them, and
// take part from the moment they are ready: nothing waits for them, and results do not depend on them.
import { processors } from "./threads.ts";
import type { WasmExports, WasmInstance } from "./wasm_instance.ts";

/** The most threads unless more are asked for: products are divided into 16 tasks, or more if they are large. */
const mostByDefault = 16;

/** Why there is one thread here, as the rule and the hint of an error; undefined where there can be several. */
export function whyOneThread(): { readonly rule: string; readonly hint: string } | undefined {
  // Only its errors have this property. In Bun one of two trainings on two threads hung.
  if (Object.hasOwn(new Error(), "line")) {
    return {
      rule: "it has one thread on JavaScriptCore, the engine of Bun and Safari, where several can hang",
      hint: "leave the number of threads out",
    };
  }
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false) return undefined;
  return {
    rule: "a page on several threads must be isolated from other origins",
    hint: "serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or " +
      "leave the number of threads out",
  };
}

/** How many threads there are if no number is asked for. */
export function defaultThreads(): number {
  return whyOneThread() ? 1 : Math.min(mostByDefault, processors());
}

/** The stack of a worker, in bytes. Kernels have their scratch memory elsewhere, and need a few KiB. */
const stackBytes = 128 * 1024;

/** The message to a worker. */
interface Task {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly pool: number;
  readonly thread: number;
  /** The end of its stack, which grows downwards. */
  readonly stack: number;
}

/** A worker. */
interface Thread {
  /** Resolves when it has left the pool, or could not start. */
  readonly left: Promise<void>;
  /** Keeps the process alive until it has left. */
  hold(): void;
}

/** The threads of the pool of a number of threads, other than the one that runs programs. */
export class WasmThreads {
  readonly #instance: WasmInstance;
  readonly #pool: number;
  readonly #stacks: readonly number[];
  #threads: readonly Thread[] = [];
  #ending: Promise<void> | undefined;

  /** Takes the number of threads of a pool that is open, and what allocates memory. */
  constructor(instance: WasmInstance, readonly count: number, allocate: (bytes: number) => number) {
    this.#instance = instance;
    this.#pool = instance.exports.ceratops_pool(count);
    this.#stacks = Array.from({ length: count - 1 }, () => allocate(stackBytes));
  }

  /** How many workers there are. */
  get running(): number {
    return this.#threads.length;
  }

  /** How many tasks each thread has done, the first of which runs programs. */
  get taken(): number[] {
    return Array.from({ length: this.count }, (_, i) => this.#instance.exports.ceratops_taken(this.#pool, i));
  }

  /** Starts the workers, unless they run or are just ending. */
  start(): void {
    if (this.#threads.length > 0 || this.#ending) return;
    const { exports, module } = this.#instance;
    exports.ceratops_open(this.count);
    this.#threads = this.#stacks.map((stack, i) =>
      startThread({ module, memory: exports.memory, pool: this.#pool, thread: i + 1, stack: stack + stackBytes })
    );
  }

  /** Ends the workers, which can start again. */
  end(): Promise<void> {
    return this.#ending ??= this.#end().finally(() => this.#ending = undefined);
  }

  async #end(): Promise<void> {
    if (this.#threads.length === 0) return;
    this.#instance.exports.ceratops_close(this.#pool);
    this.#threads.forEach((thread) => thread.hold());
    await Promise.all(this.#threads.map(({ left }) => left));
    this.#threads = [];
  }
}

/** What a worker does: it joins the pool, and leaves when the pool is closed. */
function join({ module, memory, pool, thread, stack }: Task): void {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WasmExports;
  exports.__stack_pointer.value = stack;
  exports.ceratops_join(pool, thread);
}

/** What Deno, Node and Bun have. Their own workers let a process end, which those of the web do not. */
interface NodeWorkers {
  readonly Worker: new (code: string, options: { eval: true; workerData: Task }) => NodeWorker;
}

interface NodeWorker {
  on(event: "message" | "exit", listener: () => void): void;
  on(event: "error", listener: (error: unknown) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

function startThread(task: Task): Thread {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const node = process?.getBuiltinModule?.("node:worker_threads") as NodeWorkers | undefined;
  return node ? startNodeThread(node, task) : startWebThread(task);
}

function startNodeThread({ Worker }: NodeWorkers, task: Task): Thread {
  const code = `const { parentPort, workerData } = require("node:worker_threads");
(${join})(workerData);
parentPort.postMessage(null);`;
  const worker = new Worker(code, { eval: true, workerData: task });
  const left = new Promise<void>((resolve) => {
    const end = () => void worker.terminate().then(() => resolve());
    worker.on("message", end);
    worker.on("exit", resolve);
    worker.on("error", (error) => {
      tell(error);
      resolve();
    });
  });
  // After the listeners, which would hold the process.
  worker.unref();
  return { left, hold: () => worker.ref() };
}

let address: string | undefined;

function startWebThread(task: Task): Thread {
  const code = `onmessage = ({ data }) => {
(${join})(data);
postMessage(null);
};`;
  let worker: Worker;
  try {
    address ??= URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    worker = new Worker(address);
  } catch (error) {
    tell(error);
    return { left: Promise.resolve(), hold() {} };
  }
  const left = new Promise<void>((resolve) => {
    worker.onmessage = () => {
      worker.terminate();
      resolve();
    };
    worker.onerror = ({ message }) => {
      tell(message || "does its content security policy have worker-src blob:?");
      resolve();
    };
  });
  worker.postMessage(task);
  return { left, hold() {} };
}

let isTold = false;

/** Says once that a worker did not start; the others do its work. */
function tell(reason: unknown): void {
  if (!isTold) console.warn(`Ceratops computes on fewer threads: a worker could not start (${reason})`);
  isTold = true;
}
