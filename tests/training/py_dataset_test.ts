// PyDataset: trainings are Keras's; batches are asked for ahead of time, kept in order, and given up in good order.
import assert from "node:assert/strict";
import { Callback } from "../../lib/callbacks/callback.ts";
import { Dense } from "../../lib/layers/core.ts";
import { CeratopsError, StateError, ValueError } from "../../lib/errors.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { ones } from "../../lib/ops/composed.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import type { Batch } from "../../lib/training/batches.ts";
import { PyDataset, type PyDatasetOptions } from "../../lib/training/py_dataset.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";
import { warningsOf } from "../warnings.ts";

const datasets = golden("datasets");
const close = { absolute: 2e-6, relative: 5e-5 };
const [x, y, weights] = [datasets.x, datasets.y, datasets.sample_weights].map(toTensor);

class Rows extends PyDataset {
  constructor(readonly weighted: boolean, readonly isAsync: boolean, options: PyDatasetOptions) {
    super(options);
  }

  override get length() {
    return Math.ceil(x.shape[0] / datasets.batch);
  }

  override getItem(index: number): Batch | Promise<Batch> {
    const [from, to] = [index * datasets.batch, Math.min(x.shape[0], (index + 1) * datasets.batch)];
    const parts = (this.weighted ? [x, y, weights] : [x, y]).map((part) => part.rows(from, to)) as [Tensor, Tensor];
    if (!this.isAsync) return parts;
    // Later batches are there first.
    return new Promise((resolve) => setTimeout(() => resolve(parts), 6 - 2 * index));
  }
}

for (const [i, spec] of datasets.trainings.entries()) {
  for (const isAsync of [false, true]) {
    testOnBackends(`a training by a PyDataset is Keras's: ${i}, ${isAsync ? "async" : "at once"}`, async () => {
      const model = new Sequential([Input({ shape: [3] }), new Dense(2, { activation: "softmax" })]);
      model.setWeights([toTensor(datasets.kernel), [0, 0]]);
      const loss = "sparse_categorical_crossentropy";
      model.compile({ optimizer: new SGD({ learningRate: 0.5 }), loss, metrics: ["accuracy"] });
      const data = new Rows(spec.weighted, isAsync, { workers: spec.workers });
      const { class_weight: classWeight, ...options } = spec.options;
      const [{ history }] = await warningsOf(() =>
        model.fit(data, undefined, {
          ...camelCased(options),
          classWeight,
          epochs: 3,
          shuffle: false,
          verbose: 0,
          validationData: new Rows(false, isAsync, {}),
        })
      );
      assert.deepEqual(Object.keys(history).sort(), Object.keys(spec.history).sort());
      for (const [name, values] of Object.entries(spec.history)) {
        assertClose(history[name], values as number[], close);
      }
      const evaluated = await model.evaluate(data, undefined, { verbose: 0 });
      assertClose([evaluated.loss, evaluated.accuracy], spec.evaluated, close);
      assertClose((await model.predict(data, { verbose: 0 })).data, toTensor(spec.predicted).data, close);
      (await model.getWeights()).forEach((value, j) => assertClose(value.data, spec.weights[j].data, close));
    });
  }
}

function small(): Sequential {
  const model = new Sequential([Input({ shape: [2] }), new Dense(1, { kernelInitializer: "ones" })], { name: "m" });
  model.compile({ optimizer: new SGD({ learningRate: 0.1 }), loss: "mse" });
  return model;
}

/** What a dataset saw. */
class Watched extends PyDataset {
  readonly events: string[] = [];
  running = 0;
  most = 0;
  fail = Infinity;
  /** From this batch on nothing comes before the test is long over. */
  stuck = Infinity;

  constructor(readonly count: number | null, options: PyDatasetOptions = {}, readonly wait: number | null = 1) {
    super(options);
  }

  override get numBatches() {
    return this.count;
  }

  override onEpochBegin() {
    this.events.push("begin");
  }

  override async onEpochEnd() {
    await Promise.resolve();
    this.events.push("end");
  }

  override getItem(index: number, signal: AbortSignal): Batch | Promise<Batch> {
    this.events.push(String(index));
    if (index >= this.fail) throw new TypeError("mine");
    const batch = [[[index, 1]], [[index]]] as const;
    if (this.wait === null) return batch;
    this.most = Math.max(this.most, ++this.running);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        clearTimeout(timer);
        this.running--;
        this.events.push(`aborted ${index}`);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", giveUp);
        this.running--;
        resolve(batch);
      }, index < this.stuck ? this.wait! : 600_000);
      signal.addEventListener("abort", giveUp);
    });
  }
}

const options = { verbose: 0, shuffle: false } as const;
const numbers = (events: readonly string[]) => events.filter((event) => /^\d+$/.test(event)).map(Number);

testOnBackends("hooks enclose each epoch, evaluation and prediction", async () => {
  const data = new Watched(2, { workers: 0 }, null);
  const validationData = new Watched(1, { workers: 0 }, null);
  class Steps extends Callback {
    known: number | null = null;
    override onTrainBegin() {
      this.known = this.params.steps;
    }
  }
  const steps = new Steps();
  await small().fit(data, undefined, { ...options, epochs: 2, validationData, callbacks: [steps] });
  // Before the first pass is over, unlike that of an iterable.
  assert.equal(steps.known, 2);
  const epoch = ["begin", "0", "1", "end"];
  assert.deepEqual(data.events, [...epoch, ...epoch]);
  assert.deepEqual(validationData.events, ["begin", "0", "end", "begin", "0", "end"]);
  data.events.length = 0;
  await small().evaluate(data, undefined, { verbose: 0 });
  await small().predict(data, { verbose: 0 });
  assert.deepEqual(data.events, [...epoch, ...epoch]);
});

testOnBackends("an epoch may end within a pass, which the next one goes on with", async () => {
  const data = new Watched(null, { workers: 2 });
  await small().fit(data, undefined, { ...options, epochs: 2, stepsPerEpoch: 3 });
  assert.deepEqual(data.events.filter((event) => event === "begin" || event === "end").length, 4);
  const asked = numbers(data.events);
  assert.deepEqual(asked, asked.map((_, i) => i));
  assert.ok(asked.length >= 6);
  assert.equal(data.running, 0);
});

for (const workers of [1, 3]) {
  Deno.test(`${workers} calls run at a time, and no more batches wait than the queue holds`, async () => {
    const data = new Watched(20, { workers, maxQueueSize: 4 });
    const pass = data.beginPass();
    await pass.next();
    const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    for (let waited = 0; numbers(data.events).length < 5 && waited < 10_000; waited++) await wait(1);
    await wait(20);
    // One was taken, and 4 wait.
    assert.deepEqual(numbers(data.events), [0, 1, 2, 3, 4]);
    assert.equal(data.most, workers);
    const taken: unknown[] = [];
    for (let next = await pass.next(); !next.done; next = await pass.next()) taken.push(pass.index);
    assert.deepEqual(taken, Array.from({ length: 19 }, (_, i) => i + 1));
    assert.equal(data.most, workers);
    await pass.return();
  });
}

Deno.test("what is made at once, or without workers, is asked for when it is used", async () => {
  for (const [workers, wait] of [[3, null], [0, 1]] as const) {
    const data = new Watched(5, { workers }, wait);
    const pass = data.beginPass();
    await pass.next();
    await pass.next();
    assert.deepEqual(data.events, ["0", "1"]);
    await pass.return();
  }
});

testOnBackends("fit shuffles the batches, by the seed, and each epoch anew", async () => {
  const asked = async (seed: number, shuffle: boolean) => {
    setRandomSeed(seed);
    const data = new Watched(8, { workers: 0 }, null);
    await small().fit(data, undefined, { verbose: 0, epochs: 2, shuffle });
    return numbers(data.events);
  };
  const inOrder = [0, 1, 2, 3, 4, 5, 6, 7];
  assert.deepEqual(await asked(1, false), [...inOrder, ...inOrder]);
  const shuffled = await asked(1, true);
  assert.deepEqual(await asked(1, true), shuffled);
  const [first, second] = [shuffled.slice(0, 8), shuffled.slice(8)];
  for (const epoch of [first, second]) {
    assert.notDeepEqual(epoch, inOrder);
    assert.deepEqual(epoch.toSorted(), inOrder);
  }
  assert.notDeepEqual(first, second);
  assert.notDeepEqual(await asked(2, true), shuffled);
  // A class may keep its order.
  class Ordered extends Watched {
    override get keepsOrder() {
      return true;
    }
  }
  const ordered = new Ordered(8, {}, null);
  await small().fit(ordered, undefined, { verbose: 0, shuffle: true });
  assert.deepEqual(numbers(ordered.events), inOrder);
});

testOnBackends(
  "a failing batch is named, calls ahead of it are given up, and the model can be trained again",
  async () => {
    for (const wait of [null, 5]) {
      const data = new Watched(8, { workers: 4 }, wait);
      data.fail = 2;
      const model = small();
      await assert.rejects(model.fit(data, undefined, options), (error: Error) => {
        assert.ok(error instanceof ValueError);
        assert.match(
          error.message,
          /^Cannot get batch 2 of Watched: getItem\(2\) must give it, received TypeError: mine/,
        );
        assert.ok(error.cause instanceof TypeError);
        return true;
      });
      assert.equal(data.running, 0);
      data.fail = Infinity;
      await model.fit(data, undefined, options);
    }
  },
);

testOnBackends("batches that do not suit are named by their number", async () => {
  class Odd extends Watched {
    override getItem(index: number): Batch {
      return index === 3 ? [ones([2, 5]), ones([2, 1])] : [ones([2, 2]), ones([2, 1])];
    }
  }
  await assert.rejects(
    small().fit(new Odd(5), undefined, { verbose: 0 }),
    (error: Error) => error instanceof CeratopsError && /^Cannot fit "m", batch 3: /.test(error.message),
  );
});

testOnBackends("what runs ahead is given up when fit ends early, and when nobody iterates any more", async () => {
  const data = new Watched(100, { workers: 3, maxQueueSize: 5 }, 2);
  data.stuck = 2;
  const model = small();
  const stop = { onTrainBatchEnd: (batch: number) => void (model.stopTraining = batch === 1) };
  await model.fit(data, undefined, { ...options, callbacks: [stop] });
  assert.equal(data.running, 0);
  assert.deepEqual(data.events.filter((event) => event.startsWith("aborted")), ["aborted 2", "aborted 3", "aborted 4"]);
  const again = new Watched(100, { workers: 3 }, 2);
  for await (const _ of again) break;
  assert.equal(again.running, 0);
  assert.ok(numbers(again.events).length < 20);
});

testOnBackends("a shuffled training resumes bit for bit, without asking for the batches before", async (backend) => {
  const folder = await Deno.makeTempDir();
  try {
    const { BackupAndRestore } = await import("../../lib/callbacks/callbacks.ts");
    const train = async (backup: boolean, killed: boolean) => {
      setRandomSeed(4);
      const data = new Watched(7, { workers: 0 }, null);
      const model = small();
      const callbacks: object[] = backup
        ? [new BackupAndRestore(folder, { saveFreq: 1, deleteCheckpoint: false })]
        : [];
      let seen = 0;
      if (killed) {
        callbacks.push({
          onTrainBatchEnd() {
            if (++seen === 10) throw new Error("killed");
          },
        });
      }
      const fitting = model.fit(data, undefined, { verbose: 0, epochs: 3, callbacks });
      if (killed) await assert.rejects(fitting, /killed/);
      else await fitting;
      return { asked: numbers(data.events), weights: (await model.getWeights()).map(({ data }) => [...data]) };
    };
    const whole = await train(false, false);
    await train(true, true);
    const resumed = await train(true, false);
    // The reference computes in float64, which a file of float32 cannot hold.
    if (backend === "reference") assertClose(resumed.weights.flat(), whole.weights.flat(), close);
    else assert.deepEqual(resumed.weights, whole.weights);
    assert.deepEqual(resumed.asked, whole.asked.slice(-resumed.asked.length));
    assert.equal(resumed.asked.length, 21 - 10);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("map changes each batch, at once or by a promise", async () => {
  for (const wait of [null, 1]) {
    const data = new Watched(3, { workers: 2 }, wait);
    const mapped = data.map((batch, index) => [index, (batch as Table)[1][0][0]]);
    assert.equal(mapped.numBatches, 3);
    const all: unknown[] = [];
    for await (const batch of mapped) all.push(batch);
    assert.deepEqual(all, [[0, 0], [1, 1], [2, 2]]);
    const later: unknown[] = [];
    for await (const batch of data.map((_, index) => Promise.resolve(index))) later.push(batch);
    assert.deepEqual(later, [0, 1, 2]);
    assert.deepEqual(await mapped.getItem(2, AbortSignal.timeout(1000)), [2, 2]);
  }
  assert.throws(() => new Watched(1).map(1 as never), ValueError);
});

Deno.test("mistakes are told before any work", async () => {
  await useBackend("eigen");
  const model = small();
  const refused = (data: PyDataset, pattern: RegExp, kind: typeof CeratopsError = ValueError, fitOptions = {}) =>
    assert.rejects(
      model.fit(data, undefined, { verbose: 0, ...fitOptions }),
      (error: Error) => error instanceof kind && pattern.test(error.message),
    );
  await refused(new Watched(0), /at least one batch, received Watched with numBatches of 0/);
  await refused(new Watched(1.5), /numBatches must be a whole number of at least 0.*received 1.5/);
  await refused(new Watched(null), /a dataset without end needs stepsPerEpoch/);
  await refused(new Watched(2), /a dataset without end needs validationSteps/, ValueError, {
    validationData: new Watched(null),
  });
  await assert.rejects(model.evaluate(new Watched(null), undefined, { verbose: 0 }), /needs steps/);
  await assert.rejects(model.predict(new Watched(null), { verbose: 0 }), /needs steps/);
  await refused(new Watched(2), /batchSize cannot be given beside/, ValueError, { batchSize: 2 });
  class Uncounted extends PyDataset {
    override getItem(): Batch {
      return [[[1, 1]], [[1]]];
    }
  }
  await refused(new Uncounted(), /neither numBatches nor length/, StateError);
  // As JavaScript lets one write it.
  class Empty extends Uncounted {
    override get numBatches() {
      return 1;
    }
  }
  Reflect.deleteProperty(Uncounted.prototype, "getItem");
  await refused(new Empty(), /Empty has no method getItem/);
  const make = (given: object) => () => new Watched(1, given);
  assert.throws(make({ useMultiprocessing: true }), /useMultiprocessing must be false.*make getItem async/);
  assert.throws(make({ workers: -1 }), /workers must be an integer of at least 0/);
  assert.throws(make({ maxQueueSize: 0 }), /maxQueueSize must be an integer of at least 1/);
  assert.throws(make({ max_queue_size: 3 }), /did you mean "maxQueueSize"/);
  assert.deepEqual(make({ useMultiprocessing: false })().events, []);
});
