// Lock: runs bodies one at a time.

/** Runs asynchronous bodies one after another. */
export class Lock {
  #tail: Promise<unknown> | undefined;

  /**
   * Runs `body` after all earlier ones are done, or at once if there are none. A body must not run another one on the
   * same lock.
   */
  run<T>(body: () => Promise<T>): Promise<T> {
    const run = this.#tail ? this.#tail.then(body, body) : body();
    const settled: Promise<unknown> = run.then(
      () => this.#tail === settled && (this.#tail = undefined),
      () => this.#tail === settled && (this.#tail = undefined),
    );
    this.#tail = settled;
    return run;
  }
}
