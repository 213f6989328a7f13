// StringLookup: texts as indices of a vocabulary. https://keras.io/api/layers/preprocessing_layers/categorical/string_lookup/
import { StateError } from "../errors.ts";
import { declareOptions, fixed, optionTable } from "../options.ts";
import type { Structure } from "../structure.ts";
import { type HostArray, type Strings, StringTensor, toStrings } from "../tensor/strings.ts";
import type { CallArguments, TensorSpec } from "../tensor/symbolic.ts";
import { Tensor } from "../tensor/tensor.ts";
import { adapt, type AdaptOptions, type AsyncDataBatches, type DataBatches, declareLearner } from "./adapting.ts";
import { IndexLookup, tokenLearner } from "./index_lookup.ts";
import {
  type IndexLookupOptions,
  indexLookupOptions,
  type KeptElsewhere,
  tokenOption,
  vocabularyOption,
} from "./index_lookup_options.ts";
import type { LayerFields } from "./options.ts";
import type { Takes } from "./preparing.ts";

/** Options of {@linkcode StringLookup}. */
export interface StringLookupOptions extends IndexLookupOptions<string> {}

const { invert, maxTokens, numOovIndices, outputMode, sparse, padToMaxTokens, idfWeights, vocabularySize, ...others } =
  indexLookupOptions;
const { oovMethod, salt, ...ofLayer } = others;

const stringLookupOptions = optionTable<StringLookupOptions>()({
  ...ofLayer,
  invert,
  maxTokens,
  numOovIndices,
  oovToken: tokenOption<string>("string", "[UNK]"),
  maskToken: tokenOption<string>("string", null),
  outputMode,
  sparse,
  padToMaxTokens,
  idfWeights,
  vocabulary: vocabularyOption<string>("string"),
  vocabularySize,
  oovMethod,
  salt,
  encoding: fixed("utf-8"),
});

/** The options, checked and completed. */
export interface StringLookup
  extends LayerFields<Omit<StringLookupOptions, KeptElsewhere>, Omit<typeof stringLookupOptions, KeptElsewhere>> {}

/**
 * Texts as the indices of a vocabulary, int32, or vectors of these. The vocabulary is given, or `adapt` learns it: the
 * most frequent tokens first. What is not in it has the index 0, or 1 after that of `maskToken`; with several
 * `numOovIndices` such texts share these by their hashes, which are TensorFlow's.
 *
 * Called on data it gives a tensor at once. In a model it is applied to an `Input` of dtype `"string"`, and runs on the
 * host before the program.
 *
 * @example Indices of words
 * ```ts
 * import { layers } from "./mod.ts";
 * const lookup = new layers.StringLookup({ vocabulary: ["cat", "dog"] });
 * console.log(lookup.apply([["dog", "cat"], ["bird", "dog"]]).toArray()); // [ [ 2, 1 ], [ 0, 2 ] ]
 * ```
 *
 * @example A vocabulary from data, and a model of texts
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const lookup = new layers.StringLookup({ outputMode: "one_hot" });
 * lookup.adapt(["b", "a", "b"]);
 * const model = new Sequential([Input({ shape: [1], dtype: "string" }), lookup]);
 * console.log((await model.predict([["a"], ["b"]], { verbose: 0 })).toArray()); // [ [ 0, 0, 1 ], [ 0, 1, 0 ] ]
 * ```
 */
export class StringLookup extends IndexLookup<string, StringTensor> {
  static {
    declareOptions(this, stringLookupOptions);
    declareLearner(this, (layer: StringLookup, what) => ({
      ...tokenLearner(layer, what),
      read: (batch, name) => samplesOf<string>(toStrings(batch, what, name)),
    }));
  }
  protected readonly kind = "string";

  /**
   * Takes the options. Throws {@linkcode ValueError} for options that do not go together, and for repeated tokens.
   * Defaults: `invert: false`, `maxTokens: null`, `numOovIndices: 1`, `oovToken: "[UNK]"`, `maskToken: null`,
   * `outputMode: "int"`, `padToMaxTokens: false`, `idfWeights: null`, `vocabulary: null`, `vocabularySize: null`,
   * `oovMethod: "floormod"`, `salt: null`.
   */
  constructor(options: StringLookupOptions = {}) {
    super(options);
    this.begin();
  }

  /** What the layer takes: texts, or their indices. */
  override get takes(): Takes {
    return this.invert ? "integers" : "texts";
  }

  /**
   * Learns the vocabulary from texts: nested lists, or batches of these. Throws {@linkcode StateError} if it was given,
   * and {@linkcode ValueError} for data without texts.
   */
  adapt(data: Strings | DataBatches<Strings>, options?: AdaptOptions): void;
  /** Learns the vocabulary from batches that come asynchronously. */
  adapt(data: AsyncDataBatches<Strings>, options?: AdaptOptions): Promise<void>;
  adapt(data: unknown, options: AdaptOptions = {}): void | Promise<void> {
    return adapt(this, data, options);
  }

  /** What the layer makes of data. */
  protected override atOnce(x: unknown, context: object): HostArray {
    if (!this.invert) return super.atOnce(x, context);
    const { shape, data } = this.take(x) as Tensor;
    return new StringTensor(shape, Array.from(data, (index) => this.tokenAt(index)));
  }

  /** The indices of texts. */
  override prepare(x: Structure<HostArray>): Tensor {
    const { shape, data } = this.take(x) as StringTensor;
    return new Tensor(shape, "int32", Int32Array.from(data, (token) => this.indexOf(token)));
  }

  /** Shape and dtype of the output. Throws {@linkcode StateError} for texts as the output: programs have none. */
  override computeOutputSpec(args: CallArguments<TensorSpec>): Structure<TensorSpec> {
    if (!this.invert) return super.computeOutputSpec(args);
    throw new StateError({
      what: `Cannot call "${this.name}"`,
      rule: "a model computes numbers, and an inverse StringLookup gives texts",
      received: "a symbolic tensor",
      hint: "apply it to what model.predict(x) gives",
    });
  }
}

/** The tokens of each sample of an array; of one axis, each element is a sample. */
export function samplesOf<T>(
  { shape: [rows = 1], data }: { readonly shape: readonly number[]; readonly data: ArrayLike<unknown> },
): T[][] {
  const all = Array.from(data) as T[];
  const width = all.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, i) => all.slice(i * width, (i + 1) * width));
}
