// NumPy's files: those that NumPy wrote, read here and written again byte for byte; and what is refused.
import assert from "node:assert/strict";
import { DTypeError, FileError, ShapeError, ValueError } from "../../lib/errors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/files/safetensors.ts";
import { readZip } from "../../lib/files/zip.ts";
import { zipped } from "./zipped.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "../../lib/utils/numpy_files.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import { written } from "./packed.ts";

const { arrays, versions, refused, archives } = golden("numpy_files");
const bytesOf = (file: string) => Uint8Array.fromBase64(file);

function assertSame(made: Tensor, value: Table): void {
  const expected = toTensor(value);
  assert.deepEqual([made.dtype, [...made.shape]], [expected.dtype, [...expected.shape]]);
  assert.deepEqual(made.data, expected.data);
}

for (const { name, file, value } of arrays as Table[]) {
  Deno.test(`an array of NumPy's: ${name}`, async () => assertSame(await loadNpy(bytesOf(file)), value));
}

for (const { version, file, value } of versions as Table[]) {
  Deno.test(`version ${version} of NumPy's format`, async () => {
    const bytes = bytesOf(file);
    assert.equal(bytes[6], version);
    assertSame(await loadNpy(bytes), value);
  });
}

Deno.test("what tensors hold is written as NumPy writes it", async () => {
  const names = ["float32", "int32", "uint8", "bool", "scalar", "empty", "empty inside", "a row", "float32 not finite"];
  for (const name of names) {
    const { file, value } = arrays.find((array: Table) => array.name === name);
    const bytes = await written((stream) => saveNpy(stream, toTensor(value)));
    assert.deepEqual(bytes, bytesOf(file), name);
  }
});

const reasons: Readonly<Record<string, RegExp>> = {
  pickle: /Python's objects is a pickle, and loading one may run any code, received elements of \|O/,
  complex64: /must be of bool, integers, or floats of at most 64 bits, received elements of <c8/,
  text: /received elements of <U2/,
  bytes: /received elements of \|S1/,
  date: /received elements of <M8\[D\]/,
  fields: /a header without an element type/,
  int64: /must be from -2147483648 to 2147483647, as int32 holds them, received 2147483648 in the array/,
  uint32: /received 4294967295 in the array/,
  uint64: /received 18446744073709551615 in the array/,
};

for (const [name, pattern] of Object.entries(reasons)) {
  Deno.test(`what no tensor holds is refused: ${name}`, async () => {
    await assert.rejects(loadNpy(bytesOf(refused[name])), (error: Error) => {
      assert.ok(error instanceof FileError);
      assert.match(error.message, pattern);
      return true;
    });
  });
}

for (const { name, file, values } of archives as Table[]) {
  Deno.test(`an archive of NumPy's: ${name}`, async () => {
    const read = await loadNpz(bytesOf(file));
    assert.deepEqual(Object.keys(read), Object.keys(values));
    for (const [key, value] of Object.entries(values)) assertSame(read[key], value);
    const stored = await readZip(bytesOf(file), "Cannot read");
    const own = await readZip(await written((stream) => saveNpz(stream, read)), "Cannot read");
    assert.deepEqual([...own.keys()], [...stored.keys()]);
    assert.deepEqual(own.get("x.npy"), stored.get("x.npy"));
  });
}

Deno.test("archives of a list, compressed or not", async () => {
  const zeros = tensor(new Float32Array(5000));
  const plain = await written((stream) => saveNpz(stream, [zeros, [1, 2]]));
  const compressed = await written((stream) => saveNpz(stream, [zeros, [1, 2]], { compressed: true }));
  assert.ok(plain.length > 20_000 && compressed.length < 1000);
  for (const bytes of [plain, compressed]) {
    const { arr_0: first, arr_1: second } = await loadNpz(bytes);
    assert.deepEqual([first, second], [zeros, tensor([1, 2])]);
  }
});

Deno.test("damaged arrays, and arguments that are none, are refused", async () => {
  const whole = await written((stream) => saveNpy(stream, [[1, 2], [3, 4]]));
  const header = new TextDecoder().decode(whole.subarray(10, 128));
  const withHeader = (text: string) => {
    const bytes = whole.slice();
    bytes.set(new TextEncoder().encode(text.padEnd(118).slice(0, 118)), 10);
    return bytes;
  };
  const cases: [Uint8Array, RegExp][] = [
    [whole.slice(0, 5), /5 bytes of another format/],
    [new TextEncoder().encode("not an array at all"), /19 bytes of another format/],
    [whole.slice(0, 100), /a header of 118 bytes in a file of 100/],
    [whole.slice(0, 130), /2 bytes of data for the shape \[2, 2\] of <f4/],
    [new Uint8Array([...whole, 0]), /17 bytes of data for the shape \[2, 2\]/],
    [whole.with(6, 9), /version 9 of the format/],
    [withHeader(header.replace("(2, 2)", "(2, 9)")), /16 bytes of data for the shape \[2, 9\]/],
    [withHeader(header.replace("(2, 2)", "(99999999999999999999, 2)")), /16 bytes of data for the shape/],
    [withHeader(header.replace("(2, 2)", "'a'")), /a header without a shape/],
    [withHeader(header.replace("False", "Maybe")), /a header without an order/],
    [withHeader(""), /a header without an element type/],
  ];
  for (const [bytes, pattern] of cases) {
    await assert.rejects(loadNpy(bytes), (error: Error) => error instanceof FileError && pattern.test(error.message));
  }
  const strange = await zipped([["notes.txt", new Uint8Array(20)]]);
  await assert.rejects(loadNpz(strange), /in its "notes\.txt": it must be a whole \.npy file/);
  await assert.rejects(loadNpz(whole), /must be a whole zip archive/);
  await assert.rejects(saveNpy("x.txt", [1]), ValueError);
  await assert.rejects(saveNpz("x.npy", { x: [1] }), ValueError);
  await assert.rejects(saveNpy("x.npy", [[1], [2, 3]]), ShapeError);
  await assert.rejects(saveNpz("x.npz", 5 as never), /there must be arrays by name/);
  await assert.rejects(saveNpz("x.npz", { x: new Float64Array(2) as never }), DTypeError);
  await assert.rejects(saveNpz("x.npz", {}, { compress: true } as never), /did you mean "compressed"/);
});

Deno.test("whole numbers outside of int32 are refused in safetensors too", () => {
  const file = writeSafetensors(new Map([["n", tensor([0, 0], undefined, "int32")]]));
  const wide = new TextDecoder("latin1").decode(file).replace('"I32","shape":[2]', '"U32","shape":[2]');
  const bytes = Uint8Array.from(wide, (letter) => letter.charCodeAt(0));
  bytes.fill(0xff, -4);
  assert.throws(() => readSafetensors(bytes, "Cannot read"), /received 4294967295 in "n"/);
});
