// The matrix product over the last two axes.
import { DTypeError } from "../../errors.ts";
import type { Node, ValueId } from "../../ir/graph.ts";
import { type NodeSurroundings, opDef } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { apply } from "../../tensor/apply.ts";
import { reshape } from "../primitives.ts";
import { matmulExtents } from "../extents/matmul.ts";
import { lowerMatmul } from "../webgpu/kernels/matmul.ts";
import { operandArrays, operandTypes } from "./gathered.ts";
import { epilogueData, epilogueDTypes, epilogueShapes } from "./programs.ts";
import type { Definition } from "./definition.ts";
import { divideMatmul } from "./division.ts";

const product = (a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value =>
  apply("matmul", [a, b], { transposeA, transposeB, epilogue: null })[0];

/** Reads a transposed matrix through the transpose flag instead of transposing it. */
function foldTransposes(node: Node<"matmul">, { producer }: NodeSurroundings): Node<"matmul"> {
  const source = (id: ValueId): [ValueId, boolean] => {
    const maker = producer(id);
    const permutation = maker && opDef(maker.op).permutes?.(maker.attrs);
    if (!permutation) return [id, false];
    const last = permutation.length - 1;
    const swaps = permutation.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
    return swaps ? [maker.inputs[0], true] : [id, false];
  };
  const [a, flipA] = source(node.inputs[0]);
  const [b, flipB] = source(node.inputs[1]);
  const { transposeA, transposeB } = node.attrs;
  return {
    ...node,
    inputs: [a, b, ...node.inputs.slice(2)],
    attrs: { ...node.attrs, transposeA: transposeA !== flipA, transposeB: transposeB !== flipB },
  };
}

/** The definition of `matmul`. */
export const matmulDef: Definition<"matmul"> = {
  simplify: foldTransposes,
  workgroupWork: (inputs, _outputs, attrs) => {
    const { batch, m, n, k } = matmulExtents(operandTypes(inputs, attrs.gathered), attrs);
    return 4 * batch * m * n * k;
  },
  shape: (inputs, attrs) => {
    const operands = operandTypes(inputs, attrs.gathered);
    const { m, n } = matmulExtents(operands, attrs);
    return epilogueShapes(attrs.epilogue, [...operands[0].shape.slice(0, -2), m, n]);
  },
  dtype: (inputs, { epilogue, gathered }) => {
    const [a, b] = operandTypes(inputs, gathered);
    if (a.dtype !== "float32" || b.dtype !== "float32") {
      throw new DTypeError({
        what: "Cannot multiply matrices",
        rule: "operands must be float32",
        received: `${a.dtype} and ${b.dtype}`,
        hint: "cast them with ops.cast",
      });
    }
    return epilogueDTypes(epilogue);
  },
  vjp: ({ inputs: [a, b], gradients: [g], attrs: { transposeA, transposeB } }) => [
    transposeA ? product(b, g!, transposeB, true) : product(g!, b, false, !transposeB),
    transposeB ? product(g!, a, true, transposeA) : product(a, g!, !transposeA, false),
  ],
  // The summed axis must be the first of both matrices, so that stacking only makes it longer.
  sumOverSteps: ([a], attrs) => {
    if (a.shape.length !== 2 || !attrs.transposeA || attrs.transposeB) return undefined;
    const tall = (stacked: Value) => reshape(stacked, [-1, stacked.shape[2]]);
    return ([x, y]) => product(tall(x), tall(y), true, false);
  },
  divide: divideMatmul,
  lower: lowerMatmul,
  gathersOperand: (at, _rows, { operands, attrs, tuning }) => {
    // How often an element is loaded: once per tile row or column.
    const extents = matmulExtents(operands, attrs);
    const { rows, columns } = tuning.matmul({ ...extents, ...attrs, isConvolution: false }).kernel;
    return at < 2 && Math.ceil(at === 0 ? extents.n / columns : extents.m / rows) <= tuning.gatheredLoads;
  },
  nativeAttrs: { transposeA: "flag", transposeB: "flag", epilogue: "program" },
  cost: (inputs, attrs) => {
    const { batch, m, n, k } = matmulExtents(operandTypes(inputs, attrs.gathered), attrs);
    return { flops: 2 * batch * m * n * k };
  },
  reference: (inputs, attrs, [output]) => {
    const [a, b, ...rest] = operandArrays(inputs, attrs.gathered);
    const { batch, m, n, k } = matmulExtents([a, b], attrs);
    const [aRow, aCol] = attrs.transposeA ? [1, m] : [k, 1];
    const [bRow, bCol] = attrs.transposeB ? [1, k] : [n, 1];
    const result = new Float64Array(batch * m * n);
    for (let s = 0; s < batch; s++) {
      for (let i = 0; i < m; i++) {
        const row = result.subarray((s * m + i) * n, (s * m + i + 1) * n);
        for (let p = 0; p < k; p++) {
          const x = a.data[s * m * k + i * aRow + p * aCol];
          const from = s * k * n + p * bRow;
          for (let j = 0; j < n; j++) row[j] += x * b.data[from + j * bCol];
        }
      }
    }
    return epilogueData(attrs.epilogue, result, rest, output);
  },
};
