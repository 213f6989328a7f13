// Images as ops compute on them: a batch with the channels last.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName, type DataFormat } from "./spatial.ts";

const lastFromFirst = [0, 2, 3, 1];
const firstFromLast = [0, 3, 1, 2];

/** `[height, width]` of images; throws {@linkcode ShapeError} if they are neither a batch nor one image. */
export function imageSize<Extent extends number | null>(
  what: string,
  shape: readonly Extent[],
  dataFormat: DataFormat,
): [Extent, Extent] {
  checkName(what, "dataFormat", dataFormat, ["channels_last", "channels_first"]);
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError({
      what,
      rule: "images must be [batch, height, width, channels], or one image without the batch axis",
      received: formatShape(shape),
      hint: "add an axis of extent 1 for the channels of grey images",
    });
  }
  const [height, width] = dataFormat === "channels_last" ? shape.slice(-3) : shape.slice(-2);
  return [height, width];
}

/** Applies `body` to the images as `[batch, height, width, channels]` and restores their axes. */
export const onImageBatch: Lifted<
  [what: string, images: Operand, dataFormat: DataFormat, body: (batch: Operand) => Operand]
> = lift((what, images, dataFormat, body) => {
  const shape = shapeOf(images);
  imageSize(what, shape, dataFormat);
  const isOne = shape.length === 3;
  const batch = isOne ? o.reshape(images, [1, ...shape]) : images;
  const isFirst = dataFormat === "channels_first";
  const made = body(isFirst ? o.transpose(batch, lastFromFirst) : batch);
  const result = isFirst ? o.transpose(made, firstFromLast) : made;
  return isOne ? o.reshape(result, shapeOf(result).slice(1)) : result;
});
