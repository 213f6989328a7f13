// The ported examples of pictures, tables and series: networks of the sizes that Keras's have, and their parts by hand.
import assert from "node:assert/strict";
import * as ddim from "../../examples/ported/ddim.ts";
import * as classification from "../../examples/ported/image_classification.ts";
import * as segmentation from "../../examples/ported/image_segmentation.ts";
import { drawPets } from "../../examples/ported/pets.ts";
import * as structured from "../../examples/ported/structured_data.ts";
import * as resolution from "../../examples/ported/super_resolution.ts";
import * as vqVae from "../../examples/ported/vq_vae.ts";
import * as weather from "../../examples/ported/weather_forecasting.ts";
import { compile, ops, tensor, type Value } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

Deno.test("the ported networks have the weights and the outputs of their twins in Keras", () => {
  const space = structured.makeFeatureSpace();
  space.adapt(structured.makePatients(...structured.trainPatients).columns);
  // What count_params() and output_shape of the twins say.
  const expected = {
    ddim: [ddim.getNetwork(), 103553, [null, 16, 16, 1]],
    vq_vae: [vqVae.makeModel(1).vqvae, 15761, [null, 28, 28, 1]],
    image_segmentation: [segmentation.makeModel(), 129715, [null, 48, 48, 3]],
    weather_forecasting: [weather.makeModel(), 4769, [null, 1]],
    super_resolution: [resolution.makeModel(), 59657, [null, null, null, 1]],
    image_classification: [classification.makeModel(), 16409, [null, 1]],
    structured_data: [structured.makeModels(space).trainingModel, 4385, [null, 1]],
  } as const;
  for (const [name, [model, weights, shape]] of Object.entries(expected)) {
    assert.deepEqual([model.countParams(), model.outputShape], [weights, shape], name);
  }
});

testOnBackends("depth becomes space: channels fill blocks row by row", async () => {
  const layer = new resolution.DepthToSpace(2);
  const spread = compile((x: Value) => layer.apply(x));
  const found = await spread(tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]));
  assert.deepEqual(found.toArray(), [[[[1], [2], [5], [6]], [[3], [4], [7], [8]]]]);
});

Deno.test("the ratio of signal to noise is the mean of the pictures' in decibels", () => {
  // Errors of 0.1 and of 1 everywhere: 20 dB and 0 dB.
  const [pictures, others] = [ops.zeros([2, 2, 2, 1]), tensor([0.1, 0.1, 0.1, 0.1, 1, 1, 1, 1], [2, 2, 2, 1])];
  assertClose([resolution.psnr(pictures, others)], [10], { absolute: 1e-4, relative: 0 });
});

testOnBackends("vectors are replaced by the nearest in the book", async () => {
  const quantizer = new vqVae.VectorQuantizer();
  quantizer.build();
  const [size, codes] = quantizer.embeddings.shape;
  // The first number of code i is i, the others are 0.
  quantizer.embeddings.assign(tensor(Array.from({ length: size * codes }, (_, at) => at < codes ? at : 0), [
    size,
    codes,
  ]));
  const rows = tensor([0.4, 7.6, 100].flatMap((first) => [first, ...Array<number>(size - 1).fill(0.1)]), [3, size]);
  const nearest = compile((x: Value) => quantizer.getCodeIndices(x));
  assert.deepEqual([...(await nearest(rows)).data], [0, 8, codes - 1]);
});

Deno.test("drawn pets are the same for a seed, of two kinds, and their maps are of pets with an outline", () => {
  const [size, count] = [32, 40];
  const { images, kinds, maps } = drawPets(count, size, 3);
  assert.deepEqual(drawPets(count, size, 3).images.data, images.data);
  assert.notDeepEqual(drawPets(count, size, 4).images.data, images.data);
  assert.deepEqual([...new Set(kinds.data)].sort(), [0, 1]);
  for (let image = 0; image < count; image++) {
    const map = maps.rows(image, image + 1).data;
    const seen = new Set(map);
    assert.deepEqual([...seen].sort(), [0, 1, 2]);
    // Between pet and background there is an outline: no pixel of one has the other beside it.
    map.forEach((value, at) => {
      const neighbors = [at % size < size - 1 ? map[at + 1] : value, map[at + size] ?? value];
      for (const neighbor of neighbors) assert.ok(value === neighbor || value === 2 || neighbor === 2);
    });
  }
});
