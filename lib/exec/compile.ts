// compile and grad: functions of tensors, traced once per combination of shapes and run by the backend.
import "../ops/defs/table.ts";
import { describe, ValueError } from "../errors.ts";
import { withContext } from "../ir/context.ts";
import { recording, Trace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { formatShape } from "../shape.ts";
import { isNamed } from "../structure.ts";
import type { Operand } from "../tensor/apply.ts";
import { gradients } from "../tensor/gradients.ts";
import { Tensor, tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import type { Executable, Executor } from "./executor.ts";
import { Lock } from "./lock.ts";
import { getExecutor } from "./select.ts";

/** Items in lists, objects by name, and further ones in these. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

/** What a traced function may return: nothing, a value, or values in lists and objects. */
export type Traced = void | Tree<Operand>;

/** The results of the compiled function, given those of the traced one. */
export type Computed<R> = R extends void ? void
  : R extends Operand ? Tensor
  : { -readonly [K in keyof R]: Computed<R[K]> };

/** What the compiled function takes for an argument of the traced one: data or variables in place of values. */
export type Fed<T> = T extends Value ? TensorLike | Variable : { readonly [K in keyof T]: Fed<T[K]> };

/** Each of `Items` as {@linkcode Fed}. */
export type FedAll<Items extends unknown[]> = { [K in keyof Items]: Fed<Items[K]> };

interface Program {
  readonly executor: Executor;
  readonly executable: Executable;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  /** What the traced function returned. */
  readonly returned: Tree<unknown>;
}

/** How deep lists and objects of arguments and results may be nested. */
const maxDepth = 16;

/** Whether an argument is a list or an object of others, rather than nested arrays of numbers. */
function isBranch(given: unknown, depth = 0): given is readonly unknown[] | Readonly<Record<string, unknown>> {
  if (isNamed(given)) return true;
  const isItem = (item: unknown) => item instanceof Tensor || item instanceof Variable || isBranch(item, depth + 1);
  return Array.isArray(given) && depth < maxDepth && given.length <= maxBranch && given.some(isItem);
}

/** The most items of a list of arguments: a longer one is looked at as data. */
const maxBranch = 2 ** 16;

/** A tree with each item replaced; `isList` says which lists have items in them. */
function mapTree<T, U>(tree: unknown, isList: (given: unknown) => boolean, fn: (item: T) => U, depth = 0): Tree<U> {
  if (depth > maxDepth) {
    throw new ValueError({
      what: "Cannot call a compiled function",
      rule: `lists and objects may be nested ${maxDepth} levels deep`,
      received: "more",
      hint: "check whether one holds itself",
    });
  }
  const inside = (item: unknown) => mapTree(item, isList, fn, depth + 1);
  if (Array.isArray(tree) && (isList(tree) || (depth > 0 && tree.length === 0))) return tree.map(inside);
  if (isNamed(tree)) return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, inside(item)]));
  return fn(tree as T);
}

/** The most programs kept per function, one per combination of shapes. */
const maxPrograms = 32;

/**
 * Compiles a function of tensors to a program: it is traced once per combination of argument shapes and dtypes,
 * optimized, and run by the chosen backend. Variables that it reads or assigns keep their values between calls.
 *
 * @param fn called with symbolic values; must use `ops`, and may read and `assign` variables
 * @returns an async function of tensors (or nested arrays), whose results are tensors. Arguments and results may be lists
 * and objects of these, as the traced function takes and returns them; variables among them are read
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
): (...args: (TensorLike | Variable)[]) => Promise<Computed<R>>;
/** Compiles a function whose arguments are lists and objects of tensors, such as the state of a training. */
export function compile<A extends unknown[], R extends Traced>(
  fn: (...args: A) => R,
): (...args: FedAll<A>) => Promise<Computed<R>>;
export function compile(fn: (...args: Value[]) => Traced): (...args: (TensorLike | Variable)[]) => Promise<unknown> {
  checkFunction(fn, "compile");
  const programs = new Map<string, Program>();
  const lock = new Lock();
  const call = async (executor: Executor, args: readonly unknown[], tensors: readonly Tensor[]) => {
    const form = JSON.stringify(args.map((arg) => mapTree(arg, isBranch, () => 0)));
    const key = tensors.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join() + form + executor.name;
    let program = programs.get(key);
    if (program?.executor !== executor || program.inputs.some((variable) => variable.device !== executor)) {
      programs.set(key, program = await trace(fn as (...args: unknown[]) => Traced, args, tensors, executor));
      for (const [oldest, old] of programs) {
        if (programs.size <= maxPrograms) break;
        programs.delete(oldest);
        old.executable.dispose();
      }
    }
    program.inputs.forEach((variable, i) => executor.write(variable, tensors[i].data));
    await program.executable.run(1);
    const results = (await Promise.all(program.outputs.map((output) => output.read()))).values();
    if (program.returned === undefined) return undefined;
    return mapTree(program.returned, Array.isArray, () => results.next().value);
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
    const given: Promise<Tensor>[] = [];
    args.forEach((arg, i) =>
      mapTree(arg, isBranch, (item: TensorLike | Variable) => {
        const data = item instanceof Variable
          ? item
          : toTensor(item, `Cannot call ${describe(fn)}`, `argument ${i + 1}`);
        given.push(data instanceof Variable ? data.read() : Promise.resolve(data));
      })
    );
    const tensors = await Promise.all(given);
    const executor = await getExecutor();
    // A concurrent call between writing arguments and reading results would mix up the two.
    return await lock.run(() => call(executor, args, tensors));
  };
}

async function trace(
  fn: (...args: unknown[]) => Traced,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  executor: Executor,
): Promise<Program> {
  const graph = new Trace();
  const inputs = tensors.map(({ shape, dtype }, i) => zeroVariable(shape, dtype, `argument ${i}`));
  const outputs: Variable[] = [];
  const returned = withContext(recording(graph), () => {
    const next = inputs.values();
    const returned = fn(...args.map((arg) => mapTree(arg, isBranch, () => graph.read(next.next().value!))));
    if (returned === undefined) return undefined;
    return mapTree(returned, Array.isArray, (operand: unknown) => {
      const value = toValue(graph, operand);
      const variable = zeroVariable(value.shape, value.dtype, `result ${outputs.length}`);
      graph.assign(variable, value);
      outputs.push(variable);
      return 0;
    });
  });
  const executable = await executor.compile(graph.graph);
  await executor.attach(inputs);
  return { executor, executable, inputs, outputs, returned };
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
    rule: "it must return nothing, a value, or values in lists and objects",
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
