// The types of layers' options: what is no option, or no value of one, does not compile, and is refused at run time.
import assert from "node:assert/strict";
import { ValueError } from "../../lib/errors.ts";
import * as layers from "../../lib/layers/layers.ts";

/** Each line is an error for the type checker, which `deno check tests` holds to, and one when it runs. */
const mistyped: (() => unknown)[] = [
  // @ts-expect-error no such option
  () => new layers.Dense(2, { unit: 3 }),
  // @ts-expect-error no such option
  () => new layers.Activation("relu", { alpha: 1 }),
  // @ts-expect-error no such option
  () => new layers.ReLU({ slope: 1 }),
  // @ts-expect-error no such option
  () => new layers.LeakyReLU({ slope: 0.1 }),
  // @ts-expect-error no such option
  () => new layers.ELU({ beta: 1 }),
  // @ts-expect-error no such option
  () => new layers.PReLU({ axes: [1] }),
  // @ts-expect-error no such option
  () => new layers.Softmax({ axes: [1] }),
  // @ts-expect-error no such option
  () => new layers.Identity({ mask: true }),
  // @ts-expect-error no such option
  () => new layers.Masking({ value: 0 }),
  // @ts-expect-error no such option
  () => new layers.Lambda((x) => x, { outputShapes: [1] }),
  // @ts-expect-error no such option
  () => new layers.Embedding(2, 3, { maskZeros: true }),
  // @ts-expect-error no such option
  () => new layers.Flatten({ format: "channels_last" }),
  // @ts-expect-error no such option
  () => new layers.Reshape([2], { shape: [2] }),
  // @ts-expect-error no such option
  () => new layers.Permute([2, 1], { dims: [1] }),
  // @ts-expect-error no such option
  () => new layers.RepeatVector(2, { times: 2 }),
  // @ts-expect-error no such option
  () => new layers.Rescaling(2, { offsets: 1 }),
  // @ts-expect-error no such option
  () => new layers.Dropout(0.5, { shape: [1] }),
  // @ts-expect-error no such option
  () => new layers.SpatialDropout1D(0.5, { noiseShape: [1] }),
  // @ts-expect-error no such option
  () => new layers.SpatialDropout2D(0.5, { noiseShape: [1] }),
  // @ts-expect-error no such option
  () => new layers.SpatialDropout3D(0.5, { noiseShape: [1] }),
  // @ts-expect-error no such option
  () => new layers.GaussianNoise(0.5, { rate: 1 }),
  // @ts-expect-error no such option
  () => new layers.GaussianDropout(0.5, { noiseShape: [1] }),
  // @ts-expect-error no such option
  () => new layers.AlphaDropout(0.5, { rate: 1 }),
  // @ts-expect-error no such option
  () => new layers.ActivityRegularization({ l3: 1 }),
  // @ts-expect-error no such option
  () => new layers.Add({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Subtract({ order: 1 }),
  // @ts-expect-error no such option
  () => new layers.Multiply({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Average({ weights: 1 }),
  // @ts-expect-error no such option
  () => new layers.Maximum({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Minimum({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Concatenate({ axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.Dot(1, { axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.MaxPooling1D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.MaxPooling2D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.MaxPooling3D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.AveragePooling1D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.AveragePooling2D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.AveragePooling3D(2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalMaxPooling1D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalMaxPooling2D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalMaxPooling3D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalAveragePooling1D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalAveragePooling2D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.GlobalAveragePooling3D({ axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Cropping1D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Cropping2D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.Cropping3D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.UpSampling1D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.UpSampling2D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.UpSampling3D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.ZeroPadding1D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.ZeroPadding2D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.ZeroPadding3D(1, { axis: 1 }),
  // @ts-expect-error no such option
  () => new layers.BatchNormalization({ axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.LayerNormalization({ axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.GroupNormalization({ axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.RMSNormalization({ axes: 1 }),
  // @ts-expect-error no such option
  () => new layers.UnitNormalization({ axes: 1 }),
  // @ts-expect-error no such activation
  () => new layers.Dense(2, { activation: "rellu" }),
  // @ts-expect-error no such initializer
  () => new layers.Embedding(2, 3, { embeddingsInitializer: "uniforms" }),
  // @ts-expect-error no such data format
  () => new layers.SpatialDropout2D(0.5, { dataFormat: "first" }),
];

Deno.test("what does not compile is refused at run time as well", () => {
  for (const make of mistyped) assert.throws(make, ValueError, String(make));
});
