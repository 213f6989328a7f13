// Indices out of a table's range are found before the first step, wherever they are in the data.
import assert from "node:assert/strict";
import { Input, layers, Model, ops, Sequential, type StepData, tensor, type Value } from "../../mod.ts";
import { setBackend } from "../../lib/exec/select.ts";
import { testOnBackends } from "../backends.ts";

const quiet = { verbose: 0 } as const;

function compiled<M extends Model>(model: M): M {
  model.compile({ optimizer: "sgd", loss: "mse" });
  return model;
}

const words = () =>
  compiled(
    new Sequential([
      Input({ shape: [3], name: "ids" }),
      new layers.Embedding(10, 2, { name: "words" }),
      new layers.GlobalAveragePooling1D(),
      new layers.Dense(1),
    ], { name: "m" }),
  );

/** A model with a unique name, with given inputs and output. */
const model = (inputs: ReturnType<typeof Input>[], output: Model["outputs"][number]) =>
  compiled(new Model({ inputs, outputs: ops.mean(new layers.Flatten().apply(output), 1), name: "m" }));

testOnBackends(
  "an index out of range names the input, the row, the index and the size, and nothing is trained",
  async () => {
    const m = words();
    const before = await m.getWeights();
    const good = [1, 2, 9];
    await assert.rejects(m.fit([good, [4, 10, 5]], [[1], [2]], quiet), {
      name: "ValueError",
      message:
        'Cannot fit "m": indices must be from 0 to 9, as "words" has an inputDim of 10, received 10 in row 1 of ' +
        'x ("ids"): give it an inputDim of 11, or count from 0',
    });
    await assert.rejects(
      m.fit([good, good, [4, 5, -1]], [[1], [2], [3]], quiet),
      /received -1 in row 2.*map what is unknown/,
    );
    await assert.rejects(
      m.evaluate([good, [300, 1, 1]], [[1], [2]], quiet),
      /Cannot evaluate "m": .*received 300 in row 1/,
    );
    await assert.rejects(m.trainOnBatch([[11, 1, 1]], [[1]]), /Cannot trainOnBatch with "m": .*received 11 in row 0/);
    assert.deepEqual(await m.getWeights(), before);
    const [[y]] = (await m.predict(tensor([good]), quiet)).toArray(2);
    assert.ok(Number.isFinite(y));
    // Also if there is a program for this shape already.
    await assert.rejects(m.predict(tensor([[1, 12, 9]]), quiet), /Cannot predict with "m": .*received 12 in row 0/);
    const data = [good, good];
    const validationData = [[[1, 1, 10]], [[1]]] as const;
    await assert.rejects(m.fit(data, [[1], [2]], { ...quiet, validationData }), /received 10 in row 0/);
  },
);

testOnBackends("in a stream the batch is named, and the batches before it stay trained on", async () => {
  const batches = function* () {
    yield [tensor([[1, 2, 3]]), tensor([[1]])] as const;
    yield [tensor([[1, 2, 13]]), tensor([[1]])] as const;
  };
  const [m, expected] = [words(), words()];
  expected.setWeights(await m.getWeights());
  await assert.rejects(m.fit(batches, undefined, quiet), /Cannot fit "m", batch 1: .*received 13 in row 0/);
  await expected.trainOnBatch([[1, 2, 3]], [[1]]);
  assert.deepEqual(await m.getWeights(), await expected.getWeights());
  assert.equal(m.optimizer!.iterations, 1);
});

testOnBackends("nothing is begun on data with a wrong index, not even on that of the validation", async () => {
  const m = words();
  const [good, bad, y] = [[[1, 2, 3]], [[1, 2, 10]], [[1]]];
  await m.fit(good, y, quiet);
  const before = await m.getWeights();
  const called: string[] = [];
  const watch = { onTrainBegin: () => void called.push("train"), onTestBegin: () => void called.push("test") };
  const options = { ...quiet, callbacks: [watch] } as const;
  await assert.rejects(m.fit(bad, y, options), /Cannot fit "m": .*received 10 in row 0/);
  const validated = m.fit(good, y, { ...options, validationData: [bad, y] });
  await assert.rejects(validated, /Cannot fit "m" with validationData: .*received 10 in row 0/);
  await assert.rejects(m.evaluate(bad, y, options), /received 10 in row 0/);
  assert.deepEqual([called, m.optimizer!.iterations], [[], 1]);
  assert.deepEqual(await m.getWeights(), before);
  // The failed call has no effect on the next training.
  await m.fit(good, y, options);
  assert.deepEqual([called, m.optimizer!.iterations], [["train"], 2]);
});

Deno.test("the step that runs is the only one that is traced to find the lookups", async () => {
  await setBackend("reference");
  let calls = 0;
  class Counting extends layers.Embedding {
    override call(x: Value) {
      calls++;
      return super.call(x);
    }
  }
  const m = compiled(
    new Sequential([Input({ shape: [3] }), new Counting(10, 2), new layers.Flatten(), new layers.Dense(1)]),
  );
  calls = 0;
  await m.fit([[1, 2, 3]], [[1]], { ...quiet, epochs: 2 });
  assert.equal(calls, 1);
  await m.predict([[1, 2, 3]], quiet);
  await m.predict([[3, 2, 1]], quiet);
  assert.equal(calls, 2);
});

Deno.test("of several tables the one that is too small is named, and each input by its name", async () => {
  await setBackend("reference");
  const [user, movie] = [Input({ shape: [1], name: "user" }), Input({ shape: [1], name: "movie", dtype: "uint8" })];
  const [small, large] = [new layers.Embedding(4, 2, { name: "small" }), new layers.Embedding(8, 2, { name: "large" })];
  const sum = ops.add(ops.add(small.apply(user), large.apply(user)), large.apply(movie));
  const m = model([user, movie], sum);
  await m.fit({ user: [[3]], movie: [[7]] }, [1], quiet);
  await assert.rejects(
    m.fit({ user: [[4]], movie: [[7]] }, [1], quiet),
    /as "small" has.*received 4 in row 0 of x\["user"\]/,
  );
  await assert.rejects(
    m.fit({ user: [[3]], movie: [[8]] }, [1], quiet),
    /as "large" has.*received 8 in row 0 of x\["movie"\]/,
  );
});

Deno.test("indices are followed through what moves them, and each table is held to its own columns", async () => {
  await setBackend("reference");
  const x = Input({ shape: [4], name: "x" });
  const embed = (size: number) => new layers.Embedding(size, 2, { name: `of_${size}` });
  const through = async (y: ReturnType<typeof Input>, good: number[], bad: number[]) => {
    const m = model([x], y);
    await m.fit([good], [1], quiet);
    await assert.rejects(m.fit([good, bad], [1, 1], quiet), /in row 1 of x/, JSON.stringify(bad));
  };
  const reshaped = new layers.Permute([2, 1]).apply(new layers.Reshape([2, 2]).apply(x));
  await through(embed(5).apply(new layers.Flatten().apply(reshaped)), [0, 4, 1, 2], [0, 5, 1, 2]);
  // Columns that no table reads may contain anything.
  await through(embed(5).apply(ops.take(x, 1, 1)), [99, 4, -7, 1e6], [0, 5, 0, 0]);
  const cropped = new layers.Cropping1D([1, 2]).apply(new layers.Reshape([4, 1]).apply(x));
  await through(embed(5).apply(cropped), [99, 4, 99, 99], [0, -2, 0, 0]);
  const [left, right] = ops.split(x, 2, 1);
  const both = ops.concatenate([embed(5).apply(left), embed(9).apply(right)], 1);
  await through(both, [4, 4, 8, 8], [4, 4, 8, 9]);
  await through(both, [4, 4, 8, 8], [4, 8, 8, 8]);
  // Time first, so that a sample's indices are not contiguous in the batch.
  const timeFirst = ops.transpose(embed(5).apply(ops.transpose(x, [1, 0])), [1, 0, 2]);
  await through(timeFirst, [0, 4, 1, 2], [0, 4, 1, 5]);
  const inner = new Sequential([Input({ shape: [4] }), embed(6)], { name: "inner" });
  await through(inner.apply(x), [5, 0, 0, 0], [6, 0, 0, 0]);
  // Fractions are truncated, as in the program.
  await through(embed(5).apply(x), [4.75, 0, 0, -0.5], [5.25, 0, 0, 0]);
});

Deno.test("what is replaced before it is looked up does not count", async () => {
  await setBackend("reference");
  const x = Input({ shape: [2, 1], name: "x" });
  const known = new layers.Masking({ maskValue: -1 }).apply(x);
  const m = model([x], new layers.Embedding(3, 2).apply(known));
  await m.fit([[[2], [-1]], [[-1], [-1]]], [1, 1], quiet);
  await assert.rejects(m.fit([[[2], [-1]], [[-1], [-2]]], [1, 1], quiet), /received -2 in row 1 of x/);
  const y = Input({ shape: [2], name: "y" });
  const clipped = model([y], new layers.Embedding(3, 2).apply(ops.clip(y, 0, 2)));
  await clipped.fit([[2, 700]], [1], quiet);
});

Deno.test("the lookups of a model that trains without a call are those of its step", async () => {
  await setBackend("reference");
  class Stepping extends Model {
    table = new layers.Embedding(4, 1, { name: "table" });
    override trainStep({ x }: StepData) {
      const rows = this.table.apply(ops.reshape(x, [-1, 2]));
      return { total: ops.sum(rows) };
    }
  }
  const stepping = new Stepping({ name: "stepping" });
  stepping.compile({ optimizer: "sgd", loss: null });
  const { history } = await stepping.fit([[1, 3]], undefined, quiet);
  assert.ok(Number.isFinite(history.total[0]));
  await assert.rejects(
    stepping.fit([[1, 4]], undefined, quiet),
    /as "table" has an inputDim of 4, received 4 in row 0 of x/,
  );
});

Deno.test("models of one's own are followed too", async () => {
  await setBackend("reference");
  class Own extends Model {
    table = new layers.Embedding(4, 1, { name: "table" });
    override call(x: Value) {
      return ops.sum(this.table.apply(ops.reshape(x, [-1, 2])), [1, 2]);
    }
  }
  const m = compiled(new Own({ name: "own" }));
  await m.fit([[1, 3]], [1], quiet);
  await assert.rejects(m.fit([[1, 4]], [1], quiet), /as "table" has an inputDim of 4, received 4 in row 0 of x/);
});
