// The examples with sequences: sizes and parameters of their models, the data they make, and the figures that judge
// them.
import assert from "node:assert/strict";
import { makeModel as makeRowReader, upperRows } from "../../examples/mnist_lstm.ts";
import {
  makeModel as makeForecaster,
  makeSeries,
  meanError,
  seasonalNaive,
  windowsOf,
} from "../../examples/timeseries.ts";
import { ops, tensor } from "../../mod.ts";
import { assertClose } from "../close.ts";

const dense = (from: number, to: number) => (from + 1) * to;
const lstm = (from: number, units: number) => 4 * (from + units + 1) * units;
// With two biases, one of them inside of the reset gate.
const gru = (from: number, units: number) => 3 * (from + units + 2) * units;

Deno.test("the networks of examples with sequences have the sizes that their layers ask for", () => {
  const reader = makeRowReader(1);
  assert.deepEqual([reader.countParams(), reader.outputShape], [lstm(28, 128) + dense(128, 10), [null, 10]]);

  // Mean, variance and count of both normalizations, the convolution over six hours, the recurrent layer, the output.
  const forecaster = makeForecaster(tensor([1, 2, 3]), 1);
  const parameters = 2 * 3 + dense(6, 32) + gru(32, 64) + dense(64, 24);
  assert.deepEqual([forecaster.countParams(), forecaster.outputShape], [parameters, [null, 24]]);
});

Deno.test("a network over rows reads digits of which only the upper rows are there", async () => {
  const digits = ops.reshape(ops.arange(2 * 3 * 28), [2, 3, 28]);
  const seen = upperRows(digits, 2);
  assert.deepEqual([seen.shape, seen.data[0], seen.data[55], seen.data[56]], [[2, 2, 28], 0, 55, 84]);
  const model = makeRowReader(1);
  assert.deepEqual((await model.predict(seen.cast("uint8"), { verbose: 0 })).shape, [2, 10]);
});

Deno.test("a forecaster sees the week before an hour, and the day that follows", () => {
  const series = ops.arange(1000).cast("float32");
  const { past, future } = windowsOf(series, tensor([168, 500], undefined, "int32"));
  assert.deepEqual([past.shape, future.shape], [[2, 168, 1], [2, 24]]);
  const ends = ({ data }: typeof past) => [data[0], data.at(-1)];
  assert.deepEqual([past.rows(0, 1), past.rows(1, 2)].map(ends), [[0, 167], [332, 499]]);
  assert.deepEqual([future.rows(0, 1), future.rows(1, 2)].map(ends), [[168, 191], [500, 523]]);
  // In a series that rises by one each hour, a week before is lower by 168 everywhere.
  assert.deepEqual([...seasonalNaive(past).data], [...future.data].map((value) => value - 168));
  assert.equal(meanError(future, seasonalNaive(past)), 168);
});

Deno.test("the mean error is that of all hours of all forecasts, in either direction", () => {
  assertClose([meanError(tensor([[1, 2], [3, 4]]), tensor([[2, 2], [1, 3]]))], [1], { absolute: 1e-6, relative: 0 });
});

Deno.test("a made-up series repeats by day and by week, and rises by 10 MW a year", () => {
  const [day, week] = [24, 168];
  const series = makeSeries(104 * week, 5);
  assert.deepEqual(makeSeries(104 * week, 5).data, series.data);
  assert.notDeepEqual(makeSeries(104 * week, 6).data, series.data);

  // Over the weeks of a year each hour of the week has the mean of its daily and weekly parts, but for the weather.
  const year = ops.mean(ops.reshape(series.rows(0, 52 * week), [52, week]), 0).data;
  const dailyAt = (hour: number) => {
    const angle = 2 * Math.PI * hour / day;
    return -Math.cos(angle) - 0.5 * Math.cos(2 * angle + 0.6);
  };
  const [noon, night] = [11, 2];
  for (let number = 0; number < 7; number++) {
    const difference = year[number * day + noon] - year[number * day + night];
    const expected = (number < 5 ? 20 : 12) * (dailyAt(noon) - dailyAt(night));
    assert.ok(Math.abs(difference - expected) < 5, `day ${number}: ${difference}, expected ${expected}`);
  }
  const [tuesday, sunday] = [1, 6].map((number) =>
    ops.mean(tensor(year).rows(number * day, (number + 1) * day)).item()
  );
  assert.ok(Math.abs(tuesday - sunday - 10) < 5, `weekends are lower by ${tuesday - sunday}`);
  // Twice 52 weeks, so that each has all seasons.
  const [first, second] = [0, 1].map((half) => ops.mean(series.rows(half * 52 * week, (half + 1) * 52 * week)).item());
  assert.ok(Math.abs(second - first - 10) < 3, `it rises by ${second - first}`);
});
