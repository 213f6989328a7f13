// Texts as lists of word ids, as Keras's data sets of reviews and newswires give them.
import { ValueError } from "../errors.ts";
import { integer, integerAtLeast } from "../option_kinds.ts";
import { type KeptOptions, nullable, optionTable } from "../options.ts";
import type { NumpyRandom } from "../python_shuffles.ts";
import { Tensor } from "../tensor/tensor.ts";

/** How texts of word ids are prepared. */
export interface WordIdOptions {
  /** Only the so many most frequent words are kept, the others become `oovChar`; null, the default, for all. */
  numWords?: number | null;
  /** So many of the most frequent words become `oovChar`; 0 by default. */
  skipTop?: number;
  /** Only texts of fewer ids than this are kept; null, the default, for all. */
  maxlen?: number | null;
  /** The seed of the order of texts; 113 by default. */
  seed?: number;
  /** The id that each text begins with; 1 by default, null for none. */
  startChar?: number | null;
  /** The id of words that are left out; 2 by default, null to leave them out without a trace. */
  oovChar?: number | null;
  /** The id of the most frequent word, less 1; 3 by default. */
  indexFrom?: number;
}

/** The options of {@linkcode WordIdOptions}. */
export const wordIdOptions = optionTable<WordIdOptions>()({
  numWords: nullable(integerAtLeast(0)),
  skipTop: integerAtLeast(0, 0),
  maxlen: nullable(integerAtLeast(0)),
  seed: integer(113, { min: 0, max: 2 ** 32 - 1 }),
  startChar: nullable(integerAtLeast(0), 1),
  oovChar: nullable(integerAtLeast(0), 2),
  indexFrom: integerAtLeast(0, 3),
});

/** Texts, and the label of each. */
export interface LabelledTexts {
  readonly texts: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** Texts of word ids and their labels, int32. */
export type WordIdData = [train: [texts: number[][], labels: Tensor], test: [texts: number[][], labels: Tensor]];

type Prepared = Omit<KeptOptions<typeof wordIdOptions>, "numWords" | "skipTop" | "oovChar" | "seed">;

/** Texts in a new order, with ids that leave room for the first, and without those that are too long. */
export function prepared({ texts, labels }: LabelledTexts, random: NumpyRandom, options: Prepared): LabelledTexts {
  const { maxlen, startChar, indexFrom } = options;
  const kept = random.shuffled([...texts.keys()]).map((i) => {
    const ids = texts[i].map((id) => id + indexFrom);
    return { text: startChar === null ? ids : [startChar, ...ids], label: labels[i] };
  }).filter(({ text }) => !maxlen || text.length < maxlen);
  return { texts: kept.map(({ text }) => text), labels: kept.map(({ label }) => label) };
}

/** Texts in which words that are too rare or too frequent are replaced, or left out. */
export function limited(
  texts: LabelledTexts["texts"],
  { numWords, skipTop, oovChar }: Pick<KeptOptions<typeof wordIdOptions>, "numWords" | "skipTop" | "oovChar">,
): number[][] {
  // As Keras has it: without a limit the rarest word is left out all the same.
  const end = numWords || texts.reduce((most, text) => text.reduce((a, b) => Math.max(a, b), most), -Infinity);
  const isKept = (id: number) => id >= skipTop && id < end;
  return texts.map((text) => oovChar === null ? text.filter(isKept) : text.map((id) => isKept(id) ? id : oovChar));
}

/** Throws {@linkcode ValueError} where no text is left. */
export function requireTexts(sets: readonly LabelledTexts[], maxlen: number | null, what: string): void {
  if (sets.every(({ texts }) => texts.length > 0)) return;
  throw new ValueError({
    what,
    rule: "maxlen must leave texts in each part",
    received: `${maxlen}, which leaves none`,
    hint: "choose it larger",
  });
}

/** Labels as a tensor. */
export const labelsOf = (labels: readonly number[]): Tensor =>
  new Tensor([labels.length], "int32", Int32Array.from(labels));
