// Images beside each other, with a line of text below each.
import { ShapeError, ValueError } from "../errors.ts";
import { toBase64 } from "../files/base64.ts";
import { writeImage } from "../files/images.ts";
import { isList, positiveInteger } from "../option_kinds.ts";
import { nullable, option, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { ImageSheet, type SheetContent } from "./image_sheet.ts";
import { escapeXml } from "./xml.ts";

/** Options of {@linkcode images}. */
export interface ImagesOptions {
  /** What is written below each image; nothing by default. */
  labels?: readonly (string | number)[] | null;
  /** How many images stand in a row; 8 by default. */
  columns?: number;
  /** The width of an image in pixels of the screen; 72 by default. */
  width?: number;
}

const imagesOptions = optionTable<ImagesOptions>()({
  labels: nullable(option<readonly (string | number)[]>({
    read: (given, { what }) => {
      if (isList(given, (item) => typeof item === "string" || typeof item === "number")) return given;
      throw new ValueError({
        what,
        rule: "labels must be a list of texts or numbers",
        received: typeof given,
        hint: 'write it as in ["seven", "two"]',
      });
    },
  })),
  columns: positiveInteger(8),
  width: positiveInteger(72),
});

/** The most images of one picture. */
const maxImages = 400;
const gap = 8;
const lineHeight = 18;
/** PNG is exact whatever the quality. */
const quality = 100;

/**
 * Draws images in rows, the pixels as they are: as a picture, and by its `toTerminal` as text for a terminal.
 *
 * @param given `[images, height, width]`, optionally with a last axis of 1 (gray), 3 (red, green, blue) or 4 (and opacity)
 * channels; whole numbers from 0 to 255, floats from 0 to 1, beyond which they are cut off
 * @param options texts below, and how they are arranged
 * @throws {ShapeError} for another shape, or other labels than images
 *
 * @example Two checkerboards
 * ```ts
 * import { plots } from "./mod.ts";
 * const plot = await plots.images([[[0, 1], [1, 0]], [[1, 0], [0, 1]]].map((x) => x.map((y) => y.map((z) => 255 * z))), {
 *   labels: ["one", "other"],
 * });
 * console.log(plot.svg.includes("other")); // true
 * ```
 */
export async function images(given: TensorLike, options: ImagesOptions = {}): Promise<ImageSheet> {
  const what = "Cannot draw the images";
  const { labels, columns, width } = readMethodOptions("plots.images", imagesOptions, options, what);
  const tensor = toTensor(given, what, "images");
  const [count, rows, pixels, channels = 1] = tensor.shape;
  if (tensor.rank < 3 || tensor.rank > 4 || ![1, 3, 4].includes(channels) || tensor.size === 0 || count > maxImages) {
    throw new ShapeError({
      what,
      rule: `they must be [images, height, width] or [images, height, width, 1, 3 or 4], and at most ${maxImages}`,
      received: formatShape(tensor.shape),
      hint: "take some rows with x.rows(0, 16), and reshape flat pixels",
    });
  }
  if (labels && labels.length !== count) {
    throw new ShapeError({
      what,
      rule: `there must be a label for each of the ${count} images`,
      received: `${labels.length}`,
      hint: "take as many labels as images",
    });
  }
  const height = Math.round(width * rows / pixels);
  const [stepX, stepY] = [width + gap, height + gap + (labels ? lineHeight : 0)];
  const size = rows * pixels * channels;
  const scale = tensor.dtype === "float32" ? 255 : 1;
  const bytes = Array.from({ length: count }, (_, i) =>
    Uint8Array.from(
      tensor.data.subarray(i * size, (i + 1) * size),
      (value) => Math.min(255, Math.max(0, Math.round(value * scale))) || 0,
    ));
  const parts = await Promise.all(bytes.map(async (data, i) => {
    const png = await writeImage(new Tensor([rows, pixels, channels], "uint8", data), "png", quality, what);
    const [x, y] = [gap + i % columns * stepX, gap + Math.floor(i / columns) * stepY];
    const label = labels
      ? `<text x="${x + width / 2}" y="${y + height + 13}" text-anchor="middle">${escapeXml(String(labels[i]))}</text>`
      : "";
    const source = `data:image/png;base64,${toBase64(png)}`;
    return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" ` +
      `style="image-rendering:pixelated" href="${source}"/>${label}`;
  }));
  const [wide, high] = [gap + Math.min(columns, count) * stepX, gap + Math.ceil(count / columns) * stepY];
  return new ImageSheet(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" font-family="sans-serif" font-size="12">`,
      `<rect width="${wide}" height="${high}" fill="white"/>`,
      ...parts,
      "</svg>\n",
    ].join("\n"),
    {
      images: bytes.map((data) => ({ width: pixels, height: rows, data: onWhite(data, channels) })),
      labels: labels?.map(String) ?? null,
      columns,
      width,
    } satisfies SheetContent,
  );
}

/** Pixels of 1, 3 or 4 channels as red, green and blue; what is transparent shows white. */
function onWhite(bytes: Uint8Array, channels: number): Uint8Array {
  const count = bytes.length / channels;
  return Uint8Array.from({ length: 3 * count }, (_, i) => {
    const pixel = channels * Math.floor(i / 3);
    const value = bytes[pixel + (channels === 1 ? 0 : i % 3)];
    if (channels < 4) return value;
    const opacity = bytes[pixel + 3] / 255;
    return Math.round(value * opacity + 255 * (1 - opacity));
  });
}
