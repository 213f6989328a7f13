// The pages for contributors and users: the files and tasks that they name exist, and the lists of places are whole.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Callback } from "../lib/callbacks/callback.ts";
import * as callbacks from "../lib/callbacks/callbacks.ts";
import { isClass } from "../lib/errors.ts";
import { type ElementwiseName, elementwiseNames, elementwiseRows } from "../lib/ir/elementwise.ts";
import { Layer } from "../lib/layers/layer.ts";
import * as layers from "../lib/layers/layers.ts";
import { Loss } from "../lib/losses/loss.ts";
import * as losses from "../lib/losses/losses.ts";
import { snakeCase } from "../lib/names.ts";
import { opNames } from "../lib/ops/defs/table.ts";
import { Optimizer } from "../lib/optimizers/optimizer.ts";
import * as optimizers from "../lib/optimizers/optimizers.ts";

const root = join(import.meta.dirname!, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const find = (pattern: string) => globSync(pattern, { cwd: root });
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...find("docs/*.md"), ...find(".github/**/*.md")];

/** The paths of files and folders in a text, by the folders that the repository has. */
function pathsIn(text: string): string[] {
  const named = text.matchAll(
    /(?<![\w/.:-])(?:lib|ffi|shaders|tests|bench|docs|examples|\.ci|\.github)\/[\w./-]*[\w/]/g,
  );
  return [...named].map(([path]) => path);
}

for (const page of pages) {
  Deno.test(`${page}: files, links and tasks that it names are there`, () => {
    const text = read(page);
    const missing = pathsIn(text).filter((path) => !existsSync(join(root, path)));
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => join(dirname(page), link));
    const dead = links.filter((link) => !existsSync(join(root, link)));
    const { tasks } = JSON.parse(read("deno.json"));
    const unknown = [...text.matchAll(/(?:deno|deno@[\d.]+) task ([\w:]+)/g)].map(([, task]) => task)
      .filter((task) => !(task in tasks));
    assert.deepEqual({ missing, dead, unknown }, { missing: [], dead: [], unknown: [] });
  });
}

/** The names of the classes of a namespace that extend another. */
function classesOf(namespace: object, base: abstract new (...args: never[]) => object): string[] {
  return Object.entries(namespace).filter(([, item]) => isClass(item) && item.prototype instanceof base)
    .map(([name]) => name);
}

/** Ops that no file but the passes and executors make. */
const internal = ["fused", "constant"];

/** The name of an elementwise function in `ops`, if it is there. */
function inOps(name: ElementwiseName): string | null {
  const { inOps = name }: { inOps?: string | null } = elementwiseRows[name];
  return inOps;
}

/** Things that one may add, by what CONTRIBUTING.md calls them. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  "An elementwise op": elementwiseNames.filter((name) => name !== "cast" && inOps(name) === name),
  "An op with a kernel": opNames.filter((op) =>
    !internal.includes(op) && !elementwiseNames.some((name) => name === op)
  ),
  "A layer": classesOf(layers, Layer),
  "A loss or a metric": classesOf(losses, Loss),
  "An optimizer": classesOf(optimizers, Optimizer),
  "A callback": classesOf(callbacks, Callback),
};

const sources = new Map(
  ["lib/**/*.ts", "ffi/*.{h,cpp,ts}", "shaders/**/*.wgsl", "tests/**/*.ts", "mod.ts"].flatMap(find)
    .map((path): [string, string] => [path.replaceAll("\\", "/"), read(path)]),
);
/** Written by a task. */
sources.delete("ffi/attrs.h");

for (const [kind, names] of Object.entries(kinds)) {
  Deno.test(`CONTRIBUTING.md: ${kind.toLowerCase()} goes into no other file than it says`, () => {
    assert.ok(names.length > 5, `${names.length} names`);
    const paragraph = read("CONTRIBUTING.md").split("\n\n").find((text) => text.startsWith(`**${kind}**`));
    assert.ok(paragraph, `no paragraph on ${kind}`);
    // A file that names them all is one that a new one goes into.
    const places = [...sources].filter(([, text]) =>
      names.every((name) => new RegExp(`\\b(${name}|${snakeCase(name)})(_[fi]32|_bool)?\\b`).test(text))
    );
    const listed = pathsIn(paragraph);
    assert.deepEqual(places.map(([path]) => path).filter((path) => !listed.includes(path)), []);
  });
}
