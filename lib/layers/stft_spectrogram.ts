// STFTSpectrogram: spectrograms of signals by kernels that may be trained.
// https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/
import { epsilon } from "../config.ts";
import { describe, ValueError } from "../errors.ts";
import { STFT, type STFTOptions, type STFTSide, windowOptions } from "../initializers/stft.ts";
import type { Value } from "../ir/value.ts";
import { conv } from "../ops/convolve.ts";
import * as o from "../ops/primitives.ts";
import { boolean, choice, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import type { Weight } from "./weight.ts";
import { slidShape } from "./windows.ts";

/**
 * What a spectrogram tells of each frequency: the logarithm of its magnitude, the magnitude, the density of power, the
 * real or the imaginary part, the phase, or both parts.
 */
export type SpectrogramMode = "log" | "magnitude" | "psd" | "real" | "imag" | "angle" | "stft";

/** Options of {@linkcode STFTSpectrogram}. */
export interface STFTSpectrogramOptions extends LayerOptions, Omit<STFTOptions, "side"> {
  /** What is given for each frequency; `"log"` by default. */
  mode?: SpectrogramMode;
  /** The samples of a frame; 256 by default. */
  frameLength?: number;
  /** The samples from one frame to the next; half of a frame by default. */
  frameStep?: number | null;
  /** The samples of a transform, at least a frame; the least power of two that holds a frame by default. */
  fftLength?: number | null;
  /** Whether frames reach beyond the ends (`"same"`), or stay inside (`"valid"`, the default). */
  padding?: "valid" | "same";
  /** Whether channels get an axis of their own, as of images; false by default. */
  expandDims?: boolean;
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const stftSpectrogramOptions = optionTable<STFTSpectrogramOptions>()({
  ...layerOptions,
  mode: choice<SpectrogramMode>(["log", "magnitude", "psd", "real", "imag", "angle", "stft"]),
  frameLength: positiveInteger(256),
  frameStep: nullable(positiveInteger()),
  fftLength: nullable(positiveInteger()),
  ...windowOptions,
  padding: choice<"valid" | "same">(["valid", "same"]),
  expandDims: boolean(false),
  dataFormat: dataFormatOption,
});

/** The options, checked and completed. */
export interface STFTSpectrogram extends LayerFields<STFTSpectrogramOptions, typeof stftSpectrogramOptions> {}

/**
 * Spectrograms of signals `[batch, time, channels]`, by the short-time Fourier transform: `[batch, frames, channels *
 * frequencies]`, or `[batch, frames, frequencies, channels]` with `expandDims`. It is a convolution with two kernels,
 * which start as those of the transform and train, unless `trainable` is false. Mode `"stft"` has the real parts of all
 * frequencies, then the imaginary ones. Keras: https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/
 *
 * @example Sound of one channel as pictures
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const picture = new layers.STFTSpectrogram({ frameLength: 256, frameStep: 128, expandDims: true, trainable: false });
 * console.log(new Sequential([Input({ shape: [16000, 1] }), picture]).outputShape); // [ null, 124, 129, 1 ]
 * ```
 */
export class STFTSpectrogram extends Layer {
  static {
    declareOptions(this, stftSpectrogramOptions);
  }
  /** The kernel of the real part, `[frameLength, 1, frequencies]`, if the mode needs it. */
  realKernel: Weight | undefined;
  /** The kernel of the imaginary part, if the mode needs it. */
  imagKernel: Weight | undefined;

  /**
   * Takes the options. Throws {@linkcode ValueError} for a step beyond a frame, or a transform shorter than one. Defaults:
   * `mode: "log"`, `frameLength: 256`, `frameStep: null`, `fftLength: null`, `window: "hann"`, `periodic: false`,
   * `scaling: "density"`, `padding: "valid"`, `expandDims: false`, `dataFormat: "channels_last"`.
   */
  constructor(options: STFTSpectrogramOptions = {}) {
    super(options);
    const { frameLength, frameStep, fftLength } = this;
    const check = (name: string, given: number | null, fits: boolean, rule: string) => {
      if (given === null || fits) return;
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: `${name} must be ${rule} frameLength, ${frameLength}`,
        received: describe(given),
        hint: `leave ${name} out, or choose another frameLength`,
      });
    };
    check("frameStep", frameStep, frameStep! <= frameLength, "at most");
    check("fftLength", fftLength, fftLength! >= frameLength, "at least");
    this.inputSpec = { rank: 3 };
  }

  get #step(): number {
    return this.frameStep ?? Math.max(1, Math.floor(this.frameLength / 2));
  }

  /** The frequencies of the transform, from 0 to half of the sampling rate. */
  get #frequencies(): number {
    return Math.floor((this.fftLength ?? 2 ** Math.ceil(Math.log2(this.frameLength))) / 2) + 1;
  }

  /** Makes the kernels. */
  override build(): void {
    const { window, scaling, periodic } = this;
    const kernel = (side: STFTSide) =>
      this.addWeight({
        name: `${side}_kernel`,
        shape: [this.frameLength, 1, this.#frequencies],
        initializer: new STFT({ side, window, scaling, periodic }),
      });
    if (this.mode !== "imag") this.realKernel = kernel("real");
    if (this.mode !== "real") this.imagKernel = kernel("imag");
  }

  /** The spectrograms of the channels. */
  call(x: Value): Value {
    const isLast = this.dataFormat === "channels_last";
    const signals = isLast ? o.transpose(x, [0, 2, 1]) : x;
    const [batch, channels, time] = signals.shape;
    const each = o.reshape(signals, [batch * channels, time, 1]);
    // [batch, channels, frames, frequencies]
    const parts = [this.realKernel, this.imagKernel].flatMap((kernel) => {
      if (!kernel) return [];
      const part = conv(each, kernel.value(), { strides: this.#step, padding: this.padding });
      return [o.reshape(part, [batch, channels, ...part.shape.slice(1)])];
    });
    const y = this.#told(parts);
    const [, , frames, frequencies] = y.shape;
    if (this.expandDims) return isLast ? o.transpose(y, [0, 2, 3, 1]) : y;
    return isLast
      ? o.reshape(o.transpose(y, [0, 2, 1, 3]), [batch, frames, channels * frequencies])
      : o.reshape(o.transpose(y, [0, 1, 3, 2]), [batch, channels * frequencies, frames]);
  }

  /** What the mode tells of the parts of the transform. */
  #told([first, imag]: readonly Value[]): Value {
    const { mode } = this;
    if (mode === "real" || mode === "imag") return first;
    if (mode === "angle") return o.arctan2(imag, first);
    if (mode === "stft") return o.concat([first, imag], -1);
    const power = o.add(o.square(first), o.square(imag));
    if (mode === "psd") {
      // All frequencies but the first and the last stand for their negatives too.
      const last = this.#frequencies - 1;
      const sides = Float32Array.from({ length: last + 1 }, (_, i) => (i === 0 || i === last ? 1 : 2));
      return o.multiply(power, new Tensor([last + 1], "float32", sides));
    }
    const magnitude = o.sqrt(o.maximum(power, epsilon()));
    return mode === "magnitude" ? magnitude : o.log(o.maximum(magnitude, epsilon()));
  }

  /** The shape of the spectrograms. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    const isLast = this.dataFormat === "channels_last";
    const [length, step] = [this.frameLength, this.#step];
    const slid = slidShape(
      this.name,
      shape,
      this.dataFormat,
      1,
      (extent) =>
        extent === null ? null : this.padding === "same" ? Math.ceil(extent / step) : Math.max(
          0,
          Math.floor((extent - length) / step) + 1,
        ),
    );
    const [frames, channels] = isLast ? [slid[1], slid[2]] : [slid[2], slid[1]];
    const frequencies = this.#frequencies * (this.mode === "stft" ? 2 : 1);
    if (this.expandDims) {
      return isLast ? [slid[0], frames, frequencies, channels] : [slid[0], channels, frames, frequencies];
    }
    const features = channels === null ? null : channels * frequencies;
    return isLast ? [slid[0], frames, features] : [slid[0], features, frames];
  }
}
