// Layers that apply an activation. https://keras.io/api/layers/activation_layers/
import {
  type ActivationIdentifier,
  activationOption,
  elu,
  leakyRelu,
  relu,
  type ReluOptions,
  softmax,
} from "../activations.ts";
import type { ConstraintIdentifier } from "../constraints.ts";
import { describeList, ShapeError, ValueError } from "../errors.ts";
import type { InitializerIdentifier } from "../initializers/resolve.ts";
import type { Value } from "../ir/value.ts";
import { softmax as normalized } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { isInteger, number } from "../option_kinds.ts";
import {
  declareOptions,
  nullable,
  type Option,
  option,
  optionTable,
  positional,
  required,
  unassigned,
  withFacts,
} from "../options.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, isListOf, normalizeAxes, normalizeAxis, type Shape, type SymbolicShape } from "../shape.ts";
import { axesOption } from "./axis_options.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { weightOptions, weightSettings } from "./weight_options.ts";

/** A layer whose output has the shape and the mask of its input. */
abstract class Elementwise extends Layer {
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}

const activationOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The activation. */
  activation: positional(activationOption(required)),
});

/** The options, checked and completed. */
export interface Activation extends LayerFields<LayerOptions, typeof activationOptions> {}

/**
 * Applies an activation by name or function; the shape stays the same.
 *
 * @example After a layer without an activation
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const model = new Sequential([new layers.Dense(8), new layers.Activation("relu")]);
 * console.log(model.layers.length); // 2
 * ```
 */
export class Activation extends Elementwise {
  static {
    declareOptions(this, activationOptions);
  }

  /** Takes the activation. Throws {@linkcode ValueError} for an unknown name. */
  constructor(activation: ActivationIdentifier, options: LayerOptions = {}) {
    super(options, { activation });
  }

  /** The activated input. */
  call(x: Value): Value {
    return this.activation.call(x);
  }
}

/** Options of {@linkcode ReLU}. */
export interface ReLUOptions extends LayerOptions, ReluOptions {}

const reluOptions = optionTable<ReLUOptions>()({
  ...layerOptions,
  maxValue: nullable(number(required, { min: 0 })),
  negativeSlope: number(0, { min: 0 }),
  threshold: number(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface ReLU extends LayerFields<ReLUOptions, typeof reluOptions> {}

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
  static {
    declareOptions(this, reluOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a number below 0. Defaults: `maxValue: null`,
   * `negativeSlope: 0`, `threshold: 0`.
   */
  constructor(options: ReLUOptions = {}) {
    super(options);
  }

  /** The rectified input. */
  call(x: Value): Value {
    return relu(x, this);
  }
}

/** Options of {@linkcode LeakyReLU}. */
export interface LeakyReLUOptions extends LayerOptions {
  /** The slope below 0; 0.3 by default, as in Keras, unlike the activation of this name. */
  negativeSlope?: number;
  /** `negativeSlope` under its name in Keras 2. */
  alpha?: number;
}

const leakyReluOptions = optionTable<LeakyReLUOptions>()({
  ...layerOptions,
  negativeSlope: unassigned(number(0.3, { min: 0 })),
  alpha: unassigned(withFacts(number(0.3, { min: 0 }), { written: "never" })),
});

/**
 * `x` above 0, else `negativeSlope * x`.
 *
 * @example A tenth of negative inputs
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(8), new layers.LeakyReLU({ negativeSlope: 0.1 })]);
 * ```
 */
export class LeakyReLU extends Elementwise {
  static {
    declareOptions(this, leakyReluOptions);
  }
  /** The slope below 0. */
  readonly negativeSlope: number;

  /**
   * Takes the options. Throws {@linkcode ValueError} for a slope below 0. Defaults: `negativeSlope: 0.3`, `alpha: 0.3`.
   */
  constructor(options: LeakyReLUOptions = {}) {
    super(options);
    this.negativeSlope = options.negativeSlope ?? options.alpha ?? 0.3;
  }

  /** The activated input. */
  call(x: Value): Value {
    return leakyRelu(x, this.negativeSlope);
  }
}

/** Options of {@linkcode ELU}. */
export interface ELUOptions extends LayerOptions {
  /** Minus the limit far below 0; 1 by default. */
  alpha?: number;
}

const eluOptions = optionTable<ELUOptions>()({ ...layerOptions, alpha: number(1) });

/** The options, checked and completed. */
export interface ELU extends LayerFields<ELUOptions, typeof eluOptions> {}

/**
 * `x` above 0, else `alpha * (exp(x) - 1)`. Clevert et al., 2016.
 *
 * @example Outputs above -0.5
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(8), new layers.ELU({ alpha: 0.5 })]);
 * ```
 */
export class ELU extends Elementwise {
  static {
    declareOptions(this, eluOptions);
  }

  /** Takes the options. Throws {@linkcode ValueError} if `alpha` is not a number. Defaults: `alpha: 1`. */
  constructor(options: ELUOptions = {}) {
    super(options);
  }

  /** The activated input. */
  call(x: Value): Value {
    return elu(x, this.alpha);
  }
}

/** Options of {@linkcode PReLU}. */
export interface PReLUOptions extends LayerOptions {
  /** The initializer of the slopes; `zeros` by default. */
  alphaInitializer?: InitializerIdentifier;
  /** A penalty on the slopes. */
  alphaRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the slopes, applied after each step. */
  alphaConstraint?: ConstraintIdentifier | null;
  /** The axes along which elements share a slope, counting the batch axis: `[1, 2]` for images. */
  sharedAxes?: number | readonly number[] | null;
}

const sharedAxesOption: Option<readonly number[] | null> = nullable(option<readonly number[]>({
  read: (given, { whatNamed, option }) => {
    const list = typeof given === "number" ? [given] : given;
    if (isListOf(list, (axis): axis is number => isInteger(axis) && axis > 0)) return [...list];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be axes of the input, counted from 1, since axis 0 is that of the batch`,
      received: describeList(given),
      hint: "write them as in sharedAxes: [1, 2]",
    });
  },
}));

const preluOptions = optionTable<PReLUOptions>()({
  ...layerOptions,
  ...weightOptions({ alpha: "zeros" }),
  sharedAxes: sharedAxesOption,
});

/** The options, checked and completed. */
export interface PReLU extends LayerFields<PReLUOptions, typeof preluOptions> {}

/**
 * `x` above 0, else `alpha * x`, with a trained `alpha` for each element of a sample. He et al., 2015.
 *
 * @example One slope per channel of images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 16] }), new layers.PReLU({ sharedAxes: [1, 2] })]);
 * console.log(model.countParams()); // 16
 * ```
 */
export class PReLU extends Elementwise {
  static {
    declareOptions(this, preluOptions);
  }
  /** The slopes below 0: the shape of a sample, with extent 1 along shared axes. */
  alpha!: Weight;

  /**
   * Takes the options. Throws {@linkcode ValueError} for an invalid shared axis. Defaults: `alphaInitializer: "zeros"`,
   * `alphaRegularizer: null`, `alphaConstraint: null`, `sharedAxes: null`.
   */
  constructor(options: PReLUOptions = {}) {
    super(options);
  }

  /** Makes the slopes. Throws {@linkcode ShapeError} unless every axis that is not shared has a fixed extent. */
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
    this.alpha = this.addWeight({ name: "alpha", shape: shape as Shape, ...weightSettings(this, "alpha") });
    const axes = Object.fromEntries(
      inputShape.flatMap((extent, axis) => axis > 0 && !shared.includes(axis) ? [[axis, extent!]] : []),
    );
    this.inputSpec = { rank: inputShape.length, axes };
  }

  /** The activated input. */
  call(x: Value): Value {
    return o.subtract(o.relu(x), o.multiply(this.alpha, o.relu(o.negate(x))));
  }
}

/** Options of {@linkcode Softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** The axis, or axes, along which the results sum to 1; the last by default. */
  axis?: number | readonly number[];
}

const softmaxOptions = optionTable<SoftmaxOptions>()({ ...layerOptions, axis: axesOption() });

/** The options, checked and completed. */
export interface Softmax extends LayerFields<SoftmaxOptions, typeof softmaxOptions> {}

/** Replaces masked inputs: the exponential of anything near it is 0. */
const farBelow = -1e9;

/**
 * `exp(x) / sum(exp(x))` along `axis`. Elements that the mask excludes, which must broadcast to the input, are left out
 * and get 0.
 *
 * @example Three probabilities
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(3), new layers.Softmax()]);
 * ```
 */
export class Softmax extends Elementwise {
  static {
    declareOptions(this, softmaxOptions);
  }
  override readonly callDefaults = { mask: null };

  /** Takes the options. Throws {@linkcode ValueError} if an axis is not an integer. Defaults: `axis: -1`. */
  constructor(options: SoftmaxOptions = {}) {
    super(options);
  }

  /** Checks the axes. Throws {@linkcode ValueError} for an axis that the input does not have. */
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
    // The number of samples may be a probe's.
    const ofBatch = ({ shape }: Value) => formatShape([null, ...shape.slice(1)]);
    throw new ShapeError({
      what: `Cannot call "${this.name}"`,
      rule: `the mask must broadcast to the input's shape ${ofBatch(x)}`,
      received: `a mask of shape ${ofBatch(mask)}`,
      hint: "give call a mask with an axis for each of the input's, as in apply(x, { mask })",
    });
  }
}
