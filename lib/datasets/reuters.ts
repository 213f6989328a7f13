// Reuters: 11,228 newswires, as lists of word ids, of 46 topics. https://keras.io/api/datasets/reuters/
import { readMethodOptions } from "../options.ts";
import { keras, readPublished, readWordIndex } from "./published.ts";
import { readReuters, type ReutersOptions, reutersOptions } from "./word_id_files.ts";
import type { WordIdData } from "./word_ids.ts";

export type { ReutersOptions } from "./word_id_files.ts";
export type { WordIdData } from "./word_ids.ts";

const newswires = keras("reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916");
const words = keras("reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921");

/**
 * Loads Reuters as `[[xTrain, yTrain], [xTest, yTest]]`: 8,982 and 2,246 newswires, lists of word ids as those of
 * `datasets.imdb`, and labels int32 from 0 to 45. The file of 2 MB is fetched once.
 * As `keras.datasets.reuters.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 * @throws {ValueError} for an invalid option
 *
 * @example Bags of words
 * ```ts ignore
 * const [[xTrain, yTrain]] = await datasets.reuters.loadData({ numWords: 1000 });
 * ```
 */
export async function loadData(options: ReutersOptions = {}): Promise<WordIdData> {
  const what = "Cannot load Reuters";
  const kept = readMethodOptions("reuters.loadData", reutersOptions, options, what);
  return readReuters(await readPublished(newswires, what), kept, what);
}

/**
 * Loads the words of Reuters with their ids from 1 on. As `keras.datasets.reuters.get_word_index`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 *
 * @example The number of words
 * ```ts ignore
 * console.log(Object.keys(await datasets.reuters.getWordIndex()).length); // 30979
 * ```
 */
export async function getWordIndex(): Promise<Record<string, number>> {
  return await readWordIndex(words, "Cannot load the words of Reuters");
}

/** The names of the topics, by label. As `keras.datasets.reuters.get_label_names`. */
export function getLabelNames(): string[] {
  return [...labelNames];
}

// deno-fmt-ignore
const labelNames: readonly string[] = [
  "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar", "trade",
  "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp", "meal-feed", "alum",
  "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
  "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
];
