// Optimizers by name or as objects.
import { unknownIdentifier, ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import * as classes from "./named.ts";
import { Optimizer } from "./optimizer.ts";

const named: ReadonlyMap<string, () => Optimizer> = new Map(
  Object.entries(classes).map(([name, Class]) => [name.toLowerCase(), () => new Class()]),
);

/** The names of the optimizers; case does not matter. */
export type OptimizerName = keyof typeof classes | Lowercase<keyof typeof classes>;
/** An optimizer by name, or as an object. */
export type OptimizerIdentifier = OptimizerName | Optimizer;

/** The optimizer for an identifier; throws {@linkcode ValueError} with a suggestion for an unknown name. */
export function getOptimizer(identifier: OptimizerIdentifier, where?: string): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
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
