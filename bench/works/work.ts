// What a work is given, and what it gives.

/** The options of the command line. */
export interface Options {
  /** How often a work is timed. */
  readonly repeats: number;
  /** How many rows of MNIST an epoch has. */
  readonly rows: number;
  /** The steps of a repeat of mlp_small_step. */
  readonly steps: number;
  /** The calls of a repeat of predict_one. */
  readonly calls: number;
  /** The rows of a prediction by a model from a file. */
  readonly batch: number;
  /** A file of a model. */
  readonly file: string;
}

/** What was measured. */
export interface Result {
  readonly seconds: readonly number[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Works by name. */
export type Works = Readonly<Record<string, (options: Options) => Promise<Result>>>;

/** Seconds that `body` takes. */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
}

/** What `body` gives each time. */
export async function repeated(count: number, body: () => Promise<number>): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < count; i++) seconds.push(await body());
  return seconds;
}
