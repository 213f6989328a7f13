// argSort: the order of elements along an axis; sort, top k and median are composed from it.
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { reductionExtents } from "../extents/reduction.ts";
import { lowerArgSort } from "../webgpu/kernels/sort.ts";
import type { Definition } from "./definition.ts";
import { divideBeside } from "./division.ts";

/** NaN counts as the largest number, and as equal to itself. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The definition of `argSort`. */
export const sortDef: Definition<"argSort"> = {
  shape: ([x], { axis }) => {
    if (!(Number.isInteger(axis) && axis >= 0 && axis < x.shape.length)) {
      throw new ShapeError({
        what: "Cannot sort",
        rule: `axis must be one of ${formatShape(x.shape)}`,
        received: String(axis),
        hint: "give an axis that is there",
      });
    }
    return [x.shape];
  },
  dtype: () => ["int32"],
  vjp: { none: "constant" },
  divide: (inputs, { axis }) => divideBeside(inputs, [axis]),
  lower: lowerArgSort,
  nativeAttrs: { axis: "int", descending: "flag" },
  reference: ([x], { axis, descending }) => {
    const [outer, length, inner] = reductionExtents(x.shape, [axis]);
    const result = new Float64Array(x.data.length);
    for (let i = 0; i < outer; i++) {
      for (let k = 0; k < inner; k++) {
        const at = (j: number) => (i * length + j) * inner + k;
        const sign = descending ? -1 : 1;
        const order = Array.from({ length }, (_, j) => j).sort((a, b) => sign * compare(x.data[at(a)], x.data[at(b)]));
        order.forEach((from, j) => result[at(j)] = from);
      }
    }
    return [result];
  },
};
