// Windows of signals: what a frame is multiplied by before its spectrum is taken. https://keras.io/api/ops/numpy/
import { describe, ValueError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The factors of 1, cos x, cos 2x, ... with alternating signs, over one period. Harris, 1978; Nuttall, 1981. */
const cosineSums = {
  boxcar: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
} as const;

/** The names of windows, as SciPy spells them. */
export type WindowName = keyof typeof cosineSums | "bartlett" | "cosine";

/** All of them. */
export const windowNames: readonly WindowName[] = [
  ...(Object.keys(cosineSums) as (keyof typeof cosineSums)[]),
  "bartlett",
  "cosine",
];

/** A named window of `length` samples. */
export function windowOf(name: WindowName, length: number, periodic: boolean): number[] {
  if (length === 1) return [1];
  const end = periodic ? length : length - 1;
  return Array.from({ length }, (_, place) => {
    if (name === "bartlett") return 1 - Math.abs((2 * place) / end - 1);
    if (name === "cosine") return Math.sin((Math.PI * (place + 0.5)) / (end + 1));
    const turn = (2 * Math.PI * place) / end;
    return cosineSums[name].reduce((sum, factor, k) => sum + (k % 2 ? -factor : factor) * Math.cos(k * turn), 0);
  });
}

/** The most samples of a window. */
const maxSamples = 2 ** 24;

/** A window as a float32 tensor. Throws {@linkcode ValueError} for a number of samples that is none. */
function made(name: string, samples: number, values: (samples: number) => readonly number[]): Tensor {
  if (!(Number.isInteger(samples) && samples >= 0 && samples <= maxSamples)) {
    throw new ValueError({
      what: `Cannot make a window with ${name}`,
      rule: `the number of samples must be a whole number from 0 to ${maxSamples}`,
      received: describe(samples),
      hint: "say how many samples a frame has",
    });
  }
  return new Tensor([samples], "float32", Float32Array.from(samples === 0 ? [] : values(samples)));
}

/** The triangular window of `samples` samples, 0 at its ends, float32. */
export const bartlett = (samples: number): Tensor =>
  made("bartlett", samples, (length) => windowOf("bartlett", length, false));
/** The Blackman window of `samples` samples, float32. */
export const blackman = (samples: number): Tensor =>
  made("blackman", samples, (length) => windowOf("blackman", length, false));
/** The Hamming window of `samples` samples, float32. */
export const hamming = (samples: number): Tensor =>
  made("hamming", samples, (length) => windowOf("hamming", length, false));
/** The Hann window of `samples` samples, 0 at its ends, float32. */
export const hanning = (samples: number): Tensor =>
  made("hanning", samples, (length) => windowOf("hann", length, false));

/** The modified Bessel function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

/** The largest parameter of a Kaiser window: beyond it float64 overflows. */
const maxBeta = 700;

/** The Kaiser window of `samples` samples and the parameter `beta`, float32. Kaiser, 1974. */
export const kaiser = (samples: number, beta: number): Tensor => {
  if (!(typeof beta === "number" && Math.abs(beta) <= maxBeta)) {
    throw new ValueError({
      what: "Cannot make a window with kaiser",
      rule: `beta must be a number from ${-maxBeta} to ${maxBeta}`,
      received: describe(beta),
      hint: "14 is a good start",
    });
  }
  return made("kaiser", samples, (length) =>
    Array.from({ length }, (_, place) => {
      const share = length === 1 ? 0 : 2 * place / (length - 1) - 1;
      return bessel(beta * Math.sqrt(Math.max(0, 1 - share * share))) / bessel(beta);
    }));
};
