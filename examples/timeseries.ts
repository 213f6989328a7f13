// Forecasts a time series: from the hours of a week, the power that a made-up town needs in each hour of the next day.
// `deno run -A examples/timeseries.ts` draws a week of forecasts into timeseries.svg.
import {
  Input,
  layers,
  Model,
  ops,
  optimizers,
  plots,
  schedules,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  tensor,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { normalNumber, randomNumbers } from "./random_numbers.ts";

const batchSize = 64;
const day = 24;
const week = 7 * day;
const year = 365 * day;

/**
 * The demand of a town in each hour, in MW, from midnight before a Monday: it rises over the years, has seasons of a
 * year, a week and a day, and depends on the weather, which changes slowly, and on chance.
 */
export function makeSeries(hours: number, seed: number): Tensor {
  const random = randomNumbers(seed);
  let weather = 0;
  const series = Float32Array.from({ length: hours }, (_, hour) => {
    weather = 0.98 * weather + 1.2 * normalNumber(random);
    const angle = 2 * Math.PI * (hour % day) / day;
    const isWeekend = hour % week >= 5 * day;
    // Low at night, with a peak before noon and another in the evening.
    const daily = (isWeekend ? 12 : 20) * (-Math.cos(angle) - 0.5 * Math.cos(2 * angle + 0.6));
    const yearly = 15 * Math.cos(2 * Math.PI * hour / year);
    return 100 + 10 * hour / year + yearly + daily - (isWeekend ? 10 : 0) + weather + 1.5 * normalNumber(random);
  });
  return tensor(series);
}

/** For each hour in `starts` the week before it, `[starts, week, 1]`, and the day that follows, `[starts, day]`. */
export function windowsOf(series: Tensor, starts: Tensor): { past: Tensor; future: Tensor } {
  const cut = (from: number, to: number) =>
    ops.take(series, ops.add(ops.expandDims(starts, 1), ops.arange(from, to, 1, "int32")));
  return { past: ops.expandDims(cut(-week, 0), -1), future: cut(0, day) };
}

/** The seasonal naive forecast: each hour is as it was a week before. */
export function seasonalNaive(past: Tensor): Tensor {
  return ops.getItem(past, [{}, { stop: day }, 0]);
}

/** The mean absolute difference of forecasts from what came. */
export function meanError(future: Tensor, forecast: Tensor): number {
  return ops.mean(ops.abs(ops.subtract(future, forecast))).item();
}

/**
 * The network: MW in, MW out, scaled by mean and variance of `series` in between. Its learning rate falls over `steps`
 * steps.
 */
export function makeModel(series: Tensor, steps: number): Model<SymbolicTensor, SymbolicTensor> {
  const scale = new layers.Normalization({ axis: null });
  const unscale = new layers.Normalization({ axis: null, invert: true });
  for (const layer of [scale, unscale]) layer.adapt(series);

  const inputs = Input({ shape: [week, 1] });
  // A convolution summarizes each six hours, so that the recurrent layer has 28 steps to remember instead of 168.
  let x = new layers.Conv1D(32, 6, { strides: 6, activation: "relu" }).apply(scale.apply(inputs));
  x = new layers.GRU(64).apply(x);
  const outputs = unscale.apply(new layers.Dense(day).apply(x));
  const model = new Model({ inputs, outputs, name: "forecast" });
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.005, decaySteps: steps }),
    }),
    loss: "mean_absolute_error",
  });
  return model;
}

if (import.meta.main) {
  const options = readArguments("timeseries.ts", "A recurrent network forecasts the demand of the next day.", {
    epochs: count(10, "how often to go through the training data"),
    steps: count(Infinity, `train on n random batches of ${batchSize} in an epoch`),
    seed: count(1, "the seed of weights, order and series", 0),
    floor: share(0, "fail where the error is not smaller by this share than that of the naive forecast"),
    out: path("timeseries.svg", "where the picture goes"),
  });
  const { epochs, steps, seed, floor, out } = options;
  setRandomSeed(seed);

  // The network learns from two years, from every hour on; then it forecasts each day of the twelve weeks that follow.
  const testDays = 12 * 7;
  const trainHours = 2 * year;
  const series = makeSeries(trainHours + testDays * day, seed);
  const train = windowsOf(series, ops.arange(week, trainHours - day, 1, "int32"));
  const test = windowsOf(series, ops.arange(trainHours, series.size, day, "int32"));

  const stepsPerEpoch = Math.min(steps, Math.ceil(train.past.shape[0] / batchSize));
  const model = makeModel(series.rows(0, trainHours), epochs * stepsPerEpoch);
  model.summary();
  await model.fit(train.past, train.future, { epochs, batchSize, stepsPerEpoch });

  const forecast = await model.predict(test.past, { verbose: 0 });
  const naive = seasonalNaive(test.past);
  const [error, naiveError] = [meanError(test.future, forecast), meanError(test.future, naive)];
  const skill = 1 - error / naiveError;
  console.log(
    `\nOver ${testDays} days not seen before, forecasts of the next day are wrong by ${error.toFixed(2)} MW on ` +
      `average; the same hour of a week before by ${naiveError.toFixed(2)} MW, ${(100 * skill).toFixed(1)} % less.`,
  );

  const lastWeek = (days: Tensor) => [...days.rows(testDays - 7).data];
  const title = "A week of forecasts, each at midnight for the day";
  const curves = [
    { name: "demand", values: lastWeek(test.future) },
    { name: "forecast", values: lastWeek(forecast) },
    { name: "as a week before", values: lastWeek(naive), dashed: true },
  ];
  await plots.lines({ title, xLabel: "hours", yLabel: "MW", curves }).save(out);
  console.log(`The curves are in ${out}.`);
  requireFloor("share by which the error is smaller", skill, floor);
}
