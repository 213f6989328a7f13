// FunctionCall: the application of a function of `ops` to symbolic tensors.
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { installSymbolicCall, type OpsFunction } from "../ops/lift.ts";
import * as ops from "../ops/ops.ts";
import { savedClassOf } from "../ops/saved.ts";
import type { Structure } from "../structure.ts";
import {
  type CallArguments,
  Node,
  type Operation,
  replaceSymbolic,
  symbolicIn,
  type SymbolicTensor,
  TensorSpec,
} from "../tensor/symbolic.ts";
import { inferSpecs } from "./inference.ts";
import { autoName } from "../auto_names.ts";

/** The application of a function of `ops` to symbolic tensors. */
export class FunctionCall implements Operation {
  /** The name in messages, summaries and files. */
  readonly name: string;
  /** Its applications: one, except in a model that is rebuilt from parts of another. */
  readonly inboundNodes: Node[] = [];

  /** The name of Keras's class for this function. */
  readonly className: string;

  /**
   * Takes the function's name in `ops`, such as `expandDims`, and the function; when read from a file, also its names
   * there.
   */
  constructor(
    readonly fn: string,
    readonly call: OpsFunction,
    names: { readonly name?: string; readonly className?: string } = {},
  ) {
    if (typeof fn !== "string" || fn === "" || typeof call !== "function" || typeof names !== "object" || !names) {
      throw new ValueError({
        what: "Cannot make a call of ops",
        rule: "it takes the name of a function of ops, and the function",
        received: `${describe(fn)} and ${describe(call)}`,
        hint: "call the function itself on symbolic tensors",
      });
    }
    const name = fn.slice(fn.indexOf(".") + 1);
    this.className = names.className ?? savedClassOf(fn) ?? name[0].toUpperCase() + name.slice(1);
    this.name = names.name ?? autoName(this.className);
  }

  /** Applies the function to symbolic tensors and other arguments. */
  apply(args: CallArguments<SymbolicTensor>): Structure<SymbolicTensor> {
    const specs = inferSpecs(
      replaceSymbolic(args, ({ shape, dtype }) => new TensorSpec(shape, dtype)),
      (values) => this.#run(values),
    );
    const node = new Node(this, this.inboundNodes.length, args, specs);
    this.inboundNodes.push(node);
    return node.output;
  }

  /** Applies the function with a node's arguments, but with other values in place of the symbolic ones. */
  replay<T extends Value | SymbolicTensor>(args: CallArguments<T>): Structure<T> {
    return symbolicIn(args).length > 0 ? this.apply(args) as Structure<T> : this.#run(args);
  }

  #run<T>({ positional }: CallArguments<T>): Structure<T> {
    return this.call(...positional as never[]) as Structure<T>;
  }
}

const isFunction = (item: unknown): item is OpsFunction => typeof item === "function";

/** The functions of a namespace, and then those of the ones in it, some of which it has too. */
function entriesOf(table: object, prefix: string): [string, OpsFunction][] {
  const entries = Object.entries(table);
  const own = entries.filter((entry): entry is [string, OpsFunction] => isFunction(entry[1]));
  const nested = entries.filter(([, item]) => !isFunction(item));
  return [
    ...own.map(([name, fn]): [string, OpsFunction] => [prefix + name, fn]),
    ...nested.flatMap(([name, item]) => entriesOf(item, `${prefix}${name}.`)),
  ];
}

/** The functions of `ops` by name, such as `expandDims` or `image.resize`. */
export const functions: ReadonlyMap<string, OpsFunction> = new Map(entriesOf(ops, ""));

// Of several names of a function, files use the first.
const names = new Map([...functions].reverse().map(([name, fn]) => [fn, name]));

installSymbolicCall((fn, positional) => {
  const name = names.get(fn);
  return name === undefined ? undefined : new FunctionCall(name, fn).apply({ positional, named: {} });
}, (fn) => names.get(fn));
