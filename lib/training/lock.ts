// One program at a time: state must not be written while a program runs on it.

let tail: Promise<unknown> | undefined;

/** Runs `body` when those before it are done; at once where there are none. */
export function withLock<T>(body: () => Promise<T>): Promise<T> {
  const run = tail ? tail.then(body, body) : body();
  const settled: Promise<unknown> = run.then(
    () => tail === settled && (tail = undefined),
    () => tail === settled && (tail = undefined),
  );
  tail = settled;
  return run;
}
