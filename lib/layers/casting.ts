// How a layer's call casts the floats that it takes and gives, as Keras's layers do.
import { type FloatDType, isFloat, isHalf } from "../dtype.ts";
import { tracing } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { flatten, mapStructure } from "../structure.ts";
import { type Autocast, autocast, castIn } from "../tensor/autocast.ts";

/** Floats as float32. */
export const plainAutocast: Autocast = { to: "float32", as: "float32" };

/** What a call is given with its floats cast, in a traced function; masks stay. */
export function castFloats<T>(given: T, how: Autocast): T {
  const trace = tracing.current;
  if (!trace) return given;
  const isOther = (item: unknown) =>
    item instanceof Value && isFloat(item.dtype) && (item.dtype !== how.as || isHalf(how.to));
  if (!flatten<unknown>(given).some(isOther)) return given;
  return mapStructure<unknown, unknown>(given, (item) => {
    if (!(item instanceof Value)) return item;
    const value = autocast(trace, item, how);
    value.mask = item.mask;
    return value;
  }) as T;
}

/** What a call gave, in the compute dtype if that is a half: the call computes in float32 in its place. */
export function roundedToHalf(value: Value, dtype: FloatDType): Value {
  const trace = tracing.current;
  if (!trace || !isHalf(dtype) || !isFloat(value.dtype)) return value;
  const rounded = castIn(trace, value, dtype);
  rounded.mask = value.mask;
  return rounded;
}
