// Prebuilt native libraries: which is taken, what is refused and why, and that one from a server is opened and used.
import assert from "node:assert/strict";
import { brotliCompressSync, constants } from "node:zlib";
import { detectLevel, findLibrary, hashForPrebuilt, readSources, units } from "../../ffi/build.ts";
import { sha256 } from "../../ffi/cache.ts";
import { choosePrebuilt, downloadPrebuilt, type Offer, platform, PrebuiltError } from "../../ffi/download.ts";
import { readHeaders } from "../../ffi/exports.ts";

const root = new URL("../../", import.meta.url);
const builder = new URL("ffi/build.ts", root).href;

/** What stands for a library where none is opened. */
const bytes = new Uint8Array(5000).map((_, i) => i);

/** A file that holds these bytes. */
const pack = (bytes: Uint8Array) =>
  new Uint8Array(brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));

/** The hash of today's sources for the level that these tests name. */
const sources = await hashForPrebuilt(await readSources(units), "generic");

async function offerOf(from: string, changes: Partial<Offer["libraries"][number]> = {}): Promise<Offer> {
  const library = {
    platform,
    level: "generic",
    build: `${sources}-123456`,
    file: "library.bin",
    size: bytes.length,
    sha256: await sha256(bytes),
  };
  return { from, libraries: [{ ...library, ...changes }] };
}

/** Runs `body` with a server that answers each path by a function, and records the paths that are asked for. */
async function withServer(
  answers: Readonly<Record<string, () => Response>>,
  body: (origin: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const onError = () => new Response("broken", { status: 500 });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, onError }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return answers[pathname]?.() ?? new Response("not found", { status: 404 });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, asked);
  } finally {
    await server.shutdown();
  }
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ceratops-prebuilt-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PrebuiltError, String(error));
  assert.match(error.message, pattern);
  return true;
};

const whole = () => new Response(pack(bytes));

/** What a process prints that looks for a library with these options, and with nothing in `PATH` but `path`. */
async function finding(
  options: Record<string, unknown>,
  { folder, path = "/nowhere", flags = ["-A"] }: { folder: string; path?: string; flags?: readonly string[] },
): Promise<string> {
  const script = `${folder}/find.ts`;
  await Deno.writeTextFile(
    script,
    `import { findLibrary } from "${builder}";
    const options = ${JSON.stringify({ level: "generic", cache: `${folder}/cache`, ...options })};
    try { console.log(JSON.stringify(await findLibrary(options))); } catch (error) { console.log(error.message); }`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--no-prompt", "--no-lock", ...flags, script],
    clearEnv: true,
    env: { PATH: path, DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
}

Deno.test("a prebuilt library is downloaded once, into the cache", () =>
  withFolder((folder) =>
    withServer({ "/files/library.bin": whole }, async (origin, asked) => {
      const options = { level: "generic" as const, cache: `${folder}/cache`, offer: await offerOf(`${origin}/files/`) };
      const found = JSON.parse(await finding(options, { folder }));
      assert.equal(found.build, `${sources}-123456`);
      assert.equal(found.prebuilt, true);
      assert.deepEqual(await Deno.readFile(found.path), bytes);
      assert.deepEqual(JSON.parse(await finding(options, { folder })), found);
      assert.deepEqual(asked, ["/files/library.bin"]);
      assert.deepEqual([...Deno.readDirSync(`${folder}/cache/native`)].map(({ name }) => name), [found.build]);
      // One that was cut is not taken, but had again.
      await Deno.truncate(found.path, 100);
      assert.deepEqual(JSON.parse(await finding(options, { folder })), found);
      assert.deepEqual(await Deno.readFile(found.path), bytes);
      assert.equal(asked.length, 2);
    })
  ));

Deno.test("a prebuilt library may be in a folder", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/library.bin`, pack(bytes));
    const { from, libraries: [library] } = await offerOf(`file://${folder}/`);
    assert.deepEqual(new Uint8Array(await downloadPrebuilt(from, library)), bytes);
    await Deno.remove(`${folder}/library.bin`);
    await assert.rejects(() => downloadPrebuilt(from, library), refused(/^Cannot take .* from file:.*No such file/));
  }));

Deno.test("only a library of this platform, level and sources is chosen", async () => {
  const offer = await offerOf("https://example.com/");
  assert.equal(choosePrebuilt(offer, "generic", sources), offer.libraries[0]);
  const missing = /^Cannot take a prebuilt native library for \S+ \S+: this version must offer one, received /;
  assert.throws(() => choosePrebuilt(offer, "x86-64-v3", sources), refused(missing));
  const other = await offerOf("https://example.com/", { platform: "plan9-mips" });
  assert.throws(() => choosePrebuilt(other, "generic", sources), refused(/received plan9-mips generic$/));
  const stale = await offerOf("https://example.com/", { build: `${sources.slice(1)}0-123456` });
  assert.throws(
    () => choosePrebuilt(stale, "generic", sources),
    refused(/: it must be built from the sources beside it \(.*\), received .*-123456: .*deno task build:native/),
  );
});

Deno.test("a library that is not what the table says is refused, whatever the server does", async () => {
  let cancelled = false;
  const answers = {
    "/swapped": () => new Response(pack(bytes.map((byte) => byte ^ 1))),
    "/longer": () => new Response(pack(new Uint8Array(5001))),
    "/bomb": () => new Response(pack(new Uint8Array(1 << 26))),
    "/unpacked": () => new Response(bytes),
    "/cut": () => new Response(pack(bytes).slice(0, 100)),
    "/broken": () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(pack(bytes).slice(0, 100));
            setTimeout(() => controller.error(new Error("the line is cut")), 50);
          },
        }),
      ),
    "/endless": () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(bytes.slice()),
          cancel: () => void (cancelled = true),
        }),
      ),
  };
  await withServer(answers, async (origin) => {
    const { libraries: [library] } = await offerOf("");
    const rule = "it must hold the 5000 bytes with the SHA-256 [0-9a-f]{64} that this version names";
    const cases: [file: string, pattern: RegExp][] = [
      ["swapped", new RegExp(`${rule}, received [0-9a-f]{64}: the file was replaced or cut`)],
      ["longer", new RegExp(`${rule}, received what does not unpack to so many \\(.*larger than 5000 bytes\\): `)],
      ["bomb", new RegExp(`${rule}, received what does not unpack to so many \\(.*larger than 5000 bytes\\): `)],
      ["unpacked", new RegExp(`${rule}, received \\d+ bytes: `)],
      ["cut", new RegExp(`${rule}, received \\d{1,3} bytes: `)],
      ["endless", new RegExp(`${rule}, received \\d{4,} bytes that are compressed: `)],
      ["broken", /it must be there and allowed to be read, received .*(body|connection)/],
      ["missing", /it must be there and allowed to be read, received the server says 404$/],
    ];
    for (const [file, pattern] of cases) {
      await assert.rejects(
        () => downloadPrebuilt(`${origin}/`, { ...library, file }),
        refused(new RegExp(`^Cannot take the prebuilt native library from ${origin}/${file}: ${pattern.source}`)),
      );
    }
  });
  assert.ok(cancelled, "the rest is not read");
});

Deno.test("without the permission for the network nobody is asked, and the error says which it is", () =>
  withFolder((folder) =>
    withServer({ "/library.bin": whole }, async (origin, asked) => {
      const options = { offer: await offerOf(`${origin}/`) };
      const flags = ["read", "write", "env", "ffi", "run", "sys"].map((name) => `--allow-${name}`);
      assert.match(
        await finding(options, { folder, flags }),
        /^Cannot build .*C\+\+ compiler.* must be installed, received no prebuilt one \(.*the permission --allow-net=127\.0\.0\.1:\d+ is not given\): /,
      );
      assert.deepEqual(asked, []);
    })
  ));

Deno.test("where a prebuilt library is refused the compiler is used, after a line that says why", () =>
  withFolder((folder) =>
    withServer({ "/library.bin": () => new Response("no library") }, async (origin, asked) => {
      const eigen = `${folder}/include/Eigen`;
      for (const path of [`${eigen}/src/Core/util`, `${folder}/bin`]) await Deno.mkdir(path, { recursive: true });
      for (const path of ["Core", "src/Core/util/Macros.h"]) await Deno.writeTextFile(`${eigen}/${path}`, "");
      // It leaves a file where it is to leave one.
      const cxx = `#!/bin/sh\nfor word; do [ "$last" = -o ] && echo made >"$word"; last=$word; done\n`;
      await Deno.writeTextFile(`${folder}/bin/g++`, cxx, { mode: 0o755 });
      const path = `${folder}/bin`;
      const refusals: [offer: Offer, why: RegExp][] = [
        [await offerOf(`${origin}/`), /^Cannot take .*received \d+ bytes.*; it is compiled instead$/m],
        [await offerOf(`${origin}/`, { build: "0-1" }), /^Cannot take .*sources beside it.*; it is compiled instead$/m],
      ];
      for (const [index, [offer, why]] of refusals.entries()) {
        const said = await finding({ offer, cache: `${folder}/${index}` }, { folder, path });
        assert.match(said, why);
        assert.match(said, /^Building the native library \(only once\): 0 of \d+$/m);
        const found = JSON.parse(said.trim().split("\n").pop()!);
        assert.equal(found.prebuilt, false);
        assert.equal(await Deno.readTextFile(found.path), "made\n");
      }
      assert.deepEqual(asked, ["/library.bin"], "a stale table is known without the server");
      // What is asked for by name is built, and nobody looks for another.
      const offer = await offerOf(`${origin}/`);
      const said = await finding({ offer, compiler: `${path}/g++`, cache: `${folder}/named` }, { folder, path });
      assert.doesNotMatch(said, /prebuilt native/);
      const flagged = await finding({ offer, flags: ["-O1"], cache: `${folder}/flagged` }, { folder, path });
      assert.doesNotMatch(flagged, /prebuilt native/);
      assert.match(flagged, /^Building the native library/m);
      assert.equal(asked.length, 1);
    })
  ));

const types: Readonly<Record<string, string>> = { ".ts": "application/typescript", ".wasm": "application/wasm" };

Deno.test("where there is no compiler a program from a URL runs on the library from beside it [slow] [eigen]", () =>
  withFolder(async (folder) => {
    const library = await findLibrary();
    const binary = await Deno.readFile(library.path);
    const offer: Offer = {
      from: "prebuilt/",
      libraries: [{
        platform,
        level: await detectLevel(),
        build: library.build,
        file: "library.bin",
        size: binary.length,
        sha256: await sha256(binary),
      }],
    };
    const packed = pack(binary);
    const asked: string[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (pathname === "/ffi/prebuilt/library.bin") return new Response(packed);
      const type = types[pathname.slice(pathname.lastIndexOf("."))] ?? "text/plain";
      const text = pathname === "/ffi/prebuilt.ts"
        ? `export const prebuilt = ${JSON.stringify(offer)};`
        : await Deno.readFile(new URL(`.${pathname}`, root)).catch(() => undefined);
      return new Response(text, { status: text ? 200 : 404, headers: { "content-type": type } });
    });
    const origin = `http://127.0.0.1:${server.addr.port}`;
    try {
      // The processor's flags are read by this program.
      await Deno.mkdir(`${folder}/bin`);
      await Deno.symlink("/bin/cat", `${folder}/bin/cat`);
      await Deno.writeTextFile(
        `${folder}/main.ts`,
        `import { compile, getBackend, ops } from "${origin}/mod.ts";
        const product = compile((a, b) => ops.matmul(a, b));
        const result = await product([[1, 2], [3, 4]], [[5, 6], [7, 8]]);
        console.log(JSON.stringify([await getBackend(), result.toArray()]));`,
      );
      for (const _ of ["the first time", "from the cache"]) {
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-config", "--no-lock", `${folder}/main.ts`],
          clearEnv: true,
          env: {
            PATH: `${folder}/bin`,
            DENO_DIR: `${folder}/deno`,
            CERATOPS_CACHE: `${folder}/cache`,
            CERATOPS_THREADS: "2",
            CERATOPS_BACKEND: "eigen",
            CERATOPS_DEBUG: "backend",
            NO_COLOR: "1",
          },
          stdout: "piped",
          stderr: "piped",
        }).output();
        const said = new TextDecoder().decode(stderr);
        assert.match(
          said,
          /^ {2}eigen chosen: Eigen 3\.\d+\.\d+.*, prebuilt, 2 threads$/m,
        );
        assert.doesNotMatch(said, /Building the native library/);
        assert.equal(new TextDecoder().decode(stdout), '["eigen",[[19,22],[43,50]]]\n');
      }
      assert.equal(asked.filter((path) => path === "/ffi/prebuilt/library.bin").length, 1);
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("the headers of a library tell its platform, what it exports, and what it needs [eigen]", async () => {
  const headers = readHeaders(await Deno.readFile((await findLibrary()).path));
  assert.equal(headers.platform, platform);
  for (const name of ["ceratops_build", "ceratops_run"]) assert.ok(headers.exports.includes(name));
  assert.ok(headers.needs.length > 0);
  assert.throws(() => readHeaders(new Uint8Array(1000)), /neither ELF nor/);
});
