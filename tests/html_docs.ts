// Makes pages of the whole API in build/docs: `deno task docs:html`.
//
// `deno doc --html` gives no pages to what a namespace re-exports, such as `layers.Dense`. So each namespace becomes an
// entry point of its own, which the first page links.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as ceratops from "../mod.ts";

const root = join(import.meta.dirname!, "..");

/** A namespace of mod.ts, or of another namespace. */
interface Namespace {
  /** Where its pages are, such as `ops/image`. */
  readonly path: string;
  /** The file whose exports it has. */
  readonly file: string;
  /** What its documentation says. */
  readonly text: string;
}

const exported = /^(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?export \* as (\w+) from "([^"]+)";$/gm;

/** The namespaces of a file, and those in them. */
export function namespacesOf(file = join(root, "mod.ts"), within = ""): Namespace[] {
  return [...readFileSync(file, "utf8").matchAll(exported)].flatMap(([, comment = "", name, from]) => {
    const path = within + name;
    const target = join(dirname(file), from);
    const text = comment.replace(/^[ \t]*\* ?/gm, "").trim();
    return [{ path, file: target, text }, ...namespacesOf(target, `${path}/`)];
  });
}

/** The text of an entry point: its documentation, links to the namespaces in it, and its exports. */
function entryOf(text: string, depth: number, inside: readonly Namespace[], exports: string): string {
  const links = inside.map(({ path, text }) => {
    const at = path.split("/").slice(depth).join("/");
    return `- [${at}](${at}/index.html): ${text.split("\n\n")[0].replaceAll("\n", " ")}`;
  });
  const list = links.length > 0 ? ["", "### Namespaces", "", ...links] : [];
  const lines = [...text.split("\n"), ...list, "", "@module"];
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n${exports}\n`;
}

/** Writes the pages into a folder, which is made anew. */
export async function writeDocs(folder: string): Promise<void> {
  const namespaces = namespacesOf();
  const entries = mkdtempSync(join(tmpdir(), "ceratops_entries_"));
  try {
    const mod = readFileSync(join(root, "mod.ts"), "utf8");
    const [, text] = /\/\*\*((?:(?!\*\/)[^])*?)@module[^]*?\*\//.exec(mod)!;
    // Namespaces are entry points of their own; all else is as it is.
    const rest = mod.slice(mod.indexOf("*/") + 2).replace(exported, "")
      .replace(/from "(\.[^"]+)"/g, (_, path) => `from ${JSON.stringify(pathToFileURL(join(root, path)).href)}`);
    const top = namespaces.filter(({ path }) => !path.includes("/"));
    writeFileSync(join(entries, "mod.ts"), entryOf(text.replace(/^[ \t]*\* ?/gm, "").trim(), 0, top, rest));
    for (const { path, file, text } of namespaces) {
      const depth = path.split("/").length;
      const inside = namespaces.filter((other) =>
        other.path.startsWith(`${path}/`) && other.path.split("/").length === depth + 1
      );
      mkdirSync(dirname(join(entries, path)), { recursive: true });
      const exports = `export * from ${JSON.stringify(pathToFileURL(file).href)};`;
      writeFileSync(join(entries, `${path}.ts`), entryOf(text, depth, inside, exports));
    }
    const paths = namespaces.map(({ path }) => `./${path}.ts`);
    const exports = {
      ".": "./mod.ts",
      ...Object.fromEntries(namespaces.map(({ path }, i) => [`./${path}`, paths[i]])),
    };
    writeFileSync(join(entries, "deno.json"), JSON.stringify({ exports, nodeModulesDir: "none" }));

    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    const args = ["doc", "--html", "--name=Ceratops", `--output=${folder}`, "./mod.ts", ...paths];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: entries }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  } finally {
    rmSync(entries, { recursive: true, force: true });
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".html")) continue;
    const path = join(folder, name);
    writeFileSync(path, withUsage(readFileSync(path, "utf8")));
  }
  writeAliases(folder, ceratops, "");
}

/** Whether a value is a namespace. */
export const isNamespace = (item: unknown): item is object =>
  Object.prototype.toString.call(item) === "[object Module]";

/** Writes pages of second names, such as `layers.AvgPool2D`, which `deno doc` leaves out: they lead to those of the first. */
function writeAliases(folder: string, namespace: object, path: string): void {
  const pageOf = (name: string) => join(folder, path, "~", `${name}.html`);
  const all = Object.entries(namespace);
  for (const [name, item] of all) {
    if (isNamespace(item)) writeAliases(folder, item, `${path}${name}/`);
    else if (!existsSync(pageOf(name))) {
      const first = all.find(([other, same]) => same === item && existsSync(pageOf(other)))?.[0];
      if (!first) throw new Error(`There is no page of ${path}${name}`);
      const head = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${first}.html">`;
      writeFileSync(pageOf(name), `${head}<title>${name}</title><a href="${first}.html">${name} is ${first}</a>\n`);
    }
  }
}

/** A page on which imports are those that users write: a namespace is imported, not a module of its name. */
function withUsage(page: string): string {
  return page.replace(/import [^;&]+ from &quot;([\w./]*)&quot;;/g, (statement, module) => {
    const [namespace] = module.split("/");
    return /^\w+$/.test(namespace)
      ? `import { ${namespace} } from &quot;./mod.ts&quot;;`
      : statement.replace(/&quot;.*&quot;/, "&quot;./mod.ts&quot;");
  });
}

if (import.meta.main) {
  const folder = join(root, "build", "docs");
  await writeDocs(folder);
  console.log(`The pages are in build/docs: open build/docs/index.html`);
}
