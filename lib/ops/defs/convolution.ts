// Convolution and its adjoints by the input and by the filter: one sum over three arrays, seen from each of them.
import { ShapeError } from "../../errors.ts";
import type { ConvAttrs } from "../../ir/attrs.ts";
import type { OpAttrs, ValueType } from "../../ir/graph.ts";
import type { OpDef } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import { epilogueData, epilogueDTypes, epilogueShapes } from "./programs.ts";
import { checkFloat, checkImages, eachTap, positionsOf, spatialOf } from "./sliding.ts";

const what = "Cannot convolve";

/** The extents of a convolution: spatial ones of the input, of the output and of the kernel, and channels. */
export interface ConvolutionExtents {
  readonly batch: number;
  readonly input: Shape;
  readonly positions: Shape;
  readonly taps: Shape;
  readonly inputs: number;
  readonly outputs: number;
}

/** Throws where `groups` does not divide the channels. */
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

/** The extents of `convolution`; throws {@linkcode ShapeError} where its operands do not fit. */
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

/** The extents of `convolutionTranspose`; throws {@linkcode ShapeError} where its operands do not fit. */
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

/** The extents of `convolutionFilter`; throws {@linkcode ShapeError} where its operands do not fit. */
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

/** Calls `visit` with the indices, in x, the kernel and y, of each term of the sum. */
function eachTerm(
  { batch, input, positions, taps, inputs, outputs }: ConvolutionExtents,
  attrs: ConvAttrs,
  visit: (x: number, kernel: number, y: number) => void,
): void {
  const [perGroup, outPerGroup] = [inputs / attrs.groups, outputs / attrs.groups];
  const [inputSize, outputSize] = [sizeOf(input), sizeOf(positions)];
  eachTap(input, positions, taps, attrs, (position, element, tap) => {
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < outputs; c++) {
        const from = Math.floor(c / outPerGroup) * perGroup;
        const y = (n * outputSize + position) * outputs + c;
        const x = (n * inputSize + element) * inputs + from;
        for (let i = 0; i < perGroup; i++) visit(x + i, (tap * perGroup + i) * outputs + c, y);
      }
    }
  });
}

const slidingOf = ({ strides, dilation, low, high, groups }: ConvAttrs): ConvAttrs => {
  return { strides, dilation, low, high, groups };
};
const convolve = (x: Value, kernel: Value, attrs: ConvAttrs): Value =>
  apply("convolution", [x, kernel], { ...slidingOf(attrs), epilogue: null })[0];
const transposed = (y: Value, kernel: Value, sizes: Shape, attrs: ConvAttrs): Value =>
  apply("convolutionTranspose", [y, kernel], { ...slidingOf(attrs), sizes, epilogue: null })[0];
const filter = (x: Value, y: Value, sizes: Shape, attrs: ConvAttrs): Value =>
  apply("convolutionFilter", [x, y], { ...slidingOf(attrs), sizes })[0];

/** Two for each term: an element of y is a sum over the taps and the input channels of its group. */
const convolutionFlops = (y: ValueType, kernel: ValueType) =>
  2 * sizeOf(y.shape) * sizeOf(kernel.shape) / (y.shape[y.shape.length - 1] || 1);

/** The definitions of the convolutions. */
export const convolutionDefs = {
  convolution: {
    workgroupWork: () => Infinity,
    shape: (inputs, attrs) => {
      const { batch, positions, outputs } = convolutionExtents(inputs, attrs);
      return epilogueShapes(attrs.epilogue, [batch, ...positions, outputs]);
    },
    dtype: (_inputs, { epilogue }) => epilogueDTypes(epilogue),
    vjp: ({ inputs: [x, kernel], gradients: [g], attrs }) => [
      transposed(g!, kernel, spatialOf(x), attrs),
      filter(x, g!, kernel.shape.slice(0, -2), attrs),
    ],
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints", epilogue: "program" },
    cost: ([, kernel], _attrs, [y]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([x, kernel, ...rest], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(convolutionExtents([x, kernel], attrs), attrs, (i, k, o) => result[o] += x.data[i] * kernel.data[k]);
      return epilogueData(attrs.epilogue, result, rest, output);
    },
  } satisfies OpDef<"convolution">,
  convolutionTranspose: {
    workgroupWork: () => Infinity,
    shape: (operands, attrs) => {
      const { batch, inputs } = transposeExtents(operands, attrs);
      return epilogueShapes(attrs.epilogue, [batch, ...attrs.sizes, inputs]);
    },
    dtype: (_inputs, { epilogue }) => epilogueDTypes(epilogue),
    vjp: ({ inputs: [y, kernel], gradients: [g], attrs }) => [
      convolve(g!, kernel, attrs),
      filter(g!, y, kernel.shape.slice(0, -2), attrs),
    ],
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints", epilogue: "program" },
    cost: ([y, kernel]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([y, kernel, ...rest], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(transposeExtents([y, kernel], attrs), attrs, (i, k, o) => result[i] += y.data[o] * kernel.data[k]);
      return epilogueData(attrs.epilogue, result, rest, output);
    },
  } satisfies OpDef<"convolutionTranspose">,
  convolutionFilter: {
    workgroupWork: () => Infinity,
    shape: (operands, attrs) => {
      const { taps, inputs, outputs } = filterExtents(operands, attrs);
      return [[...taps, inputs / attrs.groups, outputs]];
    },
    dtype: () => ["float32"],
    vjp: ({ inputs: [x, y], gradients: [g], attrs }) => [
      transposed(y, g!, spatialOf(x), attrs),
      convolve(x, g!, attrs),
    ],
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints" },
    cost: ([, y], _attrs, [kernel]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([x, y], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(filterExtents([x, y], attrs), attrs, (i, k, o) => result[k] += x.data[i] * y.data[o]);
      return [result];
    },
  } satisfies OpDef<"convolutionFilter">,
};
