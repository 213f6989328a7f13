// decodePredictions: the names of the likeliest classes of ImageNet. https://keras.io/api/applications/
import { FileError, ShapeError } from "../errors.ts";
import { type FileSource, nameOfSource, readSource } from "../files/source.ts";
import { positiveInteger, uncheckedHere } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { type TensorLike, toTensor } from "../tensor/tensor.ts";
import { pathOf } from "./published_weights.ts";

/** Options of `decodePredictions`. */
export interface DecodeOptions {
  /** How many classes of each image to give; 5 by default. */
  top?: number;
  /**
   * The file of the names, JSON such as `{"0": ["n01440764", "tench"], ...}`, by its path, its URL or its bytes. By
   * default Keras's, which is downloaded once and kept in `~/.keras/models`.
   */
  classIndex?: FileSource | null;
}

/** A class of ImageNet: its WordNet ID, its name, and its score. */
export type DecodedPrediction = readonly [id: string, name: string, score: number];

const decodeOptions = optionTable<DecodeOptions>()({
  top: positiveInteger(5),
  classIndex: nullable(uncheckedHere<FileSource>()),
});

const classes = 1000;

const published = {
  name: "imagenet_class_index.json",
  url: "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
  hash: "c2c37ea517e94d9795004a39431a14cb",
};

/**
 * The likeliest classes of ImageNet for each image, as `keras.applications.imagenet_utils.decode_predictions`.
 *
 * @param preds the outputs of a model with its top, `[images, 1000]`
 * @param options how many classes, and the file of their names
 * @returns for each image a list of classes, the likeliest first
 * @throws {ShapeError} for outputs of another shape
 * @throws {FileError} for a file of names that cannot be had, or is another one
 *
 * @example
 * ```ts
 * import { applications, ops, tensor } from "./mod.ts";
 * const names = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, [`id${i}`, `class ${i}`]]));
 * const classIndex = new TextEncoder().encode(JSON.stringify(names));
 * const preds = ops.oneHot(tensor([281, 7]), 1000);
 * const [[first]] = await applications.vgg16.decodePredictions(preds, { top: 1, classIndex });
 * console.log(first); // [ "id281", "class 281", 1 ]
 * ```
 */
export async function decodePredictions(
  preds: TensorLike,
  options: DecodeOptions = {},
): Promise<DecodedPrediction[][]> {
  const what = "Cannot decode predictions";
  const { top, classIndex } = readMethodOptions("decodePredictions", decodeOptions, options, what);
  const { shape, data } = toTensor(preds, what, "preds", "float32");
  if (shape.length !== 2 || shape[1] !== classes) {
    throw new ShapeError({
      what,
      rule: `preds must be [images, ${classes}]`,
      received: formatShape(shape),
      hint: "give what a model with its top and all classes of ImageNet predicts",
    });
  }
  const source = classIndex ?? await pathOf(published);
  const names = readNames(await readSource(source, what), `${what} with ${nameOfSource(source)}`);
  return Array.from({ length: shape[0] }, (_, row) => {
    const scores = data.subarray(row * classes, (row + 1) * classes);
    const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]).slice(0, top);
    return order.map((i): DecodedPrediction => [...names[i], scores[i]]);
  });
}

/** The IDs and the names of the classes in a file. */
function readNames(bytes: Uint8Array, what: string): (readonly [id: string, name: string])[] {
  const refuse = (received: string): never => {
    throw new FileError({
      what,
      rule: `it must be JSON with an ID and a name for each of the indices 0 to ${classes - 1}`,
      received,
      hint: "give Keras's imagenet_class_index.json",
    });
  };
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    refuse((error as Error).message);
  }
  const byIndex = (read ?? {}) as Readonly<Record<string, unknown>>;
  return Array.from({ length: classes }, (_, i) => {
    const entry = byIndex[i];
    const isPair = Array.isArray(entry) && entry.length === 2 && entry.every((item) => typeof item === "string");
    return isPair ? entry as [string, string] : refuse(`none for ${i}`);
  });
}
