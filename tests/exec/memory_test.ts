// Device memory is released when it is no longer used: dropped models, programs replaced by compile, many functions.
import assert from "node:assert/strict";
import type { SoakReport } from "./soak.ts";

for (const backend of ["eigen", "wasm", "reference", "webgpu"]) {
  for (const [kind, rounds] of [["models", 10], ["compile", 10], ["functions", 20]] as const) {
    Deno.test(`memory after many rounds: ${kind} [slow] [${backend}]`, async () => {
      const { tenths, cleared } = await soak(backend, kind, rounds);
      const [first, ...others] = tenths.map(({ resident: _, ...held }) => held);
      assert(first.variables > 0, "nothing was held");
      for (const held of others) assert.deepEqual(held, first);
      assert.deepEqual(cleared.variables, 0);
      assert.deepEqual(cleared.bytes, 0);
    });
  }
}

async function soak(backend: string, kind: string, rounds: number): Promise<SoakReport> {
  const script = new URL("./soak.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--v8-flags=--expose-gc",
      script,
      "--backend",
      backend,
      "--kind",
      kind,
      "--rounds",
      `${rounds}`,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  return JSON.parse(text(stdout).trim().split("\n").at(-1)!);
}
