// The eigen backend: builds the native library where it is not there yet, and opens an executor on it.
import { BackendError } from "../../errors.ts";
import { NativeExecutor } from "./executor.ts";
import { openLibrary, type OpenOptions } from "./ffi.ts";

type Builder = typeof import("../../../ffi/build.ts");

/** Opens the native library, building it first where needed; throws {@linkcode BackendError} where it cannot be had. */
export async function openEigen(options: OpenOptions = {}): Promise<NativeExecutor> {
  // A computed specifier: what builds the library is of no use where it cannot be built.
  const builder = await import(new URL("../../../ffi/build.ts", import.meta.url).href) as Builder;
  const file = await builder.findLibrary(options.build);
  try {
    return new NativeExecutor("eigen", openLibrary(file, options));
  } catch (error) {
    // A whole file that cannot be loaded or says that it is another is built again, once; not where the machine lacks
    // something.
    if (!(error instanceof BackendError) || error.needs !== undefined) throw error;
    const again = await builder.findLibrary({ ...options.build, rebuild: true });
    return new NativeExecutor("eigen", openLibrary(again, options));
  }
}
