// bench:gpu: the table of the fastest kernels, that wrong kernels are reported and win nothing, and the whole command.
import assert from "node:assert/strict";
import { opItems } from "../../bench/gpu/checks.ts";
import { type Context, type Finding, type Message, runItems, type Timing } from "../../bench/gpu/findings.ts";
import { products } from "../../bench/gpu/products.ts";
import { adopted, type Table, tableFile, winnersOf, writeTable } from "../../bench/gpu/table.ts";
import { openTimed, TimedGpu } from "../../bench/gpu/timed_gpu.ts";
import type { Pipeline } from "../../lib/exec/webgpu/device.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import type { BuiltKernel } from "../../lib/exec/webgpu/kernel.ts";
import type { MatmulKernel } from "../../lib/ops/webgpu/kernels/matmul.ts";
import { choosingFrom, type MatmulKernelName, matmulKernels } from "../../lib/ops/webgpu/kernels/matmul_table.ts";

const timing = (product: string, m: number, kernel: MatmulKernelName, rate: number, splits = 1): Timing => ({
  ...{ batch: 1, m, n: 512, k: 784, transposeA: false, transposeB: false, isConvolution: false },
  ...{ product, kernel, splits, rate },
});

Deno.test("the fastest kernel of a product wins, if it is clearly faster than the general table's", () => {
  const timings = [
    timing("a", 128, "64x64x16", 100),
    timing("a", 128, "128x64x8", 120, 2),
    timing("a", 128, "8x8", 90),
    timing("b", 1024, "128x128x8", 100),
    timing("b", 1024, "8x8", 102),
  ];
  assert.deepEqual(winnersOf(timings, new Set()).map(({ best }) => [best.product, best.kernel, best.splits]), [
    ["a", "128x64x8", 2],
    ["b", "128x128x8", 1],
  ]);
});

Deno.test("a kernel that is wrong for one product wins none", () => {
  const timings = [timing("a", 128, "64x64x16", 100), timing("a", 128, "8x8", 1000), timing("a", 128, "4x4", 200)];
  assert.deepEqual(winnersOf(timings, new Set(["8x8"])).map(({ best }) => best.kernel), ["4x4"]);
});

Deno.test("winners replace what was measured of the same products on the same class", async () => {
  const measured = (m: number, kernel: MatmulKernelName) => {
    const { product: _product, rate: _rate, ...entry } = timing("", m, kernel, 0);
    return entry;
  };
  const before: Table = { nvidia: [measured(128, "4x4"), measured(64, "1x4")], intel: [measured(128, "4x4")] };
  const after = adopted(before, "nvidia", winnersOf([timing("a", 128, "8x8", 1)], new Set()));
  assert.deepEqual(after, { intel: [measured(128, "4x4")], nvidia: [measured(64, "1x4"), measured(128, "8x8")] });
  // Its file is a module that gives the same table, formatted as the repository is.
  const folder = await Deno.makeTempDir();
  try {
    const file = new URL(`file://${folder}/measured_products.ts`);
    await writeTable(after, file);
    const { measuredProducts } = await import(file.href);
    assert.deepEqual(measuredProducts, after);
    assert.equal(choosingFrom(measuredProducts.nvidia).matmul(measured(100, "4x4")).kernel, matmulKernels["8x8"]);
    const check = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--check", "--line-width", "120", file.pathname],
    })
      .output();
    assert.ok(check.success);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A context that keeps what is reported. */
function listening(left: () => number): { context: Context; planned: string[]; findings: Finding[] } {
  const [planned, findings]: [string[], Finding[]] = [[], []];
  const report = (message: Message) => {
    if ("plan" in message) planned.push(...message.plan);
    else findings.push(message);
  };
  return { context: { smoke: true, left, report }, planned, findings };
}

Deno.test("items that there is no time for are planned but not found", async () => {
  let left = 3;
  const { context, planned, findings } = listening(() => left);
  const item = (name: string) => ({
    name,
    run: () => Promise.resolve(left-- === 2 ? undefined : { text: "", failed: false }),
  });
  await runItems(context, ["a", "b", "c", "d"].map(item));
  assert.deepEqual(planned, ["a", "b", "c", "d"]);
  assert.deepEqual(findings.map((finding) => finding.item), ["a", "c"]);
});

Deno.test("a wrong product kernel is reported and not adopted [webgpu]", async () => {
  const right = matmulKernels["32x32x8"];
  // A thread loads at most four quads of a factor per round: with rounds of 64 terms half of them are missing.
  const wrong: MatmulKernel = { ...right, depth: 64, buffers: 1 };
  const { context, planned, findings } = listening(() => 1000);
  await products(context, { "32x32x8": right, "64x64x16": wrong });
  assert.deepEqual(findings.map(({ item }) => item), planned);
  const failed = findings.filter((finding) => finding.failed);
  assert.ok(failed.length > 0);
  assert.ok(failed.every(({ wrongKernel, timing }) => wrongKernel === "64x64x16" && timing === undefined));
  const wrongKernels = new Set(failed.flatMap(({ wrongKernel }) => wrongKernel ?? []));
  const winners = winnersOf(findings.flatMap((finding) => finding.timing ?? []), wrongKernels);
  assert.ok(winners.length > 0);
  assert.ok(winners.every(({ best }) => ["32x32x8", "direct"].includes(best.kernel)));
});

/** A device on which relu is wrong. */
class Spoiled extends TimedGpu {
  override pipeline(kernel: BuiltKernel): Pipeline {
    const link = () => kernel.link().replace("return select(x, 0.0, x < 0.0);", "return select(x, 0.0, x < 1.0);");
    return super.pipeline({ ...kernel, link });
  }
}

Deno.test("a wrong op is reported [webgpu]", async () => {
  const { device, tuning, description } = await openTimed();
  const executor = new WebGpuExecutor(new Spoiled(device, tuning, description));
  const { context, findings } = listening(() => 1000);
  const items = opItems(executor, new ReferenceExecutor(), true);
  await runItems(context, items.filter(({ name }) => ["op relu", "op abs"].includes(name)));
  assert.deepEqual(findings.map(({ item, failed }) => [item, failed]), [["op abs", false], ["op relu", true]]);
  await executor.dispose();
});

/** Runs the command. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = new URL("../../bench/gpu/main.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", script, ...args] });
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("bench:gpu refuses what it cannot do before it starts [webgpu]", async () => {
  for (const args of [["--budget", "481"], ["--budget", "0"], ["--budget", "soon"], ["--adapt"]]) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /--budget/);
  }
  const before = await Deno.readTextFile(tableFile);
  const { code, stdout, stderr } = await run("--adopt");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /Cannot adopt kernels: ".*" computes on the CPU/);
  assert.equal(await Deno.readTextFile(tableFile), before);
});

Deno.test("bench:gpu names all that a budget has no room for [webgpu]", async () => {
  const { code, stdout } = await run("--smoke", "--budget", "0.01");
  assert.equal(code, 0);
  assert.match(stdout, /\n0 passed, 0 failed\n/);
  for (const part of ["Limits", "Every kernel against the reference executor", "Products and convolutions by kernel"]) {
    assert.ok(stdout.includes(`all of "${part}"`), stdout);
  }
  assert.match(stdout, /of "Training on MNIST", 4 of 4: /);
});

Deno.test("bench:gpu checks, times and trains in one run [slow] [webgpu]", async () => {
  const { code, stdout } = await run("--smoke");
  assert.equal(code, 0, stdout);
  const [, passed] = /\n(\d+) passed, 0 failed\n/.exec(stdout)!;
  assert.ok(Number(passed) > 0);
  // Whatever there was no time for is named: each part's items are found or left out.
  for (const [, out, planned] of stdout.matchAll(/\n {2}of "[^"]+", (\d+) of (\d+): /g)) {
    assert.ok(Number(out) <= Number(planned));
  }
  assert.match(stdout, /\nLeft out: /);
  assert.match(stdout, /not for the table: ".*" computes on the CPU/);
  assert.equal(stdout.includes("FAILED"), false);
});
