// Tensors as text, as NumPy prints arrays: https://numpy.org/doc/stable/reference/generated/numpy.array2string.html
import { type DType, isFloat, type TypedArray } from "../dtype.ts";
import type { Shape } from "../shape.ts";

/** The longest line, and how much is shown: of larger arrays the first and last items along each axis. */
const limits = { width: 75, size: 1000, edge: 3, digits: 8 };

/** What is printed in place of what is left out. */
const gap = "...";

/** The elements of an array as NumPy's `str` gives them. */
export function arrayText(shape: Shape, dtype: DType, data: TypedArray): string {
  if (data.length === 0) return "[]";
  const summarized = data.length > limits.size;
  const shown = summarized ? edgesOf(shape, data) : data;
  const format = dtype === "bool"
    ? (value: number) => (value === 0 ? "False" : shape.length > 0 ? " True" : "True")
    : isFloat(dtype)
    ? floatFormat(shown)
    : integerFormat(shown);
  const print = (axis: number, start: number, size: number, indent: string, width: number): string => {
    if (axis === shape.length) return format(data[start]);
    const step = size / shape[axis];
    const cut = summarized && shape[axis] > 2 * limits.edge;
    const places: (number | undefined)[] = Array.from({ length: shape[axis] }, (_, i) => i);
    if (cut) places.splice(limits.edge, shape[axis] - 2 * limits.edge, undefined);
    const items = places.map((at) =>
      at === undefined ? gap : print(axis + 1, start + at * step, step, `${indent} `, width - 1)
    );
    const below = shape.length - axis - 1;
    return `[${below === 0 ? wrapped(items, indent, width - 1) : items.join("\n".repeat(below) + indent)}]`;
  };
  return print(0, 0, data.length, " ", limits.width);
}

/** Words in lines of at most so many letters, further lines indented. */
function wrapped(words: readonly string[], indent: string, width: number): string {
  const lines = [indent];
  words.forEach((word, i) => {
    const line = lines[lines.length - 1];
    if (line.length > indent.length && line.length + word.length > width) {
      lines[lines.length - 1] = line.trimEnd();
      lines.push(indent);
    }
    lines[lines.length - 1] += i < words.length - 1 ? `${word} ` : word;
  });
  return lines.join("\n").slice(indent.length);
}

/** The elements that are shown of a large array. */
function edgesOf(shape: Shape, data: TypedArray): number[] {
  let places = [0];
  let size = data.length;
  for (const extent of shape) {
    size /= extent;
    const kept = Array.from({ length: extent }, (_, i) => i)
      .filter((i) => extent <= 2 * limits.edge || i < limits.edge || i >= extent - limits.edge);
    places = places.flatMap((place) => kept.map((i) => place + i * size));
  }
  return places.map((place) => data[place]);
}

function integerFormat(values: ArrayLike<number>): (value: number) => string {
  const width = longest(values, (value) => String(value).length);
  return (value) => String(value).padStart(width);
}

/** Numbers with their points one below the other, in one of two notations for all. */
function floatFormat(values: ArrayLike<number>): (value: number) => string {
  const finite = Array.from(values).filter(Number.isFinite);
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const [least, most] = [sizes.reduce((a, b) => Math.min(a, b), Infinity), sizes.reduce((a, b) => Math.max(a, b), 0)];
  const scientific = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
  const parts = (value: number) => (scientific ? scientificParts(value) : positionalParts(value));
  const texts = finite.map(parts);
  const after = longest(texts, ([, fraction]) => fraction.length);
  const tail = longest(texts, ([, , exponent]) => exponent.length);
  // NaN and infinities may be wider than what is before the points.
  const others = longest(values, (value) => (Number.isFinite(value) ? 0 : nameOf(value).length - after - tail - 1));
  const before = Math.max(others, longest(texts, ([whole]) => whole.length));
  return (value) => {
    if (!Number.isFinite(value)) return nameOf(value).padStart(before + 1 + after + tail);
    // With exponents all have the digits of the longest.
    const [whole, fraction, exponent] = scientific ? scientificParts(value, after) : parts(value);
    return `${whole.padStart(before)}.${fraction.padEnd(after)}${exponent}`;
  };
}

const nameOf = (value: number): string => (Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf");

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? "-" : "");

/** What is before the point and after it, of the shortest text that gives the float32 number, and no exponent. */
function positionalParts(value: number): [string, string, string] {
  const text = shortest(Math.abs(value), (digits, number) => number.toFixed(digits), limits.digits);
  const [whole, fraction = ""] = text.split(".");
  return [signOf(value) + whole, fraction.replace(/0+$/, ""), ""];
}

/**
 * What is before the point and after it, and the exponent: of the shortest text that gives the float32 number, or of one
 * with so many digits after the point.
 */
function scientificParts(value: number, after?: number): [string, string, string] {
  const write = (digits: number, number: number) => number.toExponential(digits);
  const size = Math.abs(value);
  const text = after === undefined ? shortest(size, write, limits.digits) : write(after, size);
  const [, whole, fraction = "", sign, exponent] = /^(\d)(?:\.(\d+))?e([+-])(\d+)$/.exec(text)!;
  const digits = after === undefined ? fraction.replace(/0+$/, "") : fraction;
  return [signOf(value) + whole, digits, `e${sign}${exponent.padStart(2, "0")}`];
}

/** The text of the fewest digits that gives the float32 number back, of at most so many. */
function shortest(value: number, write: (digits: number, value: number) => string, most: number): string {
  for (let digits = 0; digits < most; digits++) {
    const text = write(digits, value);
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return write(most, value);
}

function longest<T>(items: ArrayLike<T>, length: (item: T) => number): number {
  let found = 0;
  for (let i = 0; i < items.length; i++) found = Math.max(found, length(items[i]));
  return found;
}
