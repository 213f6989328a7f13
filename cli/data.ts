// Data files, as arrays that fit the inputs of a model.
import {
  type DType,
  type Model,
  type NestedArray,
  ops,
  ShapeError,
  Tensor,
  tensor,
  utils,
  ValueError,
} from "../mod.ts";
import { isNumeric, readCsv, type Table } from "../lib/files/csv.ts";
import { readImage } from "../lib/files/images.ts";
import { readSource } from "../lib/files/source.ts";
import { describe, FileError } from "../lib/errors.ts";
import { formatShape, type Shape, sizeOf, type SymbolicShape } from "../lib/shape.ts";
import { flatten, isNamed } from "../lib/structure.ts";
import { endingOf } from "./command.ts";
import type { Streams } from "./streams.ts";

/** The endings of data files. */
export const dataEndings = [".npy", ".npz", ".csv", ".tsv", ".json", ".png", ".jpg", ".jpeg"] as const;

/** Arrays by name. */
export type NamedArrays = Readonly<Record<string, Tensor>>;

/** What a data file holds. */
export type Data =
  | { readonly kind: "array"; readonly array: Tensor }
  | { readonly kind: "arrays"; readonly arrays: NamedArrays }
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "image"; readonly array: Tensor };

/** Reads a data file; its ending says its format. */
export async function readData(path: string): Promise<Data> {
  const what = `Cannot load "${path}"`;
  switch (endingOf(path, dataEndings, what)) {
    case ".npy":
      return { kind: "array", array: await utils.loadNpy(path) };
    case ".npz":
      return { kind: "arrays", arrays: await utils.loadNpz(path) };
    case ".csv":
    case ".tsv":
      return { kind: "table", table: await readCsv(await readText(path, what), what) };
    case ".json":
      return readJson(await readText(path, what), what);
    default:
      return { kind: "image", array: await readImage(await readSource(path, what), what) };
  }
}

async function readText(path: string, what: string): Promise<string> {
  return new TextDecoder().decode(await readSource(path, what));
}

function readJson(text: string, what: string): Data {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileError({ what, rule: "it must be JSON", received: (error as Error).message });
  }
  const array = (item: unknown) => {
    if (Array.isArray(item)) return tensor(item as NestedArray);
    throw new FileError({
      what,
      rule: "it must be an array of numbers, or an object of these by name",
      received: describe(item),
      hint: 'write it as in [[1, 2], [3, 4]], or {"x": [[1, 2], [3, 4]]}',
    });
  };
  if (!isNamed(value)) return { kind: "array", array: array(value) };
  return {
    kind: "arrays",
    arrays: Object.fromEntries(Object.entries(value).map(([name, item]) => [name, array(item)])),
  };
}

/** An input of a model. */
export interface InputSpec {
  readonly name: string;
  /** The shape of a sample; null for an extent that varies. */
  readonly sample: SymbolicShape;
  readonly dtype: DType | undefined;
}

/** The inputs of a model. */
export function inputsOf(model: Model): InputSpec[] {
  const shapes = model.inputShape === undefined ? [] : flatten(model.inputShape);
  const dtypes = model.inputDType === undefined ? [] : flatten(model.inputDType);
  return shapes.map(([, ...sample], i) => ({ name: model.inputNames[i], sample, dtype: dtypes[i] }));
}

/** The inputs of a model from data: one array, or several by name. Pictures that had to be resized are told of. */
export function inputsFrom(data: Data, model: Model, path: string, streams: Streams): Tensor | NamedArrays {
  const specs = inputsOf(model);
  const what = `Cannot run "${model.name}" on "${path}"`;
  if (specs.length === 1) return inputFrom(data, specs[0], what, streams);
  const names = specs.map(({ name }) => `"${name}"`).join(", ");
  if (data.kind !== "arrays") {
    throw new ValueError({
      what,
      rule: `it has ${specs.length} inputs, so that there must be arrays by their names ${names}`,
      received: data.kind === "image" ? "a picture" : data.kind === "table" ? "a table" : "one array",
      hint: "give a .npz file, or JSON of an object",
    });
  }
  const { arrays } = data;
  const missing = specs.find(({ name }) => !Object.hasOwn(arrays, name));
  if (missing) {
    throw new ValueError({
      what,
      rule: `there must be arrays by the names ${names}`,
      received: namesOf(arrays),
      hint: `add "${missing.name}"`,
    });
  }
  return Object.fromEntries(specs.map((spec) => [spec.name, asBatch(arrays[spec.name], spec.sample)]));
}

function inputFrom(data: Data, spec: InputSpec, what: string, streams: Streams): Tensor {
  switch (data.kind) {
    case "array":
      return asBatch(data.array, spec.sample);
    case "arrays":
      return asBatch(soleArray(data.arrays, [...new Set([spec.name, "x"])], what), spec.sample);
    case "table":
      return rowsOf(data.table.rows, spec.sample, what);
    case "image":
      return asBatch(fitImage(data.array, spec, what, streams), spec.sample);
  }
}

/** The array of one of these names, or the only one. */
function soleArray(arrays: NamedArrays, names: readonly string[], what: string): Tensor {
  const found = names.find((name) => Object.hasOwn(arrays, name));
  const all = Object.values(arrays);
  if (found !== undefined || all.length === 1) return found === undefined ? all[0] : arrays[found];
  throw new ValueError({
    what,
    rule: `there must be an array named ${names.map((name) => `"${name}"`).join(" or ")}, or one alone`,
    received: namesOf(arrays),
    hint: "rename one of them",
  });
}

/** The names of arrays, for messages. */
export const namesOf = (arrays: NamedArrays): string =>
  Object.keys(arrays).map((name) => `"${name}"`).join(", ") || "none";

/** An array of samples: one of a single sample becomes a batch of one. */
export function asBatch(array: Tensor, sample: SymbolicShape): Tensor {
  const isSample = array.rank === sample.length &&
    sample.every((extent, i) => (extent ?? array.shape[i]) === array.shape[i]);
  return isSample ? array.reshape([1, ...array.shape]) : array;
}

/** The numbers of rows of a table, each a sample. */
export function rowsOf(rows: readonly (readonly string[])[], sample: SymbolicShape, what: string): Tensor {
  const width = rows[0].length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => row.forEach((cell, j) => data[i * width + j] = numberIn(cell, i, j, what)));
  const isFull = sample.every((extent) => extent !== null) && sizeOf(sample as Shape) === width;
  return new Tensor([rows.length, ...isFull ? sample as Shape : [width]], "float32", data);
}

function numberIn(cell: string, row: number, column: number, what: string): number {
  if (isNumeric(cell)) return Number(cell);
  throw new ValueError({
    what,
    rule: "each cell must be a number",
    received: `${describe(cell)} in row ${row + 1}, column ${column + 1}`,
    hint: "leave out columns of text, or write numbers in their place",
  });
}

/** A picture as a sample of an input: with its channels, resized to its height and width. */
function fitImage(image: Tensor, { sample, dtype }: InputSpec, what: string, { tell }: Streams): Tensor {
  const [height, width] = image.shape;
  if (sample.length < 2 || sample.length > 3) {
    // Pixels in one row: of gray pictures that have as many.
    const gray = withChannels(image, 1);
    if (sample.length === 1 && (sample[0] ?? gray.size) === gray.size) return gray.reshape([gray.size]);
    throw new ShapeError({
      what,
      rule: "the model must take pictures of [height, width, channels], or of as many gray pixels",
      received: `inputs of ${formatShape([null, ...sample])} and a picture of ${formatShape([height, width])}`,
      hint: "make an array of the picture's values, and give it as .npy",
    });
  }
  const isChannel = (extent: number | null | undefined) => extent === 1 || extent === 3 || extent === 4;
  const isFirst = sample.length === 3 && !isChannel(sample[2]) && isChannel(sample[0]);
  const channels = sample.length === 2 ? 1 : isFirst ? sample[0] : sample[2];
  if (!isChannel(channels) && channels !== null) {
    throw new ShapeError({
      what,
      rule: "a picture has 1, 3 or 4 channels",
      received: `${channels} channels in the model's input of ${formatShape([null, ...sample])}`,
      hint: "make an array of the picture's values, and give it as .npy",
    });
  }
  const [rows, columns] = isFirst ? [sample[1], sample[2]] : [sample[0], sample[1]];
  const size = [rows ?? height, columns ?? width];
  let fitted = channels === null ? image : withChannels(image, channels);
  if (size[0] !== height || size[1] !== width) {
    tell(`The picture of ${height} x ${width} pixels is resized to ${size[0]} x ${size[1]}.\n`);
    // Numbers between those of bytes are kept where the model takes them.
    fitted = ops.image.resize(dtype === "uint8" ? fitted : fitted.cast("float32"), size);
  }
  if (sample.length === 2) return fitted.reshape(size);
  return isFirst ? ops.transpose(fitted, [2, 0, 1]) : fitted;
}

/** A picture with 1, 3 or 4 channels. Gray becomes equal red, green and blue; opacity is dropped, or full. */
function withChannels(image: Tensor, channels: number): Tensor {
  const [height, width, given] = image.shape;
  if (given === channels) return image;
  const isGray = given < 3;
  if (channels === 1 && !isGray) {
    const colors = colorsOf(image, 3, ([red, green, blue]) => [red, green, blue]);
    const gray = ops.image.rgbToGrayscale(colors.cast("float32"));
    return new Tensor([height, width, 1], "uint8", Uint8Array.from(gray.data, Math.round));
  }
  return colorsOf(image, channels, ([first, second, third, fourth]) => {
    const colors = isGray ? [first, first, first] : [first, second, third];
    return channels === 1 ? [first] : channels === 3 ? colors : [...colors, (isGray ? second : fourth) ?? 255];
  });
}

function colorsOf(image: Tensor, channels: number, of: (pixel: readonly number[]) => readonly number[]): Tensor {
  const [height, width, given] = image.shape;
  const data = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++) {
    data.set(of([...image.data.subarray(i * given, (i + 1) * given)]), i * channels);
  }
  return new Tensor([height, width, channels], "uint8", data);
}
