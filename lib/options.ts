// Checks the option objects that users write: a misspelled name is an error with a suggestion.
import { didYouMean, ValueError } from "./errors.ts";

/**
 * Throws {@linkcode ValueError} where `options` has a key that is not among `known`. `where` is what was being made,
 * such as `Dense`.
 */
export function checkOptions(where: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw new ValueError({
      what: `Cannot read the options of ${where}`,
      rule: "options must be one object",
      received: Array.isArray(options) ? "an array" : String(options),
      mend: `write them in braces, as in { ${known[0] ?? "name"}: ... }`,
    });
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const camel = key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const near = known.includes(camel) ? camel : didYouMean(key, known);
    throw new ValueError({
      what: `Cannot read the options of ${where}`,
      rule: `options must be among ${known.map((name) => `"${name}"`).join(", ")}`,
      received: `"${key}"`,
      mend: near ? `did you mean "${near}"?` : "remove it, or check its spelling",
    });
  }
}

/** Throws {@linkcode ValueError} where `value` is not a positive integer. */
export function checkPositiveInteger(where: string, name: string, value: unknown): void {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return;
  throw new ValueError({
    what: `Cannot make ${where}`,
    rule: `${name} must be a positive integer`,
    received: describe(value),
    mend: `give a whole number of at least 1`,
  });
}

/** Throws {@linkcode ValueError} where `value` is not a number of `low` to `high`. */
export function checkRange(where: string, name: string, value: unknown, low: number, high: number): void {
  if (typeof value === "number" && value >= low && value <= high) return;
  throw new ValueError({
    what: `Cannot make ${where}`,
    rule: `${name} must be a number from ${low} to ${high === Infinity ? "infinity" : high}`,
    received: describe(value),
  });
}

/** A value as messages show it: never a dump of data. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "function") return `the function ${value.name || "(without a name)"}`;
  return Array.isArray(value) ? "an array" : `an object of type ${value.constructor?.name ?? "Object"}`;
}
