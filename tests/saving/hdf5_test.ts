// HDF5 files that lie about their sizes, and what is left when the package that reads them breaks.
import assert from "node:assert/strict";
import { FileError } from "../../lib/errors.ts";
import { readHdf5, writeHdf5 } from "../../lib/files/hdf5.ts";
import { loadPackage } from "../../lib/packages.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { golden, type Table } from "../golden.ts";
import { refusal } from "../refusal.ts";
import { unpack } from "./packed.ts";

/** A file with a compressed array, which the package makes. */
async function compressed(size: number, declared = size): Promise<Uint8Array> {
  const h5 = await loadPackage("h5wasm", "Cannot test");
  const { FS } = await h5.ready;
  const file = new h5.File("/compressed.h5", "w");
  const data = new Float32Array(size);
  const chunks = [Math.min(size, 2 ** 16)];
  file.create_dataset({ name: "a", data, shape: [size], maxshape: [null], chunks, compression: 9 });
  // What no chunk holds is zero.
  (file.get("a") as InstanceType<typeof h5.Dataset>).resize([declared]);
  file.close();
  const bytes = FS.readFile("/compressed.h5");
  FS.unlink("/compressed.h5");
  return bytes.slice();
}

Deno.test("compressed arrays are read", async () => {
  const { arrays } = await readHdf5(await compressed(100_000), "Cannot read");
  assert.deepEqual(arrays.get("a"), tensor(new Float32Array(100_000)));
});

Deno.test("an array that is larger than its file can hold is refused before it is allocated", async () => {
  const spec = golden("sharded").cases.find(({ name }: Table) => name === "one");
  const whole = await unpack(spec.files["x_00000.weights.h5"]);
  // Files of Keras have no checksums: the kernel [3, 2, 4] gets other extents, as they stand in the file and as its limits.
  const view = new DataView(whole.buffer);
  let found = 0;
  for (let at = 0; at + 24 <= whole.length; at++) {
    const extents = [0, 8, 16].map((offset) => view.getBigUint64(at + offset, true));
    if (extents.join() !== "3,2,4") continue;
    found++;
    [2n ** 20n, 2n ** 20n, 3n].forEach((extent, axis) => view.setBigUint64(at + 8 * axis, extent, true));
  }
  assert.ok(found > 0);
  await assert.rejects(
    readHdf5(whole, "Cannot read"),
    refusal(FileError, /invalid dataset size, likely file corruption/),
  );
});

Deno.test("an array of chunks that are not there is refused before it is allocated", async () => {
  const bytes = await compressed(1000, 2 ** 30);
  assert.ok(bytes.length < 10_000);
  await assert.rejects(
    readHdf5(bytes, "Cannot read"),
    refusal(
      FileError,
      /must not be larger than the file can hold, as \[1073741824\] is, received another thing at "\/a"/,
    ),
  );
});

Deno.test("integers that int32 cannot hold are refused", async () => {
  const h5 = await loadPackage("h5wasm", "Cannot test");
  const { FS } = await h5.ready;
  const file = new h5.File("/wide.h5", "w");
  file.create_dataset({ name: "n", data: new BigInt64Array([5n, 2n ** 31n]), shape: [2] });
  file.close();
  const bytes = FS.readFile("/wide.h5").slice();
  FS.unlink("/wide.h5");
  await assert.rejects(
    readHdf5(bytes, "Cannot read"),
    refusal(FileError, /as int32 holds them, received 2147483648 in "\/n"/),
  );
});

Deno.test("after an instance of WebAssembly broke the next file gets a new one", async () => {
  const group = { attributes: new Map<string, unknown>([["name", "x"]]), groups: new Map() };
  const x = tensor([1, 2, 3]);
  const entry = { shape: x.shape, dtype: x.dtype, read: () => Promise.resolve(x) };
  const bytes = await writeHdf5({ ...group, arrays: new Map([["x", entry]]) }, "Cannot write");
  const before = await loadPackage("h5wasm", "Cannot test");
  // What a bug in it could leave: pointers that lead anywhere.
  const { HEAPU8 } = await before.ready as unknown as { HEAPU8: Uint8Array };
  HEAPU8.fill(0xff, 1024);
  await assert.rejects(readHdf5(bytes, "Cannot read"), refusal(FileError, /memory access out of bounds/));
  const { arrays, attributes } = await readHdf5(bytes, "Cannot read");
  assert.deepEqual([arrays.get("x"), attributes.get("name")], [x, "x"]);
  assert.notEqual(await loadPackage("h5wasm", "Cannot test"), before);
});
