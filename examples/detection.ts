// Object detection: a convolutional network finds the handwritten digits in a picture, and the box around each.
// `deno run -A examples/detection.ts` draws true boxes and those that it found into detection.png.
import "../lib/datasets/mnist_embedded.ts";
import {
  datasets,
  Input,
  layers,
  losses,
  ops,
  optimizers,
  schedules,
  Sequential,
  setRandomSeed,
  Tensor,
  type Value,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { type Box, drawScenes, overlap, size } from "./digit_scenes.ts";
import { arrange, writePng } from "./png.ts";

const batchSize = 32;
/** The network looks at a picture in cells, `cells` by `cells`: the one with the middle of a digit answers for it. */
const cells = 8;
const cellSize = size / cells;
/** Sizes of boxes are relative to this one, in pixels. */
const usual = 20;
/** Where a digit is this likely it counts as found: two cells may share the middle of one, and doubt. */
const likely = 0.3;
/** For each cell: the logit that there is a digit, its box in four numbers, and a logit for each digit. */
const outputs = 1 + 4 + 10;

/** The network; its learning rate falls over `steps` steps. */
export function makeModel(steps: number): Sequential {
  const block = (filters: number, strides = 1) => [
    new layers.Conv2D(filters, 3, { strides, padding: "same", useBias: false }),
    new layers.BatchNormalization({ momentum: 0.9 }),
    new layers.ReLU(),
  ];
  const model = new Sequential([
    Input({ shape: [size, size], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([size, size, 1]),
    ...block(16, 2),
    ...block(32),
    new layers.MaxPooling2D(2),
    ...block(64),
    new layers.MaxPooling2D(2),
    ...block(64),
    ...block(64),
    new layers.Conv2D(outputs, 1),
  ]);
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.004, decaySteps: steps }),
    }),
    loss: detectionLoss,
  });
  return model;
}

/** What the network should say, `[pictures, cells, cells, 6]`: whether there is a digit, its box, and which it is. */
export function targetsOf(boxes: readonly (readonly Box[])[]): Tensor {
  const data = new Float32Array(boxes.length * cells * cells * 6);
  for (const [picture, placed] of boxes.entries()) {
    for (const { left, top, right, bottom, digit } of placed) {
      const [x, y] = [(left + right) / 2 / cellSize, (top + bottom) / 2 / cellSize];
      const [column, row] = [Math.floor(x), Math.floor(y)];
      // The middle within the cell, and the size: its logarithm, so that a factor counts alike for small and large.
      const box = [x - column, y - row, Math.log((right - left) / usual), Math.log((bottom - top) / usual)];
      data.set([1, ...box, digit], ((picture * cells + row) * cells + column) * 6);
    }
  }
  return new Tensor([boxes.length, cells, cells, 6], "float32", data);
}

/** The loss of each cell, `[pictures, cells, cells]`: box and digit count only where there is one. */
export function detectionLoss(truth: Value, said: Value): Value {
  const [isThere, box, digit] = ops.split(truth, [1, 5], -1);
  const [logit, boxSaid, digitLogits] = ops.split(said, [1, 5], -1);
  const presence = losses.binaryCrossentropy(isThere, logit, { fromLogits: true });
  const place = losses.meanSquaredError(box, boxSaid);
  const name = losses.sparseCategoricalCrossentropy(digit, digitLogits, { fromLogits: true });
  const rest = ops.add(ops.multiply(place, 10), name);
  return ops.add(presence, ops.multiply(ops.squeeze(isThere, -1), rest));
}

/** A box that the network found, and its probability. */
export interface Detection extends Box {
  readonly probability: number;
}

/** What the network found in each picture, from its outputs `[pictures, cells, cells, 15]`, likeliest first. */
export function detectionsOf(said: Tensor): Detection[][] {
  return Array.from({ length: said.shape[0] }, (_, picture) => {
    const found: Detection[] = [];
    for (let cell = 0; cell < cells * cells; cell++) {
      const start = (picture * cells * cells + cell) * outputs;
      const [logit, x, y, logWidth, logHeight, ...digits] = said.data.subarray(start, start + outputs);
      const probability = 1 / (1 + Math.exp(-logit));
      if (probability < likely) continue;
      const [middleX, middleY] = [cellSize * (cell % cells + x), cellSize * (Math.floor(cell / cells) + y)];
      const [width, height] = [usual * Math.exp(logWidth), usual * Math.exp(logHeight)];
      found.push({
        left: middleX - width / 2,
        right: middleX + width / 2,
        top: middleY - height / 2,
        bottom: middleY + height / 2,
        digit: digits.indexOf(Math.max(...digits)),
        probability,
      });
    }
    return withoutRepeats(found);
  });
}

/** The likeliest of those boxes that are about the same (non-maximum suppression): two cells may find one digit. */
export function withoutRepeats(found: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of found.toSorted((a, b) => b.probability - a.probability)) {
    if (kept.every((other) => overlap(detection, other) < 0.5)) kept.push(detection);
  }
  return kept;
}

/**
 * How good detections are: the mean intersection over union of true boxes with the best of those found, 0 for none; the
 * share of digits that are found, with an intersection over union of at least a half, and rightly read (recall); and
 * the share of detections that are such (precision).
 */
export function judge(
  truth: readonly (readonly Box[])[],
  found: readonly (readonly Box[])[],
): { iou: number; recall: number; precision: number } {
  let [total, right, digits, detections] = [0, 0, 0, 0];
  for (const [picture, placed] of truth.entries()) {
    digits += placed.length;
    detections += found[picture].length;
    for (const box of placed) {
      const overlaps = found[picture].map((other) => overlap(box, other));
      const best = Math.max(0, ...overlaps);
      total += best;
      if (best >= 0.5 && found[picture][overlaps.indexOf(best)].digit === box.digit) right++;
    }
  }
  return { iou: total / digits, recall: right / digits, precision: detections ? right / detections : 0 };
}

/** Digits of 3 by 5 pixels, five rows of three bits each. */
const glyphs = ["75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717"];

const zoom = 3;

/** Colors that are distinguishable with red-green color blindness (Okabe and Ito). */
const [trueColor, foundColor] = [[86, 180, 233], [230, 159, 0]];

/** A picture, `[size, size]` bytes, in color and larger: true boxes in blue, those found in orange, with their digit. */
export function drawBoxes(image: Tensor, truth: readonly Box[], found: readonly Box[]): Tensor {
  const wide = zoom * size;
  const data = new Uint8Array(wide * wide * 3);
  for (let at = 0; at < wide * wide; at++) {
    const [row, column] = [Math.floor(at / wide / zoom), Math.floor(at % wide / zoom)];
    data.fill(image.data[row * size + column], 3 * at, 3 * at + 3);
  }
  const dot = (x: number, y: number, color: readonly number[]) => {
    if (x >= 0 && x < wide && y >= 0 && y < wide) data.set(color, 3 * (y * wide + x));
  };
  const draw = ({ left, top, right, bottom }: Box, color: readonly number[]) => {
    const [west, north, east, south] = [left, top, right, bottom].map((edge) => Math.round(zoom * edge));
    for (let x = west; x < east; x++) [north, south - 1].forEach((y) => dot(x, y, color));
    for (let y = north; y < south; y++) [west, east - 1].forEach((x) => dot(x, y, color));
    return [west, north];
  };
  for (const box of truth) draw(box, trueColor);
  for (const box of found) {
    const [west, north] = draw(box, foundColor);
    for (let at = 0; at < 60; at++) {
      const [x, y] = [at % 6, Math.floor(at / 6)];
      const row = Number(glyphs[box.digit][Math.floor(y / 2)]);
      if (row & (4 >> Math.floor(x / 2))) dot(west + 2 + x, north + 2 + y, foundColor);
    }
  }
  return new Tensor([wide, wide, 3], "uint8", data);
}

if (import.meta.main) {
  const { epochs, steps, seed, floor, out } = readArguments("detection.ts", "A network finds digits in pictures.", {
    epochs: count(4, "how often to go through the pictures"),
    steps: count(800, `batches of ${batchSize} pictures in an epoch`),
    seed: count(1, "the seed of weights, order and pictures", 0),
    floor: share(0, "fail where the mean intersection over union is below x"),
    out: path("detection.png", "where the picture goes"),
  });
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const train = drawScenes(xTrain, yTrain, steps * batchSize, seed);
  const test = drawScenes(xTest, yTest, 1000, seed + 1);
  const model = makeModel(epochs * steps);
  model.summary();
  await model.fit(train.images, targetsOf(train.boxes), { epochs, batchSize });

  const found = detectionsOf(await model.predict(test.images, { verbose: 0, batchSize: 100 }));
  const { iou, recall, precision } = judge(test.boxes, found);
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  console.log(
    `\nOf the digits in ${found.length} pictures not seen before: mean intersection over union ${iou.toFixed(4)}`,
  );
  console.log(`${percent(recall)} are found and read rightly, and ${percent(precision)} of what is found is right.`);

  const shown = found.slice(0, 12).map((boxes, i) => drawBoxes(test.images.rows(i, i + 1), test.boxes[i], boxes));
  await writePng(out, arrange(ops.stack(shown), 4, 1));
  console.log(`Pictures with the true boxes (blue) and those found (orange) are in ${out}.`);
  requireFloor("mean intersection over union", iou, floor);
}
