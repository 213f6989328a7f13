// Pictures as sixels: rows of six pixels, color by color. https://vt100.net/docs/vt3xx-gp/chapter14.html
import type { Pixels } from "./pixels.ts";

/** The most colors of a picture: more registers than most terminals have would be ignored. */
const maxColors = 256;
/** What is left of red, green and blue where there are more colors: 6 x 7 x 6 are 252. */
const coarseLevels = [6, 7, 6];

/** The escape sequence that draws a picture, in up to 256 colors, at the cursor. */
export function sixel({ width, height, data }: Pixels): string {
  const exact = Array.from({ length: width * height }, (_, i) => colorAt(data, i, percent));
  const colors = new Set(exact).size <= maxColors
    ? exact
    : Array.from({ length: width * height }, (_, i) => colorAt(data, i, coarse));
  const registers = new Map([...new Set(colors)].map((color, i) => [color, i]));
  const palette = [...registers].map(([color, i]) => `#${i};2;${color}`).join("");
  const bands: string[] = [];
  for (let top = 0; top < height; top += 6) {
    const masks = new Map<number, Uint8Array>();
    for (let y = top; y < Math.min(top + 6, height); y++) {
      for (let x = 0; x < width; x++) {
        const register = registers.get(colors[y * width + x])!;
        let mask = masks.get(register);
        if (!mask) masks.set(register, mask = new Uint8Array(width));
        mask[x] |= 1 << (y - top);
      }
    }
    bands.push([...masks].map(([register, mask]) => `#${register}${runs(mask)}`).join("$"));
  }
  return `\x1bP0;1q"1;1;${width};${height}${palette}${bands.join("-")}\x1b\\`;
}

/** A color as registers have it: red, green and blue in percent. */
function colorAt(data: ArrayLike<number>, pixel: number, level: (value: number, channel: number) => number): string {
  return [0, 1, 2].map((channel) => level(data[3 * pixel + channel], channel)).join(";");
}

const percent = (value: number) => Math.round(value / 2.55);

function coarse(value: number, channel: number): number {
  const steps = coarseLevels[channel] - 1;
  return Math.round(Math.round(value / 255 * steps) * 100 / steps);
}

/** The columns of a color in a band: bits of six pixels as a character, `!` and a count before one that is repeated. */
function runs(mask: Uint8Array): string {
  let text = "";
  for (let x = 0; x < mask.length;) {
    let end = x + 1;
    while (end < mask.length && mask[end] === mask[x]) end++;
    const character = String.fromCharCode(63 + mask[x]);
    text += end - x > 3 ? `!${end - x}${character}` : character.repeat(end - x);
    x = end;
  }
  return text;
}
