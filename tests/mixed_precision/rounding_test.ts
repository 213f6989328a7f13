// Rounding to float16 and bfloat16: to Keras's numbers, and for all bit patterns of float16.
import assert from "node:assert/strict";
import { roundToBfloat16, roundToFloat16 } from "../../lib/rounding.ts";
import { compile, ops, tensor, type Value } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { golden, toTensor } from "../golden.ts";

/** The number of a bit pattern of float16, by IEEE 754: a sign, 5 bits of exponent, 10 of fraction. */
function float16Of(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, bits >> 10 & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const patterns = Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const finite = patterns.filter((bits) => Number.isFinite(float16Of(bits)));

Deno.test("each float16 is itself, and what lies between two goes to the nearer one, or to the even one", () => {
  for (const bits of patterns) assert.ok(Object.is(roundToFloat16(float16Of(bits)), float16Of(bits)), `${bits}`);
  for (const bits of finite) {
    const [low, sign] = [float16Of(bits), bits >> 15 ? -1 : 1];
    // Beyond the largest number the next one would be 2^16.
    const next = (bits & 0x7fff) === 0x7bff ? sign * 2 ** 16 : float16Of(bits + 1);
    const rounded = Math.abs(next) === 2 ** 16 ? sign * Infinity : next;
    const middle = (low + next) / 2;
    assert.equal(roundToFloat16(low + (next - low) * 0.49), low, `above ${low}`);
    assert.equal(roundToFloat16(low + (next - low) * 0.51), rounded, `below ${next}`);
    assert.equal(roundToFloat16(middle), bits & 1 ? rounded : low, `between ${low} and ${next}`);
  }
});

Deno.test("each bfloat16 is itself, and a tie between two goes to the even one", () => {
  const word = new DataView(new ArrayBuffer(4));
  const bfloat16Of = (bits: number) => (word.setUint32(0, bits * 2 ** 16), word.getFloat32(0));
  for (const bits of patterns) {
    const value = bfloat16Of(bits);
    assert.ok(Object.is(roundToBfloat16(value), value), `${bits}`);
    if (!Number.isFinite(value) || (bits & 0x7fff) === 0x7f7f) continue;
    assert.equal(
      roundToBfloat16((value + bfloat16Of(bits + 1)) / 2),
      bfloat16Of(bits & 1 ? bits + 1 : bits),
      `${bits}`,
    );
  }
});

const { x, ...cast } = golden("mixed_precision").casts;

for (const dtype of ["float16", "bfloat16"] as const) {
  // A GPU may take subnormal numbers of float32 for 0; those of float16 are none.
  const kept = (data: ArrayLike<number>) => Array.from(data);
  testOnBackends(`casts to ${dtype} are Keras's`, async () => {
    const expected = kept(toTensor(cast[dtype]).data);
    assert.deepEqual(kept(toTensor(x).cast(dtype).data), expected, "a tensor");
    const traced = await compile((value: Value) => ops.cast(value, dtype))(toTensor(x));
    assert.equal(traced.dtype, dtype);
    assert.deepEqual(kept(traced.data), expected, "in a program");
  });
}

testOnBackends("all patterns of float16 stay through a cast and a move in a program", async () => {
  const all = tensor(Float32Array.from(patterns, float16Of));
  const turned = compile((value: Value) => ops.flip(ops.cast(ops.cast(value, "float16"), "float32"), 0));
  assert.deepEqual(Array.from((await turned(all)).data), Array.from(all.data).reverse());
});

testOnBackends("functions of halves give halves: one op rounds at once, one made of others in the end", async () => {
  const [a, b] = [tensor([2048, 1, 3]).cast("float16"), tensor([1, 2 ** -11, 0.1]).cast("float16")];
  const run = compile((a: Value, b: Value) => [
    ops.add(a, b),
    ops.subtract(ops.add(a, b), a),
    ops.mean(ops.add(ops.multiply(a, 0), 60000)),
    ops.add(a, ops.cast(b, "float32")),
    ops.add(a, ops.cast(b, "bfloat16")),
    ops.multiply(a, 0.1),
    ops.cast(a, "int32"),
  ]);
  const [sum, rest, mean, wide, both, scaled, whole] = await run(a, b);
  // 2049 and 1 + 2^-11 lie between two float16 numbers; 0.1 is 0.0999755859375, and 3.1 is 3.099609375.
  assert.deepEqual([sum.dtype, ...sum.data], ["float16", 2048, 1, 3.099609375]);
  assert.deepEqual([rest.dtype, ...rest.data], ["float16", 0, 0, 0.099609375]);
  // The sum is 180000, which float16 has not: it is one of float32, as in Keras.
  assert.deepEqual([mean.dtype, ...mean.data], ["float16", 60000]);
  assert.deepEqual([wide.dtype, wide.data[0], wide.data[1]], ["float32", 2049, 1 + 2 ** -11]);
  assert.equal(both.dtype, "float32");
  assert.deepEqual([scaled.dtype, scaled.data[0]], ["float16", 204.75]);
  assert.deepEqual([whole.dtype, ...whole.data], ["int32", 2048, 1, 3]);
});
