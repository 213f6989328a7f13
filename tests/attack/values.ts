// Values of every sort: those that no function was made for, and those that suit some parameter.
import { Input, layers, Model, type Tensor, tensor, Variable } from "../../mod.ts";
import type { Trace } from "../../lib/ir/trace.ts";
import type { DType } from "../../lib/dtype.ts";

/** A value and how messages show it. */
export interface Described {
  readonly text: string;
  readonly value: unknown;
}

/** A list nested in itself `depth` times. */
function nested(depth: number): unknown[] {
  let value: unknown[] = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function holdingItself(): unknown[] {
  const list: unknown[] = [1];
  list.push(list);
  return list;
}

function objectHoldingItself(): object {
  const object: Record<string, unknown> = { name: "a" };
  object.self = object;
  return object;
}

function detached<T extends Float32Array | Uint8Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** What suits nothing: each is made anew for a call. */
const strange: readonly (readonly [string, () => unknown])[] = [
  ...[NaN, Infinity, -Infinity, 0, -0, -1, 0.5, 1e9, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 5e-324, 100]
    .map((value) => [Object.is(value, -0) ? "-0" : String(value), () => value] as const),
  ...["", "1", "abc", "relu", "mse", "__proto__", "constructor", "\u{1F600}\ud800", "float64", "hasOwnProperty"]
    .map((value) => [JSON.stringify(value), () => value] as const),
  ["a text of 100,000 letters", () => "a".repeat(100_000)],
  ["undefined", () => undefined],
  ["null", () => null],
  ["true", () => true],
  ["false", () => false],
  ["1n", () => 1n],
  ["10n ** 30n", () => 10n ** 30n],
  ["a symbol", () => Symbol("symbol")],
  ["a function of nothing", () => () => undefined],
  ["a function that gives null", () => () => null],
  ["a function that gives its argument", () => (x: unknown) => x],
  ["an async function", () => () => Promise.resolve(1)],
  ["a generator function", () =>
    function* () {
      yield 1;
    }],
  ["a class", () => class Own {}],
  ["Map", () => Map],
  ["Date", () => Date],
  ["Float32Array", () => Float32Array],
  ["layers.Dense", () => layers.Dense],
  ["new layers.Dense(1)", () => new layers.Dense(1)],
  ["new layers.Activation(relu)", () => new layers.Activation("relu")],
  ["new Model()", () => new Model()],
  ["[]", () => []],
  ["[[]]", () => [[]]],
  ["[0]", () => [0]],
  ["[1, 2]", () => [1, 2]],
  ["[1, 2, 3, 4, 5, 6, 7]", () => [1, 2, 3, 4, 5, 6, 7]],
  ["[-1, -1]", () => [-1, -1]],
  ["[NaN, 1]", () => [NaN, 1]],
  ["[null]", () => [null]],
  ["[undefined]", () => [undefined]],
  ["[1n]", () => [1n]],
  ["[symbol, 1]", () => [Symbol("symbol"), 1]],
  ['["a"]', () => ["a"]],
  ["[{}]", () => [{}]],
  ["[[1, 2], [3]]", () => [[1, 2], [3]]],
  ["[2 ** 31, 2 ** 31]", () => [2 ** 31, 2 ** 31]],
  ["[1e9]", () => [1e9]],
  ["[null, 1e9]", () => [null, 1e9]],
  ["[1e6, 1e6]", () => [1e6, 1e6]],
  ["[50_000, 50_000]", () => [50_000, 50_000]],
  ["an empty list of length 3", () => new Array(3)],
  ["an empty list of length 2 ** 32 - 1", () => new Array(2 ** 32 - 1)],
  ["100,000 ones", () => new Array(100_000).fill(1)],
  ["100,000 nulls", () => new Array(100_000).fill(null)],
  ["a list that holds itself", holdingItself],
  ["a list of 20,000 levels", () => nested(20_000)],
  ["a list of 65 levels", () => nested(65)],
  ["{}", () => ({})],
  ["an object without prototype", () => Object.create(null)],
  ["an object without prototype, with x", () => Object.assign(Object.create(null), { x: 1 })],
  ["an object that holds itself", objectHoldingItself],
  ["{ name: symbol }", () => ({ name: Symbol("name") })],
  ["{ constructor: null }", () => ({ constructor: null })],
  ["{ length: 3 }", () => ({ length: 3 })],
  ["{ length: 1e9 }", () => ({ length: 1e9 })],
  ["{ shape: null }", () => ({ shape: null })],
  ["{ shape: [2], dtype, data }", () => ({ shape: [2], dtype: "float32", data: new Float32Array(2) })],
  ["{ class_name, config }", () => ({ class_name: "Dense", config: {} })],
  ["{ class_name: 5 }", () => ({ class_name: 5, config: null })],
  ["{ a: 1n }", () => ({ a: 1n })],
  ["{ serialize: null }", () => ({ serialize: null })],
  ["an object that throws as text", () => ({
    toString: null,
    valueOf: null,
  })],
  ["new Date()", () => new Date(0)],
  ["new Map()", () => new Map()],
  ["new Set([1])", () => new Set([1])],
  ["new RegExp", () => /a/],
  ["new Error", () => new Error("own")],
  ["new Proxy({})", () => new Proxy({}, {})],
  ["a promise", () => Promise.resolve(1)],
  ["a WeakMap", () => new WeakMap()],
  ["new Float32Array(2)", () => new Float32Array(2)],
  ["new Float64Array(2)", () => new Float64Array(2)],
  ["new BigInt64Array(2)", () => new BigInt64Array(2)],
  ["new Uint8Array(0)", () => new Uint8Array(0)],
  ["a DataView", () => new DataView(new ArrayBuffer(8))],
  ["an ArrayBuffer", () => new ArrayBuffer(8)],
  ["a detached Float32Array", () => detached(new Float32Array(4))],
  ["a shared Float32Array", () => new Float32Array(new SharedArrayBuffer(16))],
  ["a shared Uint8Array of odd place", () => new Uint8Array(new SharedArrayBuffer(16), 3, 4)],
  ["a tensor over a detached buffer", () => {
    const made = tensor([[1, 2], [3, 4]]);
    detached(made.data as Float32Array);
    return made;
  }],
  [
    "a tensor over a shared buffer",
    () => tensor(new Float32Array(new SharedArrayBuffer(16)), [2, 2]),
  ],
  ["a tensor without elements", () => tensor([])],
  ["a tensor of NaN", () => tensor([NaN, 1, Infinity])],
  ["an iterator that gives undefined", () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) })],
  ["an iterable of null", () => ({ [Symbol.iterator]: () => null })],
  ["an iterable of texts", () => ({
    *[Symbol.iterator]() {
      yield "a";
    },
  })],
];

/** So many strange values there are. */
export const strangeCount = strange.length;

/** The strange value of a number. */
export function strangeValue(index: number): Described {
  const [text, make] = strange[index];
  return { text, value: make() };
}

/** How tensors are held: at hand, in a trace, or as the symbols of a model. */
export type Mode = "eager" | "traced" | "symbolic";

/** Numbers of a fixed sequence. */
function numbers(shape: readonly number[], dtype: DType): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, (_, i) => dtype === "float32" ? ((i * 7) % 11) / 5 - 1 : i % 3);
  return tensor(values, shape, dtype);
}

const shapes: readonly (readonly number[])[] = [[], [4], [2, 3], [2, 3], [2, 3], [2, 4, 3], [2, 5, 4, 3], [
  2,
  3,
  3,
  3,
  1,
]];

/** What makes values that suit: the choice is by `random`, and `trace` holds those of a program. */
export function suiting(random: () => number, mode: Mode, trace: Trace): (name: string) => Described {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const operand = (dtype: DType = pick(["float32", "float32", "float32", "int32", "bool"] as const)): Described => {
    const shape = pick(shapes);
    const text = `${mode} ${dtype} [${shape}]`;
    if (mode === "traced") return { text, value: trace.input({ shape, dtype }) };
    if (mode === "symbolic" && shape.length > 0) return { text, value: Input({ shape: shape.slice(1), dtype }) };
    return { text, value: numbers(shape, dtype) };
  };
  const as = (text: string, value: unknown): Described => ({ text, value });
  const json = (value: unknown): Described => as(JSON.stringify(value), value);
  const model = () => {
    const x = Input({ shape: [3] });
    return as("a model", new Model({ inputs: x, outputs: new layers.Dense(2).apply(x) }));
  };
  const kinds: readonly (readonly [RegExp, () => Described])[] = [
    [
      /^(_?inputShapes?|_?shapes?|targetShape|outputShape)$/,
      () => json(pick([[null, 3], [2, 3], [4], [], [null, 4, 4, 3]])),
    ],
    [/^(axis|axes|axis1|axis2|source|destination)$/, () => json(pick([0, -1, 1, [0], [0, 1]]))],
    [/^dtype$/, () => json(pick(["float32", "int32", "bool", "uint8"]))],
    [/^(name|kind|key|path)$/, () => json(pick(["a", "loss"]))],
    [/^(fn|f|call|body|function|write|read|run|getInit|print)$/, () => as("(x) => x", (x: unknown) => x)],
    [/^(logs|_logs)$/, () => json({ loss: 0.5, val_loss: 0.25 })],
    [
      /^(epoch|batch|step|steps|count|n|k|num.*|rows?|start|end|index|depth|repeats|size|seed|length|i)$/,
      () => json(pick([1, 2, 3])),
    ],
    [/^(options|context|others|config|params|named)$/, () => json({})],
    [/^(callbacks|layers)$/, () => json([])],
    [/^model$/, model],
    [/^(variables|weights|targets)$/, () => as("[a variable]", [new Variable([1, 2])])],
    [/^(operands|inputs|xs|tensors|arrays|list)$/, () => as("[operand, operand]", [operand().value, operand().value])],
    [/^(keep.*|transpose.*|training|descending|sorted|fromLogits)$/, () => json(pick([true, false]))],
    [/^state$/, () => as("[tensor, tensor]", [tensor(1), tensor(2)])],
  ];
  const anything: readonly (() => Described)[] = [
    () => operand(),
    () => operand("float32"),
    () => operand("int32"),
    () => json(pick([0, 1, 2, -1, 0.5])),
    () => json(pick([[0], [1, 2], [0, 1], [2, 3]])),
    () => json(pick(["float32", "valid", "same", "constant", "channels_last", "ij,jk->ik"])),
    () => json({}),
  ];
  return (name) => {
    const found = kinds.find(([pattern]) => pattern.test(name));
    if (found && random() < 0.9) return found[1]();
    return random() < 0.75 ? operand() : pick(anything)();
  };
}

/** Names of options of functions and methods, whose values may be strange. */
export const optionNames: readonly string[] = [
  ...["axis", "axes", "keepDims", "delta", "fromLogits", "labelSmoothing", "alpha", "gamma", "beta", "threshold"],
  ...["batchSize", "epochs", "verbose", "callbacks", "sampleWeight", "classWeight", "validationData"],
  ...["validationSplit", "shuffle", "initialEpoch", "stepsPerEpoch", "steps", "validationSteps", "validationFreq"],
  ...["validationBatchSize", "optimizer", "loss", "lossWeights", "metrics", "weightedMetrics", "stepsPerExecution"],
  ...["lineLength", "positions", "printFn", "expandNested", "showTrainable", "layerRange"],
  ...["name", "shape", "dtype", "initializer", "trainable", "regularizer", "constraint"],
  ...["strides", "padding", "dataFormat", "dilationRate", "poolSize", "kernelSize", "interpolation", "fillMode"],
  ...["mask", "training", "reduction", "seed", "minval", "maxval", "mean", "stddev", "k", "numClasses"],
  ...["maxlen", "truncating", "value", "order", "remat", "weights", "method", "right", "side", "offset", "epsilon"],
];
