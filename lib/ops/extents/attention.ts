// The extents of an attention, and the layout of its mask.
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

/** The strides of a mask along batch, heads, queries and keys, 0 where it is the same for all. */
export function maskStrides(mask: ValueType | undefined): readonly [number, number, number, number] {
  if (!mask) return [0, 0, 0, 0];
  const [b, h, q, k] = mask.shape;
  return [b === 1 ? 0 : h * q * k, h === 1 ? 0 : q * k, q === 1 ? 0 : k, k === 1 ? 0 : 1];
}
