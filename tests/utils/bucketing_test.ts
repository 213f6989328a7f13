// bucketByLength: batches of few lengths, so that a training compiles few programs; and fit tells of each new one.
import assert from "node:assert/strict";
import { compiledBy } from "../../bench/compiled.ts";
import { type CeratopsError, ShapeError, ValueError } from "../../lib/errors.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import { Dense } from "../../lib/layers/core.ts";
import { GlobalAveragePooling1D } from "../../lib/layers/global_pooling.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { ones } from "../../lib/ops/composed.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import type { Tensor, TensorLike } from "../../lib/tensor/tensor.ts";
import type { Batch, Batches } from "../../lib/training/batches.ts";
import { PyDataset } from "../../lib/training/py_dataset.ts";
import { bucketByLength, type BucketOptions } from "../../lib/utils/bucketing.ts";
import { padSequences } from "../../lib/utils/sequences.ts";
import { testOnBackends } from "../backends.ts";
import { warningsOf } from "../warnings.ts";

/** Sequence `i` has the elements i + 0.5, of which there are `lengthOf(i)`; its target is i. */
const lengthOf = (i: number) => 1 + (i * i) % 13;
const sequences = Array.from({ length: 50 }, (_, i) => Array(lengthOf(i)).fill(i + 0.5) as number[]);
const targets = Int32Array.from(sequences, (_, i) => i);

async function batchesOf(dataset: AsyncIterable<readonly [Tensor, Tensor]>) {
  const batches: (readonly [Tensor, Tensor])[] = [];
  for await (const batch of dataset) batches.push(batch);
  return batches;
}

/** Checks that each batch holds its sequences, padded, each once; gives the order of sequences. */
function checkBatches(batches: readonly (readonly [Tensor, Tensor])[]): number[] {
  const seen: number[] = [];
  for (const [x, y] of batches) {
    y.data.forEach((i, row) => {
      seen.push(i);
      const found = [...x.rows(row, row + 1).data];
      const [head, tail] = [found.slice(0, lengthOf(i)), found.slice(lengthOf(i))];
      assert.deepEqual(head, sequences[i]);
      assert.ok(tail.every((value) => value === 0));
    });
  }
  assert.deepEqual(seen.toSorted((a, b) => a - b), [...targets]);
  return seen;
}

Deno.test("batches hold each sequence once, and all but the last are full", async () => {
  const bucketBoundaries = [4, 9, 13];
  for (const shuffle of [false, true]) {
    const data = bucketByLength(sequences, targets, { batchSize: 6, bucketBoundaries, shuffle, seed: 1 });
    const batches = await batchesOf(data);
    checkBatches(batches);
    assert.equal(batches.length, data.numBatches);
    assert.equal(data.numBatches, Math.ceil(50 / 6));
    assert.deepEqual(batches.map(([x]) => x.shape[0]), [...Array(8).fill(6), 2]);
    assert.ok(batches.every(([x]) => bucketBoundaries.includes(x.shape[1])));
  }
});

Deno.test("shuffled orders follow the seed, and each pass has its own", async () => {
  const make = (seed: number) => bucketByLength(sequences, targets, { batchSize: 4, seed });
  const data = make(1);
  const [first, second] = [checkBatches(await batchesOf(data)), checkBatches(await batchesOf(data))];
  assert.notDeepEqual(first, second);
  assert.deepEqual(checkBatches(await batchesOf(make(1))), first);
  assert.notDeepEqual(checkBatches(await batchesOf(make(2))), first);
});

Deno.test("buckets have as many sequences each, unless boundaries are given", async () => {
  const lengths = async (options: BucketOptions) => {
    const batches = await batchesOf(bucketByLength(sequences, targets, { batchSize: 5, shuffle: false, ...options }));
    return [...new Set(batches.map(([x]) => x.shape[1]))].sort((a, b) => a - b);
  };
  const sorted = sequences.map(({ length }) => length).sort((a, b) => a - b);
  assert.deepEqual(await lengths({ numBuckets: 2 }), [sorted[24], sorted[49]]);
  assert.deepEqual(await lengths({ numBuckets: 1 }), [sorted[49]]);
  // Longer sequences than the largest boundary have a bucket of their own.
  assert.deepEqual(await lengths({ bucketBoundaries: [3] }), [3, sorted[49]]);
});

Deno.test("sequences are cut and padded on the side that is asked for", async () => {
  const rows = [[1, 2, 3, 4, 5], [6]];
  const batch = async (options: BucketOptions) => {
    for await (const x of bucketByLength(rows, null, { batchSize: 2, shuffle: false, numBuckets: 1, ...options })) {
      return x.toArray();
    }
  };
  assert.deepEqual(await batch({}), [[1, 2, 3, 4, 5], [6, 0, 0, 0, 0]]);
  assert.deepEqual(await batch({ padding: "pre", value: -1 }), [[1, 2, 3, 4, 5], [-1, -1, -1, -1, 6]]);
  assert.deepEqual(await batch({ maxlen: 3 }), [[1, 2, 3], [6, 0, 0]]);
  assert.deepEqual(await batch({ maxlen: 3, truncating: "pre" }), [[3, 4, 5], [6, 0, 0]]);
  for (const truncating of ["pre", "post"] as const) {
    const kept = truncating === "pre" ? [3, 4, 5, 0] : [1, 2, 3, 0];
    assert.deepEqual(await batch({ maxlen: 3, bucketBoundaries: [4], truncating }), [kept, [6, 0, 0, 0]]);
  }
  const vectors = bucketByLength([[[1, 2]], [[3, 4], [5, 6]]], [0, 1], { batchSize: 2, shuffle: false, numBuckets: 1 });
  const [[x, y]] = await batchesOf(vectors);
  assert.deepEqual(x.toArray(), [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]);
  assert.deepEqual(y.toArray(), [0, 1]);
  const [[kept]] = await batchesOf(bucketByLength([[1.5], [2.5]], [0, 1], { shuffle: false, dtype: "int32" }));
  assert.deepEqual([kept.dtype, kept.toArray()], ["int32", [[1], [2]]]);
});

Deno.test("the rest may be left out", async () => {
  const data = bucketByLength(sequences, targets, { batchSize: 6, dropRemainder: true, numBuckets: 3 });
  const batches = await batchesOf(data);
  assert.deepEqual(batches.map(([x]) => x.shape[0]), Array(8).fill(6));
  assert.equal(new Set(batches.flatMap(([, y]) => [...y.data])).size, 48);
});

function pooled(): Sequential {
  const model = new Sequential(
    [Input({ shape: [null, 1] }), new GlobalAveragePooling1D(), new Dense(1)],
    { name: "m" },
  );
  model.compile({ optimizer: "sgd", loss: "mse" });
  return model;
}

const vectors = sequences.map((sequence) => sequence.map((value) => [value / 50]));
const y = sequences.map((_, i) => [i / 50]);

/** What `body` gives and what it warns of, while its progress is printed nowhere. */
async function quietly<T>(body: () => Promise<T>): Promise<[T, string[]]> {
  setTerminal({ isTerminal: false, columns: () => 80, write() {}, now: () => performance.now() / 1000 });
  try {
    return await warningsOf(body);
  } finally {
    setTerminal(undefined);
  }
}

/** One sequence at a time, so that there are as many shapes as lengths. */
const oneByOne = function* () {
  for (const [i, sequence] of vectors.entries()) yield [[sequence], [y[i]]] as const;
};

testOnBackends(
  "a training compiles a program for each bucket and one for the rest, and tells of all but the first",
  async () => {
    const lengths = new Set(sequences.map(({ length }) => length)).size;
    const cases: [Batches, number][] = [
      [bucketByLength(vectors, y, { batchSize: 6, bucketBoundaries: [4, 9, 13] }), 4],
      [bucketByLength(vectors, y, { batchSize: 5, bucketBoundaries: [4, 9, 13] }), 3],
      [oneByOne, lengths],
    ];
    for (const [data, programs] of cases) {
      const model = pooled();
      const executor = await getExecutor();
      const [compiled, told] = await quietly(() =>
        compiledBy(executor, () => model.fit(data, undefined, { epochs: 3, verbose: 2 }))
      );
      assert.equal(compiled.length, programs);
      assert.equal(told.length, programs - 1);
      told.forEach((line, i) => {
        assert.match(
          line,
          /^fit "m", batch \d+ has new shapes, x \[\d, \d+, 1\], y \[\d, 1\], and costs a program of its own/,
        );
        assert.match(line, new RegExp(`, number ${i + 2}: batches of few shapes`));
      });
      // Now there is a program for each.
      const [again, nothing] = await quietly(() =>
        compiledBy(executor, () => model.fit(data, undefined, { epochs: 1, verbose: 2 }))
      );
      assert.deepEqual([again.length, nothing.length], [0, 0]);
    }
  },
);

testOnBackends("nothing is told with verbose 0, nor of arrays, whose last batch is smaller", async () => {
  const padded = padSequences(vectors, { dtype: "float32" });
  const [, told] = await quietly(async () => {
    await pooled().fit(oneByOne, undefined, { verbose: 0 });
    await pooled().fit(padded, y, { batchSize: 8, verbose: 2 });
  });
  assert.deepEqual(told, []);
});

/** Batches of these shapes. */
class Shaped extends PyDataset {
  constructor(readonly shapes: readonly [batch: number, length: number][]) {
    super();
  }
  override get numBatches() {
    return this.shapes.length;
  }
  override getItem(index: number): Batch {
    const [batch, length] = this.shapes[index];
    return [ones([batch, length, 1]), ones([batch, 1])];
  }
}

testOnBackends("nothing is told of the rows that remain of a dataset, as of arrays, but of other batches", async () => {
  const cases: [[number, number][], number][] = [
    [[[4, 3], [4, 3], [2, 3]], 0],
    [[[4, 3], [4, 3], [4, 2]], 1],
    [[[4, 3], [2, 3], [4, 3]], 1],
    [[[4, 3], [4, 2], [2, 3]], 2],
  ];
  for (const [shapes, lines] of cases) {
    const data = new Shaped(shapes);
    const [, told] = await quietly(() =>
      pooled().fit(data, undefined, { epochs: 2, shuffle: false, verbose: 2, validationData: data })
    );
    // For training and for validation.
    assert.equal(told.length, 2 * lines, JSON.stringify(shapes));
  }
});

testOnBackends("buckets may be evaluated, predicted and validated with", async () => {
  const model = pooled();
  const options = { batchSize: 8, shuffle: false, numBuckets: 3 };
  const data = bucketByLength(vectors, y, options);
  const evaluated = await model.evaluate(data, undefined, { verbose: 0 });
  let total = 0;
  for await (const [x, targets] of data) {
    const { loss } = await model.testOnBatch(x, targets);
    total += loss * x.shape[0];
  }
  assert.ok(Math.abs(evaluated.loss - total / 50) < 1e-4 * evaluated.loss);
  assert.deepEqual((await model.predict(bucketByLength(vectors, null, options), { verbose: 0 })).shape, [50, 1]);
  const { history } = await model.fit(vectors.map(() => [[0]]), y, { verbose: 0, validationData: data });
  assert.equal(history.val_loss.length, 1);
});

Deno.test("mistakes are told before any work", () => {
  const refused = (
    pattern: RegExp,
    rows: readonly TensorLike[],
    labels: TensorLike,
    options: BucketOptions = {},
    kind: typeof CeratopsError = ValueError,
  ) =>
    assert.throws(
      () => bucketByLength(rows, labels, options),
      (error: Error) => error instanceof kind && pattern.test(error.message),
    );
  refused(/list of at least one/, [], []);
  refused(/a target for each sequence, received 2 targets and 3 sequences/, [[1], [2], [3]], [0, 1]);
  refused(/must be an array, received one number at index 1/, [[1], 2], [0, 1], {}, ShapeError);
  refused(/elements have shape \[2\], received \[1\] at index 1/, [[[1, 2]], [[3]]], [0, 1], {}, ShapeError);
  refused(/each larger than the one before/, [[1]], [0], { bucketBoundaries: [4, 2] });
  refused(/list of lengths/, [[1]], [0], { bucketBoundaries: [] });
  refused(/at least one batch, received 1, and a batchSize of 32/, [[1]], [0], { dropRemainder: true });
  refused(/batchSize must be a positive integer/, [[1]], [0], { batchSize: 0 });
  refused(/padding must be one of "post", "pre"/, [[1]], [0], { padding: "both" as "pre" });
});
