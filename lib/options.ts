// Options: what constructors take besides their positional arguments, each declared once. From a class's table follow its
// fields, the refusal of unknown names, its config, and how that config is read back.
import { CeratopsError, describe, didYouMean, ValueError } from "./errors.ts";
import type { Config, ConfigValue } from "./json_config.ts";

/** What is being made when an option is read, for error messages. */
export interface OptionPlace {
  /** The option's name, such as `useBias`. */
  readonly option: string;
  /** What fails, by class: `Cannot make Dense`. */
  readonly what: string;
  /** What fails, by the name of the object where it has one: `Cannot make "dense_1"`. */
  readonly whatNamed: string;
}

/** An option: how it is checked and completed, and how it stands in a config. */
export interface Option<Kept> {
  /** What is read where nothing is given; {@linkcode required} if something must be. */
  readonly fallback: unknown;
  /** Whether `null` may be given; elsewhere it is an error, since Keras has no `None` there. */
  readonly nullable: boolean;
  /** Whether the argument comes by position, before the options. Positions follow the order of the table. */
  readonly positional: boolean;
  /** The key in configs; the option's name in snake case by default. */
  readonly key?: string;
  /** The property that holds the value; the option's name by default. */
  readonly field?: string;
  /** Whether the base constructor assigns the property; otherwise the class does. */
  readonly assigned: boolean;
  /** Whether users may give it: some keys only configs have. */
  readonly offered: boolean;
  /** Whether configs hold it. */
  readonly written: "always" | "unless null" | "unless default" | "never";
  /** The checked and completed value; throws {@linkcode CeratopsError} for one that does not suit. */
  read(given: unknown, place: OptionPlace): Kept;
  /** The value as a config holds it. */
  write(kept: Kept): ConfigValue;
}

/** The options of a class by name, in the order of Keras's config. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The value that an option is kept as. */
export type KeptOf<T> = T extends Option<infer Kept> ? Kept : never;

/**
 * The fields that options become: those of the interface `O` with its sentences, and those of the table alone, such as
 * positional arguments.
 */
export type OptionFields<O, T> =
  & { readonly [K in keyof O as K extends keyof T ? K : never]-?: K extends keyof T ? KeptOf<T[K]> : never }
  & { readonly [K in keyof T as K extends keyof O ? never : K]: KeptOf<T[K]> };

/** The fallback of an option that must be given. */
export const required: unique symbol = Symbol("required");

const asItIs = (value: unknown): ConfigValue => value as ConfigValue;

/** An option of the given facts; the rest is what most options have. */
export function option<Kept>(
  facts: Partial<Option<Kept>> & Pick<Option<Kept>, "read">,
): Option<Kept> {
  return {
    fallback: required,
    nullable: facts.fallback === null,
    positional: false,
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

/** The option as an argument by position. */
export const positional = <Kept>(of: Option<Kept>): Option<Kept> => withFacts(of, { positional: true });

/** The option under a key of its own in configs. */
export const keyed = <Kept>(key: string, of: Option<Kept>): Option<Kept> => withFacts(of, { key });

/** The option with `null` as a value of its own, by default the one that is kept. */
export function nullable<Kept>(of: Option<Kept>, fallback: unknown = null): Option<Kept | null> {
  return {
    ...of,
    fallback,
    nullable: true,
    read: (given, place) => (given === null ? null : of.read(given, place)),
    write: (kept) => (kept === null ? null : of.write(kept)),
  };
}

/** The option left out of configs where it has its default: Keras writes none there. */
export const unlessDefault = <Kept>(of: Option<Kept>): Option<Kept> => withFacts(of, { written: "unless default" });

/** A value that the class has for all of its objects, and which configs may hold. */
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

/** A key that Keras writes for something that is not offered here: configs hold `value` under it. */
export const unoffered = (value: null | false): Option<null | false> =>
  option<null | false>({
    fallback: value,
    assigned: false,
    offered: false,
    nullable: true,
    read: (given, { what, option }) => {
      if (given === value || given === null || given === false) return value;
      throw new ValueError({
        what,
        rule: `${option} is not offered, so it must be ${value}`,
        received: describe(given),
        hint: "leave it out, or save the config without it",
      });
    },
    write: () => value,
  });

/**
 * Makes the table of a class whose own options are those of the interface `Own`: each needs an entry. Other entries are
 * positional arguments, and keys that only configs have.
 */
export function optionTable<Own>(): <
  T extends { readonly [K in keyof Own]-?: Option<unknown> } & OptionTable,
>(table: T) => T {
  return (table) => table;
}

/** What is declared for a class. */
interface Declared {
  readonly table: OptionTable;
  /** Whether names beside the table are refused: a base class of the user's own classes cannot know theirs. */
  readonly strict: boolean;
}

const declared = new WeakMap<object, Declared>();

/** Declares the options of a class, in its static block; subclasses without a declaration have the same. */
export function declareOptions(Class: object, table: OptionTable, { strict = true } = {}): void {
  declared.set(Class, { table, strict });
}

/** What is declared for a class, or for the nearest class that it extends. */
function declaredFor(Class: object): Declared | undefined {
  return declarationsOf(Class).next().value;
}

/** What is declared for a class and for those that it extends, the nearest first. */
function* declarationsOf(Class: object): Generator<Declared, undefined> {
  for (let of: object | null = Class; of !== null; of = Object.getPrototypeOf(of)) {
    const found = declared.get(of);
    if (found) yield found;
  }
}

/** The names that users may give, those of the class itself before those that it has from others as they are. */
function offeredNames(Class: object): string[] {
  const [nearest, next] = declarationsOf(Class);
  const names = Object.entries(nearest?.table ?? {}).filter(([, of]) => of.offered && !of.positional);
  const isInherited = ([name, of]: readonly [string, unknown]) => next?.table[name] === of;
  return [...names.filter((entry) => !isInherited(entry)), ...names.filter(isInherited)].map(([name]) => name);
}

/** The options of a class by name; none where it declares none. */
export function optionsOfClass(Class: object): OptionTable {
  return declaredFor(Class)?.table ?? {};
}

/** The names of the arguments that a class takes by position, in order. */
export function positionalOf(Class: object): string[] {
  return Object.entries(optionsOfClass(Class)).filter(([, { positional }]) => positional).map(([name]) => name);
}

const optionOfError = new WeakMap<CeratopsError, string>();

/** The option that an error complains about, if it came from reading one. */
export function failedOption(error: unknown): string | undefined {
  return error instanceof CeratopsError ? optionOfError.get(error) : undefined;
}

/** How {@linkcode readOptions} words its errors. */
export interface ReadingPlace {
  /** What is being made, such as `Dense`. */
  readonly className: string;
  /** The name of the object, where it has one; asked for only by messages that name it. */
  readonly nameOf?: () => string;
}

/**
 * Checks and completes what was given to a class by its table.
 * Throws {@linkcode ValueError} for unknown names, and what the options throw for values that do not suit.
 *
 * @param Class the class that is made
 * @param given the options as the user wrote them
 * @param byPosition the arguments that came by position, by name
 * @returns the values by option
 */
export function readOptions(
  Class: object,
  given: object | undefined,
  byPosition: object,
  { className, nameOf }: ReadingPlace,
): Record<string, unknown> {
  const { table, strict } = declaredFor(Class) ?? { table: {}, strict: false };
  checkOptions(className, given, offeredNames(Class), strict);
  return readTable(table, { ...given, ...byPosition }, {
    what: `Cannot make ${className}`,
    get whatNamed() {
      return nameOf ? `Cannot make "${nameOf()}"` : this.what;
    },
  });
}

/** Checks and completes values by a table, such as the options of a method. Unknown names are not looked for. */
export function readTable(
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

/** Checks and completes one value by its option. */
export function readOption(
  name: string,
  of: Option<unknown>,
  given: unknown,
  place: Omit<OptionPlace, "option">,
): unknown {
  // Getters stay lazy: a name may have to be made for it.
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

/** Assigns the values that {@linkcode readOptions} gave to the fields of an object. */
export function assignOptions(object: object, kept: Readonly<Record<string, unknown>>): void {
  for (const [name, { assigned, field }] of Object.entries(optionsOfClass(object.constructor))) {
    if (assigned) (object as Record<string, unknown>)[field ?? name] = kept[name];
  }
}

/** The config of an object: what its fields hold, under Keras's keys. */
export function configOf(object: object): Config {
  const config: Config = {};
  for (const [name, of] of Object.entries(optionsOfClass(object.constructor))) {
    const kept = (object as Record<string, unknown>)[of.field ?? name];
    if (of.written === "never" || (of.written === "unless default" && kept === of.fallback)) continue;
    if (of.written === "unless null" && (kept === null || kept === undefined)) continue;
    config[of.key ?? snakeCaseKey(name)] = of.write(kept);
  }
  return config;
}

/** The key of an option in Keras's configs: `useBias` is `use_bias`. */
export function snakeCaseKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The options that a table reads from a config by key. */
export function keysOf(table: OptionTable): Map<string, { readonly name: string; readonly of: Option<unknown> }> {
  return new Map(Object.entries(table).map(([name, of]) => [of.key ?? snakeCaseKey(name), { name, of }]));
}

/**
 * Throws {@linkcode ValueError} where `options` is no object, or, if `strict`, has a key that is not among `known`.
 * `where` is what was being made, such as `Dense`.
 */
export function checkOptions(
  where: string,
  options: object | undefined,
  known: readonly string[],
  strict = true,
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
    const camel = key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
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
