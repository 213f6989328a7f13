// Masks in functional models: the ops that compute them are ordinary nodes, as in Keras.
import assert from "node:assert/strict";
import {
  clearSession,
  cloneModel,
  compile,
  Input,
  Layer,
  layers,
  Model,
  modelFromConfig,
  ops,
  type SymbolicTensor,
  type Tensor,
  tensor,
  type Value,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { exchanged, withoutBuilds } from "./exchange.ts";

const quiet = { verbose: 0 } as const;
const ids = (name: string) => Input({ shape: [5], dtype: "int32", name });
const embedding = (outputDim: number, name: string, maskZero = true) =>
  new layers.Embedding(7, outputDim, { maskZero, name });
const pool = (name = "pool") => new layers.GlobalAveragePooling1D({ name });

/** Models of the golden file, rebuilt. */
const made: Record<string, () => Model> = {
  masked_pool() {
    const x = ids("x");
    return new Model({ inputs: x, outputs: pool().apply(embedding(4, "embedding").apply(x)) });
  },
  masked_chain() {
    const x = ids("x");
    let y = new layers.Dropout(0.5, { name: "dropout" }).apply(embedding(4, "embedding").apply(x));
    y = new layers.Dense(3, { activation: "tanh", name: "dense" }).apply(y);
    y = new layers.BatchNormalization({ name: "norm" }).apply(
      new layers.Reshape([5, 3], { name: "unmasked" }).apply(y),
    );
    return new Model({ inputs: x, outputs: pool().apply(y) });
  },
  masked_to_the_end() {
    const x = ids("x");
    let y = new layers.Dense(3, { activation: "tanh", name: "dense" }).apply(embedding(4, "embedding").apply(x));
    y = new layers.BatchNormalization({ name: "norm" }).apply(
      new layers.GaussianNoise(0.5, { name: "noise" }).apply(y),
    );
    return new Model({ inputs: x, outputs: [pool().apply(y), new layers.Flatten({ name: "flat" }).apply(y)] });
  },
  masked_steps() {
    const x = Input({ shape: [5, 3], name: "x" });
    const y = new layers.Masking({ maskValue: 0.5, name: "masking" }).apply(x);
    return new Model({ inputs: x, outputs: pool().apply(new layers.Dense(2, { name: "dense" }).apply(y)) });
  },
  masked_sum() {
    const [a, b] = [ids("a"), ids("b")];
    const shared = embedding(4, "embedding");
    const y = new layers.Add({ name: "add" }).apply([shared.apply(a), shared.apply(b)]);
    return new Model({ inputs: [a, b], outputs: pool().apply(y) });
  },
  masked_joined() {
    const [a, b] = [ids("a"), ids("b")];
    const first = embedding(4, "first").apply(a);
    const second = embedding(3, "second").apply(b);
    const third = embedding(2, "third", false).apply(b);
    const pair = new layers.Concatenate({ name: "pair" }).apply([first, second]);
    const some = new layers.Concatenate({ name: "some" }).apply([first, third]);
    return new Model({ inputs: [a, b], outputs: [pool().apply(pair), pool("other").apply(some)] });
  },
};

for (const [name, make] of Object.entries(made)) {
  Deno.test(`${name}: the nodes of a model made here, and their names, are Keras's`, async () => {
    await clearSession();
    const spec = exchanged.find((item) => item.name === name)!;
    assert.deepEqual(withoutBuilds(JSON.parse(make().toJson())), withoutBuilds(spec.json));
  });
}

testOnBackends("a copy, and a model of what lies inside, keep the mask", async () => {
  const x = ids("x");
  const embedded = embedding(4, "embedding").apply(x);
  const outer = new Model({ inputs: x, outputs: pool().apply(embedded) });
  const copy = cloneModel(outer);
  const inner = new Model({ inputs: outer.inputs, outputs: outer.getLayer("pool").output as SymbolicTensor });
  await outer.setWeights([tensor(Array.from({ length: 7 }, (_, i) => [i, 1, 2, 3]))]);
  await copy.setWeights(await outer.getWeights());
  const data = tensor([[1, 0, 3, 0, 0], [6, 0, 0, 0, 0]], undefined, "int32");
  for (const model of [outer, copy, inner]) {
    assert.deepEqual((await model.predict(data, quiet) as Tensor).toArray(), [[2, 1, 2, 3], [6, 1, 2, 3]]);
  }
  // A mask from something other than the layer's input is another mask.
  const shifted = pool("shifted").apply(embedded, { mask: ops.greater(x, 2) });
  const other = new Model({ inputs: x, outputs: shifted });
  assert.deepEqual((await other.predict(data, quiet) as Tensor).toArray(), [[3, 1, 2, 3], [6, 1, 2, 3]]);
});

Deno.test("a layer of one's own takes the mask along unseen, and makes one with ops", async () => {
  class Handing extends Layer {
    override readonly supportsMasking = true;
    override call(x: Value) {
      return ops.multiply(x, 1);
    }
  }
  class Positive extends Layer {
    override call(x: Value) {
      return x;
    }
    override computeMask(x: Value) {
      return ops.any(ops.greater(x, 0), -1);
    }
  }
  class Dropping extends Layer {
    override call(x: Value) {
      return x;
    }
  }
  const x = Input({ shape: [3, 1] });
  const chain = (...layers: Layer[]) => {
    const y = layers.reduce((value: SymbolicTensor, layer) => layer.apply(value) as SymbolicTensor, x);
    return new Model({ inputs: x, outputs: pool().apply(y) });
  };
  const data = tensor([[[-2], [4], [-8]]]);
  const masked = chain(new Positive(), new Handing());
  assert.deepEqual((await masked.predict(data, quiet) as Tensor).toArray(), [[4]]);
  assert.deepEqual(masked.connections!.operations.map(({ className }) => className), [
    "InputLayer",
    "Positive",
    "Greater",
    "Handing",
    "Any",
    "GlobalAveragePooling1D",
  ]);
  const dropped = chain(new Positive(), new Dropping());
  assert.deepEqual((await dropped.predict(data, quiet) as Tensor).toArray(), [[-2]]);
});

testOnBackends("layers that a file says do not train, as Keras always does, train all the same", async () => {
  const { json } = exchanged.find(({ name }) => name === "masked_to_the_end")!;
  const noise = json.config.layers.find(({ name }: { name: string }) => name === "noise");
  assert.deepEqual(noise.inbound_nodes[0].kwargs, { training: false });
  const model = modelFromConfig(json);
  const [x] = [tensor([[1, 2, 3, 4, 5]], undefined, "int32")];
  const run = compile((v: Value) => (model.apply(v, { training: true }) as unknown as Value[])[0]);
  const [one, two] = [await run(x) as Tensor, await run(x) as Tensor];
  assert.notDeepEqual(one.toArray(), two.toArray());
});

Deno.test("what was said of training in a call is kept", async () => {
  const x = Input({ shape: [64] });
  const dropout = new layers.Dropout(0.5, { name: "dropout" });
  const always = new Model({ inputs: x, outputs: dropout.apply(x, { training: true }) });
  for (const model of [always, modelFromConfig(JSON.parse(always.toJson()))]) {
    const y = await model.predict(tensor([new Array(64).fill(1)]), quiet) as Tensor;
    assert.ok([...y.data].includes(0), "dropped in a prediction");
  }
});
