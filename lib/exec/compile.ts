// compile and grad: functions of tensors, traced once per combination of shapes and run by the backend.
import "../ops/defs/table.ts";
import { describe, ValueError } from "../errors.ts";
import { withContext } from "../ir/context.ts";
import { recording, Trace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { formatShape } from "../shape.ts";
import type { Operand } from "../tensor/apply.ts";
import { gradients } from "../tensor/gradients.ts";
import { Tensor, tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import type { Executable, Executor } from "./executor.ts";
import { Lock } from "./lock.ts";
import { getExecutor } from "./select.ts";

/** What a traced function may return: nothing, a value, or a list of values. */
export type Traced = void | Operand | readonly Operand[];

/** The results of the compiled function, given those of the traced one. */
export type Computed<R extends Traced> = R extends void ? void : R extends readonly Operand[] ? Tensor[] : Tensor;

interface Program {
  readonly executor: Executor;
  readonly executable: Executable;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly isList: boolean;
}

/** The most programs kept per function, one per combination of shapes. */
const maxPrograms = 32;

/**
 * Compiles a function of tensors to a program: it is traced once per combination of argument shapes and dtypes,
 * optimized, and run by the chosen backend. Variables that it reads or assigns keep their values between calls.
 *
 * @param fn called with symbolic values; must use `ops`, and may read and `assign` variables
 * @returns an async function of tensors (or nested arrays), whose results are tensors
 *
 * @example A linear map
 * ```ts
 * import { compile, ops } from "./mod.ts";
 * const affine = compile((x, w) => ops.add(ops.matmul(x, w), 1));
 * console.log((await affine([[1, 2]], [[3], [4]])).toArray()); // [ [ 12 ] ]
 * ```
 */
export function compile<R extends Traced>(
  fn: (...args: Value[]) => R,
): (...args: TensorLike[]) => Promise<Computed<R>> {
  checkFunction(fn, "compile");
  const programs = new Map<string, Program>();
  const lock = new Lock();
  const call = async (executor: Executor, tensors: readonly Tensor[]) => {
    const key = tensors.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join() + executor.name;
    let program = programs.get(key);
    if (program?.executor !== executor || program.inputs.some((variable) => variable.device !== executor)) {
      programs.set(key, program = await trace(fn, tensors, executor));
      for (const [oldest, old] of programs) {
        if (programs.size <= maxPrograms) break;
        programs.delete(oldest);
        old.executable.dispose();
      }
    }
    program.inputs.forEach((variable, i) => executor.write(variable, tensors[i].data));
    await program.executable.run(1);
    return { isList: program.isList, results: await Promise.all(program.outputs.map((output) => output.read())) };
  };
  return async (...args) => {
    if (args.length < fn.length) {
      throw new ValueError({
        what: `Cannot call ${describe(fn)}`,
        rule: `it takes ${fn.length} arguments`,
        received: String(args.length),
        hint: "give a tensor or nested arrays for each",
      });
    }
    const tensors = args.map((arg, i) => toTensor(arg, `Cannot call ${describe(fn)}`, `argument ${i + 1}`));
    const executor = await getExecutor();
    // A concurrent call between writing arguments and reading results would mix up the two.
    const { isList, results } = await lock.run(() => call(executor, tensors));
    return (isList ? results : results[0]) as Computed<R>;
  };
}

async function trace(fn: (...args: Value[]) => Traced, args: readonly Tensor[], executor: Executor): Promise<Program> {
  const graph = new Trace();
  const inputs = args.map(({ shape, dtype }, i) => zeroVariable(shape, dtype, `argument ${i}`));
  const { outputs, isList } = withContext(recording(graph), () => {
    const returned = fn(...inputs.map((variable) => graph.read(variable)));
    const list: readonly unknown[] = returned === undefined ? [] : Array.isArray(returned) ? returned : [returned];
    const outputs = list.map((operand, i) => {
      const value = toValue(graph, operand);
      const variable = zeroVariable(value.shape, value.dtype, `result ${i}`);
      graph.assign(variable, value);
      return variable;
    });
    return { outputs, isList: Array.isArray(returned) };
  });
  const executable = await executor.compile(graph.graph);
  await executor.attach(inputs);
  return { executor, executable, inputs, outputs, isList };
}

function checkFunction(fn: unknown, what: string): void {
  if (typeof fn === "function") return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: "it takes a function of symbolic values",
    received: describe(fn),
    hint: `write it as in ${what}((x) => ops.square(x))`,
  });
}

function toValue(graph: Trace, returned: unknown): Value {
  if (returned instanceof Value) return returned;
  if (returned instanceof Variable) return graph.read(returned);
  if (typeof returned === "number" || returned instanceof Tensor) {
    const { shape, dtype, data } = tensor(returned);
    return graph.constant(shape, dtype, data);
  }
  throw new ValueError({
    what: "Cannot trace the function",
    rule: "it must return nothing, a value, or a list of values",
    received: describe(returned),
    hint: returned instanceof Promise
      ? "a traced function must not be async: await the compiled one instead"
      : "return what ops give",
  });
}

function zeroVariable(shape: readonly number[], dtype: Tensor["dtype"], name: string): Variable {
  return Variable.zeros(shape, { name, dtype, trainable: false });
}

/**
 * The gradients of `fn` by each of its arguments, as a function; `fn` must return one float32 number.
 *
 * @example The slope of a square
 * ```ts
 * import { grad, ops } from "./mod.ts";
 * const slope = grad((x) => ops.sum(ops.square(x)));
 * console.log((await slope([1, 2, 3]))[0].toArray()); // [ 2, 4, 6 ]
 * ```
 */
export function grad(fn: (...args: Value[]) => Value): (...args: TensorLike[]) => Promise<Tensor[]> {
  checkFunction(fn, "grad");
  const differentiated = (...args: Value[]) => {
    const loss = fn(...args);
    if (!(loss instanceof Value)) {
      throw new ValueError({
        what: "Cannot differentiate",
        rule: "the function must return a value computed from its arguments",
        received: describe(loss),
        hint: "return what ops make of the arguments, reduced with ops.sum or ops.mean",
      });
    }
    return gradients(loss, args);
  };
  Object.defineProperties(differentiated, { length: { value: fn.length }, name: { value: fn.name } });
  return compile(differentiated);
}
