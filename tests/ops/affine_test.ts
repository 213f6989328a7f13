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
let expectedBehindProducts: Promise<Map<string, Tensor>> | undefined;

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

/** Convolutions of [batch, size, size, channels] with kernels: channels, filters, taps, stride and groups. */
const convolutions: readonly (readonly [number, number, number, number, number, number, number])[] = [
  [1, 9, 3, 20, 3, 1, 1],
  [2, 13, 24, 41, 1, 1, 1],
  [1, 8, 400, 33, 1, 2, 1],
  [2, 7, 50, 7, 3, 2, 1],
  [1, 10, 12, 18, 3, 1, 3],
  [9, 16, 16, 19, 3, 1, 1],
];

/** Products [rows, depth] x [depth, columns]. */
const products = [[1, 30, 40], [5, 20, 3], [70, 500, 37], [600, 9, 50]] as const;

/** The results of all chains behind convolutions and products. */
async function resultsBehindProducts(): Promise<Map<string, Tensor>> {
  const found = new Map<string, Tensor>();
  const run = async (
    name: string,
    width: number,
    product: (x: Value, kernel: Value) => Value,
    x: Tensor,
    kernel: Tensor,
  ) => {
    const [a, b, c] = [1, 2, 3].map((seed) => numbers([width], seed));
    const { shape } = await compile(product)(x, kernel);
    const other = numbers(shape, 4);
    for (const [chain, of] of Object.entries(chains)) {
      const compiled = compile((x, kernel, a, b, c, other) => of(product(x, kernel), a, b, c, other));
      found.set(`${chain} behind ${name}`, await compiled(x, kernel, a, b, c, other));
    }
  };
  for (const [batch, size, channels, filters, taps, strides, groups] of convolutions) {
    const x = numbers([batch, size, size, channels], 5);
    const kernel = numbers([taps, taps, channels / groups, filters], 6);
    await run(
      `a convolution of ${batch} x ${size} x ${size} x ${channels} to ${filters}, ${taps} taps, stride ${strides}`,
      filters,
      (x, kernel) => ops.multiply(ops.conv(x, kernel, { padding: "same", strides }), 0.02),
      x,
      kernel,
    );
  }
  for (const [rows, depth, columns] of products) {
    const [x, kernel] = [numbers([rows, depth], 5), numbers([depth, columns], 6)];
    const product = (x: Value, kernel: Value) => ops.multiply(ops.matmul(x, kernel), 0.02);
    await run(`a product of ${rows} x ${depth} x ${columns}`, columns, product, x, kernel);
  }
  return found;
}

testOnBackends("the same behind convolutions and products [slow]", async (backend) => {
  if (!expectedBehindProducts) {
    await useBackend("reference");
    await (expectedBehindProducts = resultsBehindProducts());
    await useBackend(backend);
  }
  const exact = await expectedBehindProducts;
  for (const [name, { data }] of await resultsBehindProducts()) {
    const values = Array.from(exact.get(name)!.data);
    const scale = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - data[at])), 0) / scale;
    assert.ok(worst < 1e-5, `${name} is off by ${worst} of its mean size`);
  }
});
