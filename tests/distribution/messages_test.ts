// How often processes add up in a step: counted by a communicator of this process alone.
import assert from "node:assert/strict";
import { type Communicator, useCommunicator } from "../../lib/communicator.ts";
import { clearSession, Input, layers, Sequential, setBackend, tensor } from "../../mod.ts";

/** Two processes that do the same, of which this is the first; it counts what is added up. */
function twins(): { communicator: Communicator; messages: number[] } {
  const messages: number[] = [];
  return {
    messages,
    communicator: {
      rank: 0,
      size: 2,
      description: "none",
      processors: 1,
      reducer: null,
      reduce: (data) => {
        messages.push(data.length);
        return Promise.resolve();
      },
      broadcast: () => Promise.resolve(),
      gather: (numbers) => Promise.resolve([[...numbers], [...numbers]]),
      gatherTexts: (text) => Promise.resolve([text, text]),
    },
  };
}

Deno.test("a step is one message, and three more for each normalization over the batch", async () => {
  const { communicator, messages } = twins();
  await setBackend("reference");
  await useCommunicator(() => Promise.resolve(communicator));
  try {
    for (const count of [0, 1, 3]) {
      const normalized = () => [new layers.Dense(8), new layers.BatchNormalization(), new layers.ReLU()];
      const blocks = Array.from({ length: count }, normalized).flat();
      const model = new Sequential([Input({ shape: [8] }), ...blocks, new layers.Dense(1)]);
      model.compile({ optimizer: "sgd", loss: "mse" });
      messages.length = 0;
      await model.fit(tensor(new Float32Array(96), [12, 8]), tensor(new Float32Array(12), [12, 1]), {
        batchSize: 6,
        verbose: 0,
      });
      assert.equal(messages.length, 2 * (1 + 3 * count));
      // The gradients of all weights, and the loss.
      if (count === 0) assert.deepEqual(messages, [10, 10]);
    }
  } finally {
    await useCommunicator(undefined);
    await clearSession();
  }
});

Deno.test("predict and evaluate share out the rows of each batch, and gather or add up once for it", async () => {
  const { communicator, messages } = twins();
  await setBackend("reference");
  await useCommunicator(() => Promise.resolve(communicator));
  try {
    const model = new Sequential([Input({ shape: [8] }), new layers.Dense(3)]);
    model.compile({ loss: "mse" });
    const x = tensor(Float32Array.from({ length: 80 }, (_, i) => Math.sin(i)), [10, 8]);
    const predicted = await model.predict(x, { batchSize: 4, verbose: 0 });
    // Each batch of 4, 4 and 2 rows is whole once the rows of all processes are in.
    assert.deepEqual(messages, [12, 12, 6]);
    assert.deepEqual(predicted.shape, [10, 3]);
    // The other process, which only takes part, has given nothing: this one's rows are the first half of each batch.
    const isOwn = Array.from({ length: 10 }, (_, row) => predicted.data.slice(3 * row, 3 * row + 3).some(Boolean));
    assert.deepEqual(isOwn, [true, true, false, false, true, true, false, false, true, false]);
    messages.length = 0;
    await model.evaluate(x, tensor(new Float32Array(30), [10, 3]), { batchSize: 4, verbose: 0 });
    assert.deepEqual(messages, [1, 1, 1]);
  } finally {
    await useCommunicator(undefined);
    await clearSession();
  }
});

Deno.test("a batch of fewer rows than there are processes is computed by each of them", async () => {
  const { communicator, messages } = twins();
  await setBackend("reference");
  await useCommunicator(() => Promise.resolve(communicator));
  try {
    const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    await model.fit([[1, 2]], [[3]], { verbose: 0 });
    assert.deepEqual(messages, []);
    assert.deepEqual((await model.predict([[1, 2]], { verbose: 0 })).shape, [1, 1]);
  } finally {
    await useCommunicator(undefined);
    await clearSession();
  }
});
