// Callbacks: the order of hooks, stopping, early stopping, and errors.
import assert from "node:assert/strict";
import { Callback, type Logs } from "../../lib/callbacks/callback.ts";
import {
  EarlyStopping,
  LambdaCallback,
  MemoryCheckpoints,
  ModelCheckpoint,
  TerminateOnNaN,
} from "../../lib/callbacks/callbacks.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";

const x = tensor([[1], [2], [3], [4]]);

function model(learningRate = 0.01): Sequential {
  const made = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "zeros" })]);
  made.compile({ optimizer: new SGD({ learningRate }), loss: "mse", metrics: ["mae"] });
  return made;
}

/** The result of `body`, and what it writes when there is no terminal. */
async function written<T>(body: () => Promise<T>): Promise<[T, string]> {
  let text = "";
  setTerminal({ isTerminal: false, columns: () => 80, write: (more) => text += more, now: () => 0 });
  try {
    const given = await body();
    return [given, text];
  } finally {
    setTerminal(undefined);
  }
}

testOnBackends("hooks are called in Keras's order, and waited for", async () => {
  const calls: string[] = [];
  const hook = (name: string) => async (at?: number | Logs, logs?: Logs) => {
    await Promise.resolve();
    const keys = Object.keys((typeof at === "number" ? logs : at) ?? {}).join(",");
    calls.push(`${name}${typeof at === "number" ? ` ${at}` : ""}${keys ? ` ${keys}` : ""}`);
  };
  const names = [
    ...["TrainBegin", "TrainEnd", "EpochBegin", "EpochEnd", "TrainBatchBegin", "TrainBatchEnd"],
    ...["TestBegin", "TestEnd", "TestBatchBegin", "TestBatchEnd", "PredictBegin", "PredictEnd"],
    ...["PredictBatchBegin", "PredictBatchEnd"],
  ];
  const recorder = new LambdaCallback(Object.fromEntries(names.map((name) => [`on${name}`, hook(name)])));
  const own = model();
  await own.fit(x, x, { batchSize: 2, verbose: 0, callbacks: [recorder], validationSplit: 0.25 });
  const train = "loss,mae";
  assert.deepEqual(calls, [
    "TrainBegin",
    "EpochBegin 0",
    "TrainBatchBegin 0",
    `TrainBatchEnd 0 ${train}`,
    "TrainBatchBegin 1",
    `TrainBatchEnd 1 ${train}`,
    "TestBegin",
    "TestBatchBegin 0",
    `TestBatchEnd 0 ${train}`,
    `TestEnd ${train}`,
    `EpochEnd 0 ${train},val_loss,val_mae`,
    `TrainEnd ${train},val_loss,val_mae`,
  ]);
  calls.length = 0;
  await own.predict(x, { batchSize: 3, verbose: 0, callbacks: [recorder] });
  assert.deepEqual(calls, [
    "PredictBegin",
    "PredictBatchBegin 0",
    "PredictBatchEnd 0",
    "PredictBatchBegin 1",
    "PredictBatchEnd 1",
    "PredictEnd",
  ]);
});

testOnBackends("stopTraining ends the epoch after the batch, and the training", async () => {
  class Stop extends Callback {
    batches = 0;
    override onTrainBatchEnd(batch: number) {
      this.batches++;
      if (batch === 1) this.model.stopTraining = true;
    }
  }
  const stop = new Stop();
  const own = model();
  const history = await own.fit(x, x, { batchSize: 1, epochs: 5, verbose: 0, callbacks: [stop] });
  assert.equal(stop.batches, 2);
  assert.deepEqual(history.epoch, [0]);
  assert.deepEqual(stop.params, { verbose: 0, epochs: 5, steps: 4 });
  assert.equal(own.history, history);
});

testOnBackends("logs that a hook adds are kept; plain objects are callbacks; a learning rate may be set", async () => {
  const own = model();
  const { history } = await own.fit(x, x, {
    epochs: 2,
    verbose: 0,
    callbacks: [{
      onEpochEnd(epoch, logs) {
        logs!.learning_rate = own.optimizer!.learningRate;
        own.optimizer!.learningRate = 0;
        assert.equal(own.optimizer!.iterations, epoch + 1);
      },
    }],
  });
  assert.deepEqual(history.learning_rate, [Math.fround(0.01), 0]);
});

testOnBackends("EarlyStopping waits, stops, and puts the best weights back", async () => {
  const own = model(1);
  const stopping = new EarlyStopping({ monitor: "loss", patience: 2, restoreBestWeights: true, verbose: 1 });
  const [{ epoch, history }, text] = await written(() =>
    own.fit(x, x, { epochs: 20, verbose: 0, callbacks: [stopping] })
  );
  assert.deepEqual(epoch, [0, 1, 2]);
  assert.ok(history.loss[1] > history.loss[0]);
  assert.equal(stopping.stoppedEpoch, 2);
  assert.equal(stopping.bestEpoch, 0);
  assert.equal(text, "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 1.\n");
});

testOnBackends("EarlyStopping refuses what it cannot judge, and lists what there is", async () => {
  const fit = (options: object) => model().fit(x, x, { verbose: 0, callbacks: [new EarlyStopping(options)] });
  await assert.rejects(fit({ monitor: "val_acc" }), /"loss", "mae", and val_ of each, received "val_acc"/);
  assert.throws(() => new EarlyStopping({ mode: "least" as "min" }), /mode must be one of/);
  assert.throws(() => new EarlyStopping({ patiences: 1 } as object), /did you mean "patience"\?/);
  assert.throws(() => new EarlyStopping({ baseline: "low" as never }), /baseline must be a number/);
  assert.throws(() => new EarlyStopping({ patience: null as never }), /patience must not be null/);
  assert.throws(() => new EarlyStopping(null as never), /options must be one object/);
  assert.throws(() => new LambdaCallback(null as never), /options must be one object/);
  assert.equal(new EarlyStopping({ baseline: null, minDelta: -0.5 }).minDelta, 0.5);
});

/** Counts its calls, and does not need every batch. */
class Observer extends Callback {
  readonly batches: number[] = [];
  released = 0;
  constructor(readonly kinds: readonly string[]) {
    super();
  }
  override get everyBatch(): boolean {
    return false;
  }
  override watches(kind: string): boolean {
    return this.kinds.includes(kind);
  }
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    assert.ok(Number.isFinite(logs.loss));
    this.batches.push(batch);
  }
  override onTestBatchEnd(batch: number): void {
    this.batches.push(100 + batch);
  }
  override release(): void {
    this.released++;
  }
}

testOnBackends("a callback that watches gets the last batch of each call, without a terminal too", async () => {
  const own = model();
  const [idle, train, test] = [new Observer([]), new Observer(["Train"]), new Observer(["Test"])];
  const options = { batchSize: 1, verbose: 0, epochs: 2, validationData: [x, x] } as const;
  await written(() => own.fit(x, x, { ...options, callbacks: [idle] }));
  await written(() => own.fit(x, x, { ...options, callbacks: [train] }));
  await written(() => own.fit(x, x, { ...options, callbacks: [test] }));
  assert.deepEqual(idle.batches, []);
  assert.equal(train.batches.filter((batch) => batch === 3).length, 2);
  assert.ok(train.batches.every((batch) => batch < 4));
  assert.equal(test.batches.filter((batch) => batch === 103).length, 2);
  assert.ok(test.batches.every((batch) => batch >= 100));
});

testOnBackends("callbacks are released after a training, and after one that failed", async () => {
  const own = model();
  const observer = new Observer([]);
  await own.fit(x, x, { verbose: 0, callbacks: [observer] });
  assert.equal(observer.released, 1);
  const fails = {
    onEpochEnd() {
      throw new Error("no room");
    },
  };
  await assert.rejects(own.fit(x, x, { verbose: 0, callbacks: [fails, observer] }), /no room/);
  assert.equal(observer.released, 2);
});

Deno.test("hooks of unknown names are refused", () => {
  assert.throws(() => new LambdaCallback({ onEpochEnds() {} } as object), /did you mean "onEpochEnd"\?/);
});

testOnBackends("ModelCheckpoint keeps the best weights in memory", async () => {
  const own = model(1);
  const store = new MemoryCheckpoints();
  const best = new ModelCheckpoint("best.weights.h5", {
    monitor: "loss",
    saveBestOnly: true,
    saveWeightsOnly: true,
    store,
  });
  const after: number[] = [];
  const watch = {
    async onEpochEnd() {
      after.push((await own.getWeights())[0].data[0]);
    },
  };
  const { history } = await own.fit(x, x, { epochs: 4, verbose: 0, callbacks: [watch, best] });
  const at = history.loss.indexOf(Math.min(...history.loss));
  assert.equal(best.best, history.loss[at]);
  assert.equal(store.weights.get("best.weights.h5")![0].data[0], after[at]);
});

testOnBackends("ModelCheckpoint counts batches across epochs", async () => {
  const own = model();
  const store = new MemoryCheckpoints();
  const each = new ModelCheckpoint("{epoch}-{batch}.keras", { saveFreq: 3, store });
  await own.fit(x, x, { epochs: 2, batchSize: 1, verbose: 0, callbacks: [each] });
  assert.deepEqual([...store.weights.keys()], ["1-3.keras", "2-2.keras"]);
});

testOnBackends("TerminateOnNaN ends at the batch", async () => {
  const own = model();
  const bad = tensor([[1], [2], [NaN], [4]]);
  const options = { batchSize: 1, epochs: 3, verbose: 0 as const, shuffle: false };
  const { warn } = console;
  console.warn = () => {};
  try {
    const [, text] = await written(() => own.fit(bad, x, { ...options, callbacks: [new TerminateOnNaN()] }));
    assert.equal(text, "Batch 2: Invalid loss, terminating training\n");
    assert.equal(own.optimizer!.iterations, 3);
    await assert.rejects(
      model().fit(bad, x, { ...options, callbacks: [new TerminateOnNaN({ raiseError: true })] }),
      /^ValueError: Cannot go on training "sequential.*": the loss must be a finite number, received NaN in batch 2: lower/,
    );
  } finally {
    console.warn = warn;
  }
});
