// The files of Keras's data sets of word ids: IMDB's reviews and Reuters' newswires.
import { readNpy } from "../files/npy.ts";
import { readNpyLists } from "../files/npy_objects.ts";
import { type KeptOptions, optionTable } from "../options.ts";
import { NumpyRandom } from "../python_shuffles.ts";
import { npzMembers, splitAt, testSplitOption } from "./published.ts";
import {
  labelsOf,
  limited,
  prepared,
  requireTexts,
  type WordIdData,
  type WordIdOptions,
  wordIdOptions,
} from "./word_ids.ts";

/** The data in the bytes of `imdb.npz`. */
export async function readImdb(
  file: Uint8Array,
  options: KeptOptions<typeof wordIdOptions>,
  what: string,
): Promise<WordIdData> {
  const member = await npzMembers(file, what);
  // One generator orders both.
  const random = new NumpyRandom(options.seed);
  const [train, test] = ["train", "test"].map((part) =>
    prepared(
      {
        texts: readNpyLists(member(`x_${part}`), what),
        labels: Array.from(readNpy(member(`y_${part}`), what).data),
      },
      random,
      options,
    )
  );
  if (options.maxlen) requireTexts([train, test], options.maxlen, what);
  const texts = limited([...train.texts, ...test.texts], options);
  return [
    [texts.slice(0, train.texts.length), labelsOf(train.labels)],
    [texts.slice(train.texts.length), labelsOf(test.labels)],
  ];
}

/** Options of `datasets.reuters.loadData`. */
export interface ReutersOptions extends WordIdOptions {
  /** The share of newswires that are for tests; 0.2 by default. */
  testSplit?: number;
}

/** The options of {@linkcode ReutersOptions}. */
export const reutersOptions = optionTable<ReutersOptions>()({ ...wordIdOptions, testSplit: testSplitOption });

/** The data in the bytes of `reuters.npz`. */
export async function readReuters(
  file: Uint8Array,
  options: KeptOptions<typeof reutersOptions>,
  what: string,
): Promise<WordIdData> {
  const member = await npzMembers(file, what);
  const labels = Array.from(readNpy(member("y"), what).data);
  const all = prepared({ texts: readNpyLists(member("x"), what), labels }, new NumpyRandom(options.seed), options);
  const texts = limited(all.texts, options);
  const at = splitAt(texts.length, options.testSplit);
  return [
    [texts.slice(0, at), labelsOf(all.labels.slice(0, at))],
    [texts.slice(at), labelsOf(all.labels.slice(at))],
  ];
}
