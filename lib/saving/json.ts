// JSON as Python writes it: with spaces after separators, and with a decimal point in numbers that Keras requires as
// float.
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

/** The text of a config, as Python's `json.dumps` writes it. */
export function pythonJson(value: ConfigValue, key = ""): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return Number.isInteger(value) && floatKeys.has(key) ? value.toFixed(1) : String(value);
  }
  if (value === null || typeof value !== "object") {
    // Python escapes non-ASCII characters.
    const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return JSON.stringify(value).replace(/[\u0080-\uffff]/g, escape);
  }
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item, key)).join(", ")}]`;
  const entries = Object.entries(value as { readonly [key: string]: ConfigValue });
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}: ${pythonJson(item, name)}`).join(", ")}}`;
}
