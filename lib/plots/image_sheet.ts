// A picture of images that a terminal shows too: as half blocks in colors, as plain characters, or as sixels.
import { describe, ValueError } from "../errors.ts";
import { choice, positiveInteger } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { blockLines, type Pixels, resized, type TerminalColors } from "../terminal/pixels.ts";
import { sixel } from "../terminal/sixel.ts";
import { terminal, terminalColors } from "../terminal/terminal.ts";
import { Plot } from "./plot.ts";

/** Options of {@linkcode ImageSheet.toTerminal}. */
export interface ToTerminalOptions {
  /** The most characters of a line; the terminal's width by default, or 80 where there is none. */
  width?: number | null;
  /**
   * How images are drawn: `blocks`, characters with two pixels each, are the default. `sixel` is finer, for terminals
   * that know it, such as xterm, foot, WezTerm and Windows Terminal; others show nothing, or garbage.
   */
  format?: "blocks" | "sixel";
  /**
   * The colors of blocks: `24bit`, the palette of `256`, or `none`, plain characters. By default what the terminal says
   * of itself in `COLORTERM`; none if output is redirected, or `NO_COLOR` is set.
   */
  colors?: "auto" | "24bit" | "256" | "none";
}

const terminalOptions = optionTable<ToTerminalOptions>()({
  width: nullable(positiveInteger()),
  format: choice(["blocks", "sixel"]),
  colors: choice(["auto", "24bit", "256", "none"]),
});

/** What a sheet draws: images of one size, and how they are arranged. */
export interface SheetContent {
  /** The images. */
  readonly images: readonly Pixels[];
  /** What is written below each, if anything is. */
  readonly labels: readonly string[] | null;
  /** How many stand in a row at most. */
  readonly columns: number;
  /** The width of an image in pixels of the screen. */
  readonly width: number;
}

/** What {@linkcode images} gives: a picture, which can also be written into a terminal. */
export class ImageSheet extends Plot {
  readonly #content: SheetContent;

  /** Takes the picture, and what it shows. */
  constructor(svg: string, content: SheetContent) {
    super(svg);
    if (!Array.isArray(content?.images) || content.images.length === 0) {
      throw new ValueError({
        what: "Cannot make a sheet of images",
        rule: "there must be a picture, and what it shows",
        received: describe(content),
        hint: "plots.images(x) makes one",
      });
    }
    this.#content = content;
  }

  /**
   * The images as text for a terminal, to be printed by `console.log`. Each pixel of an image takes one character of a
   * line or less, two rows of pixels are one line, and as many images as fit stand beside each other. What is
   * transparent is white. Labels that are too long are cut off.
   *
   * @param options the width, and how images are drawn
   * @returns lines of text, with escape sequences unless `colors` is `none`
   * @throws {ValueError} for a width that is no positive integer, and for an unknown format or number of colors
   *
   * @example A checkerboard in plain characters
   * ```ts
   * import { plots } from "./mod.ts";
   * const sheet = await plots.images([[[1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, 1]]].map((x) =>
   *   x.map((row) => row.map((value) => 255 * value))
   * ), { labels: ["ab"] });
   * console.log(sheet.toTerminal({ colors: "none" }).split("\n")); // [ "@ @", " @ @", " ab" ]
   * ```
   */
  toTerminal(options: ToTerminalOptions = {}): string {
    const what = "Cannot draw the images as text";
    const { width, format, colors } = readMethodOptions("toTerminal", terminalOptions, options, what);
    const characters = width ?? terminal().columns();
    return format === "sixel"
      ? asSixels(this.#content, characters)
      : asBlocks(this.#content, characters, colors === "auto" ? terminalColors() : colors);
  }
}

/** Narrower than this, in characters, images are not drawn to have more of them in a row. */
const leastWidth = 16;

function asBlocks({ images, labels, columns }: SheetContent, characters: number, colors: TerminalColors): string {
  const [{ width: pixels, height: rows }] = images;
  const inRow = Math.max(1, Math.min(columns, images.length, share(characters + 1, Math.min(pixels, leastWidth) + 1)));
  const width = Math.max(1, Math.min(pixels, share(characters + 1, inRow) - 1));
  // Smaller ones have whole lines.
  const height = width === pixels ? rows : Math.max(2, 2 * Math.round(rows * width / pixels / 2));
  const blocks = images.map((image) => blockLines(resized(image, width, height), colors));
  const lines: string[] = [];
  for (let first = 0; first < images.length; first += inRow) {
    if (first > 0) lines.push("");
    const beside = blocks.slice(first, first + inRow);
    for (const line of beside[0].keys()) lines.push(beside.map((block) => block[line]).join(" "));
    if (labels) lines.push(labels.slice(first, first + inRow).map((label) => centered(label, width)).join(" "));
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** How wide a character is taken to be, in pixels of the screen. */
const characterWidth = 8;
const sixelGap = 8;

function asSixels({ images, labels, columns, width: asked }: SheetContent, characters: number): string {
  const [{ width: pixels, height: rows }] = images;
  const most = characters * characterWidth;
  const width = Math.min(asked, most);
  const height = Math.max(1, Math.round(rows * width / pixels));
  const inRow = Math.max(1, Math.min(columns, images.length, share(most + sixelGap, width + sixelGap)));
  const shown = images.map((
    image,
  ) => (width > pixels ? enlarged(image, width, height) : resized(image, width, height)));
  const lines: string[] = [];
  for (let first = 0; first < images.length; first += inRow) {
    lines.push(sixel(beside(shown.slice(first, first + inRow), sixelGap)));
    if (labels) lines.push(labels.slice(first, first + inRow).map(printable).join("  "));
  }
  return lines.join("\n");
}

const share = (of: number, size: number) => Math.floor(of / size);

/** The picture enlarged, its pixels as they are. */
function enlarged(picture: Pixels, width: number, height: number): Pixels {
  const data = new Float64Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = share(y * picture.height, height);
    for (let x = 0; x < width; x++) {
      const from = 3 * (row * picture.width + share(x * picture.width, width));
      for (let i = 0; i < 3; i++) data[3 * (y * width + x) + i] = picture.data[from + i];
    }
  }
  return { width, height, data };
}

/** Pictures of one size beside each other on white. */
function beside(pictures: readonly Pixels[], gap: number): Pixels {
  const [{ width: each, height }] = pictures;
  const width = pictures.length * (each + gap) - gap;
  const data = new Float64Array(3 * width * height).fill(255);
  for (const [i, picture] of pictures.entries()) {
    for (let y = 0; y < height; y++) {
      const row = Array.prototype.slice.call(picture.data, 3 * y * each, 3 * (y + 1) * each);
      data.set(row, 3 * (y * width + i * (each + gap)));
    }
  }
  return { width, height, data };
}

/** A label without characters that would move the cursor. */
const printable = (label: string) => label.replace(/\p{Cc}/gu, "?");

/** A label in the middle of a number of characters, cut off with an ellipsis. */
function centered(label: string, width: number): string {
  const letters = [...printable(label)];
  const shown = letters.length > width ? [...letters.slice(0, width - 1), "…"] : letters;
  const before = share(width - shown.length, 2);
  return " ".repeat(before) + shown.join("") + " ".repeat(width - shown.length - before);
}
