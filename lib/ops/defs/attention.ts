// attention: softmax(scale * query . key) . value, without the scores in memory. Dao et al., 2022.
import { DTypeError, ShapeError } from "../../errors.ts";
import type { AttentionAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import { type AttentionExtents, attentionExtents, maskStrides, unseenScore } from "../extents/attention.ts";
import * as o from "../primitives.ts";
import { lowerAttention, lowerAttentionGradient } from "../webgpu/kernels/attention.ts";
import type { Definition } from "./definition.ts";

const what = "Cannot attend";

/** The extents of an attention. Throws {@linkcode ShapeError} if its operands do not fit. */
function checkedExtents(operands: readonly ValueType[], mask: ValueType | undefined): AttentionExtents {
  const [q, k, v] = operands.map(({ shape }) => shape);
  const extents = attentionExtents(operands);
  const { heads, groups, queries, keys, batch } = extents;
  const scores = [batch, heads, queries, keys];
  const fits = [q, k, v].every(({ length }) => length === 4) && q[0] === k[0] && q[3] === k[3] &&
    [0, 1, 2].every((axis) => k[axis] === v[axis]) && groups > 0 && heads % groups === 0 &&
    (!mask || (mask.shape.length === 4 && mask.shape.every((extent, axis) => extent === 1 || extent === scores[axis])));
  if (fits) return extents;
  throw new ShapeError({
    what,
    rule: "queries, keys, values and mask must have shapes that fit",
    received: [...operands, ...(mask ? [mask] : [])].map(({ shape }) => formatShape(shape)).join(", "),
  });
}

function checkDTypes(operands: readonly ValueType[], mask: ValueType | undefined): void {
  if (operands.every(({ dtype }) => dtype === "float32") && (!mask || mask.dtype === "bool")) return;
  throw new DTypeError({
    what,
    rule: "operands must be float32, and a mask bool",
    received: [...operands, ...(mask ? [mask] : [])].map(({ dtype }) => dtype).join(", "),
  });
}

const nativeAttrs = { scale: "float", causal: "flag", window: "int", zeroEmpty: "flag" } as const;

/** The floating-point operations of so many products of a score's size. */
function flopsOf(inputs: readonly ValueType[], products: number): number {
  const { batch, heads, queries, keys, size, valueSize } = attentionExtents(inputs);
  return batch * heads * queries * keys * (size + valueSize) * products;
}

/** The scores of a query, and which keys it sees. */
interface Row {
  readonly scores: Float64Array;
  readonly seen: readonly boolean[];
  /** The first element of the query, and of its outputs. */
  readonly query: number;
  readonly output: number;
  /** The first element of a key, and of a value. */
  key(j: number): number;
  value(j: number): number;
}

/** Calls `visit` with each row of scores, and its index among those of all heads. */
function eachRow(
  [q, k, v]: readonly RefArray[],
  mask: RefArray | undefined,
  { scale, causal, window }: AttentionAttrs,
  visit: (row: Row, index: number) => void,
): void {
  const { batch, heads, groups, queries, keys, size, valueSize } = attentionExtents([q, k, v]);
  const strides = maskStrides(mask);
  const shared = heads / groups;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const group = Math.floor(h / shared);
      const key = (j: number) => ((b * keys + j) * groups + group) * size;
      const value = (j: number) => ((b * keys + j) * groups + group) * valueSize;
      for (let i = 0; i < queries; i++) {
        const at = (b * queries + i) * heads + h;
        const seen = Array.from(
          { length: keys },
          (_, j) =>
            (!causal || j <= i) && (window === 0 || Math.abs(i - j) < window) &&
            (!mask || mask.data[b * strides[0] + h * strides[1] + i * strides[2] + j * strides[3]] !== 0),
        );
        const scores = Float64Array.from(seen, (isSeen, j) => {
          if (!isSeen) return unseenScore;
          let sum = 0;
          for (let d = 0; d < size; d++) sum += q.data[at * size + d] * k.data[key(j) + d];
          return sum * scale;
        });
        visit({ scores, seen, query: at * size, output: at * valueSize, key, value }, (b * heads + h) * queries + i);
      }
    }
  }
}

/** The weights of a row, from the largest score and the sum of exponentials. */
function weightsOf({ scores, seen }: Row, top: number, total: number, zeroEmpty: boolean): Float64Array {
  return scores.map((score, j) => (!seen[j] && zeroEmpty) || total === 0 ? 0 : Math.exp(score - top) / total);
}

/** The definitions of attention and its gradient. */
export const attentionDefs = {
  attention: {
    workgroupWork: () => Infinity,
    cost: (inputs) => ({ flops: flopsOf(inputs, 2) }),
    shape: ([query, key, value, mask]) => {
      const { batch, heads, queries, valueSize } = checkedExtents([query, key, value], mask);
      return [[batch, queries, heads, valueSize], [batch, heads, queries, 2]];
    },
    dtype: ([query, key, value, mask]) => {
      checkDTypes([query, key, value], mask);
      return ["float32", "float32"];
    },
    vjp: ({ inputs: [query, key, value, ...mask], outputs: [y, stats], gradients: [g, ofStats], attrs }) => {
      if (ofStats || !g) throw new Error("only the first output of an attention has a gradient");
      const products = o.sum(o.multiply(g, y), -1);
      return [...apply("attentionGradient", [query, key, value, stats, g, products, ...mask], attrs), undefined];
    },
    lower: lowerAttention,
    nativeAttrs,
    reference: ([query, key, value, mask], attrs, [y, stats]) => {
      const output = new Float64Array(sizeOf(y.shape));
      const kept = new Float64Array(sizeOf(stats.shape));
      const { valueSize } = attentionExtents([query, key, value]);
      eachRow([query, key, value], mask, attrs, (row, index) => {
        const top = row.scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const weights = weightsOf(row, top, 1, attrs.zeroEmpty);
        const total = weights.reduce((a, b) => a + b, 0);
        kept.set([top, total], 2 * index);
        weights.forEach((weight, j) => {
          if (weight === 0) return;
          for (let d = 0; d < valueSize; d++) output[row.output + d] += weight / total * value.data[row.value(j) + d];
        });
      });
      return [output, kept];
    },
  } satisfies Definition<"attention">,
  attentionGradient: {
    workgroupWork: () => Infinity,
    cost: (inputs) => ({ flops: flopsOf(inputs, 5) }),
    shape: ([query, key, value, _stats, _gradient, _products, mask]) => {
      checkedExtents([query, key, value], mask);
      return [query.shape, key.shape, value.shape];
    },
    dtype: ([query, key, value, stats, gradient, products, mask]) => {
      checkDTypes([query, key, value, stats, gradient, products], mask);
      return ["float32", "float32", "float32"];
    },
    vjp: { none: "the gradient of an attention has no gradient of its own" },
    lower: lowerAttentionGradient,
    nativeAttrs,
    reference: ([query, key, value, stats, gradient, products, mask], attrs) => {
      const [dq, dk, dv] = [query, key, value].map(({ data }) => new Float64Array(data.length));
      const { size, valueSize } = attentionExtents([query, key, value]);
      eachRow([query, key, value], mask, attrs, (row, index) => {
        const weights = weightsOf(row, stats.data[2 * index], stats.data[2 * index + 1], attrs.zeroEmpty);
        const product = products.data[row.query / size];
        weights.forEach((weight, j) => {
          let slope = -product;
          for (let d = 0; d < valueSize; d++) {
            slope += gradient.data[row.output + d] * value.data[row.value(j) + d];
            dv[row.value(j) + d] += weight * gradient.data[row.output + d];
          }
          if (!row.seen[j]) return;
          const byScore = weight * slope * attrs.scale;
          for (let d = 0; d < size; d++) {
            dq[row.query + d] += byScore * key.data[row.key(j) + d];
            dk[row.key(j) + d] += byScore * query.data[row.query + d];
          }
        });
      });
      return [dq, dk, dv];
    },
  } satisfies Definition<"attentionGradient">,
};
