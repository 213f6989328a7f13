// Layers that normalize values to mean 0 and deviation 1, or to length 1.
// https://keras.io/api/layers/normalization_layers/
import type { ConstraintIdentifier } from "../constraints.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Initializer } from "../initializers/initializer.ts";
import { type InitializerIdentifier, initializerOption } from "../initializers/resolve.ts";
import type { Value } from "../ir/value.ts";
import type { Config } from "../json_config.ts";
import { expandDims, variance as varianceOf } from "../ops/composed.ts";
import { withRule } from "../ops/custom_gradient.ts";
import * as o from "../ops/primitives.ts";
import { boolean, isInteger, maxExtent, number } from "../option_kinds.ts";
import { declareOptions, type Option, option, optionTable, unassigned, unoffered } from "../options.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
import {
  formatShape,
  isKnown,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sizeOf,
  type SymbolicShape,
} from "../shape.ts";
import { epsilon as smallest } from "../config.ts";
import { axesOption, axisOption } from "./axis_options.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { weightOptions, weightSettings } from "./weight_options.ts";

/** Options of layers that scale and shift normalized values by trained weights. */
export interface ScaledOptions extends LayerOptions {
  /** Added to variances, so that none is 0; 0.001 by default. */
  epsilon?: number;
  /** Whether `beta` is added; true by default. */
  center?: boolean;
  /** Whether to multiply by `gamma`; true by default. */
  scale?: boolean;
  /** The initializer of `beta`; `zeros` by default. */
  betaInitializer?: InitializerIdentifier;
  /** The initializer of `gamma`; `ones` by default. */
  gammaInitializer?: InitializerIdentifier;
  /** A penalty on `beta`. */
  betaRegularizer?: RegularizerIdentifier | null;
  /** A penalty on `gamma`. */
  gammaRegularizer?: RegularizerIdentifier | null;
  /** The constraint on `beta`, applied after each step. */
  betaConstraint?: ConstraintIdentifier | null;
  /** The constraint on `gamma`, applied after each step. */
  gammaConstraint?: ConstraintIdentifier | null;
}

const scaledOptions = optionTable<ScaledOptions>()({
  ...layerOptions,
  epsilon: number(1e-3, { min: 0 }),
  center: boolean(true),
  scale: boolean(true),
  ...weightOptions({ beta: "zeros", gamma: "ones" }),
});

/** The extents of the axes that weights are made for; throws {@linkcode ShapeError} if one is not fixed. */
function fixedExtents(inputShape: SymbolicShape, axes: readonly number[], name: string): Shape {
  const extents = axes.map((axis) => inputShape[axis]);
  if (isKnown(extents)) return extents;
  throw new UnknownDimensionError({
    what: `Cannot build "${name}"`,
    rule: `its weights need a fixed extent along ${axes.length === 1 ? `axis ${axes[0]}` : `axes ${axes.join(", ")}`}`,
    received: formatShape(inputShape),
    hint: "give Input that extent, or another axis to the layer",
  });
}

/** A weight reshaped to have its axes at `axes` of `shape`, and extent 1 elsewhere. */
function along(weight: Weight, axes: readonly number[], shape: Shape): Value {
  return o.reshape(weight.value(), shape.map((extent, axis) => (axes.includes(axis) ? extent : 1)));
}

interface Scaled extends LayerFields<ScaledOptions, typeof scaledOptions> {}

/** Scales and shifts normalized values by trained weights. */
abstract class Scaled extends Layer {
  /** The trained factor, if used. */
  gamma: Weight | undefined;
  /** The trained offset, if used. */
  beta: Weight | undefined;
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /** Makes the weights. */
  protected addScale(shape: Shape): void {
    if (this.scale) {
      this.gamma = this.addWeight({ name: "gamma", shape, ...weightSettings(this, "gamma"), autocast: false });
    }
    if (this.center) {
      this.beta = this.addWeight({ name: "beta", shape, ...weightSettings(this, "beta"), autocast: false });
    }
  }

  /** `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the weights along `axes` of `shape`. */
  protected normalized(x: Value, mean: Value, variance: Value, axes: readonly number[], shape: Shape): Value {
    let factor = o.rsqrt(o.add(variance, this.epsilon));
    if (this.gamma) factor = o.multiply(factor, along(this.gamma, axes, shape));
    const y = o.multiply(o.subtract(x, mean), factor);
    return this.beta ? o.add(y, along(this.beta, axes, shape)) : y;
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

/** Options of {@linkcode BatchNormalization}. */
export interface BatchNormalizationOptions extends ScaledOptions {
  /** The axis of the channels, each normalized separately; the last by default. */
  axis?: number;
  /** The fraction of the moving averages that a step keeps; 0.99 by default. */
  momentum?: number;
  /** The initializer of the moving mean; `zeros` by default. */
  movingMeanInitializer?: InitializerIdentifier;
  /** The initializer of the moving variance; `ones` by default. */
  movingVarianceInitializer?: InitializerIdentifier;
  /**
   * Whether processes that train together normalize over the whole batch; false by default. Here they always do, as one
   * process would.
   */
  synchronized?: boolean;
}

/**
 * Keras writes this momentum even without renormalization, where it has no effect; renormalization itself is not
 * supported.
 */
const renormMomentum = unassigned(option<number>({
  fallback: 0.99,
  offered: false,
  read: () => 0.99,
  write: () => 0.99,
}));

const batchNormalizationOptions = optionTable<BatchNormalizationOptions>()({
  ...scaledOptions,
  axis: axisOption(),
  momentum: number(0.99, { min: 0, max: 1 }),
  movingMeanInitializer: initializerOption("zeros"),
  movingVarianceInitializer: initializerOption("ones"),
  synchronized: boolean(false),
  renorm: unoffered(false),
  renormClipping: unoffered(null),
  renormMomentum,
});

/** The options, checked and completed. */
export interface BatchNormalization extends LayerFields<BatchNormalizationOptions, typeof batchNormalizationOptions> {}

/**
 * Normalizes each channel over the batch, and in inference by the moving averages from training. With `trainable` false
 * it always works as in inference. Masked elements do not count. Ioffe and Szegedy, 2015.
 *
 * @example Before an activation
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const hidden = [new layers.Dense(8, { useBias: false }), new layers.BatchNormalization(), new layers.ReLU()];
 * const model = new Sequential([Input({ shape: [4] }), ...hidden]);
 * console.log(model.countParams()); // 64
 * ```
 */
export class BatchNormalization extends Scaled {
  static {
    declareOptions(this, batchNormalizationOptions);
  }
  override readonly callDefaults = { mask: null };
  /** The moving average of the batches' means. */
  movingMean!: Weight;
  /** The moving average of the batches' variances. */
  movingVariance!: Weight;

  /**
   * Takes the options. Throws {@linkcode ValueError} for a momentum that is not from 0 to 1. Defaults:
   * `epsilon: 0.001`, `center: true`, `scale: true`, `betaInitializer: "zeros"`, `gammaInitializer: "ones"`,
   * `betaRegularizer: null`, `gammaRegularizer: null`, `betaConstraint: null`, `gammaConstraint: null`, `axis: -1`,
   * `momentum: 0.99`, `movingMeanInitializer: "zeros"`, `movingVarianceInitializer: "ones"`, `synchronized: false`.
   */
  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
  }

  /** Makes the weights and the averages. Throws {@linkcode ShapeError} if the extent of the axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const at = normalizeAxis(this.axis, inputShape.length, `build "${this.name}"`);
    const shape = fixedExtents(inputShape, [at], this.name);
    this.addScale(shape);
    const moving = (name: string, initializer: Initializer) =>
      this.addWeight({ name, shape, trainable: false, initializer, autocast: false });
    this.movingMean = moving("moving_mean", this.movingMeanInitializer);
    this.movingVariance = moving("moving_variance", this.movingVarianceInitializer);
    this.inputSpec = { rank: inputShape.length, axes: { [at]: shape[0] } };
  }

  /** The normalized input. Throws {@linkcode ShapeError} unless the mask has one axis less than the input. */
  call(x: Value, { training, mask }: CallContext): Value {
    const at = normalizeAxis(this.axis, x.shape.length, `call "${this.name}"`);
    if (mask && mask.shape.length !== x.shape.length - 1) {
      throw new ShapeError({
        what: `Cannot call "${this.name}"`,
        rule: "the mask must have one axis less than the input",
        received: `${formatShape(mask.shape)} for ${formatShape(x.shape)}`,
        hint: "give a mask with an entry for each step",
      });
    }
    if (!training || !this.trainable) {
      const [mean, variance] = [this.movingMean, this.movingVariance].map((weight) => along(weight, [at], x.shape));
      return this.normalized(x, mean, variance, [at], x.shape);
    }
    const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== at);
    const { mean, variance } = mask
      ? momentsOf(x, others, mask)
      : { mean: o.mean(x, others, true), variance: varianceOf(x, others, true) };
    for (const [weight, value] of [[this.movingMean, mean], [this.movingVariance, variance]] as const) {
      const kept = o.multiply(weight.value(), this.momentum);
      weight.assign(o.add(kept, o.multiply(o.reshape(value, weight.shape), 1 - this.momentum)));
    }
    const y = this.normalized(x, mean, variance, [at], x.shape);
    return mask ? y : this.#differentiated(y, x, mean, variance, at);
  }

  /**
   * The normalized `y` with the gradient of the whole: two sums and one pass over `x`, where the gradients of mean and
   * variance by themselves take four sums and three passes (Ioffe and Szegedy, 2015, section 3).
   */
  #differentiated(y: Value, x: Value, mean: Value, variance: Value, at: number): Value {
    const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== at);
    const [gamma, beta] = [this.gamma, this.beta].map((weight) => (weight ? [along(weight, [at], x.shape)] : []));
    const [result] = withRule(
      [x, mean, variance, ...gamma, ...beta],
      [y],
      ([x, mean, variance, ...weights], _, [g]) => {
        const gammas = weights.slice(0, gamma.length);
        const centered = o.subtract(x, mean), scale = o.rsqrt(o.add(variance, this.epsilon));
        const factor = gammas.reduce(o.multiply, scale);
        const sumOfG = o.sum(g, others, true), slope = o.mean(o.multiply(g, centered), others, true);
        const count = sizeOf(x.shape) / sizeOf(mean.shape);
        const ofX = o.subtract(
          o.multiply(o.subtract(g, o.multiply(sumOfG, 1 / count)), factor),
          o.multiply(centered, o.multiply(o.multiply(o.square(scale), slope), factor)),
        );
        const ofGamma = gammas.map(() => o.multiply(o.multiply(slope, scale), count));
        return [ofX, undefined, undefined, ...ofGamma, ...beta.map(() => sumOfG)];
      },
    );
    return result as Value;
  }
}

/** Mean and variance over `axes`, kept with extent 1, of what is not masked. */
function momentsOf(x: Value, axes: readonly number[], mask: Value): { mean: Value; variance: Value } {
  const counted = o.broadcastTo(expandDims(mask, mask.shape.length), x.shape);
  const total = o.add(o.sum(o.cast(counted, "float32"), axes, true), smallest());
  const mean = o.divide(o.sum(o.select(counted, x, 0), axes, true), total);
  const distance = o.square(o.select(counted, o.subtract(x, mean), 0));
  return { mean, variance: o.divide(o.sum(distance, axes, true), total) };
}

/** Options of {@linkcode LayerNormalization}. */
export interface LayerNormalizationOptions extends ScaledOptions {
  /** The axis, or axes, over which each sample is normalized; the last by default. */
  axis?: number | readonly number[];
}

const layerNormalizationOptions = optionTable<LayerNormalizationOptions>()({
  ...scaledOptions,
  axis: axesOption(),
  rmsScaling: unoffered(false),
});

/** The options, checked and completed. */
export interface LayerNormalization extends LayerFields<LayerNormalizationOptions, typeof layerNormalizationOptions> {}

/**
 * Normalizes each sample over its features. Ba et al., 2016.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 64] }), new layers.LayerNormalization()]);
 * console.log(model.countParams()); // 128
 * ```
 */
export class LayerNormalization extends Scaled {
  /** False: inputs are normalized as they are. */
  override readonly autocast = false;
  static {
    declareOptions(this, layerNormalizationOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} if an axis is not an integer. Defaults: `epsilon: 0.001`,
   * `center: true`, `scale: true`, `betaInitializer: "zeros"`, `gammaInitializer: "ones"`, `betaRegularizer: null`,
   * `gammaRegularizer: null`, `betaConstraint: null`, `gammaConstraint: null`, `axis: -1`.
   */
  constructor(options: LayerNormalizationOptions = {}) {
    super(options);
  }

  /** Makes the weights. Throws {@linkcode ShapeError} if the extent of an axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const axes = normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
    this.addScale(fixedExtents(inputShape, axes, this.name));
  }

  /** The config; as in Keras it has a list of axes once the layer is built. */
  override getConfig(): Config {
    const config = super.getConfig();
    return this.built ? { ...config, axis: [config.axis].flat() } : config;
  }

  /** The normalized input. */
  call(x: Value): Value {
    const axes = normalizeAxes(this.axis, x.shape.length, `call "${this.name}"`);
    const first = x.shape.length - axes.length;
    if (axes.some((axis, i) => axis !== first + i)) {
      return this.normalized(x, o.mean(x, axes, true), varianceOf(x, axes, true), axes, x.shape);
    }
    const size = sizeOf(x.shape.slice(first));
    const [gamma, beta] = [this.gamma, this.beta].map((weight, i) =>
      weight ? o.reshape(weight.value(), [size]) : o.broadcastTo(1 - i, [size])
    );
    const rows = o.reshape(x, [...x.shape.slice(0, first), size]);
    return o.reshape(o.normalizeRows(rows, gamma, beta, this.epsilon), x.shape);
  }
}

/** Options of {@linkcode GroupNormalization}. */
export interface GroupNormalizationOptions extends ScaledOptions {
  /** The number of groups of channels; 32 by default, -1 for one group per channel. */
  groups?: number;
  /** The axis of the channels; the last by default. */
  axis?: number;
}

const groupsOption: Option<number> = option<number>({
  fallback: 32,
  read: (given, { whatNamed, option }) => {
    if (isInteger(given) && (given === -1 || given > 0) && given <= maxExtent) return given;
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a positive integer, or -1 for one for each channel`,
      received: describe(given),
      hint: "choose a divisor of the number of channels",
    });
  },
});

const groupNormalizationOptions = optionTable<GroupNormalizationOptions>()({
  ...scaledOptions,
  groups: groupsOption,
  axis: axisOption(),
});

/** The options, checked and completed. */
export interface GroupNormalization extends LayerFields<GroupNormalizationOptions, typeof groupNormalizationOptions> {}

/**
 * Normalizes groups of channels of each sample. Wu and He, 2018.
 *
 * @example Four groups of two channels
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 8] }), new layers.GroupNormalization({ groups: 4 })]);
 * console.log(model.countParams()); // 16
 * ```
 */
export class GroupNormalization extends Scaled {
  /** False: inputs are normalized as they are. */
  override readonly autocast = false;
  static {
    declareOptions(this, groupNormalizationOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an invalid number of groups. Defaults: `epsilon: 0.001`,
   * `center: true`, `scale: true`, `betaInitializer: "zeros"`, `gammaInitializer: "ones"`, `betaRegularizer: null`,
   * `gammaRegularizer: null`, `betaConstraint: null`, `gammaConstraint: null`, `groups: 32`, `axis: -1`.
   */
  constructor(options: GroupNormalizationOptions = {}) {
    super(options);
  }

  /** Makes the weights. Throws {@linkcode ShapeError} if the groups do not divide the channels. */
  override build(inputShape: SymbolicShape): void {
    const at = normalizeAxis(this.axis, inputShape.length, `build "${this.name}"`);
    const shape = fixedExtents(inputShape, [at], this.name);
    if (this.groups !== -1 && shape[0] % this.groups !== 0) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: `the number of channels must be a multiple of its ${this.groups} groups`,
        received: formatShape(inputShape),
        hint: `give groups: a divisor of ${shape[0]}`,
      });
    }
    this.addScale(shape);
    this.inputSpec = { rank: inputShape.length, axes: { [at]: shape[0] } };
  }

  /** The normalized input. */
  call(x: Value): Value {
    const at = normalizeAxis(this.axis, x.shape.length, `call "${this.name}"`);
    const groups = this.groups === -1 ? x.shape[at] : this.groups;
    const shape = [...x.shape.slice(0, at), groups, x.shape[at] / groups, ...x.shape.slice(at + 1)];
    const grouped = o.reshape(x, shape);
    const axes = shape.map((_, axis) => axis).filter((axis) => axis > 0 && axis !== at);
    const [mean, variance] = [o.mean(grouped, axes, true), varianceOf(grouped, axes, true)];
    return o.reshape(this.normalized(grouped, mean, variance, [at, at + 1], shape), x.shape);
  }
}

/** Options of {@linkcode RMSNormalization}. */
export interface RMSNormalizationOptions extends LayerOptions {
  /** The axis, or axes, over which each sample is normalized; the last by default. */
  axis?: number | readonly number[];
  /** Added to mean squares, so that none is 0; 0.000001 by default. */
  epsilon?: number;
}

const rmsNormalizationOptions = optionTable<RMSNormalizationOptions>()({
  ...layerOptions,
  axis: axesOption(),
  epsilon: number(1e-6, { min: 0 }),
});

/** The options, checked and completed. */
export interface RMSNormalization extends LayerFields<RMSNormalizationOptions, typeof rmsNormalizationOptions> {}

/**
 * Divides each sample by the root mean square of its features, and scales it. Zhang and Sennrich, 2019.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 64] }), new layers.RMSNormalization()]);
 * console.log(model.countParams()); // 64
 * ```
 */
export class RMSNormalization extends Layer {
  static {
    declareOptions(this, rmsNormalizationOptions);
  }
  /** The trained factor. */
  scale!: Weight;

  /**
   * Takes the options. Throws {@linkcode ValueError} if an axis is not an integer. Defaults: `axis: -1`,
   * `epsilon: 0.000001`.
   */
  constructor(options: RMSNormalizationOptions = {}) {
    super(options);
  }

  /** Makes the scale. Throws {@linkcode ShapeError} if the extent of an axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const axes = normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
    const shape = fixedExtents(inputShape, axes, this.name);
    this.scale = this.addWeight({ name: "scale", shape, initializer: "ones" });
  }

  /** The normalized input. */
  call(x: Value): Value {
    const axes = normalizeAxes(this.axis, x.shape.length, `call "${this.name}"`);
    const inverse = o.rsqrt(o.add(o.mean(o.square(x), axes, true), this.epsilon));
    return o.multiply(o.multiply(x, inverse), along(this.scale, axes, x.shape));
  }
}

/** Options of {@linkcode UnitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** The axis, or axes, along which vectors get length 1; the last by default. */
  axis?: number | readonly number[];
}

const unitNormalizationOptions = optionTable<UnitNormalizationOptions>()({ ...layerOptions, axis: axesOption() });

/** The options, checked and completed. */
export interface UnitNormalization extends LayerFields<UnitNormalizationOptions, typeof unitNormalizationOptions> {}

/**
 * Divides each vector by its length.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [2] }), new layers.UnitNormalization()]);
 * console.log((await model.predict([[3, 4]], { verbose: 0 })).shape); // [ 1, 2 ]
 * ```
 */
export class UnitNormalization extends Layer {
  static {
    declareOptions(this, unitNormalizationOptions);
  }
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /** Takes the options. Throws {@linkcode ValueError} if an axis is not an integer. Defaults: `axis: -1`. */
  constructor(options: UnitNormalizationOptions = {}) {
    super(options);
  }

  /** Checks the axes. Throws {@linkcode ValueError} for an axis that the input does not have. */
  override build(inputShape: SymbolicShape): void {
    normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
  }

  /** The vectors scaled to length 1; one of length 0 stays. */
  call(x: Value): Value {
    const length = o.sum(o.square(x), this.axis, true);
    return o.multiply(x, o.rsqrt(o.maximum(length, 1e-24)));
  }
}
