// Pace: how many steps go into one submit, and when the host waits, by measured time.
import type { Gpu } from "./device.ts";

/** A submit is to take this long, in milliseconds: waiting for one blocks Deno's event loop. */
const wantedMs = 75;
/** So much work is left under way when the host goes on, so that the device does not run dry. */
const aheadMs = 40;
/** After so long the host waits for the device to be done, and measures anew. */
const measuredEveryMs = 1000;
/** So many single steps of unknown length are submitted before the host waits. */
const maxBlind = 8;

interface Estimate {
  readonly msPerStep: number;
  /** How often it was measured: the first time is cold. */
  readonly count: number;
  /** The length of the last measurement: waiting for the device takes 10 ms by itself. */
  readonly span: number;
}

/** Keeps the work under way on a device short, without letting the device run dry. */
export class Pace {
  readonly #gpu: Gpu;
  readonly #estimates = new WeakMap<object, Estimate>();
  #since: number | undefined;
  #finishAt = 0;
  #program: object | undefined;
  #steps = 0;
  #blind = 0;

  /** Starts idle. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** The number of steps of a program that fill one submit; one where its time is not known. */
  stepsFor(program: object): number {
    const estimate = this.#estimates.get(program);
    return estimate ? Math.max(1, Math.floor(wantedMs / estimate.msPerStep)) : 1;
  }

  /** Takes note of submitted steps, and waits where enough is under way; `more` says that further steps follow. */
  async submitted(program: object, steps: number, more: boolean): Promise<void> {
    const now = performance.now();
    if (this.#since === undefined) [this.#since, this.#program] = [now, program];
    if (this.#program !== program) this.#program = undefined;
    this.#steps += steps;
    const estimate = this.#estimates.get(program);
    const isSure = estimate !== undefined && estimate.count > 1 && estimate.span >= wantedMs / 2;
    if (!isSure && !more && ++this.#blind < maxBlind) return;
    if (!isSure || now - this.#since > measuredEveryMs) {
      await this.#gpu.device.queue.onSubmittedWorkDone();
      this.settled();
      return;
    }
    this.#finishAt = Math.max(now, this.#finishAt) + steps * estimate.msPerStep;
    const ahead = this.#finishAt - now;
    if (ahead > aheadMs) await new Promise((resolve) => setTimeout(resolve, ahead - aheadMs));
  }

  /** Says that nothing is under way any more: the host has waited for it. */
  settled(): void {
    const now = performance.now();
    if (this.#since !== undefined && this.#program && this.#steps > 0) {
      const span = now - this.#since;
      const count = (this.#estimates.get(this.#program)?.count ?? 0) + 1;
      this.#estimates.set(this.#program, { msPerStep: Math.max(1e-3, span / this.#steps), count, span });
    }
    this.#since = undefined;
    this.#program = undefined;
    this.#finishAt = now;
    this.#steps = 0;
    this.#blind = 0;
  }
}
