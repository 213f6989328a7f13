// Searches: the same trials in this process and in workers, failures, resuming, and the algorithms' schedules.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setBackend } from "../../lib/exec/select.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { randomSeed, setRandomSeed } from "../../lib/random_stream.ts";
import { GaussianProcess } from "../../lib/tuning/gaussian_process.ts";
import { bracketsOf } from "../../lib/tuning/hyperband.ts";
import { HyperParameters, placeOf, valueAt } from "../../lib/tuning/hyper_parameters.ts";
import {
  BayesianOptimization,
  Hyperband,
  type HyperModel,
  type HyperParameter,
  RandomSearch,
  type Trial,
} from "../../lib/tuning/tuning.ts";
import { assertClose } from "../close.ts";

const regression = new URL("./regression.ts", import.meta.url);
const failing = new URL("./failing.ts", import.meta.url);

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ceratops_tuning_"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A search of numbers alone. */
const numbers = (score: (hp: HyperParameters) => number): HyperModel => ({ build: () => new Sequential(), fit: score });

const quiet = { seed: 3, verbose: 0 } as const;

Deno.test("tuning: workers find what this process finds, whatever their number [slow] [eigen]", () =>
  inFolder(async (folder) => {
    await setBackend("eigen");
    const common = { ...quiet, objective: "val_loss", maxTrials: 3, executionsPerTrial: 2 };
    const own = new RandomSearch(regression, common);
    await own.search();
    assert.equal(own.trials.length, 3);
    assert.ok(own.trials.every(({ status }) => status === "completed"), JSON.stringify(own.trials));
    assert.equal(new Set(own.trials.map(({ values }) => values.learningRate)).size, 3);
    for (const workers of [1, 3]) {
      const directory = join(folder, `${workers}`);
      const tuner = new RandomSearch(regression, { ...common, workers, directory });
      await tuner.search();
      assert.deepEqual(tuner.trials, own.trials);
      assert.equal(
        readFileSync(join(directory, "trial_0002/output.txt"), "utf8").split("\n")[0],
        "a line of the trial",
      );
      const [[a], [b]] = [await tuner.getBestModels(), await own.getBestModels()];
      const [weights, expected] = [await a.getWeights(), await b.getWeights()];
      assert.deepEqual(weights.map(({ data }) => [...data]), expected.map(({ data }) => [...data]));
    }
  }));

Deno.test("tuning: a trial that throws, dies or gives NaN has failed, and the search goes on [slow] [eigen]", () =>
  inFolder(async (folder) => {
    await setBackend("eigen");
    const options = { ...quiet, seed: 0, maxTrials: 12, maxConsecutiveFailedTrials: 12, workers: 2 };
    const tuner = new RandomSearch(failing, { ...options, directory: join(folder, "a") });
    await tuner.search();
    assert.equal(tuner.trials.length, 12);
    const expected = { throw: /^RangeError: no such data$/, die: /^Its process ended by SIGKILL/, nan: /finite.*NaN/ };
    const drawn = (id: number) => (tuner.trials[id].values.act ?? "die") as keyof typeof expected | "score";
    const seen = new Set<string>();
    for (const trial of tuner.trials) {
      const act = drawn(trial.id);
      seen.add(act);
      if (trial.status === "completed") assert.equal(act, "score");
      else assert.match(trial.error, expected[act as keyof typeof expected]);
    }
    assert.deepEqual([...seen].sort(), ["die", "nan", "score", "throw"]);
    assert.equal(
      tuner.getBestHyperparameters(99).length,
      tuner.trials.filter(({ status }) => status === "completed").length,
    );

    const strict = new RandomSearch(failing, {
      ...options,
      hyperparameters: { act: "throw" },
      maxConsecutiveFailedTrials: 2,
      directory: join(folder, "b"),
    });
    await assert.rejects(() => strict.search(), /fewer than 2 trials in a row may fail.*no such data/);
    assert.ok(strict.trials.length < 12, `${strict.trials.length} trials`);
    assert.throws(() => strict.getBestHyperparameters(), /all of which failed/);
  }));

Deno.test("tuning: a search that was interrupted goes on with its folder", () =>
  inFolder(async (folder) => {
    const directory = join(folder, "search");
    let [calls, limit] = [0, 4];
    const model = numbers((hp) => {
      if (calls === limit) throw new RangeError("interrupted");
      calls++;
      return hp.Float("x", 0, 1);
    });
    const options = { ...quiet, numInitialPoints: 3, directory, maxTrials: 7, maxConsecutiveFailedTrials: 1 };
    await assert.rejects(() => new BayesianOptimization(model, options).search(), /interrupted/);
    limit = Infinity;
    const resumed = new BayesianOptimization(model, options);
    await resumed.search();
    assert.equal(calls, 7);
    const whole = new BayesianOptimization(model, { ...options, directory: null });
    await whole.search();
    assert.deepEqual(resumed.trials, whole.trials);

    calls = 0;
    const longer = new BayesianOptimization(model, { ...options, maxTrials: 8 });
    await longer.search();
    assert.equal(calls, 1);
    const other = new BayesianOptimization(model, { ...options, seed: 4 });
    await assert.rejects(() => other.search(), /must be empty, or have trials of the same search/);
    const anew = new BayesianOptimization(model, { ...options, overwrite: true, maxTrials: 3 });
    await anew.search();
    assert.equal(readdirSync(directory).length, 4);
    writeFileSync(join(directory, "trial_0001/trial.json"), "{");
    await assert.rejects(() => new BayesianOptimization(model, options).search(), /trial_0001.*it must be the JSON/);
  }));

Deno.test("tuning: data given to search is trained with, and a trial keeps the weights of its best epoch [eigen]", async () => {
  await setBackend("eigen");
  const built: Model[] = [];
  const tuner = new RandomSearch((hp) => {
    const model = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "ones", useBias: false })]);
    // Of the two rates one brings the weight nearer to 3, and the other farther from it with each epoch.
    model.compile({ optimizer: new SGD({ learningRate: hp.Choice("rate", [0.1, 1.5]) }), loss: "mse" });
    built.push(model);
    return model;
  }, { ...quiet, objective: { name: "loss", direction: "max" }, maxTrials: 4 });
  let epochs = 0;
  setRandomSeed(8);
  await tuner.search([[1]], [[3]], { epochs: 3, callbacks: [{ onEpochEnd: () => void epochs++ }] });
  assert.equal(randomSeed(), 8);
  assert.equal(epochs, 12);
  assert.equal(built.length, 4);
  // By hand: with rate r and error e, the gradient is 2e, so that e becomes e (1 - 2r), and the loss of an epoch is e^2
  // before it. From e = -2: for 0.1 the losses are 4, 2.56, 1.6384; for 1.5 they are 4, 16, 64, after which e = 16.
  for (const { values, ...trial } of tuner.trials) {
    assert.ok(trial.status === "completed");
    assertClose([trial.score], [values.rate === 0.1 ? 4 : 64], { absolute: 0, relative: 1e-6 });
  }
  const [best] = await tuner.getBestModels();
  assertClose((await best.getWeights())[0].data, [3 + 16], { absolute: 1e-4, relative: 0 });
  const [slow] = (await tuner.getBestModels(4)).slice(-1);
  assertClose((await slow.getWeights())[0].data, [3 - 2 * 0.8], { absolute: 1e-6, relative: 0 });
});

Deno.test("tuning: the brackets of Hyperband are those of the paper's table", () => {
  const table = bracketsOf(81, 3).map((rounds) => rounds.map(({ trials, epochs }) => [trials, epochs]));
  assert.deepEqual(table, [
    [[81, 1], [27, 3], [9, 9], [3, 27], [1, 81]],
    [[34, 3], [11, 9], [3, 27], [1, 81]],
    [[15, 9], [5, 27], [1, 81]],
    [[8, 27], [2, 81]],
    [[5, 81]],
  ]);
  assert.deepEqual(bracketsOf(1, 3), [[{ trials: 1, epochs: 1 }]]);
});

Deno.test("tuning: the best of a round of Hyperband go on with their weights [eigen]", async () => {
  await setBackend("eigen");
  const ran: { rate: number; epochs: number; initialEpoch: number; start: number }[] = [];
  const tuner = new Hyperband({
    build: (hp) => {
      const model = new Sequential([
        Input({ shape: [1] }),
        new Dense(1, { kernelInitializer: "ones", useBias: false }),
      ]);
      model.compile({ optimizer: new SGD({ learningRate: hp.Float("rate", 0.01, 0.4) }), loss: "mse" });
      return model;
    },
    fit: async (hp, model, options) => {
      const [start] = (await model.getWeights())[0].data;
      const { epochs = 0, initialEpoch = 0 } = options;
      ran.push({ rate: Number(hp.get("rate")), epochs, initialEpoch, start });
      return await model.fit([[1]], [[3]], options);
    },
  }, { ...quiet, objective: "loss", maxEpochs: 4, factor: 2 });
  await tuner.search();
  // Brackets (trials, epochs): (4, 1) (2, 2) (1, 4); (3, 2) (1, 4); (3, 4). Rounds of all brackets run together.
  assert.deepEqual(ran.map(({ epochs }) => epochs), [1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 2, 2, 4, 4]);
  const [second, third] = [ran.slice(10, 12), ran.slice(13)];
  // A rate that is larger, below a half, is better: those two of the first four go on.
  const rates = ran.slice(0, 4).map(({ rate }) => rate).sort((a, b) => b - a);
  // The loss of the first epoch is that before its step, the same for all: of equal trials the earlier go on.
  assert.deepEqual(second.map(({ rate }) => rate), ran.slice(0, 2).map(({ rate }) => rate));
  assert.ok(rates.length === 4 && third.length === 1);
  for (const { rate, initialEpoch, start } of second) {
    assert.equal(initialEpoch, 1);
    assertClose([start], [3 - 2 * (1 - 2 * rate)], { absolute: 1e-6, relative: 0 });
  }
  const [last] = third;
  assert.equal(last.initialEpoch, 2);
  assert.equal(last.rate, Math.max(...second.map(({ rate }) => rate)));
});

Deno.test("tuning: Bayesian optimization finds a minimum in fewer trials than random ones", async () => {
  const score = (hp: HyperParameters) =>
    (hp.Float("x", -5, 5) - 2) ** 2 + (Math.log2(hp.Int("n", 1, 64, { sampling: "log" })) - 3) ** 2;
  const found = async (tuner: BayesianOptimization | RandomSearch) => {
    await tuner.search();
    const [best] = tuner.getBestHyperparameters();
    return score(best);
  };
  let wins = 0;
  for (let seed = 0; seed < 5; seed++) {
    const options = { seed, verbose: 0, maxTrials: 24 } as const;
    const bayes = await found(new BayesianOptimization(numbers(score), options));
    assert.ok(bayes < 0.5, `seed ${seed}: ${bayes}`);
    if (bayes < await found(new RandomSearch(numbers(score), options))) wins++;
  }
  assert.ok(wins >= 4, `${wins} of 5`);
});

Deno.test("tuning: trials of a round of Bayesian optimization differ, whatever runs them", async () => {
  const options = { ...quiet, maxTrials: 12, numInitialPoints: 4, trialsPerRound: 4 };
  const tuner = new BayesianOptimization(numbers((hp) => Math.abs(hp.Float("x", 0, 1) - 0.3)), options);
  await tuner.search();
  const round = tuner.trials.slice(4, 8).map(({ values }) => Number(values.x));
  assert.equal(new Set(round).size, 4);
  assert.ok(Math.max(...round) - Math.min(...round) > 0.05, round.join());
});

Deno.test("tuning: a Gaussian process goes through its points, and is as derived by hand for two", () => {
  const process = new GaussianProcess([[0], [1]], [1, 3], 1e-12);
  for (const [at, value] of [[0, 1], [1, 3]]) {
    const { mean, deviation } = process.at([at]);
    assertClose([mean, deviation], [value, 0], { absolute: 1e-5, relative: 0 });
  }
  // Values are -1 and 1 when scaled; the weights are (-1, 1) / (1 - k(1)), so that half way the mean is that of the values.
  const { mean, deviation } = process.at([0.5]);
  const scales = [0.1, 0.2, 0.4, 0.8, 1.6];
  const k = (distance: number, scale: number) => {
    const d = Math.sqrt(5) * distance / scale;
    return (1 + d + d * d / 3) * Math.exp(-d);
  };
  // The log likelihood of (-1, 1): -1 / (1 - k) - log(1 - k^2) / 2. The likeliest scale has the largest.
  const likelihood = (scale: number) => -1 / (1 - k(1, scale)) - Math.log(1 - k(1, scale) ** 2) / 2;
  const scale = scales.reduce((best, other) => (likelihood(other) > likelihood(best) ? other : best));
  const variance = 1 - 2 * k(0.5, scale) ** 2 / (1 + k(1, scale));
  assertClose([mean, deviation], [2, Math.sqrt(variance)], { absolute: 1e-6, relative: 0 });
});

Deno.test("tuning: values are spread over their range, the ends included", () => {
  const values = (ask: (hp: HyperParameters) => unknown, places: number[]) =>
    places.map((place) => ask(new HyperParameters({}, () => place)));
  const places = [0, 0.24, 0.26, 0.5, 0.76, 0.99];
  assert.deepEqual(values((hp) => hp.Int("n", 1, 4), places), [1, 1, 2, 3, 4, 4]);
  assert.deepEqual(values((hp) => hp.Int("n", 8, 40, { step: 10 }), places), [8, 8, 18, 28, 38, 38]);
  assert.deepEqual(values((hp) => hp.Int("n", 1, 8, { step: 2, sampling: "log" }), places), [1, 1, 2, 4, 8, 8]);
  assert.deepEqual(values((hp) => hp.Int("n", 1, 3, { sampling: "log" }), places), [1, 1, 1, 2, 2, 3]);
  assert.deepEqual(values((hp) => hp.Int("n", 1, 3, { sampling: "reverse_log" }), [0, 0.2, 0.3, 0.49, 0.51]), [
    1,
    1,
    2,
    2,
    3,
  ]);
  assert.deepEqual(values((hp) => hp.Float("f", 0, 1, { step: 0.25 }), [0, 0.21, 0.99]), [0, 0.25, 1]);
  assert.deepEqual(values((hp) => hp.Float("f", 1, 100, { sampling: "log" }), [0, 0.5]), [1, 10]);
  assert.deepEqual(values((hp) => hp.Choice("c", ["a", "b"]), [0, 0.49, 0.5, 1]), ["a", "a", "b", "b"]);
  assert.deepEqual(values((hp) => hp.Boolean("b"), [0, 0.5]), [false, true]);
  const hp = new HyperParameters({ n: 3 });
  assert.deepEqual([hp.Int("n", 1, 4), hp.Float("f", 1, 2, { default: 1.5 }), hp.Fixed("d", "x")], [3, 1.5, "x"]);
  assert.deepEqual(hp.values, { n: 3, f: 1.5, d: "x" });
  assert.throws(() => hp.Choice("n", [1, 2]), /its value must be one that it can have, received 3/);
  for (
    const wrong of [() => hp.Int("a", 2, 1), () => hp.Float("a", 0, 1, { sampling: "log" }), () => hp.Choice("a", [])]
  ) {
    assert.throws(wrong, { name: "ValueError" });
  }
});

Deno.test("tuning: a place and its value belong together", () => {
  const spaces: HyperParameter[] = [
    { kind: "Float", name: "f", minValue: 1, maxValue: 100, step: null, sampling: "log", default: 1 },
    { kind: "Float", name: "f", minValue: 1, maxValue: 100, step: null, sampling: "reverse_log", default: 1 },
    { kind: "Float", name: "f", minValue: -3, maxValue: 7, step: null, sampling: "linear", default: 1 },
  ];
  for (const of of spaces) {
    for (const at of [0, 0.2, 0.7, 0.999]) {
      assertClose([placeOf(of, valueAt(of, at))], [at], { absolute: 1e-9, relative: 0 });
    }
  }
});

Deno.test("tuning: what does not suit is refused before anything is tried", async () => {
  const model = numbers((hp) => hp.Float("x", 0, 1));
  assert.throws(() => new RandomSearch(model, { workers: 2, directory: "x" }), /functions of this program/);
  assert.throws(() => new RandomSearch(regression, { workers: 2 }), /no directory/);
  assert.throws(() => new RandomSearch(model, { objective: "" }), /objective must be/);
  await assert.rejects(() => new RandomSearch(model, quiet).search([[1]], [[1]]), /take no data/);
  await assert.rejects(() => new RandomSearch(() => new Sequential(), quiet).search(), /there must be data/);
  await assert.rejects(
    () => new RandomSearch(new URL("../close.ts", import.meta.url), quiet).search(),
    /must export the functions build\(hp\) and fit/,
  );
  assert.ok(!existsSync("x"));
});

Deno.test("tuning: an objective that is not among the logs, or has no direction, is told", async () => {
  const withObjective = async (objective: string) => {
    const tuner = new RandomSearch({ build: () => new Sequential(), fit: () => ({ val_f1: 0.5 }) }, {
      ...quiet,
      objective,
      maxConsecutiveFailedTrials: 9,
      maxTrials: 1,
    });
    await tuner.search();
    const [trial] = tuner.trials as Trial[];
    return trial.status === "failed" ? trial.error : "";
  };
  assert.match(await withObjective("val_f1"), /whether smaller or larger is better/);
  assert.match(await withObjective("val_loss"), /must have the objective "val_loss", received "val_f1"/);
});

/** A program that is the module of its trials too, and kills itself while the first of them waits, where it is asked to. */
const program = `
  import { Sequential, tuning } from "${new URL("../../mod.ts", import.meta.url).href}";
  export const build = () => new Sequential();
  export const fit = async (hp: tuning.HyperParameters) => {
    Deno.writeTextFileSync("started_" + Deno.pid, "");
    if (Deno.env.get("ORPHAN")) await new Promise((done) => setTimeout(done, 60_000));
    return hp.Float("x", 0, 1);
  };
  if (import.meta.main) {
    const options = { maxTrials: 2, seed: 1, workers: 1, directory: "found" };
    const tuner = new tuning.RandomSearch({ build, fit, module: new URL(import.meta.url) }, options);
    if (Deno.env.get("ORPHAN")) {
      const timer = setInterval(() => {
        if ([...Deno.readDirSync(".")].some(({ name }) => name.startsWith("started_"))) Deno.kill(Deno.pid, "SIGKILL");
      }, 20);
      Deno.unrefTimer(timer);
    }
    await tuner.search();
    tuner.resultsSummary();
    tuner.searchSpaceSummary();
    await new tuning.RandomSearch(new URL(import.meta.url)).search().catch((error) => console.log(error.message));
  }`;

Deno.test("tuning: a program may be the module of its trials, and no process outlives it [slow] [eigen]", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "program.ts"), program);
    const run = (env: Record<string, string>) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "program.ts"],
        cwd: folder,
        env: { ...env, CERATOPS_BACKEND: "eigen", NO_COLOR: "1" },
      }).output();
    assert.equal((await run({ ORPHAN: "1" })).success, false);
    const [started] = readdirSync(folder).filter((name) => name.startsWith("started_"));
    const isAlive = () => {
      try {
        return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${started.slice("started_".length)}/status`, "utf8"));
      } catch {
        return false;
      }
    };
    for (let i = 0; i < 200 && isAlive(); i++) await new Promise((done) => setTimeout(done, 50));
    assert.equal(isAlive(), false);

    const { success, stdout } = await run({});
    const lines = new TextDecoder().decode(stdout).split("\n");
    assert.ok(success);
    assert.match(lines[0], /^Trial 0: score 0\.\d+, the best so far \(x 0\.\d+\)$/);
    assert.match(lines[1], /^Trial 1: score 0\.\d+/);
    assert.match(lines[7], /gives their functions too/);
    assert.deepEqual([lines[2], ...lines.slice(5, 7)], [
      "2 trials. The best:",
      "1 hyperparameter:",
      "  x (Float): 0 to 1, linear",
    ]);
  }));
