// The native executor: errors, independence of the number of threads, stopping, and building and caching the library.
import assert from "node:assert/strict";
import { units } from "../../ffi/build.ts";
import type { BuiltLibrary } from "../../ffi/cache.ts";
import type { TypedArray } from "../../lib/dtype.ts";
import { BackendError, StateError } from "../../lib/errors.ts";
import { variablesOf } from "../../lib/exec/executor.ts";
import { attrsHeader } from "../../lib/exec/native/attrs_header.ts";
import { openEigen } from "../../lib/exec/native/eigen.ts";
import { encodePlan } from "../../lib/exec/native/encode.ts";
import type { NativeExecutor } from "../../lib/exec/native/executor.ts";
import { openLibrary } from "../../lib/exec/native/ffi.ts";
import { openWasm } from "../../lib/exec/native/wasm.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import type { Graph, OpAttrs } from "../../lib/ir/graph.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import { elementwiseDefs } from "../../lib/ops/defs/elementwise.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import { opNames } from "../../lib/ops/defs/table.ts";
import { planGraph } from "../../lib/passes/pipeline.ts";
import { bytesPerElement } from "../../lib/dtype.ts";
import { sizeOf } from "../../lib/shape.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { assertClose } from "../close.ts";

/** Declares the test for each form of the library. */
function testOnNative(name: string, body: (executor: NativeExecutor) => Promise<void> | void): void {
  for (const [backend, open] of Object.entries({ eigen: openEigen, wasm: openWasm })) {
    Deno.test(`${name} [${backend}]`, async () => {
      const executor = await open({ threads: 2 });
      await body(executor);
      await executor.dispose();
    });
  }
}

let seed = 7;
/** The next number of a fixed sequence, in [-1, 1). */
function next(): number {
  seed = (Math.imul(seed, 1103515245) + 12345) | 0;
  return (seed >> 8) * 2 ** -23;
}

function variable(shape: number[], of: () => number = next): Variable {
  return new Variable(new Tensor(shape, "float32", Float32Array.from({ length: sizeOf(shape) }, of)), { name: "v" });
}

function whole(shape: number[], of: (i: number) => number): Variable {
  return new Variable(new Tensor(shape, "int32", Int32Array.from({ length: sizeOf(shape) }, (_, i) => of(i))));
}

function traced(body: (trace: Trace) => void): Graph {
  const trace = new Trace();
  withContext(recording(trace), () => body(trace));
  return trace.graph;
}

/** Runs `body` once with the values of `inputs`; what it returns is read back. */
async function compute(
  executor: NativeExecutor,
  inputs: readonly Variable[],
  body: (...values: Value[]) => Value[],
): Promise<TypedArray[]> {
  const outputs: Variable[] = [];
  const graph = traced((trace) => {
    for (const value of body(...inputs.map((input) => trace.read(input)))) {
      const zeros = value.dtype === "float32" ? Float32Array : value.dtype === "int32" ? Int32Array : Uint8Array;
      const output = new Variable(new Tensor(value.shape, value.dtype, new zeros(sizeOf(value.shape))));
      trace.assign(output, value);
      outputs.push(output);
    }
  });
  const program = await executor.compile(graph);
  await program.run(1);
  const results = await Promise.all(outputs.map(async (output) => (await output.read()).data));
  program.dispose();
  return results;
}

const matmul = (a: Value, b: Value, transposeA = false, transposeB = false): Value =>
  apply("matmul", [a, b], { transposeA, transposeB, epilogue: null })[0];

/** A 3 x 3 convolution or one of its gradients, with padding that keeps the extents apart from strides. */
function convolve(
  op: "convolution" | "convolutionTranspose" | "convolutionFilter",
  a: Value,
  b: Value,
  more: { sizes?: number[]; groups?: number } = {},
  stride = 1,
): Value {
  const sides = { strides: [stride, stride], dilation: [1, 1], low: [1, 1], high: [1, 1] };
  return apply(op, [a, b], { ...sides, groups: 1, epilogue: null, sizes: [], ...more })[0];
}

Deno.test("ffi/attrs.h is what the op table gives: else run deno task build:attrs", async () => {
  assert.equal(await Deno.readTextFile(new URL("../../ffi/attrs.h", import.meta.url)), attrsHeader());
});

Deno.test("the builder compiles every C++ file", () => {
  const files = [...Deno.readDirSync(new URL("../../ffi", import.meta.url))].map(({ name }) => name);
  const expected = files.filter((name) => name.endsWith(".cpp") && name !== "wasm.cpp");
  assert.deepEqual([...units].sort(), expected.sort());
});

testOnNative("the library has every op and elementwise function", ({ module }) => {
  const functions = Object.keys(elementwiseDefs);
  assert.deepEqual(functions.filter((name) => !module.functions.has(name)), []);
  // Constants do not run, and a foreach runs the op that it repeats.
  const kernels = opNames.filter((name) => !functions.includes(name) && name !== "constant" && name !== "foreach");
  assert.deepEqual(kernels.filter((name) => !module.ops.has(name)), []);
  assert.deepEqual([...module.functions.keys()].filter((name) => !functions.includes(name)), []);
  assert.deepEqual([...module.ops.keys()].filter((name) => !(opNames as string[]).includes(name)), []);
});

Deno.test("an op that the library lacks is an error with its name", () => {
  const plan = planGraph(
    traced((trace) => {
      const x = variable([4]);
      trace.assign(x, ops.add(ops.reverse(trace.read(x), [0]), 1));
    }),
    { bytesOf: bytesPerElement, reuseInputs: true },
  );
  const some = new Map([["fused", 0], ["reverse", 1]]);
  const add = new Map([["add", 0]]);
  encodePlan(plan, { ops: some, functions: add });
  const refused = (rule: RegExp) => (error: Error) => error instanceof BackendError && rule.test(error.message);
  assert.throws(() => encodePlan(plan, { ops: new Map([["fused", 0]]), functions: add }), refused(/op "reverse"/));
  assert.throws(() => encodePlan(plan, { ops: some, functions: new Map() }), refused(/elementwise function "add"/));
});

/** A program with many kinds of nodes, and its variables. */
function manyKinds(): { graph: Graph; variables: Variable[] } {
  const table = variable([9, 6]);
  const indices = whole([5], (i) => i * 2);
  const labels = whole([5], (i) => i % 3);
  const w = variable([6, 3]);
  const slot = variable([6, 3], () => 0.5);
  const rate = variable([], () => 0.01);
  const counter = whole([2], (i) => i + 3);
  const loss = variable([], () => 0);
  const graph = traced((trace) => {
    const rows = ops.gather(trace.read(table), trace.read(indices));
    const bits = ops.randomBits(trace.read(counter), [5, 6], 9);
    const kept = ops.select(ops.less(ops.bitsToUnit(bits), 0.8), rows, 0);
    const logits = ops.tanh(matmul(kept, trace.read(w)));
    const [each, gradient] = apply("softmaxCrossEntropy", [logits, trace.read(labels)], {}) as Value[];
    const { carries: [total] } = scan(
      { length: 5, carries: [trace.read(loss)], scanned: [each] },
      ([sum], [one]) => ({ carries: [ops.add(sum, one)], stacked: [] }),
    );
    trace.assign(loss, ops.add(total, ops.sum(ops.max(ops.transpose(logits), [0]), [0])));
    const [newW, newSlot] = apply(
      "rmspropUpdate",
      [trace.read(w), matmul(kept, gradient, true), trace.read(slot), trace.read(rate)],
      { rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false },
    ) as Value[];
    trace.assign(w, newW);
    trace.assign(slot, newSlot);
    const shifted = ops.concat([
      ops.slice(newW, [1, 0], [5, 3]),
      ops.pad(ops.slice(newW, [0, 0], [1, 1]), [0, 1], [0, 1]),
    ], 0);
    trace.assign(
      table,
      ops.scatterAdd(trace.read(indices), ops.concat([kept, kept], 1) as Value, 9).shape.length > 2
        ? trace.read(table)
        : ops.add(trace.read(table), ops.sum(shifted)),
    );
  });
  return { graph, variables: [table, indices, labels, w, slot, rate, counter, loss] };
}

testOnNative("a program with any integer changed is refused or runs, but never crashes", async (executor) => {
  const { module } = executor;
  const { graph, variables } = manyKinds();
  await executor.attach(variables);
  const encoded = encodePlan(planGraph(graph, { bytesOf: bytesPerElement, reuseInputs: true }), module);
  const segment = (bytes: number) => ({ address: module.allocate(bytes), bytes });
  const slots = segment(encoded.slotBytes);
  const constants = segment(encoded.constants.length);
  const state = variablesOf(graph).map((variable) => executor.locationOf(variable));
  const words = encoded.bind(slots, constants, state);
  const tryOne = (program: Int32Array<ArrayBuffer>): boolean => {
    module.write(constants.address, encoded.constants);
    let handle: number;
    try {
      handle = module.load(program);
    } catch (error) {
      assert.ok(error instanceof BackendError, String(error));
      assert.match(error.message, /^Cannot load a program: ./);
      return false;
    }
    assert.equal(module.run(handle, 1), 1);
    module.unload(handle);
    return true;
  };
  assert.equal(tryOne(words), true);
  for (const length of [0, 1, 3, 4, 7, words.length >> 1, words.length - 1]) {
    const short = words.slice(0, length);
    assert.equal(tryOne(short), false);
    if (length < 3) continue;
    short[2] = length;
    assert.equal(tryOne(short), false);
  }
  let loaded = 0;
  for (let at = 0; at < words.length; at++) {
    for (const value of [-1, 0, 1, 2, 3, 5, words[at] + 1, words[at] - 1, 1 << 20, 0x7fffffff, -0x80000000]) {
      const changed = words.slice();
      changed[at] = value;
      if (tryOne(changed)) loaded++;
    }
  }
  assert.ok(loaded > 0);
  module.release(slots.address);
  module.release(constants.address);
});

testOnNative("memory that the library did not give is refused", ({ module }) => {
  const bytes = new Uint8Array(16);
  assert.throws(() => module.release(4096), BackendError);
  assert.throws(() => module.read(4096, bytes), BackendError);
  assert.throws(() => module.write(4096, bytes), BackendError);
  assert.throws(() => module.unload(12345), BackendError);
  assert.throws(() => module.run(12345, 1), BackendError);
  const address = module.allocate(16);
  assert.throws(() => module.read(address, new Uint8Array(1 << 20)), BackendError);
  module.release(address);
  assert.throws(() => module.release(address), BackendError);
});

/** `a b` in float64, with the operands as they are stored. */
function product(
  a: TypedArray,
  b: TypedArray,
  m: number,
  k: number,
  n: number,
  tA: boolean,
  tB: boolean,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[tA ? p * m + i : i * k + p];
      for (let j = 0; j < n; j++) c[i * n + j] += x * b[tB ? j * k + p : p * n + j];
    }
  }
  return c;
}

const matmulShapes: [number, number, number][] = [
  [1, 1, 1],
  [1, 200, 130],
  [1, 784, 512],
  [2, 65, 70],
  [5, 300, 33],
  [7, 400, 10],
  [33, 24, 40],
  [65, 9, 100],
  [128, 784, 96],
  [200, 150, 130],
  [25, 9000, 26],
  [133, 70, 1],
  [70, 75, 2],
  [90, 300, 3],
  [141, 41, 4],
  [9, 13000, 1],
  [515, 400, 37],
  [600, 30, 130],
  [4, 0, 5],
  [0, 4, 5],
  [4, 5, 0],
];

testOnNative("products of all shapes and transpositions are those of float64", async (executor) => {
  for (const [m, k, n] of matmulShapes) {
    for (const [tA, tB] of [[false, false], [true, false], [false, true], [true, true]]) {
      const a = variable(tA ? [k, m] : [m, k]);
      const b = variable(tB ? [n, k] : [k, n]);
      const expected = product((await a.read()).data, (await b.read()).data, m, k, n, tA, tB);
      const bias = variable([n]);
      const biasData = (await bias.read()).data;
      const [plain, biased] = await compute(executor, [a, b, bias], (x, y, z) => [
        matmul(x, y, tA, tB),
        ops.relu(ops.add(matmul(x, y, tA, tB), z)),
      ]);
      const near = { absolute: 1e-6 * Math.sqrt(k + 1), relative: 1e-5 };
      assertClose(plain, expected, near, `${[m, k, n, tA, tB]}`);
      assertClose(
        biased,
        expected.map((x, i) => Math.max(0, x + biasData[i % n])),
        near,
        `${[m, k, n, tA, tB]} with bias`,
      );
    }
  }
});

/** Calls whose work is split into tasks, each large enough for several. */
const cut: Record<string, { inputs: () => Variable[]; body: (...values: Value[]) => Value[] }> = {
  matmul: {
    inputs: () => [variable([128, 784]), variable([784, 512]), variable([512])],
    body: (a, b, c) => [matmul(a, b), ops.relu(ops.add(matmul(a, b), c)), matmul(a, b, false, false)],
  },
  "tall matmul": {
    inputs: () => [variable([2000, 70]), variable([70, 90]), variable([90, 70]), variable([90])],
    body: (a, b, c, bias) => [ops.relu(ops.add(matmul(a, b), bias)), matmul(a, c, false, true)],
  },
  "deep matmul": {
    inputs: () => [variable([20000, 24]), variable([20000, 32])],
    body: (a, b) => [matmul(a, b, true, false)],
  },
  "thin matmul": {
    inputs: () => [variable([1, 784]), variable([784, 512]), variable([512, 784])],
    body: (a, b, c) => [matmul(a, b), matmul(a, c, false, true)],
  },
  "batched matmul": {
    inputs: () => [variable([24, 40, 64]), variable([24, 50, 64])],
    body: (a, b) => [matmul(a, b, false, true)],
  },
  convolution: {
    inputs: () => [variable([16, 15, 17, 20]), variable([3, 3, 20, 40]), variable([40])],
    body: (x, kernel, bias) => [ops.relu(ops.add(convolve("convolution", x, kernel), bias))],
  },
  "transposed convolution": {
    inputs: () => [variable([16, 8, 9, 40]), variable([3, 3, 20, 40]), variable([20])],
    body: (y, kernel, bias) => [
      ops.relu(ops.add(convolve("convolutionTranspose", y, kernel, { sizes: [15, 17] }, 2), bias)),
    ],
  },
  "filter's gradient": {
    inputs: () => [variable([16, 15, 17, 20]), variable([16, 15, 17, 40]), variable([16, 15, 17, 20])],
    body: (x, y, z) => [
      convolve("convolutionFilter", x, y, { sizes: [3, 3] }),
      convolve("convolutionFilter", x, z, { sizes: [3, 3], groups: 20 }),
    ],
  },
  "max pool": {
    inputs: () => [variable([32, 30, 30, 20])],
    body: (x) => {
      const windows = { strides: [2, 2], dilation: [1, 1], low: [0, 0], high: [0, 0], sizes: [2, 2] };
      const [y, tap] = apply("maxPool", [x], windows) as Value[];
      const back = apply("maxPoolGradient", [y, tap], { ...windows, extents: [30, 30], epilogue: null });
      return [y, tap, ops.multiply(back[0] as Value, x)];
    },
  },
  reductions: {
    inputs: () => [variable([50000, 7]), variable([300000]), variable([300, 700])],
    body: (a, b, c) => [ops.sum(a, [0]), ops.sum(b), ops.sum(c, [1]), ops.max(a, [0]), ops.argMax(c)],
  },
  fused: {
    inputs: () => [variable([300, 700]), variable([700]), variable([300, 1])],
    body: (a, b, c) => [ops.tanh(ops.add(ops.multiply(a, b), ops.exp(c)))],
  },
  scatter: {
    inputs: () => [whole([3000], (i) => i * 7 % 11), variable([3000, 64])],
    body: (indices, updates) => [ops.scatterAdd(indices, updates, 11)],
  },
};

for (const [name, { inputs, body }] of Object.entries(cut)) {
  Deno.test(`1, 2 and 4 threads give the same bits: ${name}`, async () => {
    const start = seed;
    let expected: TypedArray[] | undefined;
    for (const threads of [1, 2, 4]) {
      seed = start;
      const executor = await openEigen({ threads });
      const actual = await compute(executor, inputs(), body);
      expected ??= actual;
      assert.deepEqual(actual, expected, `${threads} threads`);
      await executor.dispose();
    }
  });
}

testOnNative("sums of many numbers stay exact to a few units in the last place", async (executor) => {
  const x = variable([400000, 3], () => 1 + next() * 0.5);
  const { data } = await x.read();
  const totals = [0, 0, 0];
  data.forEach((value, i) => totals[i % 3] += value);
  const [columns, all] = await compute(executor, [x], (value) => [ops.sum(value, [0]), ops.sum(value)]);
  assertClose(columns, totals, { absolute: 0, relative: 3e-7 });
  assertClose(all, [totals[0] + totals[1] + totals[2]], { absolute: 0, relative: 3e-7 });
});

testOnNative("elementwise functions keep to float64 from the tiny to the huge", async (executor) => {
  const bits = new Int32Array(20000);
  for (let i = 0; i < bits.length; i++) bits[i] = Math.imul(i, 0x9e3779b1);
  const data = new Float32Array(bits.buffer);
  data.set([0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 88.7, 88.73, -87.4, -104, 1, -1, 3.4e38, 1e6, 1e9]);
  for (let i = 100; i < data.length; i += 2) data[i] = next() * 20;
  const x = new Variable(new Tensor([data.length], "float32", data));
  const names = ["exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "softplus", "erf"] as const;
  const results = await compute(executor, [x], (value) => names.map((name) => apply(name, [value], {})[0] as Value));
  names.forEach((name, i) => {
    const wide = { shape: [data.length], dtype: "float32", data: Float64Array.from(data) } as const;
    const [expected] = elementwiseDefs[name].reference([wide], {} as OpAttrs[OpName], [wide]);
    assertClose(results[i], expected.map(Math.fround), { absolute: 3e-45, relative: 5e-7 }, name);
  });
});

testOnNative("a loop carries by copy, by row and by exchange alike", async (executor) => {
  const start = [variable([3]), variable([3]), variable([3])];
  const rows = variable([4, 3]);
  for (const length of [1, 2, 3, 4]) {
    for (const reverse of [false, true]) {
      // Of the carried values, two swap, one of them is also stacked, and one does neither.
      const actual = await compute(executor, [...start, rows], (a, b, c, scanned) => {
        const cutRows = ops.slice(scanned, [0, 0], [length, 3]);
        const result = scan({ length, carries: [a, b, c], scanned: [cutRows], reverse }, ([x, y, z], [row]) => {
          const h = ops.add(ops.multiply(z, 0.5), row);
          return { carries: [y, ops.subtract(x, h), h], stacked: [h, x, ops.reshape(ops.reshape(h, [3, 1]), [3])] };
        });
        return [...result.carries, ...result.stacked];
      });
      let [x, y, z] = await Promise.all(start.map(async (v) => [...(await v.read()).data]));
      const data = [...(await rows.read()).data];
      const stacked: number[][][] = [[], [], []];
      for (let step = 0; step < length; step++) {
        const at = reverse ? length - 1 - step : step;
        const h = z.map((v, i) => v * 0.5 + data[at * 3 + i]);
        [stacked[0][at], stacked[1][at], stacked[2][at]] = [h, x, h];
        [x, y, z] = [y, x.map((v, i) => v - h[i]), h];
      }
      const expected = [x, y, z, ...stacked.map((list) => list.flat())];
      expected.forEach((list, i) =>
        assertClose(actual[i], list, { absolute: 1e-6, relative: 1e-6 }, `${length} ${reverse} output ${i}`)
      );
    }
  }
});

testOnNative("a long run is stopped between steps, and the program runs on later", async (executor) => {
  const x = variable([64, 64]);
  const count = whole([], () => 0);
  const program = await executor.compile(traced((trace) => {
    trace.assign(x, ops.tanh(matmul(trace.read(x), trace.read(x))));
    trace.assign(count, ops.add(trace.read(count), 1));
  }));
  const steps = 50_000_000;
  const run = assert.rejects(() => program.run(steps), StateError);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // While it runs, a write waits for its end, and so does a read.
  x.assign(new Tensor([64, 64], "float32", new Float32Array(64 * 64).fill(2)));
  const read = count.read();
  executor.stop();
  await run;
  const [done] = (await read).data;
  assert.ok(done > 0 && done < steps, `${done}`);
  assert.equal(program.stats.steps, done);
  assert.equal((await x.read()).data[5], 2);
  await program.run(3);
  assert.equal((await count.read()).data[0], done + 3);
});

testOnNative("variables adopted together lie in one block and outlive programs", async (executor) => {
  const list = [variable([3]), variable([100]), variable([])];
  await executor.attach(list);
  const [first, second, third] = list.map((v) => executor.locationOf(v).address);
  assert.deepEqual([second - first, third - second], [256, 512]);
  const double = traced((trace) => list.forEach((v) => trace.assign(v, ops.multiply(trace.read(v), 2))));
  const before = (await list[1].read()).data[7];
  const program = await executor.compile(double);
  await program.run(2);
  assert.deepEqual(program.stats.calls, 1);
  program.dispose();
  await assert.rejects(() => program.run(1), StateError);
  assert.equal((await list[1].read()).data[7], before * 4);
  assert.equal(list[1].device, executor);
  // A variable that was moved away comes back when the program runs again.
  const again = await executor.compile(double);
  await again.run(1);
  await list[1].transferTo(undefined);
  assert.throws(() => executor.locationOf(list[1]), StateError);
  await again.run(1);
  assert.equal(list[1].device, executor);
  assert.equal((await list[1].read()).data[7], before * 16);
  await executor.dispose();
  assert.equal(list[1].device, undefined);
  assert.equal((await list[1].read()).data[7], before * 16);
});

Deno.test("the time of each node can be measured", async () => {
  const executor = await openEigen({ threads: 1 });
  const { graph } = manyKinds();
  const program = await executor.compile(graph);
  const times = await program.measure(5);
  assert.equal(times.length, program.stats.nodes);
  assert.ok(times.some(({ op, nanoseconds }) => op === "matmul" && nanoseconds > 0));
  await executor.dispose();
});

/** A compiler that caches its outputs, across processes, so that a test can build several times. */
const compilerThatRemembers = (compiler: string, folder: string) =>
  `#!/bin/sh
object="${folder}/$(printf "%s " "$@" | cksum | tr " " -)"
for output; do true; done
case "$*" in *" -shared "*) exec ${compiler} "$@";; esac
if mkdir "$object.begun" 2>/dev/null; then
  if ${compiler} "$@"; then cp "$output" "$object.part" && mv "$object.part" "$object"; else rmdir "$object.begun"; exit 1; fi
else
  until [ -f "$object" ]; do [ -d "$object.begun" ] || exit 1; sleep 0.05; done
  cp "$object" "$output"
fi
`;

Deno.test("the library is built once, also by two processes, and again when the file is damaged [slow]", async () => {
  const cache = await Deno.makeTempDir({ prefix: "ceratops-cache-" });
  const objects = await Deno.makeTempDir({ prefix: "ceratops-objects-" });
  const CXX = `${objects}/compiler`;
  await Deno.writeTextFile(CXX, compilerThatRemembers(Deno.env.get("CXX") ?? "g++", objects), { mode: 0o755 });
  const script = `
    import { findLibrary } from ${JSON.stringify(new URL("../../ffi/build.ts", import.meta.url).href)};
    console.log(JSON.stringify(await findLibrary(${JSON.stringify({ cache, level: "generic", flags: ["-O0"] })})));`;
  const find = async (): Promise<BuiltLibrary> => {
    const command = new Deno.Command(Deno.execPath(), { args: ["eval", script], env: { CXX }, stdout: "piped" });
    const { success, stdout } = await command.output();
    assert.ok(success);
    return JSON.parse(new TextDecoder().decode(stdout)) as BuiltLibrary;
  };
  try {
    const [found, same] = await Promise.all([find(), find()]);
    assert.deepEqual(found, same);
    const opened = openLibrary(found, { threads: 1 });
    assert.match(opened.description, /^Eigen 3\.\d+\.\d+.*1 thread$/);
    assert.throws(() => openLibrary({ ...found, build: "other" }), /must be built from these sources/);
    const left = [...Deno.readDirSync(`${cache}/native`)].map(({ name }) => name);
    assert.deepEqual(left, [found.build], "nothing else is left behind");

    const whole = await Deno.readFile(found.path);
    const { ino } = await Deno.stat(found.path);
    await find();
    assert.equal((await Deno.stat(found.path)).ino, ino, "a whole library is not built again");
    // Replaces the file: the loaded one stays as it is.
    await Deno.remove(found.path);
    await Deno.writeFile(found.path, whole.slice(0, 1000));
    await find();
    assert.equal((await Deno.stat(found.path)).size, whole.length);
  } finally {
    for (const folder of [cache, objects]) await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without a compiler or headers the error says what to install", async () => {
  const cache = await Deno.makeTempDir({ prefix: "ceratops-cache-" });
  try {
    const script = `
      import { findLibrary, units } from ${JSON.stringify(new URL("../../ffi/build.ts", import.meta.url).href)};
      try { await findLibrary({ level: "generic" }); } catch (error) { console.log(error.name + " " + error.message); }`;
    const env = { PATH: "/nowhere", CERATOPS_CACHE: cache };
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script], env, clearEnv: true })
      .output();
    assert.match(
      new TextDecoder().decode(stdout),
      /^BackendError Cannot build the native library: .*compiler.*: .*g\+\+/,
    );
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
