// The public `ops`: those of lib/ops, which on symbolic tensors become nodes of the models that are made of them.
import type { Value } from "../ir/value.ts";
import * as table from "../ops/functions.ts";
import type { Mapped, Structure } from "../structure.ts";
import { inferSpecs } from "./inference.ts";
import { autoName } from "./naming.ts";
import {
  type CallArguments,
  Node,
  type Operation,
  replaceSymbolic,
  symbolicIn,
  type SymbolicTensor,
  TensorSpec,
} from "./symbolic.ts";

/** A function of ops, whatever it takes. */
type AnyFunction = (...args: never[]) => unknown;

/** What a function of ops takes, where symbolic tensors may stand in place of symbolic values. */
export type WithSymbols<T> = [Value] extends [T] ? T | SymbolicTensor
  : T extends readonly (infer Item)[] ? readonly WithSymbols<Item>[]
  : T;

/** The arguments of a function of ops, where symbolic tensors may stand in place of symbolic values. */
export type SymbolicArguments<Args extends readonly unknown[]> = { [K in keyof Args]: WithSymbols<Args[K]> };

/** A function of ops that takes symbolic tensors too, and gives some for these. */
export type SymbolicFunction<F extends (...args: never[]) => unknown> = F extends (...args: infer Args) => infer Result
  ? F & ((...args: SymbolicArguments<Args>) => Mapped<Result, Value, SymbolicTensor>)
  : never;

/** Functions that take symbolic tensors too. */
export type SymbolicFunctions<T> = {
  readonly [K in keyof T]: T[K] extends (...args: never[]) => unknown ? SymbolicFunction<T[K]>
    : SymbolicFunctions<T[K]>;
};

/** The application of a function of ops to symbolic tensors. */
export class FunctionCall implements Operation {
  /** The name in messages, summaries and files. */
  readonly name: string;
  /** Where it was applied: once, but for a model that is built anew of what lies inside of it. */
  readonly inboundNodes: Node[] = [];

  /** Keras's name of the class of such operations. */
  readonly className: string;

  /** Takes the function's name in `ops`, such as `expandDims`, and the function; for one of a file its own names. */
  constructor(
    readonly fn: string,
    readonly call: (...args: never[]) => unknown,
    names: { readonly name?: string; readonly className?: string } = {},
  ) {
    const name = fn.slice(fn.indexOf(".") + 1);
    this.className = names.className ?? table.savedClassOf(fn) ?? name[0].toUpperCase() + name.slice(1);
    this.name = names.name ?? autoName(this.className);
  }

  /** Applies the function to symbolic tensors and whatever stands beside them. */
  apply(args: CallArguments<SymbolicTensor>): Structure<SymbolicTensor> {
    const specs = inferSpecs(
      replaceSymbolic(args, ({ shape, dtype }) => new TensorSpec(shape, dtype)),
      (values) => this.call(...values.positional as never[]) as Structure<Value>,
    );
    const node = new Node(this, this.inboundNodes.length, args, specs);
    this.inboundNodes.push(node);
    return node.output;
  }

  /** Applies the function to the arguments of a node with others in place of the symbolic ones. */
  replay<T extends Value | SymbolicTensor>(args: CallArguments<T>): Structure<T> {
    const isSymbolic = symbolicIn(args).length > 0;
    return (isSymbolic
      ? this.apply(args as CallArguments<SymbolicTensor>)
      : this.call(...args.positional as never[])) as Structure<T>;
  }
}

function symbolically(name: string, fn: AnyFunction): AnyFunction {
  return (...positional: never[]) => {
    const args = { positional, named: {} };
    return symbolicIn(args).length > 0 ? new FunctionCall(name, fn).apply(args) : fn(...positional);
  };
}

function liftToSymbolic(table: object, prefix = ""): unknown {
  return Object.fromEntries(
    Object.entries(table).map(([name, item]) => [
      name,
      typeof item === "function" ? symbolically(prefix + name, item) : liftToSymbolic(item, `${prefix}${name}.`),
    ]),
  );
}

/**
 * Operations: at once on tensors, traced on symbolic values, and on symbolic tensors nodes of the models made of them.
 * See https://keras.io/api/ops/.
 *
 * @example In a model
 * ```ts
 * import { Input, Model, ops, tensor } from "./mod.ts";
 * const x = Input({ shape: [2] });
 * const model = new Model({ inputs: x, outputs: ops.multiply(ops.add(x, 1), 2) });
 * console.log((await model.predict(tensor([[1, 2]]), { verbose: 0 })).toArray()); // [ [ 4, 6 ] ]
 * ```
 */
export const ops: SymbolicFunctions<(typeof table)["functions"]> = liftToSymbolic(table.functions) as typeof ops;
