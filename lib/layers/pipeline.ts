// Pipeline: layers one after the other, as one layer. https://keras.io/api/layers/preprocessing_layers/
import { anything, object, operands } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { declareOptions, type Option, option, optionTable, positional, withFactsOfAll } from "../options.ts";
import type { Mapped } from "../structure.ts";
import type { Symbolic, SymbolicTensor } from "../tensor/symbolic.ts";
import { applyToParts, type Given, type LabeledImages } from "./image_layer.ts";
import { type ContextOf, type InputOf, Layer, type LayerOptions, type OutputOf, type WithTensors } from "./layer.ts";
import { type CallContext, type LayerFields, layerOptions } from "./options.ts";

const layersOption: Option<readonly Layer[]> = option<readonly Layer[]>({
  read: (given, { what, option }) => {
    if (Array.isArray(given) && given.length <= 1000 && Array.from(given).every((item) => item instanceof Layer)) {
      return [...given];
    }
    throw new ValueError({
      what,
      rule: `${option} must be a list of layers`,
      received: describe(given),
      hint: "write it as in new Pipeline([new RandomFlip(), new RandomRotation(0.1)])",
    });
  },
  write: (layers) => layers.map((layer) => layer.serialize()),
});

const { name, ...others } = layerOptions;

const pipelineOptions = optionTable<LayerOptions>()({
  name,
  ...withFactsOfAll(others, { written: "never" }),
  layers: positional(layersOption),
});

/** The options, checked and completed. */
export interface Pipeline extends LayerFields<LayerOptions, typeof pipelineOptions> {}

/**
 * Layers one after the other, as one layer: for the preparation of data. It also takes images with labels, boxes and
 * masks, if its layers do.
 *
 * @example A pipeline of augmentations
 * ```ts
 * import { compile, layers, ops } from "./mod.ts";
 * const pipeline = new layers.Pipeline([new layers.RandomFlip("horizontal"), new layers.RandomZoom(0.2)]);
 * const augment = compile((data: layers.LabeledImages) => pipeline.apply(data, { training: true }));
 * const { images } = await augment({ images: ops.ones([2, 8, 8, 3]), labels: ops.zeros([2]) });
 * console.log(images.shape); // [ 2, 8, 8, 3 ]
 * ```
 */
export class Pipeline extends Layer {
  static {
    declareOptions(this, pipelineOptions);
    declareMethods(this, {
      call: { verb: "call", takes: { x: operands, context: object } },
      apply: { verb: "call", takes: { x: anything, context: object } },
    });
  }
  override readonly callDefaults = { training: true };
  override readonly supportsMasking = true;

  /** Takes the layers, the first one first. Throws {@linkcode ValueError} if one of them is none. */
  constructor(layers: readonly Layer[], options: LayerOptions = {}) {
    super(options, { layers });
  }

  /** Applies the layers to images, or to {@linkcode LabeledImages}. */
  override apply<D extends LabeledImages<Given>>(data: D, context?: Partial<CallContext>): Mapped<D, Given, Value>;
  /** Applies the layers to symbolic tensors. */
  override apply<D extends LabeledImages<SymbolicTensor>>(data: D, context?: Partial<CallContext>): D;
  override apply(
    x: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  override apply(
    x: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
  override apply(x: unknown, context: unknown = {}): unknown {
    const apply = (of: unknown): unknown => super.apply(of as InputOf<this>, context as ContextOf<this>);
    return applyToParts(`Cannot call "${this.name}"`, x, apply);
  }

  /** What the last layer makes of what those before make of it. */
  call(x: Value, { training }: { training: boolean }): Value {
    return this.layers.reduce((y, layer) => layer.apply(y, { training }) as Value, x);
  }
}
