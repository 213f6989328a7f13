// Layers that make one value of several, element by element. https://keras.io/api/layers/merging_layers/
import { listOf, masks as listOfMasks, object, operand } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { type DType, promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/ops.ts";
import * as o from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { flatten, isItem, type Structure } from "../structure.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { layerOptions } from "./options.ts";
import { type CallArguments, type SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";

/** The masks of several inputs, in their order. */
export type Masks = readonly (Value | undefined)[];

/** The base of layers that make one value of a list of them. */
export abstract class Merge extends Layer {
  /** The masks of the inputs are merged too. */
  override readonly supportsMasking = true;

  static {
    const inputs = listOf(operand, "a list of inputs");
    declareMethods(this, {
      call: { verb: "call", takes: { inputs, context: object } },
      computeMask: { verb: "take the mask of", takes: { inputs, masks: listOfMasks } },
    });
  }

  /** Makes one value of the inputs. */
  abstract override call(inputs: readonly Value[], context: CallContext<Masks>): Value;

  /** Checks that the shapes fit. Throws {@linkcode ShapeError} where they do not. */
  override build(inputShapes: Structure<SymbolicShape>): void {
    this.computeOutputShape(inputShapes);
  }

  /** The shape of the output for those of the inputs. */
  abstract override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape;

  /** The shape and the dtype of the output. */
  override computeOutputSpec({ positional: [inputs] }: CallArguments<TensorSpec>): TensorSpec {
    const specs = flatten(inputs as Structure<TensorSpec>);
    const shape = this.computeOutputShape(specs.map((spec) => spec.shape));
    return new TensorSpec(shape, this.outputDType(specs.map(({ dtype }) => dtype).reduce(promote)));
  }

  /** The dtype of the output where that of all inputs together is `dtype`. */
  protected outputDType(dtype: DType): DType {
    return dtype;
  }

  /** True where it is for any input; none where an input has none. */
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

  /** Throws the {@linkcode ShapeError} that says which shapes do not fit. */
  protected mismatch(rule: string, shapes: readonly SymbolicShape[], hint: string): never {
    const received = shapes.map(formatShape).join(" and ");
    throw new ShapeError({ what: `Cannot build "${this.name}"`, rule, received, hint });
  }
}

/** What two extents broadcast to: undefined where they do not, null where it is not known. */
function broadcastExtent(a: number | null, b: number | null): number | null | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  return a === null || b === null ? null : undefined;
}

/** A shape with axes of extent 1 after the batch axis, so that it has `rank` axes. */
function widened<T extends number | null>(shape: readonly T[], rank: number): (T | 1)[] {
  return [...shape.slice(0, 1), ...new Array<1>(rank - shape.length).fill(1), ...shape.slice(1)];
}

/** Merges element by element: shapes broadcast, and those of fewer axes get some after the batch axis. */
abstract class ElementwiseMerge extends Merge {
  static {
    declareOptions(this, layerOptions);
  }
  /** How many inputs it takes at least and at most. */
  protected readonly inputCount: readonly [least: number, most: number] = [1, Infinity];

  /** The common shape. Throws {@linkcode ShapeError} where there is none. */
  override computeOutputShape(inputShapes: Structure<SymbolicShape>): SymbolicShape {
    const shapes = this.listOf(inputShapes, ...this.inputCount);
    const rank = Math.max(...shapes.map(({ length }) => length));
    return shapes.map((shape): SymbolicShape => widened(shape, rank)).reduce((a, b) =>
      a.map((extent, axis) => {
        // The batch axis is that of all: where one knows it, it is known.
        const common = axis === 0 ? extent ?? b[0] : broadcastExtent(extent, b[axis]);
        if (common !== undefined) return common;
        return this.mismatch(
          "shapes must be equal or broadcast (each axis equal, or 1 in one of them)",
          shapes,
          "bring them to one shape before, as with a Dense or a Reshape",
        );
      })
    );
  }

  /** The merged inputs. */
  call(inputs: readonly Value[], { mask }: CallContext<Masks>): Value {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    return this.merge(
      inputs.map((x) => o.reshape(x, widened(x.shape, rank))),
      // An input that gets axes has no mask of its new shape.
      inputs.map((x, i) => (x.shape.length === rank && mask?.[i] ? spread(mask[i], rank) : undefined)),
    );
  }

  /** Merges inputs of one rank, whose masks broadcast to them. */
  protected abstract merge(inputs: readonly Value[], masks: Masks): Value;
}

/** A mask with axes of extent 1 at its end, so that it has `rank` axes. */
function spread(mask: Value, rank: number): Value {
  return o.reshape(mask, [...mask.shape, ...new Array<number>(rank - mask.shape.length).fill(1)]);
}

/**
 * The sum of the inputs, element by element.
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
 * The first input less the second, element by element.
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
 * The product of the inputs, element by element. What is masked counts as 1, and as 0 where it is in all.
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
 * The mean of the inputs, element by element.
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
    return "float32";
  }
}

/** Folds the inputs with `op`, where an input that is masked counts as the others do. */
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
 * The largest of the inputs, element by element, but for what is masked.
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
 * The smallest of the inputs, element by element, but for what is masked.
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

/** A merge of symbolic tensors, or of symbolic values inside of a traced function. */
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
