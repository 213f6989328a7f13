// Autocasting: what a layer's call reads of its variables, in the dtype that the layer computes in.
import { type DType, type FloatDType, isFloat } from "../dtype.ts";
import { ContextKey } from "../ir/context.ts";
import type { Trace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";

/** How floats are read: rounded to one dtype, and computed with in another. */
export interface Autocast {
  /** The dtype whose numbers they are rounded to. */
  readonly to: FloatDType;
  /** The dtype that they have then. */
  readonly as: FloatDType;
}

/** How variables are read; undefined for as they are. */
export const autocasting: ContextKey<Autocast | undefined> = new ContextKey("autocasting");

/** A value as another dtype. */
export const castIn = (trace: Trace, value: Value, dtype: DType): Value =>
  value.dtype === dtype ? value : trace.emit("cast", [value], { dtype })[0];

/** A float as `how` says; integers as they are. */
export function autocast(trace: Trace, value: Value, { to, as }: Autocast): Value {
  return isFloat(value.dtype) ? castIn(trace, castIn(trace, value, to), as) : value;
}
