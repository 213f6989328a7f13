// The pages of the API: everything that is exported has one, and links lead to pages.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as ceratops from "../mod.ts";
import { isNamespace, namespacesOf, writeDocs } from "./html_docs.ts";

const root = join(import.meta.dirname!, "..");

/** The pages of what a namespace exports, and of the namespaces in it. */
function pagesOf(namespace: object, path: string): string[] {
  return Object.entries(namespace).flatMap(([name, item]) =>
    isNamespace(item) ? pagesOf(item, `${path}${name}/`) : [`${path}~/${name}.html`]
  );
}

/** The types that mod.ts exports. */
function typesOfMod(): string[] {
  const source = readFileSync(join(root, "mod.ts"), "utf8");
  return [...source.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, areTypes, names]) =>
    names.split(",").map((name) => name.trim()).filter((name) => name && (areTypes || name.startsWith("type ")))
      .map((name) => name.replace("type ", ""))
  );
}

Deno.test("the pages of the API are made: one for everything exported, with links that lead somewhere [slow]", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const docs = join(folder, "docs");
    await writeDocs(docs);
    const namespaces = namespacesOf().map(({ path }) => `${path}/index.html`);
    const types = typesOfMod().map((name) => `~/${name}.html`);
    assert.ok(namespaces.length > 20 && types.length > 50, `${namespaces.length} namespaces, ${types.length} types`);
    const wanted = ["index.html", ...namespaces, ...types, ...pagesOf(ceratops, "")];
    assert.ok(wanted.length > 900, `${wanted.length} pages`);
    assert.deepEqual(wanted.filter((page) => !existsSync(join(docs, page))), []);

    const lists = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith("index.html")
    );
    for (const page of lists) {
      const text = readFileSync(join(docs, page), "utf8").replaceAll("&#x2F;", "/");
      const links = [...text.matchAll(/href="(?!https?:|#|file:)([^"#]+)/g)].map(([, link]) =>
        join(dirname(page), link)
      );
      assert.deepEqual(links.filter((link) => !existsSync(join(docs, link))), [], page);
      // What a user writes to have it.
      const [namespace] = page.split("/");
      if (namespace !== "index.html") assert.match(text, new RegExp(`import \\{ ${namespace} \\} from &quot;./mod.ts`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
