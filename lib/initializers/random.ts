// Initializers that draw: uniform, normal, by the fans of a weight, orthogonal. https://keras.io/api/layers/initializers/
import type { Config } from "../json_config.ts";
import { unknownIdentifier, ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { RandomStream } from "../random_stream.ts";
import { normalizeAxis, type Shape, sizeOf } from "../shape.ts";
import { Initializer, matrixNeeded, type SeedOptions } from "./initializer.ts";

/** Uniform between `minval` (-0.05 by default) and `maxval` (0.05). */
export class RandomUniform extends Initializer {
  /** The seed, where the initializer has its own. */
  override readonly seed: number | null;
  /** The lower bound. */
  readonly minval: number;
  /** The upper bound. */
  readonly maxval: number;
  /** Takes the bounds and the seed. */
  constructor(options: SeedOptions & { minval?: number; maxval?: number } = {}) {
    checkOptions("RandomUniform", options, ["minval", "maxval", "seed"]);
    super();
    ({ minval: this.minval = -0.05, maxval: this.maxval = 0.05, seed: this.seed = null } = options);
  }
  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawUniform(sizeOf(shape), this.minval, this.maxval, stream);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { seed: this.seed, minval: this.minval, maxval: this.maxval };
  }
}

/** Normal with `mean` (0 by default) and `stddev` (0.05). */
export class RandomNormal extends Initializer {
  /** The seed, where the initializer has its own. */
  override readonly seed: number | null;
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly stddev: number;
  /** Takes mean, standard deviation and seed. */
  constructor(options: SeedOptions & { mean?: number; stddev?: number } = {}) {
    checkOptions(new.target.name, options, ["mean", "stddev", "seed"]);
    super();
    ({ mean: this.mean = 0, stddev: this.stddev = 0.05, seed: this.seed = null } = options);
  }
  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawNormal(sizeOf(shape), this.mean, this.stddev, stream);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { seed: this.seed, mean: this.mean, stddev: this.stddev };
  }
}

/** As {@linkcode RandomNormal}, with values beyond two standard deviations drawn again. */
export class TruncatedNormal extends RandomNormal {
  /** The drawn elements. */
  override fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawTruncated(sizeOf(shape), this.mean, this.stddev, stream);
  }
}

/** What a {@linkcode VarianceScaling} divides its scale by. */
export type FanMode = "fan_in" | "fan_out" | "fan_avg";
/** What a {@linkcode VarianceScaling} draws from. */
export type ScalingDistribution = "truncated_normal" | "untruncated_normal" | "uniform";

/** Options of initializers that scale by the fans of a weight. */
export interface FanOptions extends SeedOptions {
  /** The axes of the inputs, for weights of other layouts; with `outputAxes`. */
  inputAxes?: readonly number[] | null;
  /** The axes of the outputs; with `inputAxes`. */
  outputAxes?: readonly number[] | null;
}

/** Options of {@linkcode VarianceScaling}. */
export interface VarianceScalingOptions extends FanOptions {
  /** The variance times the fan; 1 by default. */
  scale?: number;
  /** Which fan the scale is divided by: `fan_in` by default. */
  mode?: FanMode;
  /** What is drawn from: `truncated_normal` by default; `normal` is another name for it. */
  distribution?: ScalingDistribution | "normal";
}

/** The standard deviation of a standard normal distribution cut at plus and minus 2. */
const truncatedDeviation = 0.87962566103423978;

/** Draws with the variance `scale` over a weight's fan, so that signals keep their size through layers. */
export class VarianceScaling extends Initializer {
  /** The seed, where the initializer has its own. */
  override readonly seed: number | null;
  /** The variance times the fan. */
  readonly scale: number;
  /** Which fan the scale is divided by. */
  readonly mode: FanMode;
  /** What is drawn from. */
  readonly distribution: ScalingDistribution;
  /** The axes of the inputs. */
  readonly inputAxes: readonly number[] | null;
  /** The axes of the outputs. */
  readonly outputAxes: readonly number[] | null;

  /** Takes scale, fan, distribution and seed. Throws {@linkcode ValueError} for a scale that is not above 0. */
  constructor(options: VarianceScalingOptions = {}) {
    checkOptions("VarianceScaling", options, ["scale", "mode", "distribution", "seed", "inputAxes", "outputAxes"]);
    super();
    const { scale = 1, mode = "fan_in", distribution = "truncated_normal", seed = null } = options;
    if (!(scale > 0)) {
      throw new ValueError({
        what: "Cannot make VarianceScaling",
        rule: "scale must be above 0",
        received: String(scale),
      });
    }
    const modes: FanMode[] = ["fan_in", "fan_out", "fan_avg"];
    if (!modes.includes(mode)) throw unknownIdentifier("mode", String(mode), modes, "Cannot make VarianceScaling");
    const distributions = ["truncated_normal", "untruncated_normal", "uniform", "normal"];
    if (!distributions.includes(distribution)) {
      throw unknownIdentifier("distribution", String(distribution), distributions, "Cannot make VarianceScaling");
    }
    this.scale = scale;
    this.mode = mode;
    this.distribution = distribution === "normal" ? "truncated_normal" : distribution;
    this.seed = seed;
    this.inputAxes = options.inputAxes ?? null;
    this.outputAxes = options.outputAxes ?? null;
  }

  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    const [fanIn, fanOut] = fansOf(shape, this.inputAxes, this.outputAxes);
    const fan = this.mode === "fan_in" ? fanIn : this.mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
    const variance = this.scale / Math.max(1, fan);
    const size = sizeOf(shape);
    if (this.distribution === "uniform") {
      const limit = Math.sqrt(3 * variance);
      return drawUniform(size, -limit, limit, stream);
    }
    const deviation = Math.sqrt(variance);
    return this.distribution === "untruncated_normal"
      ? drawNormal(size, 0, deviation, stream)
      : drawTruncated(size, 0, deviation / truncatedDeviation, stream);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { seed, scale, mode, distribution, inputAxes, outputAxes } = this;
    return { seed, scale, mode, distribution, input_axes: inputAxes, output_axes: outputAxes };
  }
}

/** The initializers of fixed scale have only a seed in their config. */
abstract class FixedScaling extends VarianceScaling {
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { seed: this.seed, input_axes: this.inputAxes, output_axes: this.outputAxes };
  }
}

/** Uniform within the root of 6 / (fan in + fan out). Glorot and Bengio, 2010. */
export class GlorotUniform extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("GlorotUniform", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 1, mode: "fan_avg", distribution: "uniform", ...options });
  }
}
/** Truncated normal with variance 2 / (fan in + fan out). Glorot and Bengio, 2010. */
export class GlorotNormal extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("GlorotNormal", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 1, mode: "fan_avg", ...options });
  }
}
/** Uniform within the root of 6 / fan in. He et al., 2015. */
export class HeUniform extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("HeUniform", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 2, distribution: "uniform", ...options });
  }
}
/** Truncated normal with variance 2 / fan in. He et al., 2015. */
export class HeNormal extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("HeNormal", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 2, ...options });
  }
}
/** Uniform within the root of 3 / fan in. LeCun et al., 1998. */
export class LecunUniform extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("LecunUniform", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 1, distribution: "uniform", ...options });
  }
}
/** Truncated normal with variance 1 / fan in. LeCun et al., 1998. */
export class LecunNormal extends FixedScaling {
  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    checkOptions("LecunNormal", options, ["seed", "inputAxes", "outputAxes"]);
    super({ scale: 1, ...options });
  }
}

/** A matrix with orthogonal columns (rows, where it is wide) of length `gain`. Saxe et al., 2014. */
export class Orthogonal extends Initializer {
  /** The seed, where the initializer has its own. */
  override readonly seed: number | null;
  /** The length of the columns. */
  readonly gain: number;
  /** Takes the length of the columns and the seed. */
  constructor(options: SeedOptions & { gain?: number } = {}) {
    checkOptions("Orthogonal", options, ["gain", "seed"]);
    super();
    ({ gain: this.gain = 1, seed: this.seed = null } = options);
  }
  /** The matrix, with all axes but the last as its rows; throws {@linkcode ShapeError} for fewer than two axes. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    if (shape.length < 2) throw matrixNeeded("Orthogonal", "a shape of at least two axes", shape);
    const columns = shape[shape.length - 1];
    const rows = sizeOf(shape) / columns;
    const [tall, narrow] = [Math.max(rows, columns), Math.min(rows, columns)];
    const basis = orthonormalColumns(drawNormal(tall * narrow, 0, 1, stream), tall, narrow);
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < tall; i++) {
      for (let j = 0; j < narrow; j++) {
        values[rows >= columns ? i * columns + j : j * columns + i] = this.gain * basis[j * tall + i];
      }
    }
    return values;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { seed: this.seed, gain: this.gain };
  }
}

/**
 * `[fan in, fan out]` of a weight: rank 1 both its size; else the last two axes, times the product of those before. Where
 * axes of both are given, the products of their extents.
 */
export function fansOf(
  shape: Shape,
  inputAxes: readonly number[] | null = null,
  outputAxes: readonly number[] | null = null,
): [number, number] {
  if (inputAxes && outputAxes) {
    const extents = (axes: readonly number[]) =>
      sizeOf(axes.map((axis) => shape[normalizeAxis(axis, shape.length, "take the fans of a weight")]));
    return [extents(inputAxes), extents(outputAxes)];
  }
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const field = sizeOf(shape.slice(0, -2));
  return [shape[shape.length - 2] * field, shape[shape.length - 1] * field];
}

function drawUniform(size: number, low: number, high: number, stream: RandomStream): Float64Array {
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) values[i] = low + stream.uniform() * (high - low);
  return values;
}

function drawNormal(size: number, mean: number, deviation: number, stream: RandomStream): Float64Array {
  const values = new Float64Array(size);
  for (let i = 0; i < size; i += 2) {
    const [a, b] = stream.normalPair();
    values[i] = mean + deviation * a;
    if (i + 1 < size) values[i + 1] = mean + deviation * b;
  }
  return values;
}

function drawTruncated(size: number, mean: number, deviation: number, stream: RandomStream): Float64Array {
  const values = new Float64Array(size);
  for (let i = 0; i < size;) {
    for (const x of stream.normalPair()) {
      if (Math.abs(x) <= 2 && i < size) values[i++] = mean + deviation * x;
    }
  }
  return values;
}

/** Orthonormal columns by Gram and Schmidt, each made orthogonal twice; column `j` lies at `j * rows`. */
function orthonormalColumns(normal: Float64Array, rows: number, columns: number): Float64Array {
  for (let j = 0; j < columns; j++) {
    const column = normal.subarray(j * rows, (j + 1) * rows);
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const other = normal.subarray(k * rows, (k + 1) * rows);
        let dot = 0;
        for (let i = 0; i < rows; i++) dot += column[i] * other[i];
        for (let i = 0; i < rows; i++) column[i] -= dot * other[i];
      }
    }
    const norm = Math.sqrt(column.reduce((total, x) => total + x * x, 0));
    for (let i = 0; i < rows; i++) column[i] /= norm;
  }
  return normal;
}
