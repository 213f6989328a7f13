// The arguments of the functions that mod.ts exports, by name: read from what `deno doc` says of their types.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The output of `deno doc --json`, as far as it is read.
interface Symbols {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}
interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly def: unknown;
}

/** The modules whose functions are compared, by the name of the namespace. */
const modules = {
  activations: "lib/activations.ts",
  applications: "lib/applications/applications.ts",
  config: "lib/config.ts",
  losses: "lib/losses/losses.ts",
  metrics: "lib/metrics/metrics.ts",
  models: "lib/models/models.ts",
  ops: "lib/ops/ops.ts",
  "ops.image": "lib/ops/image.ts",
  "ops.linalg": "lib/ops/linalg.ts",
  random: "lib/random/random.ts",
  saving: "lib/models/saving.ts",
  utils: "lib/utils/utils.ts",
  "datasets.boston_housing": "lib/datasets/boston_housing.ts",
  "datasets.california_housing": "lib/datasets/california_housing.ts",
  "datasets.cifar10": "lib/datasets/cifar10.ts",
  "datasets.cifar100": "lib/datasets/cifar100.ts",
  "datasets.fashion_mnist": "lib/datasets/fashion_mnist.ts",
  "datasets.imdb": "lib/datasets/imdb.ts",
  "datasets.mnist": "lib/datasets/mnist.ts",
  "datasets.reuters": "lib/datasets/reuters.ts",
} as const;

const root = new URL("../../", import.meta.url);

async function documented(files: readonly string[]): Promise<DocSymbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--private", ...files],
    cwd: root,
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Symbols;
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** The text of a declaration from its line to its value, or to the end of its signature or type. */
function textOf({ kind, location }: Declaration): string {
  const lines = readFileSync(fileURLToPath(location.filename), "utf8").split("\n").slice(location.line - 1);
  const text = lines.join("\n");
  if (kind === "variable") return text.slice(0, text.search(/\s=(?!>)\s/));
  if (kind === "function") return text.slice(0, text.search(/\{\n|;\n/));
  return text.slice(0, text.search(kind === "interface" ? /^\}/m : /;\n(?!\s)/));
}

/** The names of parameters, of labels of tuples, and of properties in the types of a declaration, also of those that it names. */
function namesIn(declaration: Declaration, types: ReadonlyMap<string, Declaration>, seen: Set<string>): string[] {
  const text = textOf(declaration).replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, "");
  const own = [...text.matchAll(/([A-Za-z]\w*)\??(?=\s*[:=](?!>))/g)].map(([, name]) => name);
  // Properties that are taken apart in a signature have no type at each name.
  const apart = [...text.matchAll(/\{([^{}]*)\}\s*[:=]/g)].flatMap(([, inner]) => inner.match(/[A-Za-z]\w*/g) ?? []);
  const named = [...text.matchAll(/\b[A-Z]\w*/g)].map(([name]) => name).filter((name) =>
    types.has(name) && !seen.has(name)
  );
  for (const name of named) seen.add(name);
  return [...own, ...apart, ...named.flatMap((name) => namesIn(types.get(name)!, types, seen))];
}

let found: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;

/** The names of the arguments of every function of these modules, such as `ops.sum`. */
export const functionArguments = (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => found ??= readArguments();

async function readArguments(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const files: readonly string[] = Object.values(modules);
  const folders = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/"))));
  const sources = [...folders].flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, root))].filter(({ name }) => name.endsWith(".ts")).map(({ name }) =>
      `${folder}/${name}`
    )
  );
  // What a module exports of others is told only where it is looked at alone.
  const [symbols, ...exported] = await Promise.all([
    documented([
      ...new Set([...sources, "lib/training/py_dataset.ts", "lib/files/source.ts", "lib/saving/weights_file.ts"]),
    ]),
    ...files.map((file) => documented([file])),
  ]);
  const isType = ({ kind }: Declaration) => kind === "interface" || kind === "typeAlias";
  const types = new Map(
    symbols.flatMap(({ name, declarations }) => declarations.filter(isType).map((of) => [name, of] as const)),
  );
  const found = new Map<string, ReadonlySet<string>>();
  for (const [i, namespace] of Object.keys(modules).entries()) {
    for (const { name, declarations } of exported[i]) {
      const own = declarations.filter(({ kind }) => kind === "variable" || kind === "function");
      if (own.length === 0) continue;
      found.set(`${namespace}.${name}`, new Set(own.flatMap((of) => namesIn(of, types, new Set()))));
    }
  }
  return found;
}
