// The npm form of the package: MNIST in Node and Bun, files both ways with Deno, and its declarations.
import assert from "node:assert/strict";
import { join } from "node:path";
import { specifiers } from "../../lib/deps.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { datasets } from "../../mod.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { buildPackage } from "../../npm/build.ts";
import { useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";

/** Of each, whether its engine has relaxed SIMD, without which some sums are rounded once more, and threads. */
const runtimes = {
  "Node 22": { executable: "node@22.18.0", isRelaxed: true, hasThreads: true },
  Bun: { executable: "bun@1.3.3", isRelaxed: false, hasThreads: false },
} as const;

/** A user's program: it trains, saves, opens its own file, and prints what it found. */
const program = `
import { callbacks, datasets, Input, layers, loadModel, plots, Sequential, setRandomSeed } from "@ceratops/ceratops";
import "@ceratops/ceratops/mnist";
const threads = process.getBuiltinModule("node:worker_threads");
let workers = 0;
threads.Worker = class extends threads.Worker {
  constructor(...given) {
    super(...given);
    workers++;
  }
};
setRandomSeed(1);
const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
const model = new Sequential([
  Input({ shape: [28, 28] }),
  new layers.Rescaling(1 / 255),
  new layers.Flatten(),
  new layers.Dense(32, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
const dashboard = new callbacks.Dashboard({ port: 0 });
let page = "";
const onEpochEnd = async () => page = await (await fetch(dashboard.url)).text();
await model.fit(xTrain.rows(0, 12800), yTrain.rows(0, 12800), {
  batchSize: 64,
  verbose: 0,
  callbacks: [dashboard, { onEpochEnd }],
});
const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0 });
const first = xTest.rows(0, 2);
const predicted = async (of) => Array.from((await of.predict(first, { verbose: 0 })).data);
await model.save("mnist.keras");
const opened = await predicted(await loadModel("mnist.keras"));
let refused = "";
try {
  await loadModel("missing.keras");
} catch (error) {
  refused = error.message;
}
const picture = (await plots.images(first)).toString().slice(0, 4);
console.log(
  JSON.stringify({ workers, page: page.slice(0, 15), accuracy, saved: await predicted(model), opened, refused, picture }),
);
`;

/** A user's program in TypeScript, whose types must be known. */
const typed = `
import { callbacks, Input, layers, Sequential, type Tensor } from "@ceratops/ceratops";
const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
const y: Promise<Tensor> = model.predict([[1, 2, 3, 4]]);
const stop: callbacks.Callback = new callbacks.EarlyStopping({ patience: 2 });
// @ts-expect-error a layer takes its units as a number
new layers.Dense("three");
export { stop, y };
`;

async function outputOf(command: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  const text = new TextDecoder().decode(stdout);
  assert.ok(success, text + new TextDecoder().decode(stderr));
  return text;
}

Deno.test("the npm package trains MNIST in Node and Bun, with files and types [slow] [wasm]", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const installed = join(folder, "node_modules/@ceratops/ceratops");
    await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await Deno.writeTextFile(join(folder, "main.js"), program);
    const packages = [specifiers.h5wasm, specifiers.zip, specifiers.png].map((specifier) =>
      specifier.replace("npm:", "")
    );
    const quiet = ["--no-save", "--no-package-lock", "--ignore-scripts", "--silent"];
    await outputOf("npm", ["install", ...quiet, ...packages], folder);
    buildPackage(installed);
    for (const [runtime, { executable, isRelaxed, hasThreads }] of Object.entries(runtimes)) {
      await t.step(runtime, async () => {
        const found = JSON.parse(
          (await outputOf("npx", ["-y", executable, "main.js"], folder)).trim().split("\n").at(-1)!,
        );
        assert.ok(found.accuracy > 0.85, `${found.accuracy}`);
        assert.equal(found.workers, hasThreads ? Math.min(16, navigator.hardwareConcurrency) - 1 : 0);
        assert.equal(found.page, "<!DOCTYPE html>");
        assert.equal(found.picture, "<svg");
        assert.deepEqual(found.opened, found.saved);
        assert.match(
          found.refused,
          /^Cannot load "missing.keras": the file must be there .* no such file or directory/,
        );
        await useBackend("wasm", { isRelaxed });
        const model = await loadModel(join(folder, "mnist.keras"));
        const [, [xTest]] = await datasets.mnist.loadData();
        const here = await model.predict(xTest.rows(0, 2), { verbose: 0 }) as Tensor;
        assertClose(Array.from(here.data), found.saved, { absolute: 0, relative: 1e-6 });
        assert.equal(found.saved.length, 20);
      });
    }
    await t.step("types", async () => {
      await Deno.writeTextFile(join(folder, "main.ts"), typed);
      const options = [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2023,dom",
        "--skipLibCheck",
      ];
      await outputOf("npx", ["-y", "-p", "typescript@5.9.3", "tsc", ...options, "main.ts"], folder);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
