// Data where programs read it: a variable for each input, target and weight.
import type { DType } from "../dtype.ts";
import type { Executor } from "../exec/executor.ts";
import type { Shape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** The data of a run, checked: tensors of as many rows, in the order in which structures are flattened. */
export interface Samples {
  /** Inputs, each `[rows, ...]`. */
  readonly x: readonly Tensor[];
  /** Targets for each output, each `[rows, ...]`; undefined for an output without, empty where there are none. */
  readonly y: readonly (Tensor | undefined)[];
  /** Weights for each output, `[rows]` or `[rows, ...]`; empty where there are none. */
  readonly weights: readonly (Tensor | undefined)[];
  /** Something built as the inputs are. */
  readonly xLike: Structure<unknown>;
  /** Something built as the outputs are. */
  readonly yLike: Structure<unknown>;
}

/** The number of rows. */
export function rowsOf({ x }: Samples): number {
  return x[0].shape[0];
}

/** Data that lies where programs read it: each program is made for one of these. */
export class DeviceDataset {
  /** Inputs. */
  readonly x: readonly Variable[];
  /** Targets. */
  readonly y: readonly (Variable | undefined)[];
  /** Weights. */
  readonly weights: readonly (Variable | undefined)[];
  /** Something built as the inputs are. */
  readonly xLike: Structure<unknown>;
  /** Something built as the outputs are. */
  readonly yLike: Structure<unknown>;
  /** The number of rows. */
  readonly rows: number;
  readonly #outputs: Variable[] = [];

  /** Makes room for data of the shapes and dtypes of `samples`. */
  constructor(samples: Samples, name: string) {
    // Weights that are those of several outputs lie here once.
    const made = new Map<Tensor, Variable>();
    const room = (of: Tensor | undefined, part: string) => {
      if (!of) return undefined;
      let variable = made.get(of);
      if (!variable) made.set(of, variable = zerosVariable(of.shape, of.dtype, `${name}/${part}`));
      return variable;
    };
    this.x = samples.x.map((of, i) => zerosVariable(of.shape, of.dtype, `${name}/x${i || ""}`));
    this.y = samples.y.map((of, i) => room(of, `y${i || ""}`));
    this.weights = samples.weights.map((of, i) => room(of, `weight${i || ""}`));
    this.xLike = samples.xLike;
    this.yLike = samples.yLike;
    this.rows = rowsOf(samples);
  }

  /** The variables. */
  get variables(): Variable[] {
    const all = [...this.x, ...this.y, ...this.weights, ...this.#outputs];
    return [...new Set(all.filter((variable) => variable !== undefined))];
  }

  /** Room for the values of an output for all rows, which all programs that predict from this data fill. */
  outputOf(index: number, shape: Shape, dtype: DType): Variable {
    return this.#outputs[index] ??= zerosVariable([this.rows, ...shape.slice(1)], dtype, `output${index || ""}`);
  }

  /** Copies data in. */
  write(executor: Executor, samples: Samples): void {
    const parts = [[this.x, samples.x], [this.y, samples.y], [this.weights, samples.weights]] as const;
    for (const [variables, tensors] of parts) {
      variables.forEach((variable, i) => {
        if (variable && variables.indexOf(variable) === i) executor.write(variable, tensors[i]!.data);
      });
    }
  }

  /** Frees the room. */
  release(executor: Executor): void {
    for (const variable of this.variables) free(executor, variable);
  }
}

/** What tells data of different shapes or dtypes apart. */
export function signatureOf({ x, y, weights }: Samples): string {
  const part = (of: Tensor | undefined) => (of ? `${of.dtype}[${of.shape}]` : "-");
  const shared = weights.length > 1 && new Set(weights).size === 1 ? "shared" : "";
  return [x, y, weights].map((tensors) => tensors.map(part).join(" ")).join(" | ") + shared;
}

/** A variable of zeros that no optimizer changes. */
export function zerosVariable(shape: Shape, dtype: DType, name: string): Variable {
  return Variable.zeros(shape, { name, dtype, trainable: false });
}

/** Frees a variable's memory on an executor; its value is lost. */
export function free(executor: Executor, variable: Variable): void {
  if (variable.device !== executor) return;
  executor.release(variable);
  variable.invalidateDeviceCopy();
}
