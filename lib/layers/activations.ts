// Layers that apply an activation. https://keras.io/api/layers/activation_layers/
import {
  type Activation as ActivationCall,
  type ActivationIdentifier,
  elu,
  getActivation,
  leakyRelu,
  relu,
  type ReluOptions,
  softmax,
} from "../activations.ts";
import type { Config } from "../json_config.ts";
import { type Constraint, type ConstraintIdentifier, getConstraint } from "../constraints.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { getInitializer, type Initializer, type InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { softmax as normalized } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { describe } from "../options.ts";
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, normalizeAxes, normalizeAxis, type Shape, type SymbolicShape } from "../shape.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";

/** A layer whose output has the shape and the mask of its input. */
abstract class Elementwise extends Layer {
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

/**
 * Applies an activation by name or function; the shape stays.
 *
 * @example After a layer without one
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const model = new Sequential([new layers.Dense(8), new layers.Activation("relu")]);
 * console.log(model.layers.length); // 2
 * ```
 */
export class Activation extends Elementwise {
  /** What is applied. */
  readonly activation: ActivationCall;

  /** Takes the activation. Throws {@linkcode ValueError} for a name that is none. */
  constructor(activation: ActivationIdentifier, options: LayerOptions = {}) {
    super(options, []);
    if (activation === null || activation === undefined) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: "activation must be a name or a function",
        received: String(activation),
        hint: 'give it as in new Activation("relu")',
      });
    }
    this.activation = getActivation(activation, `Cannot make "${this.name}"`);
  }

  /** The activated input. */
  call(x: Value): Value {
    return this.activation.call(x);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), activation: this.activation.serialize() };
  }
}

/** Options of {@linkcode ReLU}. */
export interface ReLUOptions extends LayerOptions, ReluOptions {}

/**
 * `max(x, 0)`; with options: `x` from `threshold` to `maxValue`, below `negativeSlope * (x - threshold)`.
 *
 * @example At most 6
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(8), new layers.ReLU({ maxValue: 6 })]);
 * ```
 */
export class ReLU extends Elementwise {
  /** The largest value, if there is one. */
  readonly maxValue: number | null;
  /** The slope below the threshold. */
  readonly negativeSlope: number;
  /** Where the function begins to rise. */
  readonly threshold: number;

  /** Takes the options. Throws {@linkcode ValueError} for a number below 0. */
  constructor(options: ReLUOptions = {}) {
    super(options, ["maxValue", "negativeSlope", "threshold"]);
    ({ maxValue: this.maxValue = null, negativeSlope: this.negativeSlope = 0, threshold: this.threshold = 0 } =
      options);
    if (this.maxValue !== null) checkRange("ReLU", "maxValue", this.maxValue, 0, Infinity);
    checkRange("ReLU", "negativeSlope", this.negativeSlope, 0, Infinity);
    checkRange("ReLU", "threshold", this.threshold, 0, Infinity);
  }

  /** The rectified input. */
  call(x: Value): Value {
    return relu(x, this);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { maxValue, negativeSlope, threshold } = this;
    return { ...super.getConfig(), max_value: maxValue, negative_slope: negativeSlope, threshold };
  }
}

/** Options of {@linkcode LeakyReLU}. */
export interface LeakyReLUOptions extends LayerOptions {
  /** The slope below 0; 0.3 by default, unlike that of the activation of this name, as in Keras. */
  negativeSlope?: number;
  /** `negativeSlope` by its name in Keras 2. */
  alpha?: number;
}

/**
 * `x` above 0, else `negativeSlope * x`.
 *
 * @example A tenth of what is negative
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(8), new layers.LeakyReLU({ negativeSlope: 0.1 })]);
 * ```
 */
export class LeakyReLU extends Elementwise {
  /** The slope below 0. */
  readonly negativeSlope: number;

  /** Takes the options. Throws {@linkcode ValueError} for a slope below 0. */
  constructor(options: LeakyReLUOptions = {}) {
    super(options, ["negativeSlope", "alpha"]);
    this.negativeSlope = options.negativeSlope ?? options.alpha ?? 0.3;
    checkRange("LeakyReLU", "negativeSlope", this.negativeSlope, 0, Infinity);
  }

  /** The activated input. */
  call(x: Value): Value {
    return leakyRelu(x, this.negativeSlope);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), negative_slope: this.negativeSlope };
  }
}

/** Options of {@linkcode ELU}. */
export interface ELUOptions extends LayerOptions {
  /** Minus what the function tends to far below 0; 1 by default. */
  alpha?: number;
}

/**
 * `x` above 0, else `alpha * (exp(x) - 1)`. Clevert et al., 2016.
 *
 * @example A floor at -0.5
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(8), new layers.ELU({ alpha: 0.5 })]);
 * ```
 */
export class ELU extends Elementwise {
  /** Minus what the function tends to far below 0. */
  readonly alpha: number;

  /** Takes the options. Throws {@linkcode ValueError} where `alpha` is no number. */
  constructor(options: ELUOptions = {}) {
    super(options, ["alpha"]);
    this.alpha = options.alpha ?? 1;
    checkRange("ELU", "alpha", this.alpha, -Infinity, Infinity);
  }

  /** The activated input. */
  call(x: Value): Value {
    return elu(x, this.alpha);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** Options of {@linkcode PReLU}. */
export interface PReLUOptions extends LayerOptions {
  /** What fills the slopes; `zeros` by default. */
  alphaInitializer?: InitializerIdentifier;
  /** A penalty on the slopes. */
  alphaRegularizer?: RegularizerIdentifier | null;
  /** A map that the slopes are sent through after each step. */
  alphaConstraint?: ConstraintIdentifier | null;
  /** The axes along which elements share a slope, counted with the batch axis: `[1, 2]` for images. */
  sharedAxes?: number | readonly number[] | null;
}

/**
 * `x` above 0, else `alpha * x`, where each element of a sample has its own trained `alpha`. He et al., 2015.
 *
 * @example A slope for each channel of images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 16] }), new layers.PReLU({ sharedAxes: [1, 2] })]);
 * console.log(model.countParams()); // 16
 * ```
 */
export class PReLU extends Elementwise {
  /** What fills the slopes. */
  readonly alphaInitializer: Initializer;
  /** The penalty on the slopes, if any. */
  readonly alphaRegularizer: Regularizer | null;
  /** The map that the slopes are sent through after each step, if any. */
  readonly alphaConstraint: Constraint | null;
  /** The axes along which elements share a slope. */
  readonly sharedAxes: readonly number[] | null;
  /** The slopes below 0: the shape of a sample, with extent 1 along shared axes. */
  alpha!: Weight;

  /** Takes the options. Throws {@linkcode ValueError} for a shared axis that is none. */
  constructor(options: PReLUOptions = {}) {
    super(options, ["alphaInitializer", "alphaRegularizer", "alphaConstraint", "sharedAxes"]);
    const where = `Cannot make "${this.name}"`;
    this.alphaInitializer = getInitializer(options.alphaInitializer ?? "zeros", where);
    this.alphaRegularizer = getRegularizer(options.alphaRegularizer, where);
    this.alphaConstraint = getConstraint(options.alphaConstraint, where);
    const shared = options.sharedAxes ?? null;
    this.sharedAxes = typeof shared === "number" ? [shared] : shared;
    if (
      shared !== null && !(Array.isArray(this.sharedAxes) && this.sharedAxes.every((a) => Number.isInteger(a) && a > 0))
    ) {
      throw new ValueError({
        what: where,
        rule: "sharedAxes must be axes of the input, counted from 1, since axis 0 is that of the batch",
        received: Array.isArray(shared) ? `[${shared.map(describe).join(", ")}]` : describe(shared),
        hint: "write them as in sharedAxes: [1, 2]",
      });
    }
  }

  /** Makes the slopes. Throws {@linkcode ShapeError} where an axis that is not shared is not fixed. */
  override build(inputShape: SymbolicShape): void {
    const what = `Cannot build "${this.name}"`;
    const shared = this.sharedAxes?.map((axis) => normalizeAxis(axis, inputShape.length, `build "${this.name}"`)) ?? [];
    const shape = inputShape.map((extent, axis) => (shared.includes(axis) ? 1 : extent)).slice(1);
    if (shape.includes(null)) {
      throw new UnknownDimensionError({
        what,
        rule: "each axis needs a fixed extent, or must be shared",
        received: formatShape(inputShape),
        hint: `give sharedAxes: [${inputShape.flatMap((extent, axis) => (axis > 0 && extent === null ? [axis] : []))}]`,
      });
    }
    this.alpha = this.addWeight({
      name: "alpha",
      shape: shape as Shape,
      initializer: this.alphaInitializer,
      regularizer: this.alphaRegularizer,
      constraint: this.alphaConstraint,
    });
    const axes = Object.fromEntries(
      inputShape.flatMap((extent, axis) => axis > 0 && !shared.includes(axis) ? [[axis, extent!]] : []),
    );
    this.inputSpec = { rank: inputShape.length, axes };
  }

  /** The activated input. */
  call(x: Value): Value {
    return o.subtract(o.relu(x), o.multiply(this.alpha, o.relu(o.negate(x))));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      alpha_initializer: this.alphaInitializer.serialize(),
      alpha_regularizer: this.alphaRegularizer?.serialize() ?? null,
      alpha_constraint: this.alphaConstraint?.serialize() ?? null,
      shared_axes: this.sharedAxes,
    };
  }
}

/** Options of {@linkcode Softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** The axis, or axes, along which the results sum to 1; the last by default. */
  axis?: number | readonly number[];
}

/** What masked inputs are taken for: the exponential of less than this is 0. */
const farBelow = -1e9;

/**
 * `exp(x) / sum(exp(x))` along `axis`. Where the input has a mask, which must broadcast to it, what is masked is left
 * out and gets 0.
 *
 * @example Three probabilities
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(3), new layers.Softmax()]);
 * ```
 */
export class Softmax extends Elementwise {
  override readonly callDefaults = { mask: null };
  /** The axis, or axes, along which the results sum to 1. */
  readonly axis: number | readonly number[];

  /** Takes the options. Throws {@linkcode ValueError} where an axis is no integer. */
  constructor(options: SoftmaxOptions = {}) {
    super(options, ["axis"]);
    this.axis = options.axis ?? -1;
    const list = Array.isArray(this.axis) ? this.axis : [this.axis];
    if (list.length > 0 && list.every(Number.isInteger)) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: "axis must be an integer, or a list of integers",
      received: Array.isArray(this.axis) ? `[${list.map(describe).join(", ")}]` : describe(this.axis),
      hint: "leave it out for the last axis",
    });
  }

  /** Checks the axes. Throws {@linkcode ValueError} for one that the input has not. */
  override build(inputShape: SymbolicShape): void {
    normalizeAxes(this.axis, inputShape.length, `build "${this.name}"`);
  }

  /** The normalized input. */
  call(x: Value, { mask }: CallContext): Value {
    if (mask) this.#checkMask(x, mask);
    const inputs = mask ? o.select(mask, x, farBelow) : x;
    const list = Array.isArray(this.axis) ? this.axis : [this.axis];
    const y = list.length === 1 ? softmax(inputs, list[0]) : normalized(inputs, list);
    return mask ? o.select(mask, y, 0) : y;
  }

  #checkMask(x: Value, mask: Value): void {
    const lead = x.shape.length - mask.shape.length;
    if (lead >= 0 && mask.shape.every((extent, axis) => extent === 1 || extent === x.shape[lead + axis])) return;
    // The number of samples may be a stand-in's.
    const ofBatch = ({ shape }: Value) => formatShape([null, ...shape.slice(1)]);
    throw new ShapeError({
      what: `Cannot call "${this.name}"`,
      rule: `the mask must broadcast to the input's shape ${ofBatch(x)}`,
      received: `a mask of shape ${ofBatch(mask)}`,
      hint: "give call a mask with an axis for each of the input's, as in apply(x, { mask })",
    });
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
