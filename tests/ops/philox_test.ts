// Philox 4x32-10: published test vectors, the same rounds in BigInt, and the counters of random bits.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { philox } from "../../lib/ops/defs/philox.ts";
import { bitsToUnit, randomBits } from "../../lib/ops/primitives.ts";
import { sizeOf } from "../../lib/shape.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";

type Key = readonly [number, number];
type Counter = readonly [number, number, number, number];

const all = 0xffffffff;
/** The published test vectors of the generator. */
const published: [Key, Counter, string][] = [
  [[0, 0], [0, 0, 0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [[all, all], [all, all, all, all], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  [
    [0xa4093822, 0x299f31d0],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
];

function words(key: Key, counter: Counter): Int32Array {
  const out = new Int32Array(4);
  philox(key, counter, out);
  return out;
}

const hex = (list: Int32Array) => [...list].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ");

/** The generator by its definition, with exact 64-bit products. */
function exact(key: Key, counter: Counter): string {
  const wide = (list: readonly number[]) => list.map((word) => BigInt(word >>> 0));
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = wide(counter);
  let [k0, k1] = wide(key);
  for (let round = 0; round < 10; round++) {
    const [p, q] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(q >> 32n) ^ c1 ^ k0, q & mask, (p >> 32n) ^ c3 ^ k1, p & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [c0, c1, c2, c3].map((word) => word.toString(16).padStart(8, "0")).join(" ");
}

Deno.test("philox gives the published answers", () => {
  for (const [key, counter, answer] of published) assert.equal(hex(words(key, counter)), answer);
});

Deno.test("philox takes signed and unsigned words alike", () => {
  assert.equal(hex(words([-1, -1], [-1, -1, -1, -1])), published[1][2]);
});

Deno.test("philox multiplies as exactly as BigInt does", () => {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) | 0);
  const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, all];
  const counters: Counter[] = [
    ...edges.flatMap((a) => edges.map((b): Counter => [a, next(), b, next()])),
    ...Array.from({ length: 200 }, (): Counter => [next(), next(), next(), next()]),
  ];
  for (const counter of counters) {
    const key: Key = [next(), next()];
    assert.equal(hex(words(key, counter)), exact(key, counter), `key ${key}, counter ${counter}`);
  }
});

testOnBackends("random bits are four words of each counter [index, step, 0, 0] under [seed, path]", async () => {
  for (
    const [seed, step, path, shape] of [[3, 0, 1, [10]], [-5, 7, 0xdeadbeef | 0, [2, 3]], [3, 1, 1, [1]], [0, 0, 0, [
      0,
    ]]] as const
  ) {
    const expected = Array.from(
      { length: sizeOf(shape) },
      (_, i) => words([seed, path], [Math.floor(i / 4), step, 0, 0])[i % 4],
    );
    const counter = tensor([seed, step], undefined, "int32");
    const eager = randomBits(counter, shape, path);
    const compiled = await compile((c) => randomBits(c, shape, path))(counter);
    for (const bits of [eager, compiled]) {
      assert.equal(bits.dtype, "int32");
      assert.deepEqual([...bits.shape], [...shape]);
      assert.deepEqual([...bits.data], expected);
    }
  }
});

testOnBackends("bits become numbers from 0 up to, but never, 1", async () => {
  const bits = tensor([0, 255, 256, -1, -256, 2 ** 31 - 1, -(2 ** 31)], undefined, "int32");
  const expected = [0, 0, 2 ** -24, 1 - 2 ** -24, 1 - 2 ** -24, 0.5 - 2 ** -24, 0.5];
  assert.deepEqual([...bitsToUnit(bits).data], expected);
  assert.deepEqual([...(await compile((b) => bitsToUnit(b))(bits)).data], expected);
});
