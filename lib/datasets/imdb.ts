// IMDB: 50,000 reviews of films, as lists of word ids, positive or negative.
// Maas et al., Learning Word Vectors for Sentiment Analysis (2011). https://keras.io/api/datasets/imdb/
import { readMethodOptions } from "../options.ts";
import { keras, readPublished, readWordIndex } from "./published.ts";
import { readImdb } from "./word_id_files.ts";
import { type WordIdData, type WordIdOptions, wordIdOptions } from "./word_ids.ts";

export type { WordIdData, WordIdOptions } from "./word_ids.ts";

const reviews = keras("imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f");
const words = keras("imdb_word_index.json", "bfafd718b763782e994055a2d397834f");

/**
 * Loads IMDB as `[[xTrain, yTrain], [xTest, yTest]]`: 25,000 reviews each, lists of word ids, and labels int32
 * `[25000]`, 1 for a positive one. The id 1 begins each, 2 stands for a word that is left out, and words are numbered from
 * 4 by how frequent they are; `utils.padSequences` makes a tensor of them. The file of 17 MB is fetched once.
 * As `keras.datasets.imdb.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 * @throws {ValueError} for an invalid option, or a `maxlen` that leaves no review
 *
 * @example The 20,000 most frequent words
 * ```ts ignore
 * const [[xTrain, yTrain]] = await datasets.imdb.loadData({ numWords: 20000 });
 * const x = utils.padSequences(xTrain, { maxlen: 200 });
 * ```
 */
export async function loadData(options: WordIdOptions = {}): Promise<WordIdData> {
  const what = "Cannot load IMDB";
  const kept = readMethodOptions("imdb.loadData", wordIdOptions, options, what);
  return readImdb(await readPublished(reviews, what), kept, what);
}

/**
 * Loads the words of IMDB with their ids from 1 on: those in reviews are larger by `indexFrom`, 3 by default.
 * As `keras.datasets.imdb.get_word_index`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 *
 * @example The words of a review
 * ```ts ignore
 * const words = new Map(Object.entries(await datasets.imdb.getWordIndex()).map(([word, id]) => [id + 3, word]));
 * console.log(xTrain[0].map((id) => words.get(id) ?? "?").join(" "));
 * ```
 */
export async function getWordIndex(): Promise<Record<string, number>> {
  return await readWordIndex(words, "Cannot load the words of IMDB");
}
