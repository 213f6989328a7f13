// The options of lookups: tokens, vocabularies and their weights.
import { describe, describeList, ShapeError, ValueError } from "../errors.ts";
import { boolean, choice, integer, integerAtLeast, isInteger, isNumber } from "../option_kinds.ts";
import { nullable, type Option, option, optionTable } from "../options.ts";
import { isListOf } from "../shape.ts";
import { StringTensor } from "../tensor/strings.ts";
import type { TypedArray } from "../dtype.ts";
import { isDetached, Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import type { Salt } from "../text/buckets.ts";
import type { Token } from "../text/vocabulary.ts";
import { noSparse, outputMode, type VectorMode } from "./category_encoding.ts";
import type { LayerOptions } from "./layer.ts";
import { layerOptions } from "./options.ts";

/** What a lookup gives: indices, or vectors of them, with `tf_idf` counts times how rare each token is. */
export type LookupMode = "int" | VectorMode | "tf_idf";

/** How integers that are not in a vocabulary share several indices: by their remainder, or by their hash. */
export type OovMethod = "floormod" | "farmhash";

/** Options of lookups. */
export interface IndexLookupOptions<T extends Token> extends LayerOptions {
  /** The most entries of a vocabulary that `adapt` learns, special ones included; null for no limit. */
  maxTokens?: number | null;
  /** The number of indices for what is not in the vocabulary; 1 by default. With 0 such input is an error. */
  numOovIndices?: number;
  /** A token that stands for nothing: its index is 0, and vectors do not count it. */
  maskToken?: T | null;
  /** What an inverse lookup gives for indices of unknown tokens. */
  oovToken?: T | null;
  /** The tokens in order, or the path of a file with one on each line; else call `adapt` or `setVocabulary`. */
  vocabulary?: readonly T[] | string | Tensor | StringTensor | null;
  /** For `outputMode: "tf_idf"`: the weight of each token of the vocabulary. */
  idfWeights?: TensorLike | null;
  /** Whether to give the tokens of indices, in place of the indices of tokens; false by default. */
  invert?: boolean;
  /**
   * `"int"` (the default) for indices; `"one_hot"`, `"multi_hot"` and `"count"` for vectors as of `CategoryEncoding`;
   * `"tf_idf"` for counts times the weights of the tokens.
   */
  outputMode?: LookupMode;
  /** Whether vectors have `maxTokens` elements, however many tokens there are; false by default. */
  padToMaxTokens?: boolean;
  /** Two integers, or one for both, which make the hashes of unknown tokens others. */
  salt?: number | readonly [number, number] | null;
  /** The number of entries of a vocabulary that comes later, from a file: vectors are that long. */
  vocabularySize?: number | null;
}

/** One or two integers that salt a hash. */
export const saltOption: Option<Salt | null> = nullable(option<Salt>({
  read: (given, { whatNamed, option }) => {
    if (isInteger(given)) return [given, given];
    if (isListOf(given, isInteger) && given.length === 2) return [given[0], given[1]];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an integer, or a list of two`,
      received: describeList(given),
      hint: "write it as in salt: [133, 137]",
    });
  },
}));

/** Whether something is a text. */
export const isText = (given: unknown): given is string => typeof given === "string";

/** A token of the vocabulary's kind. */
function checkedToken<T extends Token>(given: unknown, kind: "string" | "number", what: string, name: string): T {
  if (kind === "string" ? isText(given) : isInteger(given)) return given as T;
  throw new ValueError({
    what,
    rule: `${name} must be ${kind === "string" ? "a text" : "an integer"}`,
    received: describe(given),
    hint: kind === "string" ? "IntegerLookup takes integers" : "StringLookup takes texts",
  });
}

/** The option of one token. */
export const tokenOption = <T extends Token>(kind: "string" | "number", fallback: T | null): Option<T | null> =>
  option<T | null>({
    fallback,
    nullable: true,
    read: (given, { whatNamed, option }) => given === null ? null : checkedToken(given, kind, whatNamed, option),
  });

/** The tokens of a vocabulary as given, unless it is the path of a file. */
export function tokensOf<T extends Token>(given: unknown, kind: "string" | "number", what: string): readonly T[] {
  const data: unknown = given instanceof StringTensor || given instanceof Tensor ? given.data : given;
  const list = ArrayBuffer.isView(data) && !isDetached(data) ? Array.from(data as TypedArray) : data;
  if (!Array.isArray(list) || list.length > 2 ** 28) {
    throw new ValueError({
      what,
      rule: `vocabulary must be a list of ${kind === "string" ? "texts" : "integers"}, or the path of a file`,
      received: describe(given),
      hint: kind === "string" ? 'write it as in vocabulary: ["a", "b"]' : "write it as in vocabulary: [12, 36]",
    });
  }
  return Array.from(list, (item, i) => checkedToken<T>(item, kind, what, `vocabulary[${i}]`));
}

/** The option of a vocabulary: a list, or a path. A config in a file may not name other files. */
export const vocabularyOption = <T extends Token>(kind: "string" | "number"): Option<readonly T[] | string | null> => ({
  ...nullable(option<readonly T[] | string>({
    read: (given, { whatNamed }) => isText(given) ? given : tokensOf<T>(given, kind, whatNamed),
  })),
  field: "inputVocabulary",
  inConfigs: {
    suits: (value) => !isText(value),
    rule: "must be a list of tokens: a config may not read files beside it",
    hint: "make the layer with the path here, and load weights into it",
  },
});

/** The option of the tokens' weights. */
export const idfOption: Option<readonly number[] | null> = {
  ...nullable(option<readonly number[]>({
    read: (given, { whatNamed, option }) => weightsOf(given, whatNamed, option),
  })),
  field: "inputIdfWeights",
};

/** The weights of tokens: one number for each. */
export function weightsOf(given: unknown, what: string, name: string): readonly number[] {
  if (isListOf(given, isNumber)) return [...given];
  const { shape, data } = toTensor(given as TensorLike, what, name, "float32");
  if (shape.length === 1) return Array.from(data);
  throw new ShapeError({
    what,
    rule: `${name} must be a list of numbers`,
    received: `${shape.length} axes`,
    hint: "give one number for each token of the vocabulary",
  });
}

/** The options that both lookups have, but for those of their kind of token, in Keras's order. */
export const indexLookupOptions = optionTable<
  Pick<
    IndexLookupOptions<Token>,
    | "maxTokens"
    | "numOovIndices"
    | "invert"
    | "outputMode"
    | "padToMaxTokens"
    | "salt"
    | "vocabularySize"
    | "idfWeights"
  >
>()({
  ...layerOptions,
  invert: boolean(false),
  maxTokens: nullable(integerAtLeast(2)),
  numOovIndices: integer(1, { min: 0 }),
  outputMode: outputMode(["int", "one_hot", "multi_hot", "count", "tf_idf"], "int"),
  sparse: noSparse,
  padToMaxTokens: boolean(false),
  idfWeights: idfOption,
  vocabularySize: { ...nullable(integerAtLeast(0)), field: "frozenSize" },
  oovMethod: choice(["floormod", "farmhash"], "floormod"),
  salt: saltOption,
});

/** Options that are kept in fields of other names. */
export type KeptElsewhere = "vocabulary" | "idfWeights" | "vocabularySize";
