// Variable: named state that outlives programs, such as a weight.
import type { DType, TypedArray } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { currentTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import type { VariableSpec } from "../ir/variable_spec.ts";
import { formatShape, sameShape, type Shape } from "../shape.ts";
import { Tensor, tensor, type TensorLike } from "./tensor.ts";

/** Where the newest value of variables lives while programs use them: the state store of an executor. */
export interface VariableHome {
  /** The variable's elements now, as a copy. */
  read(variable: VariableSpec): Promise<TypedArray>;
  /** Replaces the variable's elements. */
  write(variable: VariableSpec, data: TypedArray): void;
  /** Frees the variable's memory. */
  release(variable: VariableSpec): void;
}

/** Options of a {@linkcode Variable}. */
export interface VariableOptions {
  /** The name in messages and files, such as `dense/kernel`. */
  name?: string;
  /** Whether optimizers change it; true unless said otherwise. */
  trainable?: boolean;
  /** The element type, where it is not that of the value. */
  dtype?: DType;
}

/**
 * Named state that outlives programs: a weight, an optimizer's slot, a metric's sum. Traced functions read it where it
 * is used as an operand, and set it with `assign`.
 *
 * @example A counter
 * ```ts
 * import { compile, ops, Variable } from "./mod.ts";
 * const count = new Variable([0], { name: "count" });
 * const step = compile(() => count.assign(ops.add(count.value(), 1)));
 * await step();
 * console.log((await count.read()).toArray()); // [ 1 ]
 * ```
 */
export class Variable implements VariableSpec {
  /** The name in messages and files. */
  name: string;
  /** The extent of each axis. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
  /** Whether optimizers change it. */
  trainable: boolean;
  #host: TypedArray;
  #home: VariableHome | undefined;

  /** Makes a variable that holds a copy of `value`. */
  constructor(value: TensorLike, { name = "variable", trainable = true, dtype }: VariableOptions = {}) {
    const initial = tensor(value, undefined, dtype);
    this.name = name;
    this.shape = initial.shape;
    this.dtype = initial.dtype;
    this.trainable = trainable;
    this.#host = initial.data.slice() as TypedArray;
  }

  /** The symbolic value inside a traced function; throws outside of one (use {@linkcode Variable.read}). */
  value(): Value {
    const trace = currentTrace();
    if (!trace) {
      throw new ShapeError(
        `Variable "${this.name}" has a symbolic value only inside a traced function: use "await variable.read()"`,
      );
    }
    return trace.read(this);
  }

  /** The elements now, as a copy. */
  async read(): Promise<Tensor> {
    if (this.#home) this.#host = await this.#home.read(this);
    return new Tensor(this.shape, this.dtype, this.#host.slice() as TypedArray);
  }

  /**
   * Sets the value: inside a traced function with a symbolic value, outside with a tensor.
   * Throws {@linkcode ShapeError} where the shape differs.
   */
  assign(value: Value | TensorLike): void {
    const next = value instanceof Value ? value : tensor(value, undefined, this.dtype);
    if (!sameShape(next.shape, this.shape)) {
      throw new ShapeError({
        what: `Cannot assign to "${this.name}"`,
        rule: `the shape must be ${formatShape(this.shape)}`,
        received: formatShape(next.shape),
      });
    }
    if (next instanceof Value) return currentTrace()!.assign(this, next);
    this.#host = next.data.slice() as TypedArray;
    this.#home?.write(this, this.#host);
  }

  /** Where the newest value lives; undefined while it is on the host alone. */
  get home(): VariableHome | undefined {
    return this.#home;
  }

  /** Lets `home` hold the value from now on, or the host if undefined; the caller has made room for it there. */
  async moveTo(home: VariableHome | undefined): Promise<void> {
    if (this.#home === home) return;
    if (this.#home) {
      this.#host = await this.#home.read(this);
      this.#home.release(this);
    }
    this.#home = home;
    home?.write(this, this.#host);
  }

  /** Takes the value back to what the host last saw, when the home is gone (a lost device). */
  forsake(): void {
    this.#home = undefined;
  }
}
