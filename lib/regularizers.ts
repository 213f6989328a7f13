// Regularizers: penalties on weights and outputs that are added to the loss. https://keras.io/api/layers/regularizers/
import { type Config, epsilon, type FunctionNode, type ObjectNode } from "./json_config.ts";
import { isClass, ShapeError, unknownIdentifier, ValueError } from "./errors.ts";
import type { Value } from "./ir/value.ts";
import * as o from "./ops/primitives.ts";
import { checkRange } from "./option_kinds.ts";
import { checkOptions, describe, type Option, option } from "./options.ts";
import { functionNode, objectNode } from "./registry.ts";
import { formatShape } from "./shape.ts";

/**
 * The base of regularizers: extend it with your own `call`.
 *
 * @example A regularizer of one's own
 * ```ts
 * import { layers, ops, regularizers, type Value } from "./mod.ts";
 * class Fourth extends regularizers.Regularizer {
 *   call(x: Value) {
 *     return ops.multiply(ops.sum(ops.power(x, 4)), 0.01);
 *   }
 * }
 * console.log(new layers.Dense(3, { kernelRegularizer: new Fourth() }).name); // dense
 * ```
 */
export abstract class Regularizer {
  /** The penalty, one float32 number. */
  abstract call(x: Value): Value;

  /** The arguments as Keras's config. */
  getConfig(): Config {
    return {};
  }

  /** The regularizer as it stands in a layer's config. */
  serialize(): ObjectNode | FunctionNode {
    return objectNode(this);
  }
}

/**
 * `l1 * sum(|x|)`; `l1` is 0.01 by default.
 *
 * @example A kernel that becomes sparse
 * ```ts
 * import { layers, regularizers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelRegularizer: new regularizers.L1(0.001) }).units); // 3
 * ```
 */
export class L1 extends Regularizer {
  /** What the sum is multiplied by, as float32. */
  readonly l1: number;

  /** Takes the factor. Throws {@linkcode ValueError} for one below 0. */
  constructor(factor = 0.01) {
    super();
    checkRange("L1", "l1", factor, 0, Infinity);
    // Keras keeps this one as a float32 tensor, so its files have the rounded number.
    this.l1 = Math.fround(factor);
  }
  /** The penalty. */
  call(x: Value): Value {
    return o.multiply(o.sum(o.abs(x)), this.l1);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { l1: this.l1 };
  }
}

/**
 * `l2 * sum(x^2)`; `l2` is 0.01 by default.
 *
 * @example Small weights
 * ```ts
 * import { layers, regularizers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelRegularizer: new regularizers.L2(0.001) }).units); // 3
 * ```
 */
export class L2 extends Regularizer {
  /** What the sum is multiplied by. */
  readonly l2: number;

  /** Takes the factor. Throws {@linkcode ValueError} for one below 0. */
  constructor(factor = 0.01) {
    super();
    checkRange("L2", "l2", factor, 0, Infinity);
    this.l2 = factor;
  }
  /** The penalty. */
  call(x: Value): Value {
    return o.multiply(o.sum(o.square(x)), this.l2);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { l2: this.l2 };
  }
}

/**
 * `l1 * sum(|x|) + l2 * sum(x^2)`; both are 0 by default, so the name `"l1_l2"` alone adds nothing, as in Keras.
 *
 * @example Both penalties
 * ```ts
 * import { regularizers } from "./mod.ts";
 * console.log(new regularizers.L1L2({ l1: 0.01, l2: 0.01 }).l2); // 0.01
 * ```
 */
export class L1L2 extends Regularizer {
  /** What the sum of absolute values is multiplied by. */
  readonly l1: number;
  /** What the sum of squares is multiplied by. */
  readonly l2: number;

  /** Takes the factors. Throws {@linkcode ValueError} for one below 0. */
  constructor(options: { l1?: number; l2?: number } = {}) {
    super();
    checkOptions("L1L2", options, ["l1", "l2"]);
    ({ l1: this.l1 = 0, l2: this.l2 = 0 } = options);
    checkRange("L1L2", "l1", this.l1, 0, Infinity);
    checkRange("L1L2", "l2", this.l2, 0, Infinity);
  }
  /** The penalty. */
  call(x: Value): Value {
    const parts: Value[] = [];
    if (this.l1 !== 0) parts.push(o.multiply(o.sum(o.abs(x)), this.l1));
    if (this.l2 !== 0) parts.push(o.multiply(o.sum(o.square(x)), this.l2));
    return parts.length === 0 ? o.multiply(o.sum(x), 0) : parts.reduce((a, b) => o.add(a, b));
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }
}

/** Which vectors of a matrix an {@linkcode OrthogonalRegularizer} wants orthogonal. */
export type OrthogonalMode = "rows" | "columns";

/**
 * `factor` (0.01 by default) times half the mean of `|cos|` over all pairs of different rows (or columns) of a matrix.
 *
 * @example Columns that point apart
 * ```ts
 * import { regularizers } from "./mod.ts";
 * console.log(new regularizers.OrthogonalRegularizer({ mode: "columns" }).mode); // columns
 * ```
 */
export class OrthogonalRegularizer extends Regularizer {
  /** What the mean is multiplied by, as float32. */
  readonly factor: number;
  /** Which vectors are wanted orthogonal. */
  readonly mode: OrthogonalMode;

  /** Takes factor and mode. Throws {@linkcode ValueError} for a mode that is none. */
  constructor(options: { factor?: number; mode?: OrthogonalMode } = {}) {
    super();
    checkOptions("OrthogonalRegularizer", options, ["factor", "mode"]);
    const { factor = 0.01, mode = "rows" } = options;
    checkRange("OrthogonalRegularizer", "factor", factor, 0, Infinity);
    if (mode !== "rows" && mode !== "columns") {
      throw unknownIdentifier("mode", String(mode), ["rows", "columns"], "Cannot make OrthogonalRegularizer");
    }
    this.factor = Math.fround(factor);
    this.mode = mode;
  }
  /** The penalty; throws {@linkcode ShapeError} where `x` has not two axes. */
  call(x: Value): Value {
    if (x.shape.length !== 2) {
      throw new ShapeError({
        what: "Cannot apply OrthogonalRegularizer",
        rule: "it needs a matrix",
        received: formatShape(x.shape),
        hint: "use L2 for a weight of other rank",
      });
    }
    const byRows = this.mode === "rows";
    const squares = o.sum(o.square(x), byRows ? 1 : 0, true);
    // As Keras normalizes: a vector shorter than epsilon is divided by that.
    const unit = o.divide(x, o.sqrt(o.maximum(squares, epsilon() ** 2)));
    const product = byRows ? o.matmul(unit, unit, { transposeB: true }) : o.matmul(unit, unit, { transposeA: true });
    const size = x.shape[byRows ? 0 : 1];
    const others = o.cast(o.notEqual(o.iota([size, size], 0), o.iota([size, size], 1)), "float32");
    const pairs = size * (size - 1) / 2;
    return o.multiply(o.sum(o.abs(o.multiply(product, others))), pairs === 0 ? 0 : this.factor * 0.5 / pairs);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { factor: this.factor, mode: this.mode };
  }
}

class FromFunction extends Regularizer {
  constructor(readonly fn: (x: Value) => Value) {
    super();
  }
  call(x: Value): Value {
    return this.fn(x);
  }
  override serialize(): FunctionNode {
    return functionNode(this.fn);
  }
}

const named: Record<RegularizerName, () => Regularizer> = {
  l1: () => new L1(),
  l2: () => new L2(),
  l1l2: () => new L1L2(),
  l1_l2: () => new L1L2(),
  L1: () => new L1(),
  L2: () => new L2(),
  L1L2: () => new L1L2(),
  orthogonal_regularizer: () => new OrthogonalRegularizer(),
  OrthogonalRegularizer: () => new OrthogonalRegularizer(),
};

/** The names of the regularizers, as Keras spells them. */
export type RegularizerName =
  | "l1"
  | "l2"
  | "l1l2"
  | "l1_l2"
  | "L1"
  | "L2"
  | "L1L2"
  | "orthogonal_regularizer"
  | "OrthogonalRegularizer";
/** A regularizer by name, as an object, or as a function that gives the penalty of a weight. */
export type RegularizerIdentifier = RegularizerName | Regularizer | ((x: Value) => Value);

/**
 * The regularizer that an identifier names, null for none; throws {@linkcode ValueError} with a suggestion for an unknown
 * name.
 */
export function getRegularizer(
  identifier: RegularizerIdentifier | null | undefined,
  where?: string,
): Regularizer | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Regularizer) return identifier;
  if (typeof identifier === "function") {
    if (!isClass(identifier)) return new FromFunction(identifier);
    throw new ValueError({
      what: where ?? "Unknown regularizer",
      rule: "a regularizer must be a name, an object or a function",
      received: describe(identifier),
      hint: `write new regularizers.${String(identifier.name)}()`,
    });
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown regularizer",
      rule: "a regularizer must be a name, an object or a function",
      received: describe(identifier),
      hint: 'write "l2" or new regularizers.L2(0.01)',
    });
  }
  if (!Object.hasOwn(named, identifier)) throw unknownIdentifier("regularizer", identifier, Object.keys(named), where);
  return named[identifier]();
}

/** A regularizer as an option: none by default. */
export const regularizerOption = (fallback: RegularizerIdentifier | null = null): Option<Regularizer | null> =>
  option<Regularizer | null>({
    fallback,
    nullable: true,
    read: (given, { whatNamed }) => getRegularizer(given as RegularizerIdentifier | null, whatNamed),
    write: (regularizer) => regularizer?.serialize() ?? null,
  });

export { getRegularizer as get };
