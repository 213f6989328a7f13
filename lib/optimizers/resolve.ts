// Optimizers by name or as objects.
import { unknownIdentifier, ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import { Adafactor } from "./adafactor.ts";
import { Adadelta, Adagrad } from "./adagrad.ts";
import { Adam, AdamW } from "./adam.ts";
import { Adamax } from "./adamax.ts";
import { Ftrl } from "./ftrl.ts";
import { Lamb } from "./lamb.ts";
import { Lion } from "./lion.ts";
import { Nadam } from "./nadam.ts";
import { Optimizer } from "./optimizer.ts";
import { RMSprop } from "./rmsprop.ts";
import { SGD } from "./sgd.ts";

const named: Record<Lowercase<OptimizerName>, () => Optimizer> = {
  sgd: () => new SGD(),
  rmsprop: () => new RMSprop(),
  adam: () => new Adam(),
  adamw: () => new AdamW(),
  adadelta: () => new Adadelta(),
  adafactor: () => new Adafactor(),
  adagrad: () => new Adagrad(),
  adamax: () => new Adamax(),
  ftrl: () => new Ftrl(),
  lamb: () => new Lamb(),
  lion: () => new Lion(),
  nadam: () => new Nadam(),
};

/** The names of the optimizers; upper and lower case are equal. */
export type OptimizerName =
  | "sgd"
  | "rmsprop"
  | "adam"
  | "adamw"
  | "adadelta"
  | "adafactor"
  | "adagrad"
  | "adamax"
  | "ftrl"
  | "lamb"
  | "lion"
  | "nadam"
  | "SGD"
  | "RMSprop"
  | "Adam"
  | "AdamW"
  | "Adadelta"
  | "Adafactor"
  | "Adagrad"
  | "Adamax"
  | "Ftrl"
  | "Lamb"
  | "Lion"
  | "Nadam";
/** An optimizer by name, or as an object. */
export type OptimizerIdentifier = OptimizerName | Optimizer;

/** The optimizer that an identifier names; throws {@linkcode ValueError} with a suggestion for an unknown name. */
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
  const name = identifier.toLowerCase();
  if (!Object.hasOwn(named, name)) throw unknownIdentifier("optimizer", identifier, Object.keys(named), where);
  return named[name as keyof typeof named]();
}
