// Runs the tests, several files at a time: `deno run -A tests/run.ts [arguments of deno test] [files or folders]`.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chosenDriver, environmentFor } from "./webgpu/drivers.ts";

/** The slowest tests start first, so that none runs alone at the end. */
const slowestFirst = [
  "tests/webgpu/browser_test.ts",
  "tests/exec/builds_test.ts",
  "tests/saving/python_test.ts",
  "tests/webgpu/op_table_test.ts",
  "tests/ops/eager_test.ts",
  "tests/layers/golden_test.ts",
  "tests/convergence/",
  "tests/webgpu/programs_test.ts",
  "tests/webgpu/other_driver_test.ts",
  "tests/webgpu/fuzz_test.ts",
  "tests/training/",
  "tests/exec/",
  "tests/export/",
  "tests/remote_test.ts",
];

function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" }).sort().filter((name) => name.endsWith("_test.ts"))
    .map((name) => join(path, name));
}

const rank = (file: string) => {
  const at = slowestFirst.findIndex((path) => file.startsWith(path));
  return at < 0 ? slowestFirst.length : at;
};

const paths = Deno.args.filter((arg) => arg.startsWith("tests/"));
const options = Deno.args.filter((arg) => !arg.startsWith("tests/"));
const files = (paths.length > 0 ? paths : ["tests/"]).flatMap(testFiles).sort((a, b) => rank(a) - rank(b));
const env = environmentFor(chosenDriver);
// WebGPU tests spend much of their time waiting for the device.
env.DENO_JOBS ??= String(navigator.hardwareConcurrency + 1);

const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", "--quiet", "--no-check", "--parallel", ...options, ...files],
  env,
  clearEnv: true,
  stdin: "null",
}).spawn().status;
Deno.exit(code);
