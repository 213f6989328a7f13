// Checks the option objects that users write: a misspelled name is an error with a suggestion.
import { describe, didYouMean, ValueError } from "./errors.ts";

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
      received: describe(options),
      hint: `write them in braces, as in { ${known[0] ?? "name"}: ... }`,
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
      hint: near ? `did you mean "${near}"?` : "remove it, or check its spelling",
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
    hint: typeof value === "object" && value !== null
      ? `${name} comes first, before the options, as in new ${where}(10)`
      : `give a whole number of at least 1`,
  });
}

/** Throws {@linkcode ValueError} where `value` is not a number of `low` to `high`. */
export function checkRange(where: string, name: string, value: unknown, low: number, high: number): void {
  if (typeof value === "number" && value >= low && value <= high) return;
  throw new ValueError({
    what: `Cannot make ${where}`,
    rule: `${name} must be a number from ${low} to ${high === Infinity ? "infinity" : high}`,
    received: describe(value),
    hint: typeof value === "string" ? "give it as a number, without quotes" : "choose one in that range",
  });
}

export { describe };
