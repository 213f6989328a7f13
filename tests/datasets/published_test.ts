// Published files of data sets, from a server of the same machine: fetched once, checked, and taken apart.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readBatches } from "../../lib/datasets/cifar.ts";
import { npzMembers, readPublished, readPublishedArchive, readWordIndex } from "../../lib/datasets/published.ts";
import { FileError } from "../../lib/errors.ts";
import { setTerminal, terminal } from "../../lib/terminal/terminal.ts";
import { golden } from "../golden.ts";

const what = "Cannot load it";
const { imdb, cifar } = golden("dataset_files");
const hashOf = (bytes: Uint8Array, algorithm = "sha256") => createHash(algorithm).update(bytes).digest("hex");

/** Runs `body` with a folder for files, and a server of these files that counts what it is asked for. */
async function served(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  body: (folder: string, url: (name: string) => string, asked: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    asked.push(name);
    return name in files ? new Response(files[name]) : new Response("", { status: 404 });
  });
  setTerminal({ ...terminal(), isTerminal: false, columns: () => 80, write: () => {}, now: () => 0 });
  try {
    await body(folder, (name) => `http://127.0.0.1:${server.addr.port}/${name}`, asked);
  } finally {
    setTerminal(undefined);
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a published file is fetched once, and must have its hash", async () => {
  const bytes = Uint8Array.fromBase64(imdb.file);
  const words = new TextEncoder().encode('{"the": 1, "späť": 2}');
  await served({ "imdb.npz": bytes, "words.json": words }, async (folder, url, asked) => {
    const file = { name: "imdb.npz", url: url("imdb.npz"), hash: hashOf(bytes), folder };
    for (let i = 0; i < 2; i++) {
      const member = await npzMembers(await readPublished(file, what), what);
      assert.ok(member("x_train").length > 0);
      assert.throws(() => member("z"), FileError);
    }
    assert.deepEqual(asked, ["imdb.npz"]);
    const index = { name: "words.json", url: url("words.json"), hash: hashOf(words, "md5"), folder };
    assert.deepEqual(await readWordIndex(index, what), { the: 1, späť: 2 });
    await assert.rejects(readWordIndex(file, what), FileError);
    await assert.rejects(readPublished({ ...file, name: "other.npz", hash: "0".repeat(64) }, what), FileError);
    await assert.rejects(Deno.stat(`${folder}/other.npz`), Deno.errors.NotFound);
    await assert.rejects(readPublished({ ...file, name: "none.npz", url: url("none.npz") }, what), FileError);
  });
});

Deno.test("a published archive is fetched and taken apart once", async () => {
  const source = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${source}/cifar-10-batches-py`);
    for (const name of ["data_batch_1", "test_batch"]) {
      await Deno.writeFile(`${source}/cifar-10-batches-py/${name}`, Uint8Array.fromBase64(cifar.file));
    }
    const packed = await new Deno.Command("tar", { args: ["-C", source, "-czf", "-", "cifar-10-batches-py"] }).output();
    assert.ok(packed.success);
    await served({ "cifar.tar.gz": packed.stdout }, async (folder, url, asked) => {
      const archive = { name: "cifar-target", url: url("cifar.tar.gz"), hash: hashOf(packed.stdout), folder };
      for (let i = 0; i < 2; i++) {
        const names = ["cifar-10-batches-py/data_batch_1", "cifar-10-batches-py/test_batch"];
        const member = await readPublishedArchive(archive, names, what);
        const [, labels] = readBatches(names.map(member), "labels", what);
        assert.deepEqual(Array.from(labels.data), [...cifar.labels, ...cifar.labels]);
      }
      assert.deepEqual(asked, ["cifar.tar.gz"]);
      await assert.rejects(readPublishedArchive(archive, ["cifar-10-batches-py/missing"], what), FileError);
    });
  } finally {
    await Deno.remove(source, { recursive: true });
  }
});
