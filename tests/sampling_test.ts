// random: seeded tensors, and numbers in programs, compared with the host's stream of bits.
import assert from "node:assert/strict";
import {
  compile,
  Model,
  ops,
  random,
  setRandomSeed,
  StateError,
  type StepData,
  type Value,
  ValueError,
} from "../mod.ts";
import { hashPath, purposes, RandomStream } from "../lib/random_stream.ts";
import { testOnBackends } from "./backends.ts";
import { assertClose } from "./close.ts";

/** Uniform numbers from the host's stream for a seed, a path and a step. */
function units(count: number, seed: number, path: string, step = 0): number[] {
  const stream = new RandomStream(seed, hashPath(path), purposes.program, step);
  return Array.from({ length: count }, () => (stream.word() >>> 8) * 2 ** -24);
}

/** Normal numbers from two lists of uniform ones, in float64. */
const normals = (u: readonly number[], v: readonly number[]) =>
  u.map((value, i) => Math.sqrt(-2 * Math.log(1 - value)) * Math.cos(2 * Math.PI * v[i]));

const exact = { absolute: 2e-6, relative: 2e-6 };
const bySeed = (seed: random.SeedGenerator) => ({ seed });

Deno.test("random.uniform and random.normal of a seed give the same tensor each time", () => {
  const u = units(12, 5, "random/0");
  for (let i = 0; i < 2; i++) {
    const x = random.uniform([3, 4], { seed: 5 });
    assert.deepEqual([x.shape, x.dtype], [[3, 4], "float32"]);
    assertClose([...x.data], u, exact);
  }
  const shifted = random.uniform([12], { minval: -3, maxval: 2, seed: 5 });
  assertClose([...shifted.data], u.map((value) => 5 * value - 3), exact);
  const z = normals(u, units(12, 5, "random/1"));
  assertClose([...random.normal([12], { seed: 5 }).data], z, exact);
  assertClose([...random.normal([12], { mean: 2, stddev: 3, seed: 5 }).data], z.map((value) => 3 * value + 2), {
    absolute: 1e-5,
    relative: 1e-5,
  });
});

Deno.test("random without a seed gives others in each call, and the same in each session of one seed", () => {
  const session = () => {
    setRandomSeed(3);
    return [random.normal([8]), random.normal([8]), random.uniform([8])].map(({ data }) => [...data]);
  };
  const first = session();
  assert.deepEqual(session(), first);
  assert.notDeepEqual(first[0], first[1]);
});

Deno.test("random.normal has mean and standard deviation of what was asked for", () => {
  const data = [...random.normal([20000], { mean: 1, stddev: 2, seed: 8 }).data];
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  // Four standard errors of each.
  assert.ok(Math.abs(mean - 1) < 4 * 2 / Math.sqrt(20000), `${mean}`);
  assert.ok(Math.abs(variance - 4) < 4 * 4 * Math.sqrt(2 / 20000), `${variance}`);
});

testOnBackends("a SeedGenerator gives a function other numbers in each draw and each step", async () => {
  setRandomSeed(21);
  const generator = new random.SeedGenerator(9);
  const draw = compile(() => [random.uniform([5], bySeed(generator)), random.normal([5], bySeed(generator))]);
  const path = "seed_generator/0";
  for (let step = 0; step < 2; step++) {
    const [uniform, normal] = await draw();
    // Each draw advances the counter: one for the uniform numbers, two for the normal ones.
    assertClose([...uniform.data], units(5, 9, path, 3 * step), exact);
    const [u, v] = [1, 2].map((k) => units(5, 9, path, 3 * step + k));
    assertClose([...normal.data], normals(u, v), exact);
  }
});

testOnBackends(
  "in a model's step a SeedGenerator counts by the optimizer's steps, so that a training can go on",
  async () => {
    class Noise extends Model {
      generator = new random.SeedGenerator(4);
      override call(x: Value) {
        return x;
      }
      override trainStep(_: StepData) {
        const [a, b] = [0, 1].map(() => random.uniform([1], bySeed(this.generator)));
        return { a, b };
      }
    }
    const model = new Noise();
    model.compile({ optimizer: "sgd", loss: null });
    for (let epochs = 1; epochs <= 3; epochs++) {
      const { history } = await model.fit([[1], [2], [3]], undefined, { epochs: 1, batchSize: 1, verbose: 0 });
      const step = 3 * epochs - 1;
      assertClose([history.a[0], history.b[0]], [0, 1].map((k) => units(1, 4, `seed_generator/${k}`, step)[0]), exact);
    }
  },
);

testOnBackends("SeedGenerators without a seed follow the session's, each its own way", async () => {
  const session = async (seed: number) => {
    setRandomSeed(seed);
    const [a, b] = [new random.SeedGenerator(), new random.SeedGenerator()];
    const draw = compile(() => [random.uniform([4], bySeed(a)), random.uniform([4], bySeed(b))]);
    return (await draw()).map(({ data }) => [...data]);
  };
  const first = await session(1);
  assert.deepEqual(await session(1), first);
  assert.notDeepEqual(first[0], first[1]);
  assert.notDeepEqual(await session(2), first);
});

Deno.test("random: mistakes are told, with what to do", async () => {
  const generator = new random.SeedGenerator();
  assert.throws(() => random.normal([2], bySeed(generator)), (error: Error) => {
    return error instanceof StateError && /outside of one: leave seed out/.test(error.message);
  });
  await assert.rejects(compile(() => ops.add(random.normal([2]), 1))(), (error: Error) => {
    return error instanceof StateError &&
      /every step would have the same.*random\.SeedGenerator\(\)/.test(error.message);
  });
  assert.throws(() => random.uniform([2], { seed: 0.5 }), ValueError);
  assert.throws(() => new random.SeedGenerator("1" as never), ValueError);
  assert.throws(() => random.normal(3 as never), /write it as \[3\]/);
  assert.throws(() => random.normal([3], { std: 1 } as never), /did you mean "stddev"\?/);
});
