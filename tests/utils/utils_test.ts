// toCategorical, normalize and padSequences compared with Keras 3.15 for the same arguments.
import assert from "node:assert/strict";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { normalize } from "../../lib/utils/normalize.ts";
import { padSequences, type SequenceEnd } from "../../lib/utils/sequences.ts";
import { toCategorical } from "../../lib/utils/to_categorical.ts";
import { type NestedArray, tensor, type TensorLike } from "../../lib/tensor/tensor.ts";

Deno.test("toCategorical: Keras's values and shapes", () => {
  assert.deepEqual(toCategorical([0, 1, 2, 1]).toArray(), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]);
  assert.deepEqual(toCategorical([[0], [2]], 4).toArray(), [[1, 0, 0, 0], [0, 0, 1, 0]]);
  assert.deepEqual(toCategorical([[0, 1], [2, 0]]).shape, [2, 2, 3]);
  assert.deepEqual(toCategorical([[1]]).toArray(), [[0, 1]]);
  assert.deepEqual(toCategorical([1]).toArray(), [[0, 1]]);
  assert.deepEqual(toCategorical(1, 3).toArray(), [0, 1, 0]);
  assert.deepEqual(toCategorical([[[0], [1]]]).shape, [1, 2, 2]);
  assert.deepEqual(toCategorical(new Uint8Array([2, 0])).toArray(), [[0, 0, 1], [1, 0, 0]]);
  assert.deepEqual(toCategorical([], 3).shape, [0, 3]);
  assert.equal(toCategorical([1]).dtype, "float32");
});

Deno.test("toCategorical: labels and numClasses out of range are named", () => {
  const refused = (pattern: RegExp, x: TensorLike, numClasses?: number) =>
    assert.throws(
      () => toCategorical(x, numClasses),
      (error) => error instanceof ValueError && pattern.test(error.message),
    );
  refused(/integers from 0, received -1 at index 2/, [0, 1, -1]);
  refused(/received 1\.5 at index 1/, [0, 1.5]);
  refused(/received NaN at index 0/, [NaN]);
  refused(/with 3 classes labels must be from 0 to 2, received 5 at index 1: pass numClasses of at least 6/, [0, 5], 3);
  refused(/numClasses must be a positive integer, received 0/, [0], 0);
  refused(/numClasses must be a positive integer, received 2\.5/, [0], 2.5);
  refused(/without numClasses there must be labels/, []);
});

function near(actual: NestedArray, expected: NestedArray): void {
  const [a, b] = [tensor(actual), tensor(expected)];
  assert.deepEqual(a.shape, b.shape);
  a.data.forEach((value, i) => assert(Math.abs(value - b.data[i]) < 1e-6, `${value} is not ${b.data[i]} at ${i}`));
}

Deno.test("normalize: Keras's values by axis and order", () => {
  const x = [[3, 4], [0, 0], [1, -2]];
  const byOrder: [number, number[][]][] = [
    [2, [[0.6, 0.8], [0, 0], [0.4472135954999579, -0.8944271909999159]]],
    [1, [[0.42857142857142855, 0.5714285714285714], [0, 0], [0.3333333333333333, -0.6666666666666666]]],
    [Infinity, [[0.75, 1], [0, 0], [0.5, -1]]],
    [3, [[0.6669717773118556, 0.8892957030824742], [0, 0], [0.4807498567691361, -0.9614997135382722]]],
    [0, [[1.5, 2], [0, 0], [0.5, -1]]],
    [-Infinity, [[1, 1.3333333333333333], [0, 0], [1, -2]]],
  ];
  for (const [order, expected] of byOrder) near(normalize(x, -1, order).toArray(), expected);
  near(normalize(x).toArray(), byOrder[0][1]);
  const columns = [[0.9486832980505138, 0.8944271909999159], [0, 0], [0.31622776601683794, -0.4472135954999579]];
  near(normalize(x, -2).toArray(), columns);
  // Keras 3.15 confuses axis 0 of an array with -1 and fails; here it is the same axis as -2.
  near(normalize(x, 0).toArray(), columns);
  near(normalize([[[0, 1], [2, 3]], [[4, 5], [6, 7]]], 1).toArray(), [
    [[0, 0.31622776601683794], [1, 0.9486832980505138]],
    [[0.5547001962252291, 0.5812381937190965], [0.8320502943378437, 0.813733471206735]],
  ]);
  near(normalize([3, 4]).toArray(), [0.6, 0.8]);
  near(normalize(new Uint8Array([200, 150])).toArray(), [0.8, 0.6]);
  assert.throws(() => normalize(x, 2), ValueError);
  assert.throws(() => normalize(x, -1, NaN), ValueError);
});

Deno.test("padSequences: Keras's values for every option", () => {
  const sequences = [[1], [1, 2], [1, 2, 3]];
  const cases: [ReturnType<typeof padSequences>, NestedArray][] = [
    [padSequences(sequences), [[0, 0, 1], [0, 1, 2], [1, 2, 3]]],
    [padSequences(sequences, { maxlen: 2 }), [[0, 1], [1, 2], [2, 3]]],
    [padSequences(sequences, { maxlen: 2, truncating: "post" }), [[0, 1], [1, 2], [1, 2]]],
    [padSequences(sequences, { padding: "post" }), [[1, 0, 0], [1, 2, 0], [1, 2, 3]]],
    [padSequences(sequences, { maxlen: 4, padding: "post", value: -1 }), [[1, -1, -1, -1], [1, 2, -1, -1], [
      1,
      2,
      3,
      -1,
    ]]],
    [padSequences(sequences, { value: 0.5, dtype: "float32" }), [[0.5, 0.5, 1], [0.5, 1, 2], [1, 2, 3]]],
    [padSequences([[], [1]], { maxlen: 2 }), [[0, 0], [0, 1]]],
    [padSequences([[[1, 2]], [[3, 4], [5, 6]]]), [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]],
    [padSequences([[[1, 2]], [[3, 4], [5, 6]]], { maxlen: 1, truncating: "post" }), [[[1, 2]], [[3, 4]]]],
    [padSequences([[], [[1, 2]]], { maxlen: 2 }), [[[0, 0], [0, 0]], [[0, 0], [1, 2]]]],
    [padSequences([[1.7, -1.7]]), [[1, -1]]],
    [padSequences([new Int32Array([7, 8]), tensor([9])]), [[7, 8], [0, 9]]],
  ];
  for (const [padded, expected] of cases) assert.deepEqual(padded.toArray(), expected);
  assert.equal(padSequences(sequences).dtype, "int32");
  assert.deepEqual(padSequences([[]]).shape, [1, 0]);
  assert.deepEqual(padSequences([[1, 2]], { maxlen: 0 }).shape, [1, 0]);
  assert.deepEqual(padSequences([]).shape, [0, 0]);
});

Deno.test("padSequences: mistakes are named", () => {
  assert.throws(
    () => padSequences([[[1, 2]], [[3]]]),
    (error) => error instanceof ShapeError && /\[2\], received \[1\] at index 1/.test(error.message),
  );
  assert.throws(
    () => padSequences([3]),
    (error) => error instanceof ValueError && /must be an array, received one number at index 0/.test(error.message),
  );
  assert.throws(
    () => padSequences([[1]], { maxlen: -1 }),
    (error) => error instanceof ValueError && /maxlen/.test(error.message),
  );
  assert.throws(
    () => padSequences([[1]], { padding: "Post" as SequenceEnd }),
    (error) => error instanceof ValueError && /did you mean "post"/.test(error.message),
  );
  assert.throws(
    () => padSequences([[1]], { value: -1, dtype: "uint8" }),
    (error) => error instanceof ValueError && /uint8 can hold, received -1/.test(error.message),
  );
});
