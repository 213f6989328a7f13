// IndexLookup: what StringLookup and IntegerLookup share: a vocabulary, how it is learned, and the indices of its tokens.
import { describe, describeList, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { multiply } from "../ops/primitives.ts";
import { isInteger } from "../option_kinds.ts";
import { declareBase } from "../options.ts";
import type { HostArray, StringTensor } from "../tensor/strings.ts";
import { type Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";
import { bucketOf, type Salt } from "../text/buckets.ts";
import { byFrequency, linesOf, readVocabulary, type Token } from "../text/vocabulary.ts";
import type { Learner } from "./adapting.ts";
import { encodeCategories } from "./category_encoding.ts";
import { isText, type LookupMode, type OovMethod, tokensOf, weightsOf } from "./index_lookup_options.ts";
import { noteChange, PreparingLayer } from "./preparing.ts";

/** A vocabulary: what its tokens' indices are, and their weights. */
interface Vocabulary<T extends Token> {
  /** The tokens without special ones. */
  readonly tokens: readonly T[];
  /** The index of each. */
  readonly indices: ReadonlyMap<T, number>;
  /** The weight of each index, for `tf_idf`. */
  readonly idf: Tensor | undefined;
}

/** How a lookup learns its vocabulary from the tokens of samples, for layers that have some. */
export let tokenLearner: <T extends Token>(
  lookup: IndexLookup<T, HostArray>,
  what: string,
) => Omit<Learner<readonly (readonly T[])[]>, "read">;

/** What lookups share. Tokens are texts or integers. */
export abstract class IndexLookup<T extends Token, OfNumbers extends HostArray = Tensor>
  extends PreparingLayer<OfNumbers> {
  static {
    declareBase(this);
    tokenLearner = (lookup, what) => lookup.#learner(what);
  }
  /** The tokens given to the constructor, which configs have; null for those of a file or of `adapt`. */
  declare readonly inputVocabulary: readonly T[] | null;
  /** The weights given to the constructor. */
  declare readonly inputIdfWeights: readonly number[] | null;
  /** The number of entries of the vocabulary, special ones included; null before there is one. */
  declare readonly frozenSize: number | null;
  /** The most entries of a vocabulary, special ones included. */
  declare readonly maxTokens: number | null;
  /** The number of indices for what is not in the vocabulary. */
  declare readonly numOovIndices: number;
  /** The token that stands for nothing. */
  declare readonly maskToken: T | null;
  /** What an inverse lookup gives for indices of unknown tokens. */
  declare readonly oovToken: T | null;
  /** Whether the layer gives the tokens of indices. */
  declare readonly invert: boolean;
  /** What the layer gives. */
  declare readonly outputMode: LookupMode;
  /** Whether vectors have `maxTokens` elements. */
  declare readonly padToMaxTokens: boolean;
  /** How integers that are not in the vocabulary share several indices. */
  declare readonly oovMethod: OovMethod;
  /** What makes the hashes of unknown tokens others. */
  declare readonly salt: Salt | null;
  /** The kind of the tokens. */
  protected abstract readonly kind: "string" | "number";
  #vocabulary: Vocabulary<T> | undefined;
  #learns = true;

  /** Takes the vocabulary of the constructor, once the fields of the class are there. */
  protected begin(): void {
    const what = `Cannot make "${this.name}"`;
    const { inputVocabulary: given, inputIdfWeights: weights, maxTokens, outputMode, invert } = this;
    const require = (holds: boolean, rule: string, received: string, hint: string) => {
      if (!holds) throw new ValueError({ what, rule, received, hint });
    };
    require(
      !this.padToMaxTokens || maxTokens !== null,
      "padToMaxTokens needs maxTokens",
      "none",
      "give maxTokens, or leave padToMaxTokens out",
    );
    require(
      !invert || outputMode === "int",
      'an inverse lookup gives tokens: outputMode must be "int"',
      describe(outputMode),
      "leave one of them out",
    );
    require(
      weights === null || outputMode === "tf_idf",
      'idfWeights go with outputMode "tf_idf"',
      describe(outputMode),
      "leave them out",
    );
    require(
      this.salt === null || this.kind === "string" || this.oovMethod === "farmhash",
      'salt goes with oovMethod "farmhash"',
      describe(this.oovMethod),
      'give oovMethod: "farmhash", or leave salt out',
    );
    if (given === null) return;
    this.#set(given, weights, what);
    this.#learns = false;
    if (isText(given)) this.#keep({ inputVocabulary: null });
  }

  #keep(fields: Partial<Pick<IndexLookup<T>, "inputVocabulary" | "inputIdfWeights" | "frozenSize">>): void {
    Object.assign(this, fields);
  }

  /** The index of the first unknown token: after that of the mask, if there is one. */
  get #oovStart(): number {
    return this.maskToken !== null && this.outputMode === "int" ? 1 : 0;
  }

  /** The index of the vocabulary's first token. */
  get #tokenStart(): number {
    return this.#oovStart + this.numOovIndices;
  }

  /** The length of vectors. Throws {@linkcode StateError} before it is known. */
  protected get depth(): number {
    const depth = this.padToMaxTokens ? this.maxTokens : this.frozenSize;
    return depth ?? this.#noVocabulary();
  }

  #noVocabulary(): never {
    throw new StateError({
      what: `Cannot call "${this.name}"`,
      rule: "it has no vocabulary yet",
      received: "none",
      hint: "call adapt(data) or setVocabulary(tokens) first, or give vocabulary",
    });
  }

  /** The number of entries of the vocabulary, special ones included. */
  vocabularySize(): number {
    return (this.#vocabulary?.tokens.length ?? 0) + this.#tokenStart;
  }

  /**
   * The entries of the vocabulary by index; without `includeSpecialTokens` only those that were given or learned.
   *
   * @example
   * ```ts
   * import { layers } from "./mod.ts";
   * const lookup = new layers.StringLookup({ vocabulary: ["a", "b"] });
   * console.log(lookup.getVocabulary()); // [ "[UNK]", "a", "b" ]
   * ```
   */
  getVocabulary({ includeSpecialTokens = true }: { includeSpecialTokens?: boolean } = {}): T[] {
    const tokens = this.#vocabulary?.tokens ?? [];
    return includeSpecialTokens ? [...this.#specialTokens, ...tokens] : [...tokens];
  }

  get #specialTokens(): T[] {
    const masks = new Array<T>(this.#oovStart).fill(this.maskToken!);
    return [...masks, ...new Array<T>(this.numOovIndices).fill(this.oovToken!)];
  }

  /**
   * Sets the vocabulary: its tokens in order, with or without the special ones before them, or the path of a file with
   * a token on each line; for `tf_idf` with a weight for each. Throws {@linkcode ValueError} for tokens that occur twice
   * or are special, and for more than `maxTokens`; then the layer keeps what it had.
   *
   * @example
   * ```ts
   * import { layers } from "./mod.ts";
   * const lookup = new layers.IntegerLookup();
   * lookup.setVocabulary([12, 36]);
   * console.log(lookup.apply([[36, 7]]).toArray()); // [ [ 2, 0 ] ]
   * ```
   */
  setVocabulary(
    vocabulary: readonly T[] | string | Tensor | StringTensor,
    idfWeights: TensorLike | null = null,
  ): void {
    const what = `Cannot set the vocabulary of "${this.name}"`;
    const tokens = isText(vocabulary) ? vocabulary : tokensOf<T>(vocabulary, this.kind, what);
    const weights = idfWeights === null ? null : weightsOf(idfWeights, what, "idfWeights");
    this.#set(tokens, weights, what);
    // Otherwise files would hold the vocabulary that it was made with.
    if (this.inputVocabulary !== null) {
      this.#keep({ inputVocabulary: isText(tokens) ? null : tokens, inputIdfWeights: weights });
    }
  }

  #set(given: readonly T[] | string, weights: readonly number[] | null, what: string): void {
    const { kind, maskToken, oovToken, maxTokens } = this;
    const all = isText(given) ? this.#parsed(readVocabulary(given, what), what) : given;
    const fail = (rule: string, received: string, hint: string): never => {
      throw new ValueError({ what, rule, received, hint });
    };
    if ((weights !== null) !== (this.outputMode === "tf_idf")) {
      fail(
        weights ? 'idfWeights go with outputMode "tf_idf"' : 'outputMode "tf_idf" needs idfWeights',
        weights ? describe(this.outputMode) : "none",
        weights ? "leave them out" : "give one for each token, or call adapt(data)",
      );
    }
    if (all.length === 0) fail("a vocabulary must have tokens", "none", "give at least one, or call adapt(data)");
    const special = this.#specialTokens;
    const hasSpecial = special.every((token, i) => all[i] === token);
    const tokens = hasSpecial ? all.slice(special.length) : all;
    const indices = new Map(tokens.map((token, i) => [token, i + special.length]));
    if (indices.size < tokens.length) {
      const twice = tokens.find((token, i) => indices.get(token) !== i + special.length)!;
      fail("each token must occur once", `${describe(twice)} twice`, "remove all but one, as new Set(tokens) does");
    }
    for (const [name, token] of [["mask", maskToken], ["out-of-vocabulary", this.invert ? oovToken : null]] as const) {
      if (token === null || !indices.has(token)) continue;
      fail(
        `special tokens come first, as ${describeList(special)}, or not at all`,
        `the ${name} token ${describe(token)} in between`,
        "remove it",
      );
    }
    if (maxTokens !== null && tokens.length + special.length > maxTokens) {
      fail(
        `it may have at most maxTokens, ${maxTokens}, with ${special.length} special ones`,
        `${tokens.length} tokens`,
        "give fewer, or raise maxTokens",
      );
    }
    if (weights && weights.length !== all.length) {
      fail("there must be a weight for each token", `${weights.length} for ${all.length}`, "give as many");
    }
    if (kind === "number" && tokens.some((token) => !isInteger(token))) fail("tokens must be integers", "others", "");
    const idf = weights && (hasSpecial ? weights : [...special.map(() => meanOf(weights)), ...weights]);
    this.#taking(tokens, idf ?? undefined, what)();
  }

  /** The tokens that the lines of a file stand for. */
  #parsed(lines: readonly string[], what: string): readonly T[] {
    if (this.kind === "string") return lines as readonly T[];
    return lines.map((line, i) => {
      if (/^-?\d+$/.test(line) && isInteger(Number(line))) return Number(line) as T;
      throw new ValueError({
        what,
        rule: "each line of the file must be an integer",
        received: `${describe(line)} in line ${i + 1}`,
        hint: "StringLookup takes texts",
      });
    });
  }

  /** Checks a vocabulary against the use of the layer, and gives what makes it keep it, with a weight for each index. */
  #taking(tokens: readonly T[], idf: readonly number[] | undefined, what: string): () => void {
    const start = this.#tokenStart;
    const size = start + tokens.length;
    const length = this.padToMaxTokens ? this.maxTokens! : size;
    const isFixed = this.outputMode !== "int" && !this.padToMaxTokens && this.built && this.frozenSize !== null;
    if (isFixed && this.frozenSize !== size) {
      throw new StateError({
        what,
        rule: `the layer was used with ${this.frozenSize} entries, and its vectors cannot change`,
        received: `${size} entries`,
        hint: "set the vocabulary before the layer is used, or give maxTokens and padToMaxTokens",
      });
    }
    const weights = idf && Float32Array.from({ length }, (_, i) => idf[i] ?? 0);
    return () => {
      this.#vocabulary = {
        tokens,
        indices: new Map(tokens.map((token, i) => [token, start + i])),
        idf: weights && tensor(weights),
      };
      this.#keep({ frozenSize: size });
      noteChange(this);
    };
  }

  /** Learns the vocabulary from the tokens of samples, the most frequent first. */
  #learner(what: string): Omit<Learner<readonly (readonly T[])[]>, "read"> {
    if (!this.#learns) {
      throw new StateError({
        what,
        rule: "its vocabulary was given when it was made",
        received: "one",
        hint: "leave it out to learn it, or use setVocabulary",
      });
    }
    const [counts, samplesWith] = [new Map<T, number>(), new Map<T, number>()];
    let samples = 0;
    return {
      add: (batch) => {
        samples += batch.length;
        for (const tokens of batch) {
          for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
          for (const token of new Set(tokens)) samplesWith.set(token, (samplesWith.get(token) ?? 0) + 1);
        }
      },
      end: () => {
        for (const special of [this.maskToken, this.oovToken]) if (special !== null) counts.delete(special);
        if (counts.size === 0) {
          throw new ValueError({
            what,
            rule: "there must be tokens",
            received: "none",
            hint: "give data that is not empty, nor of special tokens alone",
          });
        }
        const start = this.#tokenStart;
        const most = this.maxTokens === null ? undefined : Math.max(0, this.maxTokens - start);
        const tokens = byFrequency(counts).slice(0, most);
        const idf = tokens.map((token) => Math.fround(Math.log(1 + samples / (1 + samplesWith.get(token)!))));
        const withSpecial = [...new Array<number>(start).fill(meanOf(idf)), ...idf];
        return this.#taking(tokens, this.outputMode === "tf_idf" ? withSpecial : undefined, what);
      },
    };
  }

  /** The index of a token; -1 for the mask in vectors. Throws {@linkcode StateError} before there is a vocabulary. */
  indexOf(token: T): number {
    const { indices } = this.#vocabulary ?? this.#noVocabulary();
    if (token === this.maskToken) return this.outputMode === "int" ? 0 : -1;
    const index = indices.get(token);
    if (index !== undefined) return index;
    const { numOovIndices: buckets } = this;
    if (buckets > 1) return this.#oovStart + this.#bucketOf(token, buckets);
    if (buckets === 1) return this.#oovStart;
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "with numOovIndices: 0 all input must be in the vocabulary",
      received: describe(token),
      hint: "set numOovIndices: 1, or add it to the vocabulary",
    });
  }

  #bucketOf(token: T, buckets: number): number {
    if (typeof token === "number" && this.oovMethod === "floormod") return ((token % buckets) + buckets) % buckets;
    return bucketOf(String(token), buckets, this.salt);
  }

  /** The token of an index. */
  protected tokenAt(index: number): T {
    const { tokens } = this.#vocabulary ?? this.#noVocabulary();
    if (index === 0 && this.maskToken !== null) return this.maskToken;
    const token = tokens[index - this.#tokenStart] ?? this.oovToken;
    if (token !== null) return token;
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "without oovToken indices must be those of tokens",
      received: describe(index),
      hint: "give oovToken",
    });
  }

  /** The vocabulary's tokens and where their indices begin, for a lookup in a program. */
  protected get table(): { readonly tokens: readonly T[]; readonly start: number; readonly oovStart: number } {
    const { tokens } = this.#vocabulary ?? this.#noVocabulary();
    return { tokens, start: this.#tokenStart, oovStart: this.#oovStart };
  }

  /** Indices as the output: themselves, or vectors. */
  override encode(x: Value): Value {
    const { outputMode } = this;
    if (outputMode === "int") return x;
    if (outputMode !== "tf_idf") return encodeCategories(x, outputMode, this.depth);
    // Before there is a vocabulary only shapes are asked for.
    return multiply(encodeCategories(x, "count", this.depth), this.#vocabulary?.idf ?? NaN);
  }

  /** Puts the tokens' weights into a file, for `tf_idf`. */
  override saveOwnVariables(store: Map<string, TensorLike>): void {
    const idf = this.#vocabulary?.idf;
    // With tokens from a file Keras cannot read those up to maxTokens, which are 0.
    if (idf) store.set("idf_weights", this.inputVocabulary ? idf : idf.rows(0, this.vocabularySize()));
  }

  /** Takes the tokens' weights from a file; their tokens come with `loadAssets`. */
  override loadOwnVariables(store: ReadonlyMap<string, Tensor>): void {
    this.#loadedWeights = store.get("idf_weights");
  }
  #loadedWeights: Tensor | undefined;

  /** Puts the vocabulary into a file of its own, unless the config has it. Throws {@linkcode ValueError} for line breaks. */
  override saveAssets(assets: Map<string, string>): void {
    if (this.inputVocabulary !== null) return;
    const includeSpecialTokens = this.oovToken !== null || this.numOovIndices === 0;
    const lines = this.getVocabulary({ includeSpecialTokens }).map(String);
    const broken = lines.find((line) => /[\n\r]/.test(line));
    if (broken !== undefined) {
      throw new ValueError({
        what: `Cannot save "${this.name}"`,
        rule: "tokens of a vocabulary in a file must have no line breaks",
        received: describe(broken),
        hint: "give the vocabulary to the constructor, so that the config has it",
      });
    }
    assets.set("vocabulary.txt", lines.join("\n"));
  }

  /** Takes the vocabulary from its file. */
  override loadAssets(assets: ReadonlyMap<string, Uint8Array>): void {
    const bytes = assets.get("vocabulary.txt");
    if (this.inputVocabulary !== null || !bytes) return;
    const what = `Cannot load the vocabulary of "${this.name}"`;
    const tokens = this.#parsed(linesOf(new TextDecoder().decode(bytes), this.frozenSize ?? 0), what);
    // A vocabulary that was saved before it was learned.
    if (tokens.length <= this.#tokenStart) return;
    this.#set(tokens, this.#loadedWeights ? this.#idfOf(tokens.length, this.#loadedWeights) : null, what);
  }

  /** The weights of tokens from a file, without the zeros up to `maxTokens`. */
  #idfOf(count: number, { data }: Tensor): readonly number[] {
    return Array.from(data.subarray(0, count));
  }
}

/** The mean of float32 numbers, rounded to one. */
const meanOf = (numbers: readonly number[]): number =>
  Math.fround(numbers.reduce((sum, item) => sum + item, 0) / numbers.length);
