// Trainings in several processes, started by mpirun, against the same trainings in one.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { launchOf } from "../../lib/exec/native/mpi.ts";
import { version } from "../../lib/version.ts";
import { distribution } from "../../mod.ts";
import { assertClose } from "../close.ts";
import {
  type Kind,
  kinds,
  type Launch,
  type Outcome,
  resultOf as resultOfProgram,
  run as runProgram,
} from "./launch.ts";

const program = fileURLToPath(new URL("train.ts", import.meta.url));

/** Runs a scenario in so many processes; alone without a launcher. */
const run = (scenario: string, size: number, launch: Launch = {}): Promise<Outcome> =>
  runProgram(program, scenario, size, launch);

/** The result of a scenario, which is the same, bit for bit, in all processes. */
const resultOf = (scenario: string, size: number, launch: Launch = {}): Promise<string> =>
  resultOfProgram(program, scenario, size, launch);

/** The numbers of a result, with the path to each. */
function numbersIn(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) => numbersIn(item, `${path}/${name}`));
}

/** Compares results up to the rounding of float32, which a few steps amplify. */
function assertSame(actual: string, expected: string, what: string): void {
  const [own, other] = [actual, expected].map((text) => numbersIn(JSON.parse(text)));
  assert.deepEqual(own.map(([path]) => path), other.map(([path]) => path), what);
  assert.ok(own.length > 50, what);
  const values = (list: [string, number][]) => list.map(([, value]) => value);
  assertClose(values(own), values(other), { absolute: 3e-5, relative: 3e-5 }, what);
}

for (const scenario of ["mlp", "weighted", "convnet", "sequences", "streams", "files"]) {
  Deno.test(`${scenario}: 2 and 4 processes train as one does [eigen]`, async () => {
    const alone = await resultOf(scenario, 1);
    assertSame(await resultOf(scenario, 2), alone, "2 processes");
    assertSame(await resultOf(scenario, 4, { kind: "mpich" }), alone, "4 processes");
  });
}

Deno.test("3 processes train as one does on other backends, which are cut where they add up [wasm]", async () => {
  const alone = await resultOf("convnet", 1, { backend: "wasm" });
  assertSame(await resultOf("convnet", 3, { backend: "wasm" }), alone, "wasm");
});

Deno.test("2 processes train as one does, and compute what cannot be divided alike [reference]", async () => {
  const alone = await resultOf("sequences", 1, { backend: "reference" });
  assertSame(await resultOf("sequences", 2, { backend: "reference" }), alone, "reference");
});

Deno.test("[slow] 2 processes train as one does, and tell what reading back costs [webgpu]", async () => {
  const alone = await resultOf("mlp", 1, { backend: "webgpu" });
  const { code, text, results } = await run("mlp", 2, { backend: "webgpu" });
  assert.equal(code, 0, text);
  assert.equal(results[0], results[1]);
  assertSame(results[0], alone, "webgpu");
  assert.equal(text.match(/of a step's/g)?.length, 1, text);
});

Deno.test("a thousand steps give the same bits from run to run, and in both MPIs [eigen]", async () => {
  const first = await resultOf("soak", 2);
  assert.equal(await resultOf("soak", 2), first);
  assert.equal(await resultOf("soak", 2, { kind: "mpich" }), first);
  assertSame(first, await resultOf("soak", 1), "a thousand steps");
});

Deno.test("the first process prints and writes files, the others do not [eigen]", async () => {
  const { text } = await run("mlp", 3);
  assert.equal(text.match(/Epoch 1\/3/g)?.length, 1, text);
  assert.equal(text.match(/Ceratops runs on eigen/g)?.length, 1, text);
});

Deno.test("a training that was killed goes on in another number of processes [eigen]", async () => {
  const backup = await Deno.makeTempDir();
  try {
    const killed = await run("backup", 2, { args: [backup, "die"] });
    assert.notEqual(killed.code, 0);
    assert.deepEqual(killed.results, []);
    assert.deepEqual([...Deno.readDirSync(backup)].map(({ name }) => name), ["latest.training"]);
    const resumed = await resultOf("backup", 3, { args: [backup] });
    // The folder is gone once a training is done, so that this one starts over.
    assertSame(resumed, await resultOf("backup", 1, { args: [backup] }), "resumed");
  } finally {
    await Deno.remove(backup, { recursive: true }).catch(() => {});
  }
});

/** What the second of two processes does otherwise, and what the run then says. */
const differences: readonly (readonly [how: string, said: RegExp])[] = [
  ["throws", /a mistake of one process/],
  ["ends", /process 1, which is over/],
  ["fails", /ends with status 5/],
  ["killed", /signal 9|KILLED|EXIT CODE: 9|Killed/],
  ["model", /same weights, received weights: .* in process 0; .* in process 1/],
  ["rows", /same data, received data: .*32.* in process 0; .*24.* in process 1/],
  ["data", /same data, received data: .*checksum .* in process 0; .*checksum .* in process 1/],
  ["options", /same options, received .*"epochs":3.* in process 0; .*"epochs":2.* in process 1/],
  ["mixed", /same backend, received eigen .* in process 0; wasm .* in process 1/],
  ["build", /same backend, received eigen \(.*, build \w+.*\) in process 0; eigen \(.*, build other\) in process 1/],
  ["activation", /same program, received program: .* 1 tanh.* in process 0; program: (?!.*tanh).* in process 1/],
  ["rate", /same program, received program: (.*), checksum \w+ in process 0; program: \1, checksum \w+ in process 1/],
];

for (const kind of Object.keys(kinds) as Kind[]) {
  Deno.test(`${kind}: a process that fails, or does something else, ends all with an error [eigen]`, async () => {
    for (const [how, said] of differences) {
      const { code, text, results } = await run("differs", 2, { kind, args: [how] });
      assert.notEqual(code, 0, `${how}: ${text}`);
      assert.match(text, said, how);
      if (/same/.test(said.source)) {
        assert.match(text, /Cannot .*"model": all processes must have .*: run one program with the same model/, how);
      }
      // The process that ends early may have been done.
      assert.ok(results.length < 2, how);
    }
  });
}

for (const kind of Object.keys(kinds) as Kind[]) {
  Deno.test(`${kind}: a process of another version is refused before the first step [eigen]`, async () => {
    const own = import.meta.resolve("../../lib/version.ts");
    const map = { imports: { [own]: 'data:text/javascript,export const version = "0.0.9";' } };
    const lastOptions = [`--import-map=data:application/json,${encodeURIComponent(JSON.stringify(map))}`];
    const { code, text, results } = await run("differs", 2, { kind, args: ["version"], lastOptions });
    assert.notEqual(code, 0, text);
    const versions = `version of Ceratops, ${version} in process 0; version of Ceratops, 0.0.9 in process 1`;
    assert.ok(text.includes(`same version, received ${versions}`), text);
    assert.deepEqual(results, []);
  });
}

Deno.test("which launcher started a process, by the variables that it sets", () => {
  const launched = (variables: Record<string, string>) => launchOf((name) => variables[name]);
  assert.equal(launched({}), undefined);
  assert.deepEqual(launched({ OMPI_COMM_WORLD_SIZE: "4" }), { kind: "openmpi", size: 4 });
  assert.deepEqual(launched({ PMI_SIZE: "2", PMI_RANK: "0" }), { kind: "mpich", size: 2 });
  assert.deepEqual(launched({ PMIX_RANK: "1", SLURM_NTASKS: "8" }), { kind: "openmpi", size: 8 });
});

Deno.test("without the permission to see a launcher it is refused, not trained alone", async () => {
  const code = `import { distribution } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    await distribution.set(new distribution.DataParallel());`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "-"],
    env: { OMPI_COMM_WORLD_SIZE: "2", NO_COLOR: "1" },
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { code: status, stderr } = await child.output();
  assert.notEqual(status, 0);
  assert.match(new TextDecoder().decode(stderr), /it must see whether a launcher of MPI started this process/);
});

Deno.test("alone a distribution changes nothing", async () => {
  const parallel = new distribution.DataParallel();
  await distribution.initialize();
  await distribution.setDistribution(parallel);
  assert.equal(distribution.distribution(), parallel);
  assert.deepEqual(await distribution.listDevices(), ["process:0"]);
  assert.equal(await distribution.getDeviceCount(), 1);
  await distribution.set(null);
  assert.equal(distribution.distribution(), null);
  await assert.rejects(
    () => distribution.set({} as unknown as null),
    /Cannot set the distribution: it must be a DataParallel, or null/,
  );
});
