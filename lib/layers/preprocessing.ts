// Layers that prepare data inside of the model. https://keras.io/api/layers/preprocessing_layers/
import type { Config } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { add, cast, multiply } from "../ops/primitives.ts";
import { describe } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { tensor } from "../tensor/tensor.ts";
import { ValueError } from "../errors.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/** Options of {@linkcode Rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** What is added after the scaling, one number or one for each channel; 0 by default. */
  offset?: number | readonly number[];
}

/**
 * `x * scale + offset` in float32, in training and inference.
 *
 * @example Bytes to numbers from 0 to 1
 * ```ts
 * import { Input, layers, Sequential, tensor } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [2], dtype: "uint8" }), new layers.Rescaling(1 / 255)]);
 * console.log((await model.predict(tensor([[0, 255]]), { verbose: 0 })).toArray()); // [ [ 0, 1 ] ]
 * ```
 */
export class Rescaling extends Layer {
  /** What is multiplied by, one number or one for each channel. */
  readonly scale: number | readonly number[];
  /** What is added then. */
  readonly offset: number | readonly number[];
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** Takes the scale. Throws {@linkcode ValueError} where it is neither a number nor a list of numbers. */
  constructor(scale: number | readonly number[], options: RescalingOptions = {}) {
    super(options, ["offset"]);
    this.scale = scale;
    this.offset = options.offset ?? 0;
    for (const [name, value] of [["scale", this.scale], ["offset", this.offset]] as const) {
      if ((Array.isArray(value) ? value : [value]).some((x) => typeof x !== "number" || Number.isNaN(x))) {
        throw new ValueError({
          what: `Cannot make "${this.name}"`,
          rule: `${name} must be a number, or a list of one for each channel`,
          received: describe(value),
          mend: "write it as in new Rescaling(1 / 255)",
        });
      }
    }
  }

  /** The scaled input. */
  call(x: Value): Value {
    const operand = (value: number | readonly number[]) => (typeof value === "number" ? value : tensor(value));
    const scaled = multiply(cast(x, "float32"), operand(this.scale));
    return this.offset === 0 ? scaled : add(scaled, operand(this.offset));
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset === 0 ? 0 : this.offset };
  }
}
