// The data in small files of the forms of Keras's data sets, as Keras's own loaders give it.
import assert from "node:assert/strict";
import { readBatches } from "../../lib/datasets/cifar.ts";
import { housingOptions, readHousing } from "../../lib/datasets/housing.ts";
import { readImdb, readReuters, reutersOptions } from "../../lib/datasets/word_id_files.ts";
import { type WordIdData, wordIdOptions } from "../../lib/datasets/word_ids.ts";
import { FileError, ValueError } from "../../lib/errors.ts";
import { readPickle } from "../../lib/files/pickle.ts";
import { readNpyLists } from "../../lib/files/npy_objects.ts";
import { camelCase } from "../../lib/names.ts";
import { NumpyRandom } from "../../lib/python_shuffles.ts";
import { readMethodOptions } from "../../lib/options.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { golden, type Table, toTensor } from "../golden.ts";

const { imdb, reuters, boston_housing, california_housing, cifar, pickles } = golden("dataset_files");
const bytesOf = (text: string) => Uint8Array.fromBase64(text);
const what = "Cannot load it";

const optionsOf = (options: Table): Record<string, Table> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));

const plain = (data: WordIdData) => data.map(([texts, labels]) => [texts, Array.from(labels.data)]);

for (
  const [name, table, read, of] of [
    ["imdb", wordIdOptions, readImdb, imdb],
    ["reuters", reutersOptions, readReuters, reuters],
  ] as const
) {
  Deno.test(`${name}: texts of word ids as Keras prepares them`, async () => {
    for (const { options, parts } of of.cases) {
      const kept = readMethodOptions("loadData", table, optionsOf(options), what);
      const data = await (read as typeof readReuters)(bytesOf(of.file), kept as Table, what);
      assert.deepEqual(plain(data), parts, JSON.stringify(options));
      assert.deepEqual(data.map(([, labels]) => labels.dtype), ["int32", "int32"]);
    }
  });
}

Deno.test("a maxlen that leaves no review is told", async () => {
  const kept = readMethodOptions("loadData", wordIdOptions, { maxlen: 1 }, what);
  await assert.rejects(readImdb(bytesOf(imdb.file), kept, what), ValueError);
});

Deno.test("house prices: rows in Keras's order, divided as it divides them", async () => {
  for (const [of, rows] of [[boston_housing, undefined], [california_housing, 600]] as const) {
    for (const { options, parts } of of.cases) {
      const { version, ...others } = options;
      const kept = readMethodOptions("loadData", housingOptions, optionsOf(others), what);
      const data = await readHousing(bytesOf(of.file), kept, what, version ? rows : undefined);
      data.flat().forEach((tensor, i) => {
        const expected = toTensor(parts.flat()[i]);
        assert.deepEqual([tensor.shape, tensor.dtype], [expected.shape, "float32"], JSON.stringify(options));
        assert.deepEqual(tensor.data, expected.data);
      });
    }
  }
});

Deno.test("CIFAR: pictures and labels of a batch as Python 2 pickled it", () => {
  const batch = bytesOf(cifar.file);
  const [images, labels] = readBatches([batch, batch], "labels", what);
  const expected = toTensor(cifar.images);
  assert.deepEqual([images.shape, labels.shape], [[6, 32, 32, 3], [6, 1]]);
  assert.deepEqual(images.data, Uint8Array.from([...expected.data, ...expected.data]));
  assert.deepEqual(Array.from(labels.data), [...cifar.labels, ...cifar.labels]);
  assert.throws(() => readBatches([batch], "fine_labels", what), FileError);
});

/** Dicts as objects, and arrays as what the goldens have. */
function simple(value: Table): Table {
  if (value instanceof Map) {
    return Object.fromEntries(Array.from(value, ([key, item]) => [simple(key), simple(item)]));
  }
  return Array.isArray(value) ? value.map(simple) : value;
}

Deno.test("pickles of data give the data, of every version", () => {
  for (const { name, file, value } of pickles.values) {
    assert.deepEqual(simple(readPickle(bytesOf(file), what)), value, name);
  }
  for (const { name, file, value } of pickles.arrays) {
    const array = readPickle(bytesOf(file), what) as Tensor;
    const expected = toTensor(value);
    assert.deepEqual([array.shape, array.dtype, array.data], [expected.shape, expected.dtype, expected.data], name);
  }
  for (const { file, value } of pickles.lists) assert.deepEqual(readPickle(bytesOf(file), what), value);
});

Deno.test("pickles that name functions or classes are refused, and damaged ones too", () => {
  for (const [name, file] of Object.entries(pickles.refused)) {
    assert.throws(() => readPickle(bytesOf(file as string), what), FileError, name);
  }
  const { file } = pickles.lists[0];
  const bytes = bytesOf(file);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => readPickle(bytes.subarray(0, length), what), FileError, `${length} bytes`);
  }
  // Any byte may be another one: it is read or refused, but never raw.
  for (let at = 0; at < bytes.length; at++) {
    for (const other of [0, 1, 40, 46, 82, 98, 99, 104, 128, 255]) {
      const changed = bytes.slice();
      changed[at] = other;
      try {
        readPickle(changed, what);
      } catch (error) {
        assert.ok(error instanceof FileError, `byte ${at} as ${other}: ${error}`);
      }
    }
  }
});

Deno.test("pickles that would grow without end are refused or small", () => {
  const text = (source: string) => Uint8Array.from(source, (character) => character.charCodeAt(0));
  // A list in itself.
  assert.throws(() => readPickle(text("\x80\x02]q\x00h\x00a."), what), FileError);
  // Each list has the one before twice: 2 to the power of 40 numbers, if each were made anew.
  const doubled = Array.from({ length: 40 }, () => "q\x000](h\x00h\x00e").join("");
  const value = readPickle(text(`\x80\x02](K\x01e${doubled.replaceAll("0]", "]")}.`), what) as unknown[][];
  assert.equal(value[0], value[1]);
});

Deno.test("lists in .npy files: other elements are refused", () => {
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
  const npy = (content: Uint8Array) =>
    Uint8Array.of(
      0x93,
      ...new TextEncoder().encode("NUMPY"),
      1,
      0,
      header.length,
      0,
      ...new TextEncoder().encode(header),
      ...content,
    );
  const list = (source: string) => Uint8Array.from(source, (character) => character.charCodeAt(0));
  assert.deepEqual(readNpyLists(npy(list("\x80\x02](](K\x05K\x06ee.")), what), [[5, 6]]);
  for (const source of ["\x80\x02](K\x05e.", "\x80\x02](](G?\xe0\0\0\0\0\0\0ee.", "\x80\x02]."]) {
    assert.throws(() => readNpyLists(npy(list(source)), what), FileError, JSON.stringify(source));
  }
});

Deno.test("rows are shuffled as NumPy shuffles them", () => {
  for (const { length, seed, order } of pickles.orders) {
    assert.deepEqual(new NumpyRandom(seed).shuffled([...Array(length).keys()]), order);
  }
});
