// How many steps are run at once: as many as take about 75 ms, so that timers, the progress bar and Ctrl-C live.

const target = 75;

/** The most steps that are run at once: the rows of the table of step scalars. */
export const maxSteps = 512;

/** Measures steps and says how many to run at once. */
export class StepsPerCall {
  #steps = 1;
  #began = 0;

  /** The number of steps to run now, at most `remaining`. */
  begin(remaining: number): number {
    this.#began = performance.now();
    return Math.min(this.#steps, remaining);
  }

  /** Takes the time of the steps that `begin` started. */
  end(steps: number): void {
    const perStep = (performance.now() - this.#began) / steps;
    const wanted = perStep > 0 ? Math.floor(target / perStep) : maxSteps;
    // Grows by steps, since the first measurement may be of something quick, and shrinks at once.
    this.#steps = Math.max(1, Math.min(wanted, this.#steps * 8, maxSteps));
  }
}
