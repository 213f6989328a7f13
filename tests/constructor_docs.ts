// The defaults in the docs of constructors: written from the tables of options by `deno task docs:defaults`, and held by
// tests/constructor_docs_test.ts.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ceratops from "../mod.ts";
import { optionsOfClass, positionalOf, required } from "../lib/options.ts";

const root = join(import.meta.dirname!, "..");
/** The families of classes that take options, and the class whose options all of a family have. */
const families = {
  layers: ceratops.Layer,
  losses: ceratops.losses.Loss,
  metrics: ceratops.metrics.Metric,
  optimizers: ceratops.optimizers.Optimizer,
  callbacks: ceratops.callbacks.Callback,
  initializers: ceratops.initializers.Initializer,
  schedules: ceratops.schedules.LearningRateSchedule,
} as const;

const width = 120;

/** A default as code; undefined for one that has no short form. */
function codeOf(value: unknown): string | undefined {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value) && value.length < 5) {
    const items = value.map(codeOf);
    return items.every((item) => item !== undefined) ? `[${items.join(", ")}]` : undefined;
  }
  return undefined;
}

/** The sentence on a class's own options that have defaults; undefined where there are none. */
export function sentenceOf(Class: object, Base: object): string | undefined {
  const shared = new Set(Object.keys(optionsOfClass(Base)));
  const table = optionsOfClass(Class);
  const own = Object.keys(table).filter((name) => !shared.has(name) && table[name].offered);
  const defaults = own.filter((name) => table[name].fallback !== required && table[name].fallback !== undefined)
    .flatMap((name) => {
      const code = codeOf(table[name].fallback);
      return code === undefined ? [] : [`\`${name}: ${code}\``];
    });
  if (defaults.length === 0) return undefined;
  return `Defaults: ${defaults.join(", ")}.`;
}

/** A constructor in a source: where its docs begin and end, and what they say without defaults. */
interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly indent: string;
  readonly text: string;
}

/** The sources of a family: a loss and a metric may have one name. */
function sourcesOf(family: string): Map<string, string> {
  const folder = join(root, "lib", family === "schedules" ? "optimizers" : family);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
  return new Map(files.map((path) => [path, readFileSync(path, "utf8")]));
}

/** The docs of a class's own constructor; undefined where it has none. */
function placeOf(name: string, all: ReadonlyMap<string, string>): Place | undefined {
  for (const [file, source] of all) {
    const at = source.search(new RegExp(`^export (abstract )?class ${name}\\b`, "m"));
    if (at < 0) continue;
    const next = source.slice(at + 1).search(/^export (abstract )?class /m);
    const end = next < 0 ? source.length : at + 1 + next;
    const match = /^( *)\/\*\*((?:(?!\*\/)[^])*)\*\/\n\1constructor\(/m.exec(source.slice(at, end));
    if (!match) return undefined;
    const [whole, indent, docs] = match;
    const text = docs.replace(/^\s*\* ?/gm, " ").replace(/\s+/g, " ").trim();
    const start = at + match.index;
    return { file, start, end: start + whole.lastIndexOf("*/") + 2, indent, text };
  }
  return undefined;
}

/** Docs in lines that are not too long. */
function written(text: string, indent: string): string {
  const short = `${indent}/** ${text} */`;
  if (short.length <= width) return short;
  const lines = [""];
  // Code stays in one line.
  for (const word of text.match(/`[^`]*`\S*|\S+/g)!) {
    const line = lines[lines.length - 1];
    if (line && `${indent} * ${line} ${word}`.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`].join("\n");
}

/** The constructors whose docs lack their defaults, or have other ones; with `mend`, their docs are written. */
export function wrongDocs({ mend = false } = {}): string[] {
  const wrong: string[] = [];
  const seen = new Set<unknown>();
  for (const [family, Base] of Object.entries(families)) {
    const namespace = ceratops[family as keyof typeof families];
    for (const [name, Class] of Object.entries(namespace)) {
      if (typeof Class !== "function" || !(Class.prototype instanceof Base) || seen.has(Class)) continue;
      seen.add(Class);
      const place = placeOf(name, sourcesOf(family));
      const sentence = place && sentenceOf(Class, Base);
      // Docs with tags of their own are written by hand.
      if (!sentence || place.text.includes("@param") || positionalOf(Class).length > 8) continue;
      const text = `${place.text.replace(/ ?Defaults: `[^]*?`\.(?= |$)/, "")} ${sentence}`.trim();
      if (text === place.text) continue;
      wrong.push(`${family}.${name}`);
      if (!mend) continue;
      const source = readFileSync(place.file, "utf8");
      writeFileSync(place.file, source.slice(0, place.start) + written(text, place.indent) + source.slice(place.end));
    }
  }
  return wrong;
}

if (import.meta.main) {
  for (const name of wrongDocs({ mend: true })) console.log(`Wrote the defaults of ${name}`);
}
