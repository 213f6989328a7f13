// LearningRateSchedule: a learning rate that changes from step to step.
// https://keras.io/api/optimizers/learning_rate_schedules/
import { finite } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import type { ObjectNode } from "../json_config.ts";
import { objectNode } from "../registry.ts";

/**
 * The base of schedules: extend it with your own `call`.
 *
 * @example A rate that falls with the square root of the step
 * ```ts
 * import { optimizers, schedules } from "./mod.ts";
 * class InverseRoot extends schedules.LearningRateSchedule {
 *   call(step: number) {
 *     return 0.1 / Math.sqrt(step + 1);
 *   }
 * }
 * console.log(new optimizers.SGD({ learningRate: new InverseRoot() }).name); // sgd
 * ```
 */
export abstract class LearningRateSchedule extends Configurable {
  static {
    declareMethods(this, { call: { verb: "compute", takes: { step: finite }, returns: "the learning rate" } });
  }

  /** The learning rate of a step, counted from 0 in batches. */
  abstract call(step: number): number;

  /** The schedule as written in an optimizer's config. */
  override serialize(): ObjectNode {
    return objectNode(this);
  }
}
