// CIFAR-10: 60,000 colour pictures of 32 by 32 pixels in 10 classes. https://keras.io/api/datasets/cifar10/
// Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009).
import { type CifarData, readBatches } from "./cifar.ts";
import { readPublishedArchive } from "./published.ts";

export type { CifarData } from "./cifar.ts";

const archive = {
  name: "cifar-10-batches-py-target",
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
  hash: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
};
const folder = "cifar-10-batches-py";
const trainFiles = [1, 2, 3, 4, 5].map((i) => `${folder}/data_batch_${i}`);
const testFiles = [`${folder}/test_batch`];

/**
 * Loads CIFAR-10 as `[[xTrain, yTrain], [xTest, yTest]]`, all `uint8`: pictures `[50000, 32, 32, 3]` and
 * `[10000, 32, 32, 3]`, and labels `[50000, 1]` and `[10000, 1]`: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog,
 * 6 frog, 7 horse, 8 ship, 9 truck. The file of 170 MB is fetched once. As `keras.datasets.cifar10.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 *
 * @example Pictures from 0 to 1
 * ```ts ignore
 * const [[xTrain, yTrain], [xTest, yTest]] = await datasets.cifar10.loadData();
 * const x = ops.divide(ops.cast(xTrain, "float32"), 255);
 * ```
 */
export async function loadData(): Promise<CifarData> {
  const what = "Cannot load CIFAR-10";
  const member = await readPublishedArchive(archive, [...trainFiles, ...testFiles], what);
  return [readBatches(trainFiles.map(member), "labels", what), readBatches(testFiles.map(member), "labels", what)];
}
