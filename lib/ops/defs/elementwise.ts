// The definitions of elementwise ops, derived from the row of each function.
import { type DType, makeArray, type TypedArray } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import {
  type Call,
  type ElementwiseName,
  elementwiseNames,
  elementwiseRows,
  type Expr,
  inDType,
} from "../../ir/elementwise.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { HostArray, RefArray, VjpContext } from "../../ir/op_def.ts";
import { Value } from "../../ir/value.ts";
import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../shape.ts";
import { applyElementwise } from "../apply_elementwise.ts";
import { sumTo } from "../primitives.ts";
import type { Definition } from "./definition.ts";
import { divideElements, elementsBack } from "./division.ts";

/** Throws for operands of different dtypes, or of a dtype that the function does not take. */
function checkDTypes(op: string, inputs: readonly ValueType[], accepted?: DType): void {
  const wanted = accepted ?? inputs[0].dtype;
  if (inputs.some((input) => input.dtype !== wanted)) {
    throw new DTypeError({
      what: `Cannot apply ${op}`,
      rule: accepted ? `operands must be ${accepted}` : "operands must have one dtype",
      received: inputs.map((input) => input.dtype).join(", "),
      hint: "cast them with ops.cast",
    });
  }
}

function definitionOf(fn: ElementwiseName): Definition<ElementwiseName> {
  const row = elementwiseRows[fn];
  const { vjp, neutral, isIdentity, isLinear } = row;
  return {
    kind: "elementwise",
    foldable: true,
    isLinear,
    shape: (inputs) => [inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(a, b, `apply ${fn}`))],
    dtype: (inputs, attrs) => {
      const operands = row.arity === 3 ? inputs.slice(1) : inputs;
      if (row.arity === 3) checkDTypes(fn, inputs.slice(0, 1), "bool");
      checkDTypes(fn, operands, row.takes);
      return ["dtype" in attrs ? attrs.dtype : row.gives ?? operands[0].dtype];
    },
    vjp: typeof vjp === "function" ? (context) => gradientsOf(fn, context) : vjp,
    moves: () => (isIdentity ? [0] : row.arity === 3 ? [1, 2] : []),
    divide: divideElements,
    divideBack: elementsBack,
    nativeAttrs: {},
    reference: (inputs, _attrs, [output]) => [
      mapElements(fn, inputs, output, new Float64Array(sizeOf(output.shape))),
    ],
    direct: (inputs, _attrs, [output]) => [
      isIdentity
        ? makeArray(output.dtype, inputs[0].data)
        : mapElements(fn, inputs, output, makeArray(output.dtype, sizeOf(output.shape))),
    ],
    equals: (_attrs, uniform) => [
      ...(isIdentity || (neutral?.right !== undefined && uniform(1) === neutral.right) ? [0] : []),
      ...(neutral?.left !== undefined && uniform(0) === neutral.left ? [1] : []),
    ],
  };
}

/** The gradients by the inputs, as the row defines them. */
function gradientsOf(
  fn: ElementwiseName,
  { inputs, outputs: [y], gradients: [g] }: VjpContext<ElementwiseName>,
): (Value | undefined)[] {
  const row = elementwiseRows[fn];
  if (typeof row.vjp !== "function") return [];
  const add = adder();
  const [a, b] = inputs;
  if (row.arity === 1) return [add(row.vjp(g!, a, y))];
  const terms = row.arity === 2 ? row.vjp(g!, a, b, y) : row.vjp(g!, a);
  const operands = inputs.slice(inputs.length - terms.length);
  const summed = terms.map(add).map((gradient, i) => sumTo(gradient, operands[i].shape));
  return row.arity === 2 ? summed : [undefined, ...summed];
}

/** Returns a function that adds the calls of a derivative to the trace, each once. */
function adder(): (expression: Expr) => Value {
  const added = new Map<Call, Value>();
  return function add(expression) {
    if (expression instanceof Value) return expression;
    let value = added.get(expression);
    if (!value) {
      const { fn, args } = expression;
      value = applyElementwise(fn, args.map((arg) => (typeof arg === "number" ? arg : add(arg)))) as Value;
      added.set(expression, value);
    }
    return value;
  };
}

/** Maps the function over the operands, broadcast to `output`, into `result`. */
function mapElements<T extends Float64Array | TypedArray>(
  fn: ElementwiseName,
  inputs: readonly (RefArray | HostArray)[],
  output: ValueType,
  result: T,
): T {
  const { scalar } = elementwiseRows[fn];
  const { dtype } = output;
  if (inputs.every(({ data }) => data.length === 1 || data.length === result.length)) {
    // Many elements: without a call for each to read them.
    const [a, b = a, c = a] = inputs.map(({ data }) => data);
    const [m, n, k] = [a, b, c].map(({ length }) => (length === 1 ? 0 : 1));
    const { length } = result;
    for (let i = 0; i < length; i++) {
      const value = scalar(a[i * m], b[i * n], c[i * k], dtype);
      result[i] = dtype === "float32" ? value : inDType(value, dtype);
    }
    return result;
  }
  const [a, b = a, c = a] = inputs.map((input) => broadcastReader(input, output.shape));
  for (let i = 0; i < result.length; i++) result[i] = inDType(scalar(a(i), b(i), c(i), dtype), dtype);
  return result;
}

/** Returns a reader of element `i`, in the output's row-major order, of a broadcast operand. */
function broadcastReader({ shape, data }: RefArray | HostArray, output: Shape): (i: number) => number {
  if (data.length === 1) return () => data[0];
  if (data.length === sizeOf(output)) return (i) => data[i];
  const outputStrides = stridesOf(output);
  const lead = output.length - shape.length;
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return (i) => {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      at += (Math.floor(i / outputStrides[axis + lead]) % output[axis + lead]) * strides[axis];
    }
    return data[at];
  };
}

/** The definitions of the elementwise ops. */
export const elementwiseDefs = Object.fromEntries(elementwiseNames.map((fn) => [fn, definitionOf(fn)])) as {
  readonly [K in ElementwiseName]: Definition<ElementwiseName>;
};
