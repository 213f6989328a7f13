// Layers that Keras's applications define for themselves, and which it does not export.
import { array, listOf, object, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import type { Value } from "../ir/value.ts";
import { Constant } from "../initializers/constant.ts";
import { number, positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, positional } from "../options.ts";
import { add, multiply } from "../ops/primitives.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import type { Weight } from "./weight.ts";

const customScaleOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The factor of the second input. */
  scale: positional(number()),
});

/** The options, checked and completed. */
export interface CustomScaleLayer extends LayerFields<LayerOptions, typeof customScaleOptions> {}

/** The first of two inputs, plus the second times a factor: the residual blocks of InceptionResNetV2. */
export class CustomScaleLayer extends Layer {
  static {
    declareOptions(this, customScaleOptions);
    declareMethods(this, {
      build: { verb: "build", takes: { inputShapes: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShapes: shapes } },
      call: { verb: "call", takes: { inputs: listOf(array, "a list of inputs", 2), context: object } },
    });
  }

  /** Takes the factor. Throws {@linkcode ValueError} if it is not a number. */
  constructor(scale: number, options: LayerOptions = {}) {
    super(options, { scale });
  }

  /** The sum. */
  call([x, y]: readonly Value[]): Value {
    return add(x, multiply(y, this.scale));
  }
}

const layerScaleOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The first value of the factors. */
  initValues: positional(number()),
  /** How many channels there are. */
  projectionDim: positional(positiveInteger()),
});

/** The options, checked and completed. */
export interface LayerScale extends LayerFields<LayerOptions, typeof layerScaleOptions> {}

/** A factor for each channel, near 0 at first: the blocks of ConvNeXt. https://arxiv.org/abs/2103.17239 */
export class LayerScale extends Layer {
  static {
    declareOptions(this, layerScaleOptions);
  }

  /** The factors, `[channels]`. */
  gamma!: Weight;

  /** Takes the first value of the factors and their number. Throws {@linkcode ValueError} if one is none. */
  constructor(initValues: number, projectionDim: number, options: LayerOptions = {}) {
    super(options, { initValues, projectionDim });
  }

  /** Makes the factors. */
  override build(): void {
    const initializer = new Constant(this.initValues);
    this.gamma = this.addWeight({ name: "gamma", shape: [this.projectionDim], initializer });
  }

  /** The input times the factors. */
  call(x: Value): Value {
    return multiply(x, this.gamma);
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}
