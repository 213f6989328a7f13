// Shows a small image in the terminal: half-block characters in shades of gray, or plain characters.
import { ShapeError, ValueError } from "../errors.ts";
import { uncheckedHere } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { type Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";

/** The options of {@linkcode showImage}. */
export interface ShowImageOptions {
  /** The width in columns; by default one column per pixel, limited to the terminal's width. */
  width?: number | null;
}

/** The width is checked together with the image. */
const showOptions = optionTable<ShowImageOptions>()({ width: nullable(uncheckedHere<number>()) });

/** The options of {@linkcode imageToText}. */
export interface ImageToTextOptions extends ShowImageOptions {
  /** Whether to use ANSI colors and half blocks rather than plain characters. */
  colour: boolean;
}

/**
 * Prints an image: in shades of gray on a terminal, in plain characters if output is redirected or `NO_COLOR` is set.
 * Each line of text shows two rows of pixels.
 *
 * @param image `[height, width]`, optionally with a last axis of 1 or 3 channels, or a first batch axis of 1. Integers
 * range from 0 (dark) to 255 (bright), floats from 0 to 1, or to 255 if one is larger; values outside of that set the
 * range.
 * @throws {ShapeError} for any other shape
 * @throws {ValueError} for a width that is not a positive integer
 *
 * @example A square
 * ```ts
 * import { utils } from "./mod.ts";
 * utils.showImage([[255, 255, 255, 255], [255, 0, 0, 255], [255, 0, 0, 255], [255, 255, 255, 255]]);
 * ```
 */
export function showImage(image: TensorLike, options: ShowImageOptions = {}): void {
  const { width } = readMethodOptions("showImage", showOptions, options, "Cannot show the image");
  const deno = typeof Deno === "undefined" ? undefined : Deno;
  const terminal = deno?.stdout.isTerminal() ?? false;
  const columns = terminal && deno ? deno.consoleSize().columns : 80;
  const picture = greyPicture(image);
  console.log(render(picture, width ?? Math.min(picture.width, columns), terminal && deno?.noColor !== true));
}

/**
 * The text that {@linkcode showImage} prints, lines joined by `
 * `. Throws the same errors.
 */
export function imageToText(image: TensorLike, { width, colour }: ImageToTextOptions): string {
  const picture = greyPicture(image);
  return render(picture, width ?? picture.width, colour);
}

interface Picture {
  width: number;
  height: number;
  /** Brightness from 0 to 1, row by row. */
  pixels: Float64Array;
}

function greyPicture(image: TensorLike): Picture {
  if (image === undefined) {
    throw new ValueError({
      what: "Cannot show the image",
      rule: "it must be a tensor, nested arrays of numbers, or a typed array",
      received: "undefined",
      hint: "take one image of a tensor x with x.rows(0, 1): x[0] is undefined",
    });
  }
  const given = tensor(image);
  let shape = given.shape;
  if (shape[0] === 1 && (shape.length === 4 || (shape.length === 3 && shape[2] !== 1 && shape[2] !== 3))) {
    shape = shape.slice(1);
  }
  const channels = shape.length === 3 ? shape[2] : 1;
  const [height, width] = shape;
  if (shape.length < 2 || shape.length > 3 || (channels !== 1 && channels !== 3) || !(height > 0 && width > 0)) {
    throw new ShapeError({
      what: "Cannot show the image",
      rule: "its shape must be [height, width] or [height, width, 1 or 3]",
      received: formatShape(given.shape),
      hint: "take one image of a batch, for example with x.rows(0, 1), and reshape flat pixels",
    });
  }
  const [low, high] = valueRange(given);
  const pixels = new Float64Array(height * width);
  for (let i = 0; i < pixels.length; i++) {
    const [red, green, blue] = given.data.subarray(i * channels, (i + 1) * channels);
    const grey = channels === 3 ? 0.299 * red + 0.587 * green + 0.114 * blue : red;
    pixels[i] = Math.min(1, Math.max(0, (grey - low) / (high - low))) || 0;
  }
  return { width, height, pixels };
}

function valueRange({ dtype, data }: Tensor): [number, number] {
  if (dtype === "bool") return [0, 1];
  let low = 0;
  let high = 0;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low >= 0 && high <= 1 && dtype === "float32") return [0, 1];
  return low >= 0 && high <= 255 ? [0, 255] : [low, high];
}

const ramp = " .:-=+*#%@";

function render(picture: Picture, width: number, colour: boolean): string {
  if (!Number.isInteger(width) || width < 1) {
    const hint = "leave width out for one column a pixel";
    throw new ValueError({
      what: "Cannot show the image",
      rule: "width must be a positive integer",
      received: `${width}`,
      hint,
    });
  }
  const height = Math.max(1, Math.round(picture.height * width / picture.width));
  const lines: string[] = [];
  for (let row = 0; row < height; row += 2) {
    let line = "";
    let current = "";
    for (let column = 0; column < width; column++) {
      const left = column * picture.width / width;
      const right = (column + 1) * picture.width / width;
      const at = (y: number) =>
        mean(picture, left, right, y * picture.height / height, (y + 1) * picture.height / height);
      const upper = at(row);
      const lower = row + 1 < height ? at(row + 1) : 0;
      const code = `${ansiGrey(upper)};48;5;${ansiGrey(lower)}`;
      if (!colour) line += ramp[Math.round((upper + lower) / 2 * (ramp.length - 1))];
      else line += code === current ? "▀" : `\x1b[38;5;${current = code}m▀`;
    }
    lines.push(colour ? `${line}\x1b[0m` : line.trimEnd());
  }
  return lines.join("\n");
}

// The 256-color palette: 16 is black, 231 white, and 232 to 255 are the grays in between.
function ansiGrey(brightness: number): number {
  const step = Math.round(brightness * 25);
  return step === 0 ? 16 : step === 25 ? 231 : 231 + step;
}

function mean(picture: Picture, left: number, right: number, top: number, bottom: number): number {
  let sum = 0;
  for (let y = Math.floor(top); y < Math.min(bottom, picture.height); y++) {
    const tall = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.floor(left); x < Math.min(right, picture.width); x++) {
      sum += tall * (Math.min(x + 1, right) - Math.max(x, left)) * picture.pixels[y * picture.width + x];
    }
  }
  return Math.min(1, Math.max(0, sum / ((right - left) * (bottom - top))));
}
