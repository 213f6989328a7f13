// The backends that tests run on.
import type { BackendName, Executor } from "../lib/exec/executor.ts";
import { openEigen } from "../lib/exec/native/eigen.ts";
import { openWasm } from "../lib/exec/native/wasm.ts";
import { ReferenceExecutor } from "../lib/exec/reference/executor.ts";
import { useExecutor } from "../lib/exec/select.ts";
import { openWebGpu } from "../lib/exec/webgpu/open.ts";
import { setRandomSeed } from "../lib/random_stream.ts";
import type { BuildOptions } from "../ffi/build.ts";

/** Every backend that must agree with the float64 reference. */
export const backends: readonly BackendName[] = ["reference", "eigen", "wasm", "webgpu"];

/** A build of the native library that a test asks its test process to use: see tests/exec/builds_test.ts. */
const build = Deno.env.get("CERATOPS_TEST_BUILD");

/** Options of {@linkcode useBackend}. */
export interface BackendOptions {
  /**
   * Whether small kernels share dispatches on WebGPU, as they do for users. Such a shader belongs to one program, and
   * compiling it on the CPU takes most of a test's time. By default each kernel has its own dispatch, so that programs
   * share shaders. Tests in webgpu/ and convergence/ use shared dispatches; webgpu/fuzz_test.ts compares the two.
   */
  readonly compounds?: boolean;
  /** Whether `wasm` has relaxed SIMD; by default, where the engine has it. */
  readonly isRelaxed?: boolean;
}

const openers: Record<BackendName, (options: BackendOptions) => Promise<Executor>> = {
  reference: () => Promise.resolve(new ReferenceExecutor()),
  eigen: () => openEigen(build ? { build: JSON.parse(build) as BuildOptions } : {}),
  wasm: ({ isRelaxed }) => openWasm({ threads: 1, isRelaxed }),
  webgpu: (options) => openWebGpu(options),
};

/** One executor per kind for all tests of a process: a GPU device keeps its compiled pipelines. */
const shared = new Map<string, Executor>();

/** Runs what follows on a backend without variables or programs, with fresh names and the same seed. */
export async function useBackend(
  backend: BackendName,
  { compounds = false, isRelaxed }: BackendOptions = {},
): Promise<void> {
  const key = `${backend} ${compounds} ${isRelaxed}`;
  let executor = shared.get(key);
  if (!executor) shared.set(key, executor = await openers[backend]({ compounds, isRelaxed }));
  await useExecutor(executor);
  setRandomSeed(1);
}

/** Declares the test once per backend. */
export function testOnBackends(
  name: string,
  body: (backend: BackendName) => Promise<void> | void,
  options?: BackendOptions,
): void {
  for (const backend of backends) {
    Deno.test(`${name} [${backend}]`, async () => {
      await useBackend(backend, options);
      await body(backend);
    });
  }
}
