// Broadcasting in float64.
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { sizeOf } from "../../shape.ts";

/** The elements of `x` broadcast to the shape of `output`. */
export function broadcastData(x: RefArray, output: ValueType): Float64Array {
  let data = x.data;
  let shape = [...new Array(output.shape.length - x.shape.length).fill(1), ...x.shape];
  output.shape.forEach((extent, axis) => {
    if (shape[axis] === extent) return;
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const wide = new Float64Array(outer * extent * inner);
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < extent; j++) wide.set(data.subarray(i * inner, (i + 1) * inner), (i * extent + j) * inner);
    }
    data = wide;
    shape = shape.map((old, at) => (at === axis ? extent : old));
  });
  return data === x.data ? x.data.slice() : data;
}
