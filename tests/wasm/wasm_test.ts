// WebAssembly specifics: the committed files, memory that grows up to a bound, and yielding to the event loop.
import assert from "node:assert/strict";
import { staleness } from "../../ffi/build_wasm.ts";
import { BackendError } from "../../lib/errors.ts";
import { NativeExecutor } from "../../lib/exec/native/executor.ts";
import { openWasm, wasmModule } from "../../lib/exec/native/wasm.ts";
import { hasRelaxedSimd, makeInstance, packedModule, type WasmInstance } from "../../lib/exec/native/wasm_instance.ts";
import { unpack } from "../../ffi/wasm_file.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";

const page = 65536;
const mostPages = 65536;

/** Leaves the library no more memory than it has now; the memory taken is never touched, and costs nothing. */
function takeAllMemory({ exports: { memory } }: WasmInstance): void {
  memory.grow(mostPages - memory.buffer.byteLength / page);
}

Deno.test("the committed files are of these sources, and import their memory alone", async () => {
  assert.equal(await staleness(), undefined);
  for (const isRelaxed of [false, true]) {
    const module = new WebAssembly.Module(await unpack(await packedModule(isRelaxed)));
    assert.deepEqual(WebAssembly.Module.imports(module), [{ module: "env", name: "memory", kind: "memory" }]);
  }
});

Deno.test("the file with relaxed SIMD is used where the engine has that, and rounds a product and its sum once or twice", async () => {
  assert.equal(hasRelaxedSimd, true);
  assert.equal(wasmModule(await makeInstance()).description, "WebAssembly, relaxed SIMD, 1 thread");
  // The square has a last bit of 2^-24, which is lost unless its rounded value is subtracted before it is rounded.
  const x = 1 + 2 ** -12;
  const rounded = 1 + 2 ** -11;
  const difference = async (isRelaxed: boolean) => {
    const executor = new NativeExecutor("wasm", wasmModule(await makeInstance({ isRelaxed })));
    const square = (of: (row: number, column: number) => number) =>
      new Variable(new Tensor([8, 8], "float32", Float32Array.from({ length: 64 }, (_, i) => of(i >> 3, i & 7))));
    const a = square((_, column) => [-rounded, x][column] ?? 0);
    const b = square((row) => [1, x][row] ?? 0);
    const c = square(() => 7);
    const trace = new Trace();
    withContext(recording(trace), () => trace.assign(c, ops.matmul(trace.read(a), trace.read(b))));
    await (await executor.compile(trace.graph)).run(1);
    const values = new Set((await c.read()).data);
    await executor.dispose();
    return [...values];
  };
  assert.deepEqual(await difference(false), [0]);
  const [relaxed, ...others] = await difference(true);
  assert.deepEqual(others, []);
  assert.ok(relaxed === 0 || relaxed === 2 ** -24, `${relaxed}`);
});

Deno.test("memory grows as it is needed, and keeps what is in it", async () => {
  const library = await makeInstance();
  const module = wasmModule(library);
  const first = module.allocate(1000);
  module.write(first, Uint8Array.from({ length: 1000 }, (_, i) => i % 251));
  const second = module.allocate(50 * 2 ** 20);
  assert.ok(library.exports.memory.buffer.byteLength > 50 * 2 ** 20);
  const kept = new Uint8Array(1000);
  module.read(first, kept);
  assert.deepEqual(kept, Uint8Array.from({ length: 1000 }, (_, i) => i % 251));
  const grown = library.exports.memory.buffer.byteLength;
  module.release(second);
  module.release(module.allocate(49 * 2 ** 20));
  assert.equal(library.exports.memory.buffer.byteLength, grown, "what was freed is used again");
});

Deno.test("memory beyond the first two gigabytes is as good as any", async () => {
  const library = await makeInstance();
  const executor = new NativeExecutor("wasm", wasmModule(library));
  library.exports.memory.grow(mostPages * 5 / 8);
  const x = new Variable(new Tensor([1000], "float32", Float32Array.from({ length: 1000 }, (_, i) => i)));
  // More than the library has left of its first pages, so that it is at the end of the memory.
  const y = new Variable(new Tensor([100000], "float32", new Float32Array(100000).fill(3)));
  const trace = new Trace();
  withContext(recording(trace), () => {
    trace.assign(x, ops.add(ops.multiply(trace.read(x), 2), ops.slice(trace.read(y), [99000], [1000])));
  });
  const program = await executor.compile(trace.graph);
  assert.ok(executor.locationOf(y).address > 2 ** 31, `${executor.locationOf(y).address}`);
  await program.run(1);
  assert.deepEqual((await x.read()).data, Float32Array.from({ length: 1000 }, (_, i) => 2 * i + 3));
  await executor.dispose();
});

Deno.test("where memory ends the error names the size and what to do, and the rest goes on working", async () => {
  const library = await makeInstance();
  const module = wasmModule(library);
  const executor = new NativeExecutor("wasm", module);
  const x = new Variable(new Tensor([3], "float32", Float32Array.of(1, 2, 3)));
  const trace = new Trace();
  withContext(recording(trace), () => trace.assign(x, ops.multiply(trace.read(x), 2)));
  const program = await executor.compile(trace.graph);
  takeAllMemory(library);
  const refused = (error: Error) =>
    error instanceof BackendError &&
    /^Cannot allocate memory: WebAssembly has 4 GiB .*a need of 512\.0 MiB more: take a smaller batch/.test(
      error.message,
    );
  assert.throws(() => module.allocate(512 * 2 ** 20), refused);
  const large = new Variable(new Tensor([2 ** 20], "float32", new Float32Array(2 ** 20)));
  await assert.rejects(() => executor.attach([large]), BackendError);
  assert.equal(large.device, undefined);
  await program.run(2);
  assert.deepEqual((await x.read()).data, Float32Array.of(4, 8, 12));
  await executor.dispose();
});

Deno.test("memory that ends while a program is loaded is the same error", async () => {
  const library = await makeInstance();
  const module = wasmModule(library);
  const executor = new NativeExecutor("wasm", module);
  const wide = () => new Variable(new Tensor([200, 200], "float32", new Float32Array(40000).fill(1)));
  const [a, b] = [wide(), wide()];
  const c = new Variable(new Tensor([200, 200], "bool", new Uint8Array(40000)));
  const trace = new Trace();
  // The plan has no place for the product itself, so the library allocates it when it loads the program.
  withContext(recording(trace), () => trace.assign(c, ops.less(ops.matmul(trace.read(a), trace.read(b)), 201)));
  await executor.attach([a, b, c]);
  // The remaining memory is enough for the program's words and its small slots.
  takeAllMemory(library);
  const refused = (error: Error) =>
    error instanceof BackendError && /^Cannot load a program: .*a need of 0\.2 MiB more/.test(error.message);
  await assert.rejects(() => executor.compile(trace.graph), refused);
  await executor.dispose();
});

Deno.test("a long run gives the event loop its turn about every 50 ms", async () => {
  const executor = await openWasm({ threads: 1 });
  const wide = () => new Variable(new Tensor([128, 128], "float32", new Float32Array(128 * 128).fill(1 / 128)));
  const x = wide();
  const y = wide();
  const trace = new Trace();
  withContext(recording(trace), () => trace.assign(x, ops.matmul(trace.read(x), trace.read(y))));
  const program = await executor.compile(trace.graph);
  const timed = async (steps: number) => {
    const start = performance.now();
    await program.run(steps);
    return performance.now() - start;
  };
  // On a busy machine the shortest time is the most accurate.
  const quickest = Math.min(await timed(100), await timed(100), await timed(100));
  let [turns, took] = [0, 0];
  // Longer again where the machine has become faster meanwhile.
  for (let steps = Math.ceil(100 * 600 / quickest); took <= 300; steps *= 2) {
    turns = 0;
    const timer = setInterval(() => turns++, 1);
    took = await timed(steps);
    clearInterval(timer);
  }
  // A third of the turns, since the machine may be busy: 4 turns in 600 ms.
  assert.ok(turns >= Math.floor(took / 150), `${turns} turns in ${took} ms`);
  assert.ok(Math.abs((await x.read()).data[77] - 1 / 128) < 1e-6);
  await executor.dispose();
});

Deno.test("nodes are measured one by one, and compute the same", async () => {
  const executor = await openWasm({ threads: 1 });
  const x = new Variable(new Tensor([3], "float32", Float32Array.of(1, 2, 3)));
  const trace = new Trace();
  withContext(recording(trace), () => trace.assign(x, ops.reverse(ops.multiply(trace.read(x), 2), 0)));
  const program = await executor.compile(trace.graph);
  const times = await program.measure(3);
  assert.deepEqual(times.map(({ op }) => op), program.encoded.nodes.map(({ op }) => op));
  assert.ok(times.every(({ nanoseconds }) => nanoseconds >= 0));
  assert.deepEqual([...(await x.read()).data], [24, 16, 8]);
  assert.deepEqual([program.stats.calls, program.stats.steps], [1, 3]);
  await program.run(1);
  assert.deepEqual([...(await x.read()).data], [16, 32, 48]);
  await executor.dispose();
});

Deno.test("a measured run that is stopped ends before its next step", async () => {
  const executor = await openWasm({ threads: 1 });
  const x = new Variable(0);
  const trace = new Trace();
  withContext(recording(trace), () => trace.assign(x, ops.add(trace.read(x), 1)));
  const program = await executor.compile(trace.graph);
  const running = program.measure(10_000_000);
  setTimeout(() => executor.stop(), 1);
  await assert.rejects(running, /^StateError: A run of 10000000 steps was stopped after \d+$/);
  assert.equal((await x.read()).item(), program.stats.steps);
  await executor.dispose();
});

/** Runs ffi/build_wasm.ts in a copy with only the files that it needs, and without permission to read others. */
async function runBuild(args: readonly string[], change?: { file: string; text: string }) {
  const folder = await Deno.makeTempDir();
  try {
    for (const path of ["ffi", "lib"]) await Deno.mkdir(`${folder}/${path}`);
    const root = new URL("../../", import.meta.url);
    await Deno.copyFile(new URL("lib/errors.ts", root), `${folder}/lib/errors.ts`);
    for await (const { name, isFile } of Deno.readDir(new URL("ffi", root))) {
      if (isFile) await Deno.copyFile(new URL(`ffi/${name}`, root), `${folder}/ffi/${name}`);
    }
    if (change) await Deno.writeTextFile(`${folder}/ffi/${change.file}`, change.text, { append: true });
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-lock", `--allow-read=${folder}`, `${folder}/ffi/build_wasm.ts`, ...args],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the check sees a change of any source, and what was not changed", async () => {
  assert.equal((await runBuild(["--check"])).code, 0);
  for (const file of ["tile.h", "matmul.cpp", "wasm.cpp"]) {
    const { code, text } = await runBuild(["--check"], { file, text: "// one more line\n" });
    assert.equal(code, 1, file);
    assert.match(
      text,
      /ffi\/ceratops\.wasm\.txt is of other sources or flags .*run deno task build:wasm and commit it/,
    );
  }
});

Deno.test("without clang the build says what to install", async () => {
  const { code, text } = await runBuild([]);
  assert.equal(code, 1);
  assert.match(
    text,
    /^Cannot compile to WebAssembly: clang 16 .*must be installed: sudo apt-get install -y clang-16 /m,
  );
});
