// Import by URL: the repository served on loopback, used from an empty folder with empty caches.
import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

/** Serves the repository's files on loopback, and counts what was asked for. */
function serve(): { origin: string; asked: string[]; close: () => Promise<void> } {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    try {
      const body = await Deno.readFile(new URL(`.${pathname}`, root));
      const type = pathname.endsWith(".ts") ? "application/typescript" : "text/plain";
      return new Response(body, { headers: { "content-type": type } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, asked, close: () => server.shutdown() };
}

/** Runs a program of one file in an empty folder, with an empty module cache and an empty library cache. */
async function runAlone(
  code: string,
  flags: readonly string[],
  args: readonly string[] = [],
): Promise<{ out: string; error: string; success: boolean }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, code);
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-prompt", ...flags, "main.ts", ...args],
      cwd: folder,
      env: { DENO_DIR: `${folder}/deno`, CERATOPS_CACHE: `${folder}/ceratops`, NO_COLOR: "1" },
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

for (const [backend, flags] of [["eigen", ["-A"]], ["reference", ["--allow-import"]]] as const) {
  Deno.test(`a step trains on ${backend} when mod.ts comes over HTTP`, async () => {
    const server = serve();
    try {
      const { out, error, success } = await runAlone(training(server.origin, backend), flags);
      assert.ok(success, error);
      assert.deepEqual(JSON.parse(out.trim().split("\n").pop()!), { falls: true });
      // The data set is a download of its own, for those who load it.
      assert.deepEqual(server.asked.filter((path) => path.startsWith("/lib/datasets/mnist/")), []);
      assert.equal(server.asked.some((path) => path.startsWith("/ffi/")), backend === "eigen");
    } finally {
      await server.close();
    }
  });
}

Deno.test("the example trains on eigen when it comes over HTTP", async () => {
  const server = serve();
  try {
    const code = `await import("${server.origin}/examples/mnist.ts");`;
    const { out, error, success } = await runAlone(code, ["-A"], ["--epochs", "1", "--steps", "3"]);
    assert.ok(success, error);
    assert.match(out, /The network reads this as \d/);
  } finally {
    await server.close();
  }
});
