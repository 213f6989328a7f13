// SubmitThrottle: how many steps go into one submit, and when the host waits, by measured time.
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
  /** The length of the last measurement. */
  readonly span: number;
}

/** A submit that may be under way. */
interface Submitted {
  readonly at: number;
  readonly steps: number;
}

/** Keeps the work under way on a device short, without letting the device run dry. */
export class SubmitThrottle {
  readonly #gpu: Gpu;
  readonly #estimates = new WeakMap<object, Estimate>();
  /** What was submitted since the host last waited; of one program, if it is to be measured. */
  #submitted: Submitted[] = [];
  #program: object | undefined;
  #finishAt = 0;
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
    if (this.#submitted.length === 0) this.#program = program;
    if (this.#program !== program) this.#program = undefined;
    this.#submitted.push({ at: now, steps });
    const estimate = this.#estimates.get(program);
    const isSure = estimate !== undefined && estimate.count > 1 && estimate.span >= wantedMs / 2;
    if (!isSure && !more && ++this.#blind < maxBlind) return;
    if (!isSure || now - this.#submitted[0].at > measuredEveryMs) return await this.#wait();
    this.#finishAt = Math.max(now, this.#finishAt) + steps * estimate.msPerStep;
    const ahead = this.#finishAt - now;
    if (ahead > aheadMs) await new Promise((resolve) => setTimeout(resolve, ahead - aheadMs));
  }

  /** Waits for all that is under way, and measures it. */
  async #wait(): Promise<void> {
    const asked = performance.now();
    const done = this.#gpu.device.queue.onSubmittedWorkDone();
    // Deno waits within the call, and only tells so 10 ms later: meanwhile the device shall not be idle.
    if (performance.now() - asked < 1) await done;
    else done.catch(() => {});
    this.#measure(performance.now());
    this.settled();
  }

  /** Takes the time of what was done by `end`. The device may have been idle before a submit, but not after it. */
  #measure(end: number): void {
    // A read that came between has waited for all of it.
    if (!this.#program || this.#submitted.length === 0) return;
    let steps = 0;
    let msPerStep = Infinity;
    for (const submitted of this.#submitted.toReversed()) {
      steps += submitted.steps;
      msPerStep = Math.min(msPerStep, (end - submitted.at) / steps);
    }
    const count = (this.#estimates.get(this.#program)?.count ?? 0) + 1;
    this.#estimates.set(this.#program, {
      msPerStep: Math.max(1e-3, msPerStep),
      count,
      span: end - this.#submitted[0].at,
    });
  }

  /** Says that nothing is under way any more: the host has waited for it. */
  settled(): void {
    this.#submitted = [];
    this.#finishAt = performance.now();
    this.#blind = 0;
  }
}
