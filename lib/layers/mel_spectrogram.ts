// MelSpectrogram: spectrograms of sound in bands as the ear tells them apart.
// https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { type FrameWindow, stft } from "../ops/fourier.ts";
import { log10 } from "../ops/logarithms.ts";
import * as o from "../ops/primitives.ts";
import { boolean, isList, isNumber, number, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, option, optionTable, readMethodOptions } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of {@linkcode MelSpectrogram}. */
export interface MelSpectrogramOptions extends LayerOptions {
  /** The samples of a transform; 2048 by default. */
  fftLength?: number;
  /** The samples from one frame to the next; 512 by default. */
  sequenceStride?: number;
  /** The samples of a frame, at most those of a transform; the same by default. */
  sequenceLength?: number | null;
  /** The window that frames are multiplied by: `"hann"` (the default), `"hamming"`, a number per sample, or null for 1. */
  window?: "hann" | "hamming" | readonly number[] | null;
  /** The samples of a second; 16000 by default. */
  samplingRate?: number;
  /** The number of bands; 128 by default. */
  numMelBins?: number;
  /** Where the lowest band starts, in hertz; 20 by default. */
  minFreq?: number;
  /** Where the highest band ends, in hertz; half of the sampling rate by default. */
  maxFreq?: number | null;
  /** Whether power is given in decibels; true by default. */
  powerToDb?: boolean;
  /** The decibels below the loudest at which the rest is cut off; 80 by default. */
  topDb?: number;
  /** The exponent of magnitudes: 2 (the default) for power. */
  magExp?: number;
  /** The least power; 1e-10 by default. */
  minPower?: number;
  /** The power of 0 decibels; 1 by default. */
  refPower?: number;
}

const melSpectrogramOptions = optionTable<MelSpectrogramOptions>()({
  ...layerOptions,
  fftLength: positiveInteger(2048),
  sequenceStride: positiveInteger(512),
  sequenceLength: nullable(positiveInteger()),
  window: option<"hann" | "hamming" | readonly number[] | null>({
    fallback: "hann",
    nullable: true,
    read: (given, { what }) => {
      if (given === "hann" || given === "hamming" || given === null || isList(given, isNumber)) return given;
      throw new ValueError({
        what,
        rule: 'window must be "hann", "hamming", a list of numbers, or null',
        received: describe(given),
        hint: 'leave it out for "hann"',
      });
    },
  }),
  samplingRate: positiveInteger(16000),
  numMelBins: positiveInteger(128),
  minFreq: number(20, { min: 0 }),
  maxFreq: nullable(number(undefined, { min: 0 })),
  powerToDb: boolean(true),
  topDb: number(80),
  magExp: number(2),
  minPower: number(1e-10, { above: 0 }),
  refPower: number(1),
});

/** Options of {@linkcode MelSpectrogram.linearToMelWeightMatrix}. */
export interface MelWeightOptions {
  /** The number of bands; 20 by default. */
  numMelBins?: number;
  /** The number of frequencies, from 0 to half of the sampling rate; 129 by default. */
  numSpectrogramBins?: number;
  /** The samples of a second; 8000 by default. */
  samplingRate?: number;
  /** Where the lowest band starts, in hertz; 125 by default. */
  lowerEdgeHertz?: number;
  /** Where the highest band ends, in hertz; 3800 by default. */
  upperEdgeHertz?: number;
}

const melWeightOptions = optionTable<MelWeightOptions>()({
  numMelBins: positiveInteger(20),
  numSpectrogramBins: positiveInteger(129),
  samplingRate: positiveInteger(8000),
  lowerEdgeHertz: number(125, { min: 0 }),
  upperEdgeHertz: number(3800, { min: 0 }),
});

/** The options, checked and completed. */
export interface MelSpectrogram
  extends Omit<LayerFields<MelSpectrogramOptions, typeof melSpectrogramOptions>, "sequenceLength" | "maxFreq"> {}

// Bands are differences of near numbers, so each step is rounded as Keras rounds it.
const { fround } = Math;

/** A frequency in hertz on the mel scale of the Hidden Markov Model Toolkit. */
const melOf = (hertz: number): number => fround(1127 * fround(Math.log(fround(1 + fround(hertz / 700)))));

/** Throws {@linkcode ValueError} unless the highest band ends above where the lowest starts. */
function checkBand(what: string, [low, from]: [string, number], [high, to]: [string, number]): void {
  if (from < to) return;
  throw new ValueError({
    what,
    rule: `${low} must be below ${high}`,
    received: `${low} ${from} and ${high} ${to}`,
    hint: "give both in hertz",
  });
}

/** `count` numbers from `low` to `high`. */
function evenly(low: number, high: number, count: number): Float32Array<ArrayBuffer> {
  const step = fround(fround(high - low) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) => i === count - 1 ? high : low + fround(step * i));
}

/**
 * Spectrograms of sound, `[..., samples]` to `[..., bands, frames]`, in bands of equal width on the mel scale, as the ear
 * tells pitches apart: in decibels, the loudest less `topDb` at least. It has no weights, and takes one signal or a batch
 * of them. Keras: https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/
 *
 * @example Sound of a second
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const bands = new layers.MelSpectrogram({ numMelBins: 64, samplingRate: 8000, sequenceStride: 256 });
 * console.log(new Sequential([Input({ shape: [8000] }), bands]).outputShape); // [ null, 64, 32 ]
 * ```
 */
export class MelSpectrogram extends Layer {
  static {
    declareOptions(this, melSpectrogramOptions);
  }
  /** The samples of a frame. */
  readonly sequenceLength: number;
  /** Where the highest band ends, in hertz. */
  readonly maxFreq: number;

  /**
   * Takes the options. Throws {@linkcode ValueError} for frames longer than a transform, and for a `minFreq` that is not below
   * `maxFreq`. Defaults: `fftLength: 2048`,
   * `sequenceStride: 512`, `sequenceLength: null`, `window: "hann"`, `samplingRate: 16000`, `numMelBins: 128`,
   * `minFreq: 20`, `maxFreq: null`, `powerToDb: true`, `topDb: 80`, `magExp: 2`, `minPower: 1e-10`, `refPower: 1`.
   */
  constructor(options: MelSpectrogramOptions = {}) {
    super(options);
    this.sequenceLength = options.sequenceLength ?? this.fftLength;
    this.maxFreq = options.maxFreq ?? Math.floor(this.samplingRate / 2);
    const what = `Cannot make "${this.name}"`;
    checkBand(what, ["minFreq", this.minFreq], ["maxFreq", this.maxFreq]);
    if (this.sequenceLength <= this.fftLength) return;
    throw new ValueError({
      what,
      rule: `sequenceLength must be at most fftLength, ${this.fftLength}`,
      received: describe(this.sequenceLength),
      hint: "make fftLength the next power of two",
    });
  }

  /** The bands of each frame. */
  call(x: Value): Value {
    const { sequenceLength, sequenceStride, fftLength, window, magExp, minPower, refPower } = this;
    const frames: { window: FrameWindow; center: boolean } = { window, center: true };
    const [real, imag] = stft(o.cast(x, "float32"), { sequenceLength, sequenceStride, fftLength, ...frames });
    const magnitudes = o.power(o.sqrt(o.add(o.square(real), o.square(imag))), magExp);
    const bands = o.matmul(
      magnitudes,
      this.linearToMelWeightMatrix({
        numMelBins: this.numMelBins,
        numSpectrogramBins: Math.floor(fftLength / 2) + 1,
        samplingRate: this.samplingRate,
        lowerEdgeHertz: this.minFreq,
        upperEdgeHertz: this.maxFreq,
      }),
    );
    const last = bands.shape.length - 1;
    const y = o.transpose(bands, [...Array(last - 1).keys(), last, last - 1]);
    if (!this.powerToDb) return y;
    const reference = 10 * Math.log10(Math.max(Math.abs(refPower), minPower));
    const decibels = o.subtract(o.multiply(log10(o.maximum(y, minPower)), 10), reference);
    return o.maximum(decibels, o.subtract(o.max(decibels), this.topDb));
  }

  /**
   * The matrix `[frequencies, bands]` that makes bands of a spectrogram's frequencies: triangles of height 1 whose feet
   * are the centers of their neighbors, on the mel scale. As Keras's `linear_to_mel_weight_matrix`.
   *
   * @throws {ValueError} for numbers out of range
   *
   * @example
   * ```ts
   * import { layers } from "./mod.ts";
   * const weights = new layers.MelSpectrogram().linearToMelWeightMatrix({ numMelBins: 4 });
   * console.log(weights.shape); // [ 129, 4 ]
   * ```
   */
  linearToMelWeightMatrix(options: MelWeightOptions = {}): Tensor {
    const what = `Cannot make the bands of "${this.name}"`;
    const kept = readMethodOptions("linearToMelWeightMatrix", melWeightOptions, options, what);
    const { numMelBins: bands, numSpectrogramBins: frequencies, samplingRate, lowerEdgeHertz, upperEdgeHertz } = kept;
    checkBand(what, ["lowerEdgeHertz", lowerEdgeHertz], ["upperEdgeHertz", upperEdgeHertz]);
    const edges = evenly(melOf(fround(lowerEdgeHertz)), melOf(fround(upperEdgeHertz)), bands + 2);
    const hertz = evenly(0, samplingRate / 2, frequencies);
    const weights = new Float32Array(frequencies * bands);
    const part = (above: number, below: number, whole: number) => fround(fround(above - below) / whole);
    // The first frequency, 0, belongs to no band.
    for (let f = 1; f < frequencies; f++) {
      const mel = melOf(hertz[f]);
      for (let band = 0; band < bands; band++) {
        const [lower, center, upper] = edges.subarray(band);
        const rise = part(mel, lower, fround(center - lower));
        weights[f * bands + band] = Math.max(0, Math.min(rise, part(upper, mel, fround(upper - center))));
      }
    }
    return new Tensor([frequencies, bands], "float32", weights);
  }

  /** The shape of the bands. Throws {@linkcode ShapeError} for a signal that is no longer than half of a transform. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    const samples = shape[shape.length - 1];
    const around = Math.floor(this.fftLength / 2);
    if (shape.length === 0 || (samples !== null && samples <= around)) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule:
          `a signal must have more than the ${around} samples of half a transform, by which it is mirrored at its ends`,
        received: formatShape(shape),
        hint: "give longer signals, or a smaller fftLength",
      });
    }
    const frames = samples === null
      ? null
      : Math.floor((samples + 2 * around - this.fftLength) / this.sequenceStride) + 1;
    return [...shape.slice(0, -1), this.numMelBins, frames];
  }
}
