// Failures on a GPU and their messages: software adapters, lost devices, buffers that are too large, bad shaders.
import assert from "node:assert/strict";
import { BackendError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { getExecutor, setBackend } from "../../lib/exec/select.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { type AdapterFacts, openWebGpu, softwareReason } from "../../lib/exec/webgpu/open.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { fixed } from "./program_checks.ts";
import { runOn, traceOn } from "../run_on.ts";

async function complaint(body: () => Promise<unknown>): Promise<string> {
  try {
    await body();
  } catch (error) {
    assert.ok(error instanceof BackendError, String(error));
    return error.message;
  }
  return assert.fail("nothing was thrown");
}

Deno.test("software adapters are told from real GPUs", () => {
  assert.match(softwareReason({ description: "llvmpipe (LLVM 15.0.6, 256 bits)" })!, /llvmpipe.* computes on the CPU/);
  assert.match(softwareReason({ device: "SwiftShader Device (Subzero)" })!, /computes on the CPU/);
  assert.match(softwareReason({ vendor: "google", architecture: "swiftshader" })!, /computes on the CPU/);
  assert.match(softwareReason({ description: "Microsoft Basic Render Driver" })!, /computes on the CPU/);
  assert.match(
    softwareReason({ description: "Some GPU", isFallbackAdapter: true })!,
    /"Some GPU" is a fallback adapter/,
  );
  assert.equal(softwareReason({ description: "NVIDIA GeForce RTX 3080", isFallbackAdapter: false }), undefined);
  assert.equal(softwareReason({ vendor: "apple", architecture: "metal-3" }), undefined);
});

/** Runs `body` with another `navigator.gpu`. */
async function withGpu(value: unknown, body: () => Promise<unknown>): Promise<void> {
  const { gpu } = navigator;
  const pretend = (value: unknown) => Object.defineProperty(navigator, "gpu", { value, configurable: true });
  try {
    pretend(value);
    await body();
  } finally {
    pretend(gpu);
  }
}

/** A `navigator.gpu` whose adapter is this machine's under another name. */
async function namedGpu(info: AdapterFacts): Promise<unknown> {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const named = {
    info,
    limits: adapter.limits,
    features: adapter.features,
    requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
  };
  return { requestAdapter: () => Promise.resolve(named) };
}

/** What `auto` says of its choice: one line, and with `CERATOPS_DEBUG=backend` the reasons. */
async function choiceOfAuto(): Promise<{ line: string; reasons: string }> {
  const { error } = console;
  const lines: string[] = [];
  try {
    console.error = (line: string) => lines.push(line);
    await setBackend("auto");
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.ok(lines[0].length <= 80, lines[0]);
    Deno.env.set("CERATOPS_DEBUG", "backend");
    await setBackend("auto");
  } finally {
    console.error = error;
    Deno.env.delete("CERATOPS_DEBUG");
  }
  const [line, again, ...reasons] = lines;
  assert.equal(again, line);
  return { line, reasons: reasons.join("\n") };
}

Deno.test("auto takes a real GPU, says its name, and uses the kernels for GPUs [webgpu]", async () => {
  await withGpu(await namedGpu({ vendor: "nvidia", description: "NVIDIA GeForce RTX 3080" }), async () => {
    assert.equal((await choiceOfAuto()).line, "Ceratops runs on webgpu (NVIDIA GeForce RTX 3080)");
    const executor = await getExecutor() as WebGpuExecutor;
    assert.equal(executor.gpu.tuning.kind, "gpu");
    const product = compile((x) => ops.matmul(x, x, { transposeB: true }));
    assert.deepEqual((await product([[1, 2], [3, 4]])).toArray(), [[5, 11], [11, 25]]);
  });
});

Deno.test("auto passes software and fallback adapters over, and says why [webgpu]", async () => {
  for (
    const [info, reason] of [
      [
        { description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
        /"llvmpipe \(LLVM 15\.0\.6, 256 bits\)" computes on the CPU/,
      ],
      [{ vendor: "google", architecture: "swiftshader" }, /"swiftshader" computes on the CPU/],
      [{ description: "Some GPU", isFallbackAdapter: true }, /"Some GPU" is a fallback adapter/],
    ] as const
  ) {
    await withGpu(await namedGpu(info), async () => {
      const { line, reasons } = await choiceOfAuto();
      assert.match(line, /^Ceratops runs on eigen \(.*\)$/);
      assert.match(reasons, /^ {2}webgpu passed over: .*, and auto takes a real GPU only/);
      assert.match(reasons, reason);
      const message = await complaint(() => openWebGpu({ allowSoftware: false }));
      assert.match(message, /^Cannot use webgpu: .*real GPU.*setBackend\("webgpu"\)/);
      assert.equal((await openWebGpu()).gpu.tuning.kind, "software", "by name it serves");
    });
  }
});

Deno.test("without WebGPU, an adapter or a device the error says what to do [webgpu]", async () => {
  await withGpu(
    undefined,
    async () => assert.match(await complaint(openWebGpu), /navigator\.gpu is not there: use Deno/),
  );
  const none = { requestAdapter: () => Promise.resolve(null) };
  await withGpu(none, async () => assert.match(await complaint(openWebGpu), /no GPU adapter was found: install/));
  const broken = {
    info: { description: "Old GPU" },
    limits: {},
    features: new Set(),
    requestDevice: () => Promise.reject(new Error("driver too old")),
  };
  await withGpu({ requestAdapter: () => Promise.resolve(broken) }, async () => {
    const message = await complaint(openWebGpu);
    assert.match(message, /^Cannot use webgpu: "Old GPU" gives no device, received driver too old: update/);
    const { line, reasons } = await choiceOfAuto();
    assert.match(line, /^Ceratops runs on eigen \(.*\)$/);
    assert.match(reasons, /^ {2}webgpu passed over: .*"Old GPU" gives no device/);
  });
});

Deno.test("after a lost device variables keep what was last read [webgpu]", async () => {
  const executor = await openWebGpu();
  const weight = new Variable(fixed([5]), { name: "weight" });
  const first = [...weight.shape];
  const made = await traceOn(executor, (x) => [ops.multiply(x, 2)], [fixed([3])]);
  await executor.attach([weight]);
  executor.write(weight, Float32Array.of(1, 2, 3, 4, 5));
  assert.deepEqual((await weight.read()).toArray(), [1, 2, 3, 4, 5]);
  executor.write(weight, Float32Array.of(9, 9, 9, 9, 9));

  const reading = complaint(() => weight.read());
  executor.gpu.device.destroy();
  assert.match(await reading, /^Cannot read "weight" from the GPU: the GPU device was lost/);
  await executor.gpu.device.lost;
  await new Promise((resolve) => setTimeout(resolve, 0));
  const message = await complaint(() => made.executable.run(1));
  assert.match(message, /^Cannot run a program: the GPU device was lost.*keep what was last read.*setBackend/);
  assert.match(
    await complaint(() => executor.compile({ types: [], inputs: [], nodes: [], outputs: [], state: [] })),
    /lost/,
  );
  assert.equal(weight.device, undefined);
  assert.deepEqual((await weight.read()).toArray(), [1, 2, 3, 4, 5]);
  assert.deepEqual([...weight.shape], first);

  const next = await openWebGpu();
  await next.attach([weight]);
  assert.deepEqual((await weight.read()).toArray(), [1, 2, 3, 4, 5]);
  await next.dispose();
  await executor.dispose();
});

Deno.test("too large a variable or result names itself and the limit [webgpu]", async () => {
  const executor = await openWebGpu({ bindingBytes: 2 ** 20 });
  const wide = new Tensor([1100, 1024], "uint8", new Uint8Array(1100 * 1024));
  const largest = runOn(executor, (x) => [ops.max(x, 0)], [wide]);
  assert.match(
    await complaint(() => largest),
    /^Cannot make room for "argument 0" for "\w+" on the GPU: a buffer may have at most 1\.0 MiB on .*, received 1\.1 MiB: use/,
  );
  const product = runOn(executor, (x, y) => [ops.sum(ops.exp(ops.matmul(x, y)))], [fixed([300, 1]), fixed([1, 1024])]);
  assert.match(await complaint(() => product), /^Cannot make room for the result of "matmul" on the GPU/);
  const trained = new Variable(fixed([300, 1024]), { name: "kernel" });
  const gradient = new Variable(fixed([300, 1024]), { name: "gradient" });
  const update = traceOn(executor, (rate) => {
    trained.assign(ops.subtract(trained, ops.multiply(gradient, rate)));
    return [];
  }, [fixed([])]);
  assert.match(await complaint(() => update), /^Cannot make room for "(kernel|gradient)" for/);
  // After a failure the executor still works.
  assert.deepEqual((await runOn(executor, (x) => [ops.add(x, 1)], [fixed([1])]))[0].size, 1);
  await executor.dispose();
});

Deno.test("a shader that does not compile shows its line, column and source [webgpu]", async () => {
  const executor = await openWebGpu();
  const code =
    "@group(0) @binding(0) var<uniform> params: vec4<u32>;\n\n@compute @workgroup_size(1)\nfn f() {\n  let x = 1 + ;\n}";
  const message = await complaint(() =>
    executor.gpu.compileAlone({
      key: code,
      label: "broken.wgsl:f",
      entry: "f",
      readOnly: [],
      bindings: [],
      params: new Uint32Array(4),
      calls: [],
      link: () => code,
    })
  );
  assert.match(message, /^Cannot compile shader "broken\.wgsl:f": /);
  assert.match(message, /line 5, column \d+/);
  assert.match(message, />\s+5 \|\s+let x = 1 \+ ;/);
  assert.match(message, /report it/);
  await executor.dispose();
});

Deno.test("a program that was disposed of says so [webgpu]", async () => {
  const executor = await openWebGpu();
  const { executable } = await traceOn(executor, (x) => [ops.exp(x)], [fixed([2])]);
  executable.dispose();
  assert.match(await complaint(() => executable.run(1)), /disposed of: compile it again/);
  await executor.dispose();
});
