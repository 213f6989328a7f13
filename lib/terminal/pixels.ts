// Pictures as text for a terminal: half blocks, each with two pixels, in colors or in plain characters.

/** A picture: red, green and blue from 0 to 255 of each pixel, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** The colors of a terminal: 24 bits, the palette of 256, or none. */
export type TerminalColors = "24bit" | "256" | "none";

/** What is known of a terminal: `colorTerm` is the environment variable `COLORTERM`. */
interface TerminalFacts {
  readonly isTerminal: boolean;
  readonly noColor: boolean;
  readonly colorTerm: string | undefined;
}

/** The colors that can be shown: none where output is redirected or unwanted, 24 bits where the terminal says so. */
export function colorsFor({ isTerminal, noColor, colorTerm }: TerminalFacts): TerminalColors {
  if (!isTerminal || noColor) return "none";
  return /^(truecolor|24bit)$/i.test(colorTerm ?? "") ? "24bit" : "256";
}

/** The picture in another size: each pixel is the mean of what it covers. */
export function resized(picture: Pixels, width: number, height: number): Pixels {
  if (width === picture.width && height === picture.height) return picture;
  const data = new Float64Array(3 * width * height);
  const [stepX, stepY] = [picture.width / width, picture.height / height];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [left, right, top, bottom] = [x * stepX, (x + 1) * stepX, y * stepY, (y + 1) * stepY];
      const at = 3 * (y * width + x);
      for (let row = Math.floor(top); row < Math.min(bottom, picture.height); row++) {
        const tall = Math.min(row + 1, bottom) - Math.max(row, top);
        for (let column = Math.floor(left); column < Math.min(right, picture.width); column++) {
          const share = tall * (Math.min(column + 1, right) - Math.max(column, left)) / (stepX * stepY);
          const from = 3 * (row * picture.width + column);
          for (let i = 0; i < 3; i++) data[at + i] += share * picture.data[from + i];
        }
      }
    }
  }
  return { width, height, data };
}

const reset = "\x1b[0m";
/** Characters from dark to bright. */
const ramp = " .:-=+*#%@";

/** The lines of text of a picture: each shows two rows of pixels, the upper one in the character's color. */
export function blockLines(picture: Pixels, colors: TerminalColors): string[] {
  return Array.from({ length: Math.ceil(picture.height / 2) }, (_, line) => {
    let text = "";
    let current = "";
    for (let x = 0; x < picture.width; x++) {
      const [upper, lower] = [pixelAt(picture, x, 2 * line), pixelAt(picture, x, 2 * line + 1)];
      if (colors === "none") {
        text += ramp[Math.round((brightness(upper) + brightness(lower)) / 2 * (ramp.length - 1))];
        continue;
      }
      const code = `38;${colorCode(upper, colors)};48;${colorCode(lower, colors)}`;
      text += code === current ? "▀" : `\x1b[${current = code}m▀`;
    }
    return colors === "none" ? text : text + reset;
  });
}

type Color = readonly [red: number, green: number, blue: number];

/** A pixel, from 0 to 255; black below the picture. */
function pixelAt({ width, height, data }: Pixels, x: number, y: number): Color {
  if (y >= height) return [0, 0, 0];
  const at = 3 * (y * width + x);
  return [data[at], data[at + 1], data[at + 2]];
}

/** How bright a color is, from 0 to 1, by the weights of ITU-R BT.601. */
export function brightness([red, green, blue]: Color): number {
  return Math.min(1, Math.max(0, (0.299 * red + 0.587 * green + 0.114 * blue) / 255));
}

function colorCode(color: Color, colors: "24bit" | "256"): string {
  return colors === "24bit" ? `2;${color.map(Math.round).join(";")}` : `5;${paletteIndex(color)}`;
}

/** The levels of red, green and blue in the palette of 256 colors. */
const levels = [0, 95, 135, 175, 215, 255];

/** The nearest of the palette's colors: 16 to 231 are a cube of `levels`, 232 to 255 grays from 8 in steps of 10. */
function paletteIndex(color: Color): number {
  const nearest = color.map((value) =>
    levels.reduce((best, level, i) => (Math.abs(level - value) < Math.abs(levels[best] - value) ? i : best), 0)
  );
  const mean = (color[0] + color[1] + color[2]) / 3;
  const gray = Math.min(23, Math.max(0, Math.round((mean - 8) / 10)));
  const distance = (to: (i: number) => number) => color.reduce((sum, value, i) => sum + (value - to(i)) ** 2, 0);
  return distance((i) => levels[nearest[i]]) <= distance(() => 8 + 10 * gray)
    ? 16 + 36 * nearest[0] + 6 * nearest[1] + nearest[2]
    : 232 + gray;
}
