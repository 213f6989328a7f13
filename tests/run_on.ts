// Runs a traced function on a given executor, so that tests need not change the session's backend.
import "../lib/ops/defs/table.ts";
import { makeArray } from "../lib/dtype.ts";
import type { Executable, Executor } from "../lib/exec/executor.ts";
import { withContext } from "../lib/ir/context.ts";
import { recording, Trace } from "../lib/ir/trace.ts";
import type { Value } from "../lib/ir/value.ts";
import { sizeOf } from "../lib/shape.ts";
import { Tensor } from "../lib/tensor/tensor.ts";
import { Variable } from "../lib/tensor/variable.ts";

/** A traced function on an executor, its arguments and results in variables. */
export interface Traced {
  readonly executable: Executable;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
}

const zeros = (shape: readonly number[], dtype: Tensor["dtype"], name: string) =>
  new Variable(new Tensor(shape, dtype, makeArray(dtype, sizeOf(shape))), { name });

/** Compiles `fn` for arguments like `args`, which also become the values of the variables. */
export async function traceOn(
  executor: Executor,
  fn: (...args: Value[]) => readonly Value[],
  args: readonly Tensor[],
): Promise<Traced> {
  const trace = new Trace();
  const inputs = args.map((arg, i) => new Variable(arg, { name: `argument ${i}`, dtype: arg.dtype }));
  const outputs = withContext(
    recording(trace),
    () =>
      fn(...inputs.map((variable) => trace.read(variable))).map((value, i) => {
        const variable = zeros(value.shape, value.dtype, `result ${i}`);
        trace.assign(variable, value);
        return variable;
      }),
  );
  const executable = await executor.compile(trace.graph);
  await executor.attach(inputs);
  return { executable, inputs, outputs };
}

/** The results of `fn` on `args`; frees everything made for it. */
export async function runOn(
  executor: Executor,
  fn: (...args: Value[]) => readonly Value[],
  args: readonly Tensor[],
): Promise<Tensor[]> {
  const { executable, inputs, outputs } = await traceOn(executor, fn, args);
  await executable.run(1);
  const results = await Promise.all(outputs.map((variable) => variable.read()));
  executable.dispose();
  for (const variable of [...inputs, ...outputs]) executor.release(variable);
  return results;
}
