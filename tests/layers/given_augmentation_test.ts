// What layers make of images, labels, boxes and masks by transformations that are given: as Keras's layers do.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import type { Drawn, ImageLayer } from "../../lib/layers/image_layer.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type GoldenObject, makeLayer, type Table, toTensor } from "../golden.ts";

const close = { absolute: 2e-5, relative: 2e-5 };
/** Values up to 255, and places by equations that Keras solves in float32. */
const wide = { absolute: 1e-3, relative: 2e-5 };

/** The golden arrays of a table by name, as tensors. */
const tensorsOf = (table: Table): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(table as Record<string, GoldenArray>).map(([name, array]) => [name, toTensor(array)]),
  );

const cases: Table[] = golden("augmentation").given;

for (const [i, spec] of cases.entries()) {
  testOnBackends(`${spec.class_name} applies a transformation that is given as Keras's does, ${i}`, async () => {
    const layer = makeLayer(spec as GoldenObject) as ImageLayer;
    const { images, labels, masks, boxes, box_labels: boxLabels } = spec;
    const parts = tensorsOf({
      images,
      ...(labels && { labels }),
      ...(masks && { masks }),
      ...(boxes && { boxes, boxLabels }),
    });
    const apply = (given: Record<string, Value>, drawn: Record<string, Value>): Record<string, Value> => {
      const by: Drawn<object> = { ...drawn, inputShape: given.images.shape };
      const moved = given.boxes && layer.transformBoundingBoxes({ boxes: given.boxes, labels: given.boxLabels }, by);
      return {
        images: layer.transformImages(given.images, by),
        ...(given.labels && { labels: layer.transformLabels(given.labels, by) }),
        ...(given.masks && { masks: layer.transformSegmentationMasks(given.masks, by) }),
        ...(moved && { boxes: moved.boxes, boxLabels: moved.labels }),
      };
    };
    const made = await compile(apply)(parts, tensorsOf(spec.transformation)) as Record<string, Tensor>;
    const bound = spec.class_name === "RandomPerspective" || images.dtype === "uint8" ? wide : close;
    const held = ["images", "labels", "masks", "boxes", "box_labels"].filter((name) => `to_${name}` in spec);
    for (const name of held) {
      const [actual, expected] = [made[name === "box_labels" ? "boxLabels" : name], toTensor(spec[`to_${name}`])];
      assert.deepEqual(actual.shape, expected.shape, name);
      assertClose(actual.data, expected.data, name === "images" || name === "boxes" ? bound : close, name);
    }
    assert.equal(Object.keys(made).length, held.length);
  });
}
