// timeseriesDatasetFromArray: Keras's windows, in whatever order, and trainings on them.
import assert from "node:assert/strict";
import { type CeratopsError, ShapeError, ValueError } from "../../lib/errors.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { Tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import { timeseriesDatasetFromArray, type TimeseriesOptions } from "../../lib/utils/timeseries.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";

const { windows } = golden("datasets");

const series = Array.from({ length: 20 }, (_, i) => i);

/** A dataset of a golden case; the overloads do not take targets that may be null. */
function datasetOf({ data, targets, options }: Table) {
  const { sequenceLength, ...others } = camelCased(options);
  const x = toTensor(data);
  return targets === null
    ? timeseriesDatasetFromArray(x, null, sequenceLength, others)
    : timeseriesDatasetFromArray(x, toTensor(targets), sequenceLength, others);
}

for (const [i, spec] of windows.entries()) {
  Deno.test(`windows are Keras's: ${i}, ${JSON.stringify(spec.options)}`, async () => {
    const batches: Tensor[][] = [];
    for await (const batch of datasetOf(spec)) {
      batches.push(batch instanceof Tensor ? [batch] : [...batch]);
    }
    const plain = (tensor: Tensor) => ({ shape: [...tensor.shape], dtype: tensor.dtype, data: [...tensor.data] });
    const expected = spec.batches.map((batch: Table[]) => batch.map((part) => plain(toTensor(part))));
    assert.ok(expected.length > 0);
    assert.deepEqual(batches.map((batch) => batch.map(plain)), expected);
    assert.equal(datasetOf(spec).numBatches, expected.length);
  });
}

Deno.test("shuffled windows are all there, in an order of the seed, anew in each pass", async () => {
  const starts = async (dataset: AsyncIterable<readonly [Tensor, Tensor]>) => {
    const found: number[] = [];
    for await (const [x, y] of dataset) {
      for (let i = 0; i < x.shape[0]; i++) {
        found.push(x.data[3 * i]);
        assert.equal(y.data[i], 10 * x.data[3 * i]);
      }
    }
    return found;
  };
  const make = (seed: number | null) =>
    timeseriesDatasetFromArray(series, series.map((value) => 10 * value), 3, { shuffle: true, seed, batchSize: 4 });
  const inOrder = series.slice(0, 18);
  const data = make(7);
  const [first, second] = [await starts(data), await starts(data)];
  for (const order of [first, second]) {
    assert.notDeepEqual(order, inOrder);
    assert.deepEqual(order.toSorted((a, b) => a - b), inOrder);
  }
  assert.notDeepEqual(first, second);
  assert.deepEqual(await starts(make(7)), first);
  assert.notDeepEqual(await starts(make(8)), first);
  setRandomSeed(3);
  const own = await starts(make(null));
  setRandomSeed(3);
  assert.deepEqual(await starts(make(null)), own);
});

testOnBackends("fit, evaluate, predict and validationData take windows, in their order", async () => {
  const targets = series.map((value) => value + 3);
  const data = timeseriesDatasetFromArray(series, targets, 3, { batchSize: 4, endIndex: 12 });
  const validationData = timeseriesDatasetFromArray(series, targets, 3, { batchSize: 4, startIndex: 12 });
  const model = new Sequential([Input({ shape: [3] }), new Dense(1, { kernelInitializer: "ones" })]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  // The sum of a window that starts at s is 3s + 3, so that its error is 2s.
  const evaluated = await model.evaluate(data, undefined, { verbose: 0 });
  const expected = series.slice(0, 10).reduce((sum, start) => sum + (2 * start) ** 2, 0) / 10;
  assert.ok(Math.abs(evaluated.loss - expected) < 1e-3, `${evaluated.loss} is not ${expected}`);
  const sums = series.slice(0, 10).map((start) => [3 * start + 3]);
  assert.deepEqual((await model.predict(data, { verbose: 0 })).toArray(), sums);
  const alone = timeseriesDatasetFromArray(series, null, 3, { batchSize: 4, endIndex: 12 });
  assert.deepEqual((await model.predict(alone, { verbose: 0 })).toArray(), sums);
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(data, undefined, { epochs: 2, verbose: 0, validationData });
  assert.ok(history.val_loss[1] < history.val_loss[0]);
});

Deno.test("only the windows of a batch are copied", async () => {
  await useBackend("eigen");
  // All at once would be 40 GB.
  const data = timeseriesDatasetFromArray(new Float32Array(1_000_000), null, 10_000, { batchSize: 2 });
  const batch = await data.getItem(300_000, AbortSignal.timeout(1000));
  assert.deepEqual(batch.shape, [2, 10_000]);
});

Deno.test("mistakes are told before any work", () => {
  const refused = (
    pattern: RegExp,
    data: TensorLike,
    targets: TensorLike,
    length: number,
    options: TimeseriesOptions = {},
    kind: typeof CeratopsError = ValueError,
  ) =>
    assert.throws(
      () => timeseriesDatasetFromArray(data, targets, length, options),
      (error: Error) => error instanceof kind && pattern.test(error.message),
    );
  refused(/sequenceLength must be a whole number of at least 1, received 0/, series, series, 0);
  refused(/a window of 21 steps must fit, received 20 steps/, series, series, 21);
  refused(/a window of 19 steps must fit, received 15 steps/, series, series, 7, { samplingRate: 3, startIndex: 5 });
  refused(/sequenceStride must be less than the number of steps, 20, received 20/, series, series, 2, {
    sequenceStride: 20,
  });
  refused(/samplingRate must be an integer of at least 1/, series, series, 2, { samplingRate: 0 });
  refused(/startIndex must be less than the number of steps/, series, series, 2, { startIndex: 20 });
  refused(/endIndex must be less than the number of steps/, series, series, 2, { endIndex: 20 });
  refused(/endIndex must be more than startIndex, received 4 and 4/, series, series, 2, { startIndex: 4, endIndex: 4 });
  refused(
    /each window must have a target, received 8 targets, and a window that starts at step 11/,
    series,
    [
      ...series.slice(0, 8),
    ],
    2,
    { startIndex: 4 },
  );
  refused(/at least one target/, series, [], 2);
  refused(/batchSize must be a positive integer/, series, series, 2, { batchSize: 0 });
  refused(/seed must be a whole number from 0/, series, series, 2, { seed: -1 });
  refused(/did you mean "sequenceStride"/, series, series, 2, { sequence_stride: 2 } as object);
  refused(/data must have an axis of steps/, 3, series, 2, {}, ShapeError);
});
