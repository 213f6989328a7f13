// The examples with sequences: sizes and parameters of their models, the data they make, and the figures that judge
// them.
import assert from "node:assert/strict";
import { dayCount, drawDates, pairOf, spellings } from "../../examples/dates.ts";
import { makeModel as makeRowReader, upperRows } from "../../examples/mnist_lstm.ts";
import {
  makeModel as makeForecaster,
  makeSeries,
  meanError,
  seasonalNaive,
  windowsOf,
} from "../../examples/timeseries.ts";
import { randomNumbers } from "../../examples/random_numbers.ts";
import { mostDigits, record, recordingLength, sampleRate, speak, words } from "../../examples/speech.ts";
import {
  editDistance,
  errorRate,
  hear,
  labelsOf,
  makeModel as makeListener,
  spectrogram,
} from "../../examples/speech_ctc.ts";
import {
  decodeIso,
  encodeIso,
  encodeSpelled,
  exactShare,
  makeModel as makeTranslator,
  shifted,
  translate,
} from "../../examples/translation.ts";
import { Input, Model, ops, setRandomSeed, tensor } from "../../mod.ts";
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

  // 42 letters and the padding are read, ten digits, a dash and the start are read again, and the start is not written.
  const encoder = 43 * 32 + 2 * gru(32, 48);
  const decoder = 12 * 32 + gru(32, 96) + dense(96 + 96, 96) + dense(96, 11);
  const translator = makeTranslator(1);
  assert.deepEqual([translator.countParams(), translator.outputShape], [encoder + decoder, [null, null, 11]]);

  // Kernels of 200 samples for the two parts of 101 frequencies, which are normalized; ten digits and the blank. In
  // 6800 samples there are 67 frames of 200, each 100 after the last.
  const listener = makeListener(1);
  const frequencies = 2 * 200 * 101 + 4 * 101;
  const hearing = 2 * gru(101, 48) + dense(96, 11);
  assert.deepEqual([listener.countParams(), listener.outputShape], [frequencies + hearing, [null, 67, 11]]);
  assert.equal(
    listener.trainableWeights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    2 * 101 + hearing,
  );
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

/** The number of a day, from that of the first of January 1970, which is 0. */
const numberOf = (iso: string) => Date.parse(iso) / (24 * 60 * 60 * 1000);

Deno.test("dates are spelled in all ways", () => {
  const spelled = [
    ...["3 May 1987", "May 3, 1987", "Sunday, 3 May 1987", "the 3rd of May, 1987", "May 3rd '87", "Sun May 3 1987"],
    ...["3-May-87", "03.05.1987", "3.5.87", "5/3/1987", "05/03/87", "1987, May 3"],
  ];
  const pairs = spellings.map((_, spelling) => pairOf(numberOf("1987-05-03"), spelling));
  assert.deepEqual(pairs, spelled.map((spelled) => ({ spelled, iso: "1987-05-03" })));

  const ordinals = ["1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "14th", "20th", "21st", "22nd", "23rd"];
  for (const ordinal of [...ordinals, "24th", "30th", "31st"]) {
    const day = ordinal.slice(0, -2).padStart(2, "0");
    assert.equal(pairOf(numberOf(`2001-10-${day}`), 3).spelled, `the ${ordinal} of October, 2001`);
  }
  assert.deepEqual(pairOf(dayCount - 1, 6), { spelled: "31-Dec-69", iso: "2069-12-31" });
  assert.equal(pairOf(0, 4).spelled, "January 1st '70");
});

Deno.test("days to test with are not among those to learn from", () => {
  const { train, test } = drawDates(20000, 500, 7);
  assert.deepEqual([train.length, test.length], [20000, 500]);
  assert.deepEqual(drawDates(20000, 500, 7).test, test);
  assert.notDeepEqual(drawDates(20000, 500, 8).test, test);
  const held = new Set(test.map(({ iso }) => iso));
  assert.equal(held.size, 500);
  assert.ok(train.every(({ iso }) => !held.has(iso)));
  // Every letter of every spelling has a number.
  assert.ok(train.every(({ spelled }) => encodeSpelled([spelled]).data.every((number) => number > 0)));
});

Deno.test("dates as numbers of letters, and what the decoder has written before each", () => {
  assert.deepEqual(encodeSpelled([" ,", "Az9"]).toArray(), [[1, 2, 0], [17, 42, 16]]);
  const iso = encodeIso(["2069-12-31", "1970-01-01"]);
  assert.deepEqual(iso.rows(0, 1).toArray(), [[2, 0, 6, 9, 10, 1, 2, 10, 3, 1]]);
  assert.deepEqual(shifted(iso).rows(0, 1).toArray(), [[11, 2, 0, 6, 9, 10, 1, 2, 10, 3]]);
  assert.deepEqual(decodeIso(iso), ["2069-12-31", "1970-01-01"]);
});

Deno.test("a translation counts if it is right in every letter", () => {
  const pairs = ["1987-05-03", "1970-01-01", "2069-12-31", "2000-02-29"].map((iso) => ({ spelled: "", iso }));
  assert.equal(exactShare(pairs, ["1987-05-03", "1970-01-02", "2069-12-31", "2000-02-2-"]), 0.5);
});

Deno.test("each letter of a translation is the likeliest after those before it", async () => {
  setRandomSeed(3);
  const model = makeTranslator(1);
  const texts = ["3 May 1987", "the 21st of November, 2004", "12/31/69"];
  const written = encodeIso(await translate(model, texts));
  const likeliest = await model.predictClasses(
    { source: encodeSpelled(texts), written: shifted(written) },
    { verbose: 0 },
  );
  assert.deepEqual(likeliest.toArray(), written.toArray());
  // Padding does not change a translation.
  assert.deepEqual(decodeIso(written), (await Promise.all(texts.map((text) => translate(model, [text])))).flat());
});

/** The power of a recording at a frequency in Hz, over the samples from `from` to `to`. */
function powerAt(frequency: number, data: ArrayLike<number>, from: number, to: number): number {
  let [real, imaginary] = [0, 0];
  for (let i = from; i < to; i++) {
    const angle = 2 * Math.PI * frequency * i / sampleRate;
    real += data[i] * Math.cos(angle);
    imaginary += data[i] * Math.sin(angle);
  }
  return (real ** 2 + imaginary ** 2) / (to - from);
}

Deno.test("a recording has the tones of its digit in it, and noise where nothing is spoken", () => {
  const random = randomNumbers(4);
  assert.equal(new Set(words.map(String)).size, 10, "no two digits sound the same");
  for (const [digit, [low, high]] of [[0, [300, 1000]], [9, [600, 1600]]] as const) {
    assert.deepEqual(words[digit], [[low, low], [high, high]]);
  }
  for (let i = 0; i < 20; i++) {
    const { data, shape } = speak([0], random);
    assert.deepEqual(shape, [recordingLength, 1]);
    // The likeliest pitch, from 6 % lower to 6 % higher; both tones have the same.
    const pitches = Array.from({ length: 25 }, (_, k) => 0.94 + 0.005 * k);
    const sound = (pitch: number) => powerAt(300 * pitch, data, 0, 1000) + powerAt(1000 * pitch, data, 0, 1000);
    const spoken = Math.max(...pitches.map(sound));
    // Uniform noise of 0.4 has a variance of 0.4 ** 2 / 3, which is also its mean power.
    const noise = 0.4 ** 2 / 3;
    assert.ok(spoken > 10 * noise, `recording ${i}: ${spoken}`);
    // A word is over after 0.22 * 1.3 * 1.15 + 0.07 s, which is 1596 samples.
    const rest = Array.from(data.slice(1600));
    assert.ok(Math.abs(rest.reduce((sum, x) => sum + x * x, 0) / rest.length / noise - 1) < 0.1);
  }
});

Deno.test("recordings are of one to four digits, and the longest fit", () => {
  const { recordings, spoken } = record(100, randomNumbers(2));
  assert.deepEqual(recordings.shape, [100, recordingLength, 1]);
  const other = (seed: number) => record(2, randomNumbers(seed)).recordings.data;
  assert.deepEqual(other(2), other(2));
  assert.notDeepEqual(other(2), other(3));
  assert.deepEqual([...new Set(spoken.map(({ length }) => length))].sort(), [1, 2, 3, 4]);
  assert.deepEqual([...new Set(spoken.flat())].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // The slowest words with the longest pauses.
  const slowest = () => 1 - 2 ** -30;
  assert.ok(speak(new Array(mostDigits).fill(9), slowest).data.every(Number.isFinite));
  assert.ok(mostDigits * 0.22 * 1.3 * 1.15 + (mostDigits + 1) * 0.07 < recordingLength / sampleRate);
});

Deno.test("digits are classes from 1 on for CTC, and heard by its rules", () => {
  assert.deepEqual(labelsOf([[0, 9], [3, 3, 3, 3]]).toArray(), [[1, 10, 0, 0], [4, 4, 4, 4]]);
  // Repetitions are one digit unless there is a blank between.
  const frames = [[0, 3, 3, 0, 3, 1, 1, 10], [0, 0, 0, 0, 0, 0, 0, 0]];
  assert.deepEqual(hear(ops.oneHot(tensor(frames, undefined, "int32"), 11)), [[2, 2, 0, 9], []]);
});

Deno.test("the label error rate counts replaced, inserted and missing digits", () => {
  const distances: [number[], number[], number][] = [
    [[], [], 0],
    [[1, 2, 3], [1, 2, 3], 0],
    [[1, 2, 3], [], 3],
    [[], [4, 5], 2],
    [[1, 2, 3], [1, 9, 3], 1],
    [[1, 2, 3], [1, 3], 1],
    [[1, 2, 3], [1, 2, 2, 3], 1],
    [[1, 2, 3, 4], [2, 3, 4, 1], 2],
    // "kitten" and "sitting".
    [[1, 2, 3, 3, 4, 5], [6, 2, 3, 3, 2, 5, 7], 3],
  ];
  for (const [from, to, expected] of distances) {
    assert.deepEqual([editDistance(from, to), editDistance(to, from)], [expected, expected], `${from} and ${to}`);
  }
  assert.equal(errorRate([[1, 2, 3], [4], [5, 6, 7, 8]], [[1, 2], [4], [5, 7, 7, 8]]), 2 / 8);
});

Deno.test("what the network hears of a tone is the power at its frequency", async () => {
  const inputs = Input({ shape: [recordingLength, 1] });
  const tone = Array.from({ length: recordingLength }, (_, i) => Math.sin(2 * Math.PI * 500 * i / sampleRate));
  const model = new Model({ inputs, outputs: spectrogram(inputs) });
  const power = await model.predict(tensor(tone, [1, recordingLength, 1]), { verbose: 0 });
  assert.deepEqual(power.shape, [1, 67, 101]);
  // Frequencies are 20 Hz apart.
  for (let frame = 0; frame < 67; frame++) {
    const row = Array.from(ops.getItem(power, [0, frame]).data);
    assert.equal(row.indexOf(Math.max(...row)), 25, `frame ${frame}`);
  }
});
