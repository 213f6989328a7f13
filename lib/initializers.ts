// Initializers: the first values of weights, drawn on the host in float64, so that they are equal on every backend.
import type { Config, FunctionNode, ObjectNode } from "./config.ts";
import { makeArray } from "./dtype.ts";
import { ShapeError, unknownIdentifier, ValueError } from "./errors.ts";
import { checkOptions, describe } from "./options.ts";
import { drawingPath, hashPath, purposes, randomSeed, RandomStream } from "./random.ts";
import { functionNode, objectNode } from "./registry.ts";
import { formatShape, normalizeAxis, type Shape, sizeOf } from "./shape.ts";
import { Tensor, tensor, type TensorLike } from "./tensor/tensor.ts";

/** Options of initializers that draw. */
export interface SeedOptions {
  /** Draws the same values at each call; without it, by `setRandomSeed` and the place of the weight in its model. */
  seed?: number | null;
}

/**
 * The base of initializers: extend it with your own `fill`. See https://keras.io/api/layers/initializers/.
 *
 * @example An initializer of one's own
 * ```ts
 * import { initializers, layers } from "./mod.ts";
 * class Alternating extends initializers.Initializer {
 *   fill(shape: readonly number[]) {
 *     const size = shape.reduce((a, b) => a * b, 1);
 *     return Array.from({ length: size }, (_, i) => (i % 2 ? -1 : 1));
 *   }
 * }
 * const dense = new layers.Dense(3, { kernelInitializer: new Alternating() });
 * console.log(dense.name);
 * ```
 */
export abstract class Initializer {
  /** The seed, where the initializer has its own. */
  readonly seed: number | null = null;

  /** The elements of a weight of `shape`, in row-major order. */
  abstract fill(shape: Shape, stream: RandomStream): ArrayLike<number>;

  /** A float32 tensor of `shape`. */
  call(shape: Shape): Tensor {
    const stream = this.seed === null
      ? new RandomStream(randomSeed(), hashPath(drawingPath()), purposes.weights)
      : new RandomStream(this.seed | 0, hashPath("initializer"), purposes.weights);
    return new Tensor(shape, "float32", makeArray("float32", this.fill(shape, stream)));
  }

  /** The arguments as Keras's config. */
  getConfig(): Config {
    return {};
  }

  /** The initializer as it stands in a layer's config. */
  serialize(): ObjectNode | FunctionNode {
    return objectNode(this);
  }
}

/** All elements 0. */
export class Zeros extends Initializer {
  /** Zeros of `shape`. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape));
  }
}

/** All elements 1. */
export class Ones extends Initializer {
  /** Ones of `shape`. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape)).fill(1);
  }
}

/** All elements `value` (0 by default). */
export class Constant extends Initializer {
  /** Takes the value of every element. */
  constructor(readonly value = 0) {
    super();
  }
  /** The value, as often as `shape` has elements. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape)).fill(this.value);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { value: this.value };
  }
}

/** `gain` (1 by default) on the diagonal, else 0; for matrices only. */
export class Identity extends Initializer {
  /** Takes the value on the diagonal. */
  constructor(readonly gain = 1) {
    super();
  }
  /** The matrix; throws {@linkcode ShapeError} where `shape` has not two axes. */
  fill(shape: Shape): ArrayLike<number> {
    if (shape.length !== 2) throw matrixNeeded("Identity", "a shape of two axes", shape);
    const values = new Float64Array(sizeOf(shape));
    for (let i = 0; i < Math.min(shape[0], shape[1]); i++) values[i * shape[1] + i] = this.gain;
    return values;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    // Keras writes none, and so makes 1 of any gain.
    return this.gain === 1 ? {} : { gain: this.gain };
  }
}

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

/** A function of a shape that gives the values of a weight. */
export type InitializerFunction = (shape: Shape) => TensorLike;

const named = {
  zeros: () => new Zeros(),
  ones: () => new Ones(),
  constant: () => new Constant(),
  identity: () => new Identity(),
  random_uniform: () => new RandomUniform(),
  random_normal: () => new RandomNormal(),
  truncated_normal: () => new TruncatedNormal(),
  variance_scaling: () => new VarianceScaling(),
  glorot_uniform: () => new GlorotUniform(),
  glorot_normal: () => new GlorotNormal(),
  he_uniform: () => new HeUniform(),
  he_normal: () => new HeNormal(),
  lecun_uniform: () => new LecunUniform(),
  lecun_normal: () => new LecunNormal(),
  orthogonal: () => new Orthogonal(),
  uniform: () => new RandomUniform(),
  normal: () => new RandomNormal(),
  zero: () => new Zeros(),
  one: () => new Ones(),
} as const satisfies Record<InitializerName, () => Initializer>;

/** The names of the initializers, as Keras spells them. */
export type InitializerName =
  | "zeros"
  | "ones"
  | "constant"
  | "identity"
  | "random_uniform"
  | "random_normal"
  | "truncated_normal"
  | "variance_scaling"
  | "glorot_uniform"
  | "glorot_normal"
  | "he_uniform"
  | "he_normal"
  | "lecun_uniform"
  | "lecun_normal"
  | "orthogonal"
  | "uniform"
  | "normal"
  | "zero"
  | "one";
/** An initializer by name, as an object, or as a function of the shape. */
export type InitializerIdentifier = InitializerName | Initializer | InitializerFunction;

class FromFunction extends Initializer {
  constructor(readonly fn: InitializerFunction) {
    super();
  }
  fill(shape: Shape): ArrayLike<number> {
    const made = tensor(this.fn(shape));
    if (made.size !== sizeOf(shape)) {
      throw new ShapeError({
        what: `Cannot use ${describe(this.fn)} as an initializer`,
        rule: `it must return ${sizeOf(shape)} elements for the shape ${formatShape(shape)}`,
        received: formatShape(made.shape),
        mend: "fill the shape that it is called with",
      });
    }
    return made.data;
  }
  override serialize(): FunctionNode {
    return functionNode(this.fn);
  }
}

/** The initializer that an identifier names; throws {@linkcode ValueError} with a suggestion for an unknown name. */
export function getInitializer(identifier: InitializerIdentifier, where?: string): Initializer {
  if (identifier instanceof Initializer) return identifier;
  if (typeof identifier === "function") {
    if (!(identifier.prototype instanceof Initializer)) return new FromFunction(identifier);
    throw new ValueError({
      what: where ?? "Unknown initializer",
      rule: "an initializer must be a name, an object or a function",
      received: describe(identifier),
      mend: `write new initializers.${identifier.name}()`,
    });
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown initializer",
      rule: "an initializer must be a name, an object or a function",
      received: describe(identifier),
      mend: 'write it as in kernelInitializer: "he_normal"',
    });
  }
  const name: string = identifier;
  const snake = name.replace(/(?<=[a-z0-9])([A-Z])/g, "_$1").toLowerCase();
  const make = (named as Record<string, (() => Initializer) | undefined>)[Object.hasOwn(named, name) ? name : snake];
  if (!make || !Object.hasOwn(named, snake)) throw unknownIdentifier("initializer", name, Object.keys(named), where);
  return make();
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

function matrixNeeded(name: string, needed: string, shape: Shape): ShapeError {
  return new ShapeError({ what: `Cannot draw ${name}`, rule: `it needs ${needed}`, received: formatShape(shape) });
}
