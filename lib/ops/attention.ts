// Attention: values weighted by how well their keys match queries. https://keras.io/api/ops/nn/
import type { SavedForms } from "../ir/saved_form.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";
import { apply, isEager, type Operand, promoteDTypes, shapeOf, symbolic } from "../tensor/apply.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";
import { lift, type Lifted } from "./lift.ts";
import * as p from "./primitives.ts";

/** A dropout of weights. */
interface WeightDropout {
  /** The fraction that is dropped. */
  readonly rate: number;
  /** Seed and step, int32 `[2]`. */
  readonly counter: Operand;
  /** What keeps its numbers apart from others of the same counter. */
  readonly path: number;
}

/** What {@linkcode attend} computes with besides queries, keys and values. */
interface Attending {
  /** Bool, broadcasting to `[batch, heads, queries, keys]`: which keys a query sees; all by default. */
  readonly mask?: Operand;
  /** Added to the scores, broadcasting to `[batch, heads, queries, keys]`; not together with dropout. */
  readonly bias?: Operand;
  /** Which weights are dropped, and the others multiplied so that their expectation stays. */
  readonly dropout?: WeightDropout;
  /** What scores are multiplied by. */
  readonly scale: number;
  /** Whether a query sees no keys at later positions; false by default. */
  readonly causal?: boolean;
  /** A query sees keys less than so many positions away; 0, the default, for all. */
  readonly window?: number;
  /** Whether a query that sees no key gives zeros, in place of the mean of all values; false by default. */
  readonly zeroEmpty?: boolean;
}

/**
 * The values `[batch, keys, heads, size]` weighted by the softmax of the products of queries and keys. Keys and values may
 * have fewer heads, each for a group of heads of the queries.
 */
export function attend(query: Operand, key: Operand, value: Operand, options: Attending): Operand {
  const { mask, bias, dropout, scale, causal = false, window = 0, zeroEmpty = false } = options;
  const wide = (x: Operand) => p.reshape(x, [1, 1, 1, 1, ...shapeOf(x)].slice(-4));
  const drops = dropout !== undefined && dropout.rate > 0;
  const others = [
    ...(mask === undefined ? [] : [wide(mask)]),
    ...(bias === undefined ? [] : [wide(p.cast(bias, "float32"))]),
    ...(drops ? [dropout.counter] : []),
  ];
  const ofDropout = drops ? { dropout: dropout.rate, path: dropout.path } : { dropout: 0, path: 0 };
  const attrs = { scale, causal, window, zeroEmpty, ...ofDropout, first: 0 };
  return apply("attention", [query, key, value, ...others], attrs)[0];
}

/** The conjunction of the masks that are given, as bool. */
export function allOf(masks: readonly (Operand | null | undefined)[]): Operand | undefined {
  const given = masks.flatMap((mask) => mask === null || mask === undefined ? [] : [p.cast(mask, "bool")]);
  return given.length === 0 ? undefined : given.reduce((a, b) => p.logicalAnd(a, b));
}

/** Which keys a query sees by their positions, `[queries, keys]`; undefined for all. */
export function seenPositions(
  query: Operand,
  [queries, keys]: readonly [number, number],
  { causal = false, window = 0 }: Pick<Attending, "causal" | "window">,
): Operand | undefined {
  // In a trace it is computed where it is used: as a constant it would be stored.
  const counted = (shape: Shape, axis: number) => isEager(query) ? p.iota(shape, axis) : symbolic(p.iota(shape, axis));
  const [at, other] = [counted([queries, 1], 0), counted([1, keys], 1)];
  return allOf([
    causal ? p.greaterEqual(at, other) : undefined,
    window > 0 ? p.less(p.abs(p.subtract(at, other)), window) : undefined,
  ]);
}

/** Options of {@linkcode dotProductAttention}. */
export interface DotProductAttentionOptions<T = Operand | SymbolicTensor> {
  /** Added to the scores; broadcasts to `[batch, heads, queries, keys]`. */
  bias?: T | null;
  /** Bool: which keys a query sees; broadcasts to `[batch, heads, queries, keys]`. All by default. */
  mask?: T | null;
  /** What scores are multiplied by; `1 / sqrt(size)` by default. */
  scale?: number | null;
  /** Whether a query sees no keys at later positions; false by default. */
  isCausal?: boolean;
  /** Has no effect: scores are never all in memory, but for the gradient by a bias. */
  flashAttention?: boolean | null;
}

/**
 * The values weighted by the softmax of scaled products of queries and keys: `query` `[batch, queries, heads, size]`, `key`
 * `[batch, keys, heads, size]` and `value` of the shape of `key` give the shape of `query`. Keys and values may have fewer
 * heads: a number that divides that of the queries, whose heads then share them in groups. A query that sees no key gets
 * the mean of all values. Throws {@linkcode ShapeError} for shapes that do not fit.
 * Keras: https://keras.io/api/ops/nn/#dotproductattention-function
 *
 * @example Each step sees those before it
 * ```ts
 * import { ops, random } from "./mod.ts";
 * const x = random.normal([2, 5, 4, 8]);
 * console.log(ops.dotProductAttention(x, x, x, { isCausal: true }).shape); // [ 2, 5, 4, 8 ]
 * ```
 */
export const dotProductAttention: Lifted<
  [query: Operand, key: Operand, value: Operand, options?: DotProductAttentionOptions]
> = lift((query, key, value, options = {}) => {
  const { bias, mask, scale, isCausal = false } = options as DotProductAttentionOptions<Operand>;
  checkShapes(query, key, value, [bias, mask]);
  if (scale !== null && scale !== undefined && !Number.isFinite(scale)) {
    throw new ValueError({
      what,
      rule: "scale must be a finite number",
      received: describe(scale),
      hint: "leave it out for 1 / sqrt(size)",
    });
  }
  const [queries, keys, values] = promoteDTypes([query, key, value], true);
  return attend(queries, keys, values, {
    bias: bias ?? undefined,
    mask: mask === null || mask === undefined ? undefined : p.cast(mask, "bool"),
    scale: scale ?? 1 / Math.sqrt(shapeOf(key)[3]),
    causal: isCausal,
  });
}, { optionsAt: 3 });

const what = "Cannot take dotProductAttention";

function checkShapes(
  query: Operand,
  key: Operand,
  value: Operand,
  others: readonly (Operand | null | undefined)[],
): void {
  const shapes = [query, key, value].map(shapeOf);
  const [q, k, v] = shapes;
  const fits = shapes.every(({ length }) => length === 4) && q[0] === k[0] && q[3] === k[3] &&
    k.slice(0, 3).every((extent, axis) => extent === v[axis]) && k[2] > 0 && q[2] % k[2] === 0;
  if (!fits) {
    throw new ShapeError({
      what,
      rule:
        "query must be [batch, queries, heads, size], key and value [batch, keys, heads, size], with as many heads as " +
        "the query or a number that divides it",
      received: shapes.map(formatShape).join(", "),
      hint: "split features into heads with reshape first",
    });
  }
  const scores = [q[0], q[2], q[1], k[1]];
  for (const other of others) {
    if (other === null || other === undefined) continue;
    const given = shapeOf(other);
    const lead = 4 - given.length;
    if (lead >= 0 && given.every((extent, axis) => extent === 1 || extent === scores[lead + axis])) continue;
    throw new ShapeError({
      what,
      rule: `bias and mask must broadcast to the scores, ${formatShape(scores)}`,
      received: formatShape(given),
      hint: "give them as [batch, heads, queries, keys], with 1 for axes along which they are the same",
    });
  }
}

/** How Keras's files write attention. */
export const savedAttention: SavedForms = {
  dotProductAttention: {
    module: "nn",
    inputs: 3,
    keys: { bias: null, mask: null, scale: null, is_causal: false, flash_attention: null },
    optionsFrom: 0,
    named: ["bias", "mask", "scale"],
    fixed: { attn_logits_soft_cap: null },
  },
};
