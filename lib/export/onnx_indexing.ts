// Rows by index in ONNX.
import type { Call, Translation } from "./onnx_call.ts";
import { farthest } from "./onnx_call.ts";
import { type Extent, isFixed } from "./inference.ts";
import type { Held } from "./onnx_scope.ts";

type Indexing = "gather" | "scatterAdd" | "dynamicSlice" | "dynamicUpdateSlice";

/** A number of rows as int32, less some. */
function rowsAs32(call: Call<Indexing>, rows: Extent, less = 0): string {
  if (isFixed(rows)) return call.scalar(rows[0] - less, "int32");
  const count = call.cast(call.node("Squeeze", [call.extents([rows])]), "int32");
  return less === 0 ? count : call.node("Sub", [count, call.scalar(less, "int32")]);
}

/** Which indices are of one of `rows` rows. */
function inside(call: Call<Indexing>, indices: string, rows: Extent): string {
  const isStarted = call.node("GreaterOrEqual", [indices, call.scalar(0, "int32")]);
  return call.node("And", [isStarted, call.node("Less", [indices, rowsAs32(call, rows)])]);
}

/** Whether all indices are known to be of one of `rows` rows. */
function areInside({ constant }: Held, rows: Extent): boolean {
  return constant?.data.every((index) => index >= 0 && rows.every((count) => index < count)) ?? false;
}

/** An index of a row that is missing gives NaN, or 0 for integers, where ONNX has an error. */
const gather: Translation<"gather"> = {
  emit: (call) => {
    const [table, indices] = call.inputs;
    const [rows] = table.shape;
    const given = indices.in("plain");
    if (areInside(indices, rows)) return call.node("Gather", [table.in("plain"), given], { axis: 0 });
    const zero = call.scalar(0, "int32");
    const clipped = call.node("Max", [call.node("Min", [given, rowsAs32(call, rows, 1)]), zero]);
    const isBool = table.dtype === "bool";
    const source = isBool ? call.cast(table.in("plain"), "uint8") : table.in("plain");
    const gathered = call.node("Gather", [source, clipped], { axis: 0 });
    const behind = table.shape.slice(1).map((_, i) => indices.rank + i);
    const isRow = inside(call, given, rows);
    const wide = behind.length > 0 ? call.node("Unsqueeze", [isRow, call.integers(behind)]) : isRow;
    const missing = table.dtype === "float32"
      ? call.scalar(NaN, "float32")
      : call.scalar(0, isBool ? "uint8" : table.dtype);
    const name = call.node("Where", [wide, gathered, missing]);
    return isBool ? call.cast(name, "bool") : name;
  },
};

/** Adds the updates of missing rows to one row more, which is cut off. */
const scatterAdd: Translation<"scatterAdd"> = {
  sizes: ["rows"],
  emit: (call) => {
    const [indices, updates] = call.inputs;
    const [{ shape: [rows, ...row], dtype }] = call.outputs;
    const all = (value: number) => rows.map(() => value);
    const flat = call.reshape(indices.in("plain"), indices.shape, [product(indices.shape, rows), all(1)]);
    const isKnown = areInside(indices, rows);
    const at = isKnown ? flat : call.node("Where", [inside(call, flat, rows), flat, rowsAs32(call, rows)]);
    const width = product(row, rows);
    const count = product(indices.shape, rows);
    const wide = dtype === "float32" || dtype === "int32" ? dtype : "int32";
    const source = wide === dtype ? updates.in("plain") : call.cast(updates.in("plain"), wide);
    const added = call.reshape(source, updates.shape, [count, width]);
    const places = call.node("Expand", [at, call.extents([all(1), width])]);
    const kept = isKnown ? rows : rows.map((value) => value + 1);
    const zeros = call.node("Expand", [call.scalar(0, wide), call.extents([kept, width])]);
    const sums = call.node("ScatterElements", [zeros, call.cast(places, "int64"), added], {
      axis: 0,
      reduction: "add",
    });
    const list = (value: number) => call.integers([value]);
    const cut = isKnown ? sums : call.node("Slice", [sums, list(0), list(-1), list(0)]);
    const name = call.reshape(cut, [rows, width], [rows, ...row]);
    return wide === dtype ? name : call.narrowed(name, dtype);
  },
};

function product(shape: readonly Extent[], like: Extent): Extent {
  return like.map((_, probe) => shape.reduce((size, extent) => size * extent[probe], 1));
}

/** The first row of a dynamic slice, so that `size` rows fit: a list of one, int32. */
function startOf(call: Call<Indexing>, counters: Held, element: number, rows: Extent, size: Extent): string {
  const counter = call.node("Gather", [counters.in("plain"), call.integers([element])], { axis: 0 });
  const last = rowsAs32(call, rows.map((count, probe) => count - size[probe]));
  return call.node("Max", [call.node("Min", [counter, last]), call.scalar(0, "int32")]);
}

const dynamicSlice: Translation<"dynamicSlice"> = {
  sizes: ["size"],
  emit: (call) => {
    const [x, counters] = call.inputs;
    const { element, axis } = call.attrs;
    const size = call.outputs[0].shape[axis];
    const start = startOf(call, counters, element, x.shape[axis], size);
    const end = call.node("Add", [start, rowsAs32(call, size)]);
    return call.node("Slice", [x.in("plain"), start, end, call.cast(call.integers([axis]), "int32")]);
  },
};

const dynamicUpdateSlice: Translation<"dynamicUpdateSlice"> = {
  emit: (call) => {
    const [x, update, counters] = call.inputs;
    const { element, axis } = call.attrs;
    const size = update.shape[axis];
    const start = startOf(call, counters, element, x.shape[axis], size);
    const end = call.node("Add", [start, rowsAs32(call, size)]);
    const as32 = (value: number) => call.cast(call.integers([value]), "int32");
    const before = call.node("Slice", [x.in("plain"), as32(0), start, as32(axis)]);
    const after = call.node("Slice", [x.in("plain"), end, as32(farthest.end), as32(axis)]);
    return call.node("Concat", [before, update.in("plain"), after], { axis });
  },
};

/** The translations of the indexing ops. */
export const indexingTranslations = { gather, scatterAdd, dynamicSlice, dynamicUpdateSlice };
