// What importing mod.ts loads and runs: Deno reads, checks and evaluates every module of it in each process.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { scanImports } from "./check_imports.ts";

/** The modules that a module imports before it runs, and those that these import, with their sizes in bytes. */
function importedBy(file: URL, found: Map<string, number> = new Map()): Map<string, number> {
  if (found.has(file.href)) return found;
  const source = readFileSync(file);
  found.set(file.href, source.length);
  if (!file.pathname.endsWith(".ts")) return found;
  for (const { specifier, typeOnly, dynamic } of scanImports(source.toString())) {
    if (!typeOnly && !dynamic) importedBy(new URL(specifier, file), found);
  }
  return found;
}

const entry = new URL("../mod.ts", import.meta.url);

Deno.test("importing mod.ts loads no more modules than it did", () => {
  const sizes = importedBy(entry);
  assert.ok(sizes.has(new URL("../lib/layers/layer.ts", import.meta.url).href));
  const hint = "what few programs need is better imported where it is first used";
  // Each module costs a process about 0.2 ms, of which half is for its size.
  assert.ok(sizes.size <= 560, `${sizes.size} modules: ${hint}`);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(bytes <= 3_300_000, `${bytes} bytes: ${hint}`);
  for (
    const part of [
      "lib/exec/webgpu/",
      "lib/exec/native/executor.ts",
      "ffi/",
      "shaders/",
      "lib/export/",
      "lib/applications/architectures/",
    ]
  ) {
    const loaded = [...sizes.keys()].filter((file) => file.startsWith(new URL(`../${part}`, import.meta.url).href));
    assert.deepEqual(loaded, [], part);
  }
});

Deno.test("importing mod.ts makes none of Node's objects, which Deno makes of many modules when they are first read", async () => {
  const source = `
    const read = [];
    for (const name of ["process", "Buffer", "setImmediate", "clearImmediate", "global"]) {
      const { value, get } = Object.getOwnPropertyDescriptor(globalThis, name);
      Object.defineProperty(globalThis, name, { get: () => (read.push(name), get ? get.call(globalThis) : value) });
    }
    await import(${JSON.stringify(entry.href)});
    const onImport = read.join();
    // That reading one is seen.
    process;
    console.log(JSON.stringify({ onImport, later: read.join() }));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", `data:application/typescript,${encodeURIComponent(source)}`],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.match(text, /"later":"process/, errors);
  assert.match(text, /"onImport":""/);
});
