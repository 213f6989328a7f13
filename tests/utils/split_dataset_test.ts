// splitDataset: Keras's parts, of arrays and of datasets.
import assert from "node:assert/strict";
import { type CeratopsError, ShapeError, ValueError } from "../../lib/errors.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { bucketByLength } from "../../lib/utils/bucketing.ts";
import { splitDataset, type SplitDatasetOptions } from "../../lib/utils/split_dataset.ts";
import { timeseriesDatasetFromArray } from "../../lib/utils/timeseries.ts";
import { PyDataset } from "../../lib/training/py_dataset.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";

const datasets = golden("datasets");
const [x, y] = [toTensor(datasets.x), toTensor(datasets.y)];

Deno.test("arrays are split as by Keras, shuffled ones too", async () => {
  for (const { is_list: isList, options, parts } of datasets.splits) {
    const split = isList
      ? await splitDataset([x, y], camelCased(options))
      : (await splitDataset(x, camelCased(options))).map((part) => [part]);
    const plain = split.map((part) => part.map((of) => of.toArray()));
    const expected = parts.map((part: Table[]) => part.map((of) => toTensor(of).toArray()));
    assert.deepEqual(plain, expected, JSON.stringify(options));
  }
});

Deno.test("datasets are split by samples, into batches of their size", async () => {
  const rows = timeseriesDatasetFromArray(x, y, 1, { batchSize: datasets.batch })
    .map(([x, y]) => [x.reshape([x.shape[0], 3]), y] as const);
  const halves = await splitDataset(rows, { leftSize: 0.6, shuffle: true, seed: 3 });
  for (const [i, half] of halves.entries()) {
    const batches: unknown[] = [];
    for await (const batch of half) batches.push(batch.map((part) => part.toArray()));
    assert.equal(half.numBatches, batches.length);
    const expected = datasets.split_batches[i].map((batch: Table[]) => batch.map((part) => toTensor(part).toArray()));
    assert.deepEqual(batches, expected);
  }
});

Deno.test("texts, and batches of one part, are split too", async () => {
  class Texts extends PyDataset<readonly [string[], Tensor]> {
    override get numBatches() {
      return 2;
    }
    override getItem(index: number): readonly [string[], Tensor] {
      return [[`a${index}`, `b${index}`], tensor([index, index], undefined, "int32")];
    }
  }
  const [left, right] = await splitDataset(new Texts(), { rightSize: 1 });
  const all = async (dataset: AsyncIterable<unknown>) => {
    const batches: unknown[] = [];
    for await (const batch of dataset) batches.push(batch);
    return batches;
  };
  const labels = (...values: number[]) => tensor(values, undefined, "int32");
  assert.deepEqual(await all(left), [[["a0", "b0"], labels(0, 0)], [["a1"], labels(1)]]);
  assert.deepEqual(await all(right), [[["b1"], labels(1)]]);
  const alone = timeseriesDatasetFromArray([1, 2, 3], null, 1, { batchSize: 2 });
  const [first] = await splitDataset(alone, { leftSize: 2 });
  assert.deepEqual((await all(first)).map((batch) => (batch as Tensor).toArray()), [[[1], [2]]]);
});

Deno.test("mistakes are told before any work", async () => {
  const refused = (options: SplitDatasetOptions, pattern: RegExp, kind: typeof CeratopsError = ValueError) =>
    assert.rejects(
      splitDataset([x, y], options),
      (error: Error) => error instanceof kind && pattern.test(error.message),
      String(pattern),
    );
  await refused({}, /leftSize or rightSize must be given/);
  await refused({ leftSize: 0 }, /leftSize must be a whole number of samples, or a fraction/);
  await refused({ leftSize: 1.5 }, /received 1.5/);
  await refused({ leftSize: 10 }, /at most the 10 that there are, received 10 and 0/);
  await refused({ leftSize: 0.01 }, /received 0 and 10/);
  await refused({ leftSize: 6, rightSize: 5 }, /received 6 and 5/);
  await refused({ left_size: 6 } as object, /did you mean "leftSize"/);
  await assert.rejects(splitDataset([x, y.rows(0, 4)], { leftSize: 2 }), (error: Error) => error instanceof ShapeError);
  await assert.rejects(splitDataset(3, { leftSize: 2 }), (error: Error) => error instanceof ShapeError);
  const buckets = bucketByLength([[1], [2, 3], [4, 5, 6]], null, { batchSize: 1, shuffle: false });
  await assert.rejects(splitDataset(buckets, { leftSize: 1 }), /samples of all batches must be of one shape/);
});
