// The types of layers' options: an unknown option or an invalid value does not compile, and is an error at run time.
import assert from "node:assert/strict";
import { isClass, ValueError } from "../../lib/errors.ts";
import * as layers from "../../lib/layers/layers.ts";
import { isBaseAmong } from "../exported_classes.ts";

/** Each line is a type error, as `deno check tests` verifies, and throws when it runs. */
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
  () => new layers.AdaptiveAveragePooling1D(2, { strides: 1 }),
  // @ts-expect-error no such option
  () => new layers.AdaptiveAveragePooling2D(2, { strides: 1 }),
  // @ts-expect-error no such option
  () => new layers.AdaptiveAveragePooling3D(2, { strides: 1 }),
  // @ts-expect-error no such option
  () => new layers.AdaptiveMaxPooling1D(2, { strides: 1 }),
  // @ts-expect-error no such option
  () => new layers.AdaptiveMaxPooling2D(2, { strides: 1 }),
  // @ts-expect-error no such option
  () => new layers.AdaptiveMaxPooling3D(2, { strides: 1 }),
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
  // @ts-expect-error no such option
  () => new layers.Conv1D(1, 2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.Conv2D(1, 2, { kernel: 1 }),
  // @ts-expect-error no such padding
  () => new layers.Conv3D(1, 2, { padding: "sames" }),
  // @ts-expect-error no such option
  () => new layers.Conv1DTranspose(1, 2, { groups: 1 }),
  // @ts-expect-error no such option
  () => new layers.Conv2DTranspose(1, 2, { groups: 1 }),
  // @ts-expect-error no such option
  () => new layers.Conv3DTranspose(1, 2, { groups: 1 }),
  // @ts-expect-error no such option
  () => new layers.DepthwiseConv1D(2, { kernelInitializer: "zeros" }),
  // @ts-expect-error no such option
  () => new layers.DepthwiseConv2D(2, { filters: 3 }),
  // @ts-expect-error no such option
  () => new layers.SeparableConv1D(1, 2, { kernelInitializer: "zeros" }),
  // @ts-expect-error no such option
  () => new layers.SeparableConv2D(1, 2, { kernelInitializer: "zeros" }),
  // @ts-expect-error no such interpolation
  () => new layers.Resizing(2, 2, { interpolation: "cubic" }),
  // @ts-expect-error no such option
  () => new layers.CenterCrop(2, 2, { interpolation: "nearest" }),
  // @ts-expect-error no such option
  () => new layers.Normalization({ means: 1 }),
  // @ts-expect-error no such mode
  () => new layers.CategoryEncoding(2, { outputMode: "tf_idf" }),
  // @ts-expect-error no such option
  () => new layers.Discretization({ numBins: 2, edges: [1] }),
  // @ts-expect-error no such mode
  () => new layers.Hashing(2, { outputMode: "tf_idf" }),
  // @ts-expect-error no such mode
  () => new layers.HashedCrossing(2, { outputMode: "count" }),
  // @ts-expect-error tokens of the other kind
  () => new layers.IntegerLookup({ vocabulary: ["a"] }),
  // @ts-expect-error tokens of the other kind
  () => new layers.StringLookup({ vocabulary: [1] }),
  // @ts-expect-error no such way to split
  () => new layers.TextVectorization({ split: "words" }),
  // @ts-expect-error no such mode
  () => new layers.RandomFlip("sideways"),
  // @ts-expect-error no such fill mode
  () => new layers.RandomRotation(0.5, { fillMode: "zeros" }),
  // @ts-expect-error no such option
  () => new layers.RandomTranslation(0.5, 0.5, { factor: 1 }),
  // @ts-expect-error no such option
  () => new layers.RandomZoom(0.5, { heightFactor: 1 }),
  // @ts-expect-error no such option
  () => new layers.RandomContrast(0.5, { fillMode: "nearest" }),
  // @ts-expect-error no such option
  () => new layers.RandomBrightness(0.5, { range: [0, 1] }),
  // @ts-expect-error no such option
  () => new layers.RandomCrop(2, 2, { fillMode: "nearest" }),
  // @ts-expect-error no such option
  () => new layers.AugMix({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.AutoContrast({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.ContrastLimitedAdaptiveHistogramEqualization({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.CutMix({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.Equalization({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.MixUp({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandAugment({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomColorJitter({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomElasticTransform({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomErasing({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomGaussianBlur({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomGrayscale({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomInvert({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomPerspective({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomShear({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.Solarization({ strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomColorDegeneration(0.5, { strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomHue(0.5, { strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomPosterization(4, { strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomSaturation(0.5, { strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.RandomSharpness(0.5, { strength: 0.5 }),
  // @ts-expect-error no such option
  () => new layers.MaxNumBoundingBoxes(2, { boxes: 3 }),
  // @ts-expect-error no such option
  () => new layers.Pipeline([new layers.RandomFlip()], { steps: 1 }),
  // @ts-expect-error no such option
  () => new layers.InputLayer({ shape: [1], sizes: 2 }),
  // @ts-expect-error no such option
  () => new layers.EinsumDense("ab,bc->ac", 2, { useBias: true }),
  // @ts-expect-error no such option
  () => new layers.ReversibleEmbedding(2, 3, { tied: true }),
  // @ts-expect-error no such option
  () => new layers.MultiHeadAttention(2, 3, { heads: 2 }),
  // @ts-expect-error no such option
  () => new layers.GroupQueryAttention(2, 4, 2, { valueDim: 2 }),
  // @ts-expect-error no such mode
  () => new layers.Attention({ scoreMode: "sum" }),
  // @ts-expect-error no such option
  () => new layers.AdditiveAttention({ scoreMode: "dot" }),
  // @ts-expect-error no such option
  () => new layers.SimpleRNN(2, { unit: 3 }),
  // @ts-expect-error no such option
  () => new layers.LSTM(2, { forgetBias: 1 }),
  // @ts-expect-error no such option
  () => new layers.GRU(2, { resetBefore: true }),
  // @ts-expect-error no such option
  () => new layers.SimpleRNNCell(2, { unit: 3 }),
  // @ts-expect-error no such option
  () => new layers.LSTMCell(2, { forgetBias: 1 }),
  // @ts-expect-error no such option
  () => new layers.GRUCell(2, { resetBefore: true }),
  // @ts-expect-error no such option
  () => new layers.RNN(new layers.GRUCell(2), { backwards: true }),
  // @ts-expect-error no such option
  () => new layers.StackedRNNCells([new layers.GRUCell(2)], { backwards: true }),
  // @ts-expect-error no such way to merge
  () => new layers.Bidirectional(new layers.GRU(2), { mergeMode: "both" }),
  // @ts-expect-error no such option
  () => new layers.TimeDistributed(new layers.Dense(2), { steps: 3 }),
  // @ts-expect-error no such option
  () => new layers.SpectralNormalization(new layers.Dense(2), { iterations: 3 }),
  // @ts-expect-error no such mode
  () => new layers.STFTSpectrogram({ mode: "power" }),
  // @ts-expect-error no such option
  () => new layers.MelSpectrogram({ bins: 8 }),
  // @ts-expect-error no such option
  () => new layers.ConvLSTM1D(1, 2, { stride: 1 }),
  // @ts-expect-error no such option
  () => new layers.ConvLSTM2D(1, 2, { kernel: 1 }),
  // @ts-expect-error no such padding
  () => new layers.ConvLSTM3D(1, 2, { padding: "sames" }),
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

Deno.test("every layer has a line here", () => {
  const classes = Object.entries(layers).filter(([, item]) => isClass(item)) as unknown as [
    string,
    { prototype: object },
  ][];
  const lines = mistyped.map(String);
  // Keras has several names for some.
  const seen = new Set(classes.filter(([name]) => lines.some((line) => line.includes(`.${name}(`))).map(([, C]) => C));
  const isBase = isBaseAmong(classes);
  assert.deepEqual(classes.filter(([, Class]) => !seen.has(Class) && !isBase(Class)).map(([name]) => name), []);
});
