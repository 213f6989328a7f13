// Random initializers: uniform, normal, scaled by a weight's fans, orthogonal.
// https://keras.io/api/layers/initializers/
import { ValueError } from "../errors.ts";
import { choice, isInteger, number } from "../option_kinds.ts";
import { declareOptions, describe, nullable, option, type OptionFields, optionTable } from "../options.ts";
import { type RandomStream, uniformDrawing } from "../random_stream.ts";
import { checkShape, isListOf, normalizeAxis, numbersOf, type Shape, sizeOf } from "../shape.ts";
import type { Drawing } from "../tensor/variable.ts";
import { Initializer, matrixNeeded, seedOption, type SeedOptions, weightStream } from "./initializer.ts";

/** Options of {@linkcode RandomUniform}. */
export interface RandomUniformOptions extends SeedOptions {
  /** The lower bound; -0.05 by default. */
  minval?: number;
  /** The upper bound; 0.05 by default. */
  maxval?: number;
}

const randomUniformOptions = optionTable<RandomUniformOptions>()({
  seed: seedOption,
  minval: number(-0.05),
  maxval: number(0.05),
});

/** The options, checked and completed. */
export interface RandomUniform extends OptionFields<RandomUniformOptions, typeof randomUniformOptions> {}

/** Uniform between `minval` (-0.05 by default) and `maxval` (0.05). */
export class RandomUniform extends Initializer {
  static {
    declareOptions(this, randomUniformOptions);
  }

  /** Takes the bounds and the seed. Defaults: `seed: null`, `minval: -0.05`, `maxval: 0.05`. */
  constructor(options: RandomUniformOptions = {}) {
    super(options);
  }

  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawUniform(sizeOf(shape), this.minval, this.maxval, stream);
  }
}

/** Options of {@linkcode RandomNormal}. */
export interface RandomNormalOptions extends SeedOptions {
  /** The mean; 0 by default. */
  mean?: number;
  /** The standard deviation; 0.05 by default. */
  stddev?: number;
}

const randomNormalOptions = optionTable<RandomNormalOptions>()({
  seed: seedOption,
  mean: number(0),
  stddev: number(0.05),
});

/** The options, checked and completed. */
export interface RandomNormal extends OptionFields<RandomNormalOptions, typeof randomNormalOptions> {}

/** Normal with `mean` (0 by default) and `stddev` (0.05). */
export class RandomNormal extends Initializer {
  static {
    declareOptions(this, randomNormalOptions);
  }

  /** Takes mean, standard deviation and seed. Defaults: `seed: null`, `mean: 0`, `stddev: 0.05`. */
  constructor(options: RandomNormalOptions = {}) {
    super(options);
  }

  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawNormal(sizeOf(shape), this.mean, this.stddev, stream);
  }
}

/** Like {@linkcode RandomNormal}, but redraws values beyond two standard deviations. */
export class TruncatedNormal extends RandomNormal {
  /** The drawn elements. */
  override fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    return drawTruncated(sizeOf(shape), this.mean, this.stddev, stream);
  }
}

/** The fan that a {@linkcode VarianceScaling} divides its scale by. */
export type FanMode = "fan_in" | "fan_out" | "fan_avg";
/** The distribution that a {@linkcode VarianceScaling} draws from. */
export type ScalingDistribution = "truncated_normal" | "untruncated_normal" | "uniform";

/** Options of initializers that scale by the fans of a weight. */
export interface FanOptions extends SeedOptions {
  /** The axes of the inputs, for weights with another layout; used with `outputAxes`. */
  inputAxes?: readonly number[] | null;
  /** The axes of the outputs; used with `inputAxes`. */
  outputAxes?: readonly number[] | null;
}

/** Options of {@linkcode VarianceScaling}. */
export interface VarianceScalingOptions extends FanOptions {
  /** The variance times the fan; 1 by default. */
  scale?: number;
  /** The fan that the scale is divided by: `fan_in` by default. */
  mode?: FanMode;
  /** The distribution: `truncated_normal` by default; `normal` is an alias of it. */
  distribution?: ScalingDistribution | "normal";
}

const axesOption = nullable(option<readonly number[]>({
  read: (given, { what, option }) => {
    if (isListOf(given, isInteger)) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a list of whole numbers`,
      received: describe(given),
      hint: "leave it out for weights whose last two axes are those of inputs and outputs",
    });
  },
}));

const fanOptions = optionTable<FanOptions>()({ seed: seedOption, inputAxes: axesOption, outputAxes: axesOption });

const distributions = ["truncated_normal", "untruncated_normal", "uniform", "normal"] as const;

const varianceScalingOptions = optionTable<VarianceScalingOptions>()({
  seed: seedOption,
  scale: option<number>({
    fallback: 1,
    read: (given, { what }) => {
      if (typeof given === "number" && given > 0) return given;
      throw new ValueError({ what, rule: "scale must be above 0", received: describe(given) });
    },
  }),
  mode: choice<FanMode>(["fan_in", "fan_out", "fan_avg"]),
  distribution: option<ScalingDistribution>({
    ...choice(distributions),
    read: (given, place) => {
      const name = choice(distributions).read(given, place);
      return name === "normal" ? "truncated_normal" : name;
    },
  }),
  inputAxes: axesOption,
  outputAxes: axesOption,
});

/** The options, checked and completed. */
export interface VarianceScaling extends OptionFields<VarianceScalingOptions, typeof varianceScalingOptions> {}

/** The standard deviation of a standard normal distribution truncated at plus and minus 2. */
const truncatedDeviation = 0.87962566103423978;

/** Draws with variance `scale` divided by a weight's fan, so that signals keep their size through layers. */
export class VarianceScaling extends Initializer {
  static {
    declareOptions(this, varianceScalingOptions);
  }

  /**
   * Takes scale, fan, distribution and seed. Throws {@linkcode ValueError} if the scale is not above 0. Defaults:
   * `seed: null`, `scale: 1`, `mode: "fan_in"`, `distribution: "truncated_normal"`, `inputAxes: null`,
   * `outputAxes: null`.
   */
  constructor(options: VarianceScalingOptions = {}) {
    super(options);
  }

  /** The same initializer for a weight with these axes of inputs and outputs. */
  withAxes(inputAxes: readonly number[], outputAxes: readonly number[]): VarianceScaling {
    const { seed, scale, mode, distribution } = this;
    return new VarianceScaling({ seed, scale, mode, distribution, inputAxes, outputAxes });
  }

  /** The drawn elements. */
  fill(shape: Shape, stream: RandomStream): ArrayLike<number> {
    const size = sizeOf(shape);
    const variance = varianceFor(this, shape);
    if (this.distribution === "uniform") {
      const limit = uniformLimit(variance);
      return drawUniform(size, -limit, limit, stream);
    }
    const deviation = Math.sqrt(variance);
    return this.distribution === "untruncated_normal"
      ? drawNormal(size, 0, deviation, stream)
      : drawTruncated(size, 0, deviation / truncatedDeviation, stream);
  }
}

/** The variance of the elements of a weight of `shape`. */
function varianceFor({ scale, mode, inputAxes, outputAxes }: VarianceScaling, shape: Shape): number {
  const [fanIn, fanOut] = fansOf(shape, inputAxes, outputAxes);
  const fan = mode === "fan_in" ? fanIn : mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
  return scale / Math.max(1, fan);
}

/** The bound of uniform numbers around 0 with a variance. */
const uniformLimit = (variance: number) => Math.sqrt(3 * variance);

/** A scaling with scale, fan and distribution fixed by the class: its config has only seed and axes. */
abstract class FixedScaling extends VarianceScaling {
  static {
    declareOptions(this, fanOptions);
  }

  /** The variance times the fan. */
  abstract override readonly scale: number;
  /** The fan that the scale is divided by. */
  abstract override readonly mode: FanMode;
  /** The distribution. */
  abstract override readonly distribution: ScalingDistribution;

  /** Takes the seed and the axes of the fans. */
  constructor(options: FanOptions = {}) {
    super(options);
  }
}

/** Uniform within the root of 6 / (fan in + fan out). Glorot and Bengio, 2010. */
export class GlorotUniform extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 1;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_avg";
  /** The distribution. */
  override readonly distribution = "uniform";
}
/** Truncated normal with variance 2 / (fan in + fan out). Glorot and Bengio, 2010. */
export class GlorotNormal extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 1;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_avg";
  /** The distribution. */
  override readonly distribution = "truncated_normal";
}
/** Uniform within the root of 6 / fan in. He et al., 2015. */
export class HeUniform extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 2;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_in";
  /** The distribution. */
  override readonly distribution = "uniform";
}
/** Truncated normal with variance 2 / fan in. He et al., 2015. */
export class HeNormal extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 2;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_in";
  /** The distribution. */
  override readonly distribution = "truncated_normal";
}
/** Uniform within the root of 3 / fan in. LeCun et al., 1998. */
export class LecunUniform extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 1;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_in";
  /** The distribution. */
  override readonly distribution = "uniform";
}
/** Truncated normal with variance 1 / fan in. LeCun et al., 1998. */
export class LecunNormal extends FixedScaling {
  /** The variance times the fan. */
  override readonly scale = 1;
  /** The fan that the scale is divided by. */
  override readonly mode = "fan_in";
  /** The distribution. */
  override readonly distribution = "truncated_normal";
}

/** Options of {@linkcode Orthogonal}. */
export interface OrthogonalOptions extends SeedOptions {
  /** The length of the columns; 1 by default. */
  gain?: number;
}

const orthogonalOptions = optionTable<OrthogonalOptions>()({ seed: seedOption, gain: number(1) });

/** The options, checked and completed. */
export interface Orthogonal extends OptionFields<OrthogonalOptions, typeof orthogonalOptions> {}

/** A matrix with orthogonal columns (or rows, if it is wide) of length `gain`. Saxe et al., 2014. */
export class Orthogonal extends Initializer {
  static {
    declareOptions(this, orthogonalOptions);
  }

  /** Takes the length of the columns and the seed. Defaults: `seed: null`, `gain: 1`. */
  constructor(options: OrthogonalOptions = {}) {
    super(options);
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
}

/**
 * `[fan in, fan out]` of a weight: for rank 1 both are its size; else the last two axes, times the product of the
 * earlier ones. If the axes of both are given, the products of their extents.
 */
export function fansOf(
  shape: Shape,
  inputAxes: readonly number[] | null = null,
  outputAxes: readonly number[] | null = null,
): [number, number] {
  const what = "take the fans of a weight";
  checkShape(shape, `Cannot ${what}`);
  if (inputAxes && outputAxes) {
    const extents = (axes: readonly number[]) =>
      sizeOf(numbersOf(axes, "axes", what).map((axis) => shape[normalizeAxis(axis, shape.length, what)]));
    return [extents(inputAxes), extents(outputAxes)];
  }
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const field = sizeOf(shape.slice(0, -2));
  return [shape[shape.length - 2] * field, shape[shape.length - 1] * field];
}

/**
 * What an initializer gives a weight of `shape`, to be drawn where it is first needed; undefined where it is not uniform
 * numbers, or where a class or an object of the user's draws them in its own way.
 */
export function drawingFor(initializer: Initializer, shape: Shape): Drawing | undefined {
  if (initializer.call !== Initializer.prototype.call) return undefined;
  const drawn = (low: number, high: number) => uniformDrawing(weightStream(initializer.seed), low, high);
  if (initializer instanceof RandomUniform && initializer.fill === RandomUniform.prototype.fill) {
    return drawn(initializer.minval, initializer.maxval);
  }
  if (initializer instanceof VarianceScaling && initializer.fill === VarianceScaling.prototype.fill) {
    if (initializer.distribution !== "uniform") return undefined;
    const limit = uniformLimit(varianceFor(initializer, shape));
    return drawn(-limit, limit);
  }
  return undefined;
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

/** Orthonormal columns by Gram-Schmidt, each orthogonalized twice; column `j` starts at `j * rows`. */
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
