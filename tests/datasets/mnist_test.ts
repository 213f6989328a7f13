// Loading MNIST: the published data in Keras's shapes, and clear errors for other files.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FileError } from "../../lib/errors.ts";
import { parseIdx } from "../../lib/datasets/idx.ts";
import { loadData } from "../../lib/datasets/mnist.ts";
import { decodeMnistFile, type MnistFile, mnistFiles, readMnistText } from "../../lib/datasets/mnist_files.ts";
import { fromBase64, inOnePiece, type TextInPieces } from "../../lib/files/base64.ts";

const datasets = new URL("../../lib/datasets/", import.meta.url);
const testLabels = mnistFiles[3];
const testLabelsText = await Deno.readTextFile(new URL(`mnist/${testLabels.name}.txt`, datasets));

function complaint(...parts: RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof FileError, `a FileError, not ${error}`);
    for (const part of parts) assert.match(error.message, part);
    assert(error.message.length < 700, "an error is no dump of data");
    return true;
  };
}

Deno.test("mnist: shapes, dtypes, first labels, and the sums of all pixels and labels", async () => {
  const [[xTrain, yTrain], [xTest, yTest]] = await loadData();
  assert.deepEqual([xTrain, yTrain, xTest, yTest].map(({ shape }) => shape), [
    [60000, 28, 28],
    [60000],
    [10000, 28, 28],
    [10000],
  ]);
  for (const { dtype } of [xTrain, yTrain, xTest, yTest]) assert.equal(dtype, "uint8");
  assert.deepEqual([...yTrain.data.subarray(0, 12)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5]);
  assert.deepEqual([...yTest.data.subarray(0, 12)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6]);
  const sum = (data: Iterable<number>) => {
    let total = 0;
    for (const value of data) total += value;
    return total;
  };
  // Summed by Python's gzip from the published files.
  assert.deepEqual([xTrain, yTrain, xTest, yTest].map(({ data }) => sum(data)), [1567298545, 267236, 264923200, 44434]);
  assert.equal(sum(xTrain.rows(0, 1).data), 27525);
  assert.equal(sum(xTest.rows(0, 1).data), 18454);
});

const decode = (text: string) => decodeMnistFile(testLabels, inOnePiece(text));

Deno.test("mnist: two calls give tensors that share no memory", async () => {
  const [first, second] = await Promise.all([
    decode(testLabelsText),
    decode(testLabelsText),
  ]);
  first.data[0] = 99;
  assert.equal(second.data[0], 7);
});

Deno.test("mnist: a missing file is named with its path and how to restore it", async () => {
  const empty = new URL("./no_such_folder/", import.meta.url);
  await assert.rejects(
    readMnistText(testLabels, empty),
    complaint(
      /"t10k-labels-idx1-ubyte\.gz"/,
      /next to the loader, received no file .*no_such_folder/,
      /restore it.*mnist_embedded\.ts/,
    ),
  );
});

Deno.test("mnist: a damaged, truncated, empty or foreign text is refused", async () => {
  const middle = testLabelsText.length >> 1;
  const changed = testLabelsText[middle] === "A" ? "B" : "A";
  const damaged = testLabelsText.slice(0, middle) + changed + testLabelsText.slice(middle + 1);
  const sha = [/Cannot load MNIST file "t10k-labels-idx1-ubyte\.gz"/, /SHA-256 must be f7ae60f9/, /restore the file/];
  await assert.rejects(decode(damaged), complaint(...sha, /received [0-9a-f]{64} of 4542 bytes/));
  await assert.rejects(decode(testLabelsText.slice(0, 76)), complaint(...sha, /of 57 bytes/));
  await assert.rejects(decode(""), complaint(...sha, /of 0 bytes/));
  await assert.rejects(
    decode("version https://git-lfs.example/spec\n"),
    complaint(/must be base64, received 37 characters that begin with "version /),
  );
});

Deno.test("mnist: a folder in a file's place, or a file that is gone when it is read, is told by its path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const base = new URL(`file://${folder}/`);
    const path = `${folder}/${testLabels.name}.txt`;
    Deno.mkdirSync(path);
    const read = async () => await decodeMnistFile(testLabels, await readMnistText(testLabels, base));
    await assert.rejects(read(), complaint(/its text must be readable, received .* for .*t10k-labels/));
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, testLabelsText);
    assert.equal((await read()).data[0], 7);
    const text = await readMnistText(testLabels, base);
    Deno.removeSync(path);
    await assert.rejects(decodeMnistFile(testLabels, text), complaint(/received no file .*t10k-labels/));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("base64 is decoded alike, wherever its pieces are cut", () => {
  for (const letters of ["", "A\n", "QQ==", "QUI=", "QUJD", "QU\r\nJD\nRA", testLabelsText]) {
    for (const size of [1, 2, 3, 5, 76, 1000]) {
      const pieces = () => letters.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      const decoded = () => fromBase64({ length: letters.length, pieces });
      if (letters === "A\n") assert.throws(decoded, SyntaxError);
      else assert.deepEqual(decoded(), Uint8Array.fromBase64(letters));
    }
  }
  assert.throws(() => fromBase64(inOnePiece("QU!D")), SyntaxError);
});

Deno.test("mnist: Windows line ends do no harm", async () => {
  const labels = await decode(testLabelsText.replaceAll("\n", "\r\n"));
  assert.equal(labels.data[0], 7);
});

Deno.test("mnist: a file with the right hash is still unzipped and parsed with care", async () => {
  const asFile = async (bytes: Uint8Array<ArrayBuffer>): Promise<[MnistFile, TextInPieces]> => {
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    return [{ ...testLabels, sha256 }, inOnePiece(bytes.toBase64())];
  };
  const gzip = async (bytes: Uint8Array<ArrayBuffer>) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const published = Uint8Array.fromBase64(testLabelsText);
  const rule = /must unzip to 10008 bytes/;
  await assert.rejects(decodeMnistFile(...await asFile(published.slice(0, 2000))), complaint(rule));
  await assert.rejects(decodeMnistFile(...await asFile(new Uint8Array([1, 2, 3]))), complaint(rule));
  await assert.rejects(
    decodeMnistFile(...await asFile(await gzip(new Uint8Array(20000)))),
    complaint(rule, /more bytes/),
  );
  await assert.rejects(
    decodeMnistFile(...await asFile(await gzip(new Uint8Array(10)))),
    complaint(/begins with 0x00000801, received 0x00000000/),
  );
});

Deno.test("idx: each part of the header is checked", () => {
  const parse = (bytes: number[]) => parseIdx(new Uint8Array(bytes), [2, 3], 'Cannot load "x"');
  assert.deepEqual(parse([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]).toArray(), [[1, 2, 3], [4, 5, 6]]);
  assert.throws(() => parse([0, 0]), complaint(/Cannot load "x": .* received 2 bytes in all/));
  assert.throws(() => parse([0, 0, 8, 1, 0, 0, 0, 2]), complaint(/2 axes begins with 0x00000802, received 0x00000801/));
  assert.throws(() => parse([0, 0, 8, 2, 0, 0]), complaint(/header with 2 axes has 12 bytes, received 6/));
  assert.throws(
    () => parse([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6]),
    complaint(/shape \[2, 3\], received \[3, 2\]/),
  );
  assert.throws(
    () => parse([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3]),
    complaint(/takes 18 bytes with the header, received 15 bytes/),
  );
});

/** Runs a module's text in a separate Deno process, with these flags and without prompts. */
async function runModule(source: string, flags: readonly string[]): Promise<string> {
  const url = `data:application/typescript,${encodeURIComponent(source)}`;
  const args = ["run", "--quiet", "--no-config", ...flags, url];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null", env: { NO_COLOR: "1" } })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const tell =
  `try { console.log("labels", (await loadData())[1][1].data.length); } catch (error) { console.log(error.name, error.message); }`;

Deno.test("mnist: without read permission the error names the flag; the embedded module needs none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const run = async (source: string, flags: readonly string[] = []) => {
      const file = `${folder}/main.ts`;
      await Deno.writeTextFile(file, source);
      const args = ["run", "--quiet", "--no-config", ...flags, file];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        stdin: "null",
        env: { NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    const load = `import { loadData } from "${datasets}mnist.ts";\n`;
    assert.match(
      await run(load + tell),
      /FileError .*needs permission.*run with --allow-read=".*datasets\/mnist".*mnist_embedded\.ts/,
    );
    assert.match(await run(load + tell, [`--allow-read=${fileURLToPath(datasets)}mnist`]), /labels 10000/);
    assert.match(await run(`import "${datasets}mnist_embedded.ts";\n` + load + tell), /labels 10000/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("mnist: imported over HTTP, only loadData fetches the data [slow]", async () => {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    try {
      const type = pathname.endsWith(".ts") ? "application/typescript" : "text/plain";
      const name = pathname.startsWith("/broken/") ? pathname.slice("/broken".length) : pathname;
      if (name !== pathname && name.includes("t10k-labels")) return new Response("gone", { status: 404 });
      return new Response(await Deno.readFile(new URL(`../..${name}`, import.meta.url)), {
        headers: { "content-type": type },
      });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    // --reload so that nothing comes from the module cache of an earlier run on the same port.
    const flags = [`--allow-import=${host}`, `--reload=http://${host}`];
    const load = (folder: string) => `import { loadData } from "http://${host}${folder}/lib/datasets/mnist.ts";\n`;
    assert.match(await runModule(load("") + 'console.log("imported");', flags), /imported/);
    assert.deepEqual(asked.filter((path) => path.endsWith(".txt")), []);
    assert.match(await runModule(load("") + tell, flags), /labels 10000/);
    assert.equal(asked.filter((path) => path.endsWith(".txt")).length, 4);
    // Without Deno and Node's objects, as in a browser, the data is fetched; engines of old have no base64 either.
    const elsewhere =
      "delete globalThis.Deno;\ndelete globalThis.process;\ndelete Uint8Array.prototype.setFromBase64;\n" + tell;
    assert.match(await runModule(load("") + elsewhere, [...flags, `--allow-net=${host}`]), /labels 10000/);
    assert.match(
      await runModule(load("/broken") + elsewhere, [...flags, `--allow-net=${host}`]),
      /FileError .*received status 404 for http/,
    );
    assert.match(
      await runModule(load("/broken") + tell, flags),
      /FileError .*"t10k-labels-idx1-ubyte\.gz": .*served next to the loader.*mnist_embedded/,
    );
  } finally {
    await server.shutdown();
  }
});

Deno.test("mnist: a bundle for the browser runs without Deno, and holds the data only where it was embedded [slow]", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const load = `export { loadData } from "${datasets}mnist.ts";\n`;
    const bundleAndRun = async (source: string): Promise<{ size: number; output: string }> => {
      await Deno.writeTextFile(`${folder}/entry.ts`, source);
      const bundle = [
        "bundle",
        "--quiet",
        "--platform=browser",
        "--no-config",
        "-o",
        `${folder}/bundle.js`,
        `${folder}/entry.ts`,
      ];
      const bundled = await new Deno.Command(Deno.execPath(), { args: bundle, stdin: "null" }).output();
      assert(bundled.success, new TextDecoder().decode(bundled.stderr));
      await Deno.writeTextFile(
        `${folder}/main.js`,
        `delete globalThis.Deno;\ndelete globalThis.process;\nconst { loadData } = await import("./bundle.js");\n${tell}`,
      );
      const run = ["run", "-A", "--no-config", `${folder}/main.js`];
      const { stdout } = await new Deno.Command(Deno.execPath(), { args: run, stdin: "null" }).output();
      return { size: (await Deno.stat(`${folder}/bundle.js`)).size, output: new TextDecoder().decode(stdout) };
    };
    const lean = await bundleAndRun(load);
    assert(lean.size < 200_000, `the bundle has ${lean.size} bytes`);
    assert.match(lean.output, /FileError .*received file:.*mnist_embedded\.ts/);
    const full = await bundleAndRun(`import "${datasets}mnist_embedded.ts";\n${load}`);
    assert.match(full.output, /labels 10000/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
