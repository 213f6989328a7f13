// Options: what constructors, methods and functions take besides their positional arguments, each declared once. From a
// class's table follow its fields, the refusal of unknown names, its config, and how that config is read back.
import { CeratopsError, describe, didYouMean, ValueError } from "./errors.ts";
import type { Config, ConfigValue } from "./json_config.ts";
import { camelCase, snakeCase } from "./names.ts";
import { isNamed } from "./structure.ts";

/** The option being read, for error messages. */
export interface OptionPlace {
  /** The option's name, such as `useBias`. */
  readonly option: string;
  /** What failed, by class: `Cannot make Dense`. */
  readonly what: string;
  /** What failed, by the object's name if it has one: `Cannot make "dense_1"`. */
  readonly whatNamed: string;
}

/** An option: how it is validated and completed, and how it is written in a config. */
export interface Option<Kept> {
  /** The value read if none is given; {@linkcode required} if one must be given. */
  readonly fallback: unknown;
  /** Whether `null` may be given; it is an error if Keras does not take `None`. */
  readonly nullable: boolean;
  /** Whether the argument is positional and comes before the options. */
  readonly positional: boolean;
  /** The position among positional arguments: smaller numbers first; equal numbers in the order of the table. */
  readonly place: number;
  /** The key in configs; the option's name in snake case by default. */
  readonly key?: string;
  /** The property that holds the value; the option's name by default. */
  readonly field?: string;
  /** Whether the base constructor assigns the field; otherwise the class does. */
  readonly assigned: boolean;
  /** Whether users may give it: some keys occur only in configs. */
  readonly offered: boolean;
  /** For a key that users may not give: what to do instead, if they might try. */
  readonly instead?: string;
  /** What configs may hold, where that is less than what may be given, and how to mend others. */
  readonly inConfigs?: { suits(value: ConfigValue): boolean; readonly rule: string; readonly hint: string };
  /** When configs have it. */
  readonly written: "always" | "unless null" | "unless default" | "never";
  /** The validated and completed value; throws {@linkcode CeratopsError} for an invalid one. */
  read(given: unknown, place: OptionPlace): Kept;
  /** The value as a config holds it. */
  write(kept: Kept): ConfigValue;
}

/** The options of a class by name, in the order of Keras's config. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The type of an option's value. */
type KeptOf<T> = T extends Option<infer Kept> ? Kept : never;

/**
 * The fields of a table's options: those of the interface `O`, with their docs, and those of the table alone, such as
 * positional arguments.
 */
export type OptionFields<O, T> =
  & {
    readonly [K in keyof O as K extends keyof T ? T[K] extends Unassigned ? never : K : never]-?: K extends keyof T
      ? KeptOf<T[K]>
      : never;
  }
  & { readonly [K in keyof T as K extends keyof O ? never : T[K] extends Unassigned ? never : K]: KeptOf<T[K]> };

/** An option without a field, unless the class has one. */
type Unassigned = { readonly assigned: false };

/** The fallback of an option that must be given. */
export const required: unique symbol = Symbol("required");

const asItIs = (value: unknown): ConfigValue => value as ConfigValue;

/** An option with the given facts; the others get their usual values. */
export function option<Kept>(
  facts: Partial<Option<Kept>> & Pick<Option<Kept>, "read">,
): Option<Kept> {
  return {
    fallback: required,
    nullable: facts.fallback === null,
    positional: false,
    place: 0,
    assigned: true,
    offered: true,
    written: "always",
    write: asItIs,
    ...facts,
  };
}

/** The option with some facts changed. */
export function withFacts<Kept>(of: Option<Kept>, facts: Partial<Option<Kept>>): Option<Kept> {
  return { ...of, ...facts };
}

/** The options of a table, each with some facts changed. */
export function withFactsOfAll<T extends OptionTable>(
  table: T,
  facts: Partial<Pick<Option<unknown>, "assigned" | "offered" | "written">>,
): T {
  return Object.fromEntries(Object.entries(table).map(([name, of]) => [name, { ...of, ...facts }])) as T;
}

/** The option as a positional argument; `place` is needed if positions do not follow the order of the table. */
export const positional = <Kept>(of: Option<Kept>, place = 0): Option<Kept> =>
  withFacts(of, { positional: true, place });

/** The option with `null` as its default. */
export const nullAsDefault = <Kept>(of: Option<Kept>): Option<Kept> =>
  withFacts(of, { nullable: true, read: (given, place) => of.read(given ?? of.fallback, place) });

/** The option without a field: the class uses the value itself. */
export const unassigned = <Kept>(of: Option<Kept>): Option<Kept> & Unassigned => ({ ...of, assigned: false });

/** The option with another key in configs. */
export const keyed = <T extends Option<unknown>>(key: string, of: T): T => ({ ...of, key });

/** The option with `null` as a further value, which is the default unless another is given. */
export function nullable<Kept>(of: Option<Kept>, fallback: unknown = null): Option<Kept | null> {
  return {
    ...of,
    fallback,
    nullable: true,
    read: (given, place) => (given === null ? null : of.read(given, place)),
    write: (kept) => (kept === null ? null : of.write(kept)),
  };
}

/** The option omitted from configs while it has its default, as in Keras. */
export const unlessDefault = <Kept>(of: Option<Kept>): Option<Kept> => withFacts(of, { written: "unless default" });

/** A value that all objects of the class share, and which configs may have. */
export const fixed = <const Kept extends ConfigValue>(value: Kept): Option<Kept> =>
  option<Kept>({
    fallback: value,
    offered: false,
    read: (given, { what, option }) => {
      if (given === value) return value;
      throw new ValueError({
        what,
        rule: `${option} must be ${describe(value)}`,
        received: describe(given),
        hint: "leave it out",
      });
    },
  });

/**
 * A key that Keras writes for a feature that does not exist here: configs have `value` for it. `instead` is the hint for
 * users who give it.
 */
export const unoffered = (value: null | false, instead?: string): Option<null | false> & Unassigned =>
  unassigned(option<null | false>({
    fallback: value,
    offered: false,
    instead,
    nullable: true,
    read: (given, { what, option }) => {
      if (given === value || given === null || given === false) return value;
      throw new ValueError({
        what,
        rule: `${option} must be unset, since it is not supported`,
        received: describe(given),
        hint: "leave it out, or save the config without it",
      });
    },
    write: () => value,
  }));

/** A config key of an option that is not supported: it must be unset, and is not written. */
export const unread: Option<null | false> & Unassigned = { ...unoffered(null), written: "never" };

/** A config key of older files that says how to compute, and not what: it is not written. */
export const ignored: Option<null> & Unassigned = unassigned(
  option<null>({ fallback: null, offered: false, written: "never", read: () => null }),
);

/**
 * Makes the table of a class whose own options are the interface `Own`: each needs an entry. Other entries are
 * positional arguments and keys that only configs have.
 */
export function optionTable<Own>(): <
  T extends { readonly [K in keyof Own]-?: Option<unknown> } & OptionTable,
>(table: T) => T {
  return (table) => table;
}

/** What is declared for a class. */
interface Declared {
  readonly table: OptionTable;
  /** Whether unknown names are errors: a base class for custom classes cannot know their options. */
  readonly strict: boolean;
}

const declared = new WeakMap<object, Declared>();

/** Declares the options of a class, in its static block; subclasses without a declaration inherit them. */
export function declareOptions(Class: object, table: OptionTable, { strict = true } = {}): void {
  declared.set(Class, { table, strict });
}

/** The declaration of a class, or of its nearest ancestor that has one. */
function declaredFor(Class: object): Declared | undefined {
  return declarationsOf(Class).next().value;
}

/** The declarations of a class and its ancestors, nearest first. */
function* declarationsOf(Class: object): Generator<Declared, undefined> {
  for (let of: object | null = Class; of !== null; of = Object.getPrototypeOf(of)) {
    const found = declared.get(of);
    if (found) yield found;
  }
}

/** The names that users may give: the class's own before inherited ones. */
function offeredNames(Class: object): string[] {
  const [nearest, next] = declarationsOf(Class);
  const names = Object.entries(nearest?.table ?? {}).filter(([, of]) => of.offered && !of.positional);
  const isInherited = ([name, of]: readonly [string, unknown]) => next?.table[name] === of;
  return [...names.filter((entry) => !isInherited(entry)), ...names.filter(isInherited)].map(([name]) => name);
}

/** The options of a class by name; empty if it declares none. */
export function optionsOfClass(Class: object): OptionTable {
  return declaredFor(Class)?.table ?? {};
}

/** The names of a class's positional arguments, in order. */
export function positionalOf(Class: object): string[] {
  return Object.entries(optionsOfClass(Class)).filter(([, { positional }]) => positional)
    .sort(([, a], [, b]) => a.place - b.place).map(([name]) => name);
}

/** Whether a class is of the user's own, from a base of the library that leaves further options to it. */
export function leavesOptionsOpen(Class: object): boolean {
  return declaredFor(Class)?.strict === false;
}

const misplaced = new WeakSet<CeratopsError>();

/** Whether an error is about an object of options in the place of an argument by position. */
export function isMisplaced(error: unknown): boolean {
  return error instanceof CeratopsError && misplaced.has(error);
}

const optionOfError = new WeakMap<CeratopsError, string>();

/** The option whose reading an error is about, if any. */
export function failedOption(error: unknown): string | undefined {
  return error instanceof CeratopsError ? optionOfError.get(error) : undefined;
}

/** How {@linkcode readOptions} words its errors. */
interface ReadingPlace {
  /** What is being made, such as `Dense`. */
  readonly className: string;
  /** The name of the object, if it has one; called only for messages that need it. */
  readonly nameOf?: () => string;
}

const bases = new WeakSet<object>();

/** Makes a class a base that cannot be made itself, as TypeScript's `abstract` does for those who write it. */
export function declareBase(Class: object): void {
  bases.add(Class);
}

/**
 * Validates and completes the arguments of a class by its table. Throws {@linkcode ValueError} for unknown names, and
 * what the options throw for invalid values.
 *
 * @param Class the class that is made
 * @param given the options as the user wrote them
 * @param byPosition the positional arguments, by name
 * @returns the values by option
 */
export function readOptions(
  Class: object,
  given: object | undefined,
  byPosition: object,
  { className, nameOf }: ReadingPlace,
): Record<string, unknown> {
  if (bases.has(Class)) {
    throw new ValueError({
      what: `Cannot make ${className}`,
      rule: "it is a base of classes",
      received: "a call of its constructor",
      hint: "make one of the classes that extend it",
    });
  }
  const { table, strict } = declaredFor(Class) ?? { table: {}, strict: false };
  checkNames(className, given, offeredNames(Class), strict, table);
  try {
    return readTable(table, { ...given, ...byPosition }, {
      what: `Cannot make ${className}`,
      get whatNamed() {
        return nameOf ? `Cannot make "${nameOf()}"` : this.what;
      },
    });
  } catch (error) {
    const name = failedOption(error);
    if (name !== undefined) checkPosition(Class, className, name, byPosition as Readonly<Record<string, unknown>>);
    throw error;
  }
}

/** Throws {@linkcode ValueError} where an object of options stands in the place of an argument by position. */
function checkPosition(
  Class: object,
  className: string,
  name: string,
  byPosition: Readonly<Record<string, unknown>>,
): void {
  const [given, names, table] = [byPosition[name], positionalOf(Class), optionsOfClass(Class)];
  if (!names.includes(name) || !isNamed(given)) return;
  const options: Readonly<Record<string, unknown>> = given;
  const known = Object.keys(options).filter((key) => Object.hasOwn(table, key));
  if (known.length === 0) return;
  const shown = (value: unknown) => (typeof value === "object" || value === undefined ? undefined : describe(value));
  const args = names.map((other) => shown(options[other]) ?? shown(byPosition[other]) ?? other);
  const others = known.filter((key) => !names.includes(key)).map((key) => `${key}: ...`);
  const list = [...args, ...(others.length > 0 ? [`{ ${others.join(", ")} }`] : [])];
  const error = new ValueError({
    what: `Cannot make ${className}`,
    rule: `${names.join(" and ")} come${names.length === 1 ? "s" : ""} first, before the options`,
    received: `an object with ${known.join(", ")} as ${name}`,
    hint: `write it as in new ${className}(${list.join(", ")})`,
  });
  misplaced.add(error);
  throw error;
}

/** The values of a table's options, checked and completed. */
export type KeptOptions<T> = { readonly [K in keyof T]: KeptOf<T[K]> };

/**
 * Checks and completes the options of a function or a method by its table.
 * Throws {@linkcode ValueError} for unknown names, and what the options throw for values that do not suit.
 *
 * @param method the name of the function or method, for options that it does not have
 * @param table its options
 * @param given the options as the user wrote them
 * @param what what fails where a value does not suit, such as `Cannot fit "m"`
 */
export function readMethodOptions<T extends OptionTable>(
  method: string,
  table: T,
  given: object | undefined,
  what: string,
): KeptOptions<T> {
  checkNames(method, given, Object.keys(table).filter((name) => table[name].offered), true, table);
  return readTable(table, { ...given }, { what, whatNamed: what }) as KeptOptions<T>;
}

/** Checks and completes values by a table. Unknown names are not looked for. */
function readTable(
  table: OptionTable,
  given: Readonly<Record<string, unknown>>,
  place: Omit<OptionPlace, "option">,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, of] of Object.entries(table)) {
    kept[name] = readOption(name, of, given[name], place);
  }
  return kept;
}

/** Validates and completes one value. */
export function readOption(
  name: string,
  of: Option<unknown>,
  given: unknown,
  place: Omit<OptionPlace, "option">,
): unknown {
  // Getters stay lazy: reading the name may create one.
  const at: OptionPlace = Object.create(place, { option: { value: name } });
  try {
    const value = given === undefined && of.fallback !== required ? of.fallback : given;
    if (value === null && !of.nullable) {
      throw new ValueError({
        what: place.what,
        rule: `${name} must not be null`,
        received: "null",
        hint: of.fallback === required ? "give a value" : "leave it out for the default",
      });
    }
    return of.read(value, at);
  } catch (error) {
    if (error instanceof CeratopsError && !optionOfError.has(error)) optionOfError.set(error, name);
    throw error;
  }
}

/** Assigns the values from {@linkcode readOptions} to the fields of an object. */
export function assignOptions(object: object, kept: Readonly<Record<string, unknown>>): void {
  for (const [name, { assigned, field }] of Object.entries(optionsOfClass(object.constructor))) {
    if (assigned) (object as Record<string, unknown>)[field ?? name] = kept[name];
  }
}

/** The config of an object: its fields under Keras's keys. If two options share a key, the first is written. */
export function configOf(object: object): Config {
  const config: Config = {};
  for (const [name, of] of Object.entries(optionsOfClass(object.constructor))) {
    const kept = (object as Record<string, unknown>)[of.field ?? name];
    if (of.written === "never" || (of.written === "unless default" && kept === of.fallback)) continue;
    if (of.written === "unless null" && (kept === null || kept === undefined)) continue;
    const key = of.key ?? snakeCase(name);
    if (!Object.hasOwn(config, key)) config[key] = of.write(kept);
  }
  return config;
}

/** The options that a table reads from a config, by key; if two share a key, the first. */
export function keysOf(table: OptionTable): Map<string, { readonly name: string; readonly of: Option<unknown> }> {
  const byKey = new Map<string, { readonly name: string; readonly of: Option<unknown> }>();
  for (const [name, of] of Object.entries(table)) {
    const key = of.key ?? snakeCase(name);
    if (!byKey.has(key)) byKey.set(key, { name, of });
  }
  return byKey;
}

/**
 * Throws {@linkcode ValueError} if `options` is not an object, or, if `strict`, has a key that is not in `known`.
 * `where` is what was being made, such as `Dense`.
 */
function checkNames(
  where: string,
  options: object | undefined,
  known: readonly string[],
  strict: boolean,
  table: OptionTable,
): void {
  if (options === undefined) return;
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw new ValueError({
      what: `Cannot read the options of ${where}`,
      rule: "options must be one object",
      received: describe(options),
      hint: `write them in braces, as in { ${known[0] ?? "name"}: ... }`,
    });
  }
  if (!strict) return;
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const camel = camelCase(key);
    const instead = Object.hasOwn(table, camel) ? table[camel].instead : undefined;
    if (instead !== undefined) {
      throw new ValueError({
        what: `Cannot read the options of ${where}`,
        rule: `${camel} is not supported`,
        received: `"${key}"`,
        hint: instead,
      });
    }
    const near = known.includes(camel) ? camel : didYouMean(key, known);
    throw new ValueError({
      what: `Cannot read the options of ${where}`,
      rule: `options must be among ${known.map((name) => `"${name}"`).join(", ")}`,
      received: `"${key}"`,
      hint: near ? `did you mean "${near}"?` : "remove it, or check its spelling",
    });
  }
}

export { describe };
