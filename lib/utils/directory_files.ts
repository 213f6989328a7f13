// The files of a folder with their labels, ordered and split as Keras does.
import { describe, FileError, ValueError } from "../errors.ts";
import { fileSystem, notReadable, requireFiles } from "../files/system.ts";
import { boolean, choice, isInteger, isList } from "../option_kinds.ts";
import { type KeptOptions, nullable, option, optionTable } from "../options.ts";
import { randomSeed } from "../random_stream.ts";
import { printLine } from "../terminal/terminal.ts";
import { NumpyRandom } from "../python_shuffles.ts";
import { batchSizeOption, seedOption } from "./sample_dataset.ts";

/** How the labels of a directory come. */
export type LabelMode = "int" | "categorical" | "binary";

/** Options of the datasets that read the files of a directory. */
export interface DirectoryOptions {
  /**
   * `inferred`, the default, takes the names of the folders in it as classes; a list has a whole number for each file, in
   * the order of their paths; null means none.
   */
  labels?: "inferred" | readonly number[] | null;
  /**
   * `int`, the default, gives `int32` `[batch]`; `categorical` one-hot rows `float32` `[batch, classes]`; `binary` `float32`
   * `[batch, 1]` of 0 and 1; null none.
   */
  labelMode?: LabelMode | null;
  /** The names of the folders that are classes, in the order of their numbers; all, by name, by default. */
  classNames?: readonly string[] | null;
  /** The number of samples in a batch; 32 by default. With null each comes alone, without a batch axis. */
  batchSize?: number | null;
  /** Whether each pass takes the samples in a new order; true by default. */
  shuffle?: boolean;
  /** The seed of these orders, and of that which `filePaths` has; that of `setRandomSeed` by default. */
  seed?: number | null;
  /** The fraction of the files, the last ones of `filePaths`, that is the validation part; null, the default, for none. */
  validationSplit?: number | null;
  /** Which part to give: `training`, `validation`, or `both` as a list of two; with `validationSplit` alone. */
  subset?: "training" | "validation" | "both" | null;
  /** Whether links to folders are followed; false by default. */
  followLinks?: boolean;
  /** Whether to print how many files and classes there are; true by default. */
  verbose?: boolean;
}

/** The options of a directory. */
export const directoryOptions = optionTable<DirectoryOptions>()({
  labels: nullable(
    option<"inferred" | readonly number[]>({
      read: (given, { what, option }) => {
        if (given === "inferred") return given;
        if (isList(given, isInteger)) return [...given];
        throw new ValueError({
          what,
          rule: `${option} must be "inferred", null, or a list of whole numbers`,
          received: describe(given),
          hint: "leave it out to take the names of folders as classes",
        });
      },
    }),
    "inferred",
  ),
  labelMode: nullable(choice(["int", "categorical", "binary"]), "int"),
  classNames: nullable(option<readonly string[]>({
    read: (given, { what, option }) => {
      const isText = (item: unknown): item is string => typeof item === "string";
      if (isList(given, isText) && given.length > 0 && new Set(given).size === given.length) return [...given];
      throw new ValueError({
        what,
        rule: `${option} must be a list of names of folders, each once`,
        received: describe(given),
        hint: 'write it as in ["cats", "dogs"]',
      });
    },
  })),
  batchSize: batchSizeOption(32),
  shuffle: boolean(true),
  seed: seedOption,
  validationSplit: nullable(option<number>({
    read: (given, { what, option }) => {
      if (typeof given === "number" && given > 0 && given < 1) return given;
      throw new ValueError({
        what,
        rule: `${option} must be a number between 0 and 1`,
        received: describe(given),
        hint: "0.2 keeps the last fifth of the files for validation",
      });
    },
  })),
  subset: nullable(choice(["training", "validation", "both"])),
  followLinks: boolean(false),
  verbose: boolean(true),
});

/** The options of a directory, checked and completed. */
export type KeptDirectoryOptions = KeptOptions<typeof directoryOptions>;

/** Files and the labels that they have. */
export interface LabelledFiles {
  /** Their paths. */
  readonly paths: readonly string[];
  /** A whole number for each; undefined for none. */
  readonly labels: readonly number[] | undefined;
}

/** What is in a directory. */
interface DirectoryFiles {
  /** One part, or both: those for training, and those for validation. */
  readonly parts: readonly LabelledFiles[];
  /** The names of the classes, by number; null without labels. */
  readonly classNames: readonly string[] | null;
}

/** What is looked for in a directory. */
export interface Wanted {
  /** What fails if they are not there. */
  readonly what: string;
  /** The endings of the files, in lower case. */
  readonly endings: readonly string[];
}

/**
 * The files of a directory by Keras's rules. Throws {@linkcode FileError} for a directory that cannot be read or has no such
 * files, {@linkcode ValueError} for options that do not suit each other or what is there.
 */
export async function filesOf(
  directory: string,
  options: KeptDirectoryOptions,
  { what, endings }: Wanted,
): Promise<DirectoryFiles> {
  const { classNames, shuffle, verbose, validationSplit, subset } = options;
  const refuse = (rule: string, received: string, hint: string): never => {
    throw new ValueError({ what, rule, received, hint });
  };
  if (typeof directory !== "string" || directory === "") {
    refuse("the directory must be a path", describe(directory), 'write it as in "photos"');
  }
  requireFiles("read directories");
  const labels = options.labelMode === null ? null : options.labels;
  if (classNames && labels !== "inferred") {
    refuse("classNames are the names of folders", "labels that are not inferred", "leave classNames or labels out");
  }
  if ((validationSplit === null) !== (subset === null)) {
    const received = validationSplit === null ? "subset alone" : "validationSplit alone";
    refuse(
      "validationSplit and subset go together",
      received,
      'write both, as in { validationSplit: 0.2, subset: "both" }',
    );
  }
  if (validationSplit !== null && shuffle && options.seed === null) {
    const hint = "give one, so that the training and the validation part have no file in common";
    refuse("a split of shuffled files needs a seed", "none", hint);
  }
  const classes = labels === "inferred" ? await classesIn(directory, classNames, what) : [""];
  const found: { path: string; label: number }[] = [];
  for (const [label, name] of classes.entries()) {
    const folder = name === "" ? directory : join(directory, name);
    for (const path of await filesBelow(folder, endings, options.followLinks, what)) found.push({ path, label });
  }
  if (Array.isArray(labels)) {
    if (labels.length !== found.length) {
      refuse("there must be a label for each file", `${labels.length} labels and ${found.length} files`, "check both");
    }
    found.forEach((file, i) => file.label = labels[i]);
  }
  const names = labels === null
    ? null
    : labels === "inferred"
    ? classes
    : [...new Set(labels)].sort((a, b) => a - b).map(String);
  if (verbose) printLine(`Found ${found.length} files${names ? ` belonging to ${names.length} classes` : ""}.`);
  if (found.length === 0) {
    throw new FileError({
      what,
      rule: `there must be files that end in ${endings.join(", ")}`,
      received: labels === "inferred" ? `none in its ${classes.length} folders` : "none",
      hint: labels === "inferred" ? "put those of each class into a folder, or give labels: null" : "check the path",
    });
  }
  checkLabels(found.map(({ label }) => label), names, options.labelMode, what);
  const ordered = shuffle ? new NumpyRandom(options.seed ?? randomSeed() >>> 0).shuffled(found) : found;
  const part = (files: typeof found): LabelledFiles => ({
    paths: files.map(({ path }) => path),
    labels: names ? files.map(({ label }) => label) : undefined,
  });
  if (validationSplit === null) return { parts: [part(ordered)], classNames: names };

  const held = Math.trunc(validationSplit * ordered.length);
  const rest = ordered.length - held;
  if (held === 0) {
    refuse("the validation part must have a file", `${validationSplit} of ${rest} files`, "give more files");
  }
  const tell = (text: string) => verbose && printLine(text);
  const parts: LabelledFiles[] = [];
  if (subset !== "validation") {
    tell(`Using ${rest} files for training.`);
    parts.push(part(ordered.slice(0, rest)));
  }
  if (subset !== "training") {
    tell(`Using ${held} files for validation.`);
    parts.push(part(ordered.slice(rest)));
  }
  return { parts, classNames: names };
}

function checkLabels(labels: number[], names: readonly string[] | null, mode: LabelMode | null, what: string): void {
  if (!names) return;
  if (mode === "binary" && names.length !== 2) {
    throw new ValueError({
      what,
      rule: 'the labelMode "binary" takes two classes',
      received: `${names.length}`,
      hint: 'use "categorical"',
    });
  }
  const odd = labels.find((label) => label < 0 || label >= names.length);
  if (mode === "int" || odd === undefined) return;
  throw new ValueError({
    what,
    rule: `with the labelMode "${mode}" labels must be from 0 to ${names.length - 1}`,
    received: String(odd),
    hint: "count classes from 0",
  });
}

/** Joins paths as Python does. */
const join = (folder: string, name: string) => (folder.endsWith("/") ? folder : `${folder}/`) + name;

/** Texts by their code points, as Python sorts them. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((letter, i) => letter !== right[i]);
  if (at === -1) return left.length - right.length;
  return at >= right.length ? 1 : left[at].codePointAt(0)! - right[at].codePointAt(0)!;
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** What is in a folder, by name. */
async function entriesOf(folder: string, what: string): Promise<Entry[]> {
  const { promises } = fileSystem(what);
  const entries: Entry[] = [];
  try {
    for (const entry of await promises.readdir(folder, { withFileTypes: true })) {
      const { name } = entry;
      const isLink = entry.isSymbolicLink();
      // A link that leads nowhere is no folder.
      const isFolder = entry.isDirectory() ||
        (isLink && await promises.stat(join(folder, name)).then((of) => of.isDirectory(), () => false));
      entries.push({ name, isFolder, isLink });
    }
  } catch (error) {
    throw notReadable(what, error);
  }
  return entries.sort((a, b) => byCodePoint(a.name, b.name));
}

async function classesIn(directory: string, names: readonly string[] | null, what: string): Promise<readonly string[]> {
  const folders = (await entriesOf(directory, what)).filter(({ name, isFolder }) => isFolder && !name.startsWith("."));
  const classes = folders.map(({ name }) => name);
  const missing = names?.find((name) => !classes.includes(name));
  if (missing === undefined) return names ?? classes;
  throw new ValueError({
    what,
    rule: `classNames must be among the folders, ${
      classes.map((name) => `"${name}"`).join(", ") || "of which there is none"
    }`,
    received: `"${missing}"`,
    hint: "check the spelling, or leave classNames out",
  });
}

/** The paths of files in a folder and those in it; folders by their paths, and then files by their names. */
async function filesBelow(
  top: string,
  endings: readonly string[],
  followLinks: boolean,
  what: string,
): Promise<string[]> {
  const byFolder = new Map<string, string[]>();
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const entries = await entriesOf(folder, what);
    const place = await fileSystem(what).promises.realpath(folder);
    if (above.includes(place)) {
      throw new FileError({
        what,
        rule: "no link may lead to a folder above it",
        received: `"${folder}"`,
        hint: "remove it, or leave followLinks out",
      });
    }
    const files = entries.filter(({ name, isFolder }) =>
      !isFolder && endings.some((ending) => name.toLowerCase().endsWith(ending))
    );
    byFolder.set(folder, files.map(({ name }) => join(folder, name)));
    for (const { name, isFolder, isLink } of entries) {
      if (isFolder && (followLinks || !isLink)) await visit(join(folder, name), [...above, place]);
    }
  };
  await visit(top, []);
  return [...byFolder].sort(([a], [b]) => byCodePoint(a, b)).flatMap(([, paths]) => paths);
}
