// Fourier transforms: products with small matrices, of which larger ones are composed. https://keras.io/api/ops/fft/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkCount, formatShape } from "../shape.ts";
import { isOperand, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { take } from "./composed.ts";
import { zerosLike } from "./creation.ts";
import { lift, type Lifted, liftNamed, type Named } from "./lift.ts";
import { pad } from "./padding.ts";
import * as p from "./primitives.ts";
import { windowOf } from "./windows.ts";

/** Complex numbers: their real parts, and their imaginary ones, of one shape. */
export type ComplexPair = readonly [real: Operand, imaginary: Operand];

/** The longest transform, and the longest that is one product. */
const limits = { length: 2 ** 24, product: 64 };

/** Throws unless `x` is a pair of operands of one shape with at least `rank` axes; gives both as float32. */
function checkedPair(what: string, x: ComplexPair, rank = 1): [Operand, Operand] {
  if (!Array.isArray(x) || x.length !== 2 || !x.every(isOperand)) {
    throw new ValueError({
      what,
      rule: "complex numbers are a pair of tensors: the real and the imaginary parts",
      received: describe(x),
      hint: "write them as [real, imaginary]",
    });
  }
  const [real, imaginary] = x.map(shapeOf);
  if (real.length < rank || formatShape(real) !== formatShape(imaginary)) {
    throw new ShapeError({
      what,
      rule: `both parts must have one shape, of at least ${rank === 1 ? "one axis" : "two axes"}`,
      received: `${formatShape(real)} and ${formatShape(imaginary)}`,
      hint: "give zeros for what has no imaginary part",
    });
  }
  checkLength(what, real[real.length - 1]);
  return [p.cast(x[0], "float32"), p.cast(x[1], "float32")];
}

function checkLength(what: string, length: number): void {
  if (Number.isInteger(length) && length >= 1 && length <= limits.length) return;
  throw new ShapeError({
    what,
    rule: `transforms must have from 1 to ${limits.length} numbers`,
    received: describe(length),
    hint: "check the last axis",
  });
}

/** A table `[rows, columns]` of a function of an angle, the product of row and column as a part of `turn`. */
function table(rows: number, columns: number, turn: number, of: (angle: number) => number): Tensor {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // The product is taken within one turn, so that large ones lose nothing.
      values[row * columns + column] = of((2 * Math.PI * ((row * column) % turn)) / turn);
    }
  }
  return new Tensor([rows, columns], "float32", values);
}

type Pair = [real: Operand, imaginary: Operand];

/** The product of complex numbers with `cos - i sin` of a table, by a product that is bilinear. */
function turned([real, imaginary]: Pair, cos: Tensor, sin: Tensor, by: (a: Operand, b: Operand) => Operand): Pair {
  return [
    p.add(by(real, cos), by(imaginary, sin)),
    p.subtract(by(imaginary, cos), by(real, sin)),
  ];
}

/** The largest divisor of `n` that is at most its root. */
function divisorOf(n: number): number {
  for (let divisor = Math.floor(Math.sqrt(n)); divisor > 1; divisor--) if (n % divisor === 0) return divisor;
  return 1;
}

const swapped = (x: Operand): Operand => {
  const rank = shapeOf(x).length;
  return p.transpose(x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
};

/** The transform along the last axis. Cooley and Tukey, 1965. */
function transformed([real, imaginary]: Pair): Pair {
  const shape = shapeOf(real);
  const n = shape[shape.length - 1];
  const cosines = (rows: number, columns: number, turn: number) => table(rows, columns, turn, Math.cos);
  const sines = (rows: number, columns: number, turn: number) => table(rows, columns, turn, Math.sin);
  const [few, many] = [divisorOf(n), n / divisorOf(n)];
  const multiplied = (a: Operand, b: Operand) => p.matmul(a, b);
  if (n <= limits.product || few === 1) return turned([real, imaginary], cosines(n, n, n), sines(n, n, n), multiplied);
  const outer = shape.slice(0, -1);
  const each = (x: Pair, of: (part: Operand) => Operand): Pair => [of(x[0]), of(x[1])];
  // Of every `many`-th number first, then of what these give.
  const columns = each([real, imaginary], (x) => swapped(p.reshape(x, [...outer, few, many])));
  const short = turned(columns, cosines(few, few, few), sines(few, few, few), multiplied);
  const aligned = turned(short, cosines(many, few, n), sines(many, few, n), (a, b) => p.multiply(a, b));
  return each(transformed(each(aligned, swapped)), (x) => p.reshape(swapped(x), shape));
}

/** The inverse along the last axis: the transform with both parts exchanged, divided by the length. */
function inverted([real, imaginary]: Pair): Pair {
  const shape = shapeOf(real);
  const [b, a] = transformed([imaginary, real]);
  const scale = 1 / shape[shape.length - 1];
  return [p.multiply(a, scale), p.multiply(b, scale)];
}

const rows = (pair: Pair): Pair => [swapped(pair[0]), swapped(pair[1])];

/** A transform along both of the last axes. */
const along = (pair: Pair, transform: (pair: Pair) => Pair): Pair => rows(transform(rows(transform(pair))));

/**
 * The discrete Fourier transform along the last axis, of a pair `[real, imaginary]`, as such a pair.
 * Keras: https://keras.io/api/ops/fft/
 *
 * @throws {ShapeError} if the two differ in shape
 *
 * @example The spectrum of an impulse
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [real] = ops.fft([tensor([1, 0, 0, 0]), tensor([0, 0, 0, 0])]);
 * console.log(real.toArray()); // [ 1, 1, 1, 1 ]
 * ```
 */
export const fft: Lifted<[x: ComplexPair], Pair> = lift((x) => transformed(checkedPair("Cannot take an fft", x)));
/** The inverse of {@linkcode fft}. */
export const ifft: Lifted<[x: ComplexPair], Pair> = lift((x) => inverted(checkedPair("Cannot take an ifft", x)));
/** The discrete Fourier transform along the last two axes, of a pair `[real, imaginary]`, as such a pair. */
export const fft2: Lifted<[x: ComplexPair], Pair> = lift((x) =>
  along(checkedPair("Cannot take an fft2", x, 2), transformed)
);
/** The inverse of {@linkcode fft2}. */
export const ifft2: Lifted<[x: ComplexPair], Pair> = lift((x) =>
  along(checkedPair("Cannot take an ifft2", x, 2), inverted)
);

/** `x` with as many numbers along the last axis: cut, or followed by zeros. */
function resized(x: Operand, length: number): Operand {
  const shape = shapeOf(x);
  const now = shape[shape.length - 1];
  if (length === now) return x;
  const cut = [...shape.slice(0, -1), Math.min(now, length)];
  return length < now
    ? p.slice(x, shape.map(() => 0), cut)
    : p.pad(x, shape.map(() => 0), [...shape.slice(1).map(() => 0), length - now]);
}

/** The real numbers that a transform takes: float32, with an axis. */
function checkedReal(what: string, x: Operand): Operand {
  const shape = shapeOf(x);
  checkLength(what, shape[shape.length - 1] ?? 0);
  return p.cast(x, "float32");
}

/** The lower half of the spectrum of real numbers along the last axis. */
function spectrum(x: Operand): Pair {
  const shape = shapeOf(x);
  const half = Math.floor(shape[shape.length - 1] / 2) + 1;
  const [real, imaginary] = transformed([x, zerosLike(x)]);
  return [resized(real, half), resized(imaginary, half)];
}

/** The real numbers of a lower half of a spectrum. */
function realOf([real, imaginary]: Pair, length: number): Operand {
  const half = Math.floor(length / 2) + 1;
  const [a, b] = [resized(real, half), resized(imaginary, half)];
  // The upper half is the lower one mirrored, conjugated; its first number, and the middle one, have no imaginary part.
  const places = Int32Array.from({ length }, (_, i) => Math.min(i, length - i));
  const signs = Float32Array.from({ length }, (_, i) => i === 0 || 2 * i === length ? 0 : i < length - i ? 1 : -1);
  const mirrored = (x: Operand) => take(x, new Tensor([length], "int32", places), -1);
  return inverted([mirrored(a), p.multiply(mirrored(b), new Tensor([length], "float32", signs))])[0];
}

/**
 * The discrete Fourier transform of real numbers along the last axis, as a pair `[real, imaginary]` of its lower half:
 * `fftLength / 2 + 1` numbers. The axis is cut or filled with zeros to `fftLength`.
 */
export const rfft: Named<[x: Operand], [fftLength?: number | null], { fftLength?: number | null }, Pair> = liftNamed(
  1,
  ["fftLength"],
  (x, fftLength) => {
    const what = "Cannot take an rfft";
    const real = checkedReal(what, x);
    const shape = shapeOf(real);
    const length = fftLength ?? shape[shape.length - 1];
    checkLength(what, length);
    return spectrum(resized(real, length));
  },
);

/** The inverse of {@linkcode rfft}: `fftLength` real numbers, by default as many as an even transform has. */
export const irfft: Named<[x: ComplexPair], [fftLength?: number | null], { fftLength?: number | null }> = liftNamed(
  1,
  ["fftLength"],
  (x, fftLength) => {
    const what = "Cannot take an irfft";
    const pair = checkedPair(what, x);
    const shape = shapeOf(pair[0]);
    const length = fftLength ?? 2 * (shape[shape.length - 1] - 1);
    checkLength(what, length);
    return realOf(pair, length);
  },
);

/** The places of the samples of each frame, `[frames, length]`. */
function framePlaces(what: string, extent: number, length: number, stride: number): Tensor {
  checkCount(length, what, "sequenceLength", 1);
  checkCount(stride, what, "sequenceStride", 1);
  if (length > extent) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "a sequence must not be longer than the signal",
      received: `${length} for a signal of ${extent}`,
      hint: "pad the signal, or take shorter sequences",
    });
  }
  const frames = Math.floor((extent - length) / stride) + 1;
  const places = new Int32Array(frames * length);
  for (let i = 0; i < places.length; i++) places[i] = Math.floor(i / length) * stride + (i % length);
  return new Tensor([frames, length], "int32", places);
}

/**
 * The sequences of `sequenceLength` samples that start at every `sequenceStride`-th sample of the last axis: `[...,
 * sequences, sequenceLength]`. Keras: https://keras.io/api/ops/core/
 *
 * @throws {ShapeError} if a sequence is longer than the signal
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.extractSequences(tensor([1, 2, 3, 4, 5]), 3, 2).toArray()); // [ [ 1, 2, 3 ], [ 3, 4, 5 ] ]
 * ```
 */
export const extractSequences: Named<
  [x: Operand],
  [sequenceLength: number, sequenceStride: number],
  { sequenceLength: number; sequenceStride: number }
> = liftNamed(1, ["sequenceLength", "sequenceStride"], (x, length, stride) => {
  const shape = shapeOf(x);
  return take(x, framePlaces("extract sequences", shape[shape.length - 1] ?? 0, length, stride), -1);
});

/** The window of frames: a name, numbers, or null for ones. */
export type FrameWindow = "hann" | "hamming" | readonly number[] | Tensor | null;

/** The window in the middle of `length` samples, float32. */
function frameWindow(what: string, window: FrameWindow, samples: number, length: number): Tensor {
  const values = window === null
    ? undefined
    : typeof window === "string"
    ? window === "hann" || window === "hamming" ? windowOf(window, samples, true) : []
    : window instanceof Tensor
    ? Array.from(window.data)
    : window;
  if (values && (!Array.isArray(values) || values.length !== samples || !values.every((x) => typeof x === "number"))) {
    throw new ValueError({
      what,
      rule: `window must be "hann", "hamming", null, or a number for each of the ${samples} samples of a sequence`,
      received: Array.isArray(values) && typeof window !== "string" ? `${values.length} numbers` : describe(window),
      hint: 'leave it out for "hann"',
    });
  }
  const first = Math.floor((length - samples) / 2);
  const padded = Float32Array.from({ length }, (_, i) => values ? values[i - first] ?? 0 : 1);
  return new Tensor([length], "float32", padded);
}

function checkFrames(what: string, sequenceLength: number, sequenceStride: number, fftLength: number): void {
  checkCount(sequenceLength, what, "sequenceLength", 1);
  checkCount(sequenceStride, what, "sequenceStride", 1);
  checkCount(fftLength, what, "fftLength", sequenceLength);
}

/**
 * The short-time Fourier transform along the last axis: the lower halves of the spectra of overlapping frames, as a pair
 * `[real, imaginary]` of `[..., frames, fftLength / 2 + 1]`. With `center` (the default) frames are centred at multiples
 * of the stride, and the signal is mirrored at its ends. Keras: https://keras.io/api/ops/fft/
 *
 * @throws {ValueError} if `fftLength` is less than `sequenceLength`, or for a window that does not fit
 */
export const stft: Named<
  [x: Operand],
  [sequenceLength: number, sequenceStride: number, fftLength: number, window?: FrameWindow, center?: boolean],
  { sequenceLength: number; sequenceStride: number; fftLength: number; window?: FrameWindow; center?: boolean },
  Pair
> = liftNamed(
  1,
  ["sequenceLength", "sequenceStride", "fftLength", "window", "center"],
  (x, sequenceLength, sequenceStride, fftLength, window = "hann", center = true) => {
    const verb = "take an stft";
    checkFrames(verb, sequenceLength, sequenceStride, fftLength);
    const real = checkedReal(`Cannot ${verb}`, x);
    const shape = shapeOf(real);
    const around = Math.floor(fftLength / 2);
    const edges = shape.map((_, axis) => axis === shape.length - 1 ? [around, around] : [0, 0]);
    const signal = center ? pad(real, edges, "reflect") : real;
    const length = shape[shape.length - 1] + (center ? 2 * around : 0);
    const frames = take(signal, framePlaces(verb, length, fftLength, sequenceStride), -1);
    return spectrum(p.multiply(frames, frameWindow(`Cannot ${verb}`, window, sequenceLength, fftLength)));
  },
);

/**
 * The inverse of {@linkcode stft}: frames are windowed again, added where they overlap, and divided by the sum of the
 * squared windows. `length` is how many samples there are. Keras: https://keras.io/api/ops/fft/
 *
 * @throws {ValueError} if `fftLength` is less than `sequenceLength`, or for a window that does not fit
 */
export const istft: Named<
  [x: ComplexPair],
  [
    sequenceLength: number,
    sequenceStride: number,
    fftLength: number,
    length?: number | null,
    window?: FrameWindow,
    center?: boolean,
  ],
  {
    sequenceLength: number;
    sequenceStride: number;
    fftLength: number;
    length?: number | null;
    window?: FrameWindow;
    center?: boolean;
  }
> = liftNamed(
  1,
  ["sequenceLength", "sequenceStride", "fftLength", "length", "window", "center"],
  (x, sequenceLength, sequenceStride, fftLength, length = null, window = "hann", center = true) => {
    const verb = "take an istft";
    checkFrames(verb, sequenceLength, sequenceStride, fftLength);
    const pair = checkedPair(`Cannot ${verb}`, x, 2);
    const shape = shapeOf(pair[0]);
    const [frames, outer] = [shape[shape.length - 2], shape.slice(0, -2)];
    const total = fftLength + sequenceStride * (frames - 1);
    const win = frameWindow(`Cannot ${verb}`, window, sequenceLength, fftLength);
    const places = framePlaces(verb, total, fftLength, sequenceStride);
    const weights = new Float64Array(total);
    places.data.forEach((place, i) => weights[place] += win.data[i % fftLength] ** 2);
    const divisors = Float32Array.from(weights, (weight) => weight > 1e-10 ? 1 / weight : 1);
    const windowed = p.multiply(realOf(pair, fftLength), win);
    const samples = p.transpose(p.reshape(windowed, [-1, frames * fftLength]));
    const added = p.transpose(p.scatterAdd(p.reshape(places, [-1]), samples, total));
    const signal = p.multiply(added, new Tensor([total], "float32", divisors));
    const start = center ? Math.floor(fftLength / 2) : 0;
    const end = length === null ? total - start : start + length;
    checkCount(end - start, verb, "length", 1);
    const count = p.reshape(signal, [-1, total]);
    const batch = shapeOf(count)[0];
    const kept = p.slice(count, [0, start], [batch, Math.min(end, total) - start]);
    return p.reshape(resized(kept, end - start), [...outer, end - start]);
  },
);

/** How Keras's files write these functions. */
export const savedTransforms: SavedForms = {
  extractSequences: { module: "math", keys: { sequence_length: null, sequence_stride: null } },
  fft: { module: "math", className: "FFT" },
  fft2: { module: "math", className: "FFT2" },
  ifft2: { module: "math", className: "IFFT2" },
  irfft: { module: "math", className: "IRFFT", keys: { fft_length: null } },
  istft: {
    module: "math",
    className: "ISTFT",
    keys: {
      sequence_length: null,
      sequence_stride: null,
      fft_length: null,
      length: null,
      window: "hann",
      center: true,
    },
  },
  rfft: { module: "math", className: "RFFT", keys: { fft_length: null } },
  stft: {
    module: "math",
    className: "STFT",
    keys: { sequence_length: null, sequence_stride: null, fft_length: null, window: "hann", center: true },
  },
};
