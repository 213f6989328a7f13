// What the native executor needs from compiled code: a library loaded through FFI, or a WebAssembly instance.
import type { Drawing } from "../../tensor/variable.ts";

/** Longer error texts are truncated to this many bytes. */
export const longestError = 1024;

/**
 * The compiled kernels and their memory. Addresses are plain numbers, and memory is only copied, never exposed, so that
 * no JavaScript view can outlive it. Failures throw a {@linkcode BackendError}.
 */
export interface NativeModule {
  /** Its parts, such as `Eigen 3.4.0, x86-64-v3, 2 threads`. */
  readonly description: string;
  /** What was compiled, and the hash of its sources and how: `Eigen 3.4.0, x86-64-v3, build 1a2b3c`. */
  readonly build: string;
  /** The index of each op that it implements. */
  readonly ops: ReadonlyMap<string, number>;
  /** The index of each elementwise function that it implements. */
  readonly functions: ReadonlyMap<string, number>;
  /** Allocates zeroed memory, aligned to 64 bytes. */
  allocate(bytes: number): number;
  /** Frees memory from `allocate`. */
  release(address: number): void;
  /** Copies from an address into an array. */
  read(address: number, into: Uint8Array<ArrayBuffer>): void;
  /** Copies an array to an address. */
  write(address: number, from: Uint8Array<ArrayBuffer>): void;
  /** Draws `count` float32 numbers to an address. */
  draw(address: number, count: number, drawing: Drawing): void;
  /** Validates and prepares an encoded program; returns its handle. */
  load(program: Int32Array<ArrayBuffer>): number;
  /** Frees a program. */
  unload(handle: number): void;
  /** Runs steps and returns how many were done: fewer than asked if the program was stopped. */
  run(handle: number, steps: number): number;
  /** The same without blocking the event loop, as far as the platform can. */
  runAside(handle: number, steps: number): Promise<number>;
  /** Tells a program that its frozen variables have changed since its last run. */
  refresh(handle: number): void;
  /** With true, runs of the program end before their next step, until called with false. */
  stop(handle: number, on: boolean): void;
  /** Gives programs the function that adds up over processes, where the platform can call it; null to run alone. */
  reduceBy?(reducer: Deno.PointerValue): void;
  /** Ends threads that were started by need; they start again when they are needed. Nothing may run meanwhile. */
  endThreads?(): Promise<void>;
  /** Starts or stops measuring the nodes of a program. */
  measure(handle: number, on: boolean): void;
  /** Nanoseconds spent in each of the program's `count` nodes since the last call. */
  measured(handle: number, count: number): Float64Array;
}
