// The example of a variational autoencoder: its size, the divergence and the grid by hand, and what an empty one costs.
import assert from "node:assert/strict";
import { divergence, gridOf, makeModel, quantiles } from "../../examples/vae.ts";
import { compile, Tensor, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const conv = (from: number, to: number) => 3 * 3 * from * to + to;
const dense = (from: number, to: number) => from * to + to;

Deno.test("the networks of the variational autoencoder have the sizes that their layers ask for", () => {
  const { encoder, decoder } = makeModel();
  assert.equal(encoder.countParams(), conv(1, 16) + conv(16, 32) + dense(1568, 64) + 2 * dense(64, 2));
  assert.equal(
    decoder.countParams(),
    dense(2, 64) + dense(64, 1568) + conv(32, 32) + conv(32, 16) + conv(16, 1),
  );
  assert.deepEqual(decoder.outputShape, [null, 28, 28]);
});

testOnBackends("the divergence from a standard normal distribution is that of the formula", async () => {
  const far = compile(divergence);
  const of = async (mean: number[][], logVariance: number[][]) => (await far(mean, logVariance)).item();
  const found = [
    await of([[0, 0]], [[0, 0]]),
    // Half the squared distance, where the variances are 1.
    await of([[3, 4]], [[0, 0]]),
    // (variance - 1 - log(variance)) / 2 for each dimension, the mean of two digits.
    await of([[0, 0], [0, 0]], [[Math.log(4), 0], [0, Math.log(0.25)]]),
  ];
  const expected = [0, 12.5, ((4 - 1 - Math.log(4)) + (0.25 - 1 + Math.log(4))) / 4];
  assertClose(found, expected, { absolute: 1e-5, relative: 0 });
});

Deno.test("the grid has its places where parts of the plane are equally likely", () => {
  // The quartiles of a standard normal distribution, and its sixths.
  assertClose(quantiles(2), [-0.6744898, 0.6744898], { absolute: 1e-6, relative: 0 });
  assertClose(quantiles(3), [-0.9674216, 0, 0.9674216], { absolute: 1e-6, relative: 0 });
  const [low, high] = quantiles(2);
  assert.deepEqual(gridOf(2).toArray(), tensor([[low, high], [high, high], [low, low], [high, low]]).toArray());
});

testOnBackends(
  "where the encoder says nothing a digit costs its pixels, and training goes through the sample",
  async () => {
    const model = makeModel();
    const zero = async (layer: { getWeights(): Promise<Tensor[]>; setWeights(weights: Tensor[]): void }) =>
      layer.setWeights((await layer.getWeights()).map(({ shape, size }) => tensor(new Float32Array(size), shape)));
    await zero(model.encoder.getLayer("mean"));
    await zero(model.encoder.getLayer("log_variance"));
    const last = model.decoder.layers.at(-2)!;
    await zero(last);
    const digits = new Tensor([4, 28, 28], "uint8", Uint8Array.from({ length: 4 * 784 }, (_, i) => (i * 31) % 256));

    // Each pixel is a half, which costs log 2, whatever it should be; all places are drawn from the standard distribution.
    const { loss, reconstruction, divergence } = await model.evaluate(digits, undefined, { verbose: 0 });
    const expected = 784 * Math.LN2;
    assertClose([loss, reconstruction, divergence], [expected, expected, 0], { absolute: 0.01, relative: 0 });

    const before = await model.encoder.getLayer("mean").getWeights();
    // No gradient comes through the zeros of the last layer in the first step; it does in the second.
    await model.fit(digits, undefined, { epochs: 2, batchSize: 4, verbose: 0 });
    assert.notDeepEqual(await model.encoder.getLayer("mean").getWeights(), before);
  },
);
