// The models of examples: sizes, parameters, and the figures that judge them.
import assert from "node:assert/strict";
import { explainedShare, makeModel as makeAutoencoder } from "../../examples/autoencoder.ts";
import { Alphabet, contextLength, makeModel as makeCharacterModel, windows } from "../../examples/character_model.ts";
import { judge, makeModel as makeGan } from "../../examples/gan.ts";
import { makeModel as makeConvnet } from "../../examples/mnist_cnn.ts";
import { compare, makeModel as makeUnet } from "../../examples/segmentation.ts";
import { makeModel as makeTransfer } from "../../examples/transfer_learning.ts";
import { ops, setRandomSeed, Tensor, tensor } from "../../mod.ts";
import type { BackendName } from "../../lib/exec/executor.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";

const conv = (size: number, from: number, to: number, bias = true) => size * size * from * to + (bias ? to : 0);
const dense = (from: number, to: number, bias = true) => conv(1, from, to, bias);
const batchNorm = (channels: number) => 4 * channels;

Deno.test("the networks of examples have the sizes that their layers ask for", () => {
  assert.equal(makeConvnet(1).countParams(), conv(3, 1, 32) + conv(3, 32, 64) + dense(1600, 128) + dense(128, 10));

  const encoder = conv(3, 1, 16) + conv(3, 16, 32) + dense(1568, 32);
  const decoder = dense(32, 1568) + conv(3, 32, 32) + conv(3, 32, 16) + conv(3, 16, 1);
  const model = makeAutoencoder();
  assert.deepEqual([model.countParams(), model.outputShape], [encoder + decoder, [null, 28, 28]]);

  const block = (from: number, to: number) => conv(3, from, to, false) + conv(3, to, to, false) + 2 * batchNorm(to);
  const down = block(1, 12) + block(12, 24) + block(24, 48);
  const up = conv(2, 48, 24) + block(48, 24) + conv(2, 24, 12) + block(24, 12) + dense(12, 4);
  const unet = makeUnet(1);
  assert.deepEqual([unet.countParams(), unet.outputShape], [down + up, [null, 48, 48, 4]]);
});

Deno.test("a new last layer learns, and what Python trained stays as it was", async () => {
  setRandomSeed(1);
  const model = await makeTransfer();
  assert.deepEqual(model.trainableWeights.map(({ shape }) => shape), [[576, 1], [1]]);
  const before = await model.getWeights();
  const images = new Tensor([2, 28, 28, 1], "uint8", new Uint8Array(2 * 784).fill(9));
  await model.fit(images, tensor([[0], [1]]), { verbose: 0 });
  const after = await model.getWeights();
  const changed = before.flatMap(({ data }, i) => (data.every((value, j) => value === after[i].data[j]) ? [] : [i]));
  assert.deepEqual(changed, [before.length - 2, before.length - 1]);
});

Deno.test("reconstructions explain everything where they are equal, and nothing where each is the mean", () => {
  const images = tensor(new Uint8Array([0, 51, 255, 102]), [2, 1, 2]);
  const of = (values: number[]) => explainedShare(images, tensor(values, [2, 1, 2]));
  // As floats the images are 0, 0.2 and 1, 0.4; their mean is 0.5, 0.3, and the squared distances add up to 0.52.
  assertClose(
    [of([0, 0.2, 1, 0.4]), of([0.5, 0.3, 0.5, 0.3]), of([0, 0.2, 1, 0.1])],
    [1, 0, 1 - 0.09 / 0.52],
    { absolute: 1e-6, relative: 0 },
  );
});

Deno.test("a reader's confidence is the mean of the largest probabilities, and what it finds are their places", () => {
  const { confidence, found } = judge(tensor([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.6, 0.3, 0.1]]));
  assertClose([confidence], [0.6], { absolute: 1e-6, relative: 0 });
  assert.deepEqual(found, [2, 1, 0]);
});

Deno.test("pictures stand beside the colours of what is true and of what is predicted", () => {
  const images = tensor([0.25, 0.5, 0.75, 1], [2, 1, 2, 1]);
  const classes = (values: number[]) => new Tensor([2, 1, 2], "uint8", Uint8Array.from(values));
  const shown = compare(images, classes([0, 1, 0, 2]), classes([0, 3, 0, 2]));
  assert.deepEqual(shown.shape, [6, 1, 2, 3]);
  const [circle, square, triangle] = [[0.9, 0.62, 0], [0.34, 0.71, 0.91], [0.8, 0.47, 0.65]];
  const none = [0, 0, 0];
  const expected = [
    ...[0.25, 0.25, 0.25, 0.5, 0.5, 0.5, ...none, ...circle, ...none, ...triangle],
    ...[0.75, 0.75, 0.75, 1, 1, 1, ...none, ...square, ...none, ...square],
  ];
  assertClose([...shown.data], expected, { absolute: 1e-6, relative: 0 });
});

Deno.test("a text is numbers and back, and each target is the character after its own", () => {
  const text = "the cat sat on the mat, ".repeat(4);
  const alphabet = new Alphabet(text);
  const numbers = alphabet.encode(text);
  assert.equal(alphabet.size, 11);
  assert.equal(alphabet.decode(numbers), text);
  assert.throws(() => alphabet.encode("a dog"), /has no "d"/);
  const [x, y] = windows(numbers, 8);
  assert.deepEqual([x.shape, y.shape], [[4, contextLength], [4, contextLength]]);
  assert.equal(
    alphabet.decode([...x.data.subarray(contextLength, 2 * contextLength)]),
    text.slice(8, 8 + contextLength),
  );
  assert.equal(
    alphabet.decode([...y.data.subarray(contextLength, 2 * contextLength)]),
    text.slice(9, 9 + contextLength),
  );
  // The last target is the last character that fits.
  assert.equal(windows(numbers.slice(0, contextLength + 1), 8)[0].shape[0], 1);
});

for (const backend of ["eigen", "wasm"] satisfies BackendName[]) {
  Deno.test(`the character model writes what its whole forward pass foresees [slow] [${backend}]`, async () => {
    await useBackend(backend);
    setRandomSeed(5);
    const model = makeCharacterModel(9);
    const text = Array.from({ length: 200 }, (_, i) => (2 * i) % 9);
    const [x, y] = windows(text, 4);
    await model.fit(x, y, { epochs: 8, batchSize: 8, verbose: 0 });
    const [written] = await model.generator().generate([text.slice(0, 5)], { maxLength: 24, temperature: 0 });
    assert.deepEqual(written.slice(0, 5), text.slice(0, 5));
    const padded = [...written, ...new Array<number>(contextLength - written.length).fill(0)];
    const logits = await model.predict(new Tensor([1, contextLength], "uint8", Uint8Array.from(padded)), {
      verbose: 0,
    });
    const [foreseen] = ops.argmax(logits, -1).toArray() as number[][];
    assert.deepEqual(written.slice(5), foreseen.slice(4, written.length - 1));
    // The text repeats after nine characters, which eight epochs are enough to learn.
    assert.deepEqual(written, text.slice(0, written.length));
  });
}

/** A batch of made-up digits. */
const digits = new Tensor([4, 28, 28], "uint8", Uint8Array.from({ length: 4 * 784 }, (_, i) => (i * 31) % 256));

testOnBackends(
  "a step of the GAN changes each network by its own loss, the generator's by what the other has learned",
  async () => {
    setRandomSeed(2);
    const gan = makeGan();
    // With zeros in its last layer the discriminator outputs 0 for everything, and its input gets no gradient.
    const head = gan.discriminator.layers.at(-1)!;
    head.setWeights(
      (await head.getWeights()).map(({ shape }) => tensor(new Float32Array(shape[0] * (shape[1] ?? 1)), shape)),
    );
    const read = async () => [await gan.generator.layers[0].getWeights(), await head.getWeights()].flat();
    const [makes, says] = await read();

    gan.optimizer!.learningRate = 0;
    const { history: still } = await gan.fit(digits, undefined, { batchSize: 4, verbose: 0 });
    // The mean of -log of a half: once for the generator, twice for the discriminator, whatever its targets are.
    assertClose([still.generator_loss[0], still.discriminator_loss[0]], [Math.LN2, 2 * Math.LN2], {
      absolute: 1e-5,
      relative: 0,
    });
    assert.deepEqual(await read(), [makes, says, tensor([0])], "no gradient comes through zeros");

    gan.optimizer!.learningRate = 0.01;
    const { history: moved } = await gan.fit(digits, undefined, { batchSize: 4, verbose: 0 });
    assertClose([moved.discriminator_loss[0]], [2 * Math.LN2], { absolute: 1e-5, relative: 0 });
    // It now recognizes the same fakes, so the generator's loss has grown in the same step.
    assert.ok(moved.generator_loss[0] > Math.LN2 + 0.01, `${moved.generator_loss[0]}`);
    const [makesNow, saysNow] = await read();
    assert.notDeepEqual(saysNow, says);
    assert.notDeepEqual(makesNow, makes);
  },
);
