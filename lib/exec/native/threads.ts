// How many threads compute: what was asked for, else what the machine has.
import { launched } from "../../communicator.ts";
import { readVariable } from "../../environment.ts";
import { ValueError } from "../../errors.ts";

/** The most threads that a pool has. */
export const mostThreads = 1024;

/** `CERATOPS_THREADS`, if it may be read and is set, else undefined. */
export function namedThreads(): number | undefined {
  const name = "CERATOPS_THREADS";
  const text = readVariable(name);
  if (!text) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= mostThreads) return count;
  throw new ValueError({
    what: `Cannot use ${name}`,
    rule: `it must be a whole number from 1 to ${mostThreads}`,
    received: `"${text}"`,
    hint: `unset it, or set it to the number of processors`,
  });
}

/** The number of processors, or of those that this process has for itself beside others of its launcher. */
export function processors(): number {
  return Math.max(1, launched()?.processors ?? globalThis.navigator?.hardwareConcurrency ?? 1);
}

/** A number of threads in words. */
export const threadsText = (count: number): string => `${count} thread${count === 1 ? "" : "s"}`;
