// What types catch: each line under `@ts-expect-error` is a mistake that must not compile; it is never run.
import assert from "node:assert/strict";
import { Input, Layer, layers, Model, ops, Sequential, type Tensor, tensor, type Value } from "../mod.ts";

/** Never called: `deno check` reads it. */
export async function mistakes(): Promise<void> {
  const [title, body] = [Input({ shape: [3], name: "title" }), Input({ shape: [4], name: "body" })];
  const data = tensor([[1, 2, 3]]);

  // Names and structure flow from inputs and outputs into fit and predict.
  const byName = new Model({
    inputs: { title, body },
    outputs: { score: new layers.Dense(1).apply(title), kind: new layers.Dense(2).apply(body) },
  });
  const answer = await byName.predict({ title: data, body: data });
  const score: Tensor = answer.score;
  await byName.fit({ title: data, body: data }, { score, kind: data });
  // @ts-expect-error there is no output of this name
  void answer.scores;
  // @ts-expect-error an input is missing
  await byName.predict({ title: data });
  // @ts-expect-error a name is misspelled
  await byName.predict({ titel: data, body: data });
  // @ts-expect-error one tensor for two inputs
  await byName.predict(data);
  // @ts-expect-error a target is missing
  await byName.fit({ title: data, body: data }, { score });

  const listed = new Model({ inputs: [title, body], outputs: [new layers.Dense(1).apply(title), body] });
  const [first, second] = await listed.predict([data, data]);
  await listed.predict({ title: first, body: second });
  // @ts-expect-error the names are those of the Inputs
  await listed.predict({ title: data, text: data });

  const single = new Sequential([new layers.Dense(1)]);
  const y: Tensor = await single.predict(data);
  // @ts-expect-error one tensor is no list
  void y[0];
  // @ts-expect-error an object for one input
  await single.fit({ title: data }, data);

  // Layers take what their call takes.
  class Both extends Layer {
    override call({ a, b }: { a: Value; b: Value }): [Value, Value] {
      return [ops.add(a, b), b];
    }
  }
  const [sum] = new Both().apply({ a: title, b: title });
  void sum.shape;
  // @ts-expect-error a name is missing
  new Both().apply({ a: title });
  // @ts-expect-error a list in place of names
  new Both().apply([title, body]);
  // @ts-expect-error a list for a layer of one input
  new layers.Dense(1).apply([title, body]);
  // @ts-expect-error misspelled
  new layers.Dense(1).apply(title, { trainin: true });

  // Identifiers and options are literal.
  // @ts-expect-error no such activation
  new layers.Dense(1, { activation: "rellu" });
  // @ts-expect-error no such initializer
  new layers.Dense(1, { kernelInitializer: "glorot" });
  // @ts-expect-error no such option
  new layers.Dense(1, { actvation: "relu" });
  // @ts-expect-error no such option of Flatten
  new layers.Flatten({ units: 1 });
  // @ts-expect-error no such loss
  single.compile({ loss: "mean_sq" });
  // @ts-expect-error no such optimizer
  single.compile({ loss: "mse", optimizer: "adamm" });
  // @ts-expect-error no such metric
  single.compile({ loss: "mse", metrics: ["acuracy"] });
  // @ts-expect-error no such dtype
  Input({ shape: [1], dtype: "float64" });

  // ops give symbols for symbols, tensors for tensors.
  const symbol: readonly (number | null)[] = ops.add(title, 1).shape;
  const number: number = ops.add(data, 1).item();
  void [symbol, number];
  // @ts-expect-error a symbol has no numbers
  ops.add(title, 1).item();
  // @ts-expect-error a text is no operand
  ops.add(title, "1");
}

Deno.test("mistakes do not compile: deno check reads them", () => {
  assert.equal(typeof mistakes, "function");
});
