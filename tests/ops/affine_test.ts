// Functions of rows behind one another, which executors may compose: a bias, a normalization, a residual, a clamp.
import assert from "node:assert/strict";
import { compile, ops, random, type Tensor, tensor, type Value } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";

/** Numbers in [-2, 2). */
const numbers = (shape: readonly number[], seed: number) => random.uniform(shape, { minval: -2, maxval: 2, seed });

type Chain = (x: Value, a: Value, b: Value, c: Value, other: Value) => Value;

const chains: Record<string, Chain> = {
  "a bias": (x, a) => ops.add(x, a),
  "a bias and a ReLU": (x, a) => ops.relu(ops.add(a, x)),
  "a normalization": (x, a, b, c) => ops.add(ops.multiply(ops.subtract(x, a), b), c),
  "a normalization, a residual and a clamp": (x, a, b, c, other) =>
    ops.minimum(ops.maximum(ops.add(ops.add(ops.multiply(ops.subtract(x, a), b), c), other), -0.5), 0.75),
  "a row minus the rest, times a number": (x, a, b) => ops.multiply(ops.subtract(a, ops.multiply(x, b)), 0.5),
  "a clamp before a row": (x, a) => ops.add(ops.minimum(x, 0.5), a),
  "a link that is read twice": (x, a, b) => {
    const sum = ops.add(x, a);
    return ops.multiply(sum, ops.sigmoid(ops.multiply(sum, b)));
  },
  "the row itself twice": (x, a) => ops.multiply(ops.add(ops.multiply(x, a), a), a),
};

/** The results of all chains for rows of each length; some elements are not finite. */
async function results(): Promise<Map<string, Tensor>> {
  const found = new Map<string, Tensor>();
  for (const [name, chain] of Object.entries(chains)) {
    for (const [rows, length] of [[1, 9], [5, 1], [7, 3], [4, 31], [40, 96], [3, 200], [2, 5000]]) {
      const data = numbers([rows, length], length).data.slice();
      data.set([NaN, Infinity, -Infinity, -0].slice(0, Math.min(4, data.length)));
      const [a, b, c] = [1, 2, 3].map((seed) => numbers([length], seed));
      const other = numbers([rows, length], 4);
      const compiled = compile((x, a, b, c, other) => chain(x, a, b, c, other));
      found.set(`${name}: ${rows} x ${length}`, await compiled(tensor(data, [rows, length]), a, b, c, other));
    }
  }
  return found;
}

let expected: Promise<Map<string, Tensor>> | undefined;

testOnBackends("rows added, multiplied and clamped one after another", async (backend) => {
  if (!expected) {
    await useBackend("reference");
    await (expected = results());
    await useBackend(backend);
  }
  const exact = await expected;
  for (const [name, { data }] of await results()) {
    exact.get(name)!.data.forEach((value, i) => {
      const isClose = Object.is(data[i], value) || Math.abs(data[i] - value) <= 2e-6;
      assert.ok(isClose || data[i] === value, `${name}, element ${i}: ${data[i]}, not ${value}`);
    });
  }
});
