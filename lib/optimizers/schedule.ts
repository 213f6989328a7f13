// LearningRateSchedule: a learning rate that changes from step to step.
// https://keras.io/api/optimizers/learning_rate_schedules/
import { finite } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { describe, ValueError } from "../errors.ts";
import { isNode, type ObjectNode } from "../json_config.ts";
import { type CustomObjects, objectNode, objectOf } from "../registry.ts";

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

/**
 * A schedule as a config has it: its class and options.
 *
 * @example
 * ```ts
 * import { schedules } from "./mod.ts";
 * const node = schedules.serialize(new schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 100 }));
 * console.log(schedules.deserialize(node).call(0).toFixed(2)); // 0.10
 * ```
 */
export const serialize = (schedule: LearningRateSchedule): ObjectNode =>
  checked(schedule, "write a learning rate schedule").serialize();

/**
 * A schedule from what {@linkcode serialize} gave; custom classes are found by the names of `customObjects`, or as they
 * were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (config: ObjectNode, customObjects?: CustomObjects): LearningRateSchedule =>
  checked(isNode(config) ? objectOf(config, customObjects) : config, "read a learning rate schedule");

function checked(schedule: unknown, verb: string): LearningRateSchedule {
  if (schedule instanceof LearningRateSchedule) return schedule;
  throw new ValueError({
    what: `Cannot ${verb}`,
    rule: "it must be a schedule, or what schedules.serialize gave",
    received: describe(schedule),
    hint: "give new schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 100 }), or its node",
  });
}
