// The distributions of random: compared with the host's stream of bits, or with moments worked out by hand.
import assert from "node:assert/strict";
import { compile, ops, random, ShapeError, StateError, type Tensor, tensor, type Value, ValueError } from "../mod.ts";
import { hashPath, purposes, RandomStream } from "../lib/random_stream.ts";
import { testOnBackends } from "./backends.ts";
import { assertClose } from "./close.ts";
import { assertRefused } from "./refusal.ts";

/** Random words from the host's stream of a seed: those of a function's draw, counted from 0. */
function words(count: number, seed: number, draw = 0): number[] {
  const stream = new RandomStream(seed, hashPath(`random/${draw}`), purposes.program);
  return Array.from({ length: count }, () => stream.word());
}

const units = (count: number, seed: number, draw = 0) =>
  words(count, seed, draw).map((word) => (word >>> 8) * 2 ** -24);

function moments(x: Tensor): [mean: number, variance: number] {
  const data = Array.from(x.data);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return [mean, data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length];
}

/** Five standard errors of a mean of so many numbers. */
const errorOfMean = (variance: number, count: number) => 5 * Math.sqrt(variance / count);

Deno.test("truncatedNormal stays within two standard deviations, with the variance of what is left", () => {
  const x = random.truncatedNormal([20000], { mean: 1, stddev: 3, seed: 4 });
  assert.ok(x.data.every((value) => value >= -5 && value <= 7));
  const [mean, variance] = moments(x);
  // 1 - 2 * 2 * density(2) / 0.9545, where density(2) is 0.05399.
  const expected = 9 * (1 - 4 * 0.05399096651318806 / 0.9544997361036416);
  assert.ok(Math.abs(mean - 1) < errorOfMean(expected, 20000), `mean ${mean}`);
  assert.ok(Math.abs(variance / expected - 1) < 0.05, `variance ${variance}`);
});

Deno.test("gamma has mean and variance alpha, for small, large and several parameters", () => {
  for (const alpha of [0.3, 1, 4.5]) {
    const x = random.gamma([20000], alpha, { seed: 6 });
    assert.ok(x.data.every((value) => value >= 0));
    const [mean, variance] = moments(x);
    assert.ok(Math.abs(mean - alpha) < errorOfMean(alpha, 20000), `mean ${mean}`);
    // The fourth moment of the distribution says how far off the variance may be.
    const fourth = 3 * alpha ** 2 + 6 * alpha;
    assert.ok(Math.abs(variance - alpha) < errorOfMean(fourth - alpha ** 2, 20000), `variance ${variance}`);
  }
  const both = random.gamma([5000, 2], tensor([0.5, 8]), { seed: 6 });
  const columns = ops.mean(both, 0).toArray() as number[];
  assert.ok(Math.abs(columns[0] - 0.5) < errorOfMean(0.5, 5000) && Math.abs(columns[1] - 8) < errorOfMean(8, 5000));
});

Deno.test("beta has the moments of its parameters", () => {
  for (const [a, b] of [[0.2, 0.2], [2, 5]]) {
    const x = random.beta([20000], a, b, { seed: 9 });
    assert.ok(x.data.every((value) => value >= 0 && value <= 1));
    const [mean, variance] = moments(x);
    const expected = a * b / ((a + b) ** 2 * (a + b + 1));
    assert.ok(Math.abs(mean - a / (a + b)) < errorOfMean(expected, 20000), `mean ${mean}`);
    assert.ok(Math.abs(variance / expected - 1) < 0.05, `variance ${variance}`);
  }
});

Deno.test("randint, binomial, dropout, shuffle and categorical follow the bits of the seed", () => {
  const thrown = random.randint([3, 4], -2, 5, { seed: 3 });
  assert.deepEqual([thrown.dtype, thrown.shape], ["int32", [3, 4]]);
  const modulo = (word: number, range: number) => (((word | 0) % range) + range) % range;
  assert.deepEqual([...thrown.data], words(12, 3).map((word) => modulo(word, 7) - 2));
  assert.equal(random.randint([2], 0, 2, { dtype: "float32" }).dtype, "float32");

  const u = units(15, 3);
  const successes = [0, 1, 2].map((i) => [0, 1, 2, 3, 4].filter((trial) => u[trial * 3 + i] < 0.4).length);
  assert.deepEqual([...random.binomial([3], 5, 0.4, { seed: 3 }).data], successes);
  const fewer = random.binomial([3], tensor([0, 5, 1], undefined, "int32"), tensor([0.4, 0.4, 1]), { seed: 3 });
  assert.deepEqual([...fewer.data], [0, successes[1], 1]);

  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  const kept = units(6, 3).map((value, i) => value >= 0.5 ? 2 * (i + 1) : 0);
  assert.deepEqual([...random.dropout(x, 0.5, { seed: 3 }).data], kept);
  const rows = units(2, 3).map((value) => value >= 0.5);
  assert.deepEqual(
    [...random.dropout(x, 0.5, { seed: 3, noiseShape: [2, 1] }).data],
    [1, 2, 3, 4, 5, 6].map((value, i) => rows[Math.floor(i / 3)] ? 2 * value : 0),
  );

  const keys = words(5, 3).map((word) => word | 0);
  const order = [0, 1, 2, 3, 4].sort((i, j) => keys[i] - keys[j]);
  assert.deepEqual([...random.shuffle(tensor([10, 11, 12, 13, 14]), { seed: 3 }).data], order.map((i) => 10 + i));
  const columns = random.shuffle(tensor([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]), { seed: 3, axis: -1 });
  assert.deepEqual(columns.toArray(), [order, order.map((i) => 5 + i)]);

  const logits = [[0, 1, -1], [2, 0, 0.5]];
  const gumbel = units(24, 3).map((value) => -Math.log(-Math.log(value)));
  const chosen = logits.map((row, r) =>
    [0, 1, 2, 3].map((sample) => {
      const scores = row.map((logit, c) => logit + gumbel[(r * 4 + sample) * 3 + c]);
      return scores.indexOf(Math.max(...scores));
    })
  );
  assert.deepEqual(random.categorical(tensor(logits), 4, { seed: 3 }).toArray(), chosen);
});

Deno.test("categorical draws each class as often as its softmax says", () => {
  const { data } = random.categorical(tensor([[Math.log(1), Math.log(3), Math.log(6)]]), 20000, { seed: 5 });
  [0.1, 0.3, 0.6].forEach((share, i) => {
    const found = data.filter((value) => value === i).length / 20000;
    assert.ok(Math.abs(found - share) < errorOfMean(share * (1 - share), 20000), `class ${i}: ${found}`);
  });
});

testOnBackends(
  "in a program a generator gives new numbers in each step, those of the tensors' distributions",
  async () => {
    const generator = new random.SeedGenerator(11);
    const draw = compile((x: Value) => [
      random.gamma([64], x, { seed: generator }),
      random.beta([64], 2, x, { seed: generator }),
      random.truncatedNormal([64], { seed: generator }),
      random.randint([64], 0, 1000, { seed: generator }),
      random.shuffle(ops.arange(64), { seed: generator }),
      random.dropout(ops.add(ops.zerosLike(x), 1), 0.5, { seed: generator }),
      random.categorical(ops.reshape(x, [1, 64]), 64, { seed: generator }),
      random.binomial([64], 100, ops.minimum(x, 0.5), { seed: generator }),
    ]);
    const alphas = ops.add(ops.zeros([64]), 2);
    const [first, second] = [await draw(alphas), await draw(alphas)];
    first.forEach((x, i) => {
      assert.notDeepEqual([...x.data], [...second[i].data], `result ${i}`);
      assert.ok(x.data.every(Number.isFinite), `result ${i}`);
    });
    assert.ok(Math.abs(moments(first[0])[0] - 2) < errorOfMean(2, 64));
    assert.deepEqual([...first[4].data].sort((a, b) => a - b), [...ops.arange(64).data]);
    assert.ok(Math.abs(moments(first[7])[0] - 50) < errorOfMean(25, 64));
    assertClose([...first[5].data].map((value) => value * (2 - value)), new Array(64).fill(0), {
      absolute: 0,
      relative: 0,
    });
  },
);

Deno.test("wrong parameters are refused", () => {
  assertRefused(() => random.gamma([2], 0), ValueError, /alpha must be a finite number above 0/);
  assertRefused(() => random.gamma([2], tensor([1, 2, 3])), ShapeError, /equal or broadcast/);
  assertRefused(() => random.gamma([2], tensor([[1], [2]])), ShapeError, /alpha must broadcast to the shape \[2\]/);
  assertRefused(() => random.beta([2], 1, -1), ValueError, /beta must be/);
  assertRefused(() => random.randint([2], 5, 5), ValueError, /the first below the second/);
  assertRefused(() => random.randint([2], -(2 ** 31 - 1), 2 ** 31 - 1), ValueError, /less than 2\^31 between them/);
  assertRefused(() => random.binomial([2], 1.5, 0.5), ValueError, /counts must be a whole number/);
  assertRefused(() => random.binomial([2], tensor([1, -1]), 0.5), ValueError, /counts must be whole numbers/);
  assertRefused(() => random.binomial([2], 3, 1.5), ValueError, /probabilities must be a number from 0 to 1/);
  assertRefused(() => random.categorical(tensor([1, 2]), 2), ShapeError, /logits must be \[rows, classes\]/);
  assertRefused(() => random.dropout(tensor([1]), 1), ValueError, /rate must be a number from 0 to below 1/);
  assertRefused(() => random.dropout(tensor([1, 2]), 0.5, { noiseShape: [3] }), ShapeError, /equal or broadcast/);
  assertRefused(() => random.shuffle(tensor([1, 2]), { axis: 1 }), ValueError, /axis must be an integer/);
});

testOnBackends("a program without a seed is refused, as every step would have the same numbers", async () => {
  await assert.rejects(compile((x: Value) => random.gamma([2], x, { seed: null }))(tensor([1, 2])), StateError);
});
