// The extents of convolutions and their gradients, and the checks of their operands.
import { ShapeError } from "../../errors.ts";
import type { ConvAttrs } from "../../ir/attrs.ts";
import type { OpAttrs, ValueType } from "../../ir/graph.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { checkFloat, checkImages, positionsOf, spatialOf } from "./window.ts";

const what = "Cannot convolve";

/** The extents of a convolution: spatial extents of the input, the output and the kernel, and channels. */
export interface ConvolutionExtents {
  readonly batch: number;
  readonly input: Shape;
  readonly positions: Shape;
  readonly taps: Shape;
  readonly inputs: number;
  readonly outputs: number;
}

/** Throws if `groups` does not divide the channels. */
function checkGroups(inputs: number, outputs: number, groups: number): void {
  if (Number.isInteger(groups) && groups > 0 && inputs % groups === 0 && outputs % groups === 0) return;
  throw new ShapeError({
    what,
    rule: `groups must divide the ${inputs} input channels and the ${outputs} output channels`,
    received: `${groups} groups`,
    hint: "choose groups, or filters, so that both divide evenly",
  });
}

function checkKernel({ shape, dtype }: ValueType, rank: number): void {
  if (shape.length !== rank + 2) {
    throw new ShapeError({
      what,
      rule: `the kernel must have ${rank} axes of taps, then input channels and output channels`,
      received: formatShape(shape),
      hint: "give the kernel as many axes as the input",
    });
  }
  checkFloat(what, dtype);
}

/** The extents of `convolution`; throws {@linkcode ShapeError} if its operands do not fit. */
export function convolutionExtents([x, kernel]: readonly ValueType[], attrs: ConvAttrs): ConvolutionExtents {
  checkImages(what, x, attrs);
  checkKernel(kernel, x.shape.length - 2);
  const [inputs, outputs] = [x.shape[x.shape.length - 1], kernel.shape[kernel.shape.length - 1]];
  checkGroups(inputs, outputs, attrs.groups);
  const expected = inputs / attrs.groups;
  const received = kernel.shape[kernel.shape.length - 2];
  if (received !== expected) {
    throw new ShapeError({
      what,
      rule: `the kernel's second-last axis must be the input's ${inputs} channels${
        attrs.groups > 1 ? ` divided by ${attrs.groups} groups` : ""
      }`,
      received: `kernel ${formatShape(kernel.shape)} for input ${formatShape(x.shape)}`,
      hint: "check the number of channels; they come last in the input",
    });
  }
  const taps = kernel.shape.slice(0, -2);
  const input = spatialOf(x);
  return { batch: x.shape[0], input, positions: positionsOf(what, input, taps, attrs), taps, inputs, outputs };
}

/** The extents of `convolutionTranspose`; throws {@linkcode ShapeError} if its operands do not fit. */
export function transposeExtents(
  [y, kernel]: readonly ValueType[],
  attrs: OpAttrs["convolutionTranspose"],
): ConvolutionExtents {
  checkImages(what, y, attrs);
  checkKernel(kernel, y.shape.length - 2);
  const outputs = y.shape[y.shape.length - 1];
  const [perGroup, kernelOutputs] = kernel.shape.slice(-2);
  if (kernelOutputs !== outputs) {
    throw new ShapeError({
      what,
      rule: `the kernel's last axis must be the input's ${outputs} channels in a transposed convolution`,
      received: `kernel ${formatShape(kernel.shape)} for input ${formatShape(y.shape)}`,
      hint: "write the kernel as [...taps, filters, channels]",
    });
  }
  const inputs = perGroup * attrs.groups;
  checkGroups(inputs, outputs, attrs.groups);
  const taps = kernel.shape.slice(0, -2);
  const positions = spatialOf(y);
  checkPositions(positionsOf(what, attrs.sizes, taps, attrs), positions);
  return { batch: y.shape[0], input: attrs.sizes, positions, taps, inputs, outputs };
}

/** The extents of `convolutionFilter`; throws {@linkcode ShapeError} if its operands do not fit. */
export function filterExtents([x, y]: readonly ValueType[], attrs: OpAttrs["convolutionFilter"]): ConvolutionExtents {
  checkImages(what, x, attrs);
  checkImages(what, y, attrs);
  const [inputs, outputs] = [x, y].map(({ shape }) => shape[shape.length - 1]);
  checkGroups(inputs, outputs, attrs.groups);
  checkPositions([x.shape[0], ...positionsOf(what, spatialOf(x), attrs.sizes, attrs)], y.shape.slice(0, -1));
  return { batch: x.shape[0], input: spatialOf(x), positions: spatialOf(y), taps: attrs.sizes, inputs, outputs };
}

function checkPositions(expected: Shape, received: Shape): void {
  if (sameShape(expected, received)) return;
  throw new ShapeError({
    what,
    rule: `the window must have as many positions as its output has: ${formatShape(expected)}`,
    received: formatShape(received),
    hint: "check the sizes, strides and padding",
  });
}
