// Import by URL: the repository served on loopback, used from an empty folder with empty caches.
import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

const types: Readonly<Record<string, string>> = { ".ts": "application/typescript", ".wasm": "application/wasm" };

/** Serves the repository's files on loopback, and records the requests. */
function serve(): { origin: string; asked: string[]; close: () => Promise<void> } {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    try {
      const body = await Deno.readFile(new URL(`.${pathname}`, root));
      const type = types[pathname.slice(pathname.lastIndexOf("."))] ?? "text/plain";
      return new Response(body, { headers: { "content-type": type } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, asked, close: () => server.shutdown() };
}

/** Where the native library is built, by the first of these programs that needs it. */
const libraries = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(libraries, { recursive: true }));

/** Runs a program in an empty folder, with an empty module cache, a library cache of these tests and no terminal. */
async function runAlone(
  program: { url: string } | { code: string },
  flags: readonly string[],
  args: readonly string[] = [],
): Promise<{ out: string; error: string; success: boolean }> {
  const folder = await Deno.makeTempDir();
  try {
    if ("code" in program) await Deno.writeTextFile(`${folder}/main.ts`, program.code);
    const main = "code" in program ? "main.ts" : program.url;
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", ...flags, main, ...args],
      cwd: folder,
      env: { DENO_DIR: `${folder}/deno`, CERATOPS_CACHE: libraries, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { out: decode(stdout), error: decode(stderr), success };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const training = (origin: string, backend: string) => `
import { Input, layers, Sequential, setBackend, setRandomSeed, tensor } from "${origin}/mod.ts";
await setBackend("${backend}");
setRandomSeed(3);
const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
model.compile({ optimizer: "sgd", loss: "mean_squared_error" });
const { loss: before } = await model.trainOnBatch(tensor([[1, 2], [3, 4]]), tensor([[3], [7]]));
const { loss: after } = await model.trainOnBatch(tensor([[1, 2], [3, 4]]), tensor([[3], [7]]));
console.log(JSON.stringify({ falls: after < before }));
`;

const flagOf = { eigen: "-A", reference: "--allow-import", wasm: "--allow-import", webgpu: "--allow-import" };

for (const [backend, flag] of Object.entries(flagOf)) {
  Deno.test(`a step trains when mod.ts comes over HTTP [slow] [${backend}]`, async () => {
    const server = serve();
    try {
      const { out, error, success } = await runAlone({ code: training(server.origin, backend) }, [flag]);
      assert.ok(success, error);
      assert.deepEqual(JSON.parse(out.trim().split("\n").pop()!), { falls: true });
      // The dataset is a separate download, only for programs that load it.
      assert.deepEqual(server.asked.filter((path) => path.startsWith("/lib/datasets/mnist/")), []);
      // So are the sources of the native library, for programs that build it; its compiled form is always downloaded.
      assert.ok(server.asked.includes("/ffi/ceratops.wasm.txt"));
      assert.equal(server.asked.some((path) => /^\/ffi\/.*\.cpp$/.test(path)), backend === "eigen");
    } finally {
      await server.close();
    }
  });
}

for (const [backend, flags] of Object.entries({ eigen: ["-A"], wasm: [] })) {
  Deno.test(`the example from a URL trains with ${flags[0] ?? "no flag"} [slow] [${backend}]`, async () => {
    const server = serve();
    try {
      const url = `${server.origin}/examples/mnist.ts`;
      const { out, error, success } = await runAlone({ url }, flags, ["--epochs", "1", "--steps", "3"]);
      assert.ok(success, error);
      assert.match(error, new RegExp(`Ceratops runs on ${backend}\\b`));
      assert.match(out, /The network reads this as \d/);
    } finally {
      await server.close();
    }
  });
}

Deno.test("the example from a file trains on wasm with no flag, and says in one line what makes it faster [slow]", async () => {
  const url = new URL("examples/mnist.ts", root).href;
  const { out, error, success } = await runAlone({ url }, [], ["--epochs", "1", "--steps", "3"]);
  assert.ok(success, error);
  assert.match(out, /The network reads this as \d/);
  const lines = error.split("\n").filter((line) => line.includes("Ceratops"));
  assert.equal(lines.length, 1, error);
  assert.match(
    lines[0],
    /^Ceratops runs on wasm; eigen, \d+ times as fast, needs -A$/,
  );
});
