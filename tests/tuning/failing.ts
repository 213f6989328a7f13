// A module of trials of which some throw, some kill their process, and some give NaN.
import { Sequential, type tuning } from "../../mod.ts";

/** Makes a model without layers. */
export const build = () => new Sequential();

/** Fails for most values. */
export function fit(hp: tuning.HyperParameters): number {
  const act = hp.Choice("act", ["score", "throw", "die", "nan"]);
  if (act === "throw") throw new RangeError("no such data");
  if (act === "die") Deno.kill(Deno.pid, "SIGKILL");
  return act === "nan" ? NaN : hp.Float("x", 0, 1);
}
