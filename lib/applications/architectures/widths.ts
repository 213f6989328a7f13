// The width of MobileNets: the factor alpha, and the sizes of images that Keras has weights for.
import { ShapeError, ValueError } from "../../errors.ts";
import { number } from "../../option_kinds.ts";
import type { Option } from "../../options.ts";
import { formatShape, type SymbolicShape } from "../../shape.ts";
import type { Kept } from "../application.ts";

/** The factor of the number of filters. */
export const alphaOption: Option<number> = number(1, { min: 0.01, max: 100 });

const largest = 224;

/** The size of images by default: that of the given shape, if there are weights for it. */
export function usualSize(shape: SymbolicShape | null | undefined, sizes: readonly number[]): number {
  const [height, width] = shape ?? [];
  return height === width && sizes.includes(height!) ? height! : largest;
}

/** The size of the images that the weights were trained with; warns if it is not that of the model. */
export function pretrainedSize([height, width]: SymbolicShape, sizes: readonly number[], name: string): number {
  if (height === width && sizes.includes(height!)) return height!;
  // Images of any size are nothing that the user chose.
  if (height !== null || width !== null) {
    console.warn(
      `${name} has weights for images of ${sizes.join(", ")} pixels along both axes, not of ${height} by ${width}: ` +
        `it takes those for ${largest}`,
    );
  }
  return largest;
}

/** Throws {@linkcode ShapeError} for a tensor of another width than the shape that is given beside it. */
export function checkInputTensor({ inputTensor, inputShape }: Kept, what: string): void {
  if (!inputTensor || !inputShape || inputTensor.shape[2] === inputShape[1]) return;
  throw new ShapeError({
    what,
    rule: "inputTensor must have the width of inputShape",
    received: `${formatShape(inputTensor.shape)} and ${formatShape(inputShape)}`,
    hint: "leave inputShape out",
  });
}

/** Throws {@linkcode ValueError} for an alpha that Keras has no weights for. */
export function checkAlpha(alpha: number, alphas: readonly number[], what: string): void {
  if (alphas.includes(alpha)) return;
  throw new ValueError({
    what,
    rule: `with weights: "imagenet", alpha must be one of ${alphas.join(", ")}`,
    received: `alpha: ${alpha}`,
    hint: "give one of these, or weights: null",
  });
}
