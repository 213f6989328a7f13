// What the native executor needs of compiled code: a library loaded through FFI, or a WebAssembly instance.

/** Bytes beyond which the text of an error is cut. */
export const longestError = 1024;

/**
 * The compiled kernels and their memory. Addresses are plain numbers; memory is never handed out, only copied, so that
 * nothing on the JavaScript side can outlive it. What fails throws a {@linkcode BackendError}.
 */
export interface NativeModule {
  /** What it is made of, such as `Eigen 3.4.0, x86-64-v3, 2 threads`. */
  readonly description: string;
  /** The index of each op that it implements. */
  readonly ops: ReadonlyMap<string, number>;
  /** The index of each elementwise function that it implements. */
  readonly functions: ReadonlyMap<string, number>;
  /** Zeroed memory at a multiple of 64 bytes. */
  allocate(bytes: number): number;
  /** Frees what `allocate` gave. */
  release(address: number): void;
  /** Copies from the address on into an array. */
  read(address: number, into: Uint8Array<ArrayBuffer>): void;
  /** Copies an array to the address. */
  write(address: number, from: Uint8Array<ArrayBuffer>): void;
  /** Checks and prepares an encoded program; its handle. */
  load(program: Int32Array<ArrayBuffer>): number;
  /** Frees a program. */
  unload(handle: number): void;
  /** Runs steps and returns how many were done, fewer than asked where it was stopped. */
  run(handle: number, steps: number): number;
  /** The same without blocking the event loop, as far as the platform can. */
  runAside(handle: number, steps: number): Promise<number>;
  /** With true, runs of the program end before their next step, until called with false. */
  stop(handle: number, on: boolean): void;
  /** Measures the nodes of programs, where the platform has a clock. */
  readonly clock?: {
    /** Starts or ends measuring a program. */
    measure(handle: number, on: boolean): void;
    /** Nanoseconds spent in each of the program's `count` nodes since the last call. */
    measured(handle: number, count: number): Float64Array;
  };
}
