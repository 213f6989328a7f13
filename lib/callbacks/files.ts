// Files of callbacks: whether there can be any, and writing so that a crash leaves the old file or the new one.
import { StateError } from "../errors.ts";

/** Throws {@linkcode StateError} where there is no file system. */
export function requireFiles(what: string): void {
  if (typeof Deno !== "undefined") return;
  throw new StateError({
    what: `Cannot ${what}`,
    rule: "files can be written only in Deno",
    mend: "leave this callback out here",
  });
}

/** The bytes of a file; 0 where there is none. */
export function sizeOfFile(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
