// The examples in the documentation: they type-check, run, and print what they say.
import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { setTerminal } from "../lib/terminal/terminal.ts";
import { clearSession, getBackend, setBackend } from "../lib/exec/select.ts";
import { readSources } from "./check_imports.ts";
import { blocksOf, brokenPromise, commentBlocksOf, promisesOf } from "./doc_examples.ts";

const root = join(import.meta.dirname!, "..");

interface Example {
  readonly name: string;
  readonly code: string;
}

/** The ts code blocks in the JSDoc comments of a source, or in a page. */
function examplesOf(file: string, source: string): Example[] {
  const blocks = file.endsWith(".md") ? blocksOf(source) : commentBlocksOf(source);
  return blocks.filter(({ language }) => language === "ts").map(({ code, line }) => ({
    name: `${file}:${line}`,
    code,
  }));
}

function readExamples(): Example[] {
  const sources = [...readSources(root)].filter(([file]) => file === "mod.ts" || file.startsWith("lib/"));
  const pages = globSync("docs/*.md", { cwd: root }).sort()
    .map((file) => [file, readFileSync(join(root, file), "utf8")] as const);
  return [...sources, ...pages].flatMap(([file, source]) => examplesOf(file, source));
}

const examples = readExamples();
const folder = mkdtempSync(join(Deno.env.get("TMPDIR") ?? "/tmp", "ceratops_docs_"));
const mod = pathToFileURL(join(root, "mod.ts")).href;
const pathOf = (i: number) => join(folder, `example_${i}.ts`);
const asModule = (code: string) => `${code.replaceAll('"./mod.ts"', JSON.stringify(mod))}\nexport {};\n`;
examples.forEach(({ code }, i) => writeFileSync(pathOf(i), asModule(code)));
addEventListener("unload", () => rmSync(folder, { recursive: true, force: true }));

Deno.test("examples: they are found, and import mod.ts alone", () => {
  assert.ok(examples.length > 60, `${examples.length} examples`);
  for (const { name, code } of examples) {
    const from = [...code.matchAll(/from "([^"]+)"/g)].map((match) => match[1]);
    assert.ok(from.length > 0 && from.every((path) => path === "./mod.ts"), `${name} imports ${from}`);
  }
});

Deno.test("examples: all type-check, and so does the README [slow]", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)];
  assert.ok(blocks.length > 0);
  const paths = blocks.map(([, code], i) => {
    const path = join(folder, `readme_${i}.ts`);
    writeFileSync(path, asModule(code));
    return path;
  });
  const args = [
    "check",
    "--quiet",
    "--config",
    join(root, "deno.json"),
    ...examples.map((_, i) => pathOf(i)),
    ...paths,
  ];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = stripVTControlCharacters(new TextDecoder().decode(stderr));
  assert.ok(success, text.replace(/example_(\d+)\.ts/g, (file, i) => `${file} (${examples[i].name})`));
});

for (const [i, { name, code }] of examples.entries()) {
  Deno.test({
    name: `example of ${name}`,
    // Examples leave the backend open.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      if (await getBackend() !== "eigen") await setBackend("eigen");
      // Automatic names start over.
      await clearSession();
      const printed: string[] = [];
      const log = console.log;
      console.log = (...items: unknown[]) => {
        printed.push(items.map((item) => typeof item === "string" ? item : Deno.inspect(item)).join(" "));
      };
      setTerminal({ isTerminal: false, columns: () => 80, write() {}, now: () => performance.now() / 1000 });
      try {
        await import(pathToFileURL(pathOf(i)).href);
      } finally {
        console.log = log;
        setTerminal(undefined);
      }
      const broken = brokenPromise(promisesOf(code), printed);
      assert.ok(!broken, `It says that it prints\n${broken?.promised}\nand it prints\n${broken?.rest.join("\n")}`);
    },
  });
}
