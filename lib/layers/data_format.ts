// Where the channels of images are.
import { unknownIdentifier } from "../errors.ts";

/** Where the channels are: the last axis, or the one after the batch axis. */
export type DataFormat = "channels_last" | "channels_first";

const formats: readonly DataFormat[] = ["channels_last", "channels_first"];

/** The format, `channels_last` for none; throws {@linkcode ValueError} for what is no format. */
export function checkDataFormat(format: DataFormat | null | undefined, where: string): DataFormat {
  const given = format ?? "channels_last";
  if (!formats.includes(given)) throw unknownIdentifier("dataFormat", String(given), formats, where);
  return given;
}
