// Exported modules: in Deno, Node, Bun and Chromium they predict bit for bit what the model does on wasm without relaxed
// SIMD, which not every engine has.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pathToFileURL } from "node:url";
import {
  CeratopsError,
  type ExportOptions,
  type FileTarget,
  Input,
  layers,
  Model,
  ops,
  random,
  Sequential,
  ShapeError,
  StateError,
  type SymbolicTensor,
  Tensor,
  tensor,
  type Value,
  ValueError,
  Variable,
} from "../../mod.ts";
import { makeArray } from "../../lib/dtype.ts";
import { hashPath, RandomStream } from "../../lib/random_stream.ts";
import { sizeOf, type SymbolicShape } from "../../lib/shape.ts";
import { flatten, type Structure } from "../../lib/structure.ts";
import { useBackend } from "../backends.ts";
import { inBrowser, openPage } from "../browser.ts";
import { assertClose } from "../close.ts";
import { applications, drawImages, drawWeights, readApplication } from "../applications/application.ts";

/** Runs what follows on the file that exported modules have. */
const usePlainWasm = () => useBackend("wasm", { isRelaxed: false });

const root = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

/** Numbers in [low, high), the same in every run. */
function numbers(
  path: string,
  shape: readonly number[],
  low = -1,
  high = 1,
  dtype: Tensor["dtype"] = "float32",
): Tensor {
  const stream = new RandomStream(1, hashPath(path), 0);
  const values = Array.from({ length: sizeOf(shape) }, () => low + (high - low) * stream.uniform());
  return new Tensor(shape, dtype, makeArray(dtype, values.map((x) => (dtype === "float32" ? x : Math.floor(x)))));
}

/** A model, and what it is asked to predict. */
interface Case {
  readonly model: Model;
  readonly x: Structure<Tensor>;
}

/** More rows than two batches, and some that are left. */
const rows = 70;

function mlp(): Case {
  const model = new Sequential([
    Input({ shape: [20], name: "features" }),
    new layers.Dense(32, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ], { name: "mlp" });
  return { model, x: numbers("mlp", [rows, 20]) };
}

async function convnet(): Promise<Case> {
  const model = new Sequential([
    Input({ shape: [12, 12, 1], dtype: "uint8", name: "image" }),
    new layers.Rescaling(1 / 255),
    new layers.Conv2D(8, 3, { useBias: false }),
    new layers.BatchNormalization(),
    new layers.ReLU(),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.5),
    new layers.Dense(10, { activation: "softmax" }),
  ], { name: "convnet" });
  const x = numbers("convnet", [rows, 12, 12, 1], 0, 256, "uint8");
  // The statistics of the batches that it has seen are not those of a fresh model.
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  await model.fit(x, numbers("classes", [rows], 0, 10, "int32"), { verbose: 0 });
  return { model, x };
}

function twoOfEach(): Case {
  const [title, body] = [Input({ shape: [3], name: "title" }), Input({ shape: [2, 4], name: "body" })];
  const both = new layers.Concatenate().apply([title, new layers.Flatten().apply(body)]);
  const scores = new layers.Dense(5).apply(both);
  const model = new Model({
    inputs: { title, body },
    outputs: { scores, best: ops.argmax(scores, -1) },
    name: "two of each",
  });
  return { model, x: { title: numbers("title", [rows, 3]), body: numbers("body", [rows, 2, 4]) } };
}

function words(): Case {
  const model = new Sequential([
    Input({ shape: [6], dtype: "int32", name: "words" }),
    new layers.Embedding(50, 8),
    new layers.GlobalAveragePooling1D(),
    new layers.Dense(1, { activation: "sigmoid" }),
  ], { name: "words" });
  return { model, x: numbers("words", [rows, 6], 0, 50, "int32") };
}

/** A loop over the words, of which zeros are masked; what it gives at the end, and its state. */
function recurrent(): Case {
  const given = Input({ shape: [5], dtype: "int32", name: "given" });
  const embedded = new layers.Embedding(9, 4, { maskZero: true }).apply(given);
  const [last, state] = new layers.GRU(6, { returnState: true }).apply(embedded) as SymbolicTensor[];
  return {
    model: new Model({ inputs: [given], outputs: [last, state], name: "recurrent" }),
    x: numbers("given", [rows, 5], 0, 9, "int32"),
  };
}

/** A model of one's own, which has no inputs and outputs until it is used. */
async function custom(): Promise<Case> {
  class Residual extends Model {
    hidden = new layers.Dense(4, { activation: "tanh" });
    override call(x: Value): Value {
      return ops.add(x, this.hidden.apply(x));
    }
  }
  const [model, x] = [new Residual({ name: "custom" }), numbers("custom", [rows, 4])];
  await model.predict(x, { verbose: 0 });
  return { model, x };
}

async function smallModels(): Promise<Record<string, Case>> {
  return {
    mlp: mlp(),
    convnet: await convnet(),
    two_of_each: twoOfEach(),
    words: words(),
    recurrent: recurrent(),
    custom: await custom(),
  };
}

function mobileNet(): Promise<Record<string, Case>> {
  const application = applications.find(({ name }) => name === "MobileNetV2")!;
  const model = readApplication(application);
  drawWeights(model, application.gain!);
  return Promise.resolve({ mobilenet: { model, x: drawImages(application, 33) } });
}

const rowsOf = (x: Structure<Tensor>) => flatten(x)[0].shape[0];

const takeRows = (x: Structure<Tensor>, first: number, last: number): Structure<Tensor> =>
  x instanceof Tensor
    ? x.rows(first, last)
    : Object.fromEntries(Object.entries(x).map(([name, item]) => [name, item.rows(first, last)]));

/** The outputs in order, for whole batches of 32 and then for each row. */
async function predictAsExported({ model, x }: Case): Promise<Tensor[]> {
  const parts: Tensor[][] = [];
  for (let first = 0, count = 32; first < rowsOf(x); first += count) {
    if (rowsOf(x) - first < count) count = 1;
    parts.push(flatten(await model.predict(takeRows(x, first, first + count), { verbose: 0 }) as Structure<Tensor>));
  }
  return parts[0].map((_, i) => ops.concatenate(parts.map((part) => part[i])) as Tensor);
}

/** What a module reports of an output. */
interface Reported {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly bytes: string;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Tensor["data"]) =>
  Buffer.from(buffer, byteOffset, byteLength).toString("hex");

/** Modules in a folder, with one that runs them all, and what that must report. */
interface Exported {
  readonly folder: string;
  readonly cases: Record<string, Case>;
  readonly expected: Record<string, Reported[]>;
}

const exported = new Map<unknown, Promise<Exported>>();

/** The modules of some models; written once for all tests. */
function exportAll(make: () => Promise<Record<string, Case>>): Promise<Exported> {
  let all = exported.get(make);
  if (!all) exported.set(make, all = writeAll(make));
  return all;
}

async function writeAll(make: () => Promise<Record<string, Case>>): Promise<Exported> {
  await usePlainWasm();
  const folder = await Deno.makeTempDir({ dir: root });
  const cases = await make();
  const expected: Record<string, Reported[]> = {};
  for (const [name, one] of Object.entries(cases)) {
    for (const ending of [".ts", ".js"]) await one.model.export(`${folder}/${name}${ending}`, { verbose: false });
    expected[name] = (await predictAsExported(one)).map(({ shape, dtype, data }) => {
      return { shape: [...shape], dtype, bytes: bytesOf(data) };
    });
  }
  const given = Object.entries(cases).map(([name, { x }]) => {
    const flat = x instanceof Tensor ? [...x.data] : Object.fromEntries(
      Object.entries(x).map(([name, item]) => [name, item.toArray()]),
    );
    return `  ${name}: ${JSON.stringify(flat)},\n`;
  });
  await Deno.writeTextFile(`${folder}/given.js`, `export const given = {\n${given.join("")}};\n`);
  for (const ending of [".ts", ".js"]) {
    const names = Object.keys(cases);
    await Deno.writeTextFile(
      `${folder}/all_${ending.slice(1)}.js`,
      `${names.map((name) => `import * as ${name} from "./${name}${ending}";`).join("\n")}
import { given } from "./given.js";
const hex = (data) => Array.from(new Uint8Array(data.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const runtime = globalThis.Bun ? "Bun " + Bun.version : globalThis.Deno ? "Deno " + Deno.version.deno
  : globalThis.process ? "Node " + process.versions.node : "a browser";
export async function report() {
  const found = {};
  for (const [name, module] of Object.entries({ ${names.join(", ")} })) {
    const y = await module.predict(given[name]);
    const list = module.outputs.length === 1 ? [y] : module.outputs.map(({ name }) => y[name]);
    found[name] = list.map(({ data, shape }, i) => ({ shape, dtype: module.outputs[i].dtype, bytes: hex(data) }));
  }
  return { runtime, found };
}
`,
    );
    await Deno.writeTextFile(
      `${folder}/main_${ending.slice(1)}.js`,
      `import { report } from "./all_${ending.slice(1)}.js";\nconsole.log(JSON.stringify(await report()));\n`,
    );
  }
  // Node takes .js files as modules if the folder says so.
  await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }\n');
  return { folder, cases, expected };
}

/** What a program prints, which must succeed. */
async function outputOf(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The oldest versions that run a module. */
const nodeVersion = "22.18.0";
const bunVersion = "1.3.3";

const hasNpx = await new Deno.Command("npx", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
if (!hasNpx) console.log("No npx was found: exported modules are not tested in Node and Bun");

interface Report {
  readonly runtime: string;
  readonly found: Record<string, Reported[]>;
}

interface Runtime {
  readonly name: string;
  readonly endings: readonly ("ts" | "js")[];
  readonly options: Partial<Deno.TestDefinition>;
  run(folder: string, ending: "ts" | "js"): Promise<Report>;
}

const runtimes: readonly Runtime[] = [
  {
    name: `Deno ${Deno.version.deno}`,
    endings: ["ts", "js"],
    options: {},
    run: async (folder, ending) =>
      JSON.parse(await outputOf(Deno.execPath(), ["run", "--no-prompt", "--no-config", `main_${ending}.js`], folder)),
  },
  {
    name: `Node ${nodeVersion}`,
    endings: ["ts", "js"],
    options: { ignore: !hasNpx },
    run: async (folder, ending) =>
      JSON.parse(await outputOf("npx", ["-y", `node@${nodeVersion}`, `main_${ending}.js`], folder)),
  },
  {
    name: `Bun ${bunVersion}`,
    endings: ["ts", "js"],
    options: { ignore: !hasNpx },
    run: async (folder, ending) =>
      JSON.parse(await outputOf("npx", ["-y", `bun@${bunVersion}`, `main_${ending}.js`], folder)),
  },
  {
    name: "a browser",
    endings: ["js"],
    options: inBrowser,
    run: async (folder) => {
      const files = new Map<string, string>();
      for (const { name } of Deno.readDirSync(folder)) {
        files.set(`/${name}`, Deno.readTextFileSync(`${folder}/${name}`));
      }
      files.set("/page.js", 'import { report } from "./all_js.js";\nglobalThis.report = report();\n');
      return (await openPage<Report>(files)).report;
    },
  },
];

for (const { name, endings, options, run } of runtimes) {
  for (const [what, make] of [["models", smallModels], ["MobileNetV2", mobileNet]] as const) {
    Deno.test({
      name: `exported ${what} predict in ${name}, without permissions, what they do on wasm [slow]`,
      ...options,
      fn: async () => {
        const { folder, expected } = await exportAll(make);
        for (const ending of endings) {
          const { runtime, found } = await run(folder, ending);
          assert.equal(runtime, name);
          assert.deepEqual(found, expected, ending);
        }
      },
    });
  }
}

Deno.test("exported models predict what they do on eigen, up to rounding [slow]", async () => {
  const { cases, expected } = await exportAll(smallModels);
  await useBackend("eigen");
  for (const [name, { model, x }] of Object.entries(cases)) {
    const y = flatten(await model.predict(x as Tensor, { verbose: 0 }) as Structure<Tensor>);
    assert.equal(y.length, expected[name].length);
    for (const [i, { dtype, shape, data }] of y.entries()) {
      assert.deepEqual([...shape], expected[name][i].shape);
      const bytes = Buffer.from(expected[name][i].bytes, "hex");
      const Type = dtype === "int32" ? Int32Array : Float32Array;
      const other = new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      assertClose(data, [...other], { absolute: 1e-5, relative: 1e-5 }, `${name} ${i}`);
    }
  }
});

Deno.test("exported modules have types, and no complaint of the linter [slow]", async () => {
  const { folder, cases } = await exportAll(smallModels);
  const modules = Object.keys(cases).flatMap((name) => [`${name}.ts`, `${name}.js`]);
  const use = `
import { predict, inputs } from "./mlp.ts";
import { predict as predictTwo } from "./two_of_each.ts";
const y = await predict(new Float32Array(20));
export const flat: Float32Array = y.data;
export const nested: number[][] = (await predict([Array.from({ length: 20 }, () => 0)])).toArray();
export const extent: number | null = inputs[0].shape[1];
export const best: Int32Array = (await predictTwo({ title: [[1, 2, 3]], body: new Float32Array(8) })).best.data;
// @ts-expect-error texts are no numbers
await predict(["1", "2"]);
// @ts-expect-error an input is missing
await predictTwo({ title: [[1, 2, 3]] });
// @ts-expect-error there is no such output
(await predictTwo({ title: [[1, 2, 3]], body: [] })).worst;
`;
  await Deno.writeTextFile(`${folder}/use.ts`, use);
  await outputOf(Deno.execPath(), ["check", "--no-config", "use.ts", ...modules], folder);
  await outputOf(Deno.execPath(), ["lint", "--no-config", ...modules], folder);
});

/** What a module exports. */
interface Module {
  predict(x: unknown): Promise<{ data: Float32Array; shape: readonly number[]; toArray(): unknown }>;
  inputs: readonly { name: string; dtype: string; shape: readonly (number | null)[] }[];
  outputs: Module["inputs"];
}

let count = 0;

/** The module of a model. */
async function moduleOf(model: Model, options: ExportOptions = {}, ending = ".ts"): Promise<Module> {
  const path = `${root}/module_${count++}${ending}`;
  await model.export(path, { verbose: false, ...options });
  return await import(pathToFileURL(path).href);
}

/** Sums of three numbers, and of these with one more. */
function sums(): Sequential {
  return new Sequential([
    Input({ shape: [3], name: "x" }),
    new layers.Dense(2, { kernelInitializer: "ones", biasInitializer: "zeros" }),
  ], { name: "sums" });
}

Deno.test("predict takes nested and flat arrays of any number of rows", async () => {
  await usePlainWasm();
  const { predict, inputs, outputs } = await moduleOf(sums(), { batchSize: 2 });
  assert.deepEqual(inputs, [{ name: "x", dtype: "float32", shape: [null, 3] }]);
  assert.deepEqual(outputs, [{ name: "dense", dtype: "float32", shape: [null, 2] }]);
  const forms: Record<string, unknown> = {
    nested: [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    "rows in typed arrays": [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6), Float64Array.of(7, 8, 9)],
    flat: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "typed array": Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
    "part of a buffer": new Float32Array(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).buffer, 4),
    integers: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
  };
  for (const [form, x] of Object.entries(forms)) {
    const y = await predict(x);
    assert.deepEqual([y.shape, y.toArray()], [[3, 2], [[6, 6], [15, 15], [24, 24]]], form);
  }
  assert.deepEqual((await predict([])).shape, [0, 2]);
  const many = await Promise.all([1, 2, 3].map((value) => predict(new Float32Array(5 * 3).fill(value))));
  assert.deepEqual(many.map(({ data }) => [...data]), [3, 6, 9].map((sum) => Array(10).fill(sum)));
});

Deno.test("predict of a module says what it takes", async () => {
  await usePlainWasm();
  const { predict } = await moduleOf(sums());
  const refuses = async (x: unknown, received: string) => {
    const message = `Cannot predict with "sums": x must be numbers of shape [rows, 3], received ${received}`;
    await assert.rejects(predict(x), { name: "TypeError", message });
  };
  await refuses([[1, 2]], "shape [1, 2]");
  await refuses([1, 2, 3, 4], "shape [4]");
  await refuses([[1, 2, 3], [1, 2]], "rows of different shapes");
  await refuses([[[1], [2], [3]]], "shape [1, 3, 1]");
  await refuses([["1", "2", "3"]], "a value of type string in it");
  await refuses(BigInt64Array.of(1n, 2n, 3n), "a value of type bigint in it");
  await refuses(undefined, "undefined");
  await refuses("abc", "a value of type string");

  const { predict: predictTwo } = await moduleOf(twoOfEach().model);
  const [title, body] = [[[1, 2, 3]], [[[1, 2, 3, 4], [1, 2, 3, 4]]]];
  const rejects = async (x: unknown, message: RegExp) => {
    await assert.rejects(predictTwo(x), (error) => error instanceof TypeError && message.test(error.message));
  };
  await rejects({ title }, /body must be numbers of shape \[rows, 2, 4\], received undefined$/);
  await rejects({ title, body, foot: 1 }, /it takes an object with body and title, received foot$/);
  await rejects([title, body], /it takes an object with body and title, received an array$/);
  await rejects({ title: [...title, ...title], body }, /the same number of rows, received 1 of body, 2 of title$/);

  const { predict: predictWords } = await moduleOf(words().model);
  const given = numbers("more words", [40, 6], 0, 50, "int32").toArray(2);
  assert.deepEqual((await predictWords(given)).shape, [40, 1]);
  given[35][2] = 50;
  const range = 'Cannot predict with "words": indices into "embedding" must be from 0 to 49, received 50 in row 35';
  await assert.rejects(predictWords(given), { name: "RangeError", message: range });
});

Deno.test("weights of float16 are half as large, and predict what rounded ones do", async () => {
  await usePlainWasm();
  const one = mlp();
  const halves = await moduleOf(one.model, { dtype: "float16" });
  const [small, large] = [`${root}/small.js`, `${root}/large.js`];
  await one.model.export(small, { dtype: "float16", verbose: false });
  await one.model.export(large, { verbose: false });
  // Four letters hold three bytes, and deflating takes less than a tenth of such weights.
  const saved = 2 * one.model.countParams() * 4 / 3;
  const difference = Deno.statSync(large).size - Deno.statSync(small).size;
  assert.ok(difference > 0.8 * saved, `${difference} bytes of ${saved}`);
  const weights = await one.model.getWeights();
  one.model.setWeights(
    weights.map(({ shape, data }) => new Tensor(shape, "float32", Float32Array.from(data, Math.f16round))),
  );
  const [expected] = await predictAsExported(one);
  assert.deepEqual((await halves.predict((one.x as Tensor).data)).data, expected.data);

  const extremes = [65504, -65504, 2 ** -24, -(2 ** -24), 2 ** -14, -0, 1 / 3].map(Math.f16round);
  const scale = new Sequential([Input({ shape: [1] }), new layers.Dense(7)]);
  const withBias = (bias: number[]) =>
    scale.setWeights([new Tensor([1, 7], "float32", new Float32Array(7)), tensor(bias)]);
  withBias(extremes);
  const { predict } = await moduleOf(scale, { dtype: "float16" });
  // The sum of 0 and -0 is 0.
  assert.deepEqual((await predict([0])).toArray(), [extremes.map((x) => x + 0)]);
  for (const wrong of [65536, NaN, Infinity]) {
    withBias([...extremes.slice(1), wrong]);
    await assert.rejects(moduleOf(scale, { dtype: "float16" }), /weights must be finite, and at most 65504.*received/);
  }
});

Deno.test("inputs with a fixed number of rows stay fixed", async () => {
  await usePlainWasm();
  const model = new Sequential([
    Input({ shape: [2], batchSize: 3 }),
    new layers.Dense(1, { kernelInitializer: "ones" }),
  ]);
  const { predict } = await moduleOf(model);
  assert.deepEqual((await predict([[1, 2], [3, 4], [5, 6]])).toArray(), [[3], [7], [11]]);
  await assert.rejects(predict([[1, 2]]), /must be numbers of shape \[3, 2\], received shape \[1, 2\]$/);
});

Deno.test("unknown axes are fixed by inputShape", async () => {
  await usePlainWasm();
  const [text, more] = [Input({ shape: [null], dtype: "int32", name: "text" }), Input({ shape: [2], name: "more" })];
  const read = new layers.GRU(5).apply(new layers.Embedding(9, 4, { maskZero: true }).apply(text));
  const model = new Model({ inputs: { text, more }, outputs: new layers.Concatenate().apply([read, more]) });
  const one: Case = {
    model,
    x: { text: numbers("text", [33, 6], 0, 9, "int32"), more: numbers("more", [33, 2]) },
  };
  const { predict, inputs } = await moduleOf(model, { inputShape: { text: [null, 6], more: [null, 2] } });
  assert.deepEqual(inputs.map(({ name, shape }) => [name, shape]), [["more", [null, 2]], ["text", [null, 6]]]);
  const given = Object.fromEntries(Object.entries(one.x).map(([name, { data }]) => [name, data]));
  assert.deepEqual((await predict(given)).data, (await predictAsExported(one))[0].data);

  const wrong: Record<string, unknown> = {
    "[null, null]": { text: [null, null], more: [null, 2] },
    "[null, 6, 1]": { text: [null, 6, 1], more: [null, 2] },
    "[null, 3]": { text: [null, 6], more: [null, 3] },
    "[null, 0.5]": { text: [null, 0.5], more: [null, 2] },
    "5": { text: 5, more: [null, 2] },
    "one item": [null, 6],
  };
  for (const [received, inputShape] of Object.entries(wrong)) {
    await assert.rejects(
      moduleOf(model, { inputShape: inputShape as Structure<SymbolicShape> }),
      (error: Error) => error instanceof CeratopsError && error.message.includes(`received ${received}:`),
    );
  }
});

Deno.test("names in a module are data: they end no text and no comment", async () => {
  await usePlainWasm();
  // Names of layers have no slash, those of outputs may.
  const name = `* \n throw 1; "\\" \u2028 throw 2; \${throw_3} `;
  const output = `*/ throw 4; /*${name}</script>`;
  const x = Input({ shape: [1], name });
  const y = new layers.Dense(1, { kernelInitializer: "ones" }).apply(x);
  const model = new Model({ inputs: x, outputs: { [output]: y, ["__proto__"]: y }, name });
  for (const ending of [".ts", ".js"]) {
    const { predict, inputs, outputs } = await moduleOf(model, {}, ending);
    assert.deepEqual([...inputs, ...outputs].map((part) => part.name), [name, output, "__proto__"]);
    const found = new Map(Object.entries(await predict([[7]])));
    assert.deepEqual([...found.keys()], [output, "__proto__"]);
    assert.deepEqual((found.get("__proto__") as unknown as Tensor).toArray(), [[7]]);
  }
});

Deno.test("models that no fixed program predicts are refused", async () => {
  await usePlainWasm();
  const path = `${root}/refused.ts`;
  const refuses = async (model: Model, type: typeof ValueError, message: RegExp, target: FileTarget = path) => {
    await assert.rejects(model.export(target, { verbose: false }), (error) => {
      assert.ok(error instanceof type, String(error));
      assert.match(error.message, message);
      return true;
    });
  };
  await refuses(new Sequential([new layers.Dense(1)], { name: "m" }), StateError, /^Cannot export "m" to .* not built/);
  const open = new Sequential([Input({ shape: [null, 3], name: "x" }), new layers.Dense(1)]);
  await refuses(open, ShapeError, /"x" must have a fixed shape like.*, received \[null, null, 3\]/);

  class Noisy extends Model {
    seed = new random.SeedGenerator(1);
    override call(x: Value): Value {
      return ops.add(x, random.normal(x.shape, { seed: this.seed }));
    }
  }
  const noisy = new Noisy();
  await noisy.predict(tensor([[1, 2]]), { verbose: 0 });
  await refuses(noisy, ValueError, /depend on its inputs alone, received random numbers, drawn by ".*randomBits"/);

  class Counting extends Model {
    calls = new Variable(0, { name: "calls" });
    override call(x: Value): Value {
      this.calls.assign(ops.add(this.calls, 1));
      return ops.add(x, this.calls.value());
    }
  }
  const counting = new Counting();
  await counting.predict(tensor([[1, 2]]), { verbose: 0 });
  await refuses(counting, ValueError, /depend on its inputs alone, received "calls", which every prediction changes/);

  await refuses(sums(), ValueError, /its name must end in \.onnx or \.ts or .*, received "model\.py"/, "model.py");
  await refuses(sums(), ValueError, /a stream has no ending that says which format it is/, new WritableStream());
  await assert.rejects(sums().export(path, { batchSize: 0 }), /batchSize must be a positive integer/);
  await assert.rejects(
    sums().export(path, { opsetVersion: 20 }),
    /a \.ts file has the options "batchSize", .*, received "opsetVersion"/,
  );
  await assert.rejects(
    sums().export(`${root}/model.onnx`, { dtype: "float16" }),
    /a \.onnx file has the options "batchSize", "inputShape", "opsetVersion", received "dtype"/,
  );
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a module can be a stream's", async () => {
  await usePlainWasm();
  const parts: Uint8Array[] = [];
  const stream = new WritableStream<Uint8Array>({ write: (part) => void parts.push(part) });
  await sums().export(stream, { format: "typescript", verbose: false });
  await Deno.writeFile(`${root}/stream.ts`, Buffer.concat(parts));
  const { predict } = await import(pathToFileURL(`${root}/stream.ts`).href) as Module;
  assert.deepEqual((await predict([[1, 2, 3]])).toArray(), [[6, 6]]);
});
