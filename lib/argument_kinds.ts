// Kinds of arguments that methods of every family take: operands, shapes, variables, and structures of these.
import type { Argument, ArgumentPlace } from "./checked_methods.ts";
import { describe, describeList, isClass, ShapeError, ValueError } from "./errors.ts";
import { maxExtent } from "./option_kinds.ts";
import { checkShape, isListOf } from "./shape.ts";
import { flatten, type Structure } from "./structure.ts";
import { isOperand as isOpOperand } from "./tensor/apply.ts";
import { StringTensor } from "./tensor/strings.ts";
import { SymbolicTensor } from "./tensor/symbolic.ts";
import { checkAttached, Tensor } from "./tensor/tensor.ts";
import { Variable } from "./tensor/variable.ts";

function refuse({ what, argument }: ArgumentPlace, rule: string, given: unknown, hint: string): never {
  throw new ValueError({ what, rule: `${argument} must be ${rule}`, received: describe(given), hint });
}

const isOperand = (given: unknown): boolean => given instanceof SymbolicTensor || isOpOperand(given);

const hintOfOperand = "give it as tensor(values), or call it in a traced function";

/** What ops take: a number, a tensor, a variable, or something symbolic. */
export const operand: Argument = (given, place) => {
  if (given instanceof Tensor) checkAttached(given, place.what);
  return isOperand(given) ? given : refuse(place, "a tensor or a symbolic value", given, hintOfOperand);
};

/** An operand with a shape: no plain number. */
export const array: Argument = (given, place) =>
  typeof given === "number"
    ? refuse(place, "a tensor or a symbolic value", given, hintOfOperand)
    : operand(given, place);

/** What the method itself checks. */
export const anything: Argument = (given) => given;

/** One operand with a shape, a list of them, or some by name. */
export const operands: Argument = (given, place) => {
  const items: unknown[] = flatten<unknown>(given);
  // Of a list or an object the items are looked at; a list of numbers is no list of operands.
  const wrong = items.length === 0 ? [given] : items.filter((item) => typeof item === "number" || !isOperand(item));
  if (wrong.length > 0) return refuse(place, "a tensor or a symbolic value, or some of these", wrong[0], hintOfOperand);
  for (const item of items) operand(item, place);
  return given;
};

/** A mask: nothing, or operands with nothing in place of some. */
export const masks: Argument = (given, place) => {
  if (given === undefined || given === null) return undefined;
  const isMask = (item: unknown) => item === undefined || item === null || isOperand(item);
  const items = flatten<unknown>(given);
  if (items.every(isMask)) {
    for (const item of items) if (item instanceof Tensor) checkAttached(item, place.what);
    return given;
  }
  return refuse(place, "a mask, or one for each input", given, "leave it out where there is none");
};

/** The shape of a sample or weight: a list of integers of at least 0. */
export const shape: Argument = (given, { what }) => {
  checkShape(given, what);
  return given;
};

const isExtent = (extent: unknown): extent is number | null =>
  extent === null || (Number.isSafeInteger(extent) && (extent as number) >= 0);

/** The shape of one input, `null` where it is not known. */
export const inputShape: Argument = (given, place) => isListOf(given, isExtent) ? given : refuseShape(given, place);

/** The shape of an input, `null` where it is not known; one, a list of them, or some by name. */
export const shapes: Argument = (given, place) => {
  const items = flatten(given as Structure<unknown>);
  if (items.length > 0 && items.every((item) => isListOf(item, isExtent))) return given;
  return refuseShape(given, place);
};

function refuseShape(given: unknown, { what, argument }: ArgumentPlace): never {
  throw new ShapeError({
    what,
    rule: `${argument} must be a list of integers of at least 0, or null for an axis that varies`,
    received: describeList(given),
    hint: "write it with the batch axis first, as in [null, 28, 28]",
  });
}

/** The shapes of arguments by name; none by default. */
export const shapesByName: Argument = (given = {}, place) => {
  for (const item of Object.values(object(given, place) as object)) shapes(item, place);
  return given;
};

/** An object with values by name; an empty one by default. */
export const object: Argument = (given = {}, place) => {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  return refuse(place, "an object", given, "write it in braces, as in { training: true }");
};

/** The most items of a list of operands or variables. */
const maxItems = 2 ** 16;

/** A list of items of a kind, of at least `least` and at most so many. */
export const listOf = (kind: Argument, rule: string, least = 0): Argument => (given, place) => {
  if (!Array.isArray(given) || given.length < least || given.length > maxItems) {
    return refuse(place, rule, given, "write it in brackets");
  }
  for (const item of Array.from(given)) kind(item, place);
  return given;
};

/** A variable, such as a weight. */
export const variable: Argument = (given, place) => {
  if (given instanceof Variable) return given;
  return refuse(place, "a variable", given, "give weights, as in layer.weights");
};

/** A list of variables. */
export const variables: Argument = listOf(variable, "a list of variables");

/** A list of tensors, as variables are read. */
export const tensors: Argument = listOf((given, place) => {
  if (given instanceof Tensor) return given;
  return refuse(place, "a list of tensors", given, "give what reading the variables gave");
}, "a list of tensors");

/** A map, such as what files hold by name. */
export const map: Argument = (given, place) => {
  if (given instanceof Map) return given;
  return refuse(place, "a Map", given, "write it as in new Map()");
};

/** An array of numbers or texts with its data, a list of them, or some by name. */
export const hostArrays: Argument = (given, place) => {
  const items: unknown[] = flatten<unknown>(given);
  const isArray = (item: unknown) => item instanceof Tensor || item instanceof StringTensor;
  if (items.length > 0 && items.every(isArray)) return given;
  return refuse(place, "a tensor, of numbers or of texts", given, "use apply(x), which makes one of data");
};

/** A function. */
export const fn: Argument = (given, place) => {
  if (typeof given === "function" && !isClass(given)) return given;
  return refuse(place, "a function", given, "write it as in () => ...");
};

/** A number. */
export const finite: Argument = (given, place) => {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  return refuse(place, "a finite number", given, "give it as a number, without quotes");
};

/** A number of things, of at least 1. */
export const count: Argument = (given, place) => {
  if (Number.isSafeInteger(given) && (given as number) >= 1 && (given as number) <= maxExtent) return given;
  return refuse(place, "a whole number of at least 1", given, "give it as a number, without quotes");
};

/** An argument that may be left out. */
export const optional = (kind: Argument): Argument => (given, place) =>
  given === undefined || given === null ? undefined : kind(given, place);

/** The arguments of a call by position and by name; the input is a structure of a class, where one is given. */
export const callArguments = (Kind?: abstract new (...args: never[]) => object): Argument => (given, place) => {
  const { positional, named } = object(given, place) as { positional?: unknown; named?: unknown };
  const isCall = Array.isArray(positional) && typeof named === "object" && named !== null;
  const items: unknown[] = isCall ? flatten<unknown>(positional[0]) : [];
  if (isCall && (!Kind || (items.length > 0 && items.every((item) => item instanceof Kind)))) return given;
  return refuse(place, "the arguments of a call", given, "write them as { positional: [x], named: {} }");
};

/** An object with some of its values of given kinds. */
export const objectOf = (kinds: Readonly<Record<string, Argument>>): Argument => (given, place) => {
  const found = object(given, place) as Record<string, unknown>;
  for (const [argument, kind] of Object.entries(kinds)) kind(found[argument], { ...place, argument });
  return found;
};
