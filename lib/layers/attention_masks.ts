// Which keys a query sees: masks of the arguments of an attention, in Keras's form.
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { expandDims } from "../ops/composed.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import type { CallContext } from "./options.ts";

/** What layers of attention take besides the query. */
export interface AttentionContext extends CallContext {
  /** What is weighted, `[batch, keys, features]`. */
  readonly value: Value;
  /** What is compared with the query, `[batch, keys, features]`; the value by default. */
  readonly key?: Value;
  /** Which steps of the query count, `[batch, queries]`; the mask that the query carries by default. */
  readonly queryMask?: Value;
  /** Which steps of the value count, `[batch, keys]`; the mask that the value carries by default. */
  readonly valueMask?: Value;
  /** Which steps of the key count, `[batch, keys]`; the mask that the key carries by default. */
  readonly keyMask?: Value;
  /** Which keys each query sees, `[batch, queries, keys]`, or with an axis of heads before queries. */
  readonly attentionMask?: Value;
  /** Whether a list of the output and the scores is returned; false by default. */
  readonly returnAttentionScores?: boolean;
  /** Whether a query sees no keys at later steps; false by default. */
  readonly useCausalMask?: boolean;
  /**
   * The keys and values of earlier steps, each `[batch, length, heads, size]`: those of this call are put into it, and it is
   * returned after the output. Queries see the steps put into it so far.
   */
  readonly cache?: AttentionCache;
  /** The first step of this call in the cache, int32 `[]`; with a cache it must be given. */
  readonly cacheUpdateIndex?: Value;
}

/** Keys and values of an attention's earlier steps. */
export type AttentionCache = readonly [keys: Value, values: Value];

/** What returns the scores too. */
export interface ScoresAsked {
  /** Returns them. */
  readonly returnAttentionScores: true;
}

/** The arguments of Keras's `call` after the query, in order. */
export const attentionArguments = [
  "value",
  "key",
  "queryMask",
  "valueMask",
  "keyMask",
  "attentionMask",
  "returnAttentionScores",
  "training",
  "useCausalMask",
] as const;

/** A mask with axes inserted before the last `kept` ones, up to a rank. */
export function withAxes(mask: Operand, rank: number, kept: number, what: string): Operand {
  if (shapeOf(mask).length > rank) {
    throw new ShapeError({
      what,
      rule: `a mask may have at most ${rank} axes`,
      received: formatShape(shapeOf(mask)),
      hint: "give attentionMask as [batch, queries, keys], and the other masks as [batch, steps]",
    });
  }
  let widened = mask;
  while (shapeOf(widened).length < rank) widened = expandDims(widened, -kept - 1);
  return widened;
}
