// Masking: marks the steps of a sequence that are padding. https://keras.io/api/layers/core_layers/masking/
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
  /** A step whose features are all this is padding; 0 by default. */
  maskValue?: number;
}

const maskingOptions = optionTable<MaskingOptions>()({ ...layerOptions, maskValue: number(0) });

/** The options, checked and completed. */
export interface Masking extends LayerFields<MaskingOptions, typeof maskingOptions> {}

/**
 * Sets steps whose features all equal `maskValue` to 0 and gives the output a mask `[batch, steps]` that leaves them
 * out; the layers that follow hand it on, and losses and metrics heed it.
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

  /** Takes the options. Throws {@linkcode ValueError} where the value is no number. */
  constructor(options: MaskingOptions = {}) {
    super(options);
    this.inputSpec = { minRank: 2 };
  }

  /** The input with 0 where it is masked. */
  call(x: Value): Value {
    const mask = this.computeMask(x);
    return select(expandDims(mask, mask.shape.length), x, 0);
  }

  /** True for steps of which a feature differs from the mask value; an earlier mask is forgotten, as in Keras. */
  override computeMask(x: Value): Value {
    return ops.any(ops.notEqual(x, this.maskValue), -1);
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}
