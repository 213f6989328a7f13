// CallbackList: calls each hook of all callbacks, and knows whether they need every batch.
import { ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import { camelCase } from "../names.ts";
import {
  Callback,
  type CallbackHooks,
  type CallbackModel,
  hookNames,
  type Logs,
  overrides,
  type RunParams,
} from "./callback.ts";
import { LambdaCallback } from "./lambda.ts";

/** A callback, or an object of hooks. */
export type CallbackLike = Callback | CallbackHooks;

/** The three kinds of runs whose batches have hooks. */
export type RunKind = "Train" | "Test" | "Predict";

/** The callbacks of a run, in order. */
export class CallbackList {
  readonly #callbacks: readonly Callback[];
  readonly #perBatch: Record<RunKind, boolean>;

  /** Takes the callbacks; objects of hooks are wrapped. */
  constructor(callbacks: readonly Callback[], model: CallbackModel, params: RunParams) {
    this.#callbacks = callbacks;
    for (const callback of callbacks) {
      callback.setParams(params);
      callback.setModel(model);
    }
    const needs = (kind: RunKind) =>
      callbacks.some((callback) =>
        callback.everyBatch &&
        (overrides(callback, `on${kind}BatchBegin`) || overrides(callback, `on${kind}BatchEnd`))
      );
    this.#perBatch = { Train: needs("Train"), Test: needs("Test"), Predict: needs("Predict") };
  }

  /** Whether a hook needs every batch of a run, not just some. */
  needsEveryBatch(kind: RunKind): boolean {
    return this.#perBatch[kind];
  }

  /** Whether a hook is to be called for some batches of a run. */
  watches(kind: RunKind): boolean {
    return this.#callbacks.some((callback) => callback.watches(kind));
  }

  /** Frees what callbacks hold open. */
  async release(): Promise<void> {
    await Promise.all(this.#callbacks.map(async (callback) => await callback.release?.()));
  }

  /** The start of a run. */
  async begin(kind: RunKind): Promise<void> {
    for (const callback of this.#callbacks) await callback[`on${kind}Begin`]({});
  }

  /** The end of a run. */
  async end(kind: RunKind, logs: Logs): Promise<void> {
    for (const callback of this.#callbacks) await callback[`on${kind}End`](logs);
  }

  /** The start of an epoch. */
  async epochBegin(epoch: number): Promise<void> {
    for (const callback of this.#callbacks) await callback.onEpochBegin(epoch, {});
  }

  /** The end of an epoch. */
  async epochEnd(epoch: number, logs: Logs): Promise<void> {
    for (const callback of this.#callbacks) await callback.onEpochEnd(epoch, logs);
  }

  /** The start of a batch; for callbacks that need every batch. */
  async batchBegin(kind: RunKind, batch: number): Promise<void> {
    for (const callback of this.#callbacks) {
      const pending = callback[`on${kind}BatchBegin`](batch, {});
      if (pending) await pending;
    }
  }

  /** The end of a batch. */
  async batchEnd(kind: RunKind, batch: number, logs: Logs): Promise<void> {
    for (const callback of this.#callbacks) {
      const pending = callback[`on${kind}BatchEnd`](batch, logs);
      if (pending) await pending;
    }
  }
}

/** The hook that a name means that is none itself: as Python spells it, or of Keras's older name for batches. */
function meantHook(name: string): string | undefined {
  const camel = camelCase(name).replace(/^onBatch/, "onTrainBatch");
  return camel === name ? undefined : hookNames.find((hook) => hook === camel);
}

/** Throws {@linkcode ValueError} for a method that is meant as a hook and would never be called. */
function checkHookNames(callback: Callback, what: string): void {
  for (let of: object = callback; of !== Callback.prototype; of = Object.getPrototypeOf(of)) {
    for (const name of Object.getOwnPropertyNames(of)) {
      const hook = meantHook(name);
      if (hook === undefined) continue;
      throw new ValueError({
        what,
        rule: `hooks of callbacks are named as in ${hook}`,
        received: `${name} of ${callback.constructor.name}`,
        hint: `rename it to ${hook}`,
      });
    }
  }
}

/** Objects of hooks as callbacks; throws {@linkcode ValueError} for what is neither. `what` is what fails then. */
export function toCallbacks(list: unknown, what: string): Callback[] {
  if (!Array.isArray(list) || list.length > 2 ** 16) {
    throw new ValueError({
      what,
      rule: "callbacks must be a list",
      received: describe(list),
      hint: "write them in brackets, as in callbacks: [callback]",
    });
  }
  return list.map((callback: unknown) => {
    if (callback instanceof Callback) {
      checkHookNames(callback, what);
      return callback;
    }
    if (callback === null || typeof callback !== "object") {
      throw new ValueError({
        what,
        rule: "each callback must be a Callback or an object of hooks",
        received: describe(callback),
        hint: "make it with new, as in new callbacks.EarlyStopping()",
      });
    }
    return new LambdaCallback(callback);
  });
}
