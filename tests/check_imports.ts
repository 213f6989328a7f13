// Checks lib/, mod.ts, ffi/ and the command line: imports point one way, no cycles, and the rules on specifiers and file names.
import { join, posix, relative } from "node:path";
import { readdirSync, readFileSync } from "node:fs";

/**
 * The order of imports: a file may import from its own folder and from earlier entries. A name is a folder or a
 * file in lib/ (without `.ts`), or `ffi`, `mod` or `cli`.
 */
export const order: readonly string[] = [
  ...[
    "deps",
    "environment",
    "communicator",
    "errors",
    "names",
    "rounding",
    "dtype",
    "json_config",
    "dtype_policy",
    "dtype_policies",
    "config",
    "shape",
    "structure",
    "held",
    "session",
    "version",
    "auto_names",
    "python_shuffles",
    "packages",
  ],
  ...["ffi", "ir", "tensor", "terminal", "files", "text", "ops", "passes", "exec"],
  ...[
    "checked_methods",
    "registry",
    "options",
    "option_kinds",
    "argument_kinds",
    "named_set",
    "configurable",
  ],
  "plots",
  ...["activations", "random_stream", "random", "initializers", "regularizers", "constraints"],
  ...["layers", "losses", "metrics", "optimizers", "mixed_precision", "profile", "callbacks", "saving"],
  ...["training", "distribution", "export", "models", "utils", "datasets", "applications", "tuning", "mod", "cli"],
];

/** The importers of a folder, if not all later entries may import it: the parts of a model are traced, not run. */
const importers: Readonly<Record<string, readonly string[]>> = {
  ffi: ["exec"],
  passes: ["exec", "export"],
  exec: ["profile", "training", "distribution", "export", "tuning", "mod"],
};

/** Literal `import("...")` that files reachable from mod.ts may contain, as `file specifier`: URL importers fetch each. */
const allowedLiteralImports: readonly string[] = [
  // Browser bundles must include the shaders and the compiled library.
  "lib/exec/select.ts ./webgpu/open.ts",
  "lib/exec/select.ts ./native/wasm.ts",
  // Deno knows what it opens by default before it runs, and no page loads that part of a bundle.
  "lib/exec/select.ts ./native/eigen.ts",
  "lib/export/standalone.ts ../exec/native/wasm.ts",
  // Of its two files, one suits the engine.
  "lib/exec/native/wasm_instance.ts ./wasm_relaxed.ts",
  "lib/exec/native/wasm_instance.ts ./wasm_plain.ts",
  // And the server and page of a dashboard only where there is one.
  "lib/callbacks/dashboard.ts ./dashboard_server.ts",
  // A bundle with code splitting loads the code of files when a file is first read or written.
  "lib/models/model.ts ./keras_file.ts",
  "lib/models/model.ts ../export/formats.ts",
  "lib/models/load_model.ts ./keras_file.ts",
  "lib/models/load_model.ts ../saving/file_formats.ts",
  "lib/utils/get_file.ts ../files/archive.ts",
  "lib/utils/numpy_files.ts ../files/zip.ts",
  "lib/datasets/published.ts ../files/zip.ts",
  "lib/utils/plot_model.ts ./graph_svg.ts",
  // And the code of an application when one of its family is first made.
  "lib/applications/convnext.ts ./architectures/convnext.ts",
  "lib/applications/densenet.ts ./architectures/densenet.ts",
  "lib/applications/efficientnet.ts ./architectures/efficientnet.ts",
  "lib/applications/efficientnet_v2.ts ./architectures/efficientnet_v2.ts",
  "lib/applications/inception_resnet_v2.ts ./architectures/inception.ts",
  "lib/applications/inception_v3.ts ./architectures/inception.ts",
  "lib/applications/mobilenet.ts ./architectures/mobilenet.ts",
  "lib/applications/mobilenet_v2.ts ./architectures/mobilenet_v2.ts",
  "lib/applications/mobilenet_v3.ts ./architectures/mobilenet_v3.ts",
  "lib/applications/nasnet.ts ./architectures/nasnet.ts",
  "lib/applications/resnet.ts ./architectures/resnet.ts",
  "lib/applications/resnet_v2.ts ./architectures/resnet.ts",
  "lib/applications/vgg16.ts ./architectures/vgg.ts",
  "lib/applications/vgg19.ts ./architectures/vgg.ts",
  "lib/applications/xception.ts ./architectures/xception.ts",
];

/** The only files that name packages: those of the library, and of the command line. */
const npmFileOf = (file: string) => (unitOf(file) === "cli" ? "cli/deps.ts" : "lib/deps.ts");
const bannedNames = ["utils.ts", "helpers.ts", "common.ts"];
/** The namespace with Keras's name `utils`. */
const publicUtils = "lib/utils/utils.ts";

/** One import or re-export of a file. */
interface ImportStatement {
  /** The text between the quotes. */
  specifier: string;
  /** Its line, from 1. */
  line: number;
  /** Whether it imports only types, so that it is gone at run time. */
  typeOnly: boolean;
  /** Whether it is an `import("...")` expression. */
  dynamic: boolean;
}

/** Checks sources by path from the repository's root; each problem is `file:line: text`. */
export function checkImports(sources: ReadonlyMap<string, string>): string[] {
  const complaints: string[] = [];
  const imports = new Map<string, ImportStatement[]>();
  for (const [file, source] of sources) imports.set(file, scanImports(source));
  const target = (file: string, specifier: string) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : undefined;

  for (const [file, statements] of imports) {
    if (file.startsWith("lib/") && file !== publicUtils && bannedNames.includes(posix.basename(file))) {
      complaints.push(`${file}:1: a file in lib/ is named by its subject, not "${posix.basename(file)}"`);
    }
    if (!/^\/\/ ?\S/.test(sources.get(file)!)) {
      complaints.push(`${file}:1: the first line must say what the file is for, as a // comment`);
    }
    const rank = rankOf(file);
    if (rank === -1) {
      complaints.push(`${file}:1: "${unitOf(file)}" has no place in the order in tests/check_imports.ts`);
    }
    for (const { specifier, line } of statements) {
      const at = `${file}:${line}`;
      const imported = target(file, specifier);
      const npmFile = npmFileOf(file);
      if (specifier.startsWith("npm:") && file !== npmFile) {
        complaints.push(`${at}: "${specifier}" belongs in ${npmFile}, the only file that names packages`);
      } else if (imported === undefined) {
        if (!/^(npm|node):/.test(specifier)) {
          complaints.push(`${at}: "${specifier}" is neither relative nor npm: nor node:`);
        }
      } else if (!/\.\w+$/.test(posix.basename(imported))) {
        complaints.push(`${at}: "${specifier}" needs its extension, since URL importers have no import map`);
      } else if (imported.endsWith(".ts")) {
        if (!sources.has(imported)) complaints.push(`${at}: "${specifier}" names no file that is checked`);
        else if (rank !== -1 && rankOf(imported) > rank) {
          complaints.push(
            `${at}: ${unitOf(file)} must not know ${unitOf(imported)}, which stands after it ("${specifier}")`,
          );
        } else if (isHidden(imported, file)) {
          complaints.push(
            `${at}: ${unitOf(file)} must not know ${unitOf(imported)}, which is not for it ("${specifier}")`,
          );
        }
      }
    }
  }

  const valueTargets = (file: string) =>
    (imports.get(file) ?? []).filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic)
      .flatMap(({ specifier, line }) => ({ file: target(file, specifier) ?? specifier, line }))
      .filter((edge) => imports.has(edge.file));
  complaints.push(...findCycles([...imports.keys()], valueTargets));

  for (const file of reachable("mod.ts", imports, valueTargets)) {
    for (const { specifier, line, dynamic } of imports.get(file)!) {
      if (dynamic && !allowedLiteralImports.includes(`${file} ${specifier}`)) {
        const hint = "compute the specifier, or add it to allowedLiteralImports in tests/check_imports.ts";
        complaints.push(`${file}:${line}: import("${specifier}") is fetched by every URL importer of mod.ts: ${hint}`);
      }
    }
  }
  return complaints;
}

function unitOf(file: string): string {
  const [first, second] = file.split("/");
  return (first === "lib" ? second : first).replace(/\.ts$/, "");
}

function rankOf(file: string): number {
  return order.indexOf(unitOf(file));
}

/** Whether `importer` may not import a file: see {@linkcode importers}. */
function isHidden(file: string, importer: string): boolean {
  const unit = unitOf(file);
  return unit !== unitOf(importer) && importers[unit] !== undefined && !importers[unit].includes(unitOf(importer));
}

interface Edge {
  file: string;
  line: number;
}

function findCycles(files: readonly string[], targets: (file: string) => Edge[]): string[] {
  const complaints: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    path.push(file);
    for (const edge of targets(file)) {
      const start = path.indexOf(edge.file);
      if (start !== -1) {
        complaints.push(`${file}:${edge.line}: import cycle ${[...path.slice(start), edge.file].join(" -> ")}`);
      } else if (!done.has(edge.file)) visit(edge.file);
    }
    path.pop();
    done.add(file);
  };
  for (const file of files) if (!done.has(file)) visit(file);
  return complaints;
}

function reachable(from: string, known: ReadonlyMap<string, unknown>, targets: (file: string) => Edge[]): Set<string> {
  const seen = new Set<string>(known.has(from) ? [from] : []);
  for (const file of seen) for (const edge of targets(file)) seen.add(edge.file);
  return seen;
}

/** The imports and re-exports of a module, and its `import("...")` with a literal, in order. */
export function scanImports(source: string): ImportStatement[] {
  const code = blankComments(source);
  const found: ImportStatement[] = [];
  const lineAt = (index: number) => source.slice(0, index).split("\n").length;
  const statement =
    /(?<=^|[;}\n])[ \t]*(?:import|export)\b(?:(?![;'"`(]|\b(?:import|export)\b)[^])*?\bfrom\s*(["'])([^"'\n]+)\1/g;
  for (const match of code.matchAll(statement)) {
    const clause = match[0].trimStart();
    found.push({
      specifier: match[2],
      line: lineAt(match.index + match[0].length - 1),
      typeOnly: /^(import|export)\s+type\b(?!\s+from\b|\s*,)/.test(clause) || onlyTypes(clause),
      dynamic: false,
    });
  }
  for (const match of code.matchAll(/(?<=^|[;}\n])[ \t]*import\s*(["'])([^"'\n]+)\1/g)) {
    found.push({
      specifier: match[2],
      line: lineAt(match.index + match[0].length - 1),
      typeOnly: false,
      dynamic: false,
    });
  }
  for (const match of code.matchAll(/(?<![.\w$])import\s*\(\s*(["'`])([^"'`\n$]+)\1\s*[,)]/g)) {
    // In a type position (`typeof import("x")`, `import("x").Name`) nothing is loaded.
    const before = code.slice(Math.max(0, match.index - 24), match.index);
    const typeOnly = /\btypeof\s*$/.test(before) ||
      /[:|&<]\s*$/.test(before) && /^\s*\.\s*[A-Z]/.test(code.slice(match.index + match[0].length));
    if (!typeOnly) found.push({ specifier: match[2], line: lineAt(match.index), typeOnly, dynamic: true });
  }
  return found.sort((a, b) => a.line - b.line);
}

// `import { type A, type B } from` loads nothing either, since the compiler drops imports that are only types.
function onlyTypes(clause: string): boolean {
  const names = /^(?:import|export)\s*\{([^}]*)\}\s*from/.exec(clause)?.[1].split(",").map((name) => name.trim())
    .filter(Boolean);
  return names !== undefined && names.length > 0 && names.every((name) => /^type\s/.test(name));
}

/** The source with comments and the text of template literals blanked, keeping indices and lines. */
function blankComments(source: string): string {
  const token = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return source.replace(token, (text) => {
    const kept = text[0] === '"' || text[0] === "'" || (text[0] === "`" && !/[\n$]/.test(text));
    return kept ? text : text.replace(/[^\n]/g, " ");
  });
}

/** The sources of lib/, ffi/, cli/, mod.ts and cli.ts by path from `root`. */
export function readSources(root: string): Map<string, string> {
  const sources = new Map<string, string>();
  const add = (folder: string, recursive: boolean) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8"));
    }
  };
  add("lib", true);
  add("ffi", false);
  add("cli", true);
  for (const entry of ["mod.ts", "cli.ts"]) sources.set(entry, readFileSync(join(root, entry), "utf8"));
  return sources;
}

if (import.meta.main) {
  const root = join(import.meta.dirname!, "..");
  const sources = readSources(root);
  const complaints = checkImports(sources);
  for (const complaint of complaints) console.error(complaint);
  console.log(
    `Checked the imports of ${sources.size} files: ${complaints.length || "no"} complaint${
      complaints.length === 1 ? "" : "s"
    }`,
  );
  if (complaints.length > 0) Deno.exit(1);
}
