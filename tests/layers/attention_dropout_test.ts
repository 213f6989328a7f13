// Dropout of attention's weights: how many are dropped, what becomes of the others, and that each draw is another one.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { isTraining } from "../../lib/layers/context.ts";
import { withContext } from "../../lib/ir/context.ts";
import type { Value } from "../../lib/ir/value.ts";
import { MultiHeadAttention } from "../../lib/layers/multi_head_attention.ts";
import { attend } from "../../lib/ops/attention.ts";
import { SeedGenerator } from "../../lib/random/seed_generator.ts";
import * as ops from "../../lib/ops/ops.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const [batch, heads, steps] = [2, 3, 40];

/** The weights of equal scores, `[batch, queries, heads, keys]`: values are one-hot, so that outputs are weights. */
function dropped(rate: number, seed: number) {
  const generator = new SeedGenerator(seed);
  return compile((values) => {
    const zeros = ops.multiply(ops.slice(values, [0, 0, 0, 0], [batch, steps, heads, 1]), 0);
    return attend(zeros, zeros, values, { scale: 1, dropout: { rate, ...generator.nextCounter() } });
  });
}

const oneHot = ops.broadcastTo(ops.reshape(ops.eye(steps), [1, steps, 1, steps]), [batch, steps, heads, steps]);

testOnBackends("weights are dropped at the rate, and the others scaled so that the mean stays", async () => {
  for (const rate of [0.1, 0.5, 0.75]) {
    const program = dropped(rate, 3);
    const [first, second] = [await program(oneHot), await program(oneHot)];
    for (const { data } of [first, second]) {
      const zeros = data.filter((weight) => weight === 0).length / data.length;
      assert.ok(Math.abs(zeros - rate) < 4 * Math.sqrt(rate * (1 - rate) / data.length), `${zeros} at ${rate}`);
      const kept = data.filter((weight) => weight !== 0);
      assertClose(kept, new Float64Array(kept.length).fill(1 / steps / (1 - rate)), { absolute: 1e-7, relative: 1e-6 });
    }
    const differ = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).filter((weight, i) => weight !== b[i]).length / a.length;
    const expected = 2 * rate * (1 - rate);
    const spread = 5 * Math.sqrt(expected / (steps * steps));
    // Steps, samples, heads and queries are independent.
    const part = (b: number, h: number) => ops.slice(first, [b, 0, h, 0], [1, steps, 1, steps]).data;
    const below = ops.slice(first, [0, 1, 0, 0], [1, steps - 1, 1, steps]).data;
    const pairs = [[first.data, second.data], [part(0, 0), part(1, 0)], [part(0, 0), part(0, 2)], [below, part(0, 0)]];
    for (const [a, b] of pairs) {
      assert.ok(Math.abs(differ(a, b) - expected) < spread, `${differ(a, b)} differ, not ${expected}`);
    }
    // The same seed draws the same.
    assert.deepEqual((await dropped(rate, 3)(oneHot)).data, first.data);
  }
});

testOnBackends("all weights are dropped at a rate of 1", async () => {
  assert.ok((await dropped(1, 3)(oneHot)).data.every((weight) => weight === 0));
});

testOnBackends("the gradient of a layer with dropout drops what its output dropped", async () => {
  const layer = new MultiHeadAttention(2, 4, { dropout: 0.5, seed: 9 });
  const program = compile((x: Value, value: Value) =>
    withContext([isTraining.of(true)], () => {
      const y = layer.apply(x, { value, key: x });
      const [slope] = gradients(ops.sum(ops.square(y)), [value]);
      // The output is linear in the value, with biases of zeros: by Euler's theorem the product is twice the sum.
      return [ops.sum(ops.square(y)), ops.sum(ops.multiply(slope, value))];
    })
  );
  const x = ops.reshape(ops.sin(ops.arange(60)), [2, 5, 6]);
  const value = ops.reshape(ops.cos(ops.arange(60)), [2, 5, 6]);
  const [sum, product] = await program(x, value);
  assert.ok(sum.item() > 0.1);
  assertClose([product.item()], [2 * sum.item()], { absolute: 0, relative: 1e-5 });
});
