// The public ops against Keras, on tensors at once and compiled on each backend.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import type { DType } from "../../lib/dtype.ts";
import { makeArray } from "../../lib/dtype.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import { installOps, opDef } from "../../lib/ir/op_def.ts";
import type { Value } from "../../lib/ir/value.ts";
import { opNames, opTable } from "../../lib/ops/defs/table.ts";
import type { ScanStep } from "../../lib/ops/defs/scan.ts";
import * as ops from "../../lib/ops/ops.ts";
import { sizeOf } from "../../lib/shape.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose, type Tolerance } from "../close.ts";
import { golden } from "../golden.ts";
import { literals } from "./literals.ts";

interface Stored {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: (number | boolean | string)[];
}

/** A call of an op; `result` is Keras's, null if Keras throws. */
interface Case {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly result: Stored | Stored[] | null;
  readonly differs?: { readonly why: string; readonly result: Stored };
  /** By every float32 operand: the gradient of the sum of all results, each element weighted by its index. */
  readonly gradients?: readonly Stored[];
}

/** A value of a file with each `"#3"` replaced by the array of that number. */
function resolve(value: unknown, arrays: readonly Stored[]): unknown {
  if (typeof value === "string" && value.startsWith("#")) return arrays[Number(value.slice(1))];
  if (Array.isArray(value)) return value.map((item) => resolve(item, arrays));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, arrays)]));
}

const cases = ["ops", "images", "image_ops", "signals", "numerics", "nn_ops", "linalg"].map(golden).flatMap((
  { cases, arrays },
) => resolve(cases, arrays as Stored[]) as Case[]);
const calls = Object.groupBy(cases, ({ op }) => op) as Record<string, Case[]>;
type Results = Tensor | readonly Tensor[];
const { image, linalg: _, ...others } = ops;
const named = Object.entries(image).map(([name, fn]) => [`image.${name}`, fn]);
const functions = { ...others, ...Object.fromEntries(named) } as Record<string, (...args: unknown[]) => Results>;
const only = (results: Results) => results as Tensor;

const isStored = (value: unknown): value is Stored =>
  typeof value === "object" && value !== null && "shape" in value && "dtype" in value;

function revive({ shape, dtype, data }: Stored): Tensor {
  return new Tensor(shape, dtype, makeArray(dtype, data.map(Number)));
}

/** An object with each value replaced. */
const mapped = (options: object, fn: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, fn(value)]));

const isOptions = (arg: unknown): arg is object =>
  typeof arg === "object" && arg !== null && Object.getPrototypeOf(arg) === Object.prototype;

/** The arguments with stored arrays as tensors, and values restored that JSON cannot express. */
function argument(value: unknown): unknown {
  if (isStored(value)) return revive(value);
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : argument(item)));
  if (value === null) return undefined;
  if (typeof value === "object") return mapped(value, argument);
  return value === "Infinity" || value === "-Infinity" || value === "NaN" ? Number(value) : value;
}

const rounded: Tolerance = { absolute: 1e-10, relative: 2e-6 };
const summed: Tolerance = { absolute: 2e-6, relative: 4e-6 };
const sums = new Set(["sum", "mean", "var", "std", "matmul", "softmax", "logSoftmax", "logsumexp", "scan"].concat(
  "outer tensordot einsum dotProductAttention dot vdot inner cross average normalize nansum nanmean nanvar nanstd nanprod trace prod moments norm segmentSum segmentProd batchNormalization layerNormalization rmsNormalization ctcLoss fold binaryCrossentropy categoricalCrossentropy sparseCategoricalCrossentropy corrcoef correlate cumsum cumprod conv convTranspose depthwiseConv separableConv averagePool adaptiveAveragePool image.resize image.gaussianBlur image.scaleAndTranslate image.ssim"
    .split(" "),
));
/** Small differences of larger numbers, which each library rounds differently. */
const cancelled: Tolerance = { absolute: 3e-7, relative: 4e-6 };
const cancels = new Set(["blackman", "gelu", "tanhShrink", "squareplus", "sinc"]);
/** Sums of up to 130 numbers that nearly cancel: as many roundings of their largest parts. */
const transformed: Tolerance = { absolute: 2e-5, relative: 4e-6 };
const transforms = new Set("fft ifft fft2 ifft2 rfft irfft stft istft".split(" "));
/** Factors and solutions of matrices of small condition. */
const factored: Tolerance = { absolute: 2e-5, relative: 2e-5 };
const factors = new Set(
  "cholesky choleskyInverse qr luFactor solve solveTriangular inv det slogdet logdet svd pinv lstsq".split(" "),
);
/** Places between pixels by eight equations, which Keras solves in float32. */
const solved: Tolerance = { absolute: 2e-5, relative: 1e-5 };
const sloped: Tolerance = { absolute: 4e-6, relative: 2e-5 };
const exact: Tolerance = { absolute: 0, relative: 0 };
/** Ops that only select or move elements, or round to integers: results must be exact. */
const moving = new Set(
  ("abs absolute sign negative relu round floor ceil maximum minimum where cast broadcastTo reshape transpose slice " +
    "pad concatenate stack flip take expandDims squeeze clip oneHot zeros ones full max min maxPool sort topK takeAlongAxis image.padImages " +
    "zerosLike onesLike fullLike identity amax amin nanmax nanmin trunc rot90 fliplr flipud append arraySplit unstack " +
    "sliceUpdate select nanToNum array convertToTensor copy saturateCast extractSequences image.extractPatches image.extractPatches3d adaptiveMaxPool diag diagonal diagflat hardTanh relu6 hardShrink threshold multiHot " +
    "image.cropImages emptyLike rearrange depthToSpace spaceToDepth unfold segmentMax segmentMin")
    .split(" "),
);

function assertSame(actual: Results, expected: Stored | readonly Stored[], op: string, what: string): void {
  if (Array.isArray(expected)) {
    assert.equal((actual as readonly Tensor[]).length, expected.length, what);
    return expected.forEach((each, i) => assertOne((actual as readonly Tensor[])[i], each, op, `${what} result ${i}`));
  }
  assertOne(actual as Tensor, expected as Stored, op, what);
}

function assertOne(actual: Tensor, expected: Stored, op: string, what: string): void {
  assert.deepEqual([actual.dtype, [...actual.shape]], [expected.dtype, expected.shape], what);
  const near = expected.dtype !== "float32" || moving.has(op)
    ? exact
    : sums.has(op)
    ? summed
    : cancels.has(op)
    ? cancelled
    : transforms.has(op)
    ? transformed
    : factors.has(op)
    ? factored
    : op === "image.perspectiveTransform"
    ? solved
    : rounded;
  assertClose(actual.data, revive(expected).data, near, what);
}

const describe = ({ op, args }: Case) =>
  `${op}(${
    args.map((arg) => isStored(arg) ? `${arg.dtype}[${arg.shape}]` : JSON.stringify(arg)?.slice(0, 60)).join(", ")
  })`;

/** Calls `fn` compiled: its tensors, including those in lists, are arguments of the program. */
function runCompiled(fn: (...args: unknown[]) => Results, args: readonly unknown[]): Promise<Results> {
  return compile((...values: Value[]) => fn(...swapped(args, values)) as Tensor)(...tensorsIn(args));
}

const tensorsIn = (args: readonly unknown[]) =>
  args.flatMap((arg) => isOptions(arg) ? Object.values(arg) : arg).filter((arg) => arg instanceof Tensor);

/** The arguments with `values` in place of their tensors. */
function swapped(args: readonly unknown[], values: readonly Value[]): unknown[] {
  const next = values.values();
  const swap = (arg: unknown): unknown =>
    Array.isArray(arg)
      ? arg.map(swap)
      : isOptions(arg)
      ? mapped(arg, swap)
      : arg instanceof Tensor
      ? next.next().value
      : arg;
  return args.map(swap);
}

/** The gradients of the weighted sum of results by every float32 operand. */
function runGradients(fn: (...args: unknown[]) => Results, args: readonly unknown[]): Promise<Tensor[]> {
  const inputs = tensorsIn(args);
  const program = compile((...values: Value[]) => {
    const results = [fn(...swapped(args, values))].flat() as unknown as Value[];
    const terms = results.filter(({ dtype }) => dtype === "float32").map((y) => {
      const weights = Float32Array.from({ length: sizeOf(y.shape) }, (_, i) => ((i * 7) % 11) / 5 - 1);
      return ops.sum(ops.multiply(ops.reshape(y, [-1]), tensor(weights)));
    });
    return gradients(terms.reduce((a, b) => ops.add(a, b)), values.filter(({ dtype }) => dtype === "float32"));
  });
  return program(...inputs) as Promise<Tensor[]>;
}

for (const [op, list] of Object.entries(calls)) {
  if (op === "scan") continue;
  Deno.test(`${op} on tensors gives what Keras gives`, () => {
    for (const call of list) {
      const expected = call.differs?.result ?? call.result as Stored;
      assertSame(functions[op](...call.args.map(argument)), expected, op, describe(call));
    }
  });
  testOnBackends(`${op} compiled gives what Keras gives`, async () => {
    for (const call of list) {
      const expected = call.differs?.result ?? call.result as Stored;
      assertSame(await runCompiled(functions[op], call.args.map(argument)), expected, op, describe(call));
    }
  });
}

for (const [op, list] of Object.entries(calls)) {
  const held = list.filter((call) => call.gradients);
  if (held.length === 0) continue;
  testOnBackends(`${op} has the gradients that Keras gives`, async () => {
    for (const call of held) {
      const actual = await runGradients(functions[op], call.args.map(argument));
      call.gradients!.forEach((expected, i) => {
        assert.deepEqual(actual[i].shape, expected.shape, describe(call));
        assertClose(actual[i].data, revive(expected).data, sloped, `${describe(call)}, gradient ${i}`);
      });
    }
  });
}

/** The bodies of the golden loops, by the generator's names. */
const bodies: Record<string, (carries: Value[], rows: Value[], fixed: Value[]) => ScanStep> = {
  running: ([total], [x]) => ({ carries: [ops.add(total, x)], stacked: [ops.multiply(total, x)] }),
  recurrent: ([h], [x], [kernel, recurrentKernel]) => {
    const next = ops.tanh(ops.add(ops.matmul(x, kernel), ops.matmul(h, recurrentKernel)));
    return { carries: [next], stacked: [next] };
  },
  fibonacci: ([a, b]) => ({ carries: [b, ops.add(a, b)], stacked: [a, ops.multiply(a, b)] }),
  pairwise: ([top, total], [x, y]) => {
    const next = ops.maximum(top, x);
    return { carries: [next, ops.add(total, y)], stacked: [ops.subtract(x, y), next] };
  },
};

testOnBackends("scan compiled gives what Keras gives", async () => {
  for (const call of calls.scan) {
    const [name, options, carries, scanned, fixed] = call.args.map(argument) as [
      string,
      { length: number; reverse: boolean },
      ...Tensor[][],
    ];
    const program = compile((...values: Value[]) => {
      const held = values.splice(0, carries.length);
      const rows = values.splice(0, scanned.length);
      const loop = ops.scan(
        { ...options, carries: held, scanned: rows },
        (now, row) => bodies[name](now, row, values),
      );
      return [...loop.carries, ...loop.stacked];
    });
    const actual = await program(...carries, ...scanned, ...fixed);
    (call.result as Stored[]).forEach((expected, i) => assertSame(actual[i], expected, "scan", `${name}, result ${i}`));
  }
});

/**
 * What takes functions, draws, or gives no tensors, or none that is defined: control_flow_test.ts, conversion_test.ts,
 * elastic_test.ts, linalg_test.ts.
 */
const otherwise =
  "associativeScan cond convertToNumpy customGradient dtype eigh foriLoop image.elasticTransform isTensor jvp map ndim shape size switch vectorizedMap whileLoop";

Deno.test("every public op has golden calls", () => {
  assert.deepEqual(Object.keys(functions).filter((name) => !calls[name]).sort(), otherwise.split(" "));
  assert.ok(Object.values(calls).every((list) => list.length >= 2));
});

/** Tests that check ops which neither these calls nor the literals reach. */
const elsewhere: { readonly [K in OpName]?: string } = {
  randomBits: "philox_test.ts",
  allReduce: "../distribution/distribution_test.ts",
  scan: "eager_test.ts",
  recurrence: "../layers/golden_test.ts",
  fused: "../passes/fuzz_test.ts",
  foreach: "../passes/fuzz_test.ts",
  sgdUpdate: "../optimizers/golden_test.ts",
  rmspropUpdate: "../optimizers/golden_test.ts",
  adamUpdate: "../optimizers/golden_test.ts",
};

Deno.test("every op's reference is held to numbers of others: Keras's calls reach it, or it has literals", () => {
  const reached = new Set<OpName>();
  const noting = opNames.map((op) => {
    const definition = opDef(op);
    const reference: typeof definition.reference = (...args) => {
      reached.add(op);
      return definition.reference(...args);
    };
    const { direct } = definition;
    if (!direct) return [op, { ...definition, reference }];
    // What is computed without float64 arrays must be what the reference gives, rounded.
    const checked: typeof direct = (inputs, attrs, outputs) => {
      const wide = inputs.map((input) => ({ ...input, data: Float64Array.from(input.data) }));
      const expected = reference(wide, attrs, outputs).map((data, i) => makeArray(outputs[i].dtype, data));
      const actual = direct(inputs, attrs, outputs);
      // Typed arrays are compared by their bytes, in which NaN is not always the same.
      assert.deepEqual(actual.map((data) => Array.from(data)), expected.map((data) => Array.from(data)), op);
      return actual;
    };
    return [op, { ...definition, reference, direct: checked }];
  });
  installOps(Object.fromEntries(noting));
  try {
    for (const { op, args } of cases) if (op !== "scan") functions[op](...args.map(argument));
  } finally {
    installOps(opTable);
  }
  const held = [...reached, ...Object.keys(literals), ...Object.keys(elsewhere)].sort();
  assert.deepEqual(held, [...opNames].sort(), "each once");
  for (const path of Object.values(elsewhere)) assert.ok(Deno.statSync(new URL(path, import.meta.url)).isFile, path);
});

Deno.test("what is said to differ from Keras does differ", () => {
  for (const call of cases) {
    if (!call.differs || call.result === null) continue;
    assert.notDeepEqual(call.differs.result, call.result, `${describe(call)}: ${call.differs.why}`);
  }
});

const grid = tensor([[1, 2, 3], [4, 5, 6]]);

testOnBackends("gradients where Keras on TensorFlow has none", async () => {
  const weights = tensor([[1, 2, 3], [4, 5, 6]]);
  const program = compile((x: Value, update: Value, amounts: Value) => {
    const changed = ops.multiply(ops.sliceUpdate(x, [0, 1], update), weights);
    const counts = ops.bincount(tensor([2, 0, 2, 1], undefined, "int32"), amounts);
    const loss = ops.add(ops.sum(changed), ops.sum(ops.multiply(counts, tensor([7, 8, 9]))));
    return gradients(loss, [x, update, amounts]);
  });
  const found = await program(grid, tensor([[0, 0]]), tensor([1, 1, 1, 1]));
  assert.deepEqual(found[0].toArray(), [[1, 0, 0], [4, 5, 6]]);
  assert.deepEqual(found[1].toArray(), [[2, 3]]);
  assert.deepEqual(found[2].toArray(), [9, 7, 9, 8]);
});

Deno.test("bincount has as many counts as tensors ask for, and inside of a program as minlength says", async () => {
  const labels = tensor([1, 4, 1], undefined, "int32");
  assert.deepEqual([...ops.bincount(labels).data], [0, 2, 0, 0, 1]);
  const traced = (minlength: number) => compile((x: Value) => ops.bincount(x, undefined, minlength))(labels);
  assert.deepEqual([...(await traced(3)).data], [0, 2, 0]);
  await assert.rejects(
    traced(0),
    /^ValueError: Cannot count by bins: inside of a program minlength must say how many counts there are, received 0/,
  );
});

Deno.test("what is like a value of a program is one", async () => {
  const like = compile((x: Value) => [ops.zerosLike(x), ops.onesLike(x, "int32"), ops.fullLike(x, 2.5)]);
  const [zeros, ones, full] = await like(grid);
  assert.deepEqual([zeros, full].map((x) => [...x.data]), [new Array(6).fill(0), new Array(6).fill(2.5)]);
  assert.deepEqual([ones.dtype, ones.shape, [...ones.data]], ["int32", [2, 3], new Array(6).fill(1)]);
});

Deno.test("numbers alone make a float32 scalar", () => {
  assert.deepEqual([ops.add(2, 3).dtype, ops.add(2, 3).shape, ops.add(2, 3).item()], ["float32", [], 5]);
  assert.equal(ops.maximum(1, 2).item(), 2);
  assert.equal(ops.sum(4).item(), 4);
  assert.equal(ops.logsumexp(4).item(), 4);
  assert.deepEqual(ops.stack([1, 2]).toArray(), [1, 2]);
});

Deno.test("integer sums are int32, over no axis too", () => {
  for (const dtype of ["bool", "uint8", "int32"] as const) {
    assert.equal(ops.sum(tensor(1, undefined, dtype)).dtype, "int32", dtype);
    assert.equal(ops.sum(tensor([1, 0], undefined, dtype), []).dtype, "int32", dtype);
  }
});

Deno.test("made elements have the values of their dtype", () => {
  assert.deepEqual([...ops.full([2], 7, "bool").data], [1, 1]);
  assert.deepEqual([...ops.full([1], 2.75, "int32").data], [2]);
  assert.deepEqual([...ops.arange(0, 4, 1, "bool").data], [0, 1, 1, 1]);
});

testOnBackends("a pad value becomes one of the dtype", async () => {
  const padded = (x: unknown) => only(functions.cast(functions.pad(x, [1, 0], "constant", 1.75), "float32"));
  const whole = tensor([5], undefined, "int32");
  assert.deepEqual([...padded(whole).data], [1, 5]);
  assert.deepEqual([...only(await runCompiled(padded, [whole])).data], [1, 5]);
});
