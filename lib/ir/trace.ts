// Tracing: running a function on symbolic values records its graph.
import { StateError } from "../errors.ts";
import { type DType, isFloat, isHalf, storedDType, type TypedArray } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { OpName } from "./attrs.ts";
import { ContextKey, type ContextPart } from "./context.ts";
import {
  emptyGraph,
  type GradientRule,
  type Graph,
  type Node,
  type OpAttrs,
  type StateLink,
  type ValueId,
  type ValueType,
  type VariableSpec,
} from "./graph.ts";
import { commonFloat, keepsHalves, opDef } from "./op_def.ts";
import { nowhere, Origin, type OwnerKind, type Scope } from "./origin.ts";
import { graphOf, idOf, type Value, valueOf } from "./value.ts";

/** A variable whose value is given for a part of a trace. */
interface GivenValue {
  readonly first: Value;
  last: Value;
}

/** A graph under construction. Body graphs may read values of their parent, which become further inputs. */
export class Trace {
  /** The graph so far. */
  readonly graph: Graph = emptyGraph();
  /** Outer values that this body reads, in the order of the inputs made for them. */
  readonly captured: Value[] = [];
  readonly #captures = new Map<ValueId, Value>();
  readonly #links = new Map<VariableSpec, StateLink>();
  /** Values read from variables after assignments, by the value that was assigned. */
  readonly #reads = new Map<VariableSpec, readonly { readonly of: ValueId; readonly value: Value }[]>();

  /** The variables whose values are given now. */
  #given: ReadonlyMap<VariableSpec, GivenValue> | undefined;

  /** Starts an empty graph; a body passes its `parent`, whose values it may read. */
  constructor(readonly parent?: Trace) {}

  /** Adds an input of a body graph. */
  input(type: ValueType): Value {
    const value = this.#value(type);
    this.graph.inputs.push(idOf(value));
    return value;
  }

  /**
   * The current value of a variable: its value before the program, or the last one assigned. As in Keras, no gradient
   * flows through an assignment: a value read depends on nothing but the variable.
   */
  read(variable: VariableSpec): Value {
    const given = this.#given?.get(variable);
    if (given) {
      const isAsGiven = given.last === given.first || !isFloat(given.last.dtype);
      return isAsGiven ? given.last : this.emit("stopGradient", [given.last], {})[0];
    }
    if (this.parent) return this.#local(this.parent.read(variable));
    const { input, output } = this.#link(variable);
    const assigned = valueOf(this.graph, output);
    if (output === input || !isFloat(assigned.dtype)) return assigned;
    const reads = this.#reads.get(variable) ?? [];
    let read = reads.find(({ of }) => of === output)?.value;
    if (!read) {
      read = this.emit("stopGradient", [assigned], {})[0];
      this.#reads.set(variable, [...reads, { of: output, value: read }]);
    }
    return read;
  }

  /** All values read from a variable so far; the value before the program comes first. */
  readsOf(variable: VariableSpec): Value[] {
    const given = this.#given?.get(variable);
    if (given) return [given.first];
    if (this.parent) return this.parent.readsOf(variable).map((value) => this.#local(value));
    return [this.readInitial(variable), ...(this.#reads.get(variable) ?? []).map(({ value }) => value)];
  }

  /** The value of a variable before the program. */
  readInitial(variable: VariableSpec): Value {
    if (this.parent) return this.#local(this.parent.readInitial(variable));
    return valueOf(this.graph, this.#link(variable).input);
  }

  /** Sets the value of a variable from here on. */
  assign(variable: VariableSpec, value: Value): void {
    const given = this.#given?.get(variable);
    if (given) {
      given.last = this.#local(value);
      return;
    }
    if (this.parent) {
      throw new StateError({
        what: `Cannot assign to "${variable.name}"`,
        rule: "variables cannot be assigned inside of a loop's body",
        hint: "carry its value through the loop, and assign it after",
      });
    }
    this.#link(variable).output = idOf(this.#local(value));
  }

  /**
   * Runs `body` with given values in place of those of variables, which it does not change; gives its result, and the
   * variables' values after it, in the order in which they were given.
   */
  withValues<T>(values: ReadonlyMap<VariableSpec, Value>, body: () => T): { result: T; values: Value[] } {
    const outer = this.#given;
    const own = new Map([...values].map(([variable, value]): [VariableSpec, GivenValue] => {
      const first = this.#local(value);
      return [variable, { first, last: first }];
    }));
    this.#given = new Map([...outer ?? [], ...own]);
    try {
      const result = body();
      return { result, values: [...own.values()].map(({ last }) => last) };
    } finally {
      this.#given = outer;
    }
  }

  /** Runs `body`; what it assigns is assigned where `condition`, a bool, is true as the program runs. */
  assignWhere(condition: Value, body: () => void): void {
    const chosen = (next: Value, last: Value) => this.emit("select", [condition, next, last], {})[0];
    const before = new Map([...this.#links.values()].map((link) => [link, link.output]));
    const given = new Map([...this.#given?.values() ?? []].map((value) => [value, value.last]));
    body();
    for (const link of this.#links.values()) {
      const last = before.get(link) ?? link.input;
      if (link.output === last) continue;
      link.output = idOf(chosen(valueOf(this.graph, link.output), valueOf(this.graph, last)));
    }
    for (const [value, last] of given) if (value.last !== last) value.last = chosen(value.last, last);
  }

  /** Adds a node; its op definition checks shapes and dtypes. What computes with halves does so in float32, and rounds. */
  emit<K extends OpName>(op: K, inputs: readonly Value[], attrs: OpAttrs[K]): Value[] {
    if (!keepsHalves(op, inputs.length) && inputs.some(({ dtype }) => isHalf(dtype))) {
      const cast = (value: Value, dtype: DType) =>
        value.dtype === dtype ? value : this.emit("cast", [value], { dtype })[0];
      const result = commonFloat(inputs);
      return this.emit(op, inputs.map((value) => cast(value, storedDType(value.dtype))), attrs)
        .map((value) => isFloat(value.dtype) ? cast(value, result) : value);
    }
    const locals = inputs.map((value) => this.#local(value));
    const types = locals.map((value) => this.graph.types[idOf(value)]);
    const row = opDef(op);
    const shapes = row.shape(types, attrs);
    const dtypes = row.dtype(types, attrs);
    const outputs = shapes.map((shape, i) => this.#value({ shape, dtype: dtypes[i] }));
    const node: Node<K> = {
      op,
      inputs: locals.map(idOf),
      outputs: outputs.map(idOf),
      attrs,
      origin: new Origin(nodeScope.current ?? nowhere, op),
    };
    this.graph.nodes.push(node as Node);
    return outputs;
  }

  /** Values with a derivative by others that is given, in place of that of what computed them; only floats have one. */
  withRule(inputs: readonly Value[], outputs: readonly Value[], vjp: GradientRule["vjp"]): Value[] {
    const locals = inputs.map((value) => this.#local(value));
    const passed = outputs.map((value) =>
      value.dtype === "float32" ? this.emit("stopGradient", [value], {})[0] : value
    );
    const made = passed.filter((value) => value.dtype === "float32").map(idOf);
    this.setRule({ inputs: locals.map(idOf), outputs: made, vjp });
    return passed;
  }

  /** Gives the nodes that make the outputs of a rule their derivative. */
  setRule(rule: GradientRule): void {
    const { nodes } = this.graph;
    const at = nodes.findIndex(({ outputs }) => rule.outputs.includes(outputs[0]));
    if (at >= 0) nodes[at] = { ...nodes[at], rule };
  }

  /** Adds a constant. */
  constant(shape: Shape, dtype: DType, data: TypedArray): Value {
    return this.emit("constant", [], { shape, dtype, data })[0];
  }

  #value(type: ValueType): Value {
    this.graph.types.push(type);
    return valueOf(this.graph, this.graph.types.length - 1);
  }

  #link(variable: VariableSpec): StateLink {
    let link = this.#links.get(variable);
    if (!link) {
      const id = idOf(this.#value({ shape: variable.shape, dtype: variable.dtype }));
      link = { variable, input: id, output: id };
      this.#links.set(variable, link);
      this.graph.state.push(link);
    }
    return link;
  }

  /** The value as this trace sees it: an outer value becomes a further input of the body. */
  #local(value: Value): Value {
    if (graphOf(value) === this.graph) return value;
    if (!this.parent) {
      throw new StateError({
        what: "Cannot use a symbolic value here",
        rule: "it lives only inside the traced function that made it",
        received: "one of another function",
        hint: "return it from there and pass the result on, or assign it to a Variable",
      });
    }
    const outer = this.parent.#local(value);
    let local = this.#captures.get(idOf(outer));
    if (!local) {
      local = this.#value({ shape: outer.shape, dtype: outer.dtype });
      this.#captures.set(idOf(outer), local);
      this.captured.push(outer);
      this.graph.inputs.push(idOf(local));
    }
    return local;
  }
}

/** The trace being recorded. */
export const tracing: ContextKey<Trace> = new ContextKey("tracing");

/** What the nodes that are added belong to. */
const nodeScope = new ContextKey<Scope>("nodeScope");

/** The context in which ops are added to `trace`; origins start without a scope, also in a body graph. */
export function recording(trace: Trace): ContextPart[] {
  return [tracing.of(trace), nodeScope.of(nowhere)];
}

/** The context in which nodes belong to a layer, within those that are being called. */
export function scoped(name: string): ContextPart {
  const outer = nodeScope.current;
  const path = outer?.kind === "layer" && outer.path ? `${outer.path}/${name}` : name;
  return nodeScope.of({ kind: "layer", path, backward: false });
}

/** The context in which nodes belong to what is no layer, such as a loss. */
export function owned(kind: OwnerKind, name: string): ContextPart {
  return nodeScope.of({ kind, path: name, backward: false });
}

/** The context in which nodes are gradients of what is in a scope. */
export function backwardOf(scope: Scope): ContextPart {
  return nodeScope.of({ ...scope, backward: true });
}

/** The trace being recorded; throws {@linkcode StateError} naming `what` if there is none. */
export function requireTrace(what: string): Trace {
  const trace = tracing.current;
  if (trace) return trace;
  throw new StateError({
    what: `Cannot use ${what} here`,
    rule: "it works only inside a traced function",
    hint: "pass your function to compile() and call what that gives; for numbers now, give tensors",
  });
}
