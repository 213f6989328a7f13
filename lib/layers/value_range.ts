// The range of pixels, as layers that change colors need it.
import { describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, divide, multiply, subtract } from "../ops/primitives.ts";
import { type Option, option, optionTable } from "../options.ts";
import { isListOf } from "../shape.ts";
import { type RandomImageOptions, randomImageOptions } from "./image_layer.ts";

/** Options of layers that change the colors of pixels. */
export interface RandomColorOptions extends RandomImageOptions {
  /** The smallest and the largest value that pixels may have; [0, 255] by default. */
  valueRange?: readonly [number, number];
}

/** A smallest and a largest value; 0 and 255 by default. */
export const valueRangeOption: Option<readonly [number, number]> = option<readonly [number, number]>({
  fallback: [0, 255],
  read: (given, { whatNamed, option }) => {
    const isEnd = (end: unknown): end is number => typeof end === "number" && !Number.isNaN(end);
    const isPair = isListOf(given, isEnd) && given.length === 2;
    if (isPair && given[0] !== given[1]) return [Math.min(...given), Math.max(...given)];
    throw new ValueError({
      what: whatNamed,
      rule: isPair ? `the two numbers of ${option} must differ` : `${option} must be a list of two numbers`,
      received: describeList(given),
      hint: "write it as valueRange: [0, 1] where that is the range of pixels",
    });
  },
});

/** The options of layers that change the colors of pixels. */
export const randomColorOptions = optionTable<RandomColorOptions>()({
  ...randomImageOptions,
  valueRange: valueRangeOption,
});

/** Pixels of one range in another. */
export function inRange(
  images: Value,
  [low, high]: readonly [number, number],
  [newLow, newHigh]: readonly [number, number],
): Value {
  if (low === newLow && high === newHigh) return images;
  return add(multiply(divide(subtract(images, low), high - low), newHigh - newLow), newLow);
}
