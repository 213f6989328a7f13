// California housing: 20,640 groups of blocks with 8 features and the median price of houses, in dollars.
// https://keras.io/api/datasets/california_housing/
import { choice } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { type HousingData, type HousingOptions, housingOptions, readHousing } from "./housing.ts";
import { keras, readPublished } from "./published.ts";

export type { HousingData, HousingOptions } from "./housing.ts";

const blocks = keras("california_housing.npz", "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f");

/** Options of `datasets.california_housing.loadData`. */
export interface CaliforniaHousingOptions extends HousingOptions {
  /** `large`, the default, for all rows, or `small` for the first 600. */
  version?: "large" | "small";
}

/** The options of {@linkcode CaliforniaHousingOptions}. */
const californiaOptions = optionTable<CaliforniaHousingOptions>()({
  ...housingOptions,
  version: choice(["large", "small"]),
});

const smallRows = 600;

/**
 * Loads the blocks of California as `[[xTrain, yTrain], [xTest, yTest]]`, float32: features `[16512, 8]` and
 * `[4128, 8]`, and prices `[16512]` and `[4128]`. The features are the median income, the median age of houses, rooms and
 * bedrooms of a household, population, members of a household, latitude and longitude. The file of 744 kB is fetched once.
 * As `keras.datasets.california_housing.load_data`.
 *
 * @throws {FileError} if the file cannot be had, or is not the published one
 * @throws {ValueError} for an invalid option
 *
 * @example The small table
 * ```ts ignore
 * const [[xTrain, yTrain]] = await datasets.california_housing.loadData({ version: "small" });
 * console.log(xTrain.shape); // [ 480, 8 ]
 * ```
 */
export async function loadData(options: CaliforniaHousingOptions = {}): Promise<HousingData> {
  const what = "Cannot load California housing";
  const { version, ...kept } = readMethodOptions("california_housing.loadData", californiaOptions, options, what);
  const rows = version === "small" ? smallRows : undefined;
  return await readHousing(await readPublished(blocks, what), kept, what, rows);
}
