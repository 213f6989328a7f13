// Pictures of several handwritten digits of different sizes, and the box around each: data for detection.
import { Tensor } from "../mod.ts";
import { randomInteger, randomNumbers } from "./random_numbers.ts";

/** Height and width of a picture, in pixels. */
export const size = 64;

/** A digit in a picture: the edges of the box around it, in pixels, and which one it is. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly digit: number;
}

/** The area that two boxes share, divided by the area that they cover together (intersection over union). */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.right - box.left) * (box.bottom - box.top);
  return width * height / (area(a) + area(b) - width * height);
}

/** The box around the ink of an image, `[28, 28]` bytes. */
export function inkBox(image: Tensor, digit: number): Box {
  const [height, width] = image.shape;
  const box = { left: width, top: height, right: 0, bottom: 0, digit };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (image.data[y * width + x] < 64) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  }
  return box;
}

/** The brightness of an image, `[height, width]`, at a point: that of the pixels around, by their distance; 0 outside. */
function brightness(image: Tensor, x: number, y: number): number {
  const [height, width] = image.shape;
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, down] = [x - 0.5 - left, y - 0.5 - top];
  const at = (row: number, column: number) =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : image.data[row * width + column];
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
    down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

/**
 * Puts digits, `[rows, 28, 28]` bytes with labels `[rows]`, into pictures, uint8 `[count, size, size]`: one to four
 * each, larger and smaller, on noise, with boxes that do not overlap. A seed always gives the same ones.
 */
export function drawScenes(
  digits: Tensor,
  labels: Tensor,
  count: number,
  seed: number,
): { images: Tensor; boxes: Box[][] } {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const images = Uint8Array.from({ length: count * size * size }, () => 60 * random());
  const boxes = Array.from({ length: count }, (_, scene) => {
    const placed: Box[] = [];
    const wanted = 1 + randomInteger(random, 4);
    // Gives up after some tries if there is no free place.
    for (let tries = 0; tries < 20 && placed.length < wanted; tries++) {
      const row = randomInteger(random, digits.shape[0]);
      const image = digits.rows(row, row + 1).reshape([28, 28]);
      const ink = inkBox(image, labels.data[row]);
      const scale = between(0.7, 1.4);
      const [width, height] = [scale * (ink.right - ink.left), scale * (ink.bottom - ink.top)];
      const [left, top] = [between(0, size - width), between(0, size - height)];
      const box = { left, top, right: left + width, bottom: top + height, digit: ink.digit };
      if (placed.some((other) => overlap(box, other) > 0)) continue;
      placed.push(box);
      for (let y = Math.floor(top); y < box.bottom; y++) {
        for (let x = Math.floor(left); x < box.right; x++) {
          const at = (scene * size + y) * size + x;
          const found = brightness(image, ink.left + (x + 0.5 - left) / scale, ink.top + (y + 0.5 - top) / scale);
          images[at] = Math.max(images[at], found);
        }
      }
    }
    return placed;
  });
  return { images: new Tensor([count, size, size], "uint8", images), boxes };
}
