// Where nodes come from: the layer, loss, metric or optimizer that made them, and which passes merged; for errors and profiles.

/** What kinds of code make nodes: those of a model, `data` for reading and writing batches, and `other` outside of these. */
export type OwnerKind = "layer" | "loss" | "metric" | "optimizer" | "data" | "other";

/** The code that makes nodes. */
export interface Scope {
  /** The kind of its owner. */
  readonly kind: OwnerKind;
  /** The owner's name; the path of a layer in others, such as `model/dense`; empty for code without an owner. */
  readonly path: string;
  /** Whether it computes the gradients of what the owner computed. */
  readonly backward: boolean;
}

/** The scope of code without an owner. */
export const nowhere: Scope = { kind: "other", path: "", backward: false };

/** Where a node comes from. */
export class Origin {
  readonly #parts: readonly Origin[] | undefined;

  /** Takes the scope and the op as traced; `parts` are those of the nodes that became one, in order. */
  constructor(readonly scope: Scope, readonly op: string, parts?: readonly Origin[]) {
    this.#parts = parts;
  }

  /** The origin of one node made of several, which is named like one of them. */
  static merged(origins: readonly Origin[], named: Origin = origins[0]): Origin {
    const parts = new Map(origins.flatMap(({ parts }) => parts).map((part) => [part.#key, part]));
    return parts.size < 2 ? named : new Origin(named.scope, named.op, [...parts.values()]);
  }

  /** The origins of the traced nodes that it stands for, each once. */
  get parts(): readonly Origin[] {
    return this.#parts ?? [this];
  }

  /** The origin of a node of a loop's body, given the loop's: the body is traced without a scope. */
  within(loop: Origin): Origin {
    return Origin.merged(loop.parts.flatMap(({ scope }) => this.parts.map(({ op }) => new Origin(scope, op))));
  }

  get #key(): string {
    return `${this.scope.kind} ${this}`;
  }

  /** The path and the op, such as `model/dense/matmul`, with `grad:` in front for gradients. */
  toString(): string {
    const { path, backward } = this.scope;
    return `${backward ? "grad:" : ""}${path ? `${path}/` : ""}${this.op}`;
  }
}
