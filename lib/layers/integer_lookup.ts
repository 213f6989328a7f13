// IntegerLookup: integers as indices of a vocabulary. https://keras.io/api/layers/preprocessing_layers/categorical/integer_lookup/
import { StateError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { searchsorted } from "../ops/comparing.ts";
import { mod } from "../ops/elementwise.ts";
import { add, cast, equal, gather, minimum, select } from "../ops/primitives.ts";
import { declareOptions, fixed, optionTable } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { HostArray } from "../tensor/strings.ts";
import { Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";
import { adapt, type AdaptOptions, type AsyncDataBatches, type DataBatches, declareLearner } from "./adapting.ts";
import { IndexLookup, tokenLearner } from "./index_lookup.ts";
import {
  type IndexLookupOptions,
  indexLookupOptions,
  type KeptElsewhere,
  type OovMethod,
  tokenOption,
  vocabularyOption,
} from "./index_lookup_options.ts";
import type { LayerFields } from "./options.ts";
import { toIntegers } from "./preparing.ts";
import { samplesOf } from "./string_lookup.ts";

/** Options of {@linkcode IntegerLookup}. */
export interface IntegerLookupOptions extends IndexLookupOptions<number> {
  /** How integers that are not in the vocabulary share several indices: by their remainder, the default, or their hash. */
  oovMethod?: OovMethod;
}

const { invert, maxTokens, numOovIndices, outputMode, sparse, padToMaxTokens, idfWeights, vocabularySize, ...others } =
  indexLookupOptions;
const { oovMethod, salt, ...ofLayer } = others;

const integerLookupOptions = optionTable<IntegerLookupOptions>()({
  ...ofLayer,
  invert,
  maxTokens,
  numOovIndices,
  oovToken: tokenOption<number>("number", -1),
  maskToken: tokenOption<number>("number", null),
  outputMode,
  sparse,
  padToMaxTokens,
  vocabularyDtype: fixed("int64"),
  idfWeights,
  vocabulary: vocabularyOption<number>("number"),
  vocabularySize,
  oovMethod,
  salt,
});

/** The options, checked and completed. */
export interface IntegerLookup
  extends LayerFields<Omit<IntegerLookupOptions, KeptElsewhere>, Omit<typeof integerLookupOptions, KeptElsewhere>> {}

/**
 * Integers as the indices of a vocabulary, int32, or vectors of these: as {@linkcode StringLookup} for texts. Called on
 * data it gives a tensor at once. In a model it runs on the host right after an `Input`, and in the program elsewhere.
 *
 * @example Indices of numbers, and numbers of indices
 * ```ts
 * import { layers } from "./mod.ts";
 * const lookup = new layers.IntegerLookup({ vocabulary: [12, 36] });
 * const back = new layers.IntegerLookup({ vocabulary: [12, 36], invert: true });
 * console.log(lookup.apply([[36, 12, 7]]).toArray()); // [ [ 2, 1, 0 ] ]
 * console.log(back.apply([[2, 1, 0]]).toArray()); // [ [ 36, 12, -1 ] ]
 * ```
 */
export class IntegerLookup extends IndexLookup<number> {
  static {
    declareOptions(this, integerLookupOptions);
    declareLearner(this, (layer: IntegerLookup, what) => ({
      ...tokenLearner(layer, what),
      read: (batch, name) => samplesOf<number>(toIntegers(batch as TensorLike, what, name)),
    }));
  }
  readonly takes = "integers";
  protected readonly kind = "number";
  override readonly runsInPrograms = true;

  /**
   * Takes the options. Throws {@linkcode ValueError} for options that do not go together, and for repeated tokens.
   * Defaults: `invert: false`, `maxTokens: null`, `numOovIndices: 1`, `oovToken: -1`, `maskToken: null`,
   * `outputMode: "int"`, `padToMaxTokens: false`, `idfWeights: null`, `vocabulary: null`, `vocabularySize: null`,
   * `oovMethod: "floormod"`, `salt: null`.
   */
  constructor(options: IntegerLookupOptions = {}) {
    super(options);
    this.begin();
  }

  /**
   * Learns the vocabulary from integers: a tensor, nested arrays, or batches of these. Throws {@linkcode StateError} if
   * it was given, and {@linkcode ValueError} for data without integers.
   */
  adapt(data: TensorLike | DataBatches, options?: AdaptOptions): void;
  /** Learns the vocabulary from batches that come asynchronously. */
  adapt(data: AsyncDataBatches, options?: AdaptOptions): Promise<void>;
  adapt(data: unknown, options: AdaptOptions = {}): void | Promise<void> {
    return adapt(this, data, options);
  }

  /** The indices of integers, or the integers of indices. */
  override prepare(x: Structure<HostArray>): Tensor {
    const { shape, data } = this.take(x) as Tensor;
    const find = this.invert ? (index: number) => this.tokenAt(index) : (token: number) => this.indexOf(token);
    return new Tensor(shape, "int32", Int32Array.from(data, find));
  }

  /** In a program: the same, by a search among the sorted tokens. Throws {@linkcode StateError} for what needs the host. */
  protected override compute(x: Value): Value {
    const { tokens, start, oovStart } = this.table;
    const whole = cast(x, "int32");
    const [keys, values] = this.invert
      ? [tokens.map((_, i) => start + i), tokens]
      : [tokens, tokens.map((_, i) => start + i)];
    const order = Array.from(keys.keys()).sort((i, j) => keys[i] - keys[j]);
    const listed = (from: readonly number[]) => tensor(order.map((i) => from[i]), undefined, "int32");
    const sorted = listed(keys);
    const place = minimum(searchsorted(sorted, whole), tokens.length - 1);
    const found = select(
      equal(gather(sorted, place), whole),
      gather(listed(values), place),
      this.#unknown(whole, oovStart),
    );
    const { maskToken, invert, outputMode } = this;
    if (maskToken === null) return this.encode(found);
    const [mask, index] = invert ? [0, maskToken] : [maskToken, outputMode === "int" ? 0 : -1];
    return this.encode(select(equal(whole, mask), index, found));
  }

  /** What the program gives for what is not in the vocabulary. */
  #unknown(x: Value, oovStart: number): Value | number {
    const { numOovIndices: buckets, oovMethod, invert, oovToken } = this;
    if (invert && oovToken !== null) return oovToken;
    if (!invert && buckets === 1) return oovStart;
    if (!invert && buckets > 1 && oovMethod === "floormod") return add(mod(x, buckets), oovStart);
    throw new StateError({
      what: `Cannot call "${this.name}"`,
      rule: invert
        ? "without oovToken it runs on the host, which can refuse what it does not know"
        : buckets === 0
        ? "with numOovIndices: 0 it runs on the host, which can refuse what it does not know"
        : 'with oovMethod "farmhash" it runs on the host',
      received: "what the program computes",
      hint: invert ? "give oovToken" : 'apply it to an Input, or give oovMethod: "floormod" and numOovIndices',
    });
  }
}
