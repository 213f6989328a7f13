// Random programs on WebGPU: what shares a dispatch computes the bits that it computes in dispatches of its own.
import assert from "node:assert/strict";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { initialValue, randomProgram } from "../passes/random_program.ts";

/** The values of all variables after two steps of a random program, and how many dispatches a step is. */
async function run(executor: WebGpuExecutor, seed: number): Promise<{ values: number[][]; dispatches: number }> {
  const { graph, variables } = randomProgram(seed);
  const executable = await executor.compile(graph);
  await executor.attach(variables);
  variables.forEach((variable, i) => executor.write(variable, Float32Array.from(initialValue(variable, seed + i))));
  await executable.run(2);
  const values = (await Promise.all(variables.map((variable) => executor.read(variable)))).map((data) => [...data]);
  const dispatches = executable.stats.nodes;
  executable.dispose();
  for (const variable of variables) executor.release(variable);
  return { values, dispatches };
}

const programs = 40;

for (const tunedFor of ["software", "gpu"] as const) {
  Deno.test(`${programs} random programs compute the same in compound dispatches, with kernels for ${tunedFor} [webgpu]`, async () => {
    const [compound, single] = [await openWebGpu({ tunedFor }), await openWebGpu({ tunedFor, compounds: false })];
    let [shared, apart] = [0, 0];
    for (let seed = 1; seed <= programs; seed++) {
      const [actual, expected] = [await run(compound, seed), await run(single, seed)];
      assert.deepEqual(actual.values, expected.values, `seed ${seed}`);
      shared += actual.dispatches;
      apart += expected.dispatches;
    }
    assert.ok(shared * 4 < apart, `${shared} dispatches, ${apart} when each kernel has its own`);
    await compound.dispose();
    await single.dispose();
  });
}
