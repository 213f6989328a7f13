// Hashing: texts and integers as bins, by their hashes. https://keras.io/api/layers/preprocessing_layers/categorical/hashing/
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { DTypePolicy } from "../dtype_policy.ts";
import type { ConfigValue } from "../json_config.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, option, optionTable, positional, withFacts } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { HostArray } from "../tensor/strings.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bucketOf } from "../text/buckets.ts";
import { encodeCategories, noSparse, outputMode, type VectorMode } from "./category_encoding.ts";
import { saltOption } from "./index_lookup_options.ts";
import type { LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { PreparingLayer } from "./preparing.ts";

/** Options of {@linkcode Hashing}. */
export interface HashingOptions extends Omit<LayerOptions, "dtype"> {
  /** What has bin 0 for itself; null, the default, if nothing has. */
  maskValue?: string | number | null;
  /** Two integers, or one for both, which make the hashes others; null, the default, for those without. */
  salt?: number | readonly [number, number] | null;
  /** `"int"` (the default) for the bins' indices, or vectors as of `CategoryEncoding`. */
  outputMode?: "int" | VectorMode;
  /** The dtype that files name; bins are int32. */
  dtype?: "int64" | "int32" | "float32" | null;
}

const maskValue: Option<string | number | null> = nullable(option<string | number>({
  read: (given, { whatNamed, option }) => {
    if (typeof given === "string" || Number.isSafeInteger(given)) return given as string | number;
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a text or an integer`,
      received: describe(given),
      hint: 'write it as in maskValue: ""',
    });
  },
}));

/** Keras's names of the dtype of bins, which are int32 here. */
export const binsDType = option<string | null>({
  fallback: null,
  field: "namedDType",
  read: (given, { what, option }) => {
    if (given === null || given === "int64" || given === "int32" || given === "float32") return given;
    throw new ValueError({
      what,
      rule: `${option} must be "int64", "int32" or "float32"`,
      received: describe(given),
      hint: "leave it out",
    });
  },
});

/** Completes the dtype that files name: Keras's for the output. */
export function nameDType(layer: { namedDType: string | null; readonly outputMode: string }): void {
  layer.namedDType ??= layer.outputMode === "int" ? "int64" : "float32";
}

/** The policy of a dtype, as configs have it. */
const policyNamed = (name: string | null): ConfigValue => ({
  module: "keras",
  class_name: "DTypePolicy",
  config: { name },
  registered_name: null,
});

const hashingOptions = optionTable<HashingOptions>()({
  ...layerOptions,
  dtype: withFacts(binsDType, { write: policyNamed }),
  numBins: positional(positiveInteger()),
  salt: saltOption,
  maskValue,
  outputMode: outputMode(["int", "one_hot", "multi_hot", "count"], "int"),
  sparse: noSparse,
});

/** The options, checked and completed. */
export interface Hashing
  extends
    LayerFields<Omit<HashingOptions, "dtype">, Omit<typeof hashingOptions, "dtype" | keyof typeof layerOptions>> {}

/**
 * Texts or integers as bins from 0 to `numBins - 1`, int32, by hashes that are TensorFlow's: FarmHash, or SipHash with a
 * salt. No vocabulary is needed; several texts may share a bin. Called on data it gives a tensor at once. In a model it
 * is applied to an `Input`, and runs on the host before the program.
 *
 * @example
 * ```ts
 * import { layers } from "./mod.ts";
 * console.log(new layers.Hashing(3).apply([["A"], ["B"], ["C"]]).toArray()); // [ [ 1 ], [ 0 ], [ 1 ] ]
 * ```
 */
export class Hashing extends PreparingLayer {
  static {
    declareOptions(this, hashingOptions);
  }
  readonly takes = "texts or integers";
  override readonly dtypePolicy = new DTypePolicy("float32");
  /** The dtype that files name. */
  declare namedDType: string | null;

  /**
   * Takes the number of bins. Throws {@linkcode ValueError} unless it is a positive integer. Defaults: `salt: null`,
   * `maskValue: null`, `outputMode: "int"`.
   */
  constructor(numBins: number, options: HashingOptions = {}) {
    super(options as LayerOptions, { numBins });
    nameDType(this);
  }

  /** The bins. */
  override prepare(x: Structure<HostArray>): Tensor {
    const { shape, data } = this.take(x) as HostArray;
    const bins = new Int32Array(data.length);
    data.forEach((item, i) => bins[i] = this.#binOf(item));
    return new Tensor(shape, "int32", bins);
  }

  #binOf(item: string | number): number {
    const { numBins, maskValue, salt } = this;
    const isMasked = maskValue !== null && numBins > 1;
    if (isMasked && item === maskValue) return 0;
    return isMasked ? 1 + bucketOf(String(item), numBins - 1, salt) : bucketOf(String(item), numBins, salt);
  }

  /** Bins as the output: themselves, or vectors. */
  protected override encode(x: Value): Value {
    return this.outputMode === "int" ? x : encodeCategories(x, this.outputMode, this.numBins);
  }
}
