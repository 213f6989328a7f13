// LambdaCallback: hooks given as functions. https://keras.io/api/callbacks/lambda_callback/
import { describe, ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Callback, type CallbackHooks, hookNames } from "./callback.ts";

/**
 * A callback made of functions.
 *
 * @example Print each epoch's loss
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const printer = new callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs?.loss) });
 * console.log(printer instanceof callbacks.Callback); // true
 * ```
 */
export class LambdaCallback extends Callback {
  /** Takes the hooks. Throws {@linkcode ValueError} for a name that is no hook. */
  constructor(hooks: CallbackHooks) {
    super();
    checkOptions("LambdaCallback", hooks, hookNames);
    for (const name of hookNames) {
      const hook = hooks[name];
      if (hook !== undefined && typeof hook !== "function") {
        throw new ValueError({
          what: "Cannot make LambdaCallback",
          rule: `${name} must be a function`,
          received: describe(hook),
          hint: `write it as in { ${name}: () => console.log("now") }`,
        });
      }
      if (hook) Object.assign(this, { [name]: hook.bind(hooks) });
    }
  }
}
