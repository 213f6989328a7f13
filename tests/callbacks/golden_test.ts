// Callbacks against Python Keras: what they print, set, stop, save and write for given logs.
import assert from "node:assert/strict";
import type { Callback, Logs } from "../../lib/callbacks/callback.ts";
import * as callbacks from "../../lib/callbacks/callbacks.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { setBackend } from "../../lib/exec/select.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, makeModel, type Table, toTensor } from "../golden.ts";

const { model: layers, cases, ema } = golden("callbacks");

const schedules: Record<string, callbacks.EpochSchedule> = {
  halving: (_epoch, rate) => rate * 0.5,
  powers: (epoch) => 10 ** -(epoch + 1),
  whole: (epoch) => epoch + 1,
};

function make(spec: Table, path: string, saved: string[]): Callback {
  const options = camelCased(spec.options);
  const store = { save: (name: string) => Promise.resolve(void saved.push(name)) };
  switch (spec.class_name) {
    case "EarlyStopping":
      return new callbacks.EarlyStopping(options);
    case "ReduceLROnPlateau":
      return new callbacks.ReduceLROnPlateau(options);
    case "LearningRateScheduler":
      return new callbacks.LearningRateScheduler(schedules[spec.argument], options);
    case "ModelCheckpoint":
      return new callbacks.ModelCheckpoint(spec.argument, { ...options, store });
    case "TerminateOnNaN":
      return new callbacks.TerminateOnNaN(options);
    case "CSVLogger":
      if (spec.file) Deno.writeTextFileSync(path, spec.file);
      return new callbacks.CSVLogger(path, options);
  }
  throw new Error(`no callback for ${spec.class_name}`);
}

for (const spec of cases) {
  Deno.test(`${spec.class_name} as Keras's: ${spec.name}`, async () => {
    await setBackend("reference");
    const model = makeModel(layers);
    const optimizer = new SGD({ learningRate: spec.rate });
    model.compile({ optimizer, loss: "mse", metrics: ["accuracy"] });
    const folder = Deno.makeTempDirSync();
    const path = `${folder}/log.csv`;
    const saved: string[] = [];
    const rates: number[] = [];
    let printed = "";
    let ran = 0;
    setTerminal({ isTerminal: true, columns: () => 80, write: (text) => printed += text, now: () => 0 });
    try {
      const callback = make(spec, path, saved);
      callback.setParams({ verbose: 0, epochs: spec.epochs.length, steps: spec.batches });
      callback.setModel(model);
      await callback.onTrainBegin();
      for (const [epoch, given] of spec.epochs.entries()) {
        const logs = (): Logs =>
          Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]));
        model.setWeights([[[epoch], [epoch]], [0]]);
        await callback.onEpochBegin(epoch);
        rates.push(optimizer.learningRate);
        for (let batch = 0; batch < spec.batches && !model.stopTraining; batch++) {
          await callback.onTrainBatchEnd(batch, logs());
        }
        if (!model.stopTraining) await callback.onEpochEnd(epoch, logs());
        ran++;
        if (model.stopTraining) break;
      }
      await callback.onTrainEnd();
      const written = spec.written === null ? null : Deno.readTextFileSync(path);
      assert.deepEqual(
        { ran, rates, rate: optimizer.learningRate, saved, printed, written },
        {
          ran: spec.ran,
          rates: spec.rates,
          rate: spec.rate_after,
          saved: spec.saved,
          printed: spec.printed,
          written: spec.written,
        },
      );
      assert.equal((await model.getWeights())[0].data[0], spec.kernel_after);
    } finally {
      setTerminal(undefined);
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

for (const run of ema.runs) {
  testOnBackends(`SwapEMAWeights as Keras's, with swapOnEpoch ${run.swap_on_epoch}`, async () => {
    const close = { absolute: 2e-6, relative: 2e-5 };
    const model = makeModel(layers);
    const optimizer = new SGD({ learningRate: 0.1, useEma: true, emaMomentum: 0.5 });
    model.compile({ optimizer, loss: "mse" });
    const [x, y] = [toTensor(ema.x), toTensor(ema.y)];
    const seen: ArrayLike<number>[] = [];
    const watch = {
      async onEpochEnd() {
        seen.push((await model.getWeights())[0].data);
      },
    };
    const swap = new callbacks.SwapEMAWeights({ swapOnEpoch: run.swap_on_epoch });
    const { history } = await model.fit(x, y, {
      batchSize: 2,
      epochs: 3,
      shuffle: false,
      verbose: 0,
      validationData: [x, y],
      callbacks: [swap, watch],
    });
    assertClose(history.loss, run.history.loss, close);
    assertClose(history.val_loss, run.history.val_loss, close);
    run.at_epoch_end.forEach((kernel: Table, epoch: number) => assertClose(seen[epoch], kernel.data, close));
    const after = await model.getWeights();
    run.weights_after.forEach((value: Table, i: number) => assertClose(after[i].data, value.data, close));
  });
}
