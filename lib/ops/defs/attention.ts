// attention: softmax(scale * query . key) . value, without the scores in memory. Dao et al., 2022.
import { DTypeError, ShapeError } from "../../errors.ts";
import type { AttentionAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import type { Value } from "../../ir/value.ts";
import { apply, symbolic } from "../../tensor/apply.ts";
import {
  type AttentionExtents,
  attentionExtents,
  attentionExtras,
  scoreStrides,
  unseenScore,
} from "../extents/attention.ts";
import * as o from "../primitives.ts";
import { lowerAttention, lowerAttentionGradient } from "../webgpu/kernels/attention.ts";
import type { Definition } from "./definition.ts";
import { divideAttention } from "./division.ts";
import { philox } from "./philox.ts";

const what = "Cannot attend";

/** The extents of an attention. Throws {@linkcode ShapeError} if its operands do not fit. */
function checkedExtents(
  operands: readonly ValueType[],
  others: readonly ValueType[],
  { dropout }: AttentionAttrs,
): AttentionExtents {
  const [q, k, v] = operands.map(({ shape }) => shape);
  const extents = attentionExtents(operands);
  const { heads, groups, queries, keys, batch } = extents;
  const { mask, bias, counter } = attentionExtras(others);
  const scores = [batch, heads, queries, keys];
  const broadcasts = (x: ValueType | undefined) =>
    !x || (x.shape.length === 4 && x.shape.every((extent, axis) => extent === 1 || extent === scores[axis]));
  if (dropout > 0 ? !counter || bias : counter) {
    throw new Error("an attention drops by a counter, and then has no bias");
  }
  const fits = [q, k, v].every(({ length }) => length === 4) && q[0] === k[0] && q[3] === k[3] &&
    [0, 1, 2].every((axis) => k[axis] === v[axis]) && groups > 0 && heads % groups === 0 &&
    broadcasts(mask) && broadcasts(bias);
  if (fits) return extents;
  throw new ShapeError({
    what,
    rule: "queries, keys, values, mask and bias must have shapes that fit",
    received: [...operands, ...others].map(({ shape }) => formatShape(shape)).join(", "),
  });
}

function checkDTypes(operands: readonly ValueType[], others: readonly ValueType[]): void {
  const types = others.map(({ dtype }) => dtype);
  const areKnown = types.every((dtype, i) => dtype !== "uint8" && types.indexOf(dtype) === i);
  if (operands.every(({ dtype }) => dtype === "float32") && areKnown) return;
  throw new DTypeError({
    what,
    rule: "operands must be float32, a mask bool, a bias float32, and a counter int32",
    received: [...operands, ...others].map(({ dtype }) => dtype).join(", "),
  });
}

const nativeAttrs = {
  scale: "float",
  causal: "flag",
  window: "int",
  zeroEmpty: "flag",
  dropout: "float",
  path: "int",
  first: "int",
} as const;

/** The floating-point operations of so many products of a score's size. */
function flopsOf(inputs: readonly ValueType[], products: number): number {
  const { batch, heads, queries, keys, size, valueSize } = attentionExtents(inputs);
  return batch * heads * queries * keys * (size + valueSize) * products;
}

/** The scores of a query, and which keys it sees. */
interface Row {
  readonly scores: Float64Array;
  readonly seen: readonly boolean[];
  /** By what dropout multiplies their weights. */
  readonly factors: Float64Array;
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
  others: readonly RefArray[],
  { scale, causal, window, dropout, path, first }: AttentionAttrs,
  visit: (row: Row, index: number) => void,
): void {
  const { batch, heads, groups, queries, keys, size, valueSize } = attentionExtents([q, k, v]);
  const { mask, bias, counter } = attentionExtras(others);
  const [ofMask, ofBias] = [scoreStrides(mask), scoreStrides(bias)];
  const shared = heads / groups;
  const words = new Int32Array(4);
  const factorOf = (slice: number, i: number, j: number): number => {
    if (!counter) return 1;
    philox([counter.data[0], path], [j >>> 2, counter.data[1], i, slice], words);
    return words[j & 3] >>> 8 >= dropout * 2 ** 24 ? 1 / (1 - dropout) : 0;
  };
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
            (!mask || mask.data[b * ofMask[0] + h * ofMask[1] + i * ofMask[2] + j * ofMask[3]] !== 0),
        );
        const scores = Float64Array.from(seen, (isSeen, j) => {
          if (!isSeen) return unseenScore;
          let sum = 0;
          for (let d = 0; d < size; d++) sum += q.data[at * size + d] * k.data[key(j) + d];
          return sum * scale + (bias ? bias.data[b * ofBias[0] + h * ofBias[1] + i * ofBias[2] + j * ofBias[3]] : 0);
        });
        const slice = b * heads + h;
        const drawn = first * heads + slice;
        const factors = Float64Array.from({ length: keys }, (_, j) => factorOf(drawn, i, j));
        visit({ scores, seen, factors, query: at * size, output: at * valueSize, key, value }, slice * queries + i);
      }
    }
  }
}

/** The weights of a row, from the largest score and the sum of exponentials. */
function weightsOf({ scores, seen }: Row, top: number, total: number, zeroEmpty: boolean): Float64Array {
  return scores.map((score, j) => (!seen[j] && zeroEmpty) || total === 0 ? 0 : Math.exp(score - top) / total);
}

/** The gradient by the bias, which has the scores of all in memory, as most biases are that large themselves. */
function biasGradient(
  [query, key, value, bias, kept, gradient]: readonly Value[],
  mask: Value | undefined,
  { scale, causal, window }: AttentionAttrs,
): Value {
  const { batch, heads, groups, queries, keys } = attentionExtents([query, key, value]);
  const ofHeads = (x: Value) => {
    const [, , , size] = x.shape;
    const wide = o.broadcastTo(
      o.reshape(x, [batch, keys, groups, 1, size]),
      [batch, keys, groups, heads / groups, size],
    );
    return o.transpose(o.reshape(wide, [batch, keys, heads, size]), [0, 2, 1, 3]);
  };
  const products = (a: Value, b: Value) => o.matmul(o.transpose(a, [0, 2, 1, 3]), ofHeads(b), { transposeB: true });
  const part = (at: number) => o.slice(kept, [0, 0, 0, at], [batch, heads, queries, 1]);
  const scores = o.add(o.multiply(products(query, key), scale), bias);
  const weights = o.divide(o.exp(o.subtract(scores, part(0))), part(1));
  const slopes = o.multiply(weights, o.subtract(products(gradient, value), part(2)));
  const [at, other] = [symbolic(o.iota([queries, 1], 0)), symbolic(o.iota([1, keys], 1))];
  const seen = [
    ...(mask ? [mask] : []),
    ...(causal ? [o.greaterEqual(at, other)] : []),
    ...(window > 0 ? [o.less(o.abs(o.subtract(at, other)), window)] : []),
  ];
  const counted = seen.length === 0 ? slopes : o.select(seen.reduce((a, b) => o.logicalAnd(a, b)), slopes, 0);
  const same = bias.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  return same.length === 0 ? counted : o.sum(counted, same, true);
}

/** The definitions of attention and its gradient. */
export const attentionDefs = {
  attention: {
    workgroupWork: () => Infinity,
    cost: (inputs) => ({ flops: flopsOf(inputs, 2) }),
    shape: ([query, key, value, ...others], attrs) => {
      const { batch, heads, queries, valueSize } = checkedExtents([query, key, value], others, attrs);
      return [[batch, queries, heads, valueSize], [batch, heads, queries, 2]];
    },
    dtype: ([query, key, value, ...others]) => {
      checkDTypes([query, key, value], others);
      return ["float32", "float32"];
    },
    vjp: ({ inputs: [query, key, value, ...others], outputs: [y, stats], gradients: [g, ofStats], attrs }) => {
      if (ofStats || !g) throw new Error("only the first output of an attention has a gradient");
      const products = o.transpose(o.sum(o.multiply(g, y), -1, true), [0, 2, 1, 3]);
      const kept = o.concat([stats, products], 3);
      const { mask, bias } = attentionExtras(others);
      const ofBias = (other: Value) =>
        other === bias ? biasGradient([query, key, value, bias, kept, g], mask, attrs) : undefined;
      return [...apply("attentionGradient", [query, key, value, kept, g, ...others], attrs), ...others.map(ofBias)];
    },
    divide: divideAttention,
    lower: lowerAttention,
    storesOnce: true,
    nativeAttrs,
    reference: ([query, key, value, ...others], attrs, [y, stats]) => {
      const output = new Float64Array(sizeOf(y.shape));
      const kept = new Float64Array(sizeOf(stats.shape));
      const { valueSize } = attentionExtents([query, key, value]);
      eachRow([query, key, value], others, attrs, (row, index) => {
        const top = row.scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const weights = weightsOf(row, top, 1, attrs.zeroEmpty);
        const total = weights.reduce((a, b) => a + b, 0);
        kept.set([top, total], 2 * index);
        weights.forEach((weight, j) => {
          const share = weight / total * row.factors[j];
          if (weight === 0 || share === 0) return;
          for (let d = 0; d < valueSize; d++) output[row.output + d] += share * value.data[row.value(j) + d];
        });
      });
      return [output, kept];
    },
  } satisfies Definition<"attention">,
  attentionGradient: {
    workgroupWork: () => Infinity,
    cost: (inputs) => ({ flops: flopsOf(inputs, 5) }),
    shape: ([query, key, value, _kept, _gradient, ...others], attrs) => {
      checkedExtents([query, key, value], others, attrs);
      return [query.shape, key.shape, value.shape];
    },
    dtype: ([query, key, value, kept, gradient, ...others]) => {
      checkDTypes([query, key, value, kept, gradient], others);
      return ["float32", "float32", "float32"];
    },
    vjp: { none: "the gradient of an attention has no gradient of its own" },
    divide: divideAttention,
    lower: lowerAttentionGradient,
    storesOnce: true,
    nativeAttrs,
    reference: ([query, key, value, kept, gradient, ...others], attrs) => {
      const [dq, dk, dv] = [query, key, value].map(({ data }) => new Float64Array(data.length));
      const { size, valueSize } = attentionExtents([query, key, value]);
      eachRow([query, key, value], others, attrs, (row, index) => {
        const [top, total, product] = kept.data.subarray(3 * index, 3 * index + 3);
        const weights = weightsOf(row, top, total, attrs.zeroEmpty);
        weights.forEach((weight, j) => {
          let slope = 0;
          for (let d = 0; d < valueSize; d++) {
            slope += gradient.data[row.output + d] * value.data[row.value(j) + d];
            dv[row.value(j) + d] += weight * row.factors[j] * gradient.data[row.output + d];
          }
          if (!row.seen[j]) return;
          const byScore = weight * (slope * row.factors[j] - product) * attrs.scale;
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
