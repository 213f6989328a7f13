// Printed output, character by character, against Python Keras: summaries, progress bars, fit, evaluate, predict.
import assert from "node:assert/strict";
import { LambdaCallback } from "../../lib/callbacks/lambda.ts";
import { ProgressBar } from "../../lib/terminal/progress_bar.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { clearSession } from "../../lib/exec/select.ts";
import { summaryOf } from "../../lib/models/summary.ts";
import { zeros } from "../../lib/ops/composed.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { golden, makeModel, makeOptimizer, type Table, toTensor } from "../golden.ts";

const prints = golden("prints");

/** Runs `body` with a terminal of 80 columns whose clock shows `clock.ms`; returns what was written. */
async function watched(clock: { ms: number }, body: () => void | Promise<void>, isTerminal = true): Promise<string> {
  let text = "";
  setTerminal({
    isTerminal,
    columns: () => prints.columns,
    write: (more) => text += more,
    now: () => prints.clock_start_s + clock.ms / 1000,
  });
  try {
    await body();
  } finally {
    setTerminal(undefined);
  }
  return text;
}

for (const spec of prints.progbars) {
  Deno.test(`progress bar: ${spec.name}`, async () => {
    const clock = { ms: 0 };
    const text = await watched(clock, () => {
      const bar = new ProgressBar(spec.target, { verbose: spec.verbose });
      for (const { at_ms, current, values, finalize } of spec.updates) {
        clock.ms = at_ms;
        bar.update(
          current,
          values.map(([name, value]: [string, Table]) => [name, Number(value)]),
          finalize ?? undefined,
        );
      }
    });
    assert.equal(text, spec.text);
  });
}

for (const spec of prints.summaries) {
  testOnBackends(`summary: ${spec.name}`, async () => {
    await clearSession();
    const model = makeModel(spec.layers, spec.model);
    if (spec.state === "called") await model.predict(zeros([5, 3]), { verbose: 0 });
    if (spec.state === "compiled" || spec.state === "trained") {
      model.compile({ optimizer: makeOptimizer(spec.optimizer), loss: "sparse_categorical_crossentropy" });
    }
    if (spec.state === "trained") {
      await model.trainOnBatch(zeros([2, ...model.inputShape!.slice(1) as number[]]), [0, 1]);
    }
    const { line_length, show_trainable, layer_range } = spec.options;
    const options = { lineLength: line_length, showTrainable: show_trainable, layerRange: layer_range };
    const plain = summaryOf(model, options, spec.columns, false);
    if (spec.state === "called") {
      // The batch axis stays unknown here; Keras fixes it to the first batch.
      return assert.deepEqual(
        plain,
        spec.plain.map((line: string) => line.replace(/\(5, (\d+)\) {3}/, "(None, $1)")),
      );
    }
    assert.deepEqual(plain, spec.plain);
    // The captured terminal has 80 columns unless a variable says otherwise.
    assert.deepEqual(summaryOf(model, options, spec.columns, true), spec.ansi);
  });
}

for (const spec of prints.runs) {
  testOnBackends(`output of ${spec.name}`, async () => {
    const run = prints.run_model;
    const model = makeModel(run.layers);
    model.setWeights(run.initial_weights.map(toTensor));
    model.compile({ optimizer: makeOptimizer(run.optimizer), loss: run.loss, metrics: run.metrics });
    const [x, y] = [toTensor(run.x), toTensor(run.y)];
    const clock = { ms: 0 };
    const events: Table[] = [];
    const tick = new LambdaCallback({
      onEpochBegin: (epoch) => void events.push({ event: "epoch_begin", epoch }),
      onEpochEnd: (epoch, logs) => void events.push({ event: "epoch_end", epoch, names: Object.keys(logs!) }),
      onTrainBatchEnd: (batch, logs) => {
        clock.ms += spec.clock_ms.train;
        events.push({ event: "train_batch_end", batch, names: Object.keys(logs!) });
      },
      onTestBatchEnd: (batch, logs) => {
        clock.ms += spec.clock_ms.test;
        events.push({ event: "test_batch_end", batch, names: Object.keys(logs!) });
      },
      onPredictBatchEnd: (batch) => {
        clock.ms += spec.clock_ms.predict;
        events.push({ event: "predict_batch_end", batch, names: [] });
      },
      onTestEnd: (logs) => void events.push({ event: "test_end", names: Object.keys(logs!) }),
      onPredictEnd: () => void events.push({ event: "predict_end", names: [] }),
    });
    const { epochs, batch_size: batchSize, verbose, steps_per_epoch: stepsPerEpoch } = spec.arguments;
    const rows = spec.validation_rows;
    const batches = () =>
      Array.from({ length: Math.ceil(x.shape[0] / spec.batches) }, (_, i) => {
        const end = Math.min(x.shape[0], (i + 1) * spec.batches);
        return [x.rows(i * spec.batches, end), y.rows(i * spec.batches, end)] as const;
      });
    const text = await watched(clock, async () => {
      const options = { ...(batchSize && { batchSize }), verbose, callbacks: [tick] };
      const [input, target] = spec.batches ? [batches, undefined] : [x, y];
      if (spec.method === "fit") {
        const validationData = rows > 0 ? [x.rows(0, rows), y.rows(0, rows)] as const : undefined;
        await model.fit(input, target, { ...options, epochs, shuffle: false, validationData, stepsPerEpoch });
      } else if (spec.method === "evaluate") await model.evaluate(input, target, options);
      else await model.predict(input, options);
    });
    assert.equal(text, spec.text);
    const expected = spec.events.map(({ logs, ...rest }: Table) =>
      rest.event === "epoch_begin" ? rest : { ...rest, names: Object.keys(logs) }
    );
    assert.deepEqual(events, expected);
  });
}

testOnBackends("where there is no terminal, fit writes one plain line an epoch", async () => {
  const model = makeModel([
    { class_name: "InputLayer", config: { batch_shape: [null, 1] } },
    { class_name: "Dense", config: { units: 1, kernel_initializer: "zeros" } },
  ]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const text = await watched({ ms: 0 }, async () => {
    await model.fit(tensor([[1], [2], [3]]), tensor([[0], [0], [0]]), { epochs: 2, batchSize: 1 });
  }, false);
  const bar = "━".repeat(20);
  assert.equal(
    text,
    `Epoch 1/2\n3/3 ${bar} 0s 0s/step - loss: 0.0000e+00\nEpoch 2/2\n3/3 ${bar} 0s 0s/step - loss: 0.0000e+00\n`,
  );
});

Deno.test("a moving line is cut to the terminal, the finished one is whole", async () => {
  const clock = { ms: 100 };
  const text = await watched(clock, () => {
    const bar = new ProgressBar(2);
    const values = [["a_very_long_metric_name", 0.5], ["another_long_metric_name", 0.25]] as const;
    bar.update(1, values);
    clock.ms = 200;
    bar.update(2, values);
  });
  // deno-lint-ignore no-control-regex
  const [moving, finished] = text.split("\r").slice(1).map((line) => line.replace(/\x1b\[\d+m|\x08/g, ""));
  assert.equal(moving.length, 79);
  assert.match(moving, /…$/);
  assert.match(finished, /another_long_metric_name: 0.2500\n$/);
});
