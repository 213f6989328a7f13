// Pictures of circles, squares and triangles under noise, and the class of every pixel: data for segmentation.
import { Tensor } from "../mod.ts";
import { normalNumber, randomInteger, randomNumbers } from "./random_numbers.ts";

/** The classes of pixels, in the order of their numbers. */
export const shapeNames = ["background", "circle", "square", "triangle"] as const;

/** A shape: its class, its center, its radius, and its rotation. */
export interface PlacedShape {
  readonly kind: 1 | 2 | 3;
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly angle: number;
}

/** Whether a point is inside a shape. */
export function covers({ kind, x, y, reach, angle }: PlacedShape, px: number, py: number): boolean {
  const [dx, dy] = [px - x, py - y];
  if (kind === 1) return dx * dx + dy * dy <= reach * reach;
  // A square or triangle with corners at distance `reach` is bounded by lines at this distance, one per angle.
  const sides = kind === 2 ? 4 : 3;
  const distance = reach * Math.cos(Math.PI / sides);
  for (let side = 0; side < sides; side++) {
    const turned = angle + 2 * Math.PI * side / sides;
    if (dx * Math.cos(turned) + dy * Math.sin(turned) > distance) return false;
  }
  return true;
}

/**
 * Draws pictures, float32 `[count, size, size, 1]`, each with one to three shapes that do not touch, brighter or darker
 * than the background; and the class of each pixel, uint8 `[count, size, size]`. A seed always gives the same ones.
 */
export function drawShapes(count: number, size: number, seed: number): { images: Tensor; classes: Tensor } {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const noise = () => 0.1 * normalNumber(random);
  const images = new Float32Array(count * size * size);
  const classes = new Uint8Array(count * size * size);
  for (let image = 0; image < count; image++) {
    const placed: PlacedShape[] = [];
    const wanted = 1 + randomInteger(random, 3);
    // Gives up after some tries if there is no free place.
    for (let tries = 0; tries < 20 && placed.length < wanted; tries++) {
      const kind = ([1, 2, 3] as const)[randomInteger(random, 3)];
      const reach = between(kind === 1 ? 0.12 : 0.16, kind === 1 ? 0.18 : 0.24) * size;
      const [x, y] = [between(reach, size - reach), between(reach, size - reach)];
      const free = placed.every((other) => Math.hypot(x - other.x, y - other.y) > reach + other.reach + 1);
      if (free) placed.push({ kind, x, y, reach, angle: between(0, 2 * Math.PI) });
    }
    const ground = between(0.2, 0.8);
    const colours = placed.map(() => (ground > 0.5 ? ground - between(0.3, 0.5) : ground + between(0.3, 0.5)));
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const at = (image * size + row) * size + column;
        const found = placed.findIndex((shape) => covers(shape, column + 0.5, row + 0.5));
        images[at] = (found < 0 ? ground : colours[found]) + noise();
        if (found >= 0) classes[at] = placed[found].kind;
      }
    }
  }
  return {
    images: new Tensor([count, size, size, 1], "float32", images),
    classes: new Tensor([count, size, size], "uint8", classes),
  };
}
