// Layers that only give the elements another shape. https://keras.io/api/layers/reshaping_layers/
import type { Config } from "../config.ts";
import { ShapeError, unknownIdentifier } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { reshape, transpose } from "../ops/primitives.ts";
import { describe } from "../options.ts";
import { formatShape, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/** Where the channels are: the last axis, or the one after the batch axis. */
export type DataFormat = "channels_last" | "channels_first";

/** Options of {@linkcode Flatten}. */
export interface FlattenOptions extends LayerOptions {
  /** Where the channels are; they are flattened last. `channels_last` by default. */
  dataFormat?: DataFormat;
}

/**
 * All axes but the batch axis as one: `[batch, ...]` gives `[batch, n]`.
 *
 * @example Images as rows
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * console.log(new Sequential([Input({ shape: [28, 28] }), new layers.Flatten()]).outputShape); // [ null, 784 ]
 * ```
 */
export class Flatten extends Layer {
  /** Where the channels are. */
  readonly dataFormat: DataFormat;

  /** Takes the options. */
  constructor(options: FlattenOptions = {}) {
    super(options, ["dataFormat"]);
    const formats: DataFormat[] = ["channels_last", "channels_first"];
    this.dataFormat = options.dataFormat ?? "channels_last";
    if (!formats.includes(this.dataFormat)) {
      throw unknownIdentifier("dataFormat", String(this.dataFormat), formats, `Cannot make "${this.name}"`);
    }
  }

  /** The flattened input. */
  call(x: Value): Value {
    const rank = x.shape.length;
    const last = this.dataFormat === "channels_first" && rank > 2
      ? transpose(x, [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1])
      : x;
    return reshape(last, [x.shape[0], sizeOf(x.shape.slice(1))]);
  }

  /** `[batch, n]`; n is null where an axis is. */
  override computeOutputShape([batch, ...rest]: SymbolicShape): SymbolicShape {
    return [batch, rest.includes(null) ? null : sizeOf(rest as Shape)];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/**
 * The elements of each sample in another shape; one extent may be -1.
 *
 * @example Rows as images with one channel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [784] }), new layers.Reshape([28, 28, -1])]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class Reshape extends Layer {
  /** The shape of one sample. */
  readonly targetShape: Shape;

  /** Takes the shape of one sample. Throws {@linkcode ShapeError} for a shape that is none. */
  constructor(targetShape: Shape, options: LayerOptions = {}) {
    super(options, []);
    const valid = Array.isArray(targetShape) &&
      targetShape.every((extent) => Number.isInteger(extent) && (extent > 0 || extent === -1)) &&
      targetShape.filter((extent) => extent === -1).length <= 1;
    if (!valid) {
      throw new ShapeError({
        what: `Cannot make "${this.name}"`,
        rule: "targetShape must be a list of positive integers, of which one may be -1, without the batch axis",
        received: Array.isArray(targetShape) ? `[${targetShape.map(describe).join(", ")}]` : describe(targetShape),
        mend: "write it as in new Reshape([28, 28, 1])",
      });
    }
    this.targetShape = targetShape;
  }

  /** The reshaped input. */
  call(x: Value): Value {
    const shape = this.computeOutputShape(x.shape) as Shape;
    return reshape(x, shape);
  }

  /** The target shape after the batch axis, its -1 resolved where the input's shape is known. */
  override computeOutputShape([batch, ...rest]: SymbolicShape): SymbolicShape {
    const { targetShape } = this;
    const known = sizeOf(targetShape.filter((extent) => extent !== -1));
    const free = targetShape.includes(-1);
    if (rest.includes(null)) return [batch, ...targetShape.map((extent) => (extent === -1 ? null : extent))];
    const size = sizeOf(rest as Shape);
    if (free ? size % known !== 0 : size !== known) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: `a sample of shape ${formatShape(rest)} has ${size} elements, targetShape must have as many`,
        received: formatShape(targetShape),
        mend: "check the extents, or leave one as -1",
      });
    }
    return [batch, ...targetShape.map((extent) => (extent === -1 ? size / known : extent))];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), target_shape: this.targetShape };
  }
}
