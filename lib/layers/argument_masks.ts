// The masks of a layer's arguments, for layers that take them by name, such as those of attention.
import { Value } from "../ir/value.ts";
import type { Structure } from "../structure.ts";

/** What decides which masks a layer takes by name. */
interface TakesMasks {
  readonly inputArgument: string;
  readonly callArguments: readonly string[];
}

/** Named arguments with the masks that the input and they themselves carry, where the layer takes these by name. */
export function withMasks(
  { inputArgument, callArguments }: TakesMasks,
  input: Structure<Value>,
  named: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const masks = Object.entries({ ...named, [inputArgument]: input }).flatMap(([name, argument]) => {
    const key = `${name}Mask`;
    const carried = argument instanceof Value ? argument.mask : undefined;
    return carried && callArguments.includes(key) && (named[key] ?? null) === null ? [[key, carried]] : [];
  });
  return masks.length === 0 ? named : { ...named, ...Object.fromEntries(masks) };
}
