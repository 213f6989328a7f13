// CIFAR-100: 60,000 colour pictures of 32 by 32 pixels in 100 classes of 20 groups. https://keras.io/api/datasets/cifar100/
// Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009).
import { choice } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { type CifarData, readBatches } from "./cifar.ts";
import { readPublishedArchive } from "./published.ts";

export type { CifarData } from "./cifar.ts";

const archive = {
  name: "cifar-100-python-target",
  url: "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
  hash: "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
};
const [train, test] = ["cifar-100-python/train", "cifar-100-python/test"];

/** Options of `datasets.cifar100.loadData`. */
export interface Cifar100Options {
  /** `fine`, the default, for the 100 classes, or `coarse` for their 20 groups. */
  labelMode?: "fine" | "coarse";
}

const cifar100Options = optionTable<Cifar100Options>()({ labelMode: choice(["fine", "coarse"]) });

/**
 * Loads CIFAR-100 as `[[xTrain, yTrain], [xTest, yTest]]`, all `uint8`: pictures `[50000, 32, 32, 3]` and
 * `[10000, 32, 32, 3]`, and labels `[50000, 1]` and `[10000, 1]`. The file of 169 MB is fetched once.
 * As `keras.datasets.cifar100.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 * @throws {ValueError} for an invalid option
 *
 * @example The 20 groups
 * ```ts ignore
 * const [[xTrain, yTrain]] = await datasets.cifar100.loadData({ labelMode: "coarse" });
 * ```
 */
export async function loadData(options: Cifar100Options = {}): Promise<CifarData> {
  const what = "Cannot load CIFAR-100";
  const { labelMode } = readMethodOptions("cifar100.loadData", cifar100Options, options, what);
  const member = await readPublishedArchive(archive, [train, test], what);
  const key = `${labelMode}_labels`;
  return [readBatches([member(train)], key, what), readBatches([member(test)], key, what)];
}
