// Fashion-MNIST: 70,000 pictures of clothes of 28 by 28 pixels, in the files' form of MNIST.
// Xiao, Rasul and Vollgraf, Fashion-MNIST (2017). https://keras.io/api/datasets/fashion_mnist/
import type { Tensor } from "../tensor/tensor.ts";
import { readGzippedIdx } from "./idx.ts";
import { keras, readPublished } from "./published.ts";

/** Training and test pairs of images and labels. */
export type FashionMnistData = [train: [images: Tensor, labels: Tensor], test: [images: Tensor, labels: Tensor]];

/** The files and their shapes. Keras publishes no hashes of them; their headers and checksums are checked. */
const files = [
  ["train-images-idx3-ubyte.gz", [60000, 28, 28]],
  ["train-labels-idx1-ubyte.gz", [60000]],
  ["t10k-images-idx3-ubyte.gz", [10000, 28, 28]],
  ["t10k-labels-idx1-ubyte.gz", [10000]],
] as const;

/**
 * Loads Fashion-MNIST as `[[xTrain, yTrain], [xTest, yTest]]`, all `uint8`: images `[60000, 28, 28]` and
 * `[10000, 28, 28]` from 0 to 255, labels `[60000]` and `[10000]`: 0 T-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat,
 * 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot. The files of 30 MB are fetched once. As
 * `keras.datasets.fashion_mnist.load_data`.
 *
 * @throws {FileError} if a file cannot be had, or is not the published one
 *
 * @example Clothes for training and for tests
 * ```ts ignore
 * const [[xTrain, yTrain], [xTest, yTest]] = await datasets.fashion_mnist.loadData();
 * ```
 */
export async function loadData(): Promise<FashionMnistData> {
  const what = "Cannot load Fashion-MNIST";
  const hint = "remove the file, which is damaged, so that it is fetched again";
  const tensors: Tensor[] = [];
  for (const [name, shape] of files) {
    tensors.push(
      await readGzippedIdx(
        new Uint8Array(await readPublished(keras(name, null, "datasets/fashion-mnist"), what)),
        shape,
        {
          what,
          hint,
        },
      ),
    );
  }
  const [xTrain, yTrain, xTest, yTest] = tensors;
  return [[xTrain, yTrain], [xTest, yTest]];
}
