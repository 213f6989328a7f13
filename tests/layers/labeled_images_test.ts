// Images with labels, bounding boxes and masks: their parts change alike, by what is drawn once.
import assert from "node:assert/strict";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { setBackend } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Model } from "../../lib/models/model.ts";
import * as ops from "../../lib/ops/ops.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { type Shape, sizeOf } from "../../lib/shape.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 2e-4, relative: 2e-5 };
const numbers = (shape: Shape, dtype: "float32" | "uint8", limit: number, step = 37) => {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i * step) % limit);
  return ops.cast(new Tensor(shape, "float32", data), dtype);
};

const count = 6;
const data = {
  images: ops.divide(numbers([count, 8, 8, 3], "float32", 251), 251),
  labels: ops.identity(count),
  segmentationMasks: numbers([count, 8, 8, 1], "uint8", 4, 7),
  boundingBoxes: {
    boxes: tensor(Array.from({ length: count }, (_, i) => [[1, 1, 4, 3], [i, 0, i + 2, 6]])),
    labels: tensor(Array.from({ length: count }, (_, i) => [i, 2]), undefined, "int32"),
  },
};
const seed = 11;
const valueRange = [0, 1] as const;
const boundingBoxFormat = "xyxy" as const;

/** A layer of images, whatever it draws. */
interface Applied {
  apply(data: Labeled, context?: { training?: boolean }): Labeled;
  apply(x: Value, context?: { training?: boolean }): unknown;
}

/** A layer of each class that draws, whose draws are the same for each layer made. */
const makers: Readonly<Record<string, () => Applied>> = {
  AugMix: () => new layers.AugMix({ valueRange, seed, numChains: 2, chainDepth: 2, boundingBoxFormat }),
  CutMix: () => new layers.CutMix({ seed, boundingBoxFormat }),
  MixUp: () => new layers.MixUp({ seed, boundingBoxFormat }),
  RandAugment: () => new layers.RandAugment({ valueRange, seed, boundingBoxFormat }),
  RandomBrightness: () => new layers.RandomBrightness(0.3, { valueRange, seed, boundingBoxFormat }),
  RandomColorDegeneration: () => new layers.RandomColorDegeneration([0.2, 1], { valueRange, seed, boundingBoxFormat }),
  RandomColorJitter: () =>
    new layers.RandomColorJitter({
      ...{ brightnessFactor: 0.2, contrastFactor: 0.3, saturationFactor: [0.2, 0.6], hueFactor: 0.4 },
      ...{ valueRange, seed, boundingBoxFormat },
    }),
  RandomContrast: () => new layers.RandomContrast(0.5, { valueRange, seed, boundingBoxFormat }),
  RandomCrop: () => new layers.RandomCrop(5, 6, { seed, boundingBoxFormat }),
  RandomElasticTransform: () => new layers.RandomElasticTransform({ valueRange, seed, boundingBoxFormat }),
  RandomErasing: () => new layers.RandomErasing({ valueRange, seed, boundingBoxFormat }),
  RandomFlip: () => new layers.RandomFlip("horizontal", { seed, boundingBoxFormat }),
  RandomGaussianBlur: () => new layers.RandomGaussianBlur({ kernelSize: 5, valueRange, seed, boundingBoxFormat }),
  RandomGrayscale: () => new layers.RandomGrayscale({ seed, boundingBoxFormat }),
  RandomHue: () => new layers.RandomHue(0.5, { valueRange, seed, boundingBoxFormat }),
  RandomInvert: () => new layers.RandomInvert({ factor: [0.5, 0.5], valueRange, seed, boundingBoxFormat }),
  RandomPerspective: () => new layers.RandomPerspective({ scale: 0.5, seed, boundingBoxFormat }),
  RandomPosterization: () => new layers.RandomPosterization([2, 7], { valueRange, seed, boundingBoxFormat }),
  RandomRotation: () => new layers.RandomRotation(0.2, { seed, boundingBoxFormat }),
  RandomSaturation: () => new layers.RandomSaturation([0.2, 0.7], { valueRange, seed, boundingBoxFormat }),
  RandomSharpness: () => new layers.RandomSharpness(0.8, { valueRange, seed, boundingBoxFormat }),
  RandomShear: () => new layers.RandomShear({ xFactor: 0.4, yFactor: 0.3, seed, boundingBoxFormat }),
  RandomTranslation: () => new layers.RandomTranslation(0.3, 0.3, { seed, boundingBoxFormat }),
  RandomZoom: () => new layers.RandomZoom(0.3, { seed, boundingBoxFormat }),
  Solarization: () =>
    new layers.Solarization({ thresholdFactor: [0.2, 0.6], additionFactor: 0.1, valueRange, seed, boundingBoxFormat }),
};

type Labeled = layers.LabeledImages;
const withoutBoxes = ["CutMix", "RandomElasticTransform"];

/** The parts that a layer makes of the data in training, and of the images alone, by draws of the same seed. */
async function changed(name: string) {
  const { boundingBoxes, ...others } = data;
  const given = withoutBoxes.includes(name) ? others : { ...others, boundingBoxes };
  const [layer, alone] = [makers[name](), makers[name]()];
  const parts = await compile((x: Labeled) => layer.apply(x, { training: true }))(given);
  const images = await compile((x: Value) => alone.apply(x, { training: true }) as Value)(data.images);
  return { parts: parts as Required<layers.LabeledImages<Tensor>>, images };
}

for (const name of Object.keys(makers)) {
  testOnBackends(`${name} draws once for all parts, in training, the same on every executor`, async () => {
    setRandomSeed(1);
    const { parts, images } = await changed(name);
    assert.deepEqual([...parts.images.data], [...images.data], "images alone are changed alike");
    assert.notDeepEqual([...images.data], [...data.images.data]);
    await setBackend("reference");
    setRandomSeed(1);
    const expected = (await changed(name)).parts;
    assertClose(parts.images.data, expected.images.data, close, "images");
    assertClose(parts.labels.data, expected.labels.data, close, "labels");
    assertClose(parts.segmentationMasks.data, expected.segmentationMasks.data, close, "masks");
    if (withoutBoxes.includes(name)) return;
    assertClose(parts.boundingBoxes.boxes.data, expected.boundingBoxes.boxes.data, close, "boxes");
    assert.deepEqual([...parts.boundingBoxes.labels.data], [...expected.boundingBoxes.labels.data]);
  });
}

testOnBackends("what is drawn for masks and boxes is what is drawn for the images", async () => {
  // The first channel is the mask, so that both must stay equal where pixels are not mixed.
  const masks = data.segmentationMasks;
  const images = ops.cast(masks, "float32");
  for (const name of ["RandomFlip", "RandomCrop"]) {
    const layer = makers[name]();
    const run = compile((x: Labeled) => layer.apply(x, { training: true }));
    const made = await run({ images, segmentationMasks: masks });
    assert.deepEqual([...made.segmentationMasks!.data], [...made.images.data], name);
    assert.equal(made.segmentationMasks!.dtype, "uint8");
  }
  // A white rectangle stays where its box says.
  const boxes = tensor([[[2, 1, 5, 4]], [[0, 3, 3, 7]]]);
  const inside = (y: number, x: number, [x0, y0, x1, y1]: number[]) => x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  const white = (box: number[]) =>
    Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => [inside(y, x, box)]));
  const photos = tensor([white([2, 1, 5, 4]), white([0, 3, 3, 7])]);
  const flip = new layers.RandomFlip("horizontal_and_vertical", { boundingBoxFormat, seed: 3 });
  const run = compile((x: Labeled) => flip.apply(x, { training: true }));
  const boundingBoxes = { boxes, labels: tensor([[0], [1]], undefined, "int32") };
  for (let draw = 0; draw < 4; draw++) {
    const made = await run({ images: photos, boundingBoxes });
    const found = made.boundingBoxes!.boxes.toArray() as number[][][];
    assert.deepEqual(made.images.toArray(), found.map(([box]) => white(box)));
  }
});

Deno.test("in inference all parts stay as they are", async () => {
  const layer = new layers.RandomRotation(0.2, { boundingBoxFormat });
  const made = await compile((x: Labeled) => layer.apply(x, { training: false }))(data);
  assert.deepEqual(made, data);
});

Deno.test("one image with its parts is changed as a batch of one", async () => {
  const first = (x: Tensor) => ops.slice(x, x.shape.map(() => 0), [1, ...x.shape.slice(1)]);
  const alone = (x: Tensor) => ops.reshape(x, x.shape.slice(1));
  const { images, segmentationMasks, boundingBoxes: { boxes, labels } } = data;
  for (const name of ["RandomFlip", "RandomZoom", "RandomPerspective", "RandAugment", "MixUp"]) {
    const [batched, single] = [makers[name](), makers[name]()];
    const batch = await compile((x: Labeled) => batched.apply(x, { training: true }))({
      images: first(images),
      segmentationMasks: first(segmentationMasks),
      boundingBoxes: { boxes: first(boxes), labels: first(labels) },
    });
    const one = await compile((x: Labeled) => single.apply(x, { training: true }))({
      images: alone(first(images)),
      segmentationMasks: alone(first(segmentationMasks)),
      boundingBoxes: { boxes: alone(first(boxes)), labels: alone(first(labels)) },
    });
    assert.deepEqual(one.images, alone(batch.images), name);
    assert.deepEqual(one.segmentationMasks, alone(batch.segmentationMasks!), name);
    assert.deepEqual(one.boundingBoxes!.boxes, alone(batch.boundingBoxes!.boxes), name);
  }
});

Deno.test("a Pipeline takes labeled images, and so does a model of symbolic tensors", async () => {
  const flip = () => new layers.RandomFlip("horizontal", { boundingBoxFormat, seed: 5 });
  const crop = () => new layers.CenterCrop(6, 6, { boundingBoxFormat });
  const pipeline = new layers.Pipeline([flip(), crop()]);
  const [one, two] = [flip(), crop()];
  const made = await compile((x: Labeled) => pipeline.apply(x, { training: true }))(data);
  const expected = await compile((x: Labeled) => two.apply(one.apply(x, { training: true })))(data);
  assert.deepEqual(made, expected);
  const [images, boxes, labels] = [Input({ shape: [8, 8, 3] }), Input({ shape: [2, 4] }), Input({ shape: [2] })];
  const out = crop().apply({ images, boundingBoxes: { boxes, labels } });
  assert.deepEqual(out.images.shape, [null, 6, 6, 3]);
  const model = new Model({ inputs: [images, boxes, labels], outputs: [out.images, out.boundingBoxes.boxes] });
  const given = [data.images, data.boundingBoxes.boxes, ops.cast(data.boundingBoxes.labels, "float32")];
  const [, moved] = await (model as Model).predict(given, { verbose: 0 }) as Tensor[];
  const cropped = await compile((x: Labeled) => two.apply(x))(data);
  assert.deepEqual([...moved.data], [...cropped.boundingBoxes!.boxes.data]);
});

testOnBackends("what is drawn lies where it should", async () => {
  const many = ops.zeros([2000, 2, 2, 3]);
  const drawnBy = async <T extends object>(layer: layers.ImageLayer<T>) =>
    await compile((x: Value) => {
      const { inputShape: _, ...drawn } = layer.getRandomTransformation(x) as Record<string, unknown>;
      return drawn as Record<string, Value>;
    })(many) as Record<string, Tensor>;
  const within = (x: Tensor, low: number, high: number, middle: number, what: string) => {
    assert.ok(x.data.every((each) => each >= low && each <= high), what);
    const mean = Array.from(x.data).reduce((a, b) => a + b, 0) / x.data.length;
    // Five standard errors of a uniform distribution.
    const bound = 5 * (high - low) / Math.sqrt(12 * x.data.length);
    assert.ok(Math.abs(mean - middle) <= bound, `${what}: ${mean}`);
  };
  const share = (x: Tensor, expected: number, what: string) => within(x, 0, 1, expected, what);
  within((await drawnBy(new layers.RandomHue(0.4))).factor, -0.2, 0.2, 0, "hue");
  within((await drawnBy(new layers.RandomSharpness([0.2, 0.6]))).factor, 0.2, 0.6, 0.4, "sharpness");
  const { shearX, shearY } = await drawnBy(new layers.RandomShear({ xFactor: [0.1, 0.3], yFactor: 0.2 }));
  within(shearX, -0.3, 0.3, 0, "shear along x");
  within(shearY, -0.2, 0.2, 0, "shear along y");
  const { shift } = await drawnBy(new layers.RandomPosterization([2, 6]));
  assert.deepEqual([...new Set(shift.data)].sort(), [3, 4, 5, 6]);
  const { additions, thresholds } = await drawnBy(
    new layers.Solarization({ additionFactor: 0.2, thresholdFactor: 0.5 }),
  );
  within(additions, 0, 51, 25.5, "additions");
  within(thresholds, 0, 127.5, 63.75, "thresholds");
  const chosen = async (layer: layers.ImageLayer<layers.Chosen>) => (await drawnBy(layer)).isChosen;
  share(await chosen(new layers.RandomInvert({ factor: [0.25, 0.25] })), 0.25, "inverted");
  share(await chosen(new layers.RandomInvert({ factor: 0.5 })), 0.25, "inverted by up to a half");
  share(await chosen(new layers.RandomGrayscale({ factor: 0.75 })), 0.75, "grey");
  const mix = await drawnBy(new layers.MixUp({ alpha: 1 }));
  share(mix.weight, 0.5, "shares of two images");
  assert.deepEqual([...mix.order.data].sort((a, b) => a - b), Array.from({ length: 2000 }, (_, i) => i));
  const cut = await drawnBy(new layers.CutMix({ factor: [1, 1] }));
  share(cut.weight, 0.5, "what stays of images");
  assert.ok(cut.x0.data.every((x, i) => x >= 0 && cut.x1.data[i] <= 2.001 && x <= cut.x1.data[i]));
});

Deno.test("parts that do not suit are refused", async () => {
  const layer = new layers.RandomFlip("horizontal", { name: "flip" });
  const boxed = new layers.RandomFlip("horizontal", { name: "boxed", boundingBoxFormat });
  const refused = async (
    by: Applied,
    given: object,
    Kind: typeof ValueError | typeof ShapeError,
    message: string,
  ) => {
    const run = compile((x: Labeled) => by.apply(x, { training: true }));
    await assert.rejects(
      run(given as typeof data),
      (error: unknown) => error instanceof Kind && error.message === message,
    );
  };
  const { images, boundingBoxes } = data;
  await refused(
    layer,
    { labels: data.labels },
    ValueError,
    'Cannot call "flip": there must be images, received labels: ' +
      "write it as { images, labels, boundingBoxes: { boxes, labels } }",
  );
  await refused(
    layer,
    { images, boundingboxes: boundingBoxes.boxes },
    ValueError,
    'Cannot call "flip": the parts of its input are images, labels, segmentationMasks, boundingBoxes, received ' +
      '"boundingboxes": did you mean "boundingBoxes"?',
  );
  await refused(
    layer,
    { images, boundingBoxes },
    ValueError,
    'In "flip": Cannot call "flip": bounding boxes need a boundingBoxFormat, received boxes, and a layer without one: ' +
      'write it as in new RandomFlip(..., { boundingBoxFormat: "xyxy" })',
  );
  await refused(
    boxed,
    { images, boundingBoxes: { boxes: boundingBoxes.boxes } },
    ValueError,
    'Cannot call "boxed": boundingBoxes must be an object with boxes and labels, received boxes: ' +
      "write it as boundingBoxes: { boxes, labels }",
  );
  await refused(
    boxed,
    { images, boundingBoxes: { boxes: ops.ones([count, 4]), labels: ops.ones([count]) } },
    ShapeError,
    'In "boxed": Cannot call "boxed": bounding boxes must be [batch, boxes, 4] with labels [batch, boxes], received [6, 4] with ' +
      "labels [6]: fill shorter lists of boxes up, as MaxNumBoundingBoxes does",
  );
  await refused(
    boxed,
    { images, segmentationMasks: ops.ones([count, 4, 8, 1]) },
    ShapeError,
    'In "boxed": Cannot call "boxed": segmentationMasks must have the 8 x 8 pixels of the images, received [6, 4, 8, 1]: ' +
      "give the class of each pixel, with an axis of extent 1 for the channels",
  );
  await refused(
    new layers.CutMix({ name: "cut", boundingBoxFormat }),
    { images, boundingBoxes },
    ValueError,
    'In "cut": Cannot call "cut": it does not take bounding boxes, received its rectangles cut what boxes are around: ' +
      "leave it out where there are boxes, as in Keras",
  );
  await refused(
    layer,
    { images, labels: ops.identity(4) },
    ShapeError,
    'In "flip": Cannot call "flip": each part must be of the 6 images, received labels [4, 4]: ' +
      "give each part the batch axis of the images",
  );
  await refused(
    boxed,
    { images, boundingBoxes: { boxes: ops.ones([2, 3, 4]), labels: ops.ones([2, 3]) } },
    ShapeError,
    'In "boxed": Cannot call "boxed": each part must be of the 6 images, received bounding boxes [2, 3, 4]: ' +
      "give each part the batch axis of the images",
  );
  for (const Mixed of [layers.CutMix, layers.MixUp]) {
    await refused(
      new Mixed({ name: "mix" }),
      { images, labels: ops.arange(count, { dtype: "int32" }) },
      ValueError,
      'In "mix": Cannot call "mix": labels must be what can be mixed: one-hot classes, or numbers in float32, received ' +
        "labels [6] of int32: make them one-hot with ops.oneHot(labels, numClasses)",
    );
  }
});
