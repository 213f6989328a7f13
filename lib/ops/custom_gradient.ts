// Custom derivatives, and derivatives along a direction. https://keras.io/api/ops/core/
import { makeArray } from "../dtype.ts";
import { describe, isClass, ShapeError, ValueError } from "../errors.ts";
import { withContext } from "../ir/context.ts";
import { gradientsOf } from "../ir/grad.ts";
import type { GradientRule } from "../ir/graph.ts";
import { interpret } from "../ir/interpret.ts";
import { recording, requireTrace, Trace, tracing } from "../ir/trace.ts";
import { idOf, type Value } from "../ir/value.ts";
import { formatShape, sameShape } from "../shape.ts";
import { isEager, isOperand, type Operand, promoteDTypes, shapeOf, symbolic } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { inline, localId } from "./defs/scan.ts";
import * as p from "./primitives.ts";

/** Operands with a derivative by others that is given, or undefined where it is zero; tensors have none. */
export function withRule(
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  vjp: (
    inputs: readonly Value[],
    outputs: readonly Value[],
    gradients: readonly Value[],
  ) => readonly (Operand | undefined)[],
): readonly Operand[] {
  if ([...inputs, ...outputs].every(isEager)) return outputs;
  const rule: GradientRule["vjp"] = (given, made, gradients) => {
    const found = vjp(given, made, made.map((value, i) => gradients[i] ?? zerosLike(value)));
    return found.map((value) => (value === undefined ? undefined : symbolic(value)));
  };
  return requireTrace("a derivative").withRule(inputs.map(symbolic), outputs.map(symbolic), rule);
}

const zerosLike = (x: Value): Value => symbolic(p.broadcastTo(symbolic(p.full([], 0)), x.shape));

/** One operand, or a list of them. */
type Results = Operand | readonly Operand[];

/** The operands of a result. Throws {@linkcode ValueError} for anything else. */
function listOf(what: string, given: unknown): Operand[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.every(isOperand)) return [...list];
  throw new ValueError({
    what,
    rule: "functions must return tensors or symbolic values, one or a list",
    received: describe(list.find((item) => !isOperand(item))),
    hint: "return what ops make of the arguments",
  });
}

function checkFunction(what: string, fn: unknown): void {
  if (typeof fn === "function" && !isClass(fn)) return;
  throw new ValueError({
    what,
    rule: "it takes a function",
    received: describe(fn),
    hint: "write it as in (x) => ops.square(x)",
  });
}

/**
 * The function `f` with a derivative of its own. `f` returns its result, and a function from the gradients by the result, or
 * by each item of a list, to the gradient by the argument, or a list with one for each. On tensors only the result counts.
 * Keras: https://keras.io/api/ops/core/
 *
 * @throws {ValueError} where `f` or its gradient returns something else
 *
 * @example A logarithm of `1 + exp(x)` whose derivative does not overflow
 * ```ts
 * import { grad, ops, type Value } from "./mod.ts";
 * const log1pexp = ops.customGradient((x: Value) => {
 *   const e = ops.exp(x);
 *   return [ops.log(ops.add(1, e)), (g: Value) => ops.multiply(g, ops.subtract(1, ops.divide(1, ops.add(1, e))))];
 * });
 * const [slope] = await grad((x) => ops.sum(log1pexp(x)))([100]);
 * console.log(slope.toArray()); // [ 1 ]
 * ```
 */
export function customGradient<A extends readonly Operand[], R extends Results>(
  f: (...args: A) => readonly [result: R, gradient: (...gradients: Value[]) => Results],
): (...args: A) => R {
  const what = "Cannot give a gradient";
  checkFunction(what, f);
  return (...args: A): R => {
    const returned: unknown = f(...args);
    if (!Array.isArray(returned) || returned.length !== 2 || typeof returned[1] !== "function") {
      throw new ValueError({
        what,
        rule: "the function must return its result and a function for the gradient, in a list of two",
        received: describe(returned),
        hint: "write return [y, (g) => ops.multiply(g, slope)]",
      });
    }
    const [result, gradient] = returned as [R, (...gradients: Value[]) => Results];
    const results = listOf(what, result);
    if ([...args, ...results].every(isEager)) return result;
    const trace = requireTrace("a gradient");
    const outputs = results.map(symbolic);
    const inner = new Trace(trace);
    const floats = outputs.filter(({ dtype }) => dtype === "float32");
    const upstream = floats.map(({ shape, dtype }) => inner.input({ shape, dtype }));
    inner.graph.outputs = withContext(recording(inner), () => {
      const found = listOf(what, gradient(...upstream)).map(symbolic);
      const given = found.map(({ shape }) => formatShape(shape)).join(", ");
      const wanted = args.map((x) => formatShape(shapeOf(x))).join(", ");
      if (given !== wanted) {
        throw new ShapeError({
          what,
          rule: `gradients must have the shapes of the arguments, ${wanted}`,
          received: given,
          hint: "return one for each argument",
        });
      }
      return found.map((value) => localId(inner, value));
    });
    const inputs = [...args.map(symbolic), ...inner.captured];
    const made = trace.withRule(inputs, outputs, (values, passed, gradients) => {
      const known = passed.map((value, i) => gradients[i] ?? zerosLike(value));
      const at = inline(inner.graph, [...known, ...values.slice(args.length)]);
      return inner.graph.outputs.map(at);
    });
    return (Array.isArray(result) ? made : made[0]) as unknown as R;
  };
}

/** The results of a function, and their derivatives along a direction. */
function traced(
  call: () => readonly [outputs: readonly Operand[], aux: unknown],
  primals: readonly Value[],
  tangents: readonly Value[],
) {
  const trace = requireTrace("jvp");
  const [made, aux] = call();
  const outputs = made.map(symbolic);
  // The gradient is linear in the weights of the outputs, and its own gradient by these is the derivative.
  const weights = outputs.map(zerosLike);
  const dot = (a: readonly Value[], b: readonly Value[]) =>
    a.map((x, i) => p.sum(p.multiply(x, b[i]))).reduce((sum, term) => p.add(sum, term));
  const gradients = gradientsOf(trace, symbolic(dot(outputs, weights)), primals);
  return { outputs, slopes: gradientsOf(trace, symbolic(dot(gradients, tangents)), weights), aux };
}

/**
 * What `fun` gives for `primals`, and its derivative along `tangents`, which have the shapes of these: the product of the
 * Jacobian and a vector. With `hasAux` the function returns its result and something else, which comes third. Keras:
 * https://keras.io/api/ops/core/
 *
 * @throws {ShapeError} unless there is one tangent for each primal, of its shape
 *
 * @example
 * ```ts
 * import { ops, type Operand, tensor } from "./mod.ts";
 * const [y, slope] = ops.jvp((x: Operand) => ops.square(x), [tensor([1, 3])], [tensor([1, 10])]);
 * console.log(y.toArray(), slope.toArray()); // [ 1, 9 ] [ 2, 60 ]
 * ```
 */
export function jvp<A extends readonly Operand[], R extends Results>(
  fun: (...args: { [K in keyof A]: Operand }) => R,
  primals: A,
  tangents: { readonly [K in keyof A]: Operand },
): [result: WithTensors<A, R>, tangent: WithTensors<A, R>];
/** As {@linkcode jvp}, of a function that returns something besides its result. */
export function jvp<A extends readonly Operand[], R extends Results, Aux>(
  fun: (...args: { [K in keyof A]: Operand }) => readonly [R, Aux],
  primals: A,
  tangents: { readonly [K in keyof A]: Operand },
  hasAux: true | { hasAux: true },
): [result: WithTensors<A, R>, tangent: WithTensors<A, R>, aux: Aux];
export function jvp(
  fun: (...args: Operand[]) => unknown,
  primals: readonly Operand[],
  tangents: readonly Operand[],
  hasAux: boolean | { hasAux: boolean } = false,
): unknown[] {
  const what = "Cannot take jvp";
  checkFunction(what, fun);
  const [points, directions] = [primals, tangents].map((list) => listOf(what, list));
  if (points.length !== directions.length || points.some((x, i) => !sameShape(shapeOf(x), shapeOf(directions[i])))) {
    throw new ShapeError({
      what,
      rule: "there must be a tangent for each primal, of its shape",
      received: [points, directions].map((list) => list.map((x) => formatShape(shapeOf(x))).join(", ")).join(" and "),
      hint: "give lists of as many",
    });
  }
  const withAux = typeof hasAux === "object" ? hasAux.hasAux : hasAux;
  let isList = false;
  const call = (args: readonly Operand[]) => (): readonly [Operand[], unknown] => {
    const returned = fun(...args);
    const [result, aux] = withAux ? returned as readonly [unknown, unknown] : [returned, undefined];
    isList = Array.isArray(result);
    return [listOf(what, result), aux];
  };
  const [from, along] = [points, directions].map((list) => list.map((x) => promoteDTypes([x], true)[0]));
  const form = (list: readonly Operand[]) => isList ? list : list[0];
  if (tracing.current || ![...from, ...along].every(isEager)) {
    const values = from.map(symbolic);
    const { outputs, slopes, aux } = traced(call(values), values, along.map(symbolic));
    return [form(outputs), form(slopes), ...(withAux ? [aux] : [])];
  }
  const trace = new Trace();
  const given = [...from, ...along] as Tensor[];
  const { count, aux } = withContext(recording(trace), () => {
    const values = given.map(({ shape, dtype }) => trace.input({ shape, dtype }));
    const own = values.slice(0, from.length);
    const found = traced(call(own), own, values.slice(from.length));
    trace.graph.outputs = [...found.outputs, ...found.slopes].map(idOf);
    return { count: found.outputs.length, aux: found.aux };
  });
  const known = new Map(
    given.map(({ shape, dtype, data }, i) => [trace.graph.inputs[i], { shape, dtype, data: Float64Array.from(data) }]),
  );
  interpret(trace.graph, known);
  const made = trace.graph.outputs.map((id) => {
    const { shape, dtype, data } = known.get(id)!;
    return new Tensor(shape, dtype, makeArray(dtype, data));
  });
  return [form(made.slice(0, count)), form(made.slice(count)), ...(withAux ? [aux] : [])];
}

/** Results as tensors where the arguments are tensors or numbers, else as symbolic values. */
export type WithTensors<A extends readonly Operand[], R> = A extends readonly (Tensor | number)[]
  ? R extends readonly unknown[] ? Tensor[] : Tensor
  : R extends readonly unknown[] ? Value[]
  : Value;
