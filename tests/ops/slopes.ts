// The gradients of functions of ops against central differences, both in float64.
import { withContext } from "../../lib/ir/context.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { recording, Trace, tracing } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/ops.ts";
import { sizeOf } from "../../lib/shape.ts";
import { symbolic } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";

/** A function of symbolic values. */
export type Program = (...args: Value[]) => Value | readonly Value[];

/** The sum of the results of a function, each element times a fixed number. */
export function score(program: Program, values: Value[]): Value {
  const terms = [program(...values)].flat().filter(({ dtype }) => dtype === "float32").map((y) => {
    const weights = Float32Array.from({ length: sizeOf(y.shape) }, (_, i) => ((i * 7) % 11) / 5 - 1);
    return symbolic(ops.sum(ops.multiply(y, new Tensor(y.shape, "float32", weights))));
  });
  return terms.reduce((a, b) => symbolic(ops.add(a, b)));
}

/** A function of data in float64, of what is traced with values of its shapes. */
function inFloat64(inputs: readonly Tensor[], fn: (values: Value[]) => readonly Value[]) {
  const trace = new Trace();
  withContext(recording(trace), () => {
    trace.graph.outputs = fn(inputs.map(({ shape, dtype }) => trace.input({ shape, dtype }))).map(idOf);
  });
  return (data: readonly Float64Array[]): Float64Array[] => {
    const known = new Map(
      inputs.map(({ shape, dtype }, i) => [trace.graph.inputs[i], { shape, dtype, data: Float64Array.from(data[i]) }]),
    );
    interpret(trace.graph, known);
    return trace.graph.outputs.map((id) => Float64Array.from(known.get(id)!.data));
  };
}

/** The gradients of the weighted sum of results by all inputs, in float64. */
export function gradientsInFloat64(program: Program, inputs: readonly Tensor[]): Float64Array[] {
  const run = inFloat64(inputs, (values) => gradientsOf(tracing.current!, score(program, values), values));
  return run(inputs.map(({ data }) => Float64Array.from(data)));
}

/** The largest difference of a gradient from a slope, as a part of the largest slope, or of 1 if that is smaller. */
export function worstSlope(program: Program, inputs: readonly Tensor[], step = 1e-5): number {
  const value = inFloat64(inputs, (values) => [score(program, values)]);
  const data = inputs.map(({ data }) => Float64Array.from(data));
  const found = gradientsInFloat64(program, inputs);
  let [worst, largest] = [0, 1];
  data.forEach((list, i) =>
    list.forEach((x, at) => {
      list[at] = x + step;
      const [[above]] = value(data);
      list[at] = x - step;
      const [[below]] = value(data);
      list[at] = x;
      const slope = (above - below) / (2 * step);
      largest = Math.max(largest, Math.abs(slope));
      const difference = Math.abs(found[i][at] - slope);
      worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    })
  );
  return worst / largest;
}
