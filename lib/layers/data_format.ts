// Where the channels of images are, and the arguments that have a number for each spatial axis.
import { unknownIdentifier } from "../errors.ts";
import type { DataFormat } from "../ops/spatial.ts";

export type { DataFormat };

const formats: readonly DataFormat[] = ["channels_last", "channels_first"];

/** The format, `channels_last` for none; throws {@linkcode ValueError} for what is no format. */
export function checkDataFormat(format: DataFormat | null | undefined, where: string): DataFormat {
  const given = format ?? "channels_last";
  if (!formats.includes(given)) throw unknownIdentifier("dataFormat", String(given), formats, where);
  return given;
}

/** The spatial axes of an input of `rank` axes. */
export function spatialAxes(rank: number, dataFormat: DataFormat): number[] {
  return Array.from({ length: rank - 2 }, (_, i) => i + (dataFormat === "channels_first" ? 2 : 1));
}
