// What a layer's call takes and returns: values, or symbolic tensors.
import { ValueError } from "../errors.ts";
import { tracing } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { describe } from "../options.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";
import { symbolic } from "../tensor/apply.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** A structure in which tensors and variables are values of the function that is being traced, if there is one. */
export function inTrace(given: unknown): unknown {
  if (!tracing.current) return given;
  const isConstant = (item: unknown) => item instanceof Tensor || item instanceof Variable;
  if (!flatten<unknown>(given).some(isConstant)) return given;
  return mapStructure<unknown, unknown>(
    given,
    (item) => item instanceof Tensor || item instanceof Variable ? symbolic(item) : item,
  );
}

/** The items of an input; throws {@linkcode ValueError} unless each is a `Kind`. `what` is what fails then. */
export function checkedItems<T>(
  x: Structure<T>,
  Kind: NewableFunction & { readonly prototype: T },
  what: string,
): T[] {
  const items = flatten(x);
  if (items.length > 0 && items.every((item) => item instanceof Kind)) return items;
  const wrong = items.length === 0 ? x : items.find((item) => !(item instanceof Kind));
  const isSymbolic = wrong instanceof Value || wrong instanceof SymbolicTensor;
  throw new ValueError({
    what,
    rule: Object.is(Kind, Value)
      ? "a layer takes a symbolic value"
      : "a layer takes symbolic tensors or values, not both",
    received: describe(wrong),
    hint: isSymbolic
      ? "make a model of one of them, and apply that"
      : "for numbers use model.predict(x), or compile((x) => layer.apply(x))",
  });
}

/** Throws {@linkcode ValueError} if the given mask is not a symbolic value: a config may contain anything. */
export function checkMask(mask: unknown, what: string): void {
  const isMask = (item: unknown) =>
    item === null || item === undefined || item instanceof Value || item instanceof Tensor;
  const wrong = flatten(mask).find((item) => !isMask(item));
  if (wrong === undefined) return;
  throw new ValueError({
    what,
    rule: "mask must be a symbolic value",
    received: describe(wrong),
    hint: "leave it out: the input carries its mask",
  });
}

/** Whether a call has tensors besides its input: as in Keras, it then takes no mask but one that is given. */
export const holdsTensors = (named: object, Kind: NewableFunction): boolean =>
  Object.values(named).some((argument) => flatten(argument).some((item) => item instanceof Kind));

/** What `call` returned, if it is a symbolic value; else throws {@linkcode ValueError}. */
export function returnedValue(given: unknown, what: string): Value {
  const y = given instanceof Tensor ? symbolic(given) : given;
  if (y instanceof Value) return y;
  throw new ValueError({
    what,
    rule: "call must return a symbolic value",
    received: describe(y),
    hint: y instanceof Promise
      ? "call must not be async: it only says what is computed"
      : y instanceof Variable
      ? "return variable.value()"
      : "return what an op gives",
  });
}
