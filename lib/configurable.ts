// Configurable: the base of what is made of options and stands in configs, such as losses, metrics and initializers.
import type { Config, FunctionNode, ObjectNode } from "./json_config.ts";
import { assignOptions, configOf, readOptions } from "./options.ts";
import { objectNode } from "./registry.ts";

/** What is made of the options that its class declares, and written as these. */
export abstract class Configurable {
  /**
   * Takes the options, and the arguments that came by position, by name. Throws {@linkcode ValueError} where one does not
   * suit, or, for a class that declares its options, where a name is none of these.
   */
  constructor(options: object = {}, byPosition: object = {}) {
    assignOptions(this, readOptions(new.target, options, byPosition, { className: new.target.name }));
  }

  /** The arguments that make the object again, as Keras's config; extend it with your own. */
  getConfig(): Config {
    return configOf(this);
  }

  /** The object as it stands in a config. */
  serialize(): ObjectNode | FunctionNode {
    return objectNode(this);
  }
}
