// The example of detection: its size, its loss, its boxes and the figures that judge them, by hand.
import assert from "node:assert/strict";
import {
  type Detection,
  detectionLoss,
  detectionsOf,
  drawBoxes,
  judge,
  makeModel,
  targetsOf,
  withoutRepeats,
} from "../../examples/detection.ts";
import { type Box, drawScenes, inkBox, overlap } from "../../examples/digit_scenes.ts";
import { compile, Tensor, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

/** A box by its edges, with the digit 7 unless another is given. */
const box = (left: number, top: number, right: number, bottom: number, digit = 7): Box => ({
  left,
  top,
  right,
  bottom,
  digit,
});

Deno.test("the network that detects has the size that its layers ask for", () => {
  const block = (from: number, to: number) => 3 * 3 * from * to + 4 * to;
  const model = makeModel(1);
  const blocks = block(1, 16) + block(16, 32) + block(32, 64) + 2 * block(64, 64);
  assert.deepEqual([model.countParams(), model.outputShape], [blocks + 64 * 15 + 15, [null, 8, 8, 15]]);
});

Deno.test("boxes overlap by what they share of what they cover", () => {
  const cases: [Box, number][] = [
    [box(0, 0, 4, 4), 1],
    [box(2, 0, 6, 4), 8 / 24],
    [box(1, 1, 3, 3), 4 / 16],
    [box(4, 0, 8, 4), 0],
    [box(5, 5, 8, 8), 0],
  ];
  for (const [other, expected] of cases) {
    assertClose([overlap(box(0, 0, 4, 4), other)], [expected], { absolute: 1e-12, relative: 0 });
  }
});

testOnBackends("the loss of a cell counts box and digit only where there is one", async () => {
  const loss = compile(detectionLoss);
  const said = [Math.log(3), 0.5, 0, 0.25, 0, ...[Math.log(2), 0, 0, 0, 0, 0, 0, 0, 0, 0]];
  const truth = [[1, 0.5, 0.5, 0.25, 0, 0], [0, 0, 0, 0, 0, 0]];
  const found = await loss(tensor(truth, [1, 1, 2, 6]), tensor([said, said], [1, 1, 2, 15]));
  // The network says by three to one that there is a digit; its box is off by a half in one of four numbers, and it gives
  // the right digit 2 of 11.
  const expected = [-Math.log(3 / 4) + 10 * 0.25 / 4 - Math.log(2 / 11), -Math.log(1 / 4)];
  assert.deepEqual(found.shape, [1, 1, 2]);
  assertClose([...found.data], expected, { absolute: 1e-5, relative: 0 });
});

Deno.test("what is written into cells is read from them", () => {
  // The middle of the first is at (30, 10), in the fourth cell of the second row, three quarters and a quarter into it.
  const boxes = [[box(20, 0, 40, 20, 3), box(44, 44, 64, 64, 0)], [box(3, 50, 7, 60, 9)], []];
  const targets = targetsOf(boxes);
  assert.deepEqual(targets.shape, [3, 8, 8, 6]);
  assertClose([...targets.data.subarray(6 * (8 + 3), 6 * (8 + 4))], [1, 0.75, 0.25, 0, 0, 3], {
    absolute: 1e-6,
    relative: 0,
  });
  assert.equal([...targets.data].filter((_, i) => i % 6 === 0 && targets.data[i] === 1).length, 3);

  const said = new Float32Array(3 * 64 * 15);
  for (let cell = 0; cell < 3 * 64; cell++) {
    const [isThere, x, y, width, height, digit] = targets.data.subarray(6 * cell, 6 * cell + 6);
    said.set([isThere ? 2 : -2, x, y, width, height], 15 * cell);
    said[15 * cell + 5 + digit] = 1;
  }
  const found = detectionsOf(tensor(said, [3, 8, 8, 15]));
  assert.deepEqual(found.map((each) => each.length), [2, 1, 0]);
  for (const [i, each] of boxes.flat().entries()) {
    const { left, top, right, bottom, digit, probability } = found.flat()[i];
    const expected = [each.left, each.top, each.right, each.bottom, each.digit, 1 / (1 + Math.exp(-2))];
    assertClose([left, top, right, bottom, digit, probability], expected, { absolute: 1e-4, relative: 0 });
  }
});

Deno.test("of boxes that are about the same the likeliest is kept", () => {
  const found = (left: number, probability: number): Detection => ({ ...box(left, 0, left + 10, 10), probability });
  // Moved by 3, boxes of width 10 share 7 of 13; moved by 4, 6 of 14.
  const kept = withoutRepeats([found(3, 0.6), found(0, 0.9), found(4, 0.7), found(30, 0.8)]);
  assert.deepEqual(kept.map(({ probability }) => probability), [0.9, 0.8, 0.7]);
});

Deno.test("detections are judged by their overlap and their digit", () => {
  const truth = [[box(0, 0, 4, 4), box(10, 0, 14, 4)], [box(0, 0, 4, 4)]];
  const found = [
    // The first covers three quarters of its digit, the second is not rightly read, the third is nowhere.
    [box(0, 0, 3, 4), box(10, 0, 14, 4, 1), box(20, 20, 24, 24)],
    // Found, but with too little overlap.
    [box(2, 0, 6, 4)],
  ];
  const { iou, recall, precision } = judge(truth, found);
  assertClose([iou, recall, precision], [(0.75 + 1 + 1 / 3) / 3, 1 / 3, 1 / 4], { absolute: 1e-12, relative: 0 });
  assert.deepEqual(judge(truth, [[], []]), { iou: 0, recall: 0, precision: 0 });
  assert.deepEqual(judge(truth, truth), { iou: 1, recall: 1, precision: 1 });
  // Twice the same is right once.
  assert.deepEqual(judge([[box(0, 0, 4, 4)]], [[box(0, 0, 4, 4), box(0, 0, 4, 4)]]), {
    iou: 1,
    recall: 1,
    precision: 0.5,
  });
});

Deno.test("the box of ink is tight, and scenes have their digits in their boxes", () => {
  const ink = new Uint8Array(28 * 28);
  for (const [x, y] of [[5, 3], [9, 20], [7, 10]]) ink[28 * y + x] = 200;
  ink[0] = 60;
  assert.deepEqual(inkBox(new Tensor([28, 28], "uint8", ink), 7), box(5, 3, 10, 21));

  // Digits are squares of 10 by 20 pixels.
  const digit = Uint8Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    return x >= 9 && x < 19 && y >= 4 && y < 24 ? 255 : 0;
  });
  const draw = (seed: number) =>
    drawScenes(new Tensor([1, 28, 28], "uint8", digit), new Tensor([1], "uint8", Uint8Array.of(4)), 60, seed);
  const { images, boxes } = draw(1);
  assert.deepEqual([images.shape, images.dtype], [[60, 64, 64], "uint8"]);
  assert.deepEqual(draw(1).images.data, images.data);
  assert.notDeepEqual(draw(2).images.data, images.data);
  assert.deepEqual([...new Set(boxes.map((placed) => placed.length))].sort(), [1, 2, 3, 4]);
  for (const [scene, placed] of boxes.entries()) {
    for (const [i, { left, top, right, bottom, digit }] of placed.entries()) {
      assert.ok(left >= 0 && top >= 0 && right <= 64 && bottom <= 64 && digit === 4);
      assert.ok(right - left > 6.99 && right - left < 14.01, `${right - left}`);
      assertClose([bottom - top], [2 * (right - left)], { absolute: 1e-9, relative: 0 });
      for (const other of placed.slice(i + 1)) assert.equal(overlap(placed[i], other), 0);
    }
    // Ink is where the middle of a pixel is in a box, noise is elsewhere; edges are in between.
    for (let at = 0; at < 64 * 64; at++) {
      const [x, y] = [at % 64 + 0.5, Math.floor(at / 64) + 0.5];
      const inside = (by: number) =>
        placed.some((p) => x > p.left + by && x < p.right - by && y > p.top + by && y < p.bottom - by);
      const found = images.data[scene * 64 * 64 + at];
      if (inside(1)) assert.equal(found, 255);
      else if (!inside(-1)) assert.ok(found < 60, `${found}`);
    }
  }
});

Deno.test("pictures show true boxes in blue, and those found in orange with their digit", () => {
  const picture = drawBoxes(new Tensor([64, 64], "uint8", new Uint8Array(64 * 64).fill(9)), [box(1, 1, 5, 5)], [
    box(-1, 10, 20, 70, 1),
  ]);
  assert.deepEqual(picture.shape, [192, 192, 3]);
  const at = (x: number, y: number) => [...picture.data.subarray(3 * (192 * y + x), 3 * (192 * y + x) + 3)];
  const [blue, orange, gray] = [[86, 180, 233], [230, 159, 0], [9, 9, 9]];
  const corners = [[3, 3], [14, 3], [3, 14], [14, 14]].map(([x, y]) => at(x, y));
  assert.deepEqual(corners, [blue, blue, blue, blue]);
  assert.deepEqual([at(4, 4), at(15, 15), at(2, 2)], [gray, gray, gray]);
  // What is outside of the picture is left out: of the second box the upper and the right edge are seen.
  assert.deepEqual([at(0, 30), at(59, 30), at(59, 191), at(60, 30)], [orange, orange, orange, gray]);
  // Its digit, a 1, starts at (-1, 32): its upper row has the dot in the middle, two pixels wide.
  assert.deepEqual([at(0, 32), at(1, 32), at(2, 32), at(3, 32)], [gray, orange, orange, gray]);
});
