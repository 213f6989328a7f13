// The values of a graph that is written as ONNX: under which names and in which layouts it has them, and the extents
// that are known only at run time.
import type { DType, TypedArray } from "../dtype.ts";
import type { ValueId } from "../ir/graph.ts";
import { type Shape, stridesOf } from "../shape.ts";
import { dependsOnExtents, type Extent, isFixed } from "./inference.ts";
import type { OnnxAttributes, OnnxGraph, OnnxModel } from "./onnx_model.ts";

/** A constant: a weight, or what follows from weights alone. */
interface ConstantArray {
  /** Its shape. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
  /** Its elements. */
  readonly data: TypedArray;
}

/**
 * The order of axes: `plain` as in the graph; `channelsFirst` as ONNX's convolutions want it, the last axis behind the
 * batch. A value is brought into the other one where something needs it, so that a chain of convolutions and what is
 * between them has one layout.
 */
export type Layout = "plain" | "channelsFirst";

/** The axis of the other layout that each axis of `[batch, channels, ...spatial]` is. */
function toChannelsFirst(rank: number): number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
}

function fromChannelsFirst(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

/** Where an axis of the graph is in a layout. */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  return layout === "plain" ? axis : fromChannelsFirst(rank)[axis];
}

/** Numbers per axis of the graph, in the order of a layout. */
export function orderedIn<T>(layout: Layout, perAxis: readonly T[]): T[] {
  return layout === "plain" ? [...perAxis] : toChannelsFirst(perAxis.length).map((axis) => perAxis[axis]);
}

/** The elements with permuted axes. */
function permuted({ shape, dtype, data }: ConstantArray, permutation: readonly number[]): ConstantArray {
  const strides = permutation.map((axis) => stridesOf(shape)[axis]);
  const next = permutation.map((axis) => shape[axis]);
  const result = data.slice() as TypedArray;
  const at = next.map(() => 0);
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = data[from];
    for (let axis = next.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++at[axis] < next[axis]) break;
      from -= next[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return { shape: next, dtype, data: result };
}

/** A value of the graph, under the names that it has so far. */
export class Held {
  readonly #names = new Map<string, string>();

  /** Takes the scope that the value lives in, what it is called, its type, and its elements if they are known. */
  constructor(
    readonly scope: Scope,
    readonly hint: string,
    readonly shape: readonly Extent[],
    readonly dtype: DType,
    readonly constant?: ConstantArray,
  ) {}

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Gives the value its name in a layout. */
  name(layout: Layout, name: string): this {
    this.#names.set(layout, name);
    return this;
  }

  /** The layout in which it needs no transpose; plain if it has both, or is a constant. */
  get layout(): Layout {
    return !this.#names.has("plain") && this.#names.has("channelsFirst") ? "channelsFirst" : "plain";
  }

  /** Its name in a layout. */
  in(layout: Layout): string {
    return this.#once(layout, () => {
      const { rank } = this;
      if (this.constant) {
        return layout === "plain" ? this.#initializer(this.constant) : this.permuted(toChannelsFirst(rank));
      }
      const [perm, from]: [number[], Layout] = layout === "plain"
        ? [fromChannelsFirst(rank), "channelsFirst"]
        : [toChannelsFirst(rank), "plain"];
      return this.scope.node("Transpose", [this.#names.get(from)!], { perm }, this.hint);
    });
  }

  /** Its name with permuted axes. */
  permuted(perm: readonly number[]): string {
    return this.#once(
      `permuted ${perm}`,
      () =>
        this.constant
          ? this.#initializer(permuted(this.constant, perm))
          : this.scope.node("Transpose", [this.in("plain")], { perm: [...perm] }, this.hint),
    );
  }

  /** Its name in a layout of `rank` axes, with which it broadcasts. */
  broadcastIn(layout: Layout, rank: number): string {
    if (layout === "plain" || this.rank === 0) return this.in("plain");
    if (this.rank === rank) return this.in("channelsFirst");
    return this.#once(`${layout} of ${rank}`, () => {
      const { constant } = this;
      const added = Array.from({ length: rank - this.rank }, (_, axis) => axis);
      if (constant) {
        const wide = { ...constant, shape: [...added.map(() => 1), ...constant.shape] };
        return this.#initializer(permuted(wide, toChannelsFirst(rank)));
      }
      const { scope } = this;
      // A vector along the channels has its axis second already.
      const axes = this.rank === 1 ? Array.from({ length: rank - 2 }, (_, i) => i + 1) : added;
      const wide = scope.node("Unsqueeze", [this.in("plain"), scope.model.integers(axes)], {}, this.hint);
      return this.rank === 1 ? wide : scope.node("Transpose", [wide], { perm: toChannelsFirst(rank) }, this.hint);
    });
  }

  #initializer({ shape, dtype, data }: ConstantArray): string {
    const { model } = this.scope;
    return shape.length === 0 ? model.scalar(data[0], dtype) : model.initializer(this.hint, dtype, shape, data);
  }

  #once(key: string, make: () => string): string {
    const name = this.#names.get(key) ?? make();
    this.#names.set(key, name);
    return name;
  }
}

/** A graph being written, the whole one or a loop's body, and the values that it has so far. */
export class Scope {
  readonly #values = new Map<ValueId, Held>();
  /** Where each extent that is known only at run time can be read. */
  readonly #sources = new Map<string, { readonly extent: Extent; readonly of: Held; readonly axis: number }>();
  readonly #extents = new Map<string, string>();

  /** Takes the model, the graph to write to, what fails for errors, and the scope around a body. */
  constructor(
    readonly model: OnnxModel,
    readonly graph: OnnxGraph,
    readonly what: string,
    readonly parent?: Scope,
  ) {}

  /** Adds a node of one output, and returns its name. */
  node(opType: string, inputs: readonly string[], attributes: OnnxAttributes, origin: string): string {
    return this.model.node(this.graph, opType, inputs, attributes, origin)[0];
  }

  /** The value with an id. */
  get(id: ValueId): Held {
    return this.#values.get(id)!;
  }

  /** Makes a value known under an id. */
  set(id: ValueId, held: Held): void {
    this.#values.set(id, held);
    if (held.constant || held.scope !== this) return;
    held.shape.forEach((extent, axis) => {
      const key = String(extent);
      if (!isFixed(extent) && !this.#sources.has(key)) this.#sources.set(key, { extent, of: held, axis });
    });
  }

  /** The name of a list of extents, int64. */
  extents(list: readonly Extent[], origin: string): string {
    if (list.every(isFixed)) return this.model.integers(list.map(([value]) => value));
    const parts: string[] = [];
    for (let i = 0; i < list.length;) {
      let end = i;
      while (end < list.length && isFixed(list[end])) end++;
      if (end > i) parts.push(this.model.integers(list.slice(i, end).map(([value]) => value)));
      else parts.push(this.extent(list[end++], origin));
      i = end;
    }
    return parts.length === 1 ? parts[0] : this.node("Concat", parts, { axis: 0 }, origin);
  }

  /**
   * The name of an extent as a list of one, int64: read from a value that has it, or computed from those of others.
   * Throws {@linkcode ValueError} for a number that follows from none.
   */
  extent(extent: Extent, origin: string): string {
    const name = this.#read(extent, origin) ?? this.#derived(extent, origin);
    if (name !== undefined) return name;
    throw dependsOnExtents(this.what, `${extent.join(" and ")} in "${origin}", for other extents of the input`);
  }

  #read(extent: Extent, origin: string): string | undefined {
    if (isFixed(extent)) return this.model.integers([extent[0]]);
    const key = String(extent);
    const known = this.#extents.get(key);
    if (known !== undefined) return known;
    const source = this.#sources.get(key);
    if (!source) return this.parent ? this.parent.#read(extent, origin) : undefined;
    const { of, axis } = source;
    const start = axisIn(of.layout, axis, of.rank);
    const name = this.node("Shape", [of.in(of.layout)], { start, end: start + 1 }, origin);
    this.#extents.set(key, name);
    return name;
  }

  #derived(extent: Extent, origin: string): string | undefined {
    const terms = this.#terms(extent);
    if (!terms) return undefined;
    const { factors, scale, divisor, offset } = terms;
    let name = this.#read(factors[0], origin)!;
    const apply = (op: string, by: string) => name = this.node(op, [name, by], {}, origin);
    if (factors.length > 1) apply("Mul", this.#read(factors[1], origin)!);
    if (scale !== 1) apply("Mul", this.model.integers([scale]));
    if (divisor !== 1) apply("Div", this.model.integers([divisor]));
    if (offset !== 0) apply("Add", this.model.integers([offset]));
    this.#extents.set(String(extent), name);
    return name;
  }

  /** The extent as `product of factors * scale / divisor + offset`. */
  #terms(extent: Extent): Terms | undefined {
    const known = this.#sourcesAround().map(({ extent }) => extent);
    for (const one of known) {
      const terms = scaled(extent, one);
      if (terms) return { factors: [one], ...terms };
    }
    for (const one of known) {
      const terms = affine(extent, one);
      if (terms) return { factors: [one], ...terms };
    }
    for (const [i, one] of known.entries()) {
      for (const other of known.slice(i)) {
        const terms = scaled(extent, one.map((value, probe) => value * other[probe]));
        if (terms) return { factors: [one, other], ...terms };
      }
    }
    return undefined;
  }

  #sourcesAround(): { readonly extent: Extent }[] {
    return [...this.#sources.values(), ...this.parent ? this.parent.#sourcesAround() : []];
  }
}

interface Scaling {
  readonly scale: number;
  readonly divisor: number;
  readonly offset: number;
}

interface Terms extends Scaling {
  readonly factors: readonly Extent[];
}

/** How `extent` is a multiple or a fraction of `known`. */
function scaled(extent: Extent, known: Extent): Scaling | undefined {
  const scale = extent[0] / known[0];
  const divisor = known[0] / extent[0];
  if (Number.isInteger(scale) && extent.every((value, i) => value === known[i] * scale)) {
    return { scale, divisor: 1, offset: 0 };
  }
  if (Number.isInteger(divisor) && extent.every((value, i) => value * divisor === known[i])) {
    return { scale: 1, divisor, offset: 0 };
  }
  return undefined;
}

/** How `extent` is a multiple of `known` and a number. */
function affine(extent: Extent, known: Extent): Scaling | undefined {
  const scale = (extent[1] - extent[0]) / (known[1] - known[0]);
  const offset = extent[0] - scale * known[0];
  const holds = Number.isInteger(scale) && scale !== 0 &&
    extent.every((value, i) => value === scale * known[i] + offset);
  return holds ? { scale, divisor: 1, offset } : undefined;
}
