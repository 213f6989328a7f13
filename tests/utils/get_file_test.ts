// getFile: fetched once, checked, taken up again where it was cut off, and taken out of archives.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { type CeratopsError, FileError, ValueError } from "../../lib/errors.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { getFile, type GetFileOptions } from "../../lib/utils/get_file.ts";
import { golden } from "../golden.ts";
import { warningsOf } from "../warnings.ts";

const { files, archives, refused } = golden("archives");
const bytesOf = (encoded: string) => Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest("hex");

/** A host of files, which notes what it is asked for. */
interface Host {
  readonly origin: string;
  readonly asked: { path: string; range: string | null; ifRange: string | null }[];
  /** Answers of its own, by path. */
  readonly answers: Map<string, (request: Request) => Response>;
}

const body = Uint8Array.from({ length: 5000 }, (_, i) => i * 7);

/** Runs `test` with a host and an empty folder, both gone after; what is printed goes nowhere. */
async function withHost(test: (host: Host, cacheDir: string, printed: string[]) => Promise<void>) {
  const host: Host = { origin: "", asked: [], answers: new Map() };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = new URL(request.url).pathname;
    const range = request.headers.get("range");
    host.asked.push({ path, range, ifRange: request.headers.get("if-range") });
    const answer = host.answers.get(path);
    if (answer) return answer(request);
    const name = decodeURIComponent(path.slice(1));
    const encoded = archives[name] ?? refused[name];
    const bytes = name === "data.bin" ? body : encoded && bytesOf(encoded);
    if (!bytes) return new Response(null, { status: 404 });
    const headers = { etag: '"1"' };
    if (range && request.headers.get("if-range") === '"1"') {
      const start = Number(/\d+/.exec(range)![0]);
      const content = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      return new Response(bytes.subarray(start), { status: 206, headers: { ...headers, "content-range": content } });
    }
    return new Response(bytes, { headers });
  });
  const cacheDir = await Deno.makeTempDir();
  const printed: string[] = [];
  setTerminal({ isTerminal: false, columns: () => 80, write: (text) => void printed.push(text), now: () => 0 });
  try {
    Object.assign(host, { origin: `http://127.0.0.1:${server.addr.port}` });
    await test(host, cacheDir, printed);
  } finally {
    setTerminal(undefined);
    await server.shutdown();
    await Deno.remove(cacheDir, { recursive: true });
  }
}

async function pathsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) await visit(join(path, name));
      else found.push(relative(folder, join(path, name)));
    }
  };
  await visit(folder);
  return found.sort();
}

Deno.test("a file is fetched once, and again if asked for or its hash is another", async () => {
  await withHost(async (host, cacheDir, printed) => {
    const origin = `${host.origin}/data.bin?version=2`;
    const path = await getFile({ origin, cacheDir });
    assert.equal(path, `${cacheDir}/datasets/data.bin`);
    assert.deepEqual(await Deno.readFile(path), body);
    assert.equal(await getFile({ origin, cacheDir }), path);
    assert.deepEqual([host.asked.length, printed], [1, [`Downloading data from ${origin}\n`]]);
    await getFile({ origin, cacheDir, forceDownload: true });
    assert.equal(host.asked.length, 2);
    for (const name of ["sha256", "md5"]) {
      await getFile({ origin: new URL(origin), cacheDir, fileHash: hash(name, body).toUpperCase() });
      assert.equal(host.asked.length, 2);
    }
    await Deno.writeTextFile(path, "another");
    await getFile({ origin, cacheDir, fileHash: hash("sha256", body), hashAlgorithm: "sha256" });
    assert.equal(host.asked.length, 3);
    assert.match(printed.at(-2)!, /has another hash/);
    assert.deepEqual(await Deno.readFile(path), body);
    const other = await getFile({ origin, cacheDir, fname: "mine.bin", cacheSubdir: "other" });
    assert.equal(other, `${cacheDir}/other/mine.bin`);
    const whole = await getFile({ origin, cacheSubdir: `${cacheDir}/whole` });
    assert.equal(whole, `${cacheDir}/whole/data.bin`);
    // Nothing lies beside them.
    assert.deepEqual(await pathsIn(cacheDir), ["datasets/data.bin", "other/mine.bin", "whole/data.bin"]);
  });
});

Deno.test("a file of another hash, and one that is not there, leave nothing", async () => {
  await withHost(async (host, cacheDir) => {
    const fails = (options: GetFileOptions, pattern: RegExp) =>
      assert.rejects(getFile(options), (error: Error) => error instanceof FileError && pattern.test(error.message));
    const fileHash = hash("sha256", new Uint8Array());
    const received = hash("sha256", body);
    const pattern = new RegExp(`its SHA-256 must be ${fileHash}, received ${received}`);
    await fails({ origin: `${host.origin}/data.bin`, cacheDir, fileHash }, pattern);
    await fails({ origin: `${host.origin}/nowhere.bin`, cacheDir }, /the host must give the file, received 404/);
    await fails({ origin: "http://127.0.0.1:1/data.bin", cacheDir }, /Deno may read it or reach the host/);
    assert.deepEqual(await pathsIn(cacheDir), []);
  });
});

/** Fewer bytes than the headers say, and then a connection that breaks. */
function cutOff(bytes: Uint8Array<ArrayBuffer>, headers: HeadersInit, status = 200): Response {
  let sent = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (!sent) {
        sent = true;
        return controller.enqueue(bytes);
      }
      // What was sent must have come before.
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.close();
    },
  });
  return new Response(stream, { status, headers });
}

Deno.test("a download that breaks goes on where it was", async () => {
  await withHost(async (host, cacheDir) => {
    let count = 0;
    host.answers.set("/data.bin", (request) => {
      const start = Number(/\d+/.exec(request.headers.get("range") ?? "0")![0]);
      const end = Math.min(body.length, start + 2000);
      const content = `bytes ${start}-${body.length - 1}/${body.length}`;
      const headers = { etag: '"1"', "content-length": `${body.length - start}`, "content-range": content };
      const status = start > 0 ? 206 : 200;
      if (++count < 3) return cutOff(body.slice(start, end), headers, status);
      return new Response(body.slice(start), { status, headers });
    });
    const path = await getFile({ origin: `${host.origin}/data.bin`, cacheDir });
    assert.deepEqual(await Deno.readFile(path), body);
    assert.deepEqual(host.asked.map(({ range }) => range), [null, "bytes=2000-", "bytes=4000-"]);
    assert.deepEqual(host.asked[1].ifRange, '"1"');
    assert.deepEqual(await pathsIn(cacheDir), ["datasets/data.bin"]);
  });
});

Deno.test("a later call goes on, unless the host has another file meanwhile", async () => {
  const parts = async (cacheDir: string, tag: string | undefined, bytes: Uint8Array) => {
    await Deno.mkdir(`${cacheDir}/datasets`, { recursive: true });
    await Deno.writeFile(`${cacheDir}/datasets/data.bin.part`, bytes);
    if (tag !== undefined) await Deno.writeTextFile(`${cacheDir}/datasets/data.bin.part.tag`, tag);
  };
  const cases: [tag: string | undefined, have: Uint8Array, ranges: (string | null)[]][] = [
    ['"1"', body.subarray(0, 1500), ["bytes=1500-"]],
    ['"old"', new Uint8Array(1500), ["bytes=1500-"]],
    [undefined, new Uint8Array(1500), [null]],
  ];
  for (const [tag, have, ranges] of cases) {
    await withHost(async (host, cacheDir) => {
      await parts(cacheDir, tag, have);
      const path = await getFile({ origin: `${host.origin}/data.bin`, cacheDir });
      assert.deepEqual(await Deno.readFile(path), body);
      assert.deepEqual(host.asked.map(({ range }) => range), ranges);
      assert.deepEqual(await pathsIn(cacheDir), ["datasets/data.bin"]);
    });
  }
  // All of it had come.
  await withHost(async (host, cacheDir) => {
    await parts(cacheDir, '"1"', body);
    host.answers.set(
      "/data.bin",
      (request) => request.headers.has("range") ? new Response(null, { status: 416 }) : new Response(body),
    );
    const path = await getFile({ origin: `${host.origin}/data.bin`, cacheDir });
    assert.deepEqual(await Deno.readFile(path), body);
  });
});

Deno.test("a host that never gives more ends in an error, and what came is kept", async () => {
  await withHost(async (host, cacheDir) => {
    host.answers.set(
      "/data.bin",
      (request) =>
        request.headers.has("range")
          ? cutOff(new Uint8Array(), { etag: '"1"', "content-range": `bytes 100-4999/5000` }, 206)
          : cutOff(body.slice(0, 100), { etag: '"1"', "content-length": "5000" }),
    );
    await assert.rejects(getFile({ origin: `${host.origin}/data.bin`, cacheDir }), FileError);
    assert.equal(host.asked.length, 2);
    assert.deepEqual(await Deno.readFile(`${cacheDir}/datasets/data.bin.part`), body.slice(0, 100));
  });
});

for (const name of Object.keys(archives)) {
  Deno.test(`the files of ${name} are taken out`, async () => {
    await withHost(async (host, cacheDir) => {
      const options = { origin: `${host.origin}/${name}`, cacheDir, extract: true };
      const [folder, told] = await warningsOf(() => getFile(options));
      // Keras's places.
      assert.equal(folder, `${cacheDir}/datasets/${name}`);
      assert.ok(await Deno.stat(`${cacheDir}/datasets/${name}_archive`));
      assert.deepEqual(await pathsIn(folder), Object.keys(files).sort());
      for (const [file, encoded] of Object.entries<string>(files)) {
        assert.deepEqual(await Deno.readFile(join(folder, file)), bytesOf(encoded));
      }
      assert.equal(told.length, name === "links.tar" ? 1 : 0);
      // It is there now.
      await Deno.remove(join(folder, "a.txt"));
      await getFile(options);
      assert.deepEqual([host.asked.length, (await pathsIn(folder)).includes("a.txt")], [1, false]);
      const given = await getFile({
        ...options,
        fname: "mine.tar.gz",
        archiveFormat: name === "zip.zip" ? "zip" : "tar",
      });
      assert.equal(given, `${cacheDir}/datasets/mine_extracted`);
    });
  });
}

Deno.test("archives that lead out of their folder, or are of other formats, are refused, and leave no folder", async () => {
  const damaged: Record<string, Uint8Array<ArrayBuffer>> = {
    "cut.tar": bytesOf(archives["ustar.tar"]).slice(0, 2600),
    "cut.tar.gz": bytesOf(archives["gzip.tar.gz"]).slice(0, 300),
    "text.zip": new TextEncoder().encode("no archive"),
    "empty.tar": new Uint8Array(),
  };
  const patterns: Record<string, RegExp> = {
    "outside.tar": /must lie in its folder, received "..\/outside.txt"/,
    // The package that reads zip refuses such names itself.
    "outside.zip": /must be a whole zip archive, received Unsafe filename/,
    "absolute.tar": /must lie in its folder, received "\/absolute.txt"/,
    "bzip2.tar.bz2": /it must be an archive: tar, tar.gz or zip, received one of bzip2/,
    "cut.tar": /whole tar archive, received an end within "folder\/b.bin"/,
    "cut.tar.gz": /compressed by gzip/,
    "text.zip": /received another format/,
    "empty.tar": /received another format/,
  };
  for (const [name, pattern] of Object.entries(patterns)) {
    await withHost(async (host, cacheDir) => {
      if (damaged[name]) host.answers.set(`/${name}`, () => new Response(damaged[name]));
      await assert.rejects(
        getFile({ origin: `${host.origin}/${name}`, cacheDir, extract: true }),
        (error: Error) => error instanceof FileError && pattern.test(error.message),
        name,
      );
      assert.deepEqual(await pathsIn(cacheDir), [`datasets/${name}_archive`]);
    });
  }
  await withHost(async (host, cacheDir) => {
    const options = { origin: `${host.origin}/zip.zip`, cacheDir, extract: true, archiveFormat: "tar" } as const;
    await assert.rejects(getFile(options), /it must be an archive: tar, tar.gz, received another format/);
  });
});

Deno.test("mistakes are told before any work", async () => {
  const origin = "http://127.0.0.1:1/data.bin";
  const refuses = (options: object, pattern: RegExp, kind: typeof CeratopsError = ValueError) =>
    assert.rejects(
      getFile(options as GetFileOptions),
      (error: Error) => error instanceof kind && pattern.test(error.message),
      String(pattern),
    );
  await refuses({}, /origin must be a URL/);
  await refuses({ origin: "data.bin" }, /origin must be a URL of http: or https:, received "data.bin"/);
  await refuses({ origin: "file:///etc/hosts" }, /received "file:\/\/\/etc\/hosts"/);
  await refuses({ origin: "http://127.0.0.1:1/" }, /its path must end in a name/);
  await refuses({ origin: "http://127.0.0.1:1/%2e%2e%2fa" }, /its path must end in a name/);
  for (const fname of ["../a", "a/b", "..", ""]) await refuses({ origin, fname }, /fname must be the name of a file/);
  await refuses({ origin, fileHash: "12" }, /64 hexadecimal digits of SHA-256, or 32 of MD5/);
  await refuses({ origin, fileHash: "0".repeat(32), hashAlgorithm: "sha256" }, /sha256 has 64 digits, received 32/);
  await refuses({ origin, archiveFormat: "rar" }, /archiveFormat must be one of/);
  await refuses({ origin, file_hash: "" }, /did you mean "fileHash"/);
});
