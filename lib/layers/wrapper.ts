// Wrapper: the base of layers that hold another layer. https://keras.io/api/layers/core_layers/
import { describe, ValueError } from "../errors.ts";
import { declareOptions, type Option, option, optionTable, positional } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

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

/** The options of a layer that holds another, which comes first. */
export const wrapperOptions = optionTable<LayerOptions>()({ ...layerOptions, layer: positional(layerOption) });

/** The options, checked and completed. */
export interface Wrapper<L extends Layer = Layer>
  extends Omit<LayerFields<LayerOptions, typeof wrapperOptions>, "layer"> {}

/**
 * The base of layers that hold another layer and do something more: extend it with a `call`. The layer inside is built for
 * the input of the wrapper, unless `build` is overridden, and stands in configs and files as `layer`.
 * Keras: https://keras.io/api/layers/core_layers/
 *
 * @example The input is added to what the layer makes of it
 * ```ts
 * import { Input, layers, ops, saving, Sequential, type Value } from "./mod.ts";
 * class Residual extends layers.Wrapper {
 *   call(x: Value) {
 *     return ops.add(x, this.layer.apply(x) as Value);
 *   }
 * }
 * saving.registerKerasSerializable()(Residual);
 * const model = new Sequential([Input({ shape: [4] }), new Residual(new layers.Dense(4))]);
 * console.log(model.countParams()); // 20
 * ```
 */
export abstract class Wrapper<L extends Layer = Layer> extends Layer {
  static {
    // A custom class may have further options.
    declareOptions(this, wrapperOptions, { strict: false });
  }
  /** The layer inside. */
  declare readonly layer: L;

  /** Takes the layer. Throws {@linkcode ValueError} if it is none. */
  constructor(layer: L, options: LayerOptions = {}) {
    super(options, { layer });
  }

  /** Builds the layer inside for the same input. */
  override build(inputShape: SymbolicShape): void {
    this.layer.ensureBuilt(inputShape);
  }
}
