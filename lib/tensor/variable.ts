// Variable: named state that outlives programs, such as a weight.
import { type DType, isFloat, makeArray, type TypedArray } from "../dtype.ts";
import { describe, DTypeError, ShapeError, StateError, ValueError } from "../errors.ts";
import { requireTrace, tracing } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { broadcastShapes, checkShape, formatShape, sameShape, type Shape, sizeOf } from "../shape.ts";
import { autocast, autocasting, castIn } from "./autocast.ts";
import { Tensor, tensor, type TensorLike } from "./tensor.ts";

/** Where the newest value of a variable is while programs use it: the state store of an executor. */
export interface VariableDevice {
  /** The variable's elements now, as a copy. */
  read(variable: Variable): Promise<TypedArray>;
  /** Replaces the variable's elements. */
  write(variable: Variable, data: TypedArray): void;
  /** Frees the variable's memory. */
  release(variable: Variable): void;
}

/** The first elements of a float32 variable, drawn where they are first needed: `low + u * range`, `u` of each word. */
export interface Drawing {
  /** The seed, path and purpose of the stream of Philox words, which is drawn from its start; `u` is a word times 2^-32. */
  readonly stream: readonly [seed: number, path: number, purpose: number];
  readonly low: number;
  readonly range: number;
  /** The elements, drawn on the host. */
  elements(size: number): TypedArray;
}

/** A device that can draw a variable's elements, which it already has memory for. */
export interface DrawingDevice extends VariableDevice {
  draw(variable: Variable, drawing: Drawing): void;
}

const canDraw = (device: VariableDevice): device is DrawingDevice => "draw" in device;

/** Options of a {@linkcode Variable}. */
export interface VariableOptions {
  /** The name in messages and files, such as `dense/kernel`. */
  name?: string;
  /** Whether optimizers change it; true by default. */
  trainable?: boolean;
  /** The element type, if it is not that of the value. */
  dtype?: DType;
  /** Whether calls of layers read it in the dtype that they compute in, if it is a float; true by default. */
  autocast?: boolean;
  /** The extent of each axis, where the value is one number for all elements. Zeros take no host memory until read. */
  shape?: Shape;
}

/** Sets the value of a variable to `data` itself, without a copy: for those who made it, and know that it fits. */
export let adoptValue: (variable: Variable, data: TypedArray) => void;

/** The elements of a variable now, which are its own: for those who only read them, and at once. */
export let borrowValue: (variable: Variable) => Promise<TypedArray>;

/** The value of a variable that no program assigns, which the host knows at once. */
export let hostValue: (variable: Variable) => Tensor;

/** Makes a new variable start as a copy of another or as drawn, which is made when its value is first needed. */
export let startAs: (variable: Variable, start: Variable | Drawing) => void;

/**
 * Named state that outlives programs: a weight, an optimizer's slot, a metric's sum. Traced functions read it as an
 * operand, and set it with `assign`.
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
export class Variable {
  /** The name in messages and files. */
  name: string;
  /** The extent of each axis. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
  /** Whether optimizers change it. */
  trainable: boolean;
  /** Whether calls of layers read it in the dtype that they compute in. */
  readonly autocast: boolean;
  /** The value last known to the host; undefined for zeros, which take no memory here. */
  #host: TypedArray | undefined;
  #device: VariableDevice | undefined;
  /** What this one starts as, until it has a value of its own. */
  #start: Variable | Drawing | undefined;

  static {
    adoptValue = (variable, data) => variable.#set(data);
    borrowValue = async (variable) => {
      await variable.#begin();
      return await variable.#device?.read(variable) ?? variable.#host ?? variable.#zeros();
    };
    hostValue = (variable) => {
      const { shape, dtype } = variable;
      return new Tensor(shape, dtype, (variable.#host?.slice() ?? variable.#zeros()) as TypedArray);
    };
    startAs = (variable, start) => void (variable.#start = start);
  }

  /** Makes a variable that holds a copy of `value`, or `value` in all elements of a shape. */
  constructor(value: TensorLike, options: VariableOptions = {}) {
    const { name = "variable", trainable = true, autocast = true, dtype, shape } = options;
    const initial = tensor(value, undefined, dtype);
    if (shape !== undefined) checkFilled(value, shape);
    this.name = name;
    this.shape = shape ?? initial.shape;
    this.dtype = initial.dtype;
    this.trainable = trainable;
    this.autocast = autocast;
    if (shape === undefined) this.#host = initial.data.slice() as TypedArray;
    else if (value !== 0) this.#host = this.#zeros().fill(value as number);
  }

  /**
   * A variable of zeros, which takes no host memory until it is read.
   *
   * @param shape the extent of each axis
   * @param options name, trainability and dtype; `float32` by default
   *
   * @example A running sum
   * ```ts
   * import { Variable } from "./mod.ts";
   * const sum = Variable.zeros([2, 3], { name: "sum", trainable: false });
   * console.log((await sum.read()).toArray()); // [ [ 0, 0, 0 ], [ 0, 0, 0 ] ]
   * ```
   */
  static zeros(shape: Shape, options: VariableOptions = {}): Variable {
    checkFilled(0, shape);
    return new Variable(0, { dtype: "float32", ...options, shape });
  }

  /**
   * The symbolic value in a traced function. Throws {@linkcode StateError} outside of one: use {@linkcode
   * Variable.read} there.
   */
  value(): Value {
    const trace = tracing.current;
    if (!trace) {
      throw new StateError({
        what: `Cannot take the value of "${this.name}"`,
        rule: "a variable has a symbolic value only inside a traced function",
        hint: "await variable.read(), or use it in a function given to compile()",
      });
    }
    const how = this.autocast ? autocasting.current : undefined;
    return how ? autocast(trace, trace.read(this), how) : trace.read(this);
  }

  /** The elements now, as a copy. */
  async read(): Promise<Tensor> {
    await this.refresh();
    return new Tensor(this.shape, this.dtype, (this.#host?.slice() ?? this.#zeros()) as TypedArray);
  }

  /**
   * Sets the value: to a tensor, or in a traced function also to a symbolic value, each time the program runs. A float is
   * cast to the variable's float type. Throws
   * {@linkcode ShapeError} or {@linkcode DTypeError} if shape or dtype differ, and {@linkcode StateError} for a
   * symbolic value outside of a traced function.
   */
  assign(value: Value | TensorLike): void {
    const trace = tracing.current;
    if (value instanceof Value) {
      if (!trace) {
        throw new StateError({
          what: `Cannot assign to "${this.name}"`,
          rule: "a symbolic value lives only inside the traced function that made it",
          hint: "assign inside that function, or assign a tensor",
        });
      }
      const cast = isFloat(value.dtype) && isFloat(this.dtype) ? castIn(trace, value, this.dtype) : value;
      this.#checkType(cast);
      return trace.assign(this, cast);
    }
    const next = tensor(value, undefined, this.dtype);
    this.#checkType(next);
    if (trace) return trace.assign(this, trace.constant(next.shape, next.dtype, next.data));
    this.#set(next.data.slice() as TypedArray);
  }

  /**
   * Adds to the value: in a traced function each time the program runs, and at once in the trace; outside of one the
   * promise resolves when it is done. Throws what {@linkcode Variable.assign} throws.
   *
   * @example A counter
   * ```ts
   * import { compile, Variable } from "./mod.ts";
   * const count = new Variable(0);
   * await compile(() => void count.assignAdd(2))();
   * await count.assignAdd(1);
   * console.log((await count.read()).item()); // 3
   * ```
   */
  assignAdd(value: Value | TensorLike): Promise<void> {
    return this.#change("add", value);
  }

  /** Subtracts from the value, as {@linkcode Variable.assignAdd} adds. */
  assignSub(value: Value | TensorLike): Promise<void> {
    return this.#change("subtract", value);
  }

  #change(op: "add" | "subtract", given: Value | TensorLike): Promise<void> {
    const trace = tracing.current;
    const value = given instanceof Value ? given : tensor(given, undefined, this.dtype);
    if (value instanceof Value || trace) {
      this.assign(value instanceof Value && !trace ? value : this.#traced(op, value));
      return Promise.resolve();
    }
    return this.read().then((now) => this.assign(now[op](value)));
  }

  /** The changed value in the trace; what is added broadcasts to it. */
  #traced(op: "add" | "subtract", value: Value | Tensor): Value {
    const trace = requireTrace("variable.assignAdd");
    const { shape, dtype } = value;
    const operand = value instanceof Value ? value : trace.constant(shape, dtype, value.data);
    const wide = sameShape(shape, this.shape)
      ? operand
      : trace.emit("broadcastTo", [operand], { shape: broadcastShapes(shape, this.shape, `change "${this.name}"`) })[0];
    return trace.emit(op, [trace.read(this), wide], {})[0];
  }

  #set(data: TypedArray): void {
    this.#start = undefined;
    this.#host = data;
    this.#device?.write(this, data);
  }

  #checkType({ shape, dtype }: Value | Tensor): void {
    if (!sameShape(shape, this.shape)) {
      throw new ShapeError({
        what: `Cannot assign to "${this.name}"`,
        rule: `the shape must be ${formatShape(this.shape)}`,
        received: formatShape(shape),
        hint: "reshape the value, or make another variable",
      });
    }
    if (dtype !== this.dtype) {
      throw new DTypeError({
        what: `Cannot assign to "${this.name}"`,
        rule: `the dtype must be ${this.dtype}`,
        received: dtype,
        hint: `cast it, as in ops.cast(value, "${this.dtype}")`,
      });
    }
  }

  /** Copies the newest value to the host, which keeps it if the device is lost. */
  async refresh(): Promise<void> {
    await this.#begin();
    if (this.#device) this.#host = await this.#device.read(this);
  }

  /** Where the newest value is; undefined while only the host has it. */
  get device(): VariableDevice | undefined {
    return this.#device;
  }

  /** Makes `device` hold the value from now on, or the host if undefined; the caller has allocated its memory there. */
  async transferTo(device: VariableDevice | undefined): Promise<void> {
    if (this.#device === device) return;
    const methods = ["read", "write", "release"] as const;
    if (device !== undefined && methods.some((name) => typeof device?.[name] !== "function")) {
      throw new ValueError({
        what: `Cannot move "${this.name}"`,
        rule: "device must have read, write and release",
        received: describe(device),
        hint: "leave it out to move the variable to the host",
      });
    }
    const start = this.#start;
    if (start && !(start instanceof Variable) && device && canDraw(device)) {
      device.draw(this, start);
      this.#start = undefined;
      this.#device = device;
      return;
    }
    await this.#begin();
    if (this.#device) {
      this.#host = await this.#device.read(this);
      this.#device.release(this);
      this.#device = undefined;
    }
    // Where the write fails, the value stays on the host.
    device?.write(this, this.#host ?? this.#zeros());
    this.#device = device;
  }

  /** Falls back to the value last known to the host, after the device was lost. */
  invalidateDeviceCopy(): void {
    this.#device = undefined;
  }

  /** Takes the value that this one starts as. */
  async #begin(): Promise<void> {
    const start = this.#start;
    if (!start) return;
    if (!(start instanceof Variable)) return this.#set(start.elements(sizeOf(this.shape)));
    const data = (await borrowValue(start)).slice() as TypedArray;
    if (this.#start) this.#set(data);
  }

  #zeros(): TypedArray {
    return makeArray(this.dtype, sizeOf(this.shape));
  }
}

/** Throws {@linkcode ValueError} or {@linkcode ShapeError} unless a variable of `shape` can be filled with `value`. */
function checkFilled(value: unknown, shape: Shape): void {
  const what = "Cannot make a variable";
  checkShape(shape, what);
  if (typeof value === "number") return;
  throw new ValueError({
    what,
    rule: "with a shape, the value must be one number",
    received: describe(value),
    hint: "leave the shape out: it is that of the value",
  });
}
