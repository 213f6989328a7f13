// VectorMetric: a metric of several numbers, such as one per threshold or class, whose mean is reported.
import type { Tensor } from "../tensor/tensor.ts";
import { Metric } from "./metric.ts";

/** The base of metrics of several numbers: `results()` returns them all, `result()` and the logs their mean. */
export abstract class VectorMetric extends Metric {
  /** Computes the numbers from the state. */
  abstract computeAll(state: readonly Tensor[]): number[];

  /** The mean of the numbers. */
  compute(state: readonly Tensor[]): number {
    const all = this.computeAll(state);
    return Math.fround(all.reduce((a, b) => a + b, 0) / Math.max(1, all.length));
  }

  /** All current numbers. */
  async results(): Promise<number[]> {
    const state = await Promise.all(this.variables.map((variable) => variable.read()));
    return this.computeAll(state).map(Math.fround);
  }
}

/** `a / b`, 0 where `b` is 0. */
export const divideNoNaN = (a: number, b: number): number => (b === 0 ? 0 : a / b);
