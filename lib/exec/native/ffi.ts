// The native library, called through Deno's FFI.
import type { BuildOptions } from "../../../ffi/build.ts";
import { gibibytes } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import { nativeError } from "./executor.ts";
import { longestError, type NativeModule } from "./module.ts";
import { namedThreads, processors, threadsText } from "./threads.ts";

const symbols = {
  ceratops_build: { parameters: [], result: "pointer" },
  ceratops_description: { parameters: [], result: "pointer" },
  ceratops_names: { parameters: [], result: "pointer" },
  ceratops_last_error: { parameters: ["buffer", "i32"], result: "i32" },
  ceratops_open: { parameters: ["i32"], result: "i32" },
  ceratops_allocate: { parameters: ["f64"], result: "f64" },
  ceratops_release: { parameters: ["f64"], result: "i32" },
  ceratops_read: { parameters: ["f64", "buffer", "f64"], result: "i32" },
  ceratops_write: { parameters: ["f64", "buffer", "f64"], result: "i32" },
  ceratops_draw: { parameters: ["f64", "f64", "i32", "i32", "i32", "f64", "f64", "i32"], result: "i32" },
  ceratops_load: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  ceratops_unload: { parameters: ["i32"], result: "i32" },
  ceratops_run: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  ceratops_run_aside: { name: "ceratops_run", parameters: ["i32", "i32", "buffer"], result: "i32", nonblocking: true },
  ceratops_refresh: { parameters: ["i32"], result: "i32" },
  ceratops_stop: { parameters: ["i32", "i32"], result: "i32" },
  ceratops_set_all_reduce: { parameters: ["pointer"], result: "i32" },
  ceratops_set_profile: { parameters: ["i32", "i32"], result: "i32" },
  ceratops_profile: { parameters: ["i32", "buffer", "i32"], result: "i32" },
} as const;

/** A library file, the build hash that it must report, and whether it was not compiled here. */
interface LibraryFile {
  readonly path: string;
  readonly build: string;
  readonly prebuilt: boolean;
}

/** Options of {@linkcode openLibrary}. */
export interface OpenOptions {
  /** The number of threads; by default `CERATOPS_THREADS`, else the number of processors. */
  threads?: number;
  /** How the library is built. */
  build?: BuildOptions;
}

/** Loads a library file; throws {@linkcode BackendError} if it cannot be loaded or reports another build. */
export function openLibrary(
  { path, build, prebuilt }: LibraryFile,
  { threads = namedThreads() ?? processors() }: OpenOptions = {},
): NativeModule {
  const library = load(path);
  const call = library.symbols;
  const text = (pointer: Deno.PointerValue) => (pointer ? Deno.UnsafePointerView.getCString(pointer) : "");
  const actual = text(call.ceratops_build());
  if (actual !== build) {
    library.close();
    throw nativeError(`Cannot use ${path}`, `it must be built from these sources (${build}), it says ${actual}`);
  }
  const lastError = () => {
    const bytes = new Uint8Array(longestError);
    return new TextDecoder().decode(bytes.subarray(0, call.ceratops_last_error(bytes, bytes.length)));
  };
  const check = (status: number, what: string): number => {
    if (status < 0) throw nativeError(what, lastError());
    return status;
  };
  check(call.ceratops_open(threads), "Cannot start threads");
  const [ops, functions] = text(call.ceratops_names()).split("\n").map((names) =>
    new Map(names.split(" ").map((name, index) => [name, index]))
  );
  // The count of finished steps; non-blocking runs each have their own.
  const finished = new Int32Array(1);
  const kernels = `${text(call.ceratops_description())}${prebuilt ? ", prebuilt" : ""}`;
  return {
    description: `${kernels}, ${threadsText(threads)}`,
    build: `${kernels}, build ${actual}`,
    ops,
    functions,
    allocate(bytes) {
      const address = call.ceratops_allocate(bytes);
      if (address === 0) throw outOfMemory(bytes, lastError());
      return address;
    },
    release: (address) => void check(call.ceratops_release(address), "Cannot free memory"),
    read: (address, into) => void check(call.ceratops_read(address, into, into.length), "Cannot read memory"),
    write: (address, from) => void check(call.ceratops_write(address, from, from.length), "Cannot write memory"),
    draw: (address, count, { stream, low, range }) =>
      void check(call.ceratops_draw(address, count, ...stream, low, range, threads), "Cannot draw numbers"),
    load: (program) => check(call.ceratops_load(program, program.length, threads), "Cannot load a program"),
    unload: (handle) => void check(call.ceratops_unload(handle), "Cannot free a program"),
    run(handle, steps) {
      check(call.ceratops_run(handle, steps, finished), "Cannot run a program");
      return finished[0];
    },
    async runAside(handle, steps) {
      const count = new Int32Array(1);
      check(await call.ceratops_run_aside(handle, steps, count), "Cannot run a program");
      return count[0];
    },
    refresh: (handle) => void check(call.ceratops_refresh(handle), "Cannot refresh a program"),
    stop: (handle, on) => void check(call.ceratops_stop(handle, on ? 1 : 0), "Cannot stop a program"),
    reduceBy: (reducer) => void check(call.ceratops_set_all_reduce(reducer), "Cannot join other processes"),
    measure: (handle, on) => void check(call.ceratops_set_profile(handle, on ? 1 : 0), "Cannot measure a program"),
    measured(handle, count) {
      const nanoseconds = new Float64Array(count);
      check(call.ceratops_profile(handle, nanoseconds, count), "Cannot measure a program");
      return nanoseconds;
    },
  };
}

function outOfMemory(bytes: number, said: string): BackendError {
  return new BackendError({
    what: "Cannot allocate memory",
    rule: `this machine must have room for it (${said})`,
    received: `a need of ${gibibytes(bytes)}`,
    hint: "take a smaller batch, a smaller model or less data at a time, or call clearSession()",
  });
}

function load(path: string): Deno.DynamicLibrary<typeof symbols> {
  try {
    return Deno.dlopen(path, symbols);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const said = error instanceof Error ? error.message : String(error);
    if (/failed to map segment|Operation not permitted|Permission denied/.test(said)) {
      throw new BackendError({
        what: `Cannot load ${path}`,
        rule: "the system must let programs run from its folder, which a file system mounted with noexec does not",
        received: said,
        hint: "set CERATOPS_CACHE to a folder elsewhere",
      }, "a cache without noexec");
    }
    throw new BackendError({
      what: `Cannot load ${path}`,
      rule: said,
      hint: "delete the file, so that it is built again",
    });
  }
}
