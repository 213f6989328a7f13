// Convolutions that are large enough for transformed tiles, their gradients, and what these ask for.
import assert from "node:assert/strict";
import { compile, grad, ops, random, type Tensor } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";

/** Numbers in [-1, 1). */
const numbers = (shape: readonly number[], seed: number) => random.uniform(shape, { minval: -1, maxval: 1, seed });

/** Batch, height, width, channels, filters and padding; with few tiles and with many, even and with edges left over. */
const cases: readonly (readonly [number, number, number, number, number, "same" | "valid"])[] = [
  [9, 14, 13, 16, 18, "same"],
  [27, 16, 15, 18, 33, "valid"],
  [27, 14, 17, 17, 70, "same"],
  [27, 16, 13, 9, 12, "same"],
  [15, 13, 14, 40, 11, "valid"],
];

/** The results, behind a bias and a ReLU and behind another function, and the gradients of their weighted sum. */
async function results(): Promise<Tensor[]> {
  const found: Tensor[] = [];
  for (const [batch, height, width, channels, filters, padding] of cases) {
    const less = padding === "same" ? 0 : 2;
    const shape = [batch, height - less, width - less, filters];
    const weights = numbers(shape, 3);
    const x = numbers([batch, height, width, channels], 1);
    const kernel = numbers([3, 3, channels, filters], 2);
    const bias = numbers([filters], 4);
    found.push(
      await compile((x, kernel, bias) => ops.relu(ops.add(ops.conv(x, kernel, { padding }), bias)))(x, kernel, bias),
      await compile((x, kernel) => ops.abs(ops.conv(x, kernel, { padding })))(x, kernel),
      ...await grad((x, kernel) => ops.sum(ops.multiply(ops.conv(x, kernel, { padding }), weights)))(x, kernel),
    );
  }
  return found;
}

let expected: Promise<Tensor[]> | undefined;

testOnBackends("large convolutions of 3x3, and their gradients [slow]", async (backend) => {
  if (!expected) {
    await useBackend("reference");
    await (expected = results());
    await useBackend(backend);
  }
  const exact = await expected;
  (await results()).forEach(({ data, shape }, i) => {
    const values = Array.from(exact[i].data);
    const scale = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - data[at]) / scale), 0);
    assert.ok(worst < 1e-5, `result ${i} of ${shape} is off by ${worst} of its mean size`);
  });
});

testOnBackends("where results behind a ReLU are positive, as its gradient asks", async () => {
  for (const [batch, size, channels, filters, taps] of [[27, 16, 18, 70, 3], [3, 9, 5, 21, 3], [2, 8, 40, 32, 1]]) {
    const [x, kernel] = [numbers([batch, size, size, channels], 1), numbers([taps, taps, channels, filters], 2)];
    const [y, positive] = await compile((x, kernel, bias) => {
      const y = ops.relu(ops.add(ops.conv(x, kernel, { padding: "same" }), bias));
      return [y, ops.greater(y, 0)];
    })(x, kernel, numbers([filters], 3));
    assert.deepEqual(Array.from(positive.data, Number), Array.from(y.data, (value) => Number(value > 0)));
    assert.ok(y.data.some((value) => value === 0) && y.data.some((value) => value > 0));
  }
});
