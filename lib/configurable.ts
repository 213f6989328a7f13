// Configurable: the base of classes with declared options and a config, such as losses, metrics and initializers.
import type { Config, FunctionNode, ObjectNode } from "./json_config.ts";
import { assignOptions, configOf, readOptions } from "./options.ts";
import { objectNode } from "./registry.ts";

/** An object made from the options that its class declares, and written to configs as these. */
export abstract class Configurable {
  /**
   * Takes the options, and the positional arguments by name. Throws {@linkcode ValueError} for an invalid value, or, if
   * the class declares its options, for an unknown name.
   */
  constructor(options: object = {}, byPosition: object = {}) {
    assignOptions(this, readOptions(new.target, options, byPosition, { className: new.target.name }));
  }

  /** The arguments that recreate the object, as in Keras's config; extend it with your own. */
  getConfig(): Config {
    return configOf(this);
  }

  /** The object as written in a config. */
  serialize(): ObjectNode | FunctionNode {
    return objectNode(this);
  }
}
