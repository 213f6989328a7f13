// Layers that apply an activation. https://keras.io/api/layers/activation_layers/
import { type Activation as ActivationCall, type ActivationIdentifier, getActivation } from "../activations.ts";
import type { Config } from "../config.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/**
 * Applies an activation by name or function; the shape stays.
 *
 * @example After a layer without one
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const model = new Sequential([new layers.Dense(8), new layers.Activation("relu")]);
 * console.log(model.layers.length); // 2
 * ```
 */
export class Activation extends Layer {
  /** What is applied. */
  readonly activation: ActivationCall;
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** Takes the activation. Throws {@linkcode ValueError} for a name that is none. */
  constructor(activation: ActivationIdentifier, options: LayerOptions = {}) {
    super(options, []);
    if (activation === null || activation === undefined) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: "activation must be a name or a function",
        received: String(activation),
        mend: 'give it as in new Activation("relu")',
      });
    }
    this.activation = getActivation(activation, `Cannot make "${this.name}"`);
  }

  /** The activated input. */
  call(x: Value): Value {
    return this.activation.call(x);
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), activation: this.activation.name };
  }
}
