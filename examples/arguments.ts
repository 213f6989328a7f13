// The options of examples: how each is read, which values are errors, and the usage that `--help` prints.
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** A command-line option. */
export interface Option<T> {
  /** The placeholder for its value in the usage, such as `<n>`. */
  readonly place: string;
  /** What it does. */
  readonly about: string;
  /** Its default. */
  readonly byDefault: T;
  /** The rule for its values. */
  readonly rule: string;
  /** Its value; undefined for an invalid text. */
  read(text: string): T | undefined;
}

/** An integer of at least `least`. */
export function count<D extends number | undefined>(byDefault: D, about: string, least = 1): Option<number | D> {
  const read = (text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    return Number.isSafeInteger(value) && value >= least ? value : undefined;
  };
  return { place: "<n>", about, byDefault, rule: `an integer of at least ${least}`, read };
}

/** A number from 0 to 1. */
export function share(byDefault: number, about: string): Option<number> {
  const read = (text: string) => {
    const value = text.trim() === "" ? NaN : Number(text);
    return value >= 0 && value <= 1 ? value : undefined;
  };
  return { place: "<x>", about, byDefault, rule: "a number from 0 to 1", read };
}

/** A path. */
export function path(byDefault: string, about: string): Option<string> {
  return { place: "<path>", about, byDefault, rule: "a path", read: (text) => text || undefined };
}

/** One of several words. */
export function word<const W extends string>(words: readonly W[], about: string): Option<W | undefined> {
  const read = (text: string) => words.find((each) => each === text);
  return { place: "<name>", about, byDefault: undefined, rule: `one of ${words.join(", ")}`, read };
}

/** The backend that an example runs on. */
export const backendOption = word(
  ["eigen", "reference", "webgpu", "wasm"],
  "where it runs; the best there is by default",
);

/** The values of options by name, each `camelCase` name written as `--camel-case`. */
type Values<O extends Readonly<Record<string, Option<unknown>>>> = {
  [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The usage of an example. */
export function usageOf(file: string, about: string, options: Readonly<Record<string, Option<unknown>>>): string {
  const lines = Object.entries(options).map(([name, { place, about, byDefault }]) => {
    const told = byDefault === undefined || byDefault === Infinity ? "" : ` (${byDefault})`;
    return [`--${flagOf(name)} ${place}`, about + told];
  });
  lines.push(["--help", "print this"]);
  const width = Math.max(...lines.map(([flag]) => flag.length));
  const table = lines.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`).join("\n");
  return `${about}\n\nUsage: deno run -A examples/${file} [options]\n\n${table}`;
}

/** Reads arguments by their options. Throws an error for an invalid one; returns null if help is requested. */
export function parseOptions<O extends Readonly<Record<string, Option<unknown>>>>(
  args: readonly string[],
  options: O,
): Values<O> | null {
  const flags = Object.keys(options).map((name) => [flagOf(name), { type: "string" as const }]);
  const known: ParseArgsOptionsConfig = { ...Object.fromEntries(flags), help: { type: "boolean" } };
  const { values } = parseArgs({ args: [...args], options: known });
  if (values.help) return null;
  const read = Object.entries(options).map(([name, { byDefault, rule, read }]) => {
    const given = values[flagOf(name)];
    if (typeof given !== "string") return [name, byDefault];
    const value = read(given);
    if (value === undefined) throw new Error(`--${flagOf(name)} must be ${rule}, received "${given}"`);
    return [name, value];
  });
  return Object.fromEntries(read);
}

/** Reads the options of an example; if help is requested or an argument is invalid, prints the usage and exits. */
export function readArguments<O extends Readonly<Record<string, Option<unknown>>>>(
  file: string,
  about: string,
  options: O,
): Values<O> {
  const usage = usageOf(file, about, options);
  try {
    const values = parseOptions(Deno.args, options);
    if (values) return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    Deno.exit(2);
  }
  console.log(usage);
  Deno.exit(0);
}

/** Exits with failure if one of the example's figures is below its required minimum. */
export function requireFloor(figure: string, value: number, floor: number): void {
  if (value >= floor) return;
  console.error(`The ${figure} ${+value.toFixed(4)} is below the floor of ${floor}.`);
  Deno.exit(1);
}
