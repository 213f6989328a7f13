// What the architectures are made of: layers applied to images `[batch, height, width, channels]`, and sizes.
import { Activation } from "../../layers/activations.ts";
import { Conv2D, type ConvOptions } from "../../layers/convolutional.ts";
import { Dense, type DenseOptions } from "../../layers/core.ts";
import { GlobalAveragePooling2D } from "../../layers/global_pooling.ts";
import type { LayerOptions } from "../../layers/layer.ts";
import { BatchNormalization, type BatchNormalizationOptions } from "../../layers/normalization.ts";
import { DepthwiseConv2D, type DepthwiseConvOptions } from "../../layers/separable.ts";
import { type Sides, ZeroPadding2D } from "../../layers/spatial.ts";
import type { PerAxis } from "../../ops/spatial.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import type { Kept } from "../application.ts";

/** A convolution. */
export const conv = (x: SymbolicTensor, filters: number, size: PerAxis, options: ConvOptions = {}): SymbolicTensor =>
  new Conv2D(filters, size, options).apply(x);

/** A convolution of each channel by itself. */
export const depthwise = (x: SymbolicTensor, size: PerAxis, options: DepthwiseConvOptions = {}): SymbolicTensor =>
  new DepthwiseConv2D(size, options).apply(x);

/** A batch normalization. */
export const batchNorm = (x: SymbolicTensor, options: BatchNormalizationOptions = {}): SymbolicTensor =>
  new BatchNormalization(options).apply(x);

/** The layer `Activation("relu")`. */
export const relu = (x: SymbolicTensor, name?: string): SymbolicTensor => activate("relu", x, { name });

/** The layer `Activation`. */
export const activate = (
  activation: Kept["classifierActivation"],
  x: SymbolicTensor,
  options: LayerOptions = {},
): SymbolicTensor => new Activation(activation ?? "linear", options).apply(x);

/** Zeros around images: as many on all sides, or before and after along each axis. */
export const zeroPad = (x: SymbolicTensor, padding: number | readonly Sides[], name?: string): SymbolicTensor =>
  new ZeroPadding2D(padding, { name }).apply(x);

/** The number of channels. */
export const channelsOf = (x: SymbolicTensor): number => x.shape[3]!;

/** The zeros by which a valid convolution with a stride of 2 halves an image as TensorFlow's "same" does at even sizes. */
export function halvingPadding(x: SymbolicTensor, size: number): Sides[] {
  const half = Math.floor(size / 2);
  const isUnknown = x.shape[1] === null;
  return [x.shape[1], x.shape[2]].map((extent) => [half - (isUnknown ? 1 : 1 - extent! % 2), half]);
}

/** A multiple of `divisor` near `value`, and not below it by more than a tenth. */
export function divisible(value: number, divisor = 8): number {
  const near = nearMultiple(value, divisor);
  return near < 0.9 * value ? near + divisor : near;
}

/** The nearest multiple of `divisor` from `divisor` on. */
export const nearMultiple = (value: number, divisor = 8): number =>
  Math.max(divisor, Math.floor(Math.trunc(value + divisor / 2) / divisor) * divisor);

/** The usual top: the mean over each image, and a dense layer of the classes. */
export function classify(
  x: SymbolicTensor,
  { classes, classifierActivation }: Kept,
  pool?: string,
  options: DenseOptions = {},
): SymbolicTensor {
  return predictions(new GlobalAveragePooling2D({ name: pool }).apply(x), { classes, classifierActivation }, options);
}

/** A dense layer of the classes. */
export const predictions = (
  x: SymbolicTensor,
  { classes, classifierActivation: activation }: Pick<Kept, "classes" | "classifierActivation">,
  options: DenseOptions = {},
): SymbolicTensor => new Dense(classes, { activation, name: "predictions", ...options }).apply(x);
