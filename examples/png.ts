// Images arranged in rows and columns, as PNG files. The only module that imports the package that encodes them.
import { encode } from "npm:fast-png@8.0.0";
import { ShapeError, type Tensor } from "../mod.ts";

/** A picture: bytes `[height, width, channels]`, row by row; one channel is gray, three are red, green and blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

const gap = 2;
const paper = 255;

/**
 * Arranges images `[images, height, width]` or `[images, height, width, channels]` in `columns` columns on white, each
 * pixel a square of `zoom` by `zoom`. Bytes are shown as they are, floats from 0 (black) to 1.
 */
export function arrange(images: Tensor, columns: number, zoom = 2): Picture {
  const [count, height, width, channels = 1] = images.shape;
  if (images.rank < 3 || images.rank > 4 || (channels !== 1 && channels !== 3)) {
    throw new ShapeError({
      what: "Cannot arrange images",
      rule: "they must be [images, height, width], or have one or three channels besides",
      received: `[${images.shape.join(", ")}]`,
    });
  }
  const [tileHeight, tileWidth] = [zoom * height + gap, zoom * width + gap];
  const [high, wide] = [Math.ceil(count / columns) * tileHeight + gap, columns * tileWidth + gap];
  const data = new Uint8Array(high * wide * channels).fill(paper);
  const scale = images.dtype === "float32" ? 255 : 1;
  for (let image = 0; image < count; image++) {
    const [top, left] = [gap + Math.floor(image / columns) * tileHeight, gap + image % columns * tileWidth];
    for (let y = 0; y < zoom * height; y++) {
      for (let x = 0; x < zoom * width; x++) {
        const from = ((image * height + Math.floor(y / zoom)) * width + Math.floor(x / zoom)) * channels;
        const to = ((top + y) * wide + left + x) * channels;
        for (let channel = 0; channel < channels; channel++) {
          data[to + channel] = Math.min(255, Math.max(0, Math.round(images.data[from + channel] * scale)));
        }
      }
    }
  }
  return { width: wide, height: high, channels, data };
}

/** Writes a picture; creates missing folders. */
export async function writePng(path: string, { width, height, channels, data }: Picture): Promise<void> {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  if (folder) await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(path, encode({ width, height, channels, data }));
}
