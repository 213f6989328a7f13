// Unzipping at once and in parts: the same bytes, and the same refusals.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { gunzip, unzipInParts } from "../../lib/files/gzip.ts";

const zipped = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 7);

for (const [name, unzip] of Object.entries({ gunzip, unzipInParts })) {
  Deno.test(`${name} gives all bytes, and no more than are asked for`, async () => {
    assert.deepEqual(await unzip(zipped(bytes), bytes.length), bytes);
    assert.deepEqual(await unzip(zipped(bytes), bytes.length + 500), bytes);
    assert.deepEqual(await unzip(zipped(new Uint8Array(0)), 0), new Uint8Array(0));
    for (const length of [0, 1, 70, bytes.length - 1]) {
      await assert.rejects(unzip(zipped(bytes), length), /more bytes than that/);
    }
  });

  Deno.test(`${name} refuses what is damaged, cut or not of gzip`, async () => {
    const whole = zipped(bytes);
    const changed = whole.slice();
    changed[whole.length - 6] ^= 1;
    await assert.rejects(unzip(changed, bytes.length));
    await assert.rejects(unzip(whole.slice(0, -9), bytes.length));
    await assert.rejects(unzip(bytes.slice(0, 50), bytes.length));
  });
}
