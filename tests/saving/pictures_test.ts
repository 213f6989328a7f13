// PNG and JPEG files: the pixels are those that Pillow reads, and damaged files are refused.
import assert from "node:assert/strict";
import { FileError } from "../../mod.ts";
import { readImage } from "../../lib/files/images.ts";
import { golden, type Table } from "../golden.ts";

const { cases } = golden("pictures") as { cases: Table };

/** Decoders of JPEG may differ so much in a pixel, as they round in other places. */
const between = (name: string) => (name.endsWith(".jpg") ? 5 : 0);

for (const [name, { file, pixels }] of Object.entries<Table>(cases)) {
  const bytes = Uint8Array.fromBase64(file);

  Deno.test(`${name}: its pixels are those of Pillow`, async () => {
    const { shape, dtype, data } = await readImage(bytes, "Cannot load");
    assert.deepEqual([shape, dtype], [pixels.shape, "uint8"]);
    const most = Math.max(...Array.from(data, (value, i) => Math.abs(value - pixels.data[i])));
    assert.ok(most <= between(name), `${most}`);
  });

  Deno.test(`${name}: a part of it is refused, and so are others of its bytes`, async () => {
    for (const length of [20, Math.floor(bytes.length / 2), bytes.length - 20]) {
      await assert.rejects(readImage(bytes.slice(0, length), "Cannot load"), FileError, `${length} bytes`);
    }
    if (name.endsWith(".png")) {
      const flipped = bytes.with(bytes.length - 25, bytes[bytes.length - 25] ^ 1);
      await assert.rejects(readImage(flipped, "Cannot load"), FileError);
    }
  });
}

Deno.test("a JPEG that is cut after the end of the smaller picture within it is refused", async () => {
  const bytes = Uint8Array.fromBase64(cases["rgb.jpg"].file);
  // A segment for programs, with a whole JPEG in it.
  const segment = Uint8Array.of(0xff, 0xe1, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes);
  const nested = Uint8Array.of(...bytes.subarray(0, 2), ...segment, ...bytes.subarray(2));
  assert.deepEqual((await readImage(nested, "")).data, (await readImage(bytes, "")).data);
  await assert.rejects(readImage(nested.slice(0, nested.length - 20), ""), /without an end/);
});

Deno.test("bytes of another format are refused", async () => {
  await assert.rejects(readImage(Uint8Array.of(1, 2, 3), "Cannot load"), /must be a PNG or a JPEG/);
});
