// The wasm backend: the native library compiled to WebAssembly, without permissions, on several threads where memory can
// be shared.
import { BackendError } from "../../errors.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { nativeError, NativeExecutor } from "./executor.ts";
import { longestError, type NativeModule } from "./module.ts";
import { namedThreads, threadsText } from "./threads.ts";
import { theInstance, type WasmForm, type WasmInstance } from "./wasm_instance.ts";
import { defaultThreads, WasmThreads, whyOneThread } from "./wasm_threads.ts";

export { packedModule } from "./wasm_instance.ts";

/** Bytes that 32-bit addresses can address. */
const mostBytes = 2 ** 32;

/** Milliseconds of work after which to yield to the event loop. */
const longestTurn = 50;

/** Milliseconds of work after which threads are started. */
const longestAlone = 50;

/** Options of {@linkcode openWasm}. */
export interface WasmOptions extends Pick<WasmForm, "isRelaxed"> {
  /** The number of threads; by default `CERATOPS_THREADS`, else that of processors, else 1 where memory is not shared. */
  readonly threads?: number;
}

/** Opens an executor on the library; executors share an instance, and those of the same number of threads share these. */
export async function openWasm({ threads = namedThreads(), isRelaxed }: WasmOptions = {}): Promise<NativeExecutor> {
  const count = threads ?? defaultThreads();
  const reason = count > 1 ? whyOneThread() : undefined;
  if (reason) throw new BackendError({ what: "Cannot use wasm", received: threadsText(count), ...reason });
  return new NativeExecutor("wasm", wasmModule(await theInstance({ isShared: count > 1, isRelaxed }), count));
}

/** The threads of the pools of an instance, by number. */
const pools = new WeakMap<WasmInstance, Map<number, WasmThreads>>();

/** The module of an instance, for a number of threads. */
export function wasmModule(instance: WasmInstance, count = 1): NativeModule & { readonly threads?: WasmThreads } {
  const call = instance.exports;
  // Growing the memory invalidates views, so each is made where it is used.
  const bytesAt = (address: number, length?: number) => new Uint8Array(call.memory.buffer, address >>> 0, length);
  // A copy, since shared memory cannot be decoded.
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes.slice());
  const text = (address: number) => {
    const bytes = bytesAt(address);
    return decode(bytes.subarray(0, bytes.indexOf(0)));
  };
  /** The result of a call into the library; a trap becomes an error with `what`. */
  const within = (what: string, body: () => number): number => {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      const refused = call.ceratops_refused();
      throw refused > 0 ? outOfMemory(what, refused) : nativeError(what, error.message);
    }
  };
  const check = (what: string, body: () => number): number => {
    const status = within(what, body);
    if (status < 0) throw nativeError(what, lastError());
    return status;
  };
  const allocate = (bytes: number): number => {
    const what = "Cannot allocate memory";
    if (bytes > mostBytes) throw outOfMemory(what, bytes);
    const address = within(what, () => call.ceratops_allocate(bytes));
    if (address === 0) throw outOfMemory(what, bytes);
    return address;
  };
  const message = allocate(longestError);
  const lastError = () => decode(bytesAt(message, call.ceratops_last_error(message, longestError)));
  const holds = (what: string, address: number, bytes: number) =>
    check(what, () => call.ceratops_holds(address, bytes));
  const release = (address: number) => void check("Cannot free memory", () => call.ceratops_release(address));
  check("Cannot open the library", () => call.ceratops_open(count));
  const threads = count > 1 ? threadsOf(instance, count, allocate) : undefined;
  const [ops, functions] = text(call.ceratops_names()).split("\n").map((names) =>
    new Map(names.split(" ").map((name, index) => [name, index]))
  );
  /** Where a run writes the count of finished steps. */
  const finished = allocate(Int32Array.BYTES_PER_ELEMENT);
  /** The nanoseconds of each node, by the handle of programs that are measured. */
  const measured = new Map<number, Float64Array>();
  /** Milliseconds of work so far. */
  let worked = 0;
  const run = (handle: number, steps: number): number => {
    const start = performance.now();
    const nanoseconds = measured.get(handle);
    if (nanoseconds) return runByNode(handle, steps, nanoseconds);
    check("Cannot run a program", () => call.ceratops_run(handle, steps, finished));
    worked += performance.now() - start;
    if (worked > longestAlone) threads?.start();
    return new Int32Array(call.memory.buffer, finished, 1)[0];
  };
  /**
   * WebAssembly has no clock, so the nodes are run one by one. Each time is from one reading of the clock to the next:
   * where it is coarse, as in browsers, single times are whole ticks, but their sums are right.
   */
  const runByNode = (handle: number, steps: number, nanoseconds: Float64Array): number => {
    for (let step = 0; step < steps; step++) {
      let before = performance.now();
      for (let i = 0; i < nanoseconds.length; i++) {
        if (check("Cannot run a program", () => call.ceratops_run_node(handle, i)) !== 0) return step;
        const now = performance.now();
        nanoseconds[i] += (now - before) * 1e6;
        before = now;
      }
    }
    return steps;
  };
  const kernels = text(call.ceratops_description());
  return {
    description: `${kernels}, ${threadsText(count)}`,
    build: `${kernels}, build ${text(call.ceratops_build())}`,
    ops,
    functions,
    allocate,
    release,
    read(address, into) {
      holds("Cannot read memory", address, into.length);
      into.set(bytesAt(address, into.length));
    },
    write(address, from) {
      holds("Cannot write memory", address, from.length);
      bytesAt(address, from.length).set(from);
    },
    draw: (address, numbers, { stream, low, range }) =>
      void check("Cannot draw numbers", () => call.ceratops_draw(address, numbers, ...stream, low, range, count)),
    load(program) {
      const words = allocate(program.byteLength);
      try {
        new Int32Array(call.memory.buffer, words, program.length).set(program);
        return check("Cannot load a program", () => call.ceratops_load(words, program.length, count));
      } finally {
        release(words);
      }
    },
    unload: (handle) => void check("Cannot free a program", () => call.ceratops_unload(handle)),
    run,
    async runAside(handle, steps) {
      let done = 0;
      let atOnce = 1;
      let turn = performance.now();
      while (done < steps) {
        const wanted = Math.min(atOnce, steps - done);
        const start = performance.now();
        const count = run(handle, wanted);
        done += count;
        if (count < wanted) break;
        const now = performance.now();
        // Grows gradually, since the first measurement may be of a fast part.
        atOnce = Math.max(1, Math.min(atOnce * 8, Math.floor(longestTurn * count / Math.max(0.01, now - start))));
        if (done === steps || now - turn < longestTurn / 2) continue;
        await yieldToEventLoop();
        turn = performance.now();
      }
      return done;
    },
    refresh: (handle) => void check("Cannot refresh a program", () => call.ceratops_refresh(handle)),
    measure(handle, on) {
      if (!on) return void measured.delete(handle);
      const count = check("Cannot measure a program", () => call.ceratops_profile(handle, 0, 0));
      measured.set(handle, new Float64Array(count));
    },
    measured(handle) {
      const nanoseconds = measured.get(handle)!;
      measured.set(handle, new Float64Array(nanoseconds.length));
      return nanoseconds;
    },
    stop: (handle, on) => void check("Cannot stop a program", () => call.ceratops_stop(handle, on ? 1 : 0)),
    threads,
    async endThreads() {
      worked = 0;
      await threads?.end();
    },
  };
}

function threadsOf(instance: WasmInstance, count: number, allocate: (bytes: number) => number): WasmThreads {
  let pool = pools.get(instance);
  if (!pool) pools.set(instance, pool = new Map());
  let threads = pool.get(count);
  if (!threads) pool.set(count, threads = new WasmThreads(instance, count, allocate));
  return threads;
}

function outOfMemory(what: string, bytes: number): BackendError {
  return new BackendError({
    what,
    rule: "WebAssembly has 4 GiB of memory, and there is no room in it",
    received: `a need of ${(bytes / 2 ** 20).toFixed(1)} MiB more`,
    hint: "take a smaller batch or less data at a time, call clearSession(), or run on eigen, which has no such limit",
  });
}
