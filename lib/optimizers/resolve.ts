// Optimizers by name or as objects.
import { unknownIdentifier, ValueError } from "../errors.ts";
import { isNode, type ObjectNode } from "../json_config.ts";
import { describe } from "../options.ts";
import { type CustomObjects, objectOf } from "../registry.ts";
import * as classes from "./named.ts";
import { Optimizer } from "./optimizer.ts";

const named: ReadonlyMap<string, () => Optimizer> = new Map(
  Object.entries<new () => Optimizer>(classes).map(([name, Class]) => [name.toLowerCase(), () => new Class()]),
);

/** The names of the optimizers; case does not matter. */
export type OptimizerName = keyof typeof classes | Lowercase<keyof typeof classes>;
/** An optimizer by name, or as an object. */
export type OptimizerIdentifier = OptimizerName | Optimizer;

/** The optimizer for an identifier; throws {@linkcode ValueError} with a suggestion for an unknown name. */
export function getOptimizer(identifier: OptimizerIdentifier | ObjectNode, where?: string): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  if (isNode(identifier)) return getOptimizer(objectOf(identifier) as Optimizer, where);
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown optimizer",
      rule: "optimizer must be a name or an object",
      received: describe(identifier),
      hint: 'give it as in "adam" or new optimizers.Adam({ learningRate: 0.01 })',
    });
  }
  const make = named.get(identifier.toLowerCase());
  if (!make) throw unknownIdentifier("optimizer", identifier, [...named.keys()], where);
  return make();
}

/**
 * An optimizer as a config has it: its class and options.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * const node = optimizers.serialize(new optimizers.SGD({ momentum: 0.9 }));
 * console.log(optimizers.deserialize(node).getConfig().momentum); // 0.9
 * ```
 */
export const serialize = (optimizer: Optimizer): ObjectNode => getOptimizer(optimizer).serialize();

/**
 * An optimizer from what {@linkcode serialize} gave, or from a name; custom classes are found by the names of
 * `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (config: OptimizerName | ObjectNode, customObjects?: CustomObjects): Optimizer =>
  getOptimizer(isNode(config) ? objectOf(config, customObjects) as Optimizer : config);
