// Layers that prepare data in the model. https://keras.io/api/layers/preprocessing_layers/
import type { ConfigValue } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add, broadcastTo, cast, divide, maximum, multiply, reshape, sqrt, subtract } from "../ops/primitives.ts";
import { boolean, isInteger, maxCopies } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, option, optionTable, positional } from "../options.ts";
import { formatShape, isListOf, normalizeAxis, sameShape, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { epsilon } from "../config.ts";
import { hostValue } from "../tensor/variable.ts";
import { Tensor, tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { describeList, ShapeError, StateError, ValueError } from "../errors.ts";
import {
  adapt,
  type AdaptOptions,
  type AsyncDataBatches,
  type DataBatches,
  declareLearner,
  type Learner,
} from "./adapting.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { computed } from "./preparing.ts";
import type { Weight } from "./weight.ts";

/** Options of {@linkcode Rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** Added after scaling, one number or one per channel; 0 by default. */
  offset?: number | readonly number[];
}

/** A number, or one per channel. */
const perChannel = (fallback?: number): Option<number | readonly number[]> =>
  option<number | readonly number[]>({
    ...(fallback !== undefined && { fallback }),
    read: (given, { whatNamed, option }) => {
      const isNumber = (item: unknown): item is number => typeof item === "number" && !Number.isNaN(item);
      if (isNumber(given)) return given;
      if (Array.isArray(given) && given.length <= maxCopies && Array.from(given).every(isNumber)) return [...given];
      throw new ValueError({
        what: whatNamed,
        rule: `${option} must be a number, or a list of one for each channel`,
        received: describeList(given),
        hint: "write it as in new Rescaling(1 / 255)",
      });
    },
  });

const rescalingOptions = optionTable<RescalingOptions>()({
  ...layerOptions,
  /** The factor, one number or one per channel. */
  scale: positional(perChannel()),
  offset: perChannel(0),
});

/** The options, checked and completed. */
export interface Rescaling extends LayerFields<RescalingOptions, typeof rescalingOptions> {}

/**
 * `x * scale + offset` in float32, in training and inference.
 *
 * @example Bytes to numbers from 0 to 1
 * ```ts
 * import { Input, layers, Sequential, tensor } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [2], dtype: "uint8" }), new layers.Rescaling(1 / 255)]);
 * console.log((await model.predict(tensor([[0, 255]]), { verbose: 0 })).toArray()); // [ [ 0, 1 ] ]
 * ```
 */
export class Rescaling extends Layer {
  static {
    declareOptions(this, rescalingOptions);
  }
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /**
   * Takes the scale. Throws {@linkcode ValueError} if it is neither a number nor a list of numbers. Defaults:
   * `offset: 0`.
   */
  constructor(scale: number | readonly number[], options: RescalingOptions = {}) {
    super(options, { scale });
  }

  /** The scaled input. */
  call(x: Value): Value {
    const operand = (value: number | readonly number[]) => (typeof value === "number" ? value : tensor(value));
    const scaled = multiply(cast(x, "float32"), operand(this.scale));
    return this.offset === 0 ? scaled : add(scaled, operand(this.offset));
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

/** Options of {@linkcode Normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /** The axes along which each index has its own mean; the last by default, null for one mean of everything. */
  axis?: number | readonly number[] | null;
  /** The means, if not learned by `adapt`: one number, or one for each index along the axes. */
  mean?: TensorLike | null;
  /** The variances that go with the means. */
  variance?: TensorLike | null;
  /** Whether to invert the normalization: `x * sqrt(variance) + mean`; false by default. */
  invert?: boolean;
}

const axesOrNull = option<readonly number[]>({
  fallback: -1,
  nullable: true,
  read: (given, { whatNamed, option }) => {
    if (given === null) return [];
    if (isInteger(given)) return [given];
    if (isListOf(given, isInteger)) return [...given];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an integer, a list of integers, or null`,
      received: describeList(given),
      hint: "give -1 for the last axis",
    });
  },
});

/** The statistics as given, for configs: rounding to float32 changes their digits. */
const asGiven = new WeakMap<Tensor, ConfigValue>();

/** A copy of tensors and nested arrays as nested arrays. */
function copyOf(given: unknown): ConfigValue {
  if (given instanceof Tensor) return copyOf(given.toArray());
  return typeof given === "object" ? Array.from(given as ArrayLike<unknown>, copyOf) : given as number;
}

const statistics = nullable(option<Tensor>({
  read: (given, { whatNamed, option }) => {
    const kept = toTensor(given as TensorLike, whatNamed, option, "float32");
    asGiven.set(kept, copyOf(given));
    return kept;
  },
  write: (kept) => asGiven.get(kept) ?? null,
}));

const normalizationOptions = optionTable<NormalizationOptions>()({
  ...layerOptions,
  axis: axesOrNull,
  invert: boolean(false),
  mean: { ...statistics, field: "inputMean" },
  variance: { ...statistics, field: "inputVariance" },
});

/** The options, checked and completed. */
export interface Normalization extends
  LayerFields<
    Omit<NormalizationOptions, "mean" | "variance">,
    Omit<typeof normalizationOptions, "mean" | "variance">
  > {
  /** The means given to the constructor, which configs have; null for those of `adapt`. */
  readonly inputMean: Tensor | null;
  /** The variances given to the constructor. */
  readonly inputVariance: Tensor | null;
}

/**
 * `(x - mean) / sqrt(variance)` in float32, in training and inference; the divisor is at least `config.epsilon()`.
 * Means and variances are given, or computed by `adapt` from data.
 *
 * @example Features of mean 0 and variance 1
 * ```ts
 * import { layers, Sequential, tensor } from "./mod.ts";
 * const x = tensor([[1, 200], [3, 600]]);
 * const normalization = new layers.Normalization();
 * normalization.adapt(x);
 * const model = new Sequential([normalization]);
 * console.log((await model.predict(x, { verbose: 0 })).toArray()); // [ [ -1, -1 ], [ 1, 1 ] ]
 * ```
 */
export class Normalization extends Layer {
  static {
    declareOptions(this, normalizationOptions);
    declareLearner(this, (layer: Normalization, what) => layer.#learner(what));
  }
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;
  /** The axes counted from the front, in order. */
  #kept: readonly number[] = [];
  /** The input's shape, with 1 for the other axes. */
  #broadcast: Shape = [];
  #means: Weight | undefined;
  #variances: Weight | undefined;

  /**
   * Takes the options. Throws {@linkcode ValueError} if only one of mean and variance is given, and {@linkcode
   * ShapeError} if their shapes differ or have more axes than `axis` names. Defaults: `axis: -1`, `invert: false`,
   * `mean: null`, `variance: null`.
   */
  constructor(options: NormalizationOptions = {}) {
    super(options);
    const { axis, inputMean: mean, inputVariance: variance } = this;
    const what = `Cannot make "${this.name}"`;
    if ((mean === null) !== (variance === null)) {
      throw new ValueError({
        what,
        rule: "mean and variance are given together",
        received: `${mean === null ? "variance" : "mean"} alone`,
        hint: "give both, or none and call adapt(data)",
      });
    }
    if (!mean || !variance || (sameShape(mean.shape, variance.shape) && mean.shape.length <= axis.length)) return;
    throw new ShapeError({
      what,
      rule: `mean and variance must have one shape of at most ${axis.length} axes, as axis names them`,
      received: `${formatShape(mean.shape)} and ${formatShape(variance.shape)}`,
      hint: "give one number, or one for each place along the axes",
    });
  }

  /** Makes the weights, unless means and variances were given. */
  override build(shape: SymbolicShape): void {
    const what = `Cannot build "${this.name}"`;
    this.#kept = this.#keptOf(shape, what);
    const extents = this.#kept.map((axis) => shape[axis]);
    if (extents.includes(null)) {
      throw new ShapeError({
        what,
        rule: `the axes ${formatShape(this.axis)} must have known extents`,
        received: formatShape(shape),
        hint: "give Input a full shape, or name other axes",
      });
    }
    this.#broadcast = shape.map((extent, axis) => (this.#kept.includes(axis) ? extent! : 1));
    // One mean of everything fits inputs of any rank.
    if (this.#kept.length > 0) {
      this.inputSpec = { rank: shape.length, axes: Object.fromEntries(this.#kept.map((axis) => [axis, shape[axis]!])) };
    }
    const { inputMean: mean } = this;
    if (mean) {
      const fits = mean.shape.every((extent, i) =>
        [1, extents[extents.length - mean.shape.length + i]].includes(extent)
      );
      if (fits) return;
      throw new ShapeError({
        what,
        rule: `mean and variance must broadcast to the extents ${formatShape(extents)} of the axes`,
        received: formatShape(mean.shape),
        hint: "give one number for each place along the axes",
      });
    }
    const weight = (name: string, initializer: "zeros" | "ones", extents: Shape, dtype: "float32" | "int32") =>
      this.addWeight({ name, shape: extents, initializer, dtype, trainable: false });
    this.#means = weight("mean", "zeros", extents as Shape, "float32");
    this.#variances = weight("variance", "ones", extents as Shape, "float32");
    // Keras has a count that nothing changes; files contain it.
    weight("count", "zeros", [], "int32");
  }

  /**
   * Computes means and variances from data: a tensor, nested arrays, or batches of these (or of pairs with targets,
   * which are ignored), of which `steps` are taken if given. Call it before compiling or fitting the model. Throws
   * {@linkcode StateError} if means were given to the constructor, {@linkcode ShapeError} or {@linkcode ValueError} for
   * invalid data; then the layer is as it was.
   *
   * @example Batches that come asynchronously
   * ```ts
   * import { layers, tensor } from "./mod.ts";
   * const normalization = new layers.Normalization();
   * await normalization.adapt(async function* () {
   *   yield tensor([[1, 200]]);
   *   yield tensor([[3, 600]]);
   * });
   * console.log(normalization.mean?.toArray()); // [ [ 2, 400 ] ]
   * ```
   */
  adapt(data: TensorLike | DataBatches, options?: AdaptOptions): void;
  /** Computes means and variances from batches that come asynchronously. */
  adapt(data: AsyncDataBatches, options?: AdaptOptions): Promise<void>;
  adapt(data: unknown, options: AdaptOptions = {}): void | Promise<void> {
    return adapt(this, data, options);
  }

  #learner(what: string): Learner<Tensor> {
    if (this.inputMean) {
      throw new StateError({
        what,
        rule: "its mean and variance were given when it was made",
        hint: "leave them out to learn them from data",
      });
    }
    const sums = new Moments();
    let first: Shape | undefined;
    return {
      read: (batch, name) => toTensor(batch as TensorLike, what, name, "float32"),
      add: (batch) => {
        const { shape } = batch;
        if (this.built) this.checkInput(shape);
        const kept = this.#keptOf(shape, what);
        first ??= shape;
        if (kept.length > 0) requireAlike(shape, first, kept, what);
        sums.add(batch, kept);
      },
      end: () => {
        if (sums.count === 0) {
          throw new ValueError({
            what,
            rule: "there must be data",
            received: "none",
            hint: "give at least one sample",
          });
        }
        return () => {
          this.ensureBuilt(first!.length > 0 ? [null, ...first!.slice(1)] : first!);
          this.#means!.assign(new Tensor(this.#means!.shape, "float32", Float32Array.from(sums.mean)));
          this.#variances!.assign(new Tensor(this.#variances!.shape, "float32", Float32Array.from(sums.variance)));
        };
      },
    };
  }

  /** The axes counted from the front, in order. */
  #keptOf(shape: SymbolicShape, what: string): readonly number[] {
    return this.axis.map((axis) => normalizeAxis(axis, shape.length, what)).sort((a, b) => a - b);
  }

  /**
   * The means in use, with the rank of the input and 1 for the axes that share one: those given, or those that `adapt`
   * computed; 0 before. Before the layer is built those given, if any. As Keras's attribute.
   */
  get mean(): Tensor | null {
    return this.#inUse(this.inputMean, this.#means);
  }

  /** The variances in use, as {@linkcode Normalization.mean}; 1 before `adapt`. */
  get variance(): Tensor | null {
    return this.#inUse(this.inputVariance, this.#variances);
  }

  #inUse(given: Tensor | null, learned: Weight | undefined): Tensor | null {
    if (!this.built) return given;
    const extents = this.#broadcast.filter((_, axis) => this.#kept.includes(axis));
    const found = learned ? hostValue(learned) : computed([given!], ([value]) => broadcastTo(value, extents));
    return found.reshape(this.#broadcast);
  }

  /** The normalized input; with `invert` the input whose normalization it is. */
  call(x: Value): Value {
    const broadcast = x.shape.map((extent, axis) => (this.#kept.includes(axis) ? extent : 1));
    const spread = (given: Tensor | Weight) => {
      const extents = this.#kept.map((axis) => x.shape[axis]);
      return reshape(given instanceof Tensor ? broadcastTo(given, extents) : given.value(), broadcast);
    };
    const mean = spread(this.inputMean ?? this.#means!);
    const deviation = maximum(sqrt(spread(this.inputVariance ?? this.#variances!)), epsilon());
    const input = cast(x, "float32");
    return this.invert ? add(mean, multiply(input, deviation)) : divide(subtract(input, mean), deviation);
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

/** Throws {@linkcode ShapeError} for a batch whose axes with means are not those of the first. */
function requireAlike(shape: Shape, first: Shape, kept: readonly number[], what: string): void {
  if (shape.length === first.length && kept.every((axis) => shape[axis] === first[axis])) return;
  throw new ShapeError({
    what,
    rule: `batches must have the rank of the first, ${formatShape(first)}, and its extents along the axes of the means`,
    received: formatShape(shape),
    hint: "give batches of one kind of data",
  });
}

/** Running means and variances, in float64. */
class Moments {
  /** The number of elements in each mean. */
  count = 0;
  /** The means. */
  mean: Float64Array = new Float64Array();
  /** The mean squared distances from the means. */
  variance: Float64Array = new Float64Array();

  /** Adds the elements of a batch, with one mean for each index along the axes `kept`. */
  add({ shape, data }: Tensor, kept: readonly number[]): void {
    const means = sizeOf(kept.map((axis) => shape[axis]));
    const added = data.length / Math.max(1, means);
    if (added === 0) return;
    const [sum, squares] = [new Float64Array(means), new Float64Array(means)];
    const places = placesOf(shape, kept);
    data.forEach((x, i) => (sum[places[i % places.length]] += x));
    const mean = sum.map((total) => total / added);
    data.forEach((x, i) => (squares[places[i % places.length]] += (x - mean[places[i % places.length]]) ** 2));
    const before = this.count;
    this.count += added;
    const old = before > 0 ? this : { mean, variance: new Float64Array(means) };
    const part = added / this.count;
    this.variance = old.variance.map((v, j) =>
      v * (1 - part) + (squares[j] / added) * part + part * (1 - part) * (mean[j] - old.mean[j]) ** 2
    );
    this.mean = old.mean.map((m, j) => m * (1 - part) + mean[j] * part);
  }
}

/** The index of each element's mean; for the first sample only, if it is the same for all. */
function placesOf(shape: Shape, kept: readonly number[]): Int32Array {
  const axes = kept.map((axis, k) => ({
    extent: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
    stride: sizeOf(kept.slice(k + 1).map((other) => shape[other])),
  }));
  return Int32Array.from(
    { length: sizeOf(kept[0] === 0 ? shape : shape.slice(1)) },
    (_, i) => axes.reduce((at, { extent, inner, stride }) => at + (Math.floor(i / inner) % extent) * stride, 0),
  );
}
