// HyperParameters: what a trial asks for by name, and the values that it gets. https://keras.io/keras_tuner/api/hyperparameters/
import { describe, ValueError } from "../errors.ts";
import { choice, integer, isList, number, text } from "../option_kinds.ts";
import { nullable, option, optionTable, readMethodOptions } from "../options.ts";

/** The value of a hyperparameter. */
export type HyperValue = number | string | boolean;

/** How values between two bounds are spread: evenly, or with more of them near the smaller or the larger bound. */
export type Sampling = "linear" | "log" | "reverse_log";

/** A number between two bounds. */
export interface NumericParameter {
  /** Whether values are whole. */
  readonly kind: "Int" | "Float";
  /** The name. */
  readonly name: string;
  /** The smallest value. */
  readonly minValue: number;
  /** The largest value. */
  readonly maxValue: number;
  /** The distance of values, for `log` and `reverse_log` their ratio; null if any value will do. */
  readonly step: number | null;
  /** How values are spread. */
  readonly sampling: Sampling;
  /** The value outside of a search. */
  readonly default: number;
}

/** One of some values. */
export interface ListedParameter {
  /** What asked for it. */
  readonly kind: "Choice" | "Boolean" | "Fixed";
  /** The name. */
  readonly name: string;
  /** The values. */
  readonly values: readonly HyperValue[];
  /** The value outside of a search. */
  readonly default: HyperValue;
}

/** A hyperparameter and the values that it can have. */
export type HyperParameter = NumericParameter | ListedParameter;

/** Options of `hp.Int` and `hp.Float`. */
export interface NumericOptions {
  /** The distance of values, for `log` and `reverse_log` their ratio; 1 for `Int`, and none for `Float`, by default. */
  step?: number | null;
  /** How values are spread; `linear` by default. */
  sampling?: Sampling;
  /** The value outside of a search; the smallest by default. */
  default?: number | null;
}

/** Options of `hp.Choice` and `hp.Boolean`. */
export interface ListedOptions<T> {
  /** The value outside of a search; the first by default. */
  default?: T | null;
}

const largest = 2 ** 53 - 1;
const finite = number(undefined, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
const whole = integer(undefined, { min: -largest, max: largest });

const nameOption = option<string>({
  read: (given, place) => {
    const name = text().read(given, place);
    if (name !== "") return name;
    throw new ValueError({ what: place.what, rule: "a name must not be empty", received: '""', hint: "give a name" });
  },
});

const numericOptions = (kind: typeof finite) =>
  optionTable<NumericOptions>()({
    name: nameOption,
    minValue: kind,
    maxValue: kind,
    step: nullable(number(undefined, { above: 0, max: Number.MAX_VALUE })),
    sampling: choice(["linear", "log", "reverse_log"]),
    default: nullable(kind),
  });
const tables = { Int: numericOptions(whole), Float: numericOptions(finite) };

const isValue = (given: unknown): given is HyperValue =>
  typeof given === "string" || typeof given === "boolean" || (typeof given === "number" && Number.isFinite(given));

/** Any value that a hyperparameter may have. */
const anyValue = option<HyperValue>({
  read: (given, { what, option }) => {
    if (isValue(given)) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a finite number, a text, true or false`,
      received: describe(given),
      hint: "choose among other things by a name for each",
    });
  },
});

const listedOptions = optionTable<ListedOptions<HyperValue>>()({
  name: nameOption,
  values: option<readonly HyperValue[]>({
    read: (given, { what }) => {
      if (isList(given, isValue) && given.length > 0) return [...given];
      throw new ValueError({
        what,
        rule: "values must be a list of finite numbers, texts or booleans",
        received: describe(given),
        hint: 'write it as in hp.Choice("activation", ["relu", "tanh"])',
      });
    },
  }),
  default: nullable(anyValue),
});

/**
 * The hyperparameters of a trial. Asking for one by name gives its value; what was asked for is the space that a search
 * explores. Outside of a search each has its default, so that a model can be built by hand.
 *
 * Source: `keras_tuner.HyperParameters`.
 *
 * @example A model with its defaults
 * ```ts
 * import { Input, layers, Sequential, tuning } from "./mod.ts";
 * function build(hp: tuning.HyperParameters) {
 *   const units = hp.Int("units", 8, 64, { step: 8 });
 *   const activation = hp.Choice("activation", ["relu", "tanh"]);
 *   return new Sequential([Input({ shape: [2] }), new layers.Dense(units, { activation }), new layers.Dense(1)]);
 * }
 * const hp = new tuning.HyperParameters();
 * console.log(build(hp).countParams(), hp.values); // 33 { units: 8, activation: "relu" }
 * ```
 */
export class HyperParameters {
  readonly #given: Readonly<Record<string, HyperValue>>;
  readonly #draw: ((of: HyperParameter) => number) | undefined;
  readonly #space = new Map<string, HyperParameter>();
  readonly #values = new Map<string, HyperValue>();

  /**
   * Takes values by name, for those that shall not have their default, and what draws the place of others within their
   * range, from 0 to 1. Throws {@linkcode ValueError} for values of another kind.
   */
  constructor(values: Readonly<Record<string, HyperValue>> = {}, draw?: (of: HyperParameter) => number) {
    this.#given = checkValues(values, "Cannot make HyperParameters");
    this.#draw = draw;
  }

  /** The values by name, in the order in which they were asked for, and those that were given. */
  get values(): Readonly<Record<string, HyperValue>> {
    return { ...Object.fromEntries(this.#values), ...this.#given };
  }

  /** What was asked for. */
  get space(): readonly HyperParameter[] {
    return [...this.#space.values()];
  }

  /** The value of a name. Throws {@linkcode ValueError} for one that was neither given nor asked for. */
  get(name: string): HyperValue {
    const { values } = this;
    if (typeof name === "string" && Object.hasOwn(values, name)) return values[name];
    throw new ValueError({
      what: "Cannot get a hyperparameter",
      rule: `its name must be one of ${Object.keys(values).map((known) => `"${known}"`).join(", ") || "none yet"}`,
      received: describe(name),
      hint: "ask for it first, as by hp.Int",
    });
  }

  /**
   * A whole number from `minValue` to `maxValue`, both included. Throws {@linkcode ValueError} for bounds that leave no
   * value, or that are not above 0 for `log` and `reverse_log`.
   */
  Int(name: string, minValue: number, maxValue: number, options: NumericOptions = {}): number {
    return this.#numeric("Int", { ...options, name, minValue, maxValue });
  }

  /** A number from `minValue` to `maxValue`. Throws as {@linkcode HyperParameters.Int} does. */
  Float(name: string, minValue: number, maxValue: number, options: NumericOptions = {}): number {
    return this.#numeric("Float", { ...options, name, minValue, maxValue });
  }

  /** One of the values. Throws {@linkcode ValueError} for an empty list, and for values of another kind. */
  Choice<const T extends HyperValue>(
    name: string,
    values: readonly T[],
    options: ListedOptions<NoInfer<T>> = {},
  ): T {
    return this.#listed("Choice", { ...options, name, values }) as T;
  }

  /** False or true. */
  Boolean(name: string, options: ListedOptions<boolean> = {}): boolean {
    return this.#listed("Boolean", { ...options, name, values: [false, true] }) as boolean;
  }

  /** Always this value, which the results of a search then tell. */
  Fixed<const T extends HyperValue>(name: string, value: T): T {
    return this.#listed("Fixed", { name, values: [value] }) as T;
  }

  #numeric(kind: "Int" | "Float", given: NumericOptions & Record<string, unknown>): number {
    const what = `Cannot use hp.${kind}`;
    const kept = readMethodOptions(`hp.${kind}`, tables[kind], given, what);
    const { name, minValue, maxValue, sampling } = kept;
    const step = kept.step ?? (kind === "Int" && sampling === "linear" ? 1 : null);
    const refuse = (rule: string, received: string, hint: string): never => {
      throw new ValueError({ what: `${what} for "${name}"`, rule, received, hint });
    };
    if (minValue > maxValue) {
      refuse("minValue must not be above maxValue", `${minValue} and ${maxValue}`, "swap them");
    }
    if (sampling !== "linear" && minValue <= 0) {
      refuse(`minValue must be above 0 for ${sampling}`, String(minValue), 'use sampling: "linear"');
    }
    if (step !== null && sampling !== "linear" && step <= 1) {
      refuse(`step must be above 1 for ${sampling}, where it is a ratio`, String(step), "2 doubles each value");
    }
    if (kind === "Int" && step !== null && !Number.isInteger(step)) {
      refuse("step must be a whole number", String(step), "use hp.Float");
    }
    const start = kept.default ?? minValue;
    if (start < minValue || start > maxValue) {
      refuse(`default must be from ${minValue} to ${maxValue}`, String(start), "leave it out for the smallest");
    }
    const parameter: NumericParameter = { kind, name, minValue, maxValue, step, sampling, default: start };
    return this.#valueOf(parameter, (value) => typeof value === "number", what) as number;
  }

  #listed(kind: ListedParameter["kind"], given: ListedOptions<HyperValue> & Record<string, unknown>): HyperValue {
    const what = `Cannot use hp.${kind}`;
    const { name, values, default: start } = readMethodOptions(`hp.${kind}`, listedOptions, given, what);
    if (start !== null && !values.includes(start)) {
      throw new ValueError({
        what: `${what} for "${name}"`,
        rule: "default must be among the values",
        received: describe(start),
        hint: "leave it out for the first",
      });
    }
    const parameter: ListedParameter = { kind, name, values, default: start ?? values[0] };
    return this.#valueOf(parameter, (value) => values.includes(value), what);
  }

  #valueOf(parameter: HyperParameter, suits: (value: HyperValue) => boolean, what: string): HyperValue {
    const { name } = parameter;
    const known = Object.hasOwn(this.#given, name) ? this.#given[name] : this.#values.get(name);
    const value = known ?? (this.#draw ? valueAt(parameter, this.#draw(parameter)) : parameter.default);
    if (!suits(value)) {
      throw new ValueError({
        what: `${what} for "${name}"`,
        rule: "its value must be one that it can have",
        received: describe(value),
        hint: "give another value, or ask for it in the same way everywhere",
      });
    }
    if (!this.#space.has(name)) this.#space.set(name, parameter);
    this.#values.set(name, value);
    return value;
  }
}

/** Values by name, checked. Throws {@linkcode ValueError}. */
export function checkValues(values: unknown, what: string): Readonly<Record<string, HyperValue>> {
  const isObject = typeof values === "object" && values !== null && !Array.isArray(values);
  const wrong = isObject ? Object.entries(values).find(([, value]) => !isValue(value)) : undefined;
  if (isObject && !wrong) return { ...values } as Record<string, HyperValue>;
  throw new ValueError({
    what,
    rule: "values must be an object with a number, a text or a boolean for each name",
    received: wrong ? `${describe(wrong[1])} for "${wrong[0]}"` : describe(values),
    hint: "write it as in { units: 64 }",
  });
}

/** The value of a hyperparameter at a place within its range, from 0 to 1. */
export function valueAt(of: HyperParameter, place: number): HyperValue {
  const at = Math.min(Math.max(place, 0), 1 - 2 ** -53);
  if (!("sampling" in of)) return of.values[Math.floor(at * of.values.length)];
  const { minValue, maxValue, sampling } = of;
  return sampling === "reverse_log"
    ? maxValue + minValue - rounded(of, spreadAt(of, 1 - 2 ** -53 - at))
    : rounded(of, spreadAt(of, at));
}

/** The value at a place, for `reverse_log` as for `log`. */
function spreadAt({ kind, minValue, maxValue, step, sampling }: NumericParameter, at: number): number {
  const linear = sampling === "linear";
  if (step === null) {
    // Each whole number has as much of the range, the largest too.
    const end = kind === "Int" ? maxValue + 1 : maxValue;
    return linear ? minValue + at * (end - minValue) : minValue * (end / minValue) ** at;
  }
  const range = linear ? (maxValue - minValue) / step : Math.log(maxValue / minValue) / Math.log(step);
  // Quotients such as 0.3 / 0.1 are a little less than they should be.
  const steps = Math.floor(at * (Math.floor(range + 1e-9) + 1));
  return linear ? minValue + steps * step : minValue * step ** steps;
}

function rounded({ kind, minValue, maxValue, step }: NumericParameter, value: number): number {
  const whole = kind === "Float" ? value : step === null ? Math.floor(value) : Math.round(value);
  return Math.min(Math.max(whole, minValue), maxValue);
}

/** The place of a value within its range, from 0 to 1: for a search that compares values by their distance. */
export function placeOf(of: HyperParameter, value: HyperValue): number {
  if (!("sampling" in of)) return (of.values.indexOf(value) + 0.5) / of.values.length;
  const { minValue, maxValue, sampling } = of;
  if (minValue === maxValue) return 0.5;
  const at = Number(value);
  if (sampling === "linear") return (at - minValue) / (maxValue - minValue);
  const ratio = (of: number) => Math.log(of / minValue) / Math.log(maxValue / minValue);
  return sampling === "log" ? ratio(at) : 1 - ratio(maxValue + minValue - at);
}
