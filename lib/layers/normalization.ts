// Layers that bring values to mean 0 and deviation 1, or to length 1. https://keras.io/api/layers/normalization_layers/
import type { Config } from "../json_config.ts";
import { type Constraint, type ConstraintIdentifier, getConstraint } from "../constraints.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { getInitializer, type Initializer, type InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { expandDims, variance as varianceOf } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { checkRange, describe } from "../options.ts";
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, isKnown, normalizeAxes, normalizeAxis, type Shape, type SymbolicShape } from "../shape.ts";
import { epsilon as smallest } from "../config.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";

/** Options of layers that scale and move what they normalized by trained weights. */
export interface ScaledOptions extends LayerOptions {
  /** What is added to variances, so that none is 0; 0.001 by default. */
  epsilon?: number;
  /** Whether `beta` is added; true by default. */
  center?: boolean;
  /** Whether it is multiplied by `gamma`; true by default. */
  scale?: boolean;
  /** What fills `beta`; `zeros` by default. */
  betaInitializer?: InitializerIdentifier;
  /** What fills `gamma`; `ones` by default. */
  gammaInitializer?: InitializerIdentifier;
  /** A penalty on `beta`. */
  betaRegularizer?: RegularizerIdentifier | null;
  /** A penalty on `gamma`. */
  gammaRegularizer?: RegularizerIdentifier | null;
  /** A map that `beta` is sent through after each step. */
  betaConstraint?: ConstraintIdentifier | null;
  /** A map that `gamma` is sent through after each step. */
  gammaConstraint?: ConstraintIdentifier | null;
}

const scaledOptions = [
  "epsilon",
  "center",
  "scale",
  "betaInitializer",
  "gammaInitializer",
  "betaRegularizer",
  "gammaRegularizer",
  "betaConstraint",
  "gammaConstraint",
];

/** An axis or a list of them; throws {@linkcode ValueError} for what is none. */
function checkAxes(axis: unknown, what: string): void {
  const list = Array.isArray(axis) ? axis : [axis];
  if (list.length > 0 && list.every(Number.isInteger)) return;
  throw new ValueError({
    what,
    rule: "axis must be an integer, or a list of integers",
    received: Array.isArray(axis) ? `[${list.map(describe).join(", ")}]` : describe(axis),
    hint: "leave it out for the last axis",
  });
}

/** The extents of axes that weights are made for; throws {@linkcode ShapeError} where one is not fixed. */
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

/** A weight along `axes` with extent 1 along all others of `shape`. */
function along(weight: Weight, axes: readonly number[], shape: Shape): Value {
  return o.reshape(weight.value(), shape.map((extent, axis) => (axes.includes(axis) ? extent : 1)));
}

/** Scales and moves what it normalized by trained weights. */
abstract class Scaled extends Layer {
  /** What is added to variances. */
  readonly epsilon: number;
  /** Whether `beta` is added. */
  readonly center: boolean;
  /** Whether it is multiplied by `gamma`. */
  readonly scale: boolean;
  /** What the result is multiplied by, if that is asked for. */
  gamma: Weight | undefined;
  /** What is added then, if that is asked for. */
  beta: Weight | undefined;
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;
  readonly #gamma: { initializer: Initializer; regularizer: Regularizer | null; constraint: Constraint | null };
  readonly #beta: { initializer: Initializer; regularizer: Regularizer | null; constraint: Constraint | null };

  constructor(options: ScaledOptions, ownOptions: readonly string[]) {
    super(options, [...ownOptions, ...scaledOptions]);
    const where = `Cannot make "${this.name}"`;
    this.epsilon = options.epsilon ?? 1e-3;
    checkRange(new.target.name, "epsilon", this.epsilon, 0, Infinity);
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.#gamma = {
      initializer: getInitializer(options.gammaInitializer ?? "ones", where),
      regularizer: getRegularizer(options.gammaRegularizer, where),
      constraint: getConstraint(options.gammaConstraint, where),
    };
    this.#beta = {
      initializer: getInitializer(options.betaInitializer ?? "zeros", where),
      regularizer: getRegularizer(options.betaRegularizer, where),
      constraint: getConstraint(options.betaConstraint, where),
    };
  }

  /** Makes the weights. */
  protected addScale(shape: Shape): void {
    if (this.scale) this.gamma = this.addWeight({ name: "gamma", shape, ...this.#gamma });
    if (this.center) this.beta = this.addWeight({ name: "beta", shape, ...this.#beta });
  }

  /** `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, the weights lying along `axes` of `shape`. */
  protected normalized(x: Value, mean: Value, variance: Value, axes: readonly number[], shape: Shape): Value {
    let factor = o.rsqrt(o.add(variance, this.epsilon));
    if (this.gamma) factor = o.multiply(factor, along(this.gamma, axes, shape));
    const y = o.multiply(o.subtract(x, mean), factor);
    return this.beta ? o.add(y, along(this.beta, axes, shape)) : y;
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The initializers of `beta` and `gamma` as Keras's config. */
  protected initializerConfig(): Config {
    return {
      beta_initializer: this.#beta.initializer.serialize(),
      gamma_initializer: this.#gamma.initializer.serialize(),
    };
  }

  /** The regularizers and constraints of `beta` and `gamma` as Keras's config. */
  protected penaltyConfig(): Config {
    return {
      beta_regularizer: this.#beta.regularizer?.serialize() ?? null,
      gamma_regularizer: this.#gamma.regularizer?.serialize() ?? null,
      beta_constraint: this.#beta.constraint?.serialize() ?? null,
      gamma_constraint: this.#gamma.constraint?.serialize() ?? null,
    };
  }

  /** The arguments that all of these layers have, as Keras's config. */
  override getConfig(): Config {
    const { epsilon, center, scale } = this;
    return { ...super.getConfig(), epsilon, center, scale, ...this.initializerConfig(), ...this.penaltyConfig() };
  }
}

/** Options of {@linkcode BatchNormalization}. */
export interface BatchNormalizationOptions extends ScaledOptions {
  /** The axis whose elements are normalized each for itself; the last by default. */
  axis?: number;
  /** The part of the moving averages that a step keeps; 0.99 by default. */
  momentum?: number;
  /** What fills the moving mean; `zeros` by default. */
  movingMeanInitializer?: InitializerIdentifier;
  /** What fills the moving variance; `ones` by default. */
  movingVarianceInitializer?: InitializerIdentifier;
}

/**
 * Normalizes each channel over the batch, and in inference by the averages that moved along with training. With
 * `trainable` false it always does as in inference. Masked elements do not count. Ioffe and Szegedy, 2015.
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
  override readonly callDefaults = { mask: null };
  /** The axis whose elements are normalized each for itself. */
  readonly axis: number;
  /** The part of the moving averages that a step keeps. */
  readonly momentum: number;
  /** What fills the moving mean. */
  readonly movingMeanInitializer: Initializer;
  /** What fills the moving variance. */
  readonly movingVarianceInitializer: Initializer;
  /** The average of the batches' means. */
  movingMean!: Weight;
  /** The average of the batches' variances. */
  movingVariance!: Weight;

  /** Takes the options. Throws {@linkcode ValueError} for a momentum that is not from 0 to 1. */
  constructor(options: BatchNormalizationOptions = {}) {
    super(options, ["axis", "momentum", "movingMeanInitializer", "movingVarianceInitializer"]);
    const where = `Cannot make "${this.name}"`;
    this.axis = options.axis ?? -1;
    checkRange("BatchNormalization", "axis", this.axis, -Infinity, Infinity);
    checkAxes(this.axis, where);
    this.momentum = options.momentum ?? 0.99;
    checkRange("BatchNormalization", "momentum", this.momentum, 0, 1);
    this.movingMeanInitializer = getInitializer(options.movingMeanInitializer ?? "zeros", where);
    this.movingVarianceInitializer = getInitializer(options.movingVarianceInitializer ?? "ones", where);
  }

  /** Makes the weights and the averages. Throws {@linkcode ShapeError} where the axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const at = normalizeAxis(this.axis, inputShape.length, `build "${this.name}"`);
    const shape = fixedExtents(inputShape, [at], this.name);
    this.addScale(shape);
    const [initializer, second] = [this.movingMeanInitializer, this.movingVarianceInitializer];
    this.movingMean = this.addWeight({ name: "moving_mean", shape, trainable: false, initializer });
    this.movingVariance = this.addWeight({ name: "moving_variance", shape, trainable: false, initializer: second });
    this.inputSpec = { rank: inputShape.length, axes: { [at]: shape[0] } };
  }

  /** The normalized input. Throws {@linkcode ShapeError} for a mask that has not one axis less. */
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
    const { mean, variance } = momentsOf(x, x.shape.map((_, axis) => axis).filter((axis) => axis !== at), mask);
    for (const [weight, value] of [[this.movingMean, mean], [this.movingVariance, variance]] as const) {
      const kept = o.multiply(weight.value(), this.momentum);
      weight.assign(o.add(kept, o.multiply(o.reshape(value, weight.shape), 1 - this.momentum)));
    }
    return this.normalized(x, mean, variance, [at], x.shape);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      moving_mean_initializer: this.movingMeanInitializer.serialize(),
      moving_variance_initializer: this.movingVarianceInitializer.serialize(),
      synchronized: false,
      renorm: false,
      renorm_clipping: null,
      renorm_momentum: 0.99,
    };
  }
}

/** Mean and variance over `axes`, which stay with extent 1; masked elements do not count. */
function momentsOf(x: Value, axes: readonly number[], mask: Value | undefined): { mean: Value; variance: Value } {
  if (!mask) return { mean: o.mean(x, axes, true), variance: varianceOf(x, axes, true) };
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
  /** The axis, or axes, over which each sample is normalized. */
  readonly axis: number | readonly number[];

  /** Takes the options. Throws {@linkcode ValueError} where an axis is no integer. */
  constructor(options: LayerNormalizationOptions = {}) {
    super(options, ["axis"]);
    this.axis = options.axis ?? -1;
    checkAxes(this.axis, `Cannot make "${this.name}"`);
  }

  /** Makes the weights. Throws {@linkcode ShapeError} where an axis is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const axes = normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
    this.addScale(fixedExtents(inputShape, axes, this.name));
  }

  /** The normalized input. */
  call(x: Value): Value {
    const axes = normalizeAxes(this.axis, x.shape.length, `call "${this.name}"`);
    return this.normalized(x, o.mean(x, axes, true), varianceOf(x, axes, true), axes, x.shape);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis, rms_scaling: false };
  }
}

/** Options of {@linkcode GroupNormalization}. */
export interface GroupNormalizationOptions extends ScaledOptions {
  /** The number of groups of channels; 32 by default, -1 for one for each channel. */
  groups?: number;
  /** The axis of the channels; the last by default. */
  axis?: number;
}

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
  /** The number of groups of channels, -1 for one for each channel. */
  readonly groups: number;
  /** The axis of the channels. */
  readonly axis: number;

  /** Takes the options. Throws {@linkcode ValueError} for a number of groups that is none. */
  constructor(options: GroupNormalizationOptions = {}) {
    super(options, ["groups", "axis"]);
    const what = `Cannot make "${this.name}"`;
    this.groups = options.groups ?? 32;
    if (!Number.isInteger(this.groups) || (this.groups <= 0 && this.groups !== -1)) {
      throw new ValueError({
        what,
        rule: "groups must be a positive integer, or -1 for one for each channel",
        received: describe(this.groups),
        hint: "choose a divisor of the number of channels",
      });
    }
    this.axis = options.axis ?? -1;
    checkRange("GroupNormalization", "axis", this.axis, -Infinity, Infinity);
    checkAxes(this.axis, what);
  }

  /** Makes the weights. Throws {@linkcode ShapeError} where the channels do not fall into the groups. */
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

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), groups: this.groups, axis: this.axis };
  }
}

/** Options of {@linkcode RMSNormalization}. */
export interface RMSNormalizationOptions extends LayerOptions {
  /** The axis, or axes, over which each sample is normalized; the last by default. */
  axis?: number | readonly number[];
  /** What is added to mean squares, so that none is 0; 0.000001 by default. */
  epsilon?: number;
}

/**
 * Divides each sample by the root of the mean square of its features, and scales it. Zhang and Sennrich, 2019.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 64] }), new layers.RMSNormalization()]);
 * console.log(model.countParams()); // 64
 * ```
 */
export class RMSNormalization extends Layer {
  /** The axis, or axes, over which each sample is normalized. */
  readonly axis: number | readonly number[];
  /** What is added to mean squares. */
  readonly epsilon: number;
  /** What the result is multiplied by. */
  scale!: Weight;

  /** Takes the options. Throws {@linkcode ValueError} where an axis is no integer. */
  constructor(options: RMSNormalizationOptions = {}) {
    super(options, ["axis", "epsilon"]);
    this.axis = options.axis ?? -1;
    checkAxes(this.axis, `Cannot make "${this.name}"`);
    this.epsilon = options.epsilon ?? 1e-6;
    checkRange("RMSNormalization", "epsilon", this.epsilon, 0, Infinity);
  }

  /** Makes the scale. Throws {@linkcode ShapeError} where an axis is not fixed. */
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

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis, epsilon: this.epsilon };
  }
}

/** Options of {@linkcode UnitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** The axis, or axes, along which each vector has the length 1; the last by default. */
  axis?: number | readonly number[];
}

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
  /** The axis, or axes, along which each vector has the length 1. */
  readonly axis: number | readonly number[];
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** Takes the options. Throws {@linkcode ValueError} where an axis is no integer. */
  constructor(options: UnitNormalizationOptions = {}) {
    super(options, ["axis"]);
    this.axis = options.axis ?? -1;
    checkAxes(this.axis, `Cannot make "${this.name}"`);
  }

  /** Checks the axes. Throws {@linkcode ValueError} for one that the input has not. */
  override build(inputShape: SymbolicShape): void {
    normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
  }

  /** The vectors of length 1; one of length 0 stays. */
  call(x: Value): Value {
    const length = o.sum(o.square(x), this.axis, true);
    return o.multiply(x, o.rsqrt(o.maximum(length, 1e-24)));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
