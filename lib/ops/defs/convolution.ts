// Convolution and its gradients by input and kernel: one sum over three arrays, taken for each of them.
import type { ConvAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { Value } from "../../ir/value.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import { reshape } from "../primitives.ts";
import {
  type ConvolutionExtents,
  convolutionExtents,
  filterExtents,
  transposeExtents,
} from "../extents/convolution.ts";
import { eachTap, spatialOf } from "../extents/window.ts";
import { lowerConvolution, lowerConvolutionFilter } from "../webgpu/kernels/windows.ts";
import { epilogueData, epilogueDTypes, epilogueShapes } from "./programs.ts";
import type { Definition } from "./definition.ts";
import { divideFilter, divideRows } from "./division.ts";
import { foldPadding } from "./padding.ts";

/** Calls `visit` with the indices into x, the kernel and y of each term of the sum. */
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

/** Two per term: an element of y is a sum over the taps and the input channels of its group. */
const convolutionFlops = (y: ValueType, kernel: ValueType) =>
  2 * sizeOf(y.shape) * sizeOf(kernel.shape) / (y.shape[y.shape.length - 1] || 1);

/** The definitions of the convolutions. */
export const convolutionDefs = {
  convolution: {
    simplify: foldPadding,
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
    divide: (inputs) => inputs.length === 2 ? divideRows(inputs, 1) : undefined,
    lower: lowerConvolution,
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints", epilogue: "program" },
    cost: ([, kernel], _attrs, [y]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([x, kernel, ...rest], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(convolutionExtents([x, kernel], attrs), attrs, (i, k, o) => result[o] += x.data[i] * kernel.data[k]);
      return epilogueData(attrs.epilogue, result, rest, output);
    },
  } satisfies Definition<"convolution">,
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
    divide: (inputs) => inputs.length === 2 ? divideRows(inputs, 1) : undefined,
    lower: lowerConvolution,
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints", epilogue: "program" },
    cost: ([y, kernel]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([y, kernel, ...rest], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(transposeExtents([y, kernel], attrs), attrs, (i, k, o) => result[i] += y.data[o] * kernel.data[k]);
      return epilogueData(attrs.epilogue, result, rest, output);
    },
  } satisfies Definition<"convolutionTranspose">,
  convolutionFilter: {
    simplify: foldPadding,
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
    // The samples of all steps are one batch.
    sumOverSteps: (_inputs, attrs) => (stacked) => {
      const [x, y] = stacked.map((all) => reshape(all, [-1, ...all.shape.slice(2)]));
      return apply("convolutionFilter", [x, y], attrs)[0];
    },
    divide: divideFilter,
    lower: lowerConvolutionFilter,
    nativeAttrs: { groups: "int", strides: "ints", dilation: "ints", low: "ints" },
    cost: ([, y], _attrs, [kernel]) => ({ flops: convolutionFlops(y, kernel) }),
    reference: ([x, y], attrs, [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachTerm(filterExtents([x, y], attrs), attrs, (i, k, o) => result[k] += x.data[i] * y.data[o]);
      return [result];
    },
  } satisfies Definition<"convolutionFilter">,
};
