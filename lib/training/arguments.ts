// The user's data as tensors: which part is for which input or output, and in which shape.
import { maxExtent } from "../option_kinds.ts";
import { didYouMean, ShapeError, ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import { formatShape, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { toIntegers } from "../layers/preparing.ts";
import { flatten, isNamed, namesOf, type Structure } from "../structure.ts";
import type { InputDType } from "../dtype.ts";
import { type DataLike, holdsStrings, type HostArray, StringTensor, toStrings } from "../tensor/strings.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/** What a model takes or returns: the structure, the names and the shapes of its parts. */
export interface Parts {
  /** `x`, `y` or `sampleWeight`. */
  readonly argument: string;
  /** A structure like the argument's; undefined if only the data can tell. */
  readonly like: Structure<unknown> | undefined;
  /** The names of the parts, in the order of `flatten`. */
  readonly names: readonly string[];
  /** Whether parts may be missing. */
  readonly partial?: boolean;
  /** Whether one part may be given for all outputs. */
  readonly shared?: boolean;
  /** The dtypes of inputs, where the host prepares some; undefined if only the data can tell. */
  readonly dtypes?: readonly InputDType[];
  /** The shapes that the model was built for, per part. */
  readonly shapes?: readonly SymbolicShape[];
  /** The part that determines the number of rows; the first one if omitted. */
  readonly rows?: RowCount;
}

/** The number of rows of a part, and its name in messages. */
interface RowCount {
  readonly count: number;
  readonly label: string;
}

/** The parts of an argument in the order of `flatten`; undefined for one that is missing and may be. */
interface PartsOf<T> {
  /** A structure like the data's. */
  readonly like: Structure<unknown>;
  readonly items: readonly (T | undefined)[];
}

/**
 * The parts of an argument as tensors with equal numbers of rows. Throws {@linkcode ValueError} for data of another
 * structure, and {@linkcode ShapeError} for data that does not fit.
 */
export function tensorsOf(
  value: Structure<TensorLike> | null | undefined,
  parts: Parts,
  where: string,
): PartsOf<Tensor> & { readonly rows: RowCount } {
  return arraysOf(value, parts, where, (item, what, label) => toTensor(item, what, label));
}

/** The inputs of a model as {@linkcode tensorsOf}, with texts where it takes some. */
export function inputsOf(
  value: Structure<DataLike> | undefined,
  parts: Parts,
  where: string,
): PartsOf<HostArray> & { readonly rows: RowCount } {
  return arraysOf<HostArray>(value, parts, where, (item, what, label, i) => {
    const dtype = parts.dtypes?.[i];
    const isText = dtype === undefined ? !parts.shapes && holdsStrings(item) : dtype === "string";
    if (isText) return toStrings(item, what, label);
    return dtype === "int32" ? toIntegers(item as TensorLike, what, label) : toTensor(item as TensorLike, what, label);
  });
}

function arraysOf<T extends HostArray>(
  value: Structure<DataLike> | null | undefined,
  parts: Parts,
  where: string,
  read: (item: TensorLike, what: string, label: string, index: number) => T,
): PartsOf<T> & { readonly rows: RowCount } {
  const { like, items } = assign(value, parts, where);
  const count = parts.shared && new Set(items).size === 1 ? 1 : items.length;
  const made = new Map<DataLike | undefined, T>();
  let { rows } = parts;
  const tensors = items.map((item, i) => {
    // A missing target is reported by its loss; a missing input is reported as not a tensor.
    if (item === undefined && parts.argument !== "x") return undefined;
    const label = labelOf(parts, count, i);
    // Data given for several parts becomes one tensor.
    let tensor = made.get(item);
    if (!tensor) made.set(item, tensor = read(item as TensorLike, `Cannot ${where}`, label, i));
    checkRows(tensor.shape, label, rows, where);
    rows ??= { count: tensor.shape[0], label };
    const shape = parts.shapes?.[i];
    return shape ? fitShape<T>(tensor, shape, parts.names[i] ?? "input", label, where) : tensor;
  });
  return { like, items: tensors, rows: rows! };
}

/** The name of a part of an argument in messages: `x`, or `x["left"]`, or `x[1]`. */
export function labelOf({ argument, names }: Pick<Parts, "argument" | "names">, count: number, index: number): string {
  if (count === 1) return argument;
  return names.length === count ? `${argument}["${names[index]}"]` : `${argument}[${index}]`;
}

/** Finds the parts of an argument. Throws {@linkcode ValueError} for data of another structure. */
function assign(value: Structure<DataLike> | null | undefined, parts: Parts, where: string): PartsOf<DataLike> {
  const { argument, like, names, partial } = parts;
  const what = `Cannot ${where}`;
  if (value === undefined || value === null) {
    throw new ValueError({
      what,
      rule: `${argument} must be given`,
      received: describe(value),
      hint: "give a tensor, nested arrays, or a typed array",
    });
  }
  if (Array.isArray(value) && value.length > maxExtent) {
    throw new ValueError({
      what,
      rule: `${argument} may have at most ${maxExtent} rows`,
      received: `a list of ${value.length}`,
      hint: "give data in batches, as from a generator",
    });
  }
  if (like === undefined) return inferred(value);
  const count = flatten(like).length;
  if (parts.shared && count > 1 && !givesEach(value, count)) {
    return { like, items: Array.from({ length: count }, () => value as DataLike) };
  }
  const keys = namesOf(like) ?? names;
  if (isNamed(value)) {
    if (keys.length === 0) return { like, items: [value as unknown as DataLike] };
    return { like, items: byName(value, keys, partial ?? false, argument, what) };
  }
  if (count === 1) {
    if (!isListOfTensors(value)) return { like, items: [value as DataLike] };
    if (value.length === 1) return { like, items: [value[0]] };
    throw new ValueError({
      what,
      rule: `the model takes one tensor as ${argument}`,
      received: `a list of ${value.length}`,
      hint: "give the tensor itself; ops.stack makes one of many",
    });
  }
  const list = Array.isArray(value) ? value as readonly DataLike[] : undefined;
  if (list?.length === count) return { like, items: list.map((item) => item ?? undefined) };
  const named = keys.length === count ? ` ${keys.map((key) => `"${key}"`).join(", ")}` : "";
  throw new ValueError({
    what,
    rule: `the model has ${count} ${argument === "x" ? "inputs" : "outputs"}${named}, ${argument} needs data for each`,
    received: value instanceof Tensor
      ? `one tensor, of shape ${formatShape(value.shape)}`
      : list?.every((item) => typeof item === "number" || isRow(item))
      ? `one array of ${list.length}`
      : list
      ? `a list of ${list.length}`
      : describe(value),
    hint: keys.length === count
      ? `give them in a list of ${count}, or by name, as in { ${keys[0]}: ... }`
      : `give them in a list of ${count}`,
  });
}

/** Whether a value has an item for each of `count` parts, rather than being one item for all. */
function givesEach(value: Structure<DataLike>, count: number): boolean {
  return isNamed(value) || (Array.isArray(value) && value.length === count &&
    value.every((item) => item === null || item === undefined || typeof item === "object"));
}

/** The parts of data for a model that is not built yet: the data itself shows whether it is one tensor. */
function inferred(value: Structure<DataLike>): PartsOf<DataLike> {
  if (isNamed(value)) return { like: value, items: flatten(value as Structure<DataLike>) };
  if (isListOfTensors(value)) {
    return value.length === 1 ? { like: value[0], items: value } : { like: value, items: value };
  }
  return { like: undefined, items: [value as DataLike] };
}

function byName(
  value: Readonly<Record<string, DataLike>>,
  keys: readonly string[],
  partial: boolean,
  argument: string,
  what: string,
): (DataLike | undefined)[] {
  const wrong = Object.keys(value).find((key) => !keys.includes(key));
  const missing = keys.find((key) => value[key] === undefined || value[key] === null);
  if (wrong === undefined && (missing === undefined || partial)) return keys.map((key) => value[key] ?? undefined);
  const near = wrong === undefined ? undefined : didYouMean(wrong, keys);
  throw new ValueError({
    what,
    rule: `the names in ${argument} must be ${keys.map((key) => `"${key}"`).join(", ")}`,
    received: wrong === undefined ? `none for "${missing}"` : `"${wrong}"`,
    hint: wrong === undefined
      ? "give data for it"
      : near
      ? `did you mean "${near}"?`
      : keys.length === 1
      ? "use this name, or give the tensor itself"
      : "use these names",
  });
}

/** Whether a value is a flat list of numbers, like a row of an array. */
function isRow(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function isListOfTensors(value: unknown): value is readonly HostArray[] {
  return Array.isArray(value) && value.some((item) => item instanceof Tensor || item instanceof StringTensor);
}

/**
 * Throws {@linkcode ShapeError} for a part without rows, {@linkcode ValueError} if the number of rows differs from
 * another's.
 */
function checkRows(shape: Shape, label: string, rows: RowCount | undefined, where: string): void {
  if (shape.length === 0 || shape[0] === 0) {
    throw new ShapeError({
      what: `Cannot ${where}`,
      rule: `${label} must have a first axis of at least one sample`,
      received: formatShape(shape),
      hint: shape.length === 0 ? "wrap it in brackets" : "check that the data was loaded",
    });
  }
  if (rows === undefined || shape[0] === rows.count) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: `${rows.label} and ${label} must have the same number of samples`,
    received: `${rows.count} in ${rows.label} and ${shape[0]} in ${label}`,
    hint: "check that both come from the same split",
  });
}

/**
 * Inputs with the shape that the model was built for: appends or drops an axis of extent 1, as Keras does. Throws
 * {@linkcode ShapeError} if they do not fit, naming the model's `input`, and the data by `name`.
 */
function fitShape<T extends HostArray>(
  x: T,
  expected: SymbolicShape,
  input: string,
  name: string,
  where: string,
): T {
  const { shape } = x;
  const last = expected[expected.length - 1];
  let fitted = x;
  if (shape.length === expected.length - 1 && last === 1) fitted = x.reshape([...shape, 1]) as T;
  else if (shape.length === expected.length + 1 && shape[shape.length - 1] === 1) {
    fitted = x.reshape(shape.slice(0, -1)) as T;
  }
  const fits = fitted.shape.length === expected.length &&
    expected.every((extent, axis) => extent === null || extent === fitted.shape[axis]);
  if (fits) return fitted;
  throw new ShapeError({
    what: `Cannot ${where}`,
    rule: `the model's input "${input}" was built for the shape ${formatShape(expected)}`,
    received: formatShape(shape),
    hint: shapeHint(shape, expected, name),
  });
}

function shapeHint(shape: Shape, expected: SymbolicShape, name: string): string {
  const sample = expected.slice(1);
  const equals = (a: SymbolicShape, b: SymbolicShape) =>
    a.length === b.length && a.every((extent, axis) => extent === null || b[axis] === null || extent === b[axis]);
  if (equals(sample, shape)) return `the batch axis is missing: reshape one sample to ${formatShape([1, ...shape])}`;
  const width = sizeOf(sample.map((extent) => extent ?? 1));
  if (shape.length === 1 && sample.length > 0 && !sample.includes(null) && shape[0] % width === 0) {
    return `give the rows a shape, as in tensor(x, ${formatShape([shape[0] / width, ...sample])})`;
  }
  if (shape.length === 2 && expected.length === 2) {
    return `${name} has ${shape[1]} features per row, the model was built for ${expected[1]}`;
  }
  if (shape.length === expected.length - 1 && equals(expected.slice(0, -1), shape)) {
    return `an axis of ${expected[expected.length - 1]} channels is missing at the end`;
  }
  if (expected[0] !== null && shape[0] !== expected[0]) return `the batch size is fixed to ${expected[0]}`;
  return sizeOf(shape.slice(1)) === sizeOf(sample.map((extent) => extent ?? 1))
    ? "reshape it, or put a Reshape or Flatten layer first"
    : "check the shape of the data, or that of Input";
}
