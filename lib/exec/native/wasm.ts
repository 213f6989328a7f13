// The wasm backend: the native library compiled to WebAssembly, on one thread and without permissions.
import * as instance from "../../../ffi/ceratops.wasm";
import { BackendError } from "../../errors.ts";
import { yieldToEventLoop } from "../event_loop.ts";
import { nativeError, NativeExecutor } from "./executor.ts";
import { longestError, type NativeModule } from "./module.ts";

/** What an instance of ffi/ceratops.wasm exports. */
export type WasmInstance = typeof instance;

/** Bytes that 32-bit addresses can address. */
const mostBytes = 2 ** 32;

/** Milliseconds of work after which to yield to the event loop. */
const longestTurn = 50;

instance._initialize();

/** Opens an executor on the library; all executors share the one imported instance. */
export function openWasm(): NativeExecutor {
  return new NativeExecutor("wasm", wasmModule(instance));
}

/** The module of an instance on which `_initialize` was called. */
export function wasmModule(call: WasmInstance): NativeModule {
  // Growing the memory invalidates views, so each is made where it is used.
  const bytesAt = (address: number, length?: number) => new Uint8Array(call.memory.buffer, address >>> 0, length);
  const text = (address: number) => {
    const bytes = bytesAt(address);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
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
  const lastError = () => new TextDecoder().decode(bytesAt(message, call.ceratops_last_error(message, longestError)));
  const holds = (what: string, address: number, bytes: number) =>
    check(what, () => call.ceratops_holds(address, bytes));
  const release = (address: number) => void check("Cannot free memory", () => call.ceratops_release(address));
  check("Cannot open the library", () => call.ceratops_open(1));
  const [ops, functions] = text(call.ceratops_names()).split("\n").map((names) =>
    new Map(names.split(" ").map((name, index) => [name, index]))
  );
  /** Where a run writes the count of finished steps. */
  const finished = allocate(Int32Array.BYTES_PER_ELEMENT);
  /** The nanoseconds of each node, by the handle of programs that are measured. */
  const measured = new Map<number, Float64Array>();
  const run = (handle: number, steps: number): number => {
    const nanoseconds = measured.get(handle);
    if (nanoseconds) return runByNode(handle, steps, nanoseconds);
    check("Cannot run a program", () => call.ceratops_run(handle, steps, finished));
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
  return {
    description: text(call.ceratops_description()),
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
    draw: (address, count, { stream, low, range }) =>
      void check("Cannot draw numbers", () => call.ceratops_draw(address, count, ...stream, low, range, 1)),
    load(program) {
      const words = allocate(program.byteLength);
      try {
        new Int32Array(call.memory.buffer, words, program.length).set(program);
        return check("Cannot load a program", () => call.ceratops_load(words, program.length, 1));
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
      if (!on) measured.delete(handle);
      else {measured.set(
          handle,
          new Float64Array(check("Cannot measure a program", () => call.ceratops_profile(handle, 0, 0))),
        );}
    },
    measured(handle) {
      const nanoseconds = measured.get(handle)!;
      measured.set(handle, new Float64Array(nanoseconds.length));
      return nanoseconds;
    },
    stop: (handle, on) => void check("Cannot stop a program", () => call.ceratops_stop(handle, on ? 1 : 0)),
  };
}

function outOfMemory(what: string, bytes: number): BackendError {
  return new BackendError({
    what,
    rule: "WebAssembly has 4 GiB of memory, and there is no room in it",
    received: `a need of ${(bytes / 2 ** 20).toFixed(1)} MiB more`,
    hint: "take a smaller batch or less data at a time, call clearSession(), or run on eigen, which has no such limit",
  });
}
