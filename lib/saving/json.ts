// JSON as Python writes it: with spaces after separators, and with a decimal point in numbers that Keras requires as
// float.
import { describe, ValueError } from "../errors.ts";
import type { ConfigValue } from "../json_config.ts";

/** Keys of numbers that Keras checks for or keeps as float. */
const floatKeys = new Set([
  "learning_rate",
  "initial_learning_rate",
  "momentum",
  "ema_momentum",
  "rho",
  "beta_1",
  "beta_2",
  "epsilon",
  "weight_decay",
  "clipnorm",
  "clipvalue",
  "global_clipnorm",
  "loss_scale_factor",
  "rate",
  "stddev",
  "l1",
  "l2",
  "negative_slope",
  "threshold",
  "alpha",
]);

/** The deepest nesting that is written, since writing is recursive; and the most items of a list. */
export const limits = { depth: 250, items: 2 ** 24 };

/**
 * The text of a config, as Python's `json.dumps` writes it. Throws {@linkcode ValueError} with the position of what no
 * JSON holds.
 */
export function pythonJson(value: ConfigValue): string {
  return written(value, "", "config", 0);
}

function written(value: unknown, key: string, path: string, depth: number): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return Number.isInteger(value) && floatKeys.has(key) ? value.toFixed(1) : String(value);
  }
  // Python escapes non-ASCII characters.
  const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const text = (plain: unknown) => JSON.stringify(plain).replace(/[\u0080-\uffff]/g, escape);
  if (value === null || value === undefined || typeof value === "boolean") return String(value ?? null);
  if (typeof value === "string") return text(value);
  const isList = Array.isArray(value);
  if (typeof value !== "object" || depth > limits.depth || (isList && value.length > limits.items)) {
    throw new ValueError({
      what: "Cannot write a config as JSON",
      rule: `${path.length > 100 ? `${path.slice(0, 100)}...` : path} must be a value of JSON`,
      received: depth > limits.depth
        ? `more than ${limits.depth} levels`
        : isList
        ? `a list of ${value.length}`
        : describe(value),
      hint: depth > limits.depth ? "check whether it holds itself" : "give numbers, texts, lists, and objects of these",
    });
  }
  if (isList) return `[${Array.from(value, (item, i) => written(item, key, `${path}[${i}]`, depth + 1)).join(", ")}]`;
  const entries = Object.entries(value);
  return `{${
    entries.map(([name, item]) => `${text(name)}: ${written(item, name, `${path}.${name}`, depth + 1)}`).join(", ")
  }}`;
}
