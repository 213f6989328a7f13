// Ops are written for operands of any kind; lift gives them a type for each kind.
import type { Value } from "../ir/value.ts";
import { describe, didYouMean, isClass, ValueError } from "../errors.ts";
import { camelCase } from "../names.ts";
import type { Axes } from "../shape.ts";
import { flatten } from "../structure.ts";
import { isFloat, isHalf, promote } from "../dtype.ts";
import { apply, asCallOf, calledName, dtypeOf, isOperand, type Operand, whatFails } from "../tensor/apply.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import { isDetached, type Tensor } from "../tensor/tensor.ts";

/** `T` with operands of one kind instead of any kind, also in lists. */
export type WithOperands<Kind, T> = [Value] extends [T] ? Kind | Exclude<T, Operand>
  : T extends readonly unknown[] ? AllWithOperands<Kind, T>
  : T;

/** Each of `Items` {@linkcode WithOperands}. */
export type AllWithOperands<Kind, Items extends readonly unknown[]> = {
  [K in keyof Items]: WithOperands<Kind, Items[K]>;
};

/**
 * A function of operands: tensors and numbers give tensors; with a symbolic value or a variable among them, symbolic
 * values; with a symbolic tensor, symbolic tensors.
 */
export type Lifted<Args extends readonly unknown[], Result = Operand> = {
  (...args: AllWithOperands<Tensor | number, Args>): WithOperands<Tensor, Result>;
  (...args: Args): WithOperands<Value, Result>;
  (...args: AllWithOperands<Operand | SymbolicTensor, Args>): WithOperands<SymbolicTensor, Result>;
};

/** A lifted function of one operand. */
export type UnaryOp = Lifted<[x: Operand]>;
/** A lifted function of two operands. */
export type BinaryOp = Lifted<[a: Operand, b: Operand]>;
/**
 * A lifted function that takes what follows its inputs by position, or by name in one object. Names are Keras's in
 * camelCase: `keepdims`, which has no underscore, stays.
 */
export type Named<Inputs extends readonly unknown[], Rest extends readonly unknown[], Names, Result = Operand> =
  & Lifted<[...Inputs, ...Rest], Result>
  & Lifted<[...Inputs, named: Names], Result>
  // What must be given may stand before the object.
  & (Rest extends readonly [infer First, ...infer _] ? Lifted<[...Inputs, first: First, named: Partial<Names>], Result>
    : unknown);

/** The arguments of a {@linkcode ReductionOp} by name. */
export interface ReductionNames {
  /** The axes that are reduced; all by default. */
  axis?: Axes | null;
  /** Whether these stay, with extent 1; false by default. */
  keepdims?: boolean;
}

/** A lifted function over axes of an operand, all by default; with `keepdims` these stay, with extent 1. */
export type ReductionOp = Named<[x: Operand], [axis?: Axes | null, keepdims?: boolean], ReductionNames>;

/** Any function of `ops`. */
export type OpsFunction = (...args: never[]) => unknown;

/** Applies a lifted function to arguments with symbolic tensors among them; undefined if it is not in `ops`. */
type SymbolicCall = (fn: OpsFunction, args: readonly unknown[]) => unknown;

let callSymbolic: SymbolicCall | undefined;
let nameOf: (fn: OpsFunction) => string | undefined = () => undefined;

/**
 * Installs the call on symbolic tensors, and the names of functions; called once by `lib/layers/operation.ts`, so that ops
 * do not import layers.
 */
export function installSymbolicCall(call: SymbolicCall, nameOfFunction: typeof nameOf): void {
  callSymbolic = call;
  nameOf = nameOfFunction;
}

/** Whether an argument is a symbolic tensor, or has one in it as nodes of models have them. */
const isSymbolic = (argument: unknown): boolean =>
  flatten<unknown>(argument).some((item) => item instanceof SymbolicTensor);

/** How deep lists in arguments may be nested, and how many items they may have. */
const limits = { depth: 8, items: 2 ** 16 };

/** Whether a value is an object written in braces: no function takes one as an operand or a number. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * Throws {@linkcode ValueError} for what no function of ops takes, wherever it stands; objects in braces only some do, at
 * one place. Other objects are left to the functions.
 */
function checkArgument(argument: unknown, takesObjects: boolean, depth = 0): void {
  const isList = Array.isArray(argument);
  if (isList && argument.length <= limits.items && depth < limits.depth) {
    for (const item of argument) checkArgument(item, takesObjects, depth + 1);
    return;
  }
  const isMisplaced = !takesObjects && isPlainObject(argument);
  const isOther = typeof argument === "bigint" || typeof argument === "symbol" || isClass(argument) ||
    argument instanceof BigInt64Array || argument instanceof BigUint64Array || isDetached(argument);
  if (!isList && !isMisplaced && !isOther) return;
  throw new ValueError({
    what: whatFails(),
    rule: "arguments must be operands, numbers, texts, options, and short lists of these",
    received: !isList
      ? describe(argument)
      : depth === limits.depth
      ? `lists nested deeper than ${limits.depth}`
      : `a list of ${argument.length}`,
    hint: isList
      ? "wrap values, as in tensor([1, 2])"
      : isMisplaced
      ? "give arguments by position, as in ops.sum(x, 0, true)"
      : "give one of these",
  });
}

/** Names of arguments and options that are true or false, whatever function has them. */
const booleans: ReadonlySet<string> = new Set([
  ...["antialias", "approximate", "center", "computeUv", "cropToAspectRatio", "descending", "endpoint", "equalNan"],
  ...["flashAttention", "fromLogits", "fullMatrices", "increasing", "invert", "isCausal", "keepdims", "lower"],
  ...[
    "mergeRepeated",
    "padToAspectRatio",
    "periodic",
    "removeDiagonal",
    "reverse",
    "sorted",
    "transposeA",
    "transposeB",
  ],
  ...["upper", "useMasking", "zeroEmpty"],
]);

/** Throws {@linkcode ValueError} for a flag that is neither true nor false; null stands for its default. */
function checkFlag(name: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === "boolean" || !booleans.has(name)) return;
  throw new ValueError({
    what: whatFails(),
    rule: `${name} must be true or false`,
    received: describe(value),
    hint: "give a boolean",
  });
}

/** The options of a function, none by default. Throws {@linkcode ValueError} for what is no object, and for wrong flags. */
export function optionsOf<O extends object>(given: O | null | undefined): Partial<O> {
  if (given === undefined || given === null) return {};
  if (typeof given === "object" && !Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) checkFlag(name, value);
    return given;
  }
  throw new ValueError({
    what: whatFails(),
    rule: "options must be one object",
    received: describe(given),
    hint: "write them in braces, as in { axis: 1 }",
  });
}

/** What {@linkcode lift} knows of a function. */
interface LiftFacts {
  /** The place of its options among the arguments, from 0. */
  readonly optionsAt?: number;
  /** The place of an argument that has objects in it, such as ranges, from 0. */
  readonly objectsAt?: number;
  /** Whether it takes halves as they are: see {@linkcode liftPrimitive}. */
  readonly keepsHalves?: boolean;
  /** The names of the arguments from a place on, which one object may give instead. */
  readonly named?: { readonly from: number; readonly names: readonly string[] };
}

/** The arguments by position, those of an object that comes last by their names. */
function byPosition(args: readonly unknown[], { from, names }: NonNullable<LiftFacts["named"]>): readonly unknown[] {
  const place = args.length - 1;
  const last = args[place];
  if (place < from || place >= from + names.length || !isPlainObject(last)) return args;
  const known = names.slice(place - from);
  for (const key of Object.keys(last as object)) {
    if (known.includes(key)) continue;
    const near = known.find((name) => name.toLowerCase() === camelCase(key).toLowerCase()) ?? didYouMean(key, known);
    throw new ValueError({
      what: whatFails(),
      rule: `arguments by name must be among ${known.map((name) => `"${name}"`).join(", ")}`,
      received: describe(key),
      hint: near ? `did you mean "${near}"?` : "remove it, or check its spelling",
    });
  }
  const values = known.map((name) => (last as Readonly<Record<string, unknown>>)[name]);
  while (values.length > 0 && values[values.length - 1] === undefined) values.pop();
  return [...args.slice(0, place), ...values];
}

const namesOfArguments = new WeakMap<OpsFunction, readonly string[]>();

/** The names of the arguments that follow a function's inputs, in their order; none where they have no names. */
export const argumentNames = (fn: OpsFunction): readonly string[] => namesOfArguments.get(fn) ?? [];

/**
 * The function for halves too: it is given float32 in place of them, and floats of its result are rounded. So functions made of
 * others round once, whatever they compute in between. Beside a float32 operand the result is float32.
 */
const roundingOnce = (fn: (...args: unknown[]) => unknown) => (...args: unknown[]): unknown => {
  const floats = args.flatMap(operandsIn).map(dtypeOf).filter((dtype): boolean => isFloat(dtype));
  const result = floats.some(isHalf) ? floats.reduce(promote) : "float32";
  if (!isHalf(result)) return fn(...args);
  const isOfHalf = (operand: Operand) => typeof operand !== "number" && isHalf(dtypeOf(operand));
  const wide = args.map((arg) =>
    mapOperands(arg, (x) => (isOfHalf(x) ? apply("cast", [x], { dtype: "float32" })[0] : x))
  );
  const isFloat32 = (operand: Operand) => typeof operand !== "number" && dtypeOf(operand) === "float32";
  return mapOperands(fn(...wide), (x) => (isFloat32(x) ? apply("cast", [x], { dtype: result })[0] : x));
};

/** The tensors, variables and symbolic values in an argument or a result. */
function operandsIn(given: unknown): Operand[] {
  if (typeof given !== "object" || given === null) return [];
  if (isOperand(given)) return [given];
  if (Array.isArray(given)) return typeof given[0] === "number" ? [] : given.flatMap(operandsIn);
  return isPlainObject(given) ? Object.values(given).flatMap(operandsIn) : [];
}

function mapOperands(given: unknown, map: (operand: Operand) => Operand): unknown {
  if (typeof given !== "object" || given === null) return given;
  if (isOperand(given)) return map(given);
  if (Array.isArray(given)) return given.map((item) => mapOperands(item, map));
  if (!isPlainObject(given)) return given;
  return Object.fromEntries(Object.entries(given).map(([name, item]) => [name, mapOperands(item, map)]));
}

/** The function with a type for each kind of operand; applied to symbolic tensors, it becomes a node of the model. */
export function lift<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  facts?: LiftFacts,
): Lifted<Args, Result>;
export function lift(
  given: (...args: unknown[]) => unknown,
  { optionsAt, objectsAt, keepsHalves, named }: LiftFacts = {},
): OpsFunction {
  const fn = keepsHalves ? given : roundingOnce(given);
  const run = (from: readonly unknown[], isCalled: boolean): unknown => {
    const args = named ? [...byPosition(from, named)] : [...from];
    args.forEach((argument, place) => checkArgument(argument, place === optionsAt || place === objectsAt));
    named?.names.forEach((name, i) => checkFlag(name, args[named.from + i]));
    const options = optionsAt === undefined ? undefined : optionsOf(args[optionsAt] as object | undefined);
    for (const value of Object.values(options ?? {})) if (Array.isArray(value)) checkArgument(value, true);
    const made = args.some(isSymbolic) ? callSymbolic?.(lifted, args) : undefined;
    // Nodes of models keep what was given.
    if (made === undefined && optionsAt !== undefined) args[optionsAt] = options;
    if (made !== undefined) return made;
    // What a function of the user's calls is not a part of this one.
    return isCalled && args.some((argument) => typeof argument === "function")
      ? asCallOf(undefined, () => fn(...args))
      : fn(...args);
  };
  const lifted = (...from: unknown[]): unknown => {
    const name = calledName() === undefined ? nameOf(lifted) : undefined;
    return name === undefined ? run(from, false) : asCallOf(name, () => run(from, true));
  };
  if (named) namesOfArguments.set(lifted, named.names);
  return lifted;
}

/**
 * Lifts a function that is one op or moves elements: what it is given of halves stays so, and what is computed is rounded at
 * once.
 */
export function liftPrimitive<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  facts?: LiftFacts,
): Lifted<Args, Result> {
  return lift(fn, { ...facts, keepsHalves: true });
}

/** Lifts a primitive as {@linkcode liftNamed} lifts other functions. */
export function liftNamedPrimitive<Inputs extends readonly unknown[], Rest extends readonly unknown[], Names, Result>(
  from: Inputs["length"],
  names: readonly (keyof Names & string)[],
  fn: (...args: [...Inputs, ...Rest]) => Result,
): Named<Inputs, Rest, Names, Result> {
  return lift(fn, { keepsHalves: true, named: { from, names } }) as Named<Inputs, Rest, Names, Result>;
}

/** Lifts a function of `from` inputs whose further arguments may be given by `names`, in their order. */
export function liftNamed<Inputs extends readonly unknown[], Rest extends readonly unknown[], Names, Result>(
  from: Inputs["length"],
  names: readonly (keyof Names & string)[],
  fn: (...args: [...Inputs, ...Rest]) => Result,
): Named<Inputs, Rest, Names, Result> {
  return lift(fn, { named: { from, names } }) as Named<Inputs, Rest, Names, Result>;
}

/** Lifts a function of an operand, axes and whether these stay. */
export function liftReduction(
  fn: (x: Operand, axis: Axes | null | undefined, keepdims: boolean | undefined) => Operand,
): ReductionOp {
  return liftNamed<[x: Operand], [axis?: Axes | null, keepdims?: boolean], ReductionNames, Operand>(
    1,
    ["axis", "keepdims"],
    fn,
  );
}
