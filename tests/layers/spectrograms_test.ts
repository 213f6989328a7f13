// Spectrograms beside the cases of layers: one signal alone, bands of frequencies, and errors.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, toTensor } from "../golden.ts";

const { single, bands } = golden("spectrograms");

testOnBackends("one signal alone gives the bands of Keras", async () => {
  const layer = new layers.MelSpectrogram({ fftLength: 16, sequenceStride: 8, samplingRate: 1000, numMelBins: 4 });
  const y = await compile((x: Value) => layer.apply(x))(toTensor(single.x));
  assert.deepEqual([...y.shape], single.y.shape);
  assertClose(y.data, single.y.data.map(Number), { absolute: 1e-5, relative: 1e-4 });
});

Deno.test("bands of frequencies are those of Keras", () => {
  for (const { config, weights } of bands) {
    const made = new layers.MelSpectrogram().linearToMelWeightMatrix(camelCased(config));
    assert.deepEqual([...made.shape], weights.shape);
    assertClose(made.data, weights.data.map(Number), { absolute: 3e-6, relative: 1e-5 });
  }
});

Deno.test("shapes follow from the number of samples, where it is known", () => {
  const mel = () => new layers.MelSpectrogram({ fftLength: 16, sequenceStride: 8, numMelBins: 4 });
  assert.deepEqual(new Sequential([Input({ shape: [null] }), mel()]).outputShape, [null, 4, null]);
  assert.deepEqual(new Sequential([Input({ shape: [15] }), mel()]).outputShape, [null, 4, 2]);
  const stft = () => new layers.STFTSpectrogram({ frameLength: 16 });
  assert.deepEqual(new Sequential([Input({ shape: [null, 2] }), stft()]).outputShape, [null, null, 18]);
  assert.equal(new layers.STFTSpectrogram({ frameLength: 1 }).computeOutputShape([2, 5, 1])?.[1], 5);
});

Deno.test("frames, steps and transforms that do not fit are refused", () => {
  const stft = (options: layers.STFTSpectrogramOptions) => () => new layers.STFTSpectrogram(options);
  assert.throws(stft({ frameLength: 8, frameStep: 9 }), /frameStep must be at most frameLength, 8/);
  assert.throws(stft({ frameLength: 8, fftLength: 4 }), /fftLength must be at least frameLength, 8/);
  assert.throws(stft({ frameStep: 0 }), /frameStep must be a positive integer/);
  assert.throws(() => new layers.MelSpectrogram({ fftLength: 8, sequenceLength: 9 }), /at most fftLength, 8/);
  const message = 'Cannot make "mel": minFreq must be below maxFreq, received minFreq 9000 and maxFreq 8000: ' +
    "give both in hertz";
  assert.throws(() => new layers.MelSpectrogram({ minFreq: 9000, name: "mel" }), { message });
  const bands = () => new layers.MelSpectrogram().linearToMelWeightMatrix({ lowerEdgeHertz: 50, upperEdgeHertz: 50 });
  assert.throws(bands, /lowerEdgeHertz must be below upperEdgeHertz, received lowerEdgeHertz 50 and upperEdgeHertz 50/);
  const short = () => new Sequential([Input({ shape: [8] }), new layers.MelSpectrogram({ fftLength: 16 })]);
  assert.throws(short, /must have more than the 8 samples of half a transform/);
  const frames = () => new Sequential([Input({ shape: [8, 1] }), new layers.STFTSpectrogram({ frameLength: 16 })]);
  assert.throws(frames, /the window must fit into the input/);
});
