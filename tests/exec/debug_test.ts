// CERATOPS_DEBUG prints what docs/debugging.md shows, on every backend, and never asks for a permission.
import assert from "node:assert/strict";
import { debug, debugTopics } from "../../lib/exec/debug.ts";
import { openEigen } from "../../lib/exec/native/eigen.ts";
import { openWasm } from "../../lib/exec/native/wasm.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { traceOn } from "../run_on.ts";

const page = await Deno.readTextFile(new URL("../../docs/debugging.md", import.meta.url));
const blocks = [...page.matchAll(/^```(?:ts)?\n([^]*?)^```$/gm)].map(([, text]) => text);
const mod = new URL("../../mod.ts", import.meta.url).href;

/** Runs the page's program on a backend; returns its standard error. */
async function run(backend: string, flags: readonly string[], debug: string | undefined): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const program = blocks[0].replace("./mod.ts", mod).replace('"eigen"', `"${backend}"`);
    await Deno.writeTextFile(`${folder}/step.ts`, program);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-config", ...flags, `${folder}/step.ts`],
      env: { NO_COLOR: "1", ...(debug === undefined ? {} : { CERATOPS_DEBUG: debug }) },
      stdin: "null",
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.ok(success, text);
    return text;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The lines without the first, which names the backend, and with every measured number and its column replaced. */
const comparable = (text: string) =>
  text.replace(/^Ceratops runs on.*\n/, "").replace(/ +[\d.]+ ms each/, " N ms each")
    .replace(/^( +layer and op).*/gm, "$1").replace(/ {2,}[\d.]+ +[\d.]+ +[\d.]+ %/g, " N N N %");

Deno.test("the page's program prints what the page says [eigen]", async () => {
  assert.equal(comparable(await run("eigen", ["-A"], "graph,profile")), comparable(blocks[1]));
  assert.equal(comparable(await run("eigen", ["-A"], undefined)), "");
});

Deno.test("where the environment may not be read nothing is printed or asked [wasm]", async () => {
  assert.match(await run("wasm", [], "graph"), /^Ceratops runs on wasm .*\n$/);
  assert.match(
    await run("wasm", ["--allow-env=CERATOPS_DEBUG"], "graph"),
    /\nProgram 1 on wasm, 11 nodes as traced:\n/,
  );
});

Deno.test("topics are read from a list, and another word is refused", () => {
  assert.deepEqual([...debugTopics("")], []);
  assert.deepEqual([...debugTopics("profile, graph,backend")], ["profile", "graph", "backend"]);
  assert.throws(
    () => debugTopics("graphs"),
    /^ValueError: Cannot debug: CERATOPS_DEBUG must be .*did you mean "graph"/,
  );
});

Deno.test("a profile is refused where the nodes of programs cannot be measured", () => {
  const executor = new ReferenceExecutor();
  executor.requireClock = (what?: string) => {
    throw new Error(`${what}: no clock`);
  };
  debug(executor, debugTopics("graph"), () => {});
  assert.throws(
    () => debug(executor, debugTopics("profile"), () => {}),
    /^Error: Cannot debug with CERATOPS_DEBUG=profile: no clock$/,
  );
});

const openers = {
  eigen: () => openEigen({ threads: 1 }),
  wasm: () => openWasm({ threads: 1 }),
  reference: () => new ReferenceExecutor(),
  webgpu: () => openWebGpu(),
};

for (const [backend, open] of Object.entries(openers)) {
  Deno.test(`a program that is freed tells its steps, and its time by layer and op [${backend}]`, async () => {
    const executor = await open();
    const written: string[] = [];
    debug(executor, debugTopics("profile"), (text) => written.push(text));
    const x = new Tensor([64, 64], "float32", new Float32Array(64 * 64).fill(0.01));
    const { executable } = await traceOn(executor, (a, b) => [ops.tanh(ops.matmul(a, b)), ops.sum(a)], [x, x]);
    await executable.run(7);
    await executable.run(3);
    assert.equal(written.length, 0);
    executable.dispose();
    assert.equal(written.length, 1);
    const [head, ...nodes] = written[0].split("\n");
    assert.match(head, new RegExp(`^Program 1 on ${backend}: 10 steps in \\d+ calls, [\\d.e-]+ ms each`));
    const [columns, owner, ...lines] = nodes;
    assert.match(columns, /^ {2}layer and op +calls +ms +ms\/step +GFLOP\/s +share$/);
    assert.match(owner, /^ {2}outside of layers +[\d.]+ +[\d.]+ +[\d.]+ +100\.0 %$/);
    assert.match(lines.join("\n"), /^ {4}forward {3}matmul.* 10( +[\d.]+){4} %$/m);
    const shares = lines.map((line) => Number(/([\d.]+) %$/.exec(line)![1]));
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) < 0.5, written[0]);
    assert.deepEqual(shares, shares.toSorted((a, b) => b - a), "the slowest first");
    await executor.dispose();
    assert.equal(written.length, 1, "it is told once");
  });
}

Deno.test("times are measured when variables have moved and the program is loaded again [eigen]", async () => {
  const executor = await openEigen({ threads: 1 });
  const x = new Tensor([256], "float32", new Float32Array(256).fill(1));
  const { executable, inputs } = await traceOn(executor, (a) => [ops.exp(a)], [x]);
  await executable.measure(1);
  await inputs[0].transferTo(undefined);
  const [{ op, nanoseconds }] = await executable.measure(1000);
  assert.equal(op, "fused");
  // A thousand steps take that long on any machine.
  assert.ok(nanoseconds > 10_000, `${nanoseconds} ns`);
  assert.equal(executable.stats.steps, 1001);
  await executor.dispose();
});
