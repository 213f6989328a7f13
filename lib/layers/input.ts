// Input: where data enters a model. https://keras.io/api/layers/core_layers/input/
import { dtypes, type InputDType } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { DTypePolicy } from "../dtype_policy.ts";
import { choice, positiveInteger } from "../option_kinds.ts";
import {
  declareOptions,
  nullable,
  nullAsDefault,
  option,
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
  shape?: SymbolicShape;
  /** The number of samples in each batch, if fixed. */
  batchSize?: number | null;
  /** The shape with the batch axis, in place of `shape` and `batchSize`. */
  batchShape?: SymbolicShape | null;
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

const shapeOfBatch = shapeOption(
  "a list of positive integers and nulls, the batch axis first",
  "write it as in Input({ batchShape: [null, 28, 28] })",
);

const { name, dtype: _, ...unwritten } = layerOptions;

const inputOptions = optionTable<InputOptions>()({
  shape: withFacts(
    option<SymbolicShape | undefined>({
      read: (given, place) => given === undefined ? undefined : shapeOfSample.read(given, place),
    }),
    { key: "batch_shape", field: "batchShape", assigned: false },
  ),
  dtype: nullAsDefault(choice([...dtypes, "string"], "float32")),
  sparse: unoffered(false),
  ragged: unoffered(false),
  name,
  optional: unoffered(false),
  batchSize: withFacts(nullable(positiveInteger()), { written: "never", assigned: false }),
  batchShape: withFacts(nullable(shapeOfBatch), { written: "never", assigned: false }),
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
  /** The shape with the batch axis. */
  readonly batchShape: SymbolicShape;
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /**
   * Takes the options of {@linkcode Input}. Throws {@linkcode ShapeError} for an invalid shape, and {@linkcode ValueError}
   * unless there is one of `shape` and `batchShape`. Defaults: `batchSize: null`, `batchShape: null`.
   */
  constructor(options: InputOptions = {}) {
    // This dtype is the data's, not a policy.
    const others: Omit<InputOptions, "dtype"> = options;
    super(others);
    const { shape, batchSize = null, batchShape = null } = options;
    const isOne = batchShape === null ? shape !== undefined : shape === undefined && batchSize === null;
    if (!isOne || batchShape?.length === 0) {
      const given = { shape, batchSize, batchShape };
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: "an Input takes shape, and batchSize if that is fixed, or else batchShape alone, the batch axis first",
        received: Object.entries(given).flatMap(([name, value]) => value ?? null ? [name] : []).join(" and ") || "none",
        hint: "write it as in Input({ shape: [28, 28] })",
      });
    }
    this.batchShape = batchShape ? [...batchShape] : [batchSize, ...shape!];
    this.ensureBuilt(this.batchShape);
    this.connect({ positional: [], named: {} }, new TensorSpec(this.batchShape, this.dtype));
  }

  /** The number of samples in each batch, if fixed. */
  get batchSize(): number | null {
    return this.batchShape[0];
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
 * @param options the shape of one sample, or with `batchShape` of a batch, and its dtype and name
 * @returns a symbolic tensor for the data: the first element of a {@linkcode Sequential}
 * @throws {ShapeError} if the shape is not a list of positive integers and nulls
 * @throws {ValueError} unless there is one of `shape` and `batchShape`
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
