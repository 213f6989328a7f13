// Layers as configs have them, and layers from these. https://keras.io/api/models/model_saving_apis/
import { describe, ValueError } from "../errors.ts";
import { isNode, type ObjectNode } from "../json_config.ts";
import { type CustomObjects, objectOf } from "../registry.ts";
import { Layer } from "./layer.ts";

/**
 * A layer as a config has it: its class and options, without weights.
 *
 * @example
 * ```ts
 * import { layers } from "./mod.ts";
 * const node = layers.serialize(new layers.Dense(3, { activation: "relu" }));
 * console.log((layers.deserialize(node) as layers.Dense).units); // 3
 * ```
 */
export const serialize = (layer: Layer): ObjectNode => checked(layer, "write a layer").serialize();

/**
 * A new layer from what {@linkcode serialize} gave; custom classes are found by the names of `customObjects`, or as they
 * were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (config: ObjectNode, customObjects?: CustomObjects): Layer =>
  checked(isNode(config) ? objectOf(config, customObjects) : config, "read a layer");

function checked(layer: unknown, verb: string): Layer {
  if (layer instanceof Layer) return layer;
  throw new ValueError({
    what: `Cannot ${verb}`,
    rule: "it must be a layer, or what layers.serialize gave",
    received: describe(layer),
    hint: "give a layer, such as new layers.Dense(3), or its node",
  });
}
