// TextVectorization: texts as indices of their words. https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/
import { describe, describeList, ShapeError, unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { boolean, integerAtLeast, isInteger, positiveInteger } from "../option_kinds.ts";
import { declareOptions, fixed, nullable, type Option, option, optionTable, unoffered } from "../options.ts";
import { functionNode } from "../registry.ts";
import { formatShape, isListOf, sizeOf, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { type HostArray, type Strings, type StringTensor, toStrings } from "../tensor/strings.ts";
import { TensorSpec } from "../tensor/symbolic.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { ngramsOf, splitters, standardizers } from "../text/tokens.ts";
import { adapt, type AdaptOptions, type AsyncDataBatches, type DataBatches, declareLearner } from "./adapting.ts";
import { noSparse, outputMode } from "./category_encoding.ts";
import { idfOption, type KeptElsewhere, vocabularyOption } from "./index_lookup_options.ts";
import { tokenLearner } from "./index_lookup.ts";
import type { LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { PreparingLayer } from "./preparing.ts";
import { StringLookup, type StringLookupOptions } from "./string_lookup.ts";

/** A function that makes texts alike, such as one that removes markup: it is given one text at a time. */
export type Standardizer = (text: string) => string;
/** A function that gives the tokens of a text. */
export type Splitter = (text: string) => readonly string[];

/** Options of {@linkcode TextVectorization}. */
export interface TextVectorizationOptions extends LayerOptions {
  /** The most entries of the vocabulary, with those for padding and for unknown tokens; null for no limit. */
  maxTokens?: number | null;
  /**
   * How texts are made alike: `"lower_and_strip_punctuation"` (the default), `"lower"`, `"strip_punctuation"`, a
   * function of your own, or null for as they are. As in Keras, only ASCII's letters and signs are changed.
   */
  standardize?: keyof typeof standardizers | Standardizer | null;
  /** How texts become tokens: by `"whitespace"` (the default), each `"character"`, a function, or null for not at all. */
  split?: keyof typeof splitters | Splitter | null;
  /** Which numbers of neighbouring tokens count as tokens: a list, or all up to a number; null for single ones. */
  ngrams?: number | readonly number[] | null;
  /**
   * `"int"` (the default): the index of each token; `"multi_hot"`: 1 for each that a text has; `"count"`: how often it
   * has them; `"tf_idf"`: counts times how rare each token is.
   */
  outputMode?: "int" | "multi_hot" | "count" | "tf_idf";
  /** For `"int"`: the number of indices of each text, padded with 0 or cut; by default that of the longest text. */
  outputSequenceLength?: number | null;
  /** Whether vectors have `maxTokens` elements, however many tokens there are; false by default. */
  padToMaxTokens?: boolean;
  /** The tokens in order, or the path of a file with one on each line; else call `adapt` or `setVocabulary`. */
  vocabulary?: StringLookupOptions["vocabulary"];
  /** For `"tf_idf"`: the weight of each token of the vocabulary. */
  idfWeights?: TensorLike | null;
  /** The number of entries of a vocabulary that comes later, from a file: vectors are that long. */
  vocabularySize?: number | null;
}

/** One of several names, a function of one text, or null. */
function nameOrFunction<Name extends string, F extends (text: string) => unknown>(
  names: readonly Name[],
  gives: string,
): Option<Name | F | null> {
  return option<Name | F | null>({
    fallback: names[0],
    nullable: true,
    read: (given, { what, whatNamed, option }) => {
      if (given === null || typeof given === "function") return given as F | null;
      const found = names.find((name) => name === given);
      if (found !== undefined) return found;
      if (typeof given === "string") throw unknownIdentifier(option, given, names, what);
      throw new ValueError({
        what: whatNamed,
        rule: `${option} must be a name, a function of a text, or null`,
        received: describe(given),
        hint: `write a function that ${gives}`,
      });
    },
    write: (kept) => typeof kept === "function" ? functionNode(kept) : kept as ConfigValue,
  });
}

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];

const ngramsOption = nullable(option<number | readonly number[]>({
  read: (given, { whatNamed, option }) => {
    const isWidth = (item: unknown): item is number => isInteger(item) && item >= 1 && item <= 1000;
    if (isWidth(given)) return given;
    if (isListOf(given, isWidth) && given.length > 0) return [...given];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an integer from 1 to 1000, or a list of these`,
      received: describeList(given),
      hint: "write it as in ngrams: 2",
    });
  },
}));

const textVectorizationOptions = optionTable<TextVectorizationOptions>()({
  ...layerOptions,
  maxTokens: nullable(integerAtLeast(2)),
  standardize: nameOrFunction<keyof typeof standardizers, Standardizer>(namesOf(standardizers), "gives the text"),
  split: nameOrFunction<keyof typeof splitters, Splitter>(namesOf(splitters), "gives a list of texts"),
  ngrams: ngramsOption,
  outputMode: outputMode(["int", "multi_hot", "count", "tf_idf"], "int"),
  outputSequenceLength: nullable(positiveInteger()),
  padToMaxTokens: boolean(false),
  sparse: noSparse,
  ragged: unoffered(false, "rows have one length: give outputSequenceLength"),
  vocabulary: vocabularyOption<string>("string"),
  idfWeights: idfOption,
  encoding: fixed("utf-8"),
  vocabularySize: { ...nullable(integerAtLeast(0)), field: "givenSize" },
});

/** The options, checked and completed. */
export interface TextVectorization
  extends
    LayerFields<Omit<TextVectorizationOptions, KeptElsewhere>, Omit<typeof textVectorizationOptions, KeptElsewhere>> {}

/**
 * Texts as the indices of their tokens, int32 `[batch, tokens]`, or as vectors, float32 `[batch, entries]`: texts are made
 * alike, split into tokens, and looked up in a vocabulary, which is given or which `adapt` learns. Index 0 pads, index 1
 * is that of unknown tokens; vectors begin with the unknown ones.
 *
 * Called on data it gives a tensor at once. In a model it is applied to an `Input` of dtype `"string"` and shape `[1]` or
 * `[]`, and runs on the host before the program.
 *
 * @example Indices of words
 * ```ts
 * import { layers } from "./mod.ts";
 * const vectorize = new layers.TextVectorization({ outputSequenceLength: 4 });
 * vectorize.adapt(["The cat sat.", "The dog!"]);
 * console.log(vectorize.getVocabulary()); // [ "", "[UNK]", "the", "sat", "dog", "cat" ]
 * console.log(vectorize.apply(["the dog ran"]).toArray()); // [ [ 2, 4, 1, 0 ] ]
 * ```
 *
 * @example A model of texts
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const vectorize = new layers.TextVectorization({ outputMode: "multi_hot" });
 * vectorize.adapt(["good", "bad"]);
 * const model = new Sequential([
 *   Input({ shape: [1], dtype: "string" }),
 *   vectorize,
 *   new layers.Dense(1, { activation: "sigmoid" }),
 * ]);
 * model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
 * await model.fit([["good"], ["bad"]], [[1], [0]], { epochs: 2, verbose: 0 });
 * console.log((await model.predict([["good"]], { verbose: 0 })).shape); // [ 1, 1 ]
 * ```
 */
export class TextVectorization extends PreparingLayer {
  static {
    declareOptions(this, textVectorizationOptions);
    declareLearner(this, (layer: TextVectorization, what) => ({
      ...tokenLearner(layer._lookupLayer, what),
      read: (batch, name) => layer.#tokensOf(toStrings(batch, what, name), what),
    }));
  }
  readonly takes = "texts";
  /** The lookup of tokens, under the name by which Keras's files have its part. */
  readonly _lookupLayer: StringLookup;
  readonly #standardize: Standardizer;
  readonly #split: Splitter | null;
  readonly #widths: readonly number[] | null;

  /**
   * Takes the options. Throws {@linkcode ValueError} for options that do not go together, and for repeated tokens.
   * Defaults: `maxTokens: null`, `standardize: "lower_and_strip_punctuation"`, `split: "whitespace"`, `ngrams: null`,
   * `outputMode: "int"`, `outputSequenceLength: null`, `padToMaxTokens: false`, `vocabulary: null`, `idfWeights: null`,
   * `vocabularySize: null`.
   */
  constructor(options: TextVectorizationOptions = {}) {
    super(options);
    const { inputVocabulary, inputIdfWeights, givenSize, standardize, split, ngrams, outputMode } = this as unknown as
      & TextVectorization
      & TextVectorizationGiven;
    if (outputMode !== "int" && this.outputSequenceLength !== null) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: 'outputSequenceLength goes with outputMode "int"',
        received: describe(outputMode),
        hint: "leave it out: vectors are as long as the vocabulary",
      });
    }
    const { maxTokens, padToMaxTokens } = this;
    this._lookupLayer = new StringLookup({
      maxTokens,
      padToMaxTokens,
      outputMode,
      maskToken: "",
      vocabulary: inputVocabulary,
      idfWeights: inputIdfWeights,
      vocabularySize: givenSize,
    });
    this.#standardize = typeof standardize === "string" ? standardizers[standardize] : standardize ?? ((text) => text);
    this.#split = typeof split === "string" ? splitters[split] : split;
    this.#widths = typeof ngrams === "number" ? Array.from({ length: ngrams }, (_, i) => i + 1) : ngrams;
  }

  /** Makes the length of vectors that of the vocabulary. */
  override build(_inputShape: SymbolicShape): void {
    this._lookupLayer.ensureBuilt([null, null]);
  }

  /** The number of entries of the vocabulary, with those for padding and for unknown tokens. */
  vocabularySize(): number {
    return this._lookupLayer.vocabularySize();
  }

  /** The entries of the vocabulary by index; without `includeSpecialTokens` only those that were given or learned. */
  getVocabulary(options: { includeSpecialTokens?: boolean } = {}): string[] {
    return this._lookupLayer.getVocabulary(options);
  }

  /** Sets the vocabulary, as {@linkcode StringLookup} does. */
  setVocabulary(vocabulary: readonly string[] | string | StringTensor, idfWeights: TensorLike | null = null): void {
    this._lookupLayer.setVocabulary(vocabulary, idfWeights);
  }

  /**
   * Learns the vocabulary from texts: a list, or batches of lists. The most frequent tokens come first. Throws {@linkcode
   * StateError} if it was given, and {@linkcode ValueError} for data without tokens.
   */
  adapt(data: Strings | DataBatches<Strings>, options?: AdaptOptions): void;
  /** Learns the vocabulary from batches that come asynchronously. */
  adapt(data: AsyncDataBatches<Strings>, options?: AdaptOptions): Promise<void>;
  adapt(data: unknown, options: AdaptOptions = {}): void | Promise<void> {
    return adapt(this, data, options);
  }

  /** The tokens of each text, or of each row where texts are not split. */
  #tokensOf({ shape, data }: StringTensor, what: string): string[][] {
    const alike = data.map((text) => this.#checked(this.#standardize(text), "standardize", what));
    if (this.#split && (shape.length > 2 || (shape.length === 2 && shape[1] !== 1))) {
      throw new ShapeError({
        what,
        rule: "texts must have the shape [batch] or [batch, 1]",
        received: formatShape(shape),
        hint: "give one text for each sample, or split: null for tokens",
      });
    }
    const rows = this.#split ? alike.map((text) => this.#splitText(text, what)) : rowsOf(shape, alike);
    return this.#widths ? rows.map((tokens) => ngramsOf(tokens, this.#widths!)) : rows;
  }

  #splitText(text: string, what: string): string[] {
    const tokens: unknown = this.#split!(text);
    if (Array.isArray(tokens)) return tokens.map((token) => this.#checked(token, "split", what));
    throw new ValueError({
      what,
      rule: "split must give a list of texts",
      received: describe(tokens),
      hint: 'write it as in (text) => text.split(",")',
    });
  }

  /** A text of a function of the user's own. */
  #checked(text: unknown, name: string, what: string): string {
    if (typeof text === "string") return text;
    throw new ValueError({
      what,
      rule: `${name} must give ${name === "split" ? "a list of texts" : "a text"}`,
      received: describe(text),
      hint: "it is given one text at a time",
    });
  }

  /** The indices of tokens, in rows of one length. */
  override prepare(x: Structure<HostArray>): Tensor {
    const texts = this.take(x) as StringTensor;
    const what = `Cannot call "${this.name}"`;
    const rows = this.#tokensOf(texts, what).map((tokens) => tokens.map((token) => this._lookupLayer.indexOf(token)));
    // Programs have no axes without elements.
    const longest = Math.max(1, rows.reduce((most, { length }) => Math.max(most, length), 0));
    const width = this.outputSequenceLength ?? longest;
    const padding = this.outputMode === "int" ? 0 : -1;
    const indices = new Int32Array(rows.length * width).fill(padding);
    rows.forEach((row, i) => indices.set(row.slice(0, width), i * width));
    return new Tensor(this.#preparedShape(texts.shape, width), "int32", indices);
  }

  #preparedShape<E extends number | null>(shape: readonly E[], width: E): readonly E[] {
    const isTokens = !this.#split && shape.length < 2 && this.outputMode === "int" && !this.#widths;
    if (isTokens && this.outputSequenceLength === null) return shape;
    return [...shape.slice(0, 1), width];
  }

  /** Shape and dtype of the indices. */
  protected override preparedSpec([{ shape }]: readonly TensorSpec[]): TensorSpec {
    const isKept = !this.#split && !this.#widths && shape.length === 2;
    const width = this.outputSequenceLength ?? (isKept ? shape[1] : null);
    return new TensorSpec(this.#preparedShape(shape, width), "int32");
  }

  /** Indices as the output: themselves, or vectors. */
  protected override encode(x: Value): Value {
    return this._lookupLayer.encode(x);
  }

  /** The options as Keras's config, with what is known of the vocabulary. */
  override getConfig(): Config {
    const { inputVocabulary, inputIdfWeights } = this._lookupLayer;
    return {
      ...super.getConfig(),
      vocabulary: inputVocabulary,
      idf_weights: inputIdfWeights,
      vocabulary_size: this.vocabularySize(),
    };
  }

  /** Puts the tokens' weights into a file, for `tf_idf`. */
  override saveOwnVariables(store: Map<string, TensorLike>): void {
    this._lookupLayer.saveOwnVariables(store);
  }

  /** Takes the tokens' weights from a file; their tokens come with `loadAssets`. */
  override loadOwnVariables(store: ReadonlyMap<string, Tensor>): void {
    this._lookupLayer.loadOwnVariables(store);
  }

  /** Puts the vocabulary into a file of its own, unless the config has it. */
  override saveAssets(assets: Map<string, string>): void {
    this._lookupLayer.saveAssets(assets);
  }

  /** Takes the vocabulary from its file. */
  override loadAssets(assets: ReadonlyMap<string, Uint8Array>): void {
    this._lookupLayer.loadAssets(assets);
  }
}

/** What the constructor is given besides fields. */
interface TextVectorizationGiven {
  readonly inputVocabulary: readonly string[] | null;
  readonly inputIdfWeights: readonly number[] | null;
  readonly givenSize: number | null;
}

/** The elements of each row. */
function rowsOf(shape: readonly number[], elements: readonly string[]): string[][] {
  const width = shape.length === 0 ? 1 : sizeOf(shape.slice(1));
  const rows = width === 0 ? shape[0] : elements.length / width;
  return Array.from({ length: rows }, (_, i) => elements.slice(i * width, (i + 1) * width));
}
