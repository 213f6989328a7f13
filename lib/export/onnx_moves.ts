// Ops that move elements, in ONNX.
import type { DType, TypedArray } from "../dtype.ts";
import type { OpAttrs } from "../ir/graph.ts";
import { sizeOf } from "../shape.ts";
import { farthest } from "./onnx_call.ts";
import type { Call, Refused, Translation } from "./onnx_call.ts";
import { dependsOnExtents, type Extent, isFixed } from "./inference.ts";
import { axisIn, orderedIn } from "./onnx_scope.ts";

const isSame = (a: Extent, b: Extent) => String(a) === String(b);

const reshape: Translation<"reshape"> = {
  sizes: ["shape"],
  emit: (call) => {
    const [x] = call.inputs;
    const [{ shape }] = call.outputs;
    // Where batch and channels stay, so does the layout: what is between them is reshaped alone.
    const stays = shape.length > 1 && isSame(shape[0], x.shape[0]) && isSame(shape.at(-1)!, x.shape.at(-1)!);
    if (x.layout === "plain" || !stays) return call.reshape(x.in("plain"), x.shape, shape);
    const { layout } = x;
    const name = call.reshape(x.in(layout), orderedIn(layout, x.shape), orderedIn(layout, shape));
    return shape.length > 2 ? { name, layout } : name;
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
    const layout = lead === 0 ? x.layout : "plain";
    // An axis that the operand has already may be 1 in the shape.
    const wanted = shape.map((extent, axis) =>
      axis >= lead && isSame(extent, x.shape[axis - lead]) ? extent.map(() => 1) : extent
    );
    return { name: call.node("Expand", [x.in(layout), call.extents(orderedIn(layout, wanted))]), layout };
  },
};

/** The places along an axis of the output, with as many axes behind it as the output has. */
function placesAlong(call: Call<"iota" | "constant">, axis: number): string {
  const [{ shape, dtype }] = call.outputs;
  const end = call.node("Squeeze", [call.extents([shape[axis]])]);
  const [from, to, by] = [call.scalar(0, "int32"), call.cast(end, "int32"), call.scalar(1, "int32")];
  const range = call.node("Range", [from, to, by]);
  const places = dtype === "int32" ? range : call.narrowed(range, dtype);
  const behind = shape.slice(axis + 1).map((_, i) => i + 1);
  return behind.length > 0 ? call.node("Unsqueeze", [places, call.integers(behind)]) : places;
}

const iota: Translation<"iota"> = {
  sizes: ["shape"],
  emit: (call) => call.node("Expand", [placesAlong(call, call.attrs.axis), call.extents(call.outputs[0].shape)]),
};

/** Elements that grow by the same number from each place along an axis to the next. */
interface Growth {
  /** The elements at the first place. */
  readonly base: TypedArray;
  readonly step: number;
}

/** How a constant grows along an axis; undefined if it does not evenly. */
function growthAlong(axis: number, { shape, data }: OpAttrs["constant"]): Growth | undefined {
  const inner = sizeOf(shape.slice(axis + 1));
  const placeOf = (i: number) => Math.floor(i / inner) % shape[axis];
  const step = data[inner] - data[0];
  const isEven = data.every((value, i) => value === data[i - placeOf(i) * inner] + placeOf(i) * step);
  return isEven ? { base: data.filter((_, i) => placeOf(i) === 0) as TypedArray, step } : undefined;
}

/** A number that differs for other extents: one that follows from them, or one by such a number, as in a mean. */
function varyingNumber(call: Call<"constant">, value: Extent, dtype: DType): string {
  if (isFixed(value)) return call.scalar(value[0], dtype);
  const inverse = value.map((number) => Math.round(1 / number));
  const isInverse = dtype === "float32" && inverse.every((count, i) => Math.fround(1 / count) === value[i]);
  const count = call.node("Squeeze", [call.scope.extent(isInverse ? inverse : value, call.origin)]);
  const name = call.narrowed(count, dtype);
  return isInverse ? call.node("Reciprocal", [name]) : name;
}

/**
 * A constant that differs for other extents: the same number everywhere, or the same elements along an axis, perhaps
 * growing by a number.
 */
const constant: Translation<"constant"> = {
  sizes: ["data", "shape"],
  emit: (call) => {
    const [{ shape, dtype }] = call.outputs;
    const constants = call.nodes.map(({ attrs }) => attrs);
    if (constants.every(({ data }) => data.every((value) => value === data[0]))) {
      const value = varyingNumber(call, constants.map(({ data }) => data[0]), dtype);
      return call.node("Expand", [value, call.extents(shape)]);
    }
    const axis = shape.findIndex((extent) => !isFixed(extent));
    const isOnly = axis >= 0 && shape.every((extent, other) => other === axis || isFixed(extent));
    const growths = constants.flatMap((attrs) => (isOnly && growthAlong(axis, attrs)) || []);
    const isAlike = growths.every(({ base }) => base.every((value, i) => value === growths[0].base[i]));
    if (growths.length < constants.length || !isAlike) {
      throw dependsOnExtents(
        call.scope.what,
        `numbers in "${call.origin}" that differ for other extents of the input`,
      );
    }
    const [{ base: first }] = growths;
    const steps = growths.map(({ step }) => step);
    const one = shape.map((extent, other) => other === axis ? 1 : extent[0]);
    const base = call.model.initializer(call.origin, dtype, one, first);
    if (steps.every((step) => step === 0)) return call.node("Expand", [base, call.extents(shape)]);
    const column = placesAlong(call, axis);
    return call.node("Add", [call.node("Mul", [column, varyingNumber(call, steps, dtype)]), base]);
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
