// The position of the channels of images.
import { choice } from "../option_kinds.ts";
import type { DataFormat } from "../ops/spatial.ts";
import { nullAsDefault, type Option, withFacts } from "../options.ts";

export type { DataFormat };

/** Where the channels are; last by default. */
export const dataFormatOption: Option<DataFormat> = nullAsDefault(choice(["channels_last", "channels_first"]));

/** For layers of sequences, which have no choice: the channels are last. */
export const channelsLast: Option<DataFormat> = withFacts(dataFormatOption, { offered: false, written: "never" });

/** The spatial axes of an input of `rank` axes. */
export function spatialAxes(rank: number, dataFormat: DataFormat): number[] {
  return Array.from({ length: rank - 2 }, (_, i) => i + (dataFormat === "channels_first" ? 2 : 1));
}
