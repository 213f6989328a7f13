// Input: where data enters a model. https://keras.io/api/layers/core_layers/input/
import { dtypes, type InputDType } from "../dtype.ts";
import type { Value } from "../ir/value.ts";
import { DTypePolicy } from "../dtype_policy.ts";
import { choice, positiveInteger } from "../option_kinds.ts";
import {
  declareOptions,
  nullable,
  nullAsDefault,
  optionTable,
  unoffered,
  withFacts,
  withFactsOfAll,
} from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Layer } from "./layer.ts";
import "./operation.ts";
import { layerOptions, shapeOption } from "./options.ts";
import { type SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";

/** Options of {@linkcode Input}. */
export interface InputOptions<Name extends string = string> {
  /** The shape of one sample, without the batch axis; `null` for an axis that varies. */
  shape: SymbolicShape;
  /** The number of samples in each batch, if fixed. */
  batchSize?: number | null;
  /**
   * The dtype that data is cast to; `float32` by default. `"string"` for texts, which a layer such as
   * `TextVectorization` turns into numbers.
   */
  dtype?: InputDType | null;
  /** The name of the input, under which data can be passed. */
  name?: Name | null;
}

const shapeOfSample = shapeOption(
  "a list of positive integers, or null for an axis that varies, without the batch axis",
  "write it as in Input({ shape: [28, 28] })",
);

const { name, dtype: _, ...unwritten } = layerOptions;

const inputOptions = optionTable<InputOptions>()({
  shape: withFacts(shapeOfSample, { key: "batch_shape", field: "batchShape", assigned: false }),
  dtype: nullAsDefault(choice([...dtypes, "string"], "float32")),
  sparse: unoffered(false),
  ragged: unoffered(false),
  name,
  optional: unoffered(false),
  batchSize: withFacts(nullable(positiveInteger()), { written: "never" }),
  ...withFactsOfAll(unwritten, { offered: false, written: "never" }),
});

/** The layer behind an {@linkcode Input}. */
export class InputLayer extends Layer {
  static {
    declareOptions(this, inputOptions);
  }
  /** Inputs compute nothing and have no weights. */
  override readonly dtypePolicy: DTypePolicy = new DTypePolicy("float32");
  /** The dtype that data is cast to. */
  declare readonly dtype: InputDType;
  /** The number of samples in each batch, if fixed. */
  declare readonly batchSize: number | null;
  /** The shape with the batch axis. */
  readonly batchShape: SymbolicShape;
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /**
   * Takes the options of {@linkcode Input}. Throws {@linkcode ShapeError} for an invalid shape. Defaults:
   * `batchSize: null`.
   */
  constructor(options: InputOptions) {
    // This dtype is the data's, not a policy.
    const others: Omit<InputOptions, "dtype"> = options;
    super(others);
    this.batchShape = [this.batchSize, ...options.shape];
    this.ensureBuilt(this.batchShape);
    this.connect({ positional: [], named: {} }, new TensorSpec(this.batchShape, this.dtype));
  }

  /** The symbolic tensor that stands for the data. */
  override get output(): SymbolicTensor {
    return this.inboundNodes[0].outputs[0];
  }

  /** The unchanged input. */
  call(x: Value): Value {
    return x;
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

/**
 * The entry of data of one shape into a model.
 *
 * @param options the shape of one sample, and its dtype and name
 * @returns a symbolic tensor for the data: the first element of a {@linkcode Sequential}
 * @throws {ShapeError} if the shape is not a list of positive integers and nulls
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
