// The layer inside of another, as an option.
import { describe, ValueError } from "../errors.ts";
import { type Option, option } from "../options.ts";
import { Layer } from "./layer.ts";

/** A layer. */
export const layerOption: Option<Layer> = option<Layer>({
  read: (given, { what, option }) => {
    if (given instanceof Layer) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a layer`,
      received: describe(given),
      hint: `give one, as in new ${what.slice("Cannot make ".length)}(new LSTM(8))`,
    });
  },
  write: (layer) => layer.serialize(),
});
