// What tests/tuning/ranks_test.ts runs, in one process or by mpirun: `ranks.ts FOLDER SCENARIO BACKEND [ARGUMENTS]`. Each
// process writes what its scenario gives to the folder.
import {
  type BackendName,
  distribution,
  Input,
  layers,
  type Model,
  Sequential,
  setBackend,
  setRandomSeed,
  tensor,
  tuning,
} from "../../mod.ts";
import { build, fit } from "./regression.ts";

const [folder, name, backend, ...args] = Deno.args;
const rank = Number(Deno.env.get("OMPI_COMM_WORLD_RANK") ?? Deno.env.get("PMI_RANK") ?? 0);
// Only that of the first process counts.
setRandomSeed(7 + rank);
// Before the backend is opened, so that the first process alone prints it.
await distribution.initialize();
await setBackend(backend as BackendName);

// One process alone does without what divides trials.
const isAlone = !Deno.env.has("OMPI_COMM_WORLD_SIZE") && !Deno.env.has("PMI_SIZE");
const workers = isAlone ? 0 : "mpi";
const common = { workers, verbose: 1 } as const;

/** What all processes must know of a search, with the weights of its best models. */
async function found(tuner: tuning.Tuner): Promise<object> {
  const models = await tuner.getBestModels(2);
  return { trials: tuner.trials, weights: await Promise.all(models.map(weightsOf)) };
}

const weightsOf = async (model: Model) => (await model.getWeights()).map(({ data }) => [...data]);

/** A search whose trials give numbers alone, or throw. */
const numbers = (score: (hp: tuning.HyperParameters) => number): tuning.HyperModel => ({
  build: () => new Sequential(),
  fit: score,
});

const scenarios: Readonly<Record<string, () => Promise<object>>> = {
  async random() {
    const options = { ...common, objective: "val_loss", maxTrials: 5, executionsPerTrial: 2, directory: `${folder}/a` };
    const tuner = new tuning.RandomSearch({ build, fit }, options);
    await tuner.search();
    const { trials } = tuner;
    const again = new tuning.RandomSearch({ build, fit: () => 0 }, options);
    await again.search();
    return { ...await found(tuner), resumed: JSON.stringify(again.trials) === JSON.stringify(trials) };
  },

  /** A round of Hyperband goes on with weights that another process wrote. */
  async hyperband() {
    const tuner = new tuning.Hyperband({ build, fit }, {
      ...common,
      objective: "val_loss",
      maxEpochs: 4,
      factor: 2,
      directory: `${folder}/b`,
    });
    await tuner.search();
    return await found(tuner);
  },

  async bayesian() {
    const score = (hp: tuning.HyperParameters) => (hp.Float("x", -5, 5) - 2) ** 2;
    const options = { ...common, maxTrials: 9, numInitialPoints: 3, trialsPerRound: 3, directory: `${folder}/c` };
    const tuner = new tuning.BayesianOptimization(numbers(score), options);
    await tuner.search();
    return { trials: tuner.trials };
  },

  async failing() {
    const score = async (hp: tuning.HyperParameters) => {
      const act = hp.Choice("act", ["score", "throw", "distribute", "search"]);
      if (act === "throw") throw new RangeError("no such data");
      if (act === "distribute") await distribution.set(new distribution.DataParallel());
      if (act === "search") {
        await new tuning.RandomSearch(numbers(() => 1), { ...common, workers: "mpi", directory: folder }).search();
      }
      return hp.Float("x", 0, 1);
    };
    const model = { build: () => new Sequential(), fit: score };
    const tuner = new tuning.RandomSearch(model, {
      ...common,
      workers: "mpi",
      seed: 3,
      maxTrials: 12,
      maxConsecutiveFailedTrials: 12,
      directory: `${folder}/d`,
    });
    await tuner.search();
    const strict = new tuning.RandomSearch(model, {
      ...common,
      workers: "mpi",
      hyperparameters: { act: "throw" },
      maxTrials: 12,
      directory: `${folder}/e`,
    });
    const error = await strict.search().then(() => "", (error: Error) => error.message);
    return { trials: tuner.trials, strict: strict.trials, error };
  },

  async folds() {
    const model = () => {
      const model = new Sequential([
        Input({ shape: [2] }),
        new layers.Dense(3),
        new layers.Dropout(0.3),
        new layers.Dense(1),
      ]);
      model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
      return model;
    };
    const x = tensor(Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 1.7)), [20, 2]);
    const y = tensor(Float32Array.from({ length: 20 }, (_, i) => Math.cos(i)), [20, 1]);
    const options = { workers, nSplits: 5, shuffle: true, epochs: 3, batchSize: 4 } as const;
    const { scores, mean, std, histories } = await tuning.crossValidate(model, x, y, options);
    return { scores, mean, std, histories: histories.map(({ epoch, history }) => ({ epoch, history })) };
  },

  /** A search that goes on from what is in a folder; with `die` the last process is killed within its second trial. */
  async interrupted() {
    const [directory, die] = args;
    let trials = 0;
    const model = numbers((hp) => {
      if (die && rank === 1 && ++trials === 2) Deno.kill(Deno.pid, "SIGKILL");
      return hp.Float("x", 0, 1);
    });
    const tuner = new tuning.RandomSearch(model, { ...common, seed: 5, maxTrials: 7, directory });
    await tuner.search();
    return { trials: tuner.trials };
  },

  /** The first trial of the second process ends only once the first process has begun its second one. */
  async ahead() {
    const begun = `${folder}/begun`;
    let trials = 0;
    const score = async () => {
      trials++;
      if (rank === 0 && trials === 2) Deno.writeTextFileSync(begun, "");
      const isThere = () => [...Deno.readDirSync(folder)].some(({ name }) => name === "begun");
      for (let i = 0; rank === 1 && trials === 1 && !isThere(); i++) {
        if (i === 600) throw new RangeError("the other process waits");
        await new Promise((done) => setTimeout(done, 50));
      }
      return 1;
    };
    const model = { build: () => new Sequential(), fit: score };
    const tuner = new tuning.RandomSearch(model, { ...common, maxTrials: 4, directory: `${folder}/j` });
    await tuner.search();
    return tuner.trials.map(({ status }) => status);
  },

  /** One of two processes dies within a trial. */
  async killed() {
    const model = numbers(() => {
      if (rank === 1) Deno.kill(Deno.pid, "SIGKILL");
      return 1;
    });
    await new tuning.RandomSearch(model, { ...common, directory: `${folder}/f` }).search();
    return {};
  },

  /** The search differs between processes. */
  async differs() {
    const maxTrials = 4 + rank;
    await new tuning.RandomSearch(numbers(() => 1), { ...common, maxTrials, directory: `${folder}/g` }).search();
    return {};
  },

  /** The processes search, or cross-validate, with data of which something differs. */
  async otherData() {
    const [how] = args;
    const isOdd = rank === 1;
    const own = (is: string, given: number, otherwise: number) => (isOdd && how === is ? otherwise : given);
    const rows = own("length", 8, 6);
    const x = tensor(Float32Array.from({ length: 2 * rows }, (_, i) => i + own("values", 0, 1)), [rows, 2]);
    const y = Array.from({ length: rows }, (_, i) => [i % 2]);
    const given = isOdd && how === "dtype" ? tensor(Int32Array.from(x.data), x.shape) : x;
    const model = () => {
      const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
      model.compile({ optimizer: "sgd", loss: "mse" });
      return model;
    };
    if (how === "folds") {
      await tuning.crossValidate(model, x, isOdd ? y.map(([value]) => [1 - value]) : y, { workers: "mpi", nSplits: 2 });
      return {};
    }
    const tuner = new tuning.RandomSearch(model, {
      ...common,
      objective: "loss",
      directory: `${folder}/k`,
      maxTrials: 2,
    });
    const validationData = [x, y.map(([value]) => [value + own("held", 0, 1)])] as const;
    await tuner.search(given, y, { epochs: own("epochs", 1, 2), validationData });
    return {};
  },

  /** Each process has a folder of its own. */
  async apart() {
    await new tuning.RandomSearch(numbers(() => 1), { ...common, directory: `${folder}/${rank}/h` }).search();
    return {};
  },

  /** The batches of each trial would be divided, too. */
  async both() {
    await distribution.set(new distribution.DataParallel());
    await new tuning.RandomSearch(numbers(() => 1), { ...common, directory: `${folder}/i` }).search();
    return {};
  },
};

const result = await scenarios[name]();
Deno.writeTextFileSync(`${folder}/${rank}.json`, JSON.stringify(result));
