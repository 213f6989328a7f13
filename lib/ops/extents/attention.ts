// The extents of an attention, and what it takes besides queries, keys and values.
import type { DType } from "../../dtype.ts";
import type { ValueType } from "../../ir/graph.ts";

/** The score of a key that a query does not see, as in Keras: far below any other, and finite. */
export const unseenScore: number = Math.fround(-0.7 * 3.38953e38);

/** The extents of an attention. */
export interface AttentionExtents {
  readonly batch: number;
  readonly queries: number;
  /** The heads of the queries, and those of keys and values. */
  readonly heads: number;
  readonly groups: number;
  readonly keys: number;
  /** The size of a query and a key, and that of a value. */
  readonly size: number;
  readonly valueSize: number;
}

/** The extents for queries, keys and values. */
export function attentionExtents([query, key, value]: readonly ValueType[]): AttentionExtents {
  const [batch, queries, heads, size] = query.shape;
  const [, keys, groups] = key.shape;
  return { batch, queries, heads, groups, keys, size, valueSize: value.shape[3] };
}

/** What an attention may take besides: operands that are distinguished by their dtypes. */
export interface AttentionExtras<T> {
  /** Which keys a query sees, bool `[batch, heads, queries, keys]`, or 1 along an axis. */
  readonly mask: T | undefined;
  /** What is added to scores, float32, of such a shape. */
  readonly bias: T | undefined;
  /** Seed and step of the bits by which weights are dropped, int32 `[2]`. */
  readonly counter: T | undefined;
}

/** The further operands by what they are. */
export function attentionExtras<T extends Pick<ValueType, "dtype">>(others: readonly T[]): AttentionExtras<T> {
  const of = (type: DType) => others.find(({ dtype }) => dtype === type);
  return { mask: of("bool"), bias: of("float32"), counter: of("int32") };
}

/** The strides of a mask or bias along batch, heads, queries and keys, 0 where it is the same for all. */
export function scoreStrides(of: ValueType | undefined): readonly [number, number, number, number] {
  if (!of) return [0, 0, 0, 0];
  const [b, h, q, k] = of.shape;
  return [b === 1 ? 0 : h * q * k, h === 1 ? 0 : q * k, q === 1 ? 0 : k, k === 1 ? 0 : 1];
}
