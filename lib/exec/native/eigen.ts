// The eigen backend: builds the native library where it is not there yet, and opens an executor on it.
import type { Executor } from "../executor.ts";
import { NativeExecutor } from "./executor.ts";
import { openLibrary, type OpenOptions } from "./ffi.ts";

/** Opens the native library, building it first where needed; throws {@linkcode BackendError} where it cannot be had. */
export async function openEigen(options: OpenOptions = {}): Promise<Executor> {
  // A computed specifier: what builds the library is of no use where it cannot be built.
  const { findLibrary } = await import(
    new URL("../../../ffi/build.ts", import.meta.url).href
  ) as typeof import("../../../ffi/build.ts");
  return new NativeExecutor("eigen", openLibrary(await findLibrary(), options));
}
