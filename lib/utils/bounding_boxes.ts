// Bounding boxes, as mod.ts exports them under `utils.boundingBoxes`. https://keras.io/api/utils/bounding_boxes/
export {
  type AffineOfBoxes,
  affineTransform,
  type BoundingBoxes,
  type BoundingBoxFormat,
  type ClipOptions,
  clipToImageSize,
  convertFormat,
  crop,
  type ImageExtent,
  pad,
} from "../ops/bounding_boxes.ts";
export {
  computeCiou,
  computeIou,
  decodeDeltasToBoxes,
  type DeltaOptions,
  encodeBoxToDeltas,
  type IouOptions,
} from "../ops/box_overlap.ts";
