// Masking: marks padding steps of a sequence. https://keras.io/api/layers/core_layers/masking/
import type { Value } from "../ir/value.ts";
import { select } from "../ops/primitives.ts";
import { expandDims } from "../ops/composed.ts";
import * as ops from "../ops/ops.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of {@linkcode Masking}. */
export interface MaskingOptions extends LayerOptions {
  /** A step is padding if all of its features equal this; 0 by default. */
  maskValue?: number;
}

const maskingOptions = optionTable<MaskingOptions>()({ ...layerOptions, maskValue: number(0) });

/** The options, checked and completed. */
export interface Masking extends LayerFields<MaskingOptions, typeof maskingOptions> {}

/**
 * Sets steps whose features all equal `maskValue` to 0 and gives the output a mask `[batch, steps]` that excludes them;
 * the following layers pass it on, and losses and metrics use it.
 *
 * @example Steps of zeros are padding
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * new Sequential([Input({ shape: [10, 4] }), new layers.Masking(), new layers.Dense(1)]);
 * ```
 */
export class Masking extends Layer {
  static {
    declareOptions(this, maskingOptions);
  }
  /** The output has a mask. */
  override readonly supportsMasking = true;

  /** Takes the options. Throws {@linkcode ValueError} if the value is not a number. Defaults: `maskValue: 0`. */
  constructor(options: MaskingOptions = {}) {
    super(options);
    this.inputSpec = { minRank: 2 };
  }

  /** The input with 0 where it is masked. */
  call(x: Value): Value {
    const mask = this.computeMask(x);
    return select(expandDims(mask, mask.shape.length), x, 0);
  }

  /** True for steps with a feature that differs from the mask value; as in Keras, this replaces an earlier mask. */
  override computeMask(x: Value): Value {
    return ops.any(ops.notEqual(x, this.maskValue), -1);
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}
