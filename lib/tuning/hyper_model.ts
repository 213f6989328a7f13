// HyperModel: what makes and trains the model of a trial, and where it comes from. https://keras.io/keras_tuner/api/hypermodels/
import type { CallbackLike } from "../callbacks/list.ts";
import { History } from "../callbacks/history.ts";
import type { Logs } from "../callbacks/callback.ts";
import { CeratopsError, describe, isClass, ValueError } from "../errors.ts";
import { Model } from "../models/model.ts";
import type { Verbose } from "../training/options.ts";
import type { HyperParameters } from "./hyper_parameters.ts";

/** What a search wants of a training: to be given to `model.fit`, with options of your own. */
export interface TrialFitOptions {
  /** The number of the epoch before which to end, where the search decides it. */
  readonly epochs?: number;
  /** The number of the first epoch, where the search continues a trial. */
  readonly initialEpoch?: number;
  /** How much to print: nothing. */
  readonly verbose: Verbose;
  /** What keeps the weights of the best epoch. */
  readonly callbacks: readonly CallbackLike[];
}

/** What a training gives: the history of `fit`, logs such as those of `evaluate`, or the objective alone. */
export type TrialResult = History | Logs | number;

/**
 * Makes the model of a trial, and trains it. A module that exports these functions is one too.
 *
 * Source: `keras_tuner.HyperModel`.
 */
export interface HyperModel {
  /** Makes and compiles the model for the hyperparameters that it asks for. */
  build(hp: HyperParameters): Model | Promise<Model>;
  /**
   * Trains the model, which may ask for hyperparameters too. Without it, `model.fit` is called with what `search` was
   * called with.
   */
  fit?(hp: HyperParameters, model: Model, options: TrialFitOptions): TrialResult | Promise<TrialResult>;
  /** The address of a module that exports these functions, for worker processes. */
  readonly module?: URL;
}

/** What runs a trial. */
export type TrialFunctions = Required<Omit<HyperModel, "module">>;

/** What a search takes: the address of a module, or functions. */
export type HyperModelSource = URL | HyperModel | HyperModel["build"];

const isFunction = (given: unknown) => typeof given === "function" && !isClass(given);

/** Whether something builds models. */
function isHyperModel(given: unknown): given is HyperModel {
  if (typeof given !== "object" || given === null) return false;
  const { build, fit, module } = given as Partial<HyperModel>;
  return isFunction(build) && (fit === undefined || isFunction(fit)) && (module === undefined || module instanceof URL);
}

/** The module that worker processes load, if there is one. */
export const moduleOf = (source: HyperModelSource): URL | undefined =>
  source instanceof URL ? source : typeof source === "function" ? undefined : source.module;

/** Throws {@linkcode ValueError} for what is no {@linkcode HyperModelSource}. */
export function checkSource(given: unknown, what: string): HyperModelSource {
  if (given instanceof URL || isHyperModel(given)) return given;
  if (isFunction(given)) return given as HyperModel["build"];
  throw new ValueError({
    what,
    rule:
      "it takes a function that builds a model, an object with build and fit, or the address of a module with these",
    received: describe(given),
    hint: 'write it as in (hp) => new Sequential([...]), or new URL("./trial.ts", import.meta.url)',
  });
}

/** Loads a module, or takes functions as they are. Throws {@linkcode ValueError} for a module without `build`. */
export async function openHyperModel(source: HyperModelSource): Promise<HyperModel> {
  if (typeof source === "function") return { build: source };
  if (!(source instanceof URL)) return source;
  if (typeof Deno !== "undefined" && source.href === Deno.mainModule) {
    // Its import would wait for itself.
    throw new ValueError({
      what: `Cannot use the module ${source.href}`,
      rule: "a program that is the module of its trials gives their functions too",
      received: "its address alone",
      hint: "write it as in { build, fit, module: new URL(import.meta.url) }",
    });
  }
  const module: unknown = await import(source.href);
  if (isHyperModel(module) && module.fit) return module;
  throw new ValueError({
    what: `Cannot use the module ${source.href}`,
    rule: "it must export the functions build(hp) and fit(hp, model, options)",
    received: `exports ${Object.keys(module as object).map((name) => `"${name}"`).join(", ") || "of no name"}`,
    hint: "fit loads the data and returns model.fit(x, y, { ...options })",
  });
}

/** What a build gave, if it is a model. Throws {@linkcode ValueError}. */
export function checkModel(given: unknown): Model {
  if (given instanceof Model) return given;
  throw new ValueError({
    what: "Cannot run a trial",
    rule: "build(hp) must return a model",
    received: describe(given),
    hint: "return it, compiled",
  });
}

/** The numbers of a training by name, one list for each: the epochs of a history, or one of anything else. */
export function logsOf(result: unknown, objective: string): Readonly<Record<string, readonly number[]>> {
  if (result instanceof History) return result.history;
  if (typeof result === "number") return { [objective]: [result] };
  if (typeof result === "object" && result !== null) {
    const numbers = Object.entries(result).filter(([, value]) => typeof value === "number");
    if (numbers.length > 0) return Object.fromEntries(numbers.map(([name, value]) => [name, [value]]));
  }
  throw new ValueError({
    what: "Cannot run a trial",
    rule: "fit(hp, model, options) must return what model.fit does, logs by name, or a number",
    received: describe(result),
    hint: "write it as in return await model.fit(x, y, options)",
  });
}

/** The text of an error in a trial. */
export function textOfError(error: unknown): string {
  if (error instanceof CeratopsError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : describe(error);
}
