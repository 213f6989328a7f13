// Numbers as Python formats them, for Keras's output lines and file names.

/** `digits` decimals, as Python's `.4f`: halves round to even, while JavaScript rounds them up. */
export function formatFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return formatNotFinite(value);
  const scale = 10 ** digits;
  // Only numbers that are multiples of a power of two can be exact halves.
  const step = 2 ** (digits + 1);
  const half = value * step === Math.round(value * step) && Math.abs((value * scale * 2) % 2) === 1;
  const low = Math.floor(value * scale);
  return half && low % 2 === 0 ? (low / scale).toFixed(digits) : value.toFixed(digits);
}

/** `digits` decimals and an exponent, as Python's `.4e`. */
export function formatExponent(value: number, digits: number): string {
  return Number.isFinite(value) ? longExponent(value.toExponential(digits)) : formatNotFinite(value);
}

/** The shortest digits that parse to the same number, as Python's `repr` of a float. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return formatNotFinite(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return longExponent(value.toExponential());
  const sign = Object.is(value, -0) ? "-" : "";
  return sign + (Number.isInteger(value) ? `${value}.0` : String(value));
}

/**
 * Fills `{name}` and `{name:02d}`, `{name:.3f}`, `{name:.2e}` with values; `missing` makes the error for an unknown
 * name.
 */
export function formatTemplate(
  template: string,
  values: Readonly<Record<string, number | undefined>>,
  wholeNames: readonly string[],
  missing: (name: string, format: string) => Error,
): string {
  return template.replace(/\{([^{}:]*)(?::([^{}]*))?\}/g, (_, name: string, format = "") => {
    const value = values[name];
    const [matched, width = "", digits, kind = ""] = format.match(/^(\d*)(?:\.(\d+))?([dfe]?)$/) ?? [];
    const whole = wholeNames.includes(name);
    if (value === undefined || matched === undefined || (kind === "d" ? !whole : false)) throw missing(name, format);
    const text = kind === "f"
      ? formatFixed(value, Number(digits ?? 6))
      : kind === "e"
      ? formatExponent(value, Number(digits ?? 6))
      : whole
      ? String(value)
      : formatFloat(value);
    return text.padStart(Number(width), width.startsWith("0") ? "0" : " ");
  });
}

function longExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function formatNotFinite(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
