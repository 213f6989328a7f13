// The pictures of examples: images in rows and columns, PNG files, and shapes with the class of each pixel.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { arrange, type Picture, writePng } from "../../examples/png.ts";
import { covers, drawShapes } from "../../examples/shapes.ts";
import { ShapeError, tensor } from "../../mod.ts";

/** The rows of a picture as lists of numbers. */
function rowsOf({ width, height, channels, data }: Picture): number[][] {
  const length = width * channels;
  return Array.from({ length: height }, (_, row) => [...data.subarray(row * length, (row + 1) * length)]);
}

/** Reads a PNG file of unfiltered bytes, by its specification. */
function readPng(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, number[]>();
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const name = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    chunks.set(name, [...(chunks.get(name) ?? []), ...bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  const header = new DataView(Uint8Array.from(chunks.get("IHDR")!).buffer);
  const [width, height, depth, colour] = [
    header.getUint32(0),
    header.getUint32(4),
    header.getUint8(8),
    header.getUint8(9),
  ];
  assert.equal(depth, 8);
  const channels = colour === 0 ? 1 : 3;
  assert.equal(colour, channels === 1 ? 0 : 2);
  const raw = inflateSync(Uint8Array.from(chunks.get("IDAT")!));
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = row * (width * channels + 1);
    assert.equal(raw[from], 0, "no filter");
    data.set(raw.subarray(from + 1, from + 1 + width * channels), row * width * channels);
  }
  return { width, height, channels, data };
}

Deno.test("arrange puts images into columns, with white between", () => {
  const images = tensor(new Uint8Array([1, 2, 3, 4, 5, 6]), [3, 1, 2]);
  const white = new Array(10).fill(255);
  assert.deepEqual(rowsOf(arrange(images, 2, 1)), [
    ...[white, white, [255, 255, 1, 2, 255, 255, 3, 4, 255, 255]],
    ...[white, white, [255, 255, 5, 6, 255, 255, 255, 255, 255, 255]],
    ...[white, white],
  ]);
});

Deno.test("arrange shows floats from 0 to 1, colours, and each pixel as a square", () => {
  const grey = arrange(tensor([[[0, 0.5, 1, 1.5, -1]]]), 1, 1);
  assert.deepEqual(rowsOf(grey)[2].slice(2, -2), [0, 128, 255, 255, 0]);
  const colour = arrange(tensor(new Uint8Array([1, 2, 3, 4, 5, 6]), [1, 1, 2, 3]), 1);
  const rows = rowsOf(colour);
  assert.deepEqual([colour.width, colour.height, colour.channels], [8, 6, 3]);
  assert.deepEqual(rows[2].slice(6, -6), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  assert.deepEqual(rows[3], rows[2]);
  assert.throws(() => arrange(tensor([[1, 2]]), 1), ShapeError);
  assert.throws(() => arrange(tensor([[[[1, 2]]]]), 1), ShapeError);
});

Deno.test("a PNG file holds the picture; its folder is made", async () => {
  const folder = mkdtempSync(join(Deno.env.get("TMPDIR") ?? "/tmp", "ceratops_png_"));
  try {
    for (const channels of [1, 3] as const) {
      const data = Uint8Array.from({ length: 5 * 4 * channels }, (_, i) => (i * 37) % 256);
      const picture = { width: 5, height: 4, channels, data };
      const file = join(folder, "deep", `${channels}.png`);
      await writePng(file, picture);
      assert.deepEqual(readPng(readFileSync(file)), picture);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

Deno.test("a circle, a square and a triangle cover what they should", () => {
  const at = { x: 10, y: 20, reach: 6, angle: 0 };
  const [circle, square, triangle] = ([1, 2, 3] as const).map((kind) => ({ ...at, kind }));
  const half = 6 / Math.SQRT2;
  const points: [number, number, boolean, boolean, boolean][] = [
    [10, 20, true, true, true],
    [15.9, 20, true, false, false],
    [16.1, 20, false, false, false],
    // The corner of the square, and just beyond it.
    [10 + half - 0.01, 20 + half - 0.01, true, true, false],
    [10 + half + 0.01, 20, true, false, false],
    // A triangle's corner is opposite a side, which is half as far from the center as the corner.
    [4.1, 20, true, false, true],
    [12.9, 20, true, true, true],
    [13.1, 20, true, true, false],
  ];
  for (const [x, y, ...expected] of points) {
    assert.deepEqual([circle, square, triangle].map((shape) => covers(shape, x, y)), expected, `${x}, ${y}`);
  }
  // Rotated by a sixth of a turn, the triangle points the other way.
  assert.equal(covers({ ...triangle, angle: Math.PI / 3 }, 15.9, 20), true);
});

Deno.test("drawn shapes: each seed its own, each class of its own brightness, none touches another", () => {
  const [rows, size] = [200, 48];
  const { images, classes } = drawShapes(rows, size, 3);
  assert.deepEqual([images.shape, images.dtype], [[rows, size, size, 1], "float32"]);
  assert.deepEqual([classes.shape, classes.dtype], [[rows, size, size], "uint8"]);
  assert.deepEqual(drawShapes(rows, size, 3).images.data, images.data);
  assert.notDeepEqual(drawShapes(rows, size, 4).classes.data, classes.data);

  const counts = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const [picture, truth] = [images.rows(row, row + 1).data, classes.rows(row, row + 1).data];
    const sums = [0, 1, 2, 3].map(() => ({ pixels: 0, sum: 0 }));
    for (let i = 0; i < size * size; i++) {
      const kind = truth[i];
      sums[kind].pixels++;
      sums[kind].sum += picture[i];
      const neighbours = [i % size < size - 1 ? truth[i + 1] : kind, i < size * (size - 1) ? truth[i + size] : kind];
      for (const other of neighbours) assert.ok(kind === other || kind * other === 0, `picture ${row}, pixel ${i}`);
    }
    const means = sums.map(({ pixels, sum }) => sum / pixels);
    for (const kind of [1, 2, 3]) {
      if (sums[kind].pixels === 0) continue;
      counts[kind]++;
      // The smallest is a triangle of 3 sqrt(3) / 4 * (0.16 * 48) ** 2 = 76.6 pixels, over which the noise is averaged.
      assert.ok(sums[kind].pixels > 70, `picture ${row}: ${sums[kind].pixels} pixels of class ${kind}`);
      const contrast = Math.abs(means[kind] - means[0]);
      assert.ok(contrast > 0.25 && contrast < 0.55, `picture ${row}: class ${kind} differs by ${contrast}`);
    }
  }
  for (const kind of [1, 2, 3]) assert.ok(counts[kind] > rows / 4, `${counts[kind]} pictures have class ${kind}`);
});
