// Input: where data enters a model. https://keras.io/api/layers/core_layers/input/
import type { Config } from "../json_config.ts";
import { type DType, dtypes } from "../dtype.ts";
import { ShapeError, unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { checkOptions, describe } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer } from "./layer.ts";
import "./operation.ts";
import { type SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";

/** Options of {@linkcode Input}. */
export interface InputOptions<Name extends string = string> {
  /** The shape of one sample, without the batch axis; `null` for an axis that varies. */
  shape: SymbolicShape;
  /** The number of samples in each batch, where it is fixed. */
  batchSize?: number | null;
  /** The dtype that data is cast to; `float32` by default. */
  dtype?: DType;
  /** The name of the input, which data can be given by. */
  name?: Name;
}

/** The layer behind an {@linkcode Input}. */
export class InputLayer extends Layer {
  /** The dtype that data is cast to. */
  readonly dtype: DType;
  /** The shape with the batch axis. */
  readonly batchShape: SymbolicShape;
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** Takes the options of {@linkcode Input}. Throws {@linkcode ShapeError} for a shape that is none. */
  constructor(options: InputOptions) {
    checkOptions("Input", options, ["shape", "batchSize", "dtype", "name"]);
    const { shape, batchSize = null, dtype = "float32", name } = options ?? {};
    const isExtent = (extent: unknown) => extent === null || (Number.isInteger(extent) && (extent as number) > 0);
    if (!Array.isArray(shape) || !shape.every(isExtent)) {
      throw new ShapeError({
        what: "Cannot make Input",
        rule: "shape must be a list of positive integers, or null for an axis that varies, without the batch axis",
        received: Array.isArray(shape) ? `[${shape.map(describe).join(", ")}]` : describe(shape),
        hint: "write it as in Input({ shape: [28, 28] })",
      });
    }
    if (!isExtent(batchSize)) {
      throw new ValueError({
        what: "Cannot make Input",
        rule: "batchSize must be a positive integer or null",
        received: describe(batchSize),
        hint: "leave it out, so that batches of all sizes are taken",
      });
    }
    if (!dtypes.includes(dtype)) throw unknownIdentifier("dtype", String(dtype), dtypes, "Cannot make Input");
    super({ name });
    this.dtype = dtype;
    this.batchShape = [batchSize, ...shape];
    this.ensureBuilt(this.batchShape);
    this.connect({ positional: [], named: {} }, new TensorSpec(this.batchShape, dtype));
  }

  /** What stands for the data. */
  override get output(): SymbolicTensor {
    return this.inboundNodes[0].outputs[0];
  }

  /** The input itself. */
  call(x: Value): Value {
    return x;
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { batchShape, dtype, name } = this;
    return { batch_shape: batchShape, dtype, sparse: false, ragged: false, name, optional: false };
  }
}

/**
 * Where data of one shape enters a model.
 *
 * @param options the shape of one sample, and its dtype and name
 * @returns what stands for the data: the first element of a {@linkcode Sequential}
 * @throws {ShapeError} where the shape is not a list of positive integers and nulls
 *
 * @example Images of bytes
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28], dtype: "uint8" }), new layers.Flatten()]);
 * console.log(model.outputShape); // [ null, 784 ]
 * ```
 */
export function Input<Name extends string = string>(options: InputOptions<Name>): SymbolicTensor<Name> {
  return new InputLayer(options).output as SymbolicTensor<Name>;
}
