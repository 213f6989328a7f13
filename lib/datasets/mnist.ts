// MNIST: 70,000 handwritten digits of 28 by 28 pixels, stored next to this file.
import type { Tensor } from "../tensor/tensor.ts";
import { decodeMnistFile, mnistFiles, readMnistText } from "./mnist_files.ts";

/** Training and test pairs of images and labels. */
export type MnistData = [train: [images: Tensor, labels: Tensor], test: [images: Tensor, labels: Tensor]];

/**
 * Loads MNIST as `[[xTrain, yTrain], [xTest, yTest]]`, all `uint8`: images `[60000, 28, 28]` and `[10000, 28, 28]` from
 * 0 (background) to 255 (ink), labels `[60000]` and `[10000]` from 0 to 9. Each call decodes the data again.
 *
 * From disk this needs `--allow-read`, unless `lib/datasets/mnist_embedded.ts` was imported. Source: Yann LeCun,
 * Corinna Cortes, Christopher Burges, The MNIST database; as `keras.datasets.mnist.load_data()`.
 *
 * @throws {FileError} if a file is missing, cannot be read, or is not the published one
 *
 * @example The first digit
 * ```ts
 * import { datasets, utils } from "./mod.ts";
 * const [[xTrain, yTrain]] = await datasets.mnist.loadData();
 * console.log(yTrain.data[0]); // 5
 * utils.showImage(xTrain.rows(0, 1));
 * ```
 */
export async function loadData(): Promise<MnistData> {
  const [xTrain, yTrain, xTest, yTest] = await Promise.all(
    mnistFiles.map(async (file) => decodeMnistFile(file, await readMnistText(file))),
  );
  return [[xTrain, yTrain], [xTest, yTest]];
}
