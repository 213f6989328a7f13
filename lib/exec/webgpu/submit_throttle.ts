// SubmitThrottle: how many steps one submit contains and when the host waits, from measured times.
import type { Gpu } from "./device.ts";

/** The target time of a submit, in milliseconds: waiting for one blocks Deno's event loop. */
const wantedMs = 75;
/** The work left in flight when the host continues, in milliseconds, so that the device does not become idle. */
const aheadMs = 40;
/** The interval at which the host waits for the device to finish and measures again, in milliseconds. */
const measuredEveryMs = 1000;
/** The most single steps of unknown time that are submitted before the host waits. */
const maxBlind = 8;

interface Estimate {
  readonly msPerStep: number;
  /** The number of measurements: the first one is cold. */
  readonly count: number;
  /** The duration of the last measurement. */
  readonly span: number;
}

/** A submit that may be in flight. */
interface Submitted {
  readonly at: number;
  readonly steps: number;
}

/** Limits the work in flight on a device without letting it become idle. */
export class SubmitThrottle {
  readonly #gpu: Gpu;
  readonly #estimates = new WeakMap<object, Estimate>();
  /** The submits since the host last waited; measured only if all are of one program. */
  #submitted: Submitted[] = [];
  #program: object | undefined;
  #finishAt = 0;
  #blind = 0;

  /** Starts idle. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** The number of steps of a program that fill one submit; one if its time is unknown. */
  stepsFor(program: object): number {
    const estimate = this.#estimates.get(program);
    return estimate ? Math.max(1, Math.floor(wantedMs / estimate.msPerStep)) : 1;
  }

  /** Records submitted steps, and waits if enough work is in flight; `more` says that further steps follow. */
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

  /** Waits for all work in flight, and measures it. */
  async #wait(): Promise<void> {
    const asked = performance.now();
    const done = this.#gpu.device.queue.onSubmittedWorkDone();
    // Deno blocks within the call, and resolves 10 ms later: the device must not be idle meanwhile.
    if (performance.now() - asked < 1) await done;
    else done.catch(() => {});
    this.#measure(performance.now());
    this.settled();
  }

  /**
   * Uses the time of the submits finished by `end`. The device may have been idle before a submit, but not after it.
   */
  #measure(end: number): void {
    // A read in between has already waited for all of it.
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

  /** Notes that nothing is in flight: the host has waited for it. */
  settled(): void {
    this.#submitted = [];
    this.#finishAt = performance.now();
    this.#blind = 0;
  }
}
