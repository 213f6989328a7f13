// Max pooling and its gradient. (Average pooling is a convolution with equal weights: see pool.ts.)
import { ShapeError } from "../../errors.ts";
import type { WindowAttrs } from "../../ir/attrs.ts";
import type { Node, OpAttrs, ValueType } from "../../ir/graph.ts";
import type { NodeSurroundings } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { formatShape, sameShape, type Shape, sizeOf, stridesOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import { lowerMaxPool, lowerMaxPoolGradient } from "../webgpu/kernels/windows.ts";
import { epilogueData, epilogueDTypes, epilogueShapes } from "./programs.ts";
import * as o from "../primitives.ts";
import { checkImages, dilatedSize, eachTap, positionsOf, spatialOf } from "../extents/window.ts";
import type { Definition } from "./definition.ts";
import { divideRows } from "./division.ts";
import { foldPadding } from "./padding.ts";

const what = "Cannot pool";

type Pooling = WindowAttrs & { readonly sizes: Shape };

/** The positions of a pooling window; throws if a window could see only padding. */
function poolPositions(extents: Shape, attrs: Pooling): number[] {
  attrs.sizes.forEach((size, i) => {
    const window = dilatedSize(size, attrs.dilation[i]);
    if (attrs.low[i] < window && attrs.high[i] < window) return;
    throw new ShapeError({
      what,
      rule: `padding must be less than the window, which spreads over ${window}`,
      received: `${attrs.low[i]} before and ${attrs.high[i]} after`,
    });
  });
  return positionsOf(what, extents, attrs.sizes, attrs);
}

/** Calls `visit` with each pair of an output element and an input element in its window, by flat indices. */
function eachPair(
  [batch, channels]: readonly [number, number],
  extents: Shape,
  positions: Shape,
  attrs: Pooling,
  visit: (y: number, x: number, tap: number) => void,
): void {
  const [inputSize, outputSize] = [sizeOf(extents), sizeOf(positions)];
  eachTap(extents, positions, attrs.sizes, attrs, (position, element, tap) => {
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++) {
        visit((n * outputSize + position) * channels + c, (n * inputSize + element) * channels + c, tap);
      }
    }
  });
}

const ends = ({ shape }: ValueType): [number, number] => [shape[0], shape[shape.length - 1]];

/** The elements of `x` that the taps point at: the gradient of the gradient of a max pool. */
function elementsAt(x: Value, tap: Value, attrs: Pooling): Value {
  const { shape } = tap;
  const strides = stridesOf(x.shape);
  const along = stridesOf(attrs.sizes);
  const whole = o.cast(tap, "int32");
  const steps = (axis: number, step: number) => o.multiply(o.iota(shape, axis), step);
  const terms = attrs.sizes.map((size, i) => {
    // Half a tap more, so that the quotient rounds down correctly.
    const t = o.mod(o.cast(o.floor(o.divide(o.add(whole, 0.5), along[i])), "int32"), size);
    const at = o.add(steps(i + 1, attrs.strides[i]), o.subtract(o.multiply(t, attrs.dilation[i]), attrs.low[i]));
    return o.multiply(at, strides[i + 1]);
  });
  const index = [steps(0, strides[0]), steps(shape.length - 1, 1)].reduce<Value>(
    (sum, term) => o.add(sum, term),
    terms.reduce((sum, term) => o.add(sum, term)),
  );
  return o.gather(o.reshape(x, [-1]), index);
}

/**
 * The node without zeros around what a ReLU makes: nothing there is less than zero, so it is as good to see no zeros,
 * as long as each window sees an element. A tap that pointed at one of the zeros then points at an element that is 0 too,
 * whose gradient the ReLU leaves out.
 */
function foldZeros(node: Node<"maxPool">, surroundings: NodeSurroundings): Node<"maxPool"> {
  const { producer } = surroundings;
  const pad = producer(node.inputs[0]);
  if (pad?.op !== "pad" || producer(pad.inputs[0])?.op !== "relu") return node;
  const folded = foldPadding(node, surroundings);
  const { sizes, dilation, low, high } = folded.attrs;
  const sees = sizes.every((size, i) => dilation[i] === 1 && low[i] < size && high[i] < size);
  return sees ? folded : node;
}

/** The definitions of max pooling. */
export const poolingDefs = {
  maxPool: {
    simplify: foldZeros,
    shape: ([x], attrs) => {
      checkImages(what, x, attrs);
      const [batch, channels] = ends(x);
      const shape = [batch, ...poolPositions(spatialOf(x), attrs), channels];
      return [shape, shape];
    },
    dtype: (_inputs, { sizes }) => ["float32", sizeOf(sizes) <= 256 ? "uint8" : "int32"],
    vjp: ({ inputs: [x], outputs: [, tap], gradients: [g], attrs }) => [
      apply("maxPoolGradient", [g!, tap], { ...attrs, extents: spatialOf(x), epilogue: null })[0],
    ],
    divide: (inputs) => divideRows(inputs, 2),
    lower: lowerMaxPool,
    storesOnce: true,
    nativeAttrs: { sizes: "ints", strides: "ints", dilation: "ints", low: "ints" },
    reference: ([x], attrs, [output]) => {
      const size = sizeOf(output.shape);
      const [largest, taps] = [new Float64Array(size), new Float64Array(size).fill(-1)];
      eachPair(ends(x), spatialOf(x), spatialOf(output), attrs, (y, i, tap) => {
        if (taps[y] >= 0 && !(x.data[i] > largest[y])) return;
        [largest[y], taps[y]] = [x.data[i], tap];
      });
      return [largest, taps];
    },
  } satisfies Definition<"maxPool">,
  maxPoolGradient: {
    shape: ([g, tap], attrs) => {
      checkImages(what, g, attrs);
      const [batch, channels] = ends(g);
      const expected = [batch, ...poolPositions(attrs.extents, attrs), channels];
      if (!sameShape(g.shape, expected) || !sameShape(tap.shape, expected)) {
        throw new ShapeError({
          what: "Cannot differentiate a pool",
          rule: `gradient and taps must have shape ${formatShape(expected)}`,
          received: `${formatShape(g.shape)} and ${formatShape(tap.shape)}`,
        });
      }
      return epilogueShapes(attrs.epilogue, [batch, ...attrs.extents, channels]);
    },
    dtype: (_inputs, { epilogue }) => epilogueDTypes(epilogue),
    vjp: ({ inputs: [, tap], gradients: [g], attrs }) => [elementsAt(g!, tap, attrs), undefined],
    divide: (inputs) => inputs.length === 2 ? divideRows(inputs, 1, [0, 1]) : undefined,
    lower: lowerMaxPoolGradient,
    nativeAttrs: { sizes: "ints", strides: "ints", dilation: "ints", low: "ints", epilogue: "program" },
    reference: ([g, taps, ...rest], attrs: OpAttrs["maxPoolGradient"], [output]) => {
      const result = new Float64Array(sizeOf(output.shape));
      eachPair(ends(g), attrs.extents, spatialOf(g), attrs, (y, x, tap) => {
        if (taps.data[y] === tap) result[x] += g.data[y];
      });
      return epilogueData(attrs.epilogue, result, rest, output);
    },
  } satisfies Definition<"maxPoolGradient">,
};
