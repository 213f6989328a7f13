// Shows a small image in the terminal: half-block characters in shades of gray, or plain characters.
import { ShapeError, ValueError } from "../errors.ts";
import { uncheckedHere } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { type Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";
import { blockLines, brightness, type Pixels, resized } from "../terminal/pixels.ts";
import { terminal, terminalColors } from "../terminal/terminal.ts";

/** The options of {@linkcode showImage}. */
export interface ShowImageOptions {
  /** The width in columns; by default one column per pixel, limited to the terminal's width. */
  width?: number | null;
}

/** The width is checked together with the image. */
const showOptions = optionTable<ShowImageOptions>()({ width: nullable(uncheckedHere<number>()) });

/** The options of {@linkcode imageToText}. */
interface ImageToTextOptions extends ShowImageOptions {
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
  const picture = greyPicture(image);
  console.log(render(picture, width ?? Math.min(picture.width, terminal().columns()), terminalColors() !== "none"));
}

/**
 * The text that {@linkcode showImage} prints, lines joined by `
 * `. Throws the same errors.
 */
export function imageToText(image: TensorLike, { width, colour }: ImageToTextOptions): string {
  const picture = greyPicture(image);
  return render(picture, width ?? picture.width, colour);
}

/** An image in shades of gray. */
function greyPicture(image: TensorLike): Pixels {
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
  const data = new Float64Array(3 * height * width);
  for (let i = 0; i < height * width; i++) {
    const [red, green, blue] = Array.from(
      given.data.subarray(i * channels, (i + 1) * channels),
      (value) => 255 * (value - low) / (high - low),
    );
    const grey = channels === 3 ? 255 * brightness([red, green, blue]) : red;
    data.fill(Math.min(255, Math.max(0, grey)) || 0, 3 * i, 3 * i + 3);
  }
  return { width, height, data };
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

function render(picture: Pixels, width: number, colour: boolean): string {
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
  return blockLines(resized(picture, width, height), colour ? "256" : "none").map((line) => line.trimEnd()).join("\n");
}
