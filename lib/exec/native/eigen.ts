// The eigen backend: builds the native library if it is missing, and opens an executor on it.
import { findLibrary } from "../../../ffi/build.ts";
import { BackendError } from "../../errors.ts";
import { NativeExecutor } from "./executor.ts";
import { openLibrary, type OpenOptions } from "./ffi.ts";

/** Opens the native library, building it first if needed; throws {@linkcode BackendError} if it is unavailable. */
export async function openEigen(options: OpenOptions = {}): Promise<NativeExecutor> {
  const file = await findLibrary(options.build);
  try {
    return new NativeExecutor("eigen", openLibrary(file, options));
  } catch (error) {
    // The file is complete but does not load, or reports another build: rebuild it, once. If the machine lacks something
    // that would not help.
    if (!(error instanceof BackendError) || error.needs !== undefined) throw error;
    const again = await findLibrary({ ...options.build, rebuild: true });
    return new NativeExecutor("eigen", openLibrary(again, options));
  }
}
