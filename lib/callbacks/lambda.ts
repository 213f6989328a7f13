// LambdaCallback: hooks given as functions. https://keras.io/api/callbacks/lambda_callback/
import { describe, ValueError } from "../errors.ts";
import { declareOptions, option } from "../options.ts";
import { Callback, type CallbackHooks, hookNames } from "./callback.ts";

/** A hook; the class itself assigns those that are given, so that the others keep their methods. */
const hookOption = option<unknown>({
  fallback: null,
  assigned: false,
  read: (given, { what, option }) => {
    if (given === null || typeof given === "function") return given;
    throw new ValueError({
      what,
      rule: `${option} must be a function`,
      received: describe(given),
      hint: `write it as in { ${option}: () => console.log("now") }`,
    });
  },
});

/**
 * A callback made from functions.
 *
 * @example Print each epoch's loss
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const printer = new callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs?.loss) });
 * console.log(printer instanceof callbacks.Callback); // true
 * ```
 */
export class LambdaCallback extends Callback {
  static {
    declareOptions(this, Object.fromEntries(hookNames.map((name) => [name, hookOption])));
  }

  /**
   * Takes the hooks. Throws {@linkcode ValueError} for the name of an unknown hook. Defaults: `onTrainBegin: null`,
   * `onTrainEnd: null`, `onEpochBegin: null`, `onEpochEnd: null`, `onTrainBatchBegin: null`, `onTrainBatchEnd: null`,
   * `onTestBegin: null`, `onTestEnd: null`, `onTestBatchBegin: null`, `onTestBatchEnd: null`, `onPredictBegin: null`,
   * `onPredictEnd: null`, `onPredictBatchBegin: null`, `onPredictBatchEnd: null`.
   */
  constructor(hooks: CallbackHooks = {}) {
    super(hooks);
    for (const name of hookNames) {
      const hook = hooks[name];
      if (hook) Object.assign(this, { [name]: hook.bind(hooks) });
    }
  }
}
