// BackupAndRestore: a training that was killed resumes, and ends bit for bit like one that was not.
import assert from "node:assert/strict";
import { setBackend } from "../../lib/exec/select.ts";
import { BackupAndRestore, type Logs } from "../../lib/callbacks/callbacks.ts";
import { decodeTraining, encodeTraining } from "../../lib/callbacks/training_file.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { ones } from "../../lib/ops/composed.ts";
import { backends } from "../backends.ts";

const lib = new URL("../../lib/", import.meta.url).href;

/**
 * A training of 4 epochs of 7 batches, with dropout and slots, that prints its results. `DIE` is the batch after which
 * it is killed.
 */
const program = (backend: string, folder: string | undefined, source: string, options: string, fitOptions: string) => `
  import { setBackend } from "${lib}exec/select.ts";
  import { BackupAndRestore } from "${lib}callbacks/callbacks.ts";
  import { Dense } from "${lib}layers/core.ts";
  import { Dropout } from "${lib}layers/regularization.ts";
  import { Input } from "${lib}layers/input.ts";
  import { Sequential } from "${lib}models/sequential.ts";
  import { Adam } from "${lib}optimizers/optimizers.ts";
  import { setRandomSeed } from "${lib}random_stream.ts";
  import { tensor } from "${lib}tensor/tensor.ts";
  await setBackend("${backend}");
  setRandomSeed(Deno.env.get("DIE") === undefined ? 99 : 5);
  const model = new Sequential([
    Input({ shape: [4] }),
    new Dense(8, { activation: "relu" }),
    new Dropout(0.4),
    new Dense(3, { activation: "softmax" }),
  ]);
  const optimizer = new Adam({ learningRate: 0.05, useEma: true });
  model.compile({ optimizer, loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const x = tensor(Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * 1.7)), [50, 4]);
  const y = tensor(Int32Array.from({ length: 50 }, (_, i) => i % 3));
  function* batches() {
    for (let row = 0; row < 50; row += 8) yield [x.rows(row, Math.min(50, row + 8)), y.rows(row, Math.min(50, row + 8))];
  }
  const die = Number(Deno.env.get("DIE") ?? Infinity);
  let seen = 0;
  const killer = {
    onTrainBatchEnd() {
      if (++seen === die) Deno.kill(Deno.pid, "SIGKILL");
    },
    onEpochEnd(epoch) {
      optimizer.learningRate = 0.05 / (epoch + 2);
    },
  };
  const callbacks = [killer${folder === undefined ? "" : `, new BackupAndRestore("${folder}", ${options})`}];
  const { epoch, history } = await model.fit(${source}, { epochs: 4, verbose: 0, callbacks, ${fitOptions} });
  const weights = (await model.getWeights()).map(({ data }) => [...data]);
  const slots = [];
  for (const slot of optimizer.slots) slots.push([...(await slot.read()).data]);
  const last = await model.trainOnBatch(x, y);
  const rate = optimizer.learningRate;
  console.log(JSON.stringify({ epoch, history, weights, slots, batches: optimizer.batches, rate, last }));`;

async function run(code: string, env: Record<string, string>): Promise<{ signal: string | null; text: string }> {
  const args = ["eval", "--no-lock", code];
  const { signal, code: status, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  assert.ok(signal || status === 0, new TextDecoder().decode(stderr));
  return { signal, text: new TextDecoder().decode(stdout) };
}

const results = new Map<string, string>();

/** The result of an uninterrupted training; several cases share it. */
async function undisturbed(code: string): Promise<string> {
  const known = results.get(code) ?? (await run(code, { DIE: "-1" })).text;
  results.set(code, known);
  return known;
}

const arrays = ["x, y", "batchSize: 8"] as const;
const cases = [
  { name: "after an epoch", source: arrays, options: "{}", die: 17 },
  { name: "in the first epoch, before anything was saved", source: arrays, options: "{}", die: 3 },
  { name: "amid an epoch", source: arrays, options: "{ saveFreq: 3 }", die: 11 },
  { name: "at the last batch of an epoch", source: arrays, options: "{ saveFreq: 7 }", die: 15 },
  { name: "between passes and epochs", source: ["x, y", "batchSize: 8, stepsPerEpoch: 5"], options: "{}", die: 12 },
  { name: "with validation", source: ["x, y", "batchSize: 8, validationSplit: 0.2"], options: "{}", die: 12 },
  { name: "amid a stream", source: ["batches, undefined", ""], options: "{ saveFreq: 2 }", die: 10 },
  { name: "after an epoch of a stream", source: ["batches, undefined", ""], options: "{}", die: 16 },
] as const;

// The reference keeps float64 between steps, which a float32 file does not store.
for (const backend of backends.filter((name) => name !== "reference")) {
  for (const { name, source, options, die } of cases) {
    // Two ways of saving are enough for a backend on which processes start slowly.
    if (backend === "webgpu" && name !== "after an epoch" && name !== "amid an epoch") continue;
    Deno.test(`a killed training goes on: ${name} ${name === "amid an epoch" ? "" : "[slow] "}[${backend}]`, async () => {
      const folder = await Deno.makeTempDir();
      try {
        const of = (where: string | undefined) => program(backend, where, source[0], options, source[1]);
        const expected = await undisturbed(of(undefined));
        const killed = await run(of(`${folder}/backup`), { DIE: String(die) });
        assert.equal(killed.signal, "SIGKILL");
        // Nothing was saved yet, so it starts over, with the program's seed.
        const anew = die === 3;
        const again = await run(of(`${folder}/backup`), anew ? { DIE: "-1" } : {});
        assert.deepEqual(JSON.parse(again.text), JSON.parse(expected));
        // The folder is removed when training is done.
        assert.deepEqual([...Deno.readDirSync(folder)], []);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

/** A model with one weight, and a fit of it that calls the hook at the end of each epoch. */
function small(): { model: Sequential; fit: (callbacks: object[], epochs: number) => Promise<unknown> } {
  const model = new Sequential([Input({ shape: [1] }), new Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  return {
    model,
    fit: (callbacks, epochs) => model.fit(ones([4, 1]), ones([4, 1]), { epochs, verbose: 0, callbacks }),
  };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  await setBackend("reference");
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/backup`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a backup that is kept says where the training ended", () =>
  inFolder(async (folder) => {
    const epochs: number[] = [];
    const watch = { onEpochEnd: (epoch: number, _logs?: Logs) => void epochs.push(epoch) };
    const { fit } = small();
    const backup = () => new BackupAndRestore(folder, { deleteCheckpoint: false });
    await fit([backup(), watch], 2);
    await fit([backup(), watch], 2);
    await fit([backup(), watch], 3);
    assert.deepEqual(epochs, [0, 1, 2]);
  }));

Deno.test("a damaged backup is refused, or the one before is taken", () =>
  inFolder(async (folder) => {
    const { fit } = small();
    const options = { deleteCheckpoint: false, doubleCheckpoint: true };
    const path = new BackupAndRestore(folder).path;
    await fit([new BackupAndRestore(folder, options)], 3);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
    const heard: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void heard.push(text);
    const epochs: number[] = [];
    const watch = { onEpochEnd: (epoch: number) => void epochs.push(epoch) };
    try {
      await fit([new BackupAndRestore(folder, options), watch], 3);
    } finally {
      console.warn = warn;
    }
    assert.deepEqual(epochs, [2]);
    assert.match(heard[0], /received a damaged one: .*; training resumes from the previous file/);
    await Deno.writeFile(path, bytes);
    await Deno.remove(`${path}.bkp`);
    await assert.rejects(
      fit([new BackupAndRestore(folder)], 3),
      /^FileError: Cannot go on from ".*": .* a damaged one/,
    );
    await Deno.writeFile(path, bytes.subarray(0, 5));
    await assert.rejects(fit([new BackupAndRestore(folder)], 3), /received a file of another format/);
  }));

Deno.test("the backup of another model is refused", () =>
  inFolder(async (folder) => {
    await small().fit([new BackupAndRestore(folder, { deleteCheckpoint: false })], 1);
    const other = new Sequential([Input({ shape: [1] }), new Dense(2)], { name: "m" });
    other.compile({ optimizer: "sgd", loss: "mse" });
    await assert.rejects(
      other.fit(ones([4, 1]), ones([4, 2]), { verbose: 0, callbacks: [new BackupAndRestore(folder)] }),
      /^FileError: Cannot go on with the training of "m": .* received \[1, 1\] for weights\/0 of shape \[1, 2\]/,
    );
  }));

Deno.test("what is saved is what is read", () => {
  const tensors = new Map([["a", ones([2, 3])], ["b", ones([])]]);
  const pass = { epoch: 1, batches: 2, row: 3 };
  const history = { epoch: [0], logs: { loss: [0.1] } };
  const saved = { tensors, epoch: 1, batch: 2, pass, batches: 9, learningRates: [0.1, null], seed: -5, history };
  assert.deepEqual(decodeTraining(encodeTraining(saved), "file"), saved);
});
