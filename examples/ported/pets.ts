// Drawn cats and dogs: pictures, which animal each shows, and a map of where it is.
import { Tensor } from "../../mod.ts";
import { normalNumber, randomNumbers } from "../random_numbers.ts";

/** The animals, in the order of their numbers. */
export const petNames = ["cat", "dog"] as const;

/** The classes in a map, in the order of their numbers: as in the Oxford-IIIT pets, less one. */
export const mapNames = ["pet", "background", "outline"] as const;

/** Pictures, and what is in them. */
export interface Pets {
  /** Bytes `[count, size, size, 3]`. */
  readonly images: Tensor;
  /** The animals, uint8 `[count]`. */
  readonly kinds: Tensor;
  /** The class of each pixel, uint8 `[count, size, size, 1]`. */
  readonly maps: Tensor;
}

const inEllipse = (x: number, y: number, width: number, height: number) => (x / width) ** 2 + (y / height) ** 2 <= 1;

/** Whether a point is on an ear; the head is a circle of radius 1 around 0, and y points down. */
function onEar(kind: number, x: number, y: number): boolean {
  const side = Math.abs(x);
  // The cat's ears stand up and end in a point; the dog's hang down beside the head.
  if (kind === 0) return y > -1.5 && y < -0.3 && side < 1 && side > 0.12 && Math.abs(side - 0.75) < (y + 1.5) * 0.5;
  return inEllipse(side - 0.98, y + 0.05, 0.32, 0.78);
}

const onFace = (x: number, y: number) =>
  inEllipse(Math.abs(x) - 0.38, y + 0.15, 0.13, 0.16) || inEllipse(x, y - 0.3, 0.16, 0.12);

/**
 * Draws heads of cats and dogs in all colors, somewhat turned, before a background that may look like them. A seed
 * always gives the same ones.
 */
export function drawPets(count: number, size: number, seed: number, noise = 12): Pets {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const color = (low: number, high: number) => [0, 1, 2].map(() => between(low, high));
  const images = new Uint8Array(count * size * size * 3);
  const kinds = new Uint8Array(count);
  const maps = new Uint8Array(count * size * size);
  for (let image = 0; image < count; image++) {
    const kind = kinds[image] = random() < 0.5 ? 0 : 1;
    const reach = between(0.25, 0.34) * size;
    const [left, top] = [between(0.38, 0.62) * size, between(0.42, 0.6) * size];
    const angle = between(-0.5, 0.5);
    const [cos, sin] = [Math.cos(angle) / reach, Math.sin(angle) / reach];
    const [fur, ears, dark] = [color(60, 230), color(60, 230), color(0, 50)];
    // The background is striped or spotted, as a carpet is.
    const [ground, pattern] = [color(30, 240), color(30, 240)];
    const [wave, turn] = [between(0.05, 0.25), between(0, Math.PI)];
    const [alongX, alongY, spots] = [wave * Math.cos(turn), wave * Math.sin(turn), random() < 0.5];
    const covered = (px: number, py: number) => {
      const [dx, dy] = [px + 0.5 - left, py + 0.5 - top];
      const [x, y] = [cos * dx + sin * dy, cos * dy - sin * dx];
      if (onFace(x, y)) return dark;
      if (inEllipse(x, y, 1, 0.9)) return fur;
      return onEar(kind, x, y) ? ears : undefined;
    };
    const isPet = (x: number, y: number) => pets[x + 1 + (y + 1) * (size + 2)] !== undefined;
    const pets = Array.from({ length: (size + 2) ** 2 }, (_, at) => {
      return covered(at % (size + 2) - 1, Math.floor(at / (size + 2)) - 1);
    });
    const start = image * size * size;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const pet = pets[x + 1 + (y + 1) * (size + 2)];
        const wavy = Math.sin(alongX * x + alongY * y) * (spots ? Math.sin(alongX * y - alongY * x) : 1);
        const seen = pet ?? (wavy > 0 ? ground : pattern);
        const at = start + y * size + x;
        for (let channel = 0; channel < 3; channel++) {
          const value = seen[channel] + noise * normalNumber(random);
          images[3 * at + channel] = Math.min(255, Math.max(0, Math.round(value)));
        }
        // The outline is where a neighbor is on the other side.
        const around = [isPet(x - 1, y), isPet(x + 1, y), isPet(x, y - 1), isPet(x, y + 1)];
        maps[at] = around.includes(!pet) ? 2 : pet ? 0 : 1;
      }
    }
  }
  return {
    images: new Tensor([count, size, size, 3], "uint8", images),
    kinds: new Tensor([count], "uint8", kinds),
    maps: new Tensor([count, size, size, 1], "uint8", maps),
  };
}
