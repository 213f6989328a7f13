// Boston housing: 506 suburbs with 13 features and the median price of houses, in thousands of dollars.
// https://keras.io/api/datasets/boston_housing/
import { readMethodOptions } from "../options.ts";
import { type HousingData, type HousingOptions, housingOptions, readHousing } from "./housing.ts";
import { keras, readPublished } from "./published.ts";

export type { HousingData, HousingOptions } from "./housing.ts";

const suburbs = keras("boston_housing.npz", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5");

/**
 * Loads the suburbs of Boston as `[[xTrain, yTrain], [xTest, yTest]]`, float32: features `[404, 13]` and `[102, 13]`, and
 * prices `[404]` and `[102]`. One of the features is built on a racist assumption of its authors of 1978: use it to
 * reproduce old results, and `datasets.california_housing` else. The file of 57 kB is fetched once.
 * As `keras.datasets.boston_housing.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 * @throws {ValueError} for an invalid option
 *
 * @example Suburbs for training and for tests
 * ```ts ignore
 * const [[xTrain, yTrain], [xTest, yTest]] = await datasets.boston_housing.loadData();
 * ```
 */
export async function loadData(options: HousingOptions = {}): Promise<HousingData> {
  const what = "Cannot load Boston housing";
  const kept = readMethodOptions("boston_housing.loadData", housingOptions, options, what);
  return await readHousing(await readPublished(suburbs, what), kept, what);
}
