// The initializer of kernels that compute a short-time Fourier transform, and its windows.
import { ShapeError, ValueError } from "../errors.ts";
import { type WindowName, windowNames, windowOf } from "../ops/windows.ts";
import { boolean, choice, isList, isNumber } from "../option_kinds.ts";
import { declareOptions, describe, option, type OptionFields, optionTable } from "../options.ts";
import { formatShape, type Shape } from "../shape.ts";
import { Initializer } from "./initializer.ts";

/** The part of the transform that a kernel computes. */
export type STFTSide = "real" | "imag";
/** The divisor of the windowed kernel: the root of the window's sum of squares, its sum, or none. */
export type STFTScaling = "density" | "spectrum" | null;
/** The names of windows, as SciPy spells them. */
export type STFTWindow = WindowName;

/** Options of {@linkcode STFT}. */
export interface STFTOptions {
  /** The real part (by default) or the imaginary one. */
  side?: STFTSide;
  /**
   * The window that frames are multiplied by: a name (`"hann"` by default), a number per sample of a frame, or null for
   * 1.
   */
  window?: WindowName | readonly number[] | null;
  /** The divisor of the windowed kernel: `"density"` by default. */
  scaling?: STFTScaling;
  /** Whether a named window is periodic, for spectra; false by default: symmetric. */
  periodic?: boolean;
}

/** The options of a window and of its scaling. */
export const windowOptions = optionTable<Omit<STFTOptions, "side">>()({
  window: option<WindowName | readonly number[] | null>({
    fallback: "hann",
    nullable: true,
    read: (given, place) => {
      if (given === null) return null;
      if (isList(given, isNumber)) return given;
      return choice(windowNames).read(given, place);
    },
  }),
  periodic: boolean(false),
  scaling: option<STFTScaling>({
    fallback: "density",
    nullable: true,
    read: (given, { what }) => {
      if (given === "density" || given === "spectrum" || given === null) return given;
      throw new ValueError({
        what,
        rule: 'scaling must be "density", "spectrum" or null',
        received: describe(given),
        hint: "leave it out for the density",
      });
    },
  }),
});

const stftOptions = optionTable<STFTOptions>()({ side: choice<STFTSide>(["real", "imag"]), ...windowOptions });

/** The options, checked and completed. */
export interface STFT extends OptionFields<STFTOptions, typeof stftOptions> {}

/**
 * Kernels `[frame length, 1, frequencies]` of a convolution that computes one part of the short-time Fourier transform,
 * at `frequencies` from 0 to half of the sampling rate. See https://keras.io/api/layers/initializers/.
 *
 * @example The real part, as an untrained layer
 * ```ts
 * import { initializers, layers } from "./mod.ts";
 * const real = new layers.Conv1D(65, 128, {
 *   strides: 64,
 *   useBias: false,
 *   trainable: false,
 *   kernelInitializer: new initializers.STFT({ side: "real" }),
 * });
 * console.log(real.name);
 * ```
 */
export class STFT extends Initializer {
  static {
    declareOptions(this, stftOptions);
  }

  /**
   * Takes the part, the window and its scaling; throws {@linkcode ValueError} if one is invalid. Defaults:
   * `side: "real"`, `window: "hann"`, `periodic: false`, `scaling: "density"`.
   */
  constructor(options: STFTOptions = {}) {
    super(options);
  }

  /** The kernel; throws {@linkcode ShapeError} if the shape or the window does not fit frames. */
  fill(shape: Shape): ArrayLike<number> {
    const [length, channels, frequencies] = shape;
    if (shape.length !== 3 || channels !== 1 || frequencies < 2) {
      throw new ShapeError({
        what: "Cannot initialize with STFT",
        rule: "it needs a shape [frame length, 1, frequencies], of at least two frequencies",
        received: formatShape(shape),
        hint: "use it for a Conv1D of one channel",
      });
    }
    const window = typeof this.window === "string" ? windowOf(this.window, length, this.periodic) : this.window;
    if (window && window.length !== length) {
      throw new ShapeError({
        what: "Cannot initialize with STFT",
        rule: `the window must have a number for each of the ${length} places of a frame`,
        received: String(window.length),
        hint: 'name a window, as in "hann"',
      });
    }
    const total = (of: (x: number) => number) => window ? window.reduce((sum, x) => sum + of(x), 0) : 1;
    const scale = !window || this.scaling === null
      ? 1
      : this.scaling === "density"
      ? Math.sqrt(total((x) => x * x))
      : total(Math.abs);
    const values = new Float64Array(length * frequencies);
    for (let place = 0; place < length; place++) {
      for (let k = 0; k < frequencies; k++) {
        const angle = (-Math.PI * place * k) / (frequencies - 1);
        const wave = this.side === "real" ? Math.cos(angle) : Math.sin(angle);
        values[place * frequencies + k] = (wave * (window?.[place] ?? 1)) / scale;
      }
    }
    return values;
  }
}
