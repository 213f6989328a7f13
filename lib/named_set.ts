// NamedSet: the members of a kind, such as initializers, by Keras's names, and how identifiers resolve to them.
import { describe, isClass, unknownIdentifier, ValueError } from "./errors.ts";
import { type FunctionNode, isNode, type ObjectNode } from "./json_config.ts";
import { type CustomObjects, functionNode, objectOf, type SerializableFunction } from "./registry.ts";

/** What messages say about a kind, and what else than names identifies its members. */
interface KindFacts<T extends object, Fn> {
  /** The kind, such as `initializer`. */
  readonly kind: string;
  /** The kind with its article, such as `an initializer`. */
  readonly one: string;
  /** Where its classes are exported, such as `initializers`. */
  readonly namespace: string;
  /** An example of one, for the hint of errors. */
  readonly example: string;
  /** The base of its classes. */
  readonly Base: abstract new (...args: never[]) => T;
  /** The member that a function becomes. */
  fromFunction(fn: Fn): T;
}

/** A member that configs can have. */
interface Written {
  /** The member as written in a config. */
  serialize(): ObjectNode | FunctionNode;
}

/** The members of a kind by name. */
export class NamedSet<T extends Written, Fn, Name extends string> {
  /** The names, for suggestions. */
  readonly names: readonly Name[];

  /** Takes the member that each name makes. */
  constructor(private readonly facts: KindFacts<T, Fn>, private readonly members: Readonly<Record<Name, () => T>>) {
    this.names = Object.keys(members) as Name[];
  }

  /** The member for an identifier or a node; throws {@linkcode ValueError} with a suggestion if there is none. */
  get(identifier: Name | T | Fn | ObjectNode | FunctionNode, where?: string): T {
    const { kind, one, namespace, example, Base, fromFunction } = this.facts;
    if (identifier instanceof Base) return identifier;
    if (typeof identifier === "string") {
      const name: string = identifier;
      if (!Object.hasOwn(this.members, name)) throw unknownIdentifier(kind, name, this.names, where);
      return this.members[name as Name]();
    }
    if (typeof identifier === "function" && !isClass(identifier)) return fromFunction(identifier as Fn);
    if (isNode(identifier)) return this.get(objectOf(identifier) as T | Fn, where);
    throw new ValueError({
      what: where ?? `Unknown ${kind}`,
      rule: `${one} must be a name, an object or a function`,
      received: describe(identifier),
      hint: isClass(identifier)
        ? `write new ${namespace}.${String((identifier as { name: unknown }).name)}()`
        : example,
    });
  }

  /** A member, or a function in place of one, as written in a config. */
  serialize(member: T | Fn): ObjectNode | FunctionNode {
    if (typeof member === "function" && !isClass(member)) return functionNode(member as SerializableFunction);
    return this.get(member).serialize();
  }

  /** The member that a node or a name describes; `customObjects` are known by their names while it is read. */
  deserialize(config: Name | ObjectNode | FunctionNode, customObjects?: CustomObjects): T {
    return this.get(isNode(config) ? objectOf(config, customObjects) as T | Fn : config);
  }
}
