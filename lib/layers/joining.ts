// Layers that join values along an axis, or by dot products. https://keras.io/api/layers/merging_layers/
import { epsilon } from "../config.ts";
import type { DType } from "../dtype.ts";
import { describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/ops.ts";
import * as o from "../ops/primitives.ts";
import { boolean, isInteger } from "../option_kinds.ts";
import { declareOptions, option, optionTable, positional } from "../options.ts";
import { isListOf, normalizeAxis, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { axisOption } from "./axis_options.ts";
import type { LayerOptions } from "./layer.ts";
import { type Masks, Merge, merged } from "./merging.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";

/** Options of {@linkcode Concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which inputs are concatenated; the last by default. */
  axis?: number;
}

const concatenateOptions = optionTable<ConcatenateOptions>()({ ...layerOptions, axis: axisOption() });

/** The options, checked and completed. */
export interface Concatenate extends LayerFields<ConcatenateOptions, typeof concatenateOptions> {}

/**
 * Concatenates inputs along an axis; their other extents must be equal.
 *
 * @example Two kinds of features
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [4] })];
 * console.log(new layers.Concatenate().apply([a, b]).shape); // [ null, 12 ]
 * ```
 */
export class Concatenate extends Merge {
  static {
    declareOptions(this, concatenateOptions);
  }

  /** Takes the options. Throws {@linkcode ValueError} if the axis is not an integer. Defaults: `axis: -1`. */
  constructor(options: ConcatenateOptions = {}) {
    super(options);
  }

  /** The shape of the inputs with the sum of their extents along the axis. */
  override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape {
    const shapes = this.listOf(inputShapes, 1);
    const [first] = shapes;
    const at = normalizeAxis(this.axis, first.length, `build "${this.name}"`);
    return first.map((_, axis) => {
      const extents = shapes.map((shape) => shape[axis]);
      if (axis === at && !extents.includes(null)) return (extents as number[]).reduce((a, b) => a + b);
      if (axis === at) return null;
      const known = new Set(extents.filter((extent) => extent !== null));
      if (known.size > 1 || shapes.some(({ length }) => length !== first.length)) {
        const rule = `shapes must be equal but along axis ${this.axis}`;
        this.mismatch(rule, shapes, "give another axis, or bring them to one shape first");
      }
      return [...known][0] ?? null;
    });
  }

  /** The concatenated inputs. */
  call(inputs: readonly Value[]): Value {
    return o.concat(inputs, this.axis);
  }

  /** The masks concatenated, with true for inputs without a mask; none if no input has one. */
  override computeMask(inputs: readonly Value[], masks: Masks | undefined): Value | undefined {
    if (!masks || masks.every((mask) => mask === undefined)) return undefined;
    const whole = inputs.map((x, i) => {
      let mask = masks[i];
      if (!mask) return ops.onesLike(x, "bool");
      if (mask.shape.length === x.shape.length) return mask;
      while (mask.shape.length < x.shape.length) mask = ops.expandDims(mask, -1);
      return ops.logicalOr(mask, ops.zerosLike(x, "bool"));
    });
    return ops.any(ops.concatenate(whole, this.axis), -1);
  }
}

/** Options of {@linkcode Dot}. */
export interface DotOptions extends LayerOptions {
  /** Whether vectors are divided by their length first, which makes the product the cosine; false by default. */
  normalize?: boolean;
}

const axesOfTwo = option<number | readonly [number, number]>({
  read: (given, { whatNamed, option }) => {
    const isAxis = (axis: unknown): axis is number => isInteger(axis) && axis !== 0;
    if (isAxis(given)) return given;
    if (isListOf(given, isAxis) && given.length === 2) return [given[0], given[1]];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an integer, or one for each of two inputs, and not the batch axis 0`,
      received: describeList(given),
      hint: "write it as in new Dot(1), or new Dot([2, 1])",
    });
  },
});

const dotOptions = optionTable<DotOptions>()({
  ...layerOptions,
  /** The axis of each input, or one for both. */
  axes: positional(axesOfTwo),
  normalize: boolean(false),
});

/** The options, checked and completed. */
export interface Dot extends LayerFields<DotOptions, typeof dotOptions> {}

/** `x` divided by its length along `axis`. */
function normalized(x: Value, axis: number): Value {
  return o.multiply(x, o.rsqrt(o.maximum(o.sum(o.square(x), axis, true), epsilon() ** 2)));
}

/**
 * The dot products of two inputs along an axis of each, sample by sample: `[batch, m, k]` and `[batch, n, k]` with
 * `axes` 2 give `[batch, m, n]`; `[batch, k]` and `[batch, k]` with `axes` 1 give `[batch, 1]`.
 *
 * @example The similarity of two vectors
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [8] })];
 * console.log(new layers.Dot(1, { normalize: true }).apply([a, b]).shape); // [ null, 1 ]
 * ```
 */
export class Dot extends Merge {
  static {
    declareOptions(this, dotOptions);
  }

  /**
   * Takes the axes, counting the batch axis as 0. Throws {@linkcode ValueError} if they are neither one nor two.
   * Defaults: `normalize: false`.
   */
  constructor(axes: number | readonly [number, number], options: DotOptions = {}) {
    super(options, { axes });
  }

  #axesOf(shapes: readonly SymbolicShape[]): [number, number] {
    const [a, b] = typeof this.axes === "number" ? [this.axes, this.axes] : this.axes;
    const what = `build "${this.name}"`;
    return [normalizeAxis(a, shapes[0].length, what), normalizeAxis(b, shapes[1].length, what)];
  }

  /**
   * The axes of the first input, then those of the second, without batch and summed axes; `[batch, 1]` if none remain.
   */
  override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape {
    const shapes = this.listOf(inputShapes, 2, 2);
    const axes = this.#axesOf(shapes);
    const [m, n] = shapes.map((shape, i) => shape[axes[i]]);
    if (axes.includes(0)) this.mismatch("the batch axis cannot be summed", shapes, "count axes from 1");
    if (m !== n && m !== null && n !== null) {
      const rule = `axis ${axes[0]} of the first and axis ${axes[1]} of the second must be equal`;
      this.mismatch(rule, shapes, "give other axes, or bring both to one length first");
    }
    const rest = shapes.flatMap((shape, i) => shape.filter((_, axis) => axis > 0 && axis !== axes[i]));
    return [shapes[0][0] ?? shapes[1][0], ...(rest.length > 0 ? rest : [1])];
  }

  /** The dot products. */
  call(inputs: readonly Value[]): Value {
    const axes = this.#axesOf(this.listOf(inputs.map(({ shape }) => shape), 2, 2));
    const [a, b] = inputs.map((x, i) => {
      const vectors = this.normalize ? normalized(x, axes[i]) : x;
      const others = x.shape.map((_, axis) => axis).filter((axis) => axis > 0 && axis !== axes[i]);
      const length = x.shape[axes[i]];
      const rows = sizeOf(others.map((axis) => x.shape[axis]));
      return o.reshape(o.transpose(vectors, [0, ...others, axes[i]]), [x.shape[0], rows, length]);
    });
    const product = o.matmul(a, b, { transposeB: true });
    return o.reshape(product, this.computeOutputShape(inputs.map(({ shape }) => shape)) as Shape);
  }

  /** No mask. */
  override computeMask(): undefined {
    return undefined;
  }

  protected override outputDType(): DType {
    return "float32";
  }
}

/** {@linkcode Concatenate} applied to `inputs`. */
export const concatenate = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: ConcatenateOptions): T =>
  merged(new Concatenate(options), inputs);
/** {@linkcode Dot} of `axes` applied to two `inputs`. */
export const dot = <T extends SymbolicTensor | Value>(
  inputs: readonly T[],
  axes: number | readonly [number, number] = -1,
  options?: DotOptions,
): T => merged(new Dot(axes, options), inputs);
