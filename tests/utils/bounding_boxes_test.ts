// Bounding boxes: their formats, and how they move and overlap, as in Keras.
import assert from "node:assert/strict";
import { clip } from "../../lib/ops/composed.ts";
import type { BoundingBoxFormat } from "../../lib/ops/bounding_boxes.ts";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { utils } from "../../mod.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";

const { boundingBoxes } = utils;
const close = { absolute: 2e-6, relative: 2e-6 };
const size = { height: 5, width: 6 };
const { formats, box_utils: of }: Table = golden("augmentation");

Deno.test("boxes of each format are converted to each other one as Keras does", () => {
  assert.equal(formats.length, 81);
  for (const { source, target, boxes, converted } of formats) {
    const made = boundingBoxes.convertFormat(toTensor(boxes), source, target, size);
    assertClose(made.data, toTensor(converted).data, close, `${source} to ${target}`);
  }
});

Deno.test("boxes are clipped, cropped, padded and turned as in Keras", () => {
  const [wild, boxes, labels] = [of.wild, of.boxes, of.classes].map(toTensor);
  const clipped = boundingBoxes.clipToImageSize({ boxes: wild, labels }, size);
  assertClose(clipped.boxes.data, toTensor(of.clipped.boxes).data, close);
  assert.deepEqual([...clipped.labels.data], of.clipped.labels.data);
  const parts = { boxes: tensor([...wild.data].map((x) => x / 8)).reshape(wild.shape), labels };
  const relative = boundingBoxes.clipToImageSize(parts, { boundingBoxFormat: "rel_xyxy" });
  assertClose(relative.boxes.data, toTensor(of.clipped_relative.boxes).data, close);
  assert.deepEqual([...relative.labels.data], of.clipped_relative.labels.data);
  assertClose(boundingBoxes.crop(wild, 1, 2, 3, 4).data, toTensor(of.cropped).data, close);
  assertClose(boundingBoxes.pad(wild, 1, 2).data, toTensor(of.padded).data, close);
  const { angle, translate_x, translate_y, scale, shear_x, shear_y } = of.turn;
  const [translateX, translateY, shearX, shearY] = [translate_x, translate_y, shear_x, shear_y].map(toTensor);
  const turn = { angle: toTensor(angle), scale: toTensor(scale), translateX, translateY, shearX, shearY };
  const turned = boundingBoxes.affineTransform(boxes, { ...turn, ...size });
  assertClose(turned.data, toTensor(of.turned).data, { absolute: 1e-5, relative: 1e-5 });
});

Deno.test("boxes overlap as in Keras", () => {
  const [boxes, others] = [of.boxes, of.others].map(toTensor);
  const first = (x: typeof boxes) => tensor([...x.data.slice(0, x.data.length / 2)]).reshape(x.shape.slice(1));
  const part = (x: typeof boxes) => tensor([...x.data].map((each) => each / 8)).reshape(x.shape);
  assertClose(boundingBoxes.computeIou(boxes, others, "xyxy").data, toTensor(of.iou).data, close);
  assertClose(boundingBoxes.computeIou(first(boxes), first(others), "xyxy").data, toTensor(of.iou_alone).data, close);
  const relative = boundingBoxes.computeIou(part(boxes), part(others), "rel_xywh", { imageShape: [5, 6, 3] });
  assertClose(relative.data, toTensor(of.iou_relative).data, close);
  const rows = [0, 1].flatMap((image) => [...boxes.data.slice(12 * image, 12 * image + 12), -1, -1, -1, -1]);
  const masked = boundingBoxes.computeIou(tensor(rows).reshape([2, 4, 4]), others, "xyxy", {
    useMasking: true,
    maskVal: -2,
  });
  assertClose(masked.data, toTensor(of.iou_masked).data, close);
  const two = tensor([0, 1].flatMap((image) => [...boxes.data.slice(12 * image, 12 * image + 8)])).reshape([2, 2, 4]);
  assertClose(boundingBoxes.computeCiou(two, others, "xyxy").data, toTensor(of.ciou).data, {
    absolute: 1e-5,
    relative: 1e-5,
  });
});

Deno.test("boxes are encoded by anchors as in Keras, and decoded again", () => {
  const boxes = toTensor(of.boxes);
  const [anchors, found] = [0, 1].map((image) =>
    tensor([...boxes.data.slice(12 * image, 12 * image + 12)]).reshape([3, 4])
  );
  const variance = [0.1, 0.1, 0.2, 0.2];
  const deltas = boundingBoxes.encodeBoxToDeltas(anchors, found, "xyxy", "xyxy", { variance });
  assertClose(deltas.data, toTensor(of.deltas).data, { absolute: 1e-5, relative: 1e-5 });
  const back = boundingBoxes.decodeDeltasToBoxes(anchors, deltas, "xyxy", "xywh", { variance });
  assertClose(back.data, toTensor(of.decoded).data, { absolute: 1e-5, relative: 1e-5 });
  const imageShape = [5, 6, 3];
  const plain = { encodingFormat: "center_xywh", imageShape } as const;
  const own = boundingBoxes.encodeBoxToDeltas(anchors, found, "xyxy", "rel_xyxy", plain);
  assertClose(own.data, toTensor(of.plain_deltas).data, { absolute: 1e-5, relative: 1e-5 });
});

Deno.test("smartResize takes the middle as Keras does", () => {
  const made = utils.smartResize(toTensor(of.photos), [4, 4]);
  assertClose(made.data, toTensor(of.smart).data, { absolute: 1e-5, relative: 1e-5 });
});

Deno.test("boxes that do not suit are refused", () => {
  const refused = (call: () => unknown, Kind: typeof ValueError | typeof ShapeError, message: string) =>
    assert.throws(call, (error: unknown) => error instanceof Kind && error.message === message);
  const boxes = tensor([[1, 2, 3, 4]]);
  refused(
    () => boundingBoxes.convertFormat(boxes, "xyxy", "rel_xyxy"),
    ValueError,
    "Cannot convert bounding boxes: relative formats need the size of the images, received xyxy to rel_xyxy without " +
      'height and width: give it, as in convertFormat(boxes, "xyxy", "rel_xyxy", { height: 480, width: 640 })',
  );
  refused(
    () => boundingBoxes.convertFormat(boxes, "xxyy" as BoundingBoxFormat, "xyxy"),
    ValueError,
    'Cannot convert bounding boxes: source must be one of "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", ' +
      '"rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh", received "xxyy": did you mean "xyxy"?',
  );
  refused(
    () => boundingBoxes.convertFormat(tensor([[1, 2, 3]]), "xyxy", "xywh"),
    ShapeError,
    "Cannot convert bounding boxes: boxes must have a last axis of four numbers, received [1, 3]: " +
      "give them as [batch, boxes, 4], or [boxes, 4] for one image",
  );
  refused(
    () => boundingBoxes.clipToImageSize({ boxes, labels: clip(tensor([1]), 0, 1) }),
    ValueError,
    "Cannot clip bounding boxes: boxes in pixels need the size of the images, received no height or no width: " +
      "give it, as in { height: 480, width: 640 }",
  );
  refused(
    () => boundingBoxes.computeIou(boxes, tensor([[[1, 2, 3, 4]]]), "xyxy"),
    ShapeError,
    "Cannot compute how boxes overlap: both must be [batch, boxes, 4], or [boxes, 4] for one image, received [1, 4] and " +
      "[1, 1, 4]: add a batch axis of extent 1 to one of them",
  );
  refused(
    () => boundingBoxes.computeIou(boxes, boxes, "rel_xyxy"),
    ValueError,
    "Cannot compute how boxes overlap: relative formats need the shape of the images, received rel_xyxy without " +
      "imageShape: give it, as in { imageShape: [480, 640, 3] }",
  );
});
