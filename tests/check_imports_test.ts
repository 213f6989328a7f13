// The import check itself: it finds the problems in made-up sources, and none in this repository.
import assert from "node:assert/strict";
import { join } from "node:path";
import { checkImports, order, readSources, scanImports } from "./check_imports.ts";

const check = (files: Record<string, string>) =>
  checkImports(new Map(Object.entries(files).map(([file, source]) => [file, `// A file.\n${source}`])));

Deno.test("imports: every form of import and re-export is scanned with its line", () => {
  const source = `// import a from "./comment.ts";
import a from "./a.ts";
import { b, type B } from "./b.ts";
import type { C } from './c.ts';
import { type D, type E } from "./d.ts";
import {
  long,
  list,
} from "./e.ts";
import type from "./f.ts"; import "./g.ts";
import text from "./h.txt" with { type: "text" };
import * as i from "./i.ts";
export * from "./j.ts";
export * as k from "./k.ts";
export type { L } from "./l.ts";
/** import { x } from "./doc.ts"; */
const s = 'import x from "./string.ts"';
const t = \`
import x from "./template.ts";
\`;
export const from = "./constant.ts";
const m = await import("./m.ts");
const n = await import(name + "./n.ts");
const o: typeof import("./o.ts") = m;
let p: import("./p.ts").Thing;
`;
  const scanned = scanImports(source).map((
    i,
  ) => [i.specifier, i.line, i.typeOnly ? "type" : i.dynamic ? "dynamic" : "value"]);
  assert.deepEqual(scanned, [
    ["./a.ts", 2, "value"],
    ["./b.ts", 3, "value"],
    ["./c.ts", 4, "type"],
    ["./d.ts", 5, "type"],
    ["./e.ts", 9, "value"],
    ["./f.ts", 10, "value"],
    ["./g.ts", 10, "value"],
    ["./h.txt", 11, "value"],
    ["./i.ts", 12, "value"],
    ["./j.ts", 13, "value"],
    ["./k.ts", 14, "value"],
    ["./l.ts", 15, "type"],
    ["./m.ts", 22, "dynamic"],
  ]);
});

Deno.test("imports: against the order is a complaint, for types too", () => {
  const complaints = check({
    "lib/ir/a.ts": 'import type { B } from "../layers/b.ts";',
    "lib/layers/b.ts": 'import { a } from "../ir/a.ts";\nimport { e } from "../errors.ts";',
    "lib/errors.ts": "",
    "lib/passes/p.ts": 'import { x } from "../exec/x.ts";',
    "lib/exec/x.ts": 'import { Dense } from "../layers/b.ts";',
    "lib/layers/c.ts": 'import { x } from "../exec/x.ts";',
  });
  assert.deepEqual(complaints.map((text) => text.replace(/ \(.*/, "")), [
    "lib/ir/a.ts:2: ir must not know layers, which stands after it",
    "lib/passes/p.ts:2: passes must not know exec, which stands after it",
    "lib/exec/x.ts:2: exec must not know layers, which stands after it",
    "lib/layers/c.ts:2: layers must not know exec, which is not for it",
  ]);
});

Deno.test("imports: cycles of values are complaints, cycles of types are not", () => {
  const [complaint, ...rest] = check({
    "lib/ir/a.ts": 'import { b } from "./b.ts";',
    "lib/ir/b.ts": '\nexport { c } from "./c.ts";',
    "lib/ir/c.ts": 'import { a } from "./a.ts";',
  });
  assert.equal(complaint, "lib/ir/c.ts:2: import cycle lib/ir/a.ts -> lib/ir/b.ts -> lib/ir/c.ts -> lib/ir/a.ts");
  assert.deepEqual(rest, []);
  assert.deepEqual(
    check({ "lib/ir/a.ts": 'import type { B } from "./b.ts";', "lib/ir/b.ts": 'import { a } from "./a.ts";' }),
    [],
  );
});

Deno.test("imports: the rules on specifiers, names, first lines and literal import()", () => {
  const one = (files: Record<string, string>, pattern: RegExp) => {
    const complaints = check(files);
    assert.equal(complaints.length, 1, complaints.join("\n"));
    assert.match(complaints[0], pattern);
  };
  one({ "lib/ir/a.ts": 'import x from "npm:left@1";' }, /a\.ts:2: "npm:left@1" belongs in lib\/deps\.ts/);
  one({ "cli/a.ts": 'import x from "npm:left@1";' }, /a\.ts:2: "npm:left@1" belongs in cli\/deps\.ts/);
  one({ "lib/ir/a.ts": 'import x from "left";' }, /neither relative nor npm: nor node:/);
  one({ "lib/ir/a.ts": 'import x from "./b";' }, /needs its extension/);
  one({ "lib/ir/a.ts": 'import x from "./b.ts";' }, /names no file/);
  one({ "lib/ir/utils.ts": "" }, /named by its subject, not "utils\.ts"/);
  one({ "lib/novelty/a.ts": "" }, /"novelty" has no place in the order/);
  assert.match(checkImports(new Map([["lib/ir/a.ts", "export {};\n"]]))[0], /a\.ts:1: the first line/);
  assert.deepEqual(
    check({ "lib/deps.ts": 'export * from "npm:left@1";', "lib/ir/a.ts": 'import x from "node:path";' }),
    [],
  );

  const lazy = 'const b = () => import("./b.ts");';
  one(
    { "mod.ts": 'export { a } from "./lib/ir/a.ts";', "lib/ir/a.ts": lazy, "lib/ir/b.ts": "" },
    /a\.ts:2: import\("\.\/b\.ts"\) is fetched/,
  );
  assert.deepEqual(
    check({ "mod.ts": "", "lib/ir/a.ts": lazy, "lib/ir/b.ts": "" }),
    [],
    "what mod.ts does not reach may",
  );
});

Deno.test("imports: the order names nothing twice, and this repository keeps it", () => {
  assert.equal(new Set(order).size, order.length);
  const sources = readSources(join(import.meta.dirname!, ".."));
  assert(sources.size > 30);
  assert.deepEqual(checkImports(sources), []);
});
