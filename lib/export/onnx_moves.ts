// Ops that move elements, in ONNX.
import type { TypedArray } from "../dtype.ts";
import { farthest } from "./onnx_call.ts";
import type { Call, Refused, Translation } from "./onnx_call.ts";
import { dependsOnExtents, type Extent, isFixed } from "./inference.ts";
import { axisIn, orderedIn } from "./onnx_scope.ts";

const isSame = (a: Extent, b: Extent) => String(a) === String(b);

const reshape: Translation<"reshape"> = {
  sizes: ["shape"],
  emit: (call) => {
    const [x] = call.inputs;
    return call.reshape(x.in("plain"), x.shape, call.outputs[0].shape);
  },
};

const transpose: Translation<"transpose"> = {
  emit: (call) => call.inputs[0].permuted(call.attrs.permutation),
};

/** A place along an axis: counted from its end where it stays there for other extents. */
function placeOf(at: Extent, extent: Extent): Extent {
  const fromEnd = at.map((place, probe) => place - extent[probe]);
  return !isFixed(at) && isFixed(fromEnd) && fromEnd[0] < 0 ? fromEnd : at;
}

const slice: Translation<"slice"> = {
  sizes: ["starts", "sizes"],
  emit: (call) => {
    const [x] = call.inputs;
    const { layout, rank } = x;
    const starts = call.sizes((attrs) => attrs.starts);
    const sizes = call.sizes((attrs) => attrs.sizes);
    const { strides } = call.attrs;
    const all = x.shape.map((_, axis) => axis);
    const axes = all.filter((axis) => !isSame(sizes[axis], x.shape[axis]));
    if (axes.length === 0) return { name: x.in(layout), layout };
    const ends = axes.map((axis): Extent => {
      const end = sizes[axis].map((size, probe) => starts[axis][probe] + (size - 1) * strides[axis] + 1);
      // Up to the end of the axis, wherever that is.
      const isLast = end.every((place, probe) => place + strides[axis] > x.shape[axis][probe]);
      return isLast ? end.map(() => farthest.end) : placeOf(end, x.shape[axis]);
    });
    const empty = axes.map((axis) => isFixed(sizes[axis]) && sizes[axis][0] === 0);
    const name = call.node("Slice", [
      x.in(layout),
      call.extents(axes.map((axis) => placeOf(starts[axis], x.shape[axis]))),
      call.extents(ends.map((end, i) => empty[i] ? end.map(() => 0) : end)),
      call.integers(axes.map((axis) => axisIn(layout, axis, rank))),
      call.integers(axes.map((axis) => strides[axis])),
    ]);
    return { name, layout };
  },
};

const pad: Translation<"pad"> = {
  sizes: ["low", "high"],
  emit: (call) => {
    const [x] = call.inputs;
    const { value, interior } = call.attrs;
    const { layout } = x;
    const low = orderedIn(layout, call.sizes((attrs) => attrs.low));
    const high = orderedIn(layout, call.sizes((attrs) => attrs.high));
    const fill = call.scalar(value, x.dtype);
    let name = x.in(layout);
    let shape = orderedIn(layout, x.shape);
    orderedIn(layout, interior).forEach((gap, axis) => {
      if (gap === 0) return;
      name = spread(call, name, shape, axis, gap, fill);
      shape = shape.map((extent, i) => i === axis ? extent.map((count) => count + (count - 1) * gap) : extent);
    });
    if ([...low, ...high].some((count) => !isFixed(count) || count[0] > 0)) {
      name = call.node("Pad", [name, call.extents([...low, ...high]), fill]);
    }
    return { name, layout };
  },
};

/** Puts `gap` elements between neighbours along an axis: behind each, but for the last. */
function spread(
  call: Call<"pad">,
  name: string,
  shape: readonly Extent[],
  axis: number,
  gap: number,
  fill: string,
): string {
  const one = shape[axis].map(() => 1);
  const apart = [...shape.slice(0, axis + 1), one, ...shape.slice(axis + 1)];
  const wide = shape.map((extent, i) => i === axis ? extent.map((count) => count * (gap + 1)) : extent);
  const pads = [...apart.map(() => 0), ...apart.map((_, i) => i === axis + 1 ? gap : 0)];
  const column = call.node("Pad", [call.reshape(name, shape, apart), call.integers(pads), fill]);
  const filled = apart.map((extent, i) => i === axis + 1 ? extent.map(() => gap + 1) : extent);
  const list = (value: number) => call.integers([value]);
  return call.node("Slice", [call.reshape(column, filled, wide), list(0), list(-gap), list(axis)]);
}

const concat: Translation<"concat"> = {
  emit: (call) => {
    const [first] = call.inputs;
    const layout = call.inputs.some((held) => held.layout === "channelsFirst") ? "channelsFirst" : "plain";
    const axis = axisIn(layout, call.attrs.axis, first.rank);
    return { name: call.node("Concat", call.inputs.map((held) => held.in(layout)), { axis }), layout };
  },
};

const reverse: Translation<"reverse"> = {
  emit: (call) => {
    const [x] = call.inputs;
    const { layout, rank } = x;
    const axes = call.attrs.axes.map((axis) => axisIn(layout, axis, rank));
    const list = (value: number) => call.integers(axes.map(() => value));
    const name = call.node("Slice", [x.in(layout), list(-1), list(farthest.start), call.integers(axes), list(-1)]);
    return { name, layout };
  },
};

const broadcastTo: Translation<"broadcastTo"> = {
  sizes: ["shape"],
  emit: (call) => {
    const [x] = call.inputs;
    const [{ shape }] = call.outputs;
    const lead = shape.length - x.rank;
    // An axis that the operand has already may be 1 in the shape.
    const wanted = shape.map((extent, axis) =>
      axis >= lead && isSame(extent, x.shape[axis - lead]) ? extent.map(() => 1) : extent
    );
    return call.node("Expand", [x.in("plain"), call.extents(wanted)]);
  },
};

const iota: Translation<"iota"> = {
  sizes: ["shape"],
  emit: (call) => {
    const [{ shape, dtype }] = call.outputs;
    const { axis } = call.attrs;
    const extent = call.node("Squeeze", [call.extents([shape[axis]])]);
    const range = call.node("Range", [call.scalar(0, "int64"), extent, call.scalar(1, "int64")]);
    const numbers = dtype === "uint8" ? call.cast(range, "int32") : range;
    const behind = shape.slice(axis + 1).map((_, i) => i + 1);
    const column = behind.length > 0 ? call.node("Unsqueeze", [numbers, call.integers(behind)]) : numbers;
    const isLine = shape.every((extent, i) => i === axis || (isFixed(extent) && extent[0] === 1)) && axis === 0;
    return call.narrowed(isLine ? column : call.node("Expand", [column, call.extents(shape)]), dtype);
  },
};

/** The first element and the step of numbers that grow evenly; undefined for others. */
function progressionOf(data: TypedArray): readonly [start: number, step: number] | undefined {
  const step = data.length > 1 ? data[1] - data[0] : 0;
  return data.every((value, i) => value === data[0] + i * step) ? [data[0], step] : undefined;
}

/**
 * A constant that differs for other extents: numbers that grow evenly, by as much as follows from the extents; or one
 * by such a number, as in a mean.
 */
const constant: Translation<"constant"> = {
  sizes: ["data", "shape"],
  emit: (call) => {
    const { scope, origin } = call;
    const [{ shape, dtype }] = call.outputs;
    const arrays = call.nodes.map(({ attrs }) => attrs.data);
    const progressions = arrays.flatMap((data) => [progressionOf(data) ?? []]);
    const refuse = () => {
      throw dependsOnExtents(scope.what, `numbers in "${origin}" that differ for other extents of the input`);
    };
    if (progressions.some(({ length }) => length === 0)) return refuse();
    const [start, step] = [0, 1].map((at) => progressions.map((progression) => progression[at]!));
    const count = arrays.map(({ length }) => length);
    if (step.every((value) => value === 0)) {
      const inverse = start.map((value) => Math.round(1 / value));
      const isInverse = !isFixed(start) && dtype === "float32" &&
        inverse.every((value, i) => Math.fround(1 / value) === start[i]);
      const name = isFixed(start)
        ? call.scalar(start[0], dtype)
        : call.narrowed(scope.extent(isInverse ? inverse : start, origin), dtype);
      return call.node("Expand", [isInverse ? call.node("Reciprocal", [name]) : name, call.extents(shape)]);
    }
    if (!start.every(Number.isInteger) || !step.every(Number.isInteger)) return refuse();
    const end = start.map((value, probe) => value + step[probe] * count[probe]);
    const [from, to, by] = [start, end, step].map((number) => call.node("Squeeze", [scope.extent(number, origin)]));
    const numbers = call.node("Range", [from, to, by]);
    return call.narrowed(call.reshape(numbers, [count], shape), dtype);
  },
};

const random: Refused = { refused: "it makes random numbers" };

/** The translations of the moves. */
export const moveTranslations = {
  broadcastTo,
  reshape,
  transpose,
  slice,
  pad,
  concat,
  reverse,
  iota,
  constant,
  randomBits: random,
};
