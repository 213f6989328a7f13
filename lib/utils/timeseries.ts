// Sliding windows over a timeseries, as a dataset.
import { makeArray, type TypedArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { boolean, integerAtLeast } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import type { PyDataset } from "../training/py_dataset.ts";
import { batchSizeOption, inBatchesOf, rowsAt, SampleDataset, seedOption } from "./sample_dataset.ts";

/** Options of {@linkcode timeseriesDatasetFromArray}. */
export interface TimeseriesOptions {
  /** The number of steps from the start of a window to that of the next; 1 by default. */
  sequenceStride?: number;
  /** The number of steps between two elements of a window; 1 by default. */
  samplingRate?: number;
  /** The number of windows in a batch; 128 by default. With null each window comes alone, without a batch axis. */
  batchSize?: number | null;
  /** Whether each pass takes the windows in a new order; false by default. */
  shuffle?: boolean;
  /** The seed of these orders; that of `setRandomSeed` by default. */
  seed?: number | null;
  /** The first step that is used; 0 by default. */
  startIndex?: number | null;
  /** The step before which windows end; the number of steps by default. */
  endIndex?: number | null;
}

const timeseriesOptions = optionTable<TimeseriesOptions>()({
  sequenceStride: integerAtLeast(1, 1),
  samplingRate: integerAtLeast(1, 1),
  batchSize: batchSizeOption(128),
  shuffle: boolean(false),
  seed: seedOption,
  startIndex: nullable(integerAtLeast(0)),
  endIndex: nullable(integerAtLeast(1)),
});

/** Windows and their targets. */
export type TimeseriesBatch = readonly [x: Tensor, y: Tensor];

/**
 * The windows of `sequenceLength` steps in a timeseries, in batches `[batch, sequenceLength, ...]`: for `fit`, `evaluate`,
 * `predict`, `validationData`, or `for await`. Windows are copied when their batch is asked for. The windows are those of
 * Keras; the orders of `shuffle` are not, and cover the whole series instead of a part at a time.
 *
 * Source: `keras.utils.timeseries_dataset_from_array`.
 *
 * @param data the steps along the first axis, `[steps, ...]`
 * @param targets for each window that starts at step `i` the target `targets[i]`; null for windows alone
 * @param sequenceLength the number of elements in a window
 * @throws {ValueError} for sizes and indices that leave no window, or windows without a target
 *
 * @example Three steps, and the one after them
 * ```ts
 * import { utils } from "./mod.ts";
 * const series = [0, 1, 2, 3, 4, 5];
 * const data = utils.timeseriesDatasetFromArray(series.slice(0, -1), series.slice(3), 3, { batchSize: 2 });
 * for await (const [x, y] of data) console.log(x.toArray(), y.toArray());
 * // [ [ 0, 1, 2 ], [ 1, 2, 3 ] ] [ 3, 4 ]
 * // [ [ 2, 3, 4 ] ] [ 5 ]
 * ```
 */
export function timeseriesDatasetFromArray(
  data: TensorLike,
  targets: null,
  sequenceLength: number,
  options?: TimeseriesOptions,
): PyDataset<Tensor>;
/** Windows with their targets: batches `[x, y]`. */
export function timeseriesDatasetFromArray(
  data: TensorLike,
  targets: TensorLike,
  sequenceLength: number,
  options?: TimeseriesOptions,
): PyDataset<TimeseriesBatch>;
export function timeseriesDatasetFromArray(
  data: TensorLike,
  targets: TensorLike | null,
  sequenceLength: number,
  options: TimeseriesOptions = {},
): PyDataset<Tensor> | PyDataset<TimeseriesBatch> {
  const what = "Cannot make a dataset of a timeseries";
  const kept = readMethodOptions("timeseriesDatasetFromArray", timeseriesOptions, options, what);
  const steps = stepsOf(data, "data", what);
  const values = targets === null ? null : stepsOf(targets, "targets", what);
  const length = steps.shape[0];
  const refuse = (rule: string, received: string, hint: string): never => {
    throw new ValueError({ what, rule, received, hint });
  };
  if (!Number.isSafeInteger(sequenceLength) || sequenceLength < 1) {
    refuse(
      "sequenceLength must be a whole number of at least 1",
      describe(sequenceLength),
      "give the steps of a window",
    );
  }
  const { sequenceStride, samplingRate, startIndex, endIndex } = kept;
  for (const [name, value] of Object.entries({ sequenceStride, samplingRate, startIndex, endIndex })) {
    if (value === null || value < length) continue;
    refuse(`${name} must be less than the number of steps, ${length}`, String(value), "give a smaller one");
  }
  const [start, end] = [startIndex ?? 0, endIndex ?? length];
  if (end <= start) refuse("endIndex must be more than startIndex", `${end} and ${start}`, "leave one of them out");
  const windows = end - start - (sequenceLength - 1) * samplingRate;
  if (windows < 1) {
    const span = (sequenceLength - 1) * samplingRate + 1;
    refuse(
      `a window of ${span} steps must fit`,
      `${end - start} steps`,
      "give a smaller sequenceLength or samplingRate",
    );
  }
  const starts = values === null ? windows : Math.min(windows, values.shape[0]);
  const count = Math.ceil(starts / sequenceStride);
  if (values) {
    const last = start + (count - 1) * sequenceStride;
    const received = `${values.shape[0]} targets, and a window that starts at step ${last}`;
    if (count === 0) refuse("there must be at least one target", "none", "give null for windows alone");
    if (last >= values.shape[0]) {
      refuse("each window must have a target", received, "give targets for all steps from the first on");
    }
  }
  const { batchSize } = kept;
  const place: Place = { start, stride: sequenceStride, length: sequenceLength, rate: samplingRate };
  const split = inBatchesOf(batchSize);
  const load = (windows: Int32Array) => windowsOf(steps, windows, place, batchSize);
  if (values === null) return new SampleDataset(count, kept, split, load);
  const targetsOf = (windows: Int32Array) => {
    const found = rowsAt(values, windows.map((window) => start + window * sequenceStride));
    return batchSize === null ? found.reshape(found.shape.slice(1)) : found;
  };
  return new SampleDataset<TimeseriesBatch>(count, kept, split, (windows) => [load(windows), targetsOf(windows)]);
}

function stepsOf(given: TensorLike, name: string, what: string): Tensor {
  const steps = toTensor(given, what, name);
  if (steps.rank > 0) return steps;
  throw new ShapeError({
    what,
    rule: `${name} must have an axis of steps`,
    received: formatShape(steps.shape),
    hint: "give a list, as in [1, 2, 3]",
  });
}

/** Where windows lie: window `i` has the steps `start + i * stride + j * rate`. */
interface Place {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
  readonly rate: number;
}

/** The windows of these numbers, `[windows, length, ...]`; of a `batchSize` of null one, without the first axis. */
function windowsOf(steps: Tensor, windows: Int32Array, place: Place, batchSize: number | null): Tensor {
  const [extent, ...inner] = steps.shape;
  const width = steps.size / extent;
  const data = makeArray(steps.dtype, windows.length * place.length * width);
  let at = 0;
  const copy = (from: number, count: number) => {
    data.set(steps.data.subarray(from * width, (from + count) * width), at);
    at += count * width;
  };
  for (const window of windows) {
    const first = place.start + window * place.stride;
    if (place.rate === 1) copy(first, place.length);
    else for (let j = 0; j < place.length; j++) copy(first + j * place.rate, 1);
  }
  const batch = batchSize === null ? [] : [windows.length];
  return new Tensor([...batch, place.length, ...inner], steps.dtype, data as TypedArray);
}
