// Makes the npm form of the package, for Node and Bun: `deno task build:npm [FOLDER]`, into build/npm by default.
// The modules are those of a browser's bundle, so that shaders and WebAssembly are inside; declarations are the compiler's.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import ts from "npm:typescript@5.9.3";
import config from "../deno.json" with { type: "json" };
import { specifiers } from "../lib/deps.ts";

const root = resolve(import.meta.dirname!, "..");

/** What the package exports, and the modules here: what deno.json exports and needs nothing of Deno. */
const entries = { ".": "mod.ts", "./mnist": "lib/datasets/mnist_embedded.ts" } as const;

/** The JavaScript that Node 22 runs: it has no `using`. */
const target = ts.ScriptTarget.ES2022;

/** The packages that are loaded when they are used: the name by which Node imports each, and its version. */
const packages = Object.values(specifiers).map((specifier) => {
  const [, name, version, path = ""] = specifier.match(/^npm:(@?[^@]+)@([^/]+)(\/.*)?$/)!;
  return { specifier, imported: name + path, name, version };
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Runs Deno, and gives what it prints. */
function deno(args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: root }).outputSync();
  if (!success) throw new Error(`deno ${args.join(" ")}\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Writes the modules, without what Node does not know yet. */
function writeModules(folder: string, scratch: string): void {
  const files = Object.values(entries);
  deno(["bundle", "--quiet", "--platform", "browser", "--code-splitting", "--outdir", scratch, ...files]);
  for (const file of filesIn(scratch)) {
    const source = readFileSync(join(scratch, file), "utf8");
    const compilerOptions = { target, module: ts.ModuleKind.ESNext };
    write(join(folder, file), ts.transpileModule(source, { compilerOptions, fileName: file }).outputText);
  }
}

/** Writes the declarations of the entries and of all modules that these name. */
function writeDeclarations(folder: string, scratch: string): void {
  const denoTypes = join(scratch, "deno.d.ts");
  write(denoTypes, deno(["types"]));
  const program = ts.createProgram([...Object.values(entries).map((file) => join(root, file)), denoTypes], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts"],
    types: [],
    strict: true,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: folder,
  });
  program.emit(undefined, (file, text) => {
    const named = packages.reduce((all, { specifier, imported }) => all.replaceAll(specifier, imported), text);
    write(file, named.replace(/(["'])(\.\.?\/[^"']*)\.ts\1/g, "$1$2.js$1"));
  });
}

/** Writes the package into a folder, which is emptied before. */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const scratch = mkdtempSync(join(tmpdir(), "ceratops-npm-"));
  try {
    writeModules(folder, join(scratch, "modules"));
    writeDeclarations(folder, join(scratch, "types"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const exported = Object.entries(entries).map(([name, file]) => {
    const path = `./${file.slice(0, -".ts".length)}`;
    return [name, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  const manifest = {
    name: config.name,
    version: config.version,
    description: "Keras in TypeScript: models, layers and training",
    license: config.license,
    type: "module",
    exports: Object.fromEntries(exported),
    engines: { node: ">=22" },
    dependencies: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
  };
  write(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(root, "npm/README.md"), join(folder, "README.md"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}

if (import.meta.main) {
  const folder = resolve(Deno.args[0] ?? join(root, "build/npm"));
  buildPackage(folder);
  console.log(`The package is in ${folder}: npm install --install-links ${folder}`);
}
