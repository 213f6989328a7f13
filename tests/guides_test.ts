// The guides: the snippets of each run in order, as one program, and print what the guide says.
import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import * as ceratops from "../mod.ts";
import { bundlePage, inBrowser, openPage } from "./browser.ts";
import { type Block, blocksOf, brokenPromise, promisesOf } from "./doc_examples.ts";

const root = join(import.meta.dirname!, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const guides = globSync("docs/guides/*.md", { cwd: root }).map((path) => path.replaceAll("\\", "/")).sort();

/** The name of the file that a snippet is, if its first line says so: `// trial.ts`. */
const fileOf = ({ language, code }: Block) => (language === "ts" ? /^\/\/ (\w+\.ts)\n/.exec(code)?.[1] : undefined);

/** The program that the snippets of a guide are, but for files of their own: lines stand where they stand in the guide. */
function programOf(blocks: readonly Block[]): string {
  const lines: string[] = [];
  for (const { language, code, line } of blocks) {
    if (language !== "ts") continue;
    while (lines.length < line - 1) lines.push("");
    lines.push(...code.trimEnd().split("\n"));
  }
  const mod = JSON.stringify(pathToFileURL(join(root, "mod.ts")).href);
  return `${lines.join("\n").replaceAll('"./mod.ts"', mod)}\nexport {};\n`;
}

/** What a guide says is printed: comments after `console.log`, and the lines of blocks of `text`. */
function printedBy(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ language, code }) => {
    if (language === "text") return code.trimEnd().split("\n").map((line) => line.trimEnd());
    return language === "ts" ? promisesOf(code) : [];
  });
}

const folder = mkdtempSync(join(tmpdir(), "ceratops_guides_"));
addEventListener("unload", () => rmSync(folder, { recursive: true, force: true }));
const programs = guides.map((guide) => {
  const blocks = blocksOf(read(guide));
  const write = (file: string, of: readonly Block[]) => {
    const path = join(folder, file);
    writeFileSync(path, programOf(of));
    return path;
  };
  const path = write(basename(guide).replace(/\.md$/, ".ts"), blocks.filter((block) => !fileOf(block)));
  const files = blocks.flatMap((block) => {
    const file = fileOf(block);
    return file ? [write(file, [block])] : [];
  });
  return { guide, blocks, path, files };
});

async function deno(args: readonly string[], cwd: string): Promise<{ success: boolean; out: string; err: string }> {
  const env = { NO_COLOR: "1", CERATOPS_BACKEND: "eigen" };
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd, env }).output();
  const [out, err] = [stdout, stderr].map((bytes) => stripVTControlCharacters(new TextDecoder().decode(bytes)));
  return { success, out, err };
}

Deno.test("guides: all type-check [slow]", async () => {
  const config = join(root, "deno.json");
  const { success, err } = await deno(
    ["check", "--quiet", "--config", config, ...programs.flatMap(({ path, files }) => [path, ...files])],
    root,
  );
  assert.ok(success, err);
});

for (const { guide, blocks, path } of programs) {
  Deno.test(`${guide}: its snippets run, and print what it says [slow] [eigen]`, async () => {
    const cwd = mkdtempSync(join(folder, "run_"));
    const { success, out, err } = await deno(["run", "-A", "--no-check", path], cwd);
    assert.ok(success, `${out}\n${err}`);
    const broken = brokenPromise(printedBy(blocks), out.split("\n").map((line) => line.trimEnd()));
    assert.ok(!broken, `It says that it prints\n${broken?.promised}\nand it prints\n${broken?.rest.join("\n")}`);
  });
}

Deno.test({
  name: "docs/guides/browser.md: its page trains, and its other page predicts [slow] [wasm]",
  ...inBrowser,
  fn: async () => {
    const { blocks, path } = programs.find(({ guide }) => guide.endsWith("/browser.md"))!;
    const cwd = mkdtempSync(join(folder, "browser_"));
    const [training] = blocks.filter(({ language }) => language === "ts");
    writeFileSync(join(cwd, "training.ts"), programOf([training]));
    // The report tells the test that all was run.
    const main = 'await import("./training.ts");\nObject.assign(globalThis, { report: document.body.innerText });\n';
    writeFileSync(join(cwd, "page.ts"), main);
    const trained = await openPage<string>(await bundlePage(pathToFileURL(join(cwd, "page.ts"))));
    assert.match(trained.report, /is right in most cases/, trained.messages);

    const { success, err } = await deno(["run", "-A", "--no-check", path], cwd);
    assert.ok(success, err);
    const [script] = blocks.flatMap(({ code }) => /<script type="module">([^]*)<\/script>/.exec(code)?.[1] ?? []);
    const files = new Map([
      ["/page.js", `${script}\nglobalThis.report = document.body.innerText;\n`],
      ["/line.js", readFileSync(join(cwd, "line.js"), "utf8")],
    ]);
    const predicted = await openPage<string>(files);
    assert.equal(predicted.report, "above below", predicted.messages);
  },
});

Deno.test("guides: every snippet of TypeScript is run, and each guide stands in the list of docs", () => {
  assert.ok(guides.length > 10, `${guides.length} guides`);
  const index = read("docs/README.md");
  for (const { guide, blocks } of programs) {
    assert.ok(blocks.some(({ language }) => language === "ts"), `${guide} has no snippet`);
    const odd = blocks.map(({ language }) => language).filter((language) =>
      !["ts", "text", "console", "http", "sh", "html", "python"].includes(language)
    );
    assert.deepEqual(odd, [], guide);
    assert.ok(index.includes(`](guides/${basename(guide)})`), `${guide} is not in docs/README.md`);
  }
  const pages = globSync("docs/*.md", { cwd: root }).map((path) => basename(path)).filter((name) =>
    name !== "README.md"
  );
  assert.deepEqual(pages.filter((page) => !index.includes(`](${page})`)), []);
});

const isFile = /\.(keras|h5|json|safetensors|onnx|ts|js|svg|png)$/;

/** The names in code within text, such as `ops.image.resize` or `model.fit`, that are Ceratops's. */
function namesIn(page: string): string[] {
  const inline = page.replace(/^```[^]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g);
  const spaces = [
    ...Object.keys(ceratops).filter((name) => /^[a-z]/.test(name) && !isFunction(ceratops, name)),
    "model",
  ];
  const name = new RegExp(`(?<![\\w./"])(?:${spaces.join("|")})(?:\\.[A-Za-z]\\w*)+(?!\\w|\\.\\w)`, "g");
  return [...inline].flatMap(([, code]) => code.match(name) ?? []).filter((name) => !isFile.test(name));
}

const isFunction = (of: object, name: string) => typeof Reflect.get(of, name) === "function";

/** Whether mod.ts exports a name, step by step; `model` is any model. */
function isThere(name: string): boolean {
  const [first, ...rest] = name.split(".");
  let at: unknown = first === "model" ? anyModel : Reflect.get(ceratops, first);
  for (const part of rest) {
    if (at === null || (typeof at !== "object" && typeof at !== "function") || !(part in at)) return false;
    at = Reflect.get(at, part);
  }
  return true;
}

const anyModel = new ceratops.Sequential([ceratops.Input({ shape: [1] }), new ceratops.layers.Dense(1)]);

for (const page of [...guides, "docs/README.md"]) {
  Deno.test(`${page}: names that it mentions are exported`, () => {
    assert.deepEqual(namesIn(read(page)).filter((name) => !isThere(name)), []);
  });
}

Deno.test("guides: a name that is not exported is found", () => {
  const names = namesIn("`ops.adddd(x)`, `tf.ops.foo`, and `ops.image.resize` in `model.fitt` of `model.json`");
  assert.deepEqual(names, ["ops.adddd", "ops.image.resize", "model.fitt"]);
  assert.deepEqual(names.map(isThere), [false, true, false]);
});
