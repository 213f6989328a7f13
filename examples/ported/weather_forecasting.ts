// Timeseries forecasting: an LSTM tells the temperature in twelve hours from five days of weather. The weather is made
// up: `deno run -A examples/ported/weather_forecasting.ts` draws forecasts into weather_forecasting.svg.
// Follows https://keras.io/examples/timeseries/timeseries_weather_forecasting/
import {
  callbacks,
  Input,
  layers,
  Model,
  ops,
  optimizers,
  plots,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  Tensor,
  utils,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { normalNumber, randomNumbers } from "../random_numbers.ts";

const batchSize = 128;
/** A measurement is taken each half hour; the network sees one an hour, of the last five days. */
const step = 2;
const past = 5 * 24 * step;
const future = 12 * step;
export const sequenceLength = past / step;
/** What is measured; the temperature is to be foretold. */
export const features = ["pressure", "temperature", "humidity", "wind"] as const;

/**
 * Measurements, float32 `[2 * 365 * 48, 4]`: fronts pass, in which the pressure falls before it becomes cold and windy.
 */
export function makeWeather(): Tensor {
  const random = randomNumbers(1);
  const [day, year] = [24 * step, 365 * 24 * step];
  let [front, change, cold, wind] = [0, 0, 0, 0];
  const rows = Array.from({ length: 2 * year }, (_, at) => {
    change = 0.985 * change + 0.02 * normalNumber(random) - 0.0004 * front;
    front += change;
    cold += 0.02 * (front - cold);
    wind = 0.95 * wind + 0.3 * normalNumber(random);
    const sun = -Math.cos(2 * Math.PI * at / day - 0.6);
    const temperature = 10 - 9 * Math.cos(2 * Math.PI * at / year) + (4 - cold) * sun - 3 * cold +
      0.3 * normalNumber(random);
    const humidity = Math.min(100, 70 - 2 * (temperature - 10) + 6 * cold + 2 * normalNumber(random));
    const pressure = 1013 - 6 * front + 0.4 * normalNumber(random);
    return [pressure, temperature, humidity, Math.abs(4 + 3 * Math.abs(change) * 10 + wind)];
  });
  return new Tensor([rows.length, features.length], "float32", Float32Array.from(rows.flat()));
}

/** Each column with mean 0 and deviation 1 in its first `trainSplit` rows. */
function normalized(data: Tensor, trainSplit: number): Tensor {
  const [mean, std] = [ops.mean(data.rows(0, trainSplit), 0), ops.std(data.rows(0, trainSplit), 0)];
  return ops.divide(ops.subtract(data, mean), std);
}

/** The network. */
export function makeModel(): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [sequenceLength, features.length] });
  const lstmOut = new layers.LSTM(32).apply(inputs);
  const outputs = new layers.Dense(1).apply(lstmOut);
  const model = new Model({ inputs, outputs });
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.003 }), loss: "mse" });
  return model;
}

if (import.meta.main) {
  const given = readArguments("ported/weather_forecasting.ts", "An LSTM tells the temperature in twelve hours.", {
    epochs: count(4, "how often to go through the training data, at most"),
    steps: count(Infinity, `train on n batches of ${batchSize} in an epoch`),
    seed: count(1, "the seed of weights", 0),
    floor: share(0, "fail where less than this share of the variance is foretold"),
    out: path("weather_forecasting.svg", "where the picture goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = given;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const weather = makeWeather();
  const [rows] = weather.shape;
  const trainSplit = Math.floor(0.7 * rows);
  const data = normalized(weather, trainSplit);
  const temperature = ops.getItem(data, [{}, 1]);
  // The targets of windows that start at a row: the temperature after their end.
  const start = past + future;
  const options = { samplingRate: step, batchSize };
  const training = utils.timeseriesDatasetFromArray(
    data.rows(0, trainSplit),
    temperature.rows(start, start + trainSplit),
    sequenceLength,
    options,
  );
  const validation = utils.timeseriesDatasetFromArray(
    data.rows(trainSplit, rows - start),
    temperature.rows(trainSplit + start, rows),
    sequenceLength,
    options,
  );

  const model = makeModel();
  model.summary();
  await model.fit(training, undefined, {
    epochs,
    ...(steps < Infinity && { stepsPerEpoch: steps }),
    validationData: validation,
    callbacks: [new callbacks.EarlyStopping({ monitor: "val_loss", patience: 5, restoreBestWeights: true })],
  });

  const { loss } = await model.evaluate(validation, undefined, { verbose: 0 });
  const explained = 1 - loss / ops.var(temperature.rows(trainSplit + start, rows)).item();
  console.log(`\nvalidation loss ${loss.toFixed(4)}: ${(100 * explained).toFixed(1)} % of the variance are foretold.`);

  for await (const [x, y] of validation) {
    const forecast = await model.predict(x, { verbose: 0 });
    const curves = [{ name: "true", values: [...y.data] }, { name: "foretold", values: [...forecast.data] }];
    const title = "Temperature, foretold twelve hours before";
    await plots.lines({ title, xLabel: "half hours", yLabel: "normalized", curves }).save(out);
    break;
  }
  console.log(`The curves are in ${out}.`);
  requireFloor("foretold share of the variance", explained, floor);
}
