// Calls of functions of `ops` in Keras's files: which of their arguments are in the config.
import { describe, ValueError } from "../errors.ts";
import type { SavedForm } from "../ir/saved_form.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { camelCase } from "../names.ts";
import { savedClassOf, savedForms } from "../ops/saved.ts";

/** A function of `ops` in files. */
interface SavedFunction
  extends
    Required<Omit<SavedForm, "module" | "write" | "optionsFrom" | "inCall">>,
    Pick<SavedForm, "write" | "optionsFrom" | "inCall"> {
  /** Its name in `ops`. */
  readonly fn: string;
  /** Keras's module of the class. */
  readonly module: string;
}

function savedFunction(fn: string): SavedFunction | undefined {
  const className = savedClassOf(fn);
  if (className === undefined) return undefined;
  const { module = "numpy", ...form } = savedForms[fn];
  const missing = { inputs: 1, variadic: false, listed: false, keywords: false, keys: {}, named: [], fixed: {} };
  return { ...missing, ...form, fn, className, module: `keras.src.ops.${module}` };
}

/** The function that a node of a file names, if any; if two share a class, the first. */
export function functionOf(className: string, module: string | null): SavedFunction | undefined {
  if (!module?.startsWith("keras.src.ops")) return undefined;
  const fn = Object.keys(savedForms).find((name) => savedClassOf(name) === className);
  return fn === undefined ? undefined : savedFunction(fn);
}

/** How a function is written to files; throws {@linkcode ValueError} for one without a Keras class. */
export function formOf(fn: string, className: string): SavedFunction {
  const saved = savedFunction(fn);
  if (saved?.className === className) return saved;
  throw new ValueError({
    what: "Cannot write the config of a model",
    rule: "a function of ops must have a form in Keras's files",
    received: `ops.${fn}`,
    hint: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
  });
}

/** Splits the arguments of a function into those passed in the call, and the further ones, which have keys. */
export function splitArguments(
  form: SavedFunction,
  positional: readonly unknown[],
): { inCall: readonly unknown[]; further: readonly unknown[] } {
  const { inputs, variadic, listed, keys, inCall } = form;
  if (inCall) {
    const further = positional.filter((_, place) => !inCall.includes(place));
    return { inCall: inCall.map((place) => positional[place]), further };
  }
  if (listed) return { inCall: positional[0] as readonly unknown[], further: positional.slice(1) };
  const count = variadic ? Object.keys(keys).length : inputs;
  const [first, rest] = [positional.slice(0, count), positional.slice(count)];
  return variadic ? { inCall: rest, further: first } : { inCall: first, further: withoutOptions(form, rest) };
}

/** The further arguments one by one, where the function takes some of them as properties of an object. */
function withoutOptions({ keys, optionsFrom }: SavedFunction, further: readonly unknown[]): readonly unknown[] {
  if (optionsFrom === undefined) return further;
  const options = Object(further[optionsFrom]) as Record<string, unknown>;
  const given = Object.keys(keys).map((key, i) => i < optionsFrom ? further[i] : options[camelCase(key)]);
  return [...given, ...further.slice(optionsFrom + 1)];
}

/** The reverse of {@linkcode withoutOptions}. */
function withOptions({ keys, optionsFrom }: SavedFunction, further: readonly unknown[]): readonly unknown[] {
  if (optionsFrom === undefined) return further;
  const options = Object.keys(keys).map((key, i) => [camelCase(key), further[i]] as const).slice(optionsFrom);
  return [...further.slice(0, optionsFrom), Object.fromEntries(options.filter(([, value]) => value !== undefined))];
}

/** The arguments of a function, from the two parts that {@linkcode splitArguments} returns. */
export function joinArguments(form: SavedFunction, inCall: readonly unknown[], further: readonly unknown[]): unknown[] {
  const { inputs, variadic, listed } = form;
  if (form.inCall) {
    const places = form.inCall;
    const rest = [...further];
    const count = places.length + rest.length;
    return Array.from(
      { length: count },
      (_, place) => places.includes(place) ? inCall[places.indexOf(place)] : rest.shift(),
    );
  }
  if (listed) return [inCall, ...further];
  if (variadic) return [...further, ...inCall];
  const missing = new Array<undefined>(Math.max(0, inputs - inCall.length)).fill(undefined);
  return [...inCall, ...missing, ...withOptions(form, further)];
}

/** The arguments in the config of a call. Throws {@linkcode ValueError} for one that Keras does not take. */
export function configOf(
  { fn, inputs, keys, named, fixed }: SavedFunction,
  further: readonly unknown[],
): Config {
  const count = Object.keys(keys).length;
  if (further.slice(count).some((argument) => argument !== undefined)) {
    throw new ValueError({
      what: "Cannot write the config of a model",
      rule: `ops.${fn} takes ${inputs + count} arguments in Keras`,
      received: `${inputs + further.length}`,
      hint: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
    });
  }
  const given = Object.entries(keys).map(([key, missing], i) => [key, (further[i] ?? missing) as ConfigValue] as const)
    .filter(([key]) => !named.includes(key));
  const operand = given.find(([, value]) => value !== null && typeof value === "object" && !Array.isArray(value));
  if (operand) {
    throw new ValueError({
      what: "Cannot write the config of a model",
      rule: `${operand[0]} of ops.${fn} must be a number or a list in files`,
      received: describe(operand[1]),
      hint: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
    });
  }
  return { ...Object.fromEntries(given), ...fixed };
}

/** The further arguments that a call takes by name. */
export function namedOf({ keys, named }: SavedFunction, further: readonly unknown[]): Record<string, unknown> {
  const given = Object.keys(keys).map((key, i) => [key, further[i]] as const);
  return Object.fromEntries(given.filter(([key]) => named.includes(key)));
}

/**
 * The further arguments of a call in a config; named ones are left empty. Throws {@linkcode ValueError} for an
 * unsupported one.
 */
export function furtherOf({ className, keys, fixed }: SavedFunction, config: Config): ConfigValue[] {
  for (const [key, value] of Object.entries(fixed)) {
    if ((config[key] ?? null) === value) continue;
    throw new ValueError({
      what: `Cannot read the config of "${config.name}"`,
      rule: `${key} of ${className} must be ${value}`,
      received: describe(config[key]),
      hint: "save the model from Keras without that",
    });
  }
  return Object.entries(keys).map(([key, missing]) => config[key] ?? missing);
}
