// Layers that merge several values elementwise. https://keras.io/api/layers/merging_layers/
import { array, listOf, masks as anyMask, object, optional, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { type DType, isFloat, promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/ops.ts";
import * as o from "../ops/primitives.ts";
import { declareBase, declareOptions } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { flatten, isItem, type Structure } from "../structure.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { dtypeOfNumbers } from "./inference.ts";
import { layerOptions } from "./options.ts";
import { type CallArguments, type SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";

/** The masks of several inputs, in order. */
export type Masks = readonly (Value | undefined)[];

/** The base of layers that merge a list of values into one. */
export abstract class Merge extends Layer {
  static {
    declareBase(this);
  }

  /** The masks of the inputs are merged too. */
  override readonly supportsMasking = true;

  static {
    const inputs = listOf(array, "a list of inputs", 1);
    declareMethods(this, {
      build: { verb: "build", takes: { inputShapes: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShapes: shapes } },
      call: { verb: "call", takes: { inputs, context: object } },
      computeMask: { verb: "take the mask of", takes: { inputs, masks: optional(listOf(anyMask, "a list of masks")) } },
    });
  }

  /** Merges the inputs. */
  abstract override call(inputs: readonly Value[], context: CallContext<Masks>): Value;

  /** Checks the shapes. Throws {@linkcode ShapeError} if they do not fit. */
  override build(inputShapes: Structure<SymbolicShape>): void {
    this.computeOutputShape(inputShapes);
  }

  /** The output shape for the input shapes. */
  abstract override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape;

  /** The shape and the dtype of the output. */
  override computeOutputSpec({ positional: [inputs] }: CallArguments<TensorSpec>): TensorSpec {
    const specs = flatten(inputs as Structure<TensorSpec>);
    const shape = this.computeOutputShape(specs.map((spec) => spec.shape));
    const dtype = this.outputDType(specs.map(dtypeOfNumbers).reduce(promote));
    return new TensorSpec(shape, isFloat(dtype) ? this.computeDtype : dtype);
  }

  /** The dtype of the output, if the common dtype of the inputs is `dtype`. */
  protected outputDType(dtype: DType): DType {
    return dtype;
  }

  /** True where any input's mask is true; none if an input has no mask. */
  override computeMask(_inputs: readonly Value[], masks: Masks | undefined): Value | undefined {
    const known = masks?.filter((mask) => mask !== undefined) ?? [];
    return known.length > 0 && known.length === masks?.length ? known.reduce((a, b) => ops.logicalOr(a, b)) : undefined;
  }

  /** The shapes as a list of at least `least`, and at most `most`; throws {@linkcode ShapeError} for others. */
  protected listOf(shapes: Structure<SymbolicShape>, least: number, most = Infinity): readonly SymbolicShape[] {
    const list = flatten(shapes);
    if (!isItem(shapes) && list.length >= least && list.length <= most) return this.#ofOneBatch(list);
    const number = least === most ? `a list of exactly ${least} inputs` : "a list of inputs";
    throw new ShapeError({
      what: `Cannot build "${this.name}"`,
      rule: `it takes ${number}`,
      received: isItem(shapes) ? `one of shape ${formatShape(shapes)}` : `${list.length}`,
      hint: "write them in brackets, as in apply([a, b])",
    });
  }

  #ofOneBatch(list: readonly SymbolicShape[]): readonly SymbolicShape[] {
    const known = list.map(([batch]) => batch).filter((batch) => batch !== null && batch !== undefined);
    if (new Set(known).size > 1) this.mismatch("inputs must have one batch size", list, "take batches of one size");
    return list;
  }

  /** Throws the {@linkcode ShapeError} that lists the shapes. */
  protected mismatch(rule: string, shapes: readonly SymbolicShape[], hint: string): never {
    const received = shapes.map(formatShape).join(" and ");
    throw new ShapeError({ what: `Cannot build "${this.name}"`, rule, received, hint });
  }
}

/** The broadcast extent of two extents: undefined if they do not fit, null if it is unknown. */
function broadcastExtent(a: number | null, b: number | null): number | null | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  return a === null || b === null ? null : undefined;
}

/** A shape with axes of extent 1 inserted after the batch axis, up to `rank` axes. */
function widened<T extends number | null>(shape: readonly T[], rank: number): (T | 1)[] {
  return [...shape.slice(0, 1), ...new Array<1>(rank - shape.length).fill(1), ...shape.slice(1)];
}

/** Elementwise merges: shapes broadcast, with axes inserted after the batch axis for inputs of lower rank. */
abstract class ElementwiseMerge extends Merge {
  static {
    declareOptions(this, layerOptions);
  }
  /** The least and the largest number of inputs. */
  protected readonly inputCount: readonly [least: number, most: number] = [1, Infinity];

  /** The common shape. Throws {@linkcode ShapeError} if there is none. */
  override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape {
    const shapes = this.listOf(inputShapes, ...this.inputCount);
    const rank = Math.max(...shapes.map(({ length }) => length));
    return shapes.map((shape): SymbolicShape => widened(shape, rank)).reduce((a, b) =>
      a.map((extent, axis) => {
        // All inputs share the batch axis: it is known if one input knows it.
        const common = axis === 0 ? extent ?? b[0] : broadcastExtent(extent, b[axis]);
        if (common !== undefined) return common;
        return this.mismatch(
          "shapes must be equal or broadcast (each axis equal, or 1 in one of them)",
          shapes,
          "bring them to one shape first, as with a Dense or a Reshape",
        );
      })
    );
  }

  /** The merged inputs. */
  call(inputs: readonly Value[], { mask }: CallContext<Masks>): Value {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    return this.merge(
      inputs.map((x) => o.reshape(x, widened(x.shape, rank))),
      // The mask of an input that gets further axes would not fit its new shape.
      inputs.map((x, i) => (x.shape.length === rank && mask?.[i] ? spread(mask[i], rank) : undefined)),
    );
  }

  /** Merges inputs of one rank, whose masks broadcast to them. */
  protected abstract merge(inputs: readonly Value[], masks: Masks): Value;
}

/** A mask with axes of extent 1 appended, up to `rank` axes. */
function spread(mask: Value, rank: number): Value {
  return o.reshape(mask, [...mask.shape, ...new Array<number>(rank - mask.shape.length).fill(1)]);
}

/**
 * The elementwise sum of the inputs.
 *
 * @example A residual connection
 * ```ts
 * import { Input, layers, Model } from "./mod.ts";
 * const x = Input({ shape: [8] });
 * const y = new layers.Add().apply([x, new layers.Dense(8, { activation: "relu" }).apply(x)]);
 * console.log(new Model({ inputs: x, outputs: y }).outputShape); // [ null, 8 ]
 * ```
 */
export class Add extends ElementwiseMerge {
  protected merge(inputs: readonly Value[]): Value {
    return inputs.reduce((a, b) => o.add(a, b));
  }
}

/**
 * The first input minus the second, elementwise.
 *
 * @example
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [8] })];
 * console.log(new layers.Subtract().apply([a, b]).shape); // [ null, 8 ]
 * ```
 */
export class Subtract extends ElementwiseMerge {
  protected override readonly inputCount = [2, 2] as const;

  protected merge([a, b]: readonly Value[]): Value {
    return o.subtract(a, b);
  }
}

/**
 * The elementwise product of the inputs. Masked elements count as 1, and as 0 if masked in all inputs.
 *
 * @example A gate
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const x = Input({ shape: [8] });
 * const gate = new layers.Dense(8, { activation: "sigmoid" }).apply(x);
 * console.log(new layers.Multiply().apply([x, gate]).shape); // [ null, 8 ]
 * ```
 */
export class Multiply extends ElementwiseMerge {
  protected merge(inputs: readonly Value[], masks: Masks): Value {
    const product = inputs.map((x, i) => (masks[i] ? o.select(masks[i], x, 1) : x)).reduce((a, b) => o.multiply(a, b));
    const known = masks.filter((mask) => mask !== undefined);
    return known.length < masks.length ? product : o.select(known.reduce((a, b) => o.logicalOr(a, b)), product, 0);
  }
}

/**
 * The elementwise mean of the inputs.
 *
 * @example
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [8] })];
 * console.log(new layers.Average().apply([a, b]).shape); // [ null, 8 ]
 * ```
 */
export class Average extends ElementwiseMerge {
  protected merge(inputs: readonly Value[]): Value {
    return o.divide(inputs.reduce((a, b) => o.add(a, b)), inputs.length);
  }

  protected override outputDType(): DType {
    return this.computeDtype;
  }
}

/** Folds the inputs with `op`, ignoring masked elements. */
function foldUnmasked(inputs: readonly Value[], masks: Masks, op: (a: Value, b: Value) => Value): Value {
  let [merged] = inputs;
  let [seen] = masks;
  for (let i = 1; i < inputs.length; i++) {
    const mask = masks[i];
    const next = mask ? o.select(mask, inputs[i], merged) : inputs[i];
    merged = op(seen ? o.select(seen, merged, next) : merged, next);
    seen = mask && seen ? o.logicalOr(seen, mask) : undefined;
  }
  return merged;
}

/**
 * The elementwise maximum of the inputs, ignoring masked elements.
 *
 * @example
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [8] })];
 * console.log(new layers.Maximum().apply([a, b]).shape); // [ null, 8 ]
 * ```
 */
export class Maximum extends ElementwiseMerge {
  protected merge(inputs: readonly Value[], masks: Masks): Value {
    return foldUnmasked(inputs, masks, o.maximum);
  }
}

/**
 * The elementwise minimum of the inputs, ignoring masked elements.
 *
 * @example
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const [a, b] = [Input({ shape: [8] }), Input({ shape: [8] })];
 * console.log(new layers.Minimum().apply([a, b]).shape); // [ null, 8 ]
 * ```
 */
export class Minimum extends ElementwiseMerge {
  protected merge(inputs: readonly Value[], masks: Masks): Value {
    return foldUnmasked(inputs, masks, o.minimum);
  }
}

/** Applies a merge to symbolic tensors, or to symbolic values in a traced function. */
export function merged<T extends SymbolicTensor | Value>(layer: Layer, inputs: readonly T[]): T {
  return flatten(layer.replay<T>({ positional: [inputs], named: {} }))[0];
}

/** {@linkcode Add} applied to `inputs`. */
export const add = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Add(options), inputs);
/** {@linkcode Subtract} applied to two `inputs`. */
export const subtract = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Subtract(options), inputs);
/** {@linkcode Multiply} applied to `inputs`. */
export const multiply = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Multiply(options), inputs);
/** {@linkcode Average} applied to `inputs`. */
export const average = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Average(options), inputs);
/** {@linkcode Maximum} applied to `inputs`. */
export const maximum = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Maximum(options), inputs);
/** {@linkcode Minimum} applied to `inputs`. */
export const minimum = <T extends SymbolicTensor | Value>(inputs: readonly T[], options?: LayerOptions): T =>
  merged(new Minimum(options), inputs);
