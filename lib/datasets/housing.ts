// What the data sets of house prices share: a table, in a shuffled order, and its division.
import { readNpy } from "../files/npy.ts";
import { integer } from "../option_kinds.ts";
import { type KeptOptions, optionTable } from "../options.ts";
import { NumpyRandom } from "../python_shuffles.ts";
import { Tensor } from "../tensor/tensor.ts";
import { npzMembers, splitAt, testSplitOption } from "./published.ts";

/** How a table of house prices is divided. */
export interface HousingOptions {
  /** The share of rows that are for tests, from 0 to less than 1; 0.2 by default. */
  testSplit?: number;
  /** The seed of the order of rows; 113 by default. */
  seed?: number;
}

/** The options of {@linkcode HousingOptions}. */
export const housingOptions = optionTable<HousingOptions>()({
  testSplit: testSplitOption,
  seed: integer(113, { min: 0, max: 2 ** 32 - 1 }),
});

/** Tables `[rows, features]` and prices `[rows]`, float32. */
export type HousingData = [train: [features: Tensor, prices: Tensor], test: [features: Tensor, prices: Tensor]];

/** The data in the bytes of an archive with `x` and `y`; `rows`, if given, are the first that are taken. */
export async function readHousing(
  file: Uint8Array,
  { testSplit, seed }: KeptOptions<typeof housingOptions>,
  what: string,
  rows?: number,
): Promise<HousingData> {
  const member = await npzMembers(file, what);
  const [x, y] = ["x", "y"].map((name) => readNpy(member(name), what));
  const order = new NumpyRandom(seed).shuffled([...y.data.keys()].slice(0, rows));
  const at = splitAt(order.length, testSplit);
  const part = (places: readonly number[]): [Tensor, Tensor] => [rowsAt(x, places), rowsAt(y, places)];
  return [part(order.slice(0, at)), part(order.slice(at))];
}

/** The rows of a tensor at these places. */
function rowsAt({ shape: [rows, ...extents], dtype, data }: Tensor, places: readonly number[]): Tensor {
  const size = data.length / rows;
  const taken = data.slice(0, places.length * size);
  places.forEach((place, i) => taken.set(data.subarray(place * size, (place + 1) * size), i * size));
  return new Tensor([places.length, ...extents], dtype, taken);
}
