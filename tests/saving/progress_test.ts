// The bar of large files.
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { readSource } from "../../lib/files/source.ts";
import { writeTarget } from "../../lib/files/target.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";

/** What a terminal of 80 columns shows while `body` runs, or what is written where there is none. */
async function shown(isTerminal: boolean, body: () => Promise<unknown>): Promise<string> {
  let text = "";
  let seconds = 0;
  setTerminal({ isTerminal, columns: () => 80, write: (part) => void (text += part), now: () => seconds++ });
  try {
    await body();
  } finally {
    setTerminal(undefined);
  }
  return text;
}

/** How many of 101 MiB a bar says are done, each time it is drawn. */
const counts = (text: string) =>
  [...stripVTControlCharacters(text).matchAll(/(\d+)\/101 /g)].map(([, done]) => Number(done));

Deno.test("a large file shows a bar on a terminal, and a small one or without a terminal nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/file`;
    const large = new Uint8Array(100 * 2 ** 20 + 1);
    const write = await shown(true, () => writeTarget(path, [large.subarray(0, 9), large.subarray(9)], "Cannot write"));
    const read = await shown(true, () => readSource(path, "Cannot read"));
    // Parts of 16 MiB, behind the first part of 9 bytes; the last one ends the bar and its line.
    assert.deepEqual(counts(write), [1, 17, 33, 49, 65, 81, 97, 101]);
    assert.deepEqual(counts(read), [16, 32, 48, 64, 80, 96, 101]);
    for (const bar of [write, read]) assert.match(bar, /\/MiB\n$/);
    const { signal, server } = serve(large);
    const fetched = await shown(true, () => readSource(`http://127.0.0.1:${server.addr.port}/`, "Cannot read"));
    signal.abort();
    await server.finished;
    assert.equal(counts(fetched).at(-1), 101);

    assert.equal(await shown(false, () => readSource(path, "Cannot read")), "");
    assert.equal(await shown(true, () => writeTarget(path, large.subarray(0, 1000), "Cannot write")), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function serve(bytes: Uint8Array<ArrayBuffer>) {
  const signal = new AbortController();
  const handler = () => new Response(bytes, { headers: { "content-length": String(bytes.length) } });
  const options = { port: 0, hostname: "127.0.0.1", signal: signal.signal, onListen: () => {} };
  return { signal, server: Deno.serve(options, handler) };
}
