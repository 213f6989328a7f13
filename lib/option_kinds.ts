// Kinds of options that constructors share: numbers, strings, names from a list.
import { describe, isClass, unknownIdentifier, ValueError } from "./errors.ts";
import { type Option, option, readOption, required } from "./options.ts";
import { functionNode } from "./registry.ts";

/** True or false. */
export const boolean = (fallback: boolean | typeof required = required): Option<boolean> =>
  option<boolean>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "boolean") return given;
      throw new ValueError({
        what,
        rule: `${option} must be true or false`,
        received: describe(given),
        hint: "give a boolean",
      });
    },
  });

/** The bounds of a number. */
interface NumberBounds {
  /** The least value; minus infinity by default. */
  readonly min?: number;
  /** What it must be greater than; minus infinity by default. */
  readonly above?: number;
  /** The largest value; infinity by default. */
  readonly max?: number;
}

/** A number from `min`, or above `above`, to `max`. */
export const number = (
  fallback: number | typeof required = required,
  { above, min = above ?? -Infinity, max = Infinity }: NumberBounds = {},
): Option<number> =>
  option<number>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "number" && given >= min && given <= max && given !== above) return given;
      const range = min === -Infinity && max === Infinity
        ? ""
        : ` from ${min} to ${max === Infinity ? "infinity" : max}`;
      throw new ValueError({
        what,
        rule: `${option} must be a number${range}${above === undefined ? "" : `, but not ${above}`}`,
        received: describe(given),
        hint: typeof given === "string" ? "give it as a number, without quotes" : "choose one in that range",
      });
    },
  });

/** Whether a value is an integer. */
export const isInteger = (given: unknown): given is number => Number.isSafeInteger(given);

/** Whether a value is a list, not endless, of items for which `suits` holds; gaps are items too. */
export const isList = <T>(given: unknown, suits: (item: unknown) => item is T): given is readonly T[] =>
  Array.isArray(given) && given.length <= maxCopies && Array.from(given).every(suits);

/** Whether a value is a number. */
export const isNumber = (given: unknown): given is number => typeof given === "number";

/** The largest extent: nothing beyond it could be indexed. */
export const maxExtent = 2 ** 31 - 1;

/** The most copies of an element that layers make, and the largest window: a typo beyond it would fill the memory. */
export const maxCopies = 2 ** 20;

/** An integer of at least 1, such as a number of units. */
export const positiveInteger = (
  fallback: number | typeof required = required,
  max: number = maxExtent,
): Option<number> =>
  option<number>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isInteger(given) && given > 0 && given <= max) return given;
      const isLarge = typeof given === "number" && given > max;
      throw new ValueError({
        what,
        rule: isLarge ? `${option} must be at most ${max}` : `${option} must be a positive integer`,
        received: describe(given),
        hint: typeof given === "object" && given !== null
          ? `${option} comes first, before the options, as in new ${what.slice("Cannot make ".length)}(10)`
          : isLarge
          ? "give a smaller number"
          : "give a whole number of at least 1",
      });
    },
  });

/** An integer from `min` to `max`. */
export const integer = (
  fallback: number | typeof required = required,
  { min = -maxExtent, max = maxExtent }: NumberBounds = {},
): Option<number> =>
  option<number>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isInteger(given) && given >= min && given <= max) return given;
      throw new ValueError({
        what,
        rule: `${option} must be a whole number from ${min} to ${max}`,
        received: describe(given),
        hint: typeof given === "string" ? "give it as a number, without quotes" : "choose one in that range",
      });
    },
  });

/** A whole number of at least `min`, without an upper bound. */
export const integerAtLeast = (
  min: number,
  fallback: number | typeof required = required,
  hint = `give ${min} or more`,
): Option<number> =>
  option<number>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isInteger(given) && given >= min) return given;
      throw new ValueError({
        what,
        rule: `${option} must be an integer of at least ${min}`,
        received: describe(given),
        hint: typeof given === "string" ? "give it as a number, without quotes" : hint,
      });
    },
  });

/** A function, by a rule such as `must be a function of a text`. Configs hold its name: code is never loaded from a file. */
export const callable = <F extends (...args: never[]) => unknown>(rule: string, hint: string): Option<F> =>
  option<F>({
    read: (given, { whatNamed, option }) => {
      if (typeof given === "function" && !isClass(given)) return given as F;
      throw new ValueError({
        what: whatNamed,
        rule: `${option} ${rule}`,
        received: describe(given),
        hint,
      });
    },
    write: functionNode,
  });

/** A value that is checked later, with data that is not available here. */
export const uncheckedHere = <Kept>(fallback: Kept | typeof required = required): Option<Kept> =>
  option<Kept>({ fallback, read: (given) => given as Kept });

/** A string. */
export const text = (fallback: string | typeof required = required): Option<string> =>
  option<string>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "string") return given;
      throw new ValueError({
        what,
        rule: `${option} must be a text`,
        received: describe(given),
        hint: "write it in quotes",
      });
    },
  });

/** One of several names; the first is the default unless another is given. */
export const choice = <const Name extends string>(
  names: readonly Name[],
  fallback: NoInfer<Name> | typeof required = names[0],
): Option<Name> =>
  option<Name>({
    fallback,
    read: (given, { what, option }) => {
      const found = names.find((name) => name === given);
      if (found !== undefined) return found;
      throw unknownIdentifier(option, typeof given === "string" ? given : describe(given), names, what);
    },
  });

/** A list of at least `least` names. */
export const listOfNames = (example: string, least = 0): Option<readonly string[]> =>
  option<readonly string[]>({
    read: (given, { what, option }) => {
      if (isList(given, (item) => typeof item === "string") && given.length >= least) return given;
      throw new ValueError({
        what,
        rule: `${option} must be a list of names`,
        received: describe(given),
        hint: `write it as in ${example}`,
      });
    },
  });

/** Throws {@linkcode ValueError} if `value` is not a positive integer. */
export function checkPositiveInteger(where: string, name: string, value: unknown): void {
  readOption(name, positiveInteger(), value, { what: `Cannot make ${where}`, whatNamed: `Cannot make ${where}` });
}

/** Throws {@linkcode ValueError} if `value` is not a number from `low` to `high`. */
export function checkRange(where: string, name: string, value: unknown, low: number, high: number): void {
  const place = { what: `Cannot make ${where}`, whatNamed: `Cannot make ${where}` };
  readOption(name, number(required, { min: low, max: high }), value, place);
}
