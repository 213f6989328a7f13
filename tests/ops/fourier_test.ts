// What Fourier transforms must give, whatever the numbers, and what they refuse.
import assert from "node:assert/strict";
import { ops, random, ShapeError, type Tensor, tensor, ValueError } from "../../mod.ts";
import { assertClose } from "../close.ts";
import { assertRefused } from "../refusal.ts";

const near = { absolute: 2e-5, relative: 2e-5 };

Deno.test("inverses give back what was transformed", () => {
  const [a, b] = [1, 2].map((seed) => random.normal([3, 12], { seed }));
  for (const [to, from] of [[ops.fft, ops.ifft], [ops.fft2, ops.ifft2]]) {
    const [real, imaginary] = from(to([a, b]));
    assertClose(real.data, a.data, near);
    assertClose(imaginary.data, b.data, near);
  }
  assertClose(ops.irfft(ops.rfft(a)).data, a.data, near);
  const odd = random.normal([67], { seed: 3 });
  assertClose(ops.irfft(ops.rfft(odd), { fftLength: 67 }).data, odd.data, near);
});

Deno.test("istft gives back a signal, for frames shorter than the transform too", () => {
  const signal = random.normal([2, 50], { seed: 4 });
  for (const [length, stride, size] of [[8, 4, 8], [8, 2, 16], [6, 3, 9]]) {
    const names = { sequenceLength: length, sequenceStride: stride, fftLength: size, window: "hamming" } as const;
    const [rows, columns] = ops.istft(ops.stft(signal, names), { ...names, length: 44 }).shape;
    assert.deepEqual([rows, columns], [2, 44]);
    const found = ops.istft(ops.stft(signal, names), { ...names, length: 44 });
    assertClose(found.data, ops.slice(signal, [0, 0], [2, 44]).data, near);
  }
});

Deno.test("without a window frames are transformed as they are", () => {
  const signal = random.normal([20], { seed: 5 });
  const frames = ops.extractSequences(signal, 8, 4);
  const expected = ops.rfft(frames);
  const found = ops.stft(signal, 8, 4, 8, null, false);
  found.forEach((part: Tensor, i: number) => assertClose(part.data, expected[i].data, near));
});

Deno.test("mistakes are told", () => {
  const x = tensor([1, 2, 3, 4]);
  assertRefused(() => ops.fft(x as never), ValueError, /a pair of tensors/);
  assertRefused(() => ops.fft([x, tensor([1])]), ShapeError, /both parts must have one shape/);
  assertRefused(() => ops.fft2([x, x]), ShapeError, /at least two axes/);
  assertRefused(() => ops.rfft(x, 0), ShapeError, /from 1 to 16777216 numbers/);
  assertRefused(() => ops.extractSequences(x, 5, 1), ShapeError, /must not be longer than the signal/);
  assertRefused(() => ops.extractSequences(x, 2, 0), ValueError, /sequenceStride must be a whole number of at least 1/);
  assertRefused(() => ops.stft(x, 4, 2, 2), ValueError, /fftLength must be a whole number of at least 4/);
  assertRefused(() => ops.stft(x, 4, 2, 4, [1, 2]), ValueError, /for each of the 4 samples .* received 2 numbers/);
  assertRefused(() => ops.stft(x, 4, 2, 4, "hanning" as "hann"), ValueError, /window must be "hann", "hamming", null/);
  assertRefused(() => ops.hanning(-1), ValueError, /the number of samples must be a whole number/);
  assertRefused(() => ops.kaiser(4, Infinity), ValueError, /beta must be a number from -700 to 700/);
  assertRefused(() => ops.image.extractPatches(x, 2), ShapeError, /2 axes of places and one of channels/);
  assertRefused(() => ops.image.extractPatches(ops.ones([200, 200, 3]), 100), ShapeError, /at most 8192 elements/);
  assertRefused(() => ops.einsum("ii->i", tensor([[1, 2]])), ShapeError, /axes with one label must have one extent/);
});
