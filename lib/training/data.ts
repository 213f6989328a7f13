// The user's data as tensors, and where it lies while programs read it.
import type { DType } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import { describe } from "../options.ts";
import { formatShape, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** The data of a run: inputs, and where there are any targets and weights, of as many rows. */
export interface Samples {
  /** Inputs, `[rows, ...]`. */
  readonly x: Tensor;
  /** Targets, `[rows, ...]`. */
  readonly y?: Tensor;
  /** Weights, `[rows]` or `[rows, ...]`. */
  readonly weight?: Tensor;
}

/** `value` as a tensor with a first axis of rows; throws {@linkcode ValueError} naming it where it is none. */
export function toRows(value: TensorLike | readonly Tensor[], name: string, where: string): Tensor {
  if (value === undefined || value === null) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: `${name} must be given`,
      received: describe(value),
      mend: "give a tensor, nested arrays, or a typed array",
    });
  }
  const isList = Array.isArray(value) && value.some((item) => item instanceof Tensor);
  if (isList && value.length !== 1) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: `the model takes one tensor as ${name}`,
      received: `a list of ${value.length}`,
      mend: "give the tensor itself; ops.stack makes one of many",
    });
  }
  const made = isList ? (value as readonly Tensor[])[0] : toTensor(value as TensorLike, `Cannot ${where}`, name);
  if (made.rank === 0 || made.shape[0] === 0) {
    throw new ShapeError({
      what: `Cannot ${where}`,
      rule: `${name} must have a first axis of at least one sample`,
      received: formatShape(made.shape),
      mend: made.rank === 0 ? "wrap it in brackets" : "check that the data was loaded",
    });
  }
  return made;
}

/**
 * Inputs in the shape that the model was built for: an axis of extent 1 at the end is added or dropped, as Keras does.
 * Throws {@linkcode ShapeError} where they do not fit.
 */
export function fitShape(x: Tensor, expected: SymbolicShape, where: string): Tensor {
  const { shape } = x;
  const last = expected[expected.length - 1];
  let fitted = x;
  if (shape.length === expected.length - 1 && last === 1) fitted = x.reshape([...shape, 1]);
  else if (shape.length === expected.length + 1 && shape[shape.length - 1] === 1) {
    fitted = x.reshape(shape.slice(0, -1));
  }
  const fits = fitted.shape.length === expected.length &&
    expected.every((extent, axis) => extent === null || extent === fitted.shape[axis]);
  if (fits) return fitted;
  throw new ShapeError({
    what: `Cannot ${where}`,
    rule: `the model was built for inputs of shape ${formatShape(expected)}`,
    received: formatShape(shape),
    mend: mendShape(shape, expected),
  });
}

function mendShape(shape: Shape, expected: SymbolicShape): string {
  const sample = expected.slice(1);
  const equals = (a: SymbolicShape, b: SymbolicShape) =>
    a.length === b.length && a.every((extent, axis) => extent === null || b[axis] === null || extent === b[axis]);
  if (equals(sample, shape)) return `the batch axis is missing: reshape one sample to ${formatShape([1, ...shape])}`;
  const width = sizeOf(sample.map((extent) => extent ?? 1));
  if (shape.length === 1 && sample.length > 0 && !sample.includes(null) && shape[0] % width === 0) {
    return `give the rows a shape, as in tensor(x, ${formatShape([shape[0] / width, ...sample])})`;
  }
  if (shape.length === 2 && expected.length === 2) {
    return `x has ${shape[1]} features per row, the model was built for ${expected[1]}`;
  }
  if (shape.length === expected.length - 1 && equals(expected.slice(0, -1), shape)) {
    return `an axis of ${expected[expected.length - 1]} channels is missing at the end`;
  }
  if (expected[0] !== null && shape[0] !== expected[0]) return `the batch size is fixed to ${expected[0]}`;
  return sizeOf(shape.slice(1)) === sizeOf(sample.map((extent) => extent ?? 1))
    ? "reshape it, or put a Reshape or Flatten layer first"
    : "check the shape of the data, or that of Input";
}

/** Data that lies where programs read it: each program is made for one of these. */
export class ResidentData {
  /** Inputs. */
  readonly x: Variable;
  /** Targets, if any. */
  readonly y: Variable | undefined;
  /** Weights, if any. */
  readonly weight: Variable | undefined;
  /** The number of rows. */
  readonly rows: number;
  #output: Variable | undefined;

  /** Makes room for data of the shapes and dtypes of `samples`. */
  constructor(samples: Samples, name: string) {
    const room = (of: Tensor | undefined, part: string) => of && roomFor(of.shape, of.dtype, `${name}/${part}`);
    this.x = roomFor(samples.x.shape, samples.x.dtype, `${name}/x`);
    this.y = room(samples.y, "y");
    this.weight = room(samples.weight, "weight");
    this.rows = samples.x.shape[0];
  }

  /** The variables. */
  get variables(): Variable[] {
    return [this.x, this.y, this.weight, this.#output].filter((variable) => variable !== undefined);
  }

  /** Room for the outputs for all rows, which all programs that predict from this data fill. */
  outputOf(shape: Shape, dtype: DType): Variable {
    return this.#output ??= roomFor([this.rows, ...shape.slice(1)], dtype, "output");
  }

  /** Copies data in. */
  write(executor: Executor, samples: Samples): void {
    executor.write(this.x, samples.x.data);
    if (this.y) executor.write(this.y, samples.y!.data);
    if (this.weight) executor.write(this.weight, samples.weight!.data);
  }

  /** Frees the room. */
  release(executor: Executor): void {
    for (const variable of this.variables) free(executor, variable);
  }
}

/** What tells data of different shapes or dtypes apart. */
export function signatureOf({ x, y, weight }: Samples): string {
  return [x, y, weight].map((of) => (of ? `${of.dtype}[${of.shape}]` : "-")).join(" ");
}

/** A variable of zeros that no optimizer changes. */
export function roomFor(shape: Shape, dtype: DType, name: string): Variable {
  return Variable.zeros(shape, { name, dtype, trainable: false });
}

/** Frees a variable's memory on an executor; its value is lost. */
export function free(executor: Executor, variable: Variable): void {
  if (variable.home !== executor) return;
  executor.release(variable);
  variable.forsake();
}
