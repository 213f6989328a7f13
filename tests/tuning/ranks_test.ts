// Searches and folds over the processes of mpirun, against the same in one process.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { launched } from "../../lib/communicator.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { crossValidate, RandomSearch, type Trial } from "../../lib/tuning/tuning.ts";
import { type Launch, resultOf, run } from "../distribution/launch.ts";

const program = fileURLToPath(new URL("ranks.ts", import.meta.url));
const alone = (scenario: string) => resultOf(program, scenario, 1);
const together = (scenario: string, size = 2, launch: Launch = {}) => resultOf(program, scenario, size, launch);

Deno.test("tuning: processes of mpirun find what one finds, bit for bit, and the first prints it [slow] [eigen]", async () => {
  const expected = await alone("random");
  const { trials, weights, resumed } = JSON.parse(expected);
  assert.equal(new Set(trials.map(({ score }: { score: number }) => score)).size, 5);
  assert.ok(resumed && weights[0].length === 4);
  const { code, text, results } = await run(program, "random", 2);
  assert.equal(code, 0, text);
  assert.deepEqual(results, [expected, expected]);
  for (let id = 0; id < 5; id++) assert.equal(text.match(new RegExp(`^Trial ${id}: `, "gm"))?.length, 1, text);
  assert.equal(text.match(/Ceratops runs on/g)?.length, 1, text);
  assert.equal(await together("random", 3, { kind: "mpich" }), expected);
});

Deno.test("tuning: processes go on with weights that others wrote, and with their scores [slow] [eigen]", async () => {
  const hyperband = await alone("hyperband");
  assert.equal(JSON.parse(hyperband).trials.length, 14);
  assert.equal(await together("hyperband"), hyperband);
  assert.equal(await together("bayesian"), await alone("bayesian"));
});

Deno.test("tuning: a trial of a process that throws, distributes or searches has failed, the search goes on [slow] [eigen]", async () => {
  const expected = await alone("failing");
  const found = await together("failing");
  const [own, ranks] = [expected, found].map((text) =>
    JSON.parse(text) as { trials: Trial[]; strict: Trial[]; error: string }
  );
  const errors = {
    throw: /^RangeError: no such data$/,
    distribute: /Cannot set the distribution now: processes that divide trials/,
    search: /Cannot divide trials now/,
  };
  const seen = new Set<string>();
  for (const [id, trial] of ranks.trials.entries()) {
    const act = String(trial.values.act) as keyof typeof errors | "score";
    seen.add(act);
    assert.equal(act, own.trials[id].values.act);
    if (act === "score") assert.deepEqual(trial, own.trials[id]);
    else assert.match(trial.status === "failed" ? trial.error : "", errors[act]);
  }
  assert.deepEqual([...seen].sort(), ["distribute", "score", "search", "throw"]);
  assert.deepEqual(ranks.strict, own.strict);
  assert.match(ranks.error, /fewer than 3 trials in a row may fail, received trials 0 to 2, .*no such data/);
  assert.equal(ranks.error, own.error);
});

Deno.test("tuning: processes of mpirun cross-validate as one does, bit for bit [slow] [eigen]", async () => {
  const expected = await alone("folds");
  const { scores, histories } = JSON.parse(expected);
  assert.equal(new Set(scores.map(({ loss }: { loss: number }) => loss)).size, 5);
  assert.deepEqual(histories[4].epoch, [0, 1, 2]);
  assert.equal(await together("folds"), expected);
  assert.equal(await together("folds", 3, { kind: "mpich" }), expected);
});

Deno.test("tuning: a search whose process was killed goes on in another number of them [slow] [eigen]", async () => {
  const [directory, other] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    const killed = await run(program, "interrupted", 2, { args: [directory, "die"] });
    assert.notEqual(killed.code, 0);
    const written = () => Deno.statSync(`${directory}/trial_0001/trial.json`).mtime!.getTime();
    const before = written();
    const resumed = await together("interrupted", 3, { args: [directory] });
    assert.equal(written(), before, "a trial that had ended ran again");
    assert.equal(resumed, await resultOf(program, "interrupted", 1, { args: [other] }));
    assert.equal(JSON.parse(resumed).trials.length, 7);
  } finally {
    for (const folder of [directory, other]) await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tuning: a process goes on with its next trial while another is at its last [slow] [eigen]", async () => {
  assert.deepEqual(JSON.parse(await together("ahead")), ["completed", "completed", "completed", "completed"]);
});

/** What processes do that ends all of them, and what they then say. */
const failures: readonly (readonly [scenario: string, said: RegExp])[] = [
  ["killed", /signal 9|KILLED|EXIT CODE: 9|Killed/],
  ["differs", /same search, received .*"maxTrials":4.* in process 0; .*"maxTrials":5.* in process 1/],
  ["apart", /must see one folder/],
  ["both", /cannot divide the batches of each, too/],
];

for (const kind of ["openmpi", "mpich"] as const) {
  Deno.test(`tuning: ${kind}: a process that dies or searches otherwise ends all with an error [slow] [eigen]`, async () => {
    for (const [scenario, said] of failures) {
      const { code, text, results } = await run(program, scenario, 2, { kind });
      assert.notEqual(code, 0, `${scenario}: ${text}`);
      assert.match(text, said, scenario);
      assert.deepEqual(results, [], scenario);
    }
  });
}

/** In what the data of the second process differs, and what is then said before the first trial. */
const otherData: readonly (readonly [how: string, said: RegExp])[] = [
  ["length", /same data, received data: x float32\[8, 2\].* in process 0; data: x float32\[6, 2\].* in process 1/],
  ["dtype", /same data, received data: x float32\[8, 2\].* in process 0; data: x int32\[8, 2\].* in process 1/],
  [
    "values",
    /same data, received data: (x .*) checksum \w+; y (.*) in process 0; data: \1 checksum \w+; y \2 in process 1/,
  ],
  ["held", /same validationData, received data for validation: .* in process 0; .* in process 1/],
  ["epochs", /same options, received options: {"epochs":1} in process 0; options: {"epochs":2} in process 1/],
  ["folds", /Cannot cross-validate: .* same data, received data: .* in process 0; data: .* in process 1/],
];

Deno.test("tuning: processes that search with different data, or folds of it, are told before the first trial [slow] [eigen]", async () => {
  for (const [how, said] of otherData) {
    const { code, text, results } = await run(program, "otherData", 2, { args: [how] });
    assert.notEqual(code, 0, `${how}: ${text}`);
    assert.match(text, said, how);
    assert.match(text, /: run one program with the same model, data/, how);
    assert.doesNotMatch(text, /^Trial /m, how);
    assert.deepEqual(results, [], how);
  }
  const { code, text } = await run(program, "otherData", 2, { args: ["nothing"] });
  assert.equal(code, 0, text);
});

Deno.test("tuning: without a launcher, workers of MPI are this process; what does not suit is refused", async () => {
  const model = { build: () => new Sequential(), fit: () => 1 };
  assert.throws(
    () => new RandomSearch(model, { workers: "mpi" }),
    /need a folder that all of them see, received no directory/,
  );
  assert.throws(() => new RandomSearch(model, { workers: "ranks" as "mpi" }), /workers must be/);
  await assert.rejects(
    () => crossValidate(() => new Sequential(), [[1], [2]], [[1], [2]], { nSplits: 2, workers: 2 as 0 }),
    /Cannot cross-validate: workers must be 0, for this process, or "mpi"/,
  );
  const folder = await Deno.makeTempDir();
  try {
    const tuner = new RandomSearch(model, { workers: "mpi", directory: folder, maxTrials: 2, verbose: 0, seed: 1 });
    await tuner.search();
    assert.equal(tuner.trials.length, 2);
    assert.equal(launched(), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
