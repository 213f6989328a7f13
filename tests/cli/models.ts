// The models of the command line's tests: their outputs are found by hand.
import { Input, layers, Model, Sequential, tensor } from "../../mod.ts";

/** One unit of `[2]`: `a + 10 b + 0.5`, compiled with the mean squared error. */
export async function line(): Promise<Sequential> {
  const model = new Sequential([Input({ shape: [2], name: "x" }), new layers.Dense(1, { name: "sum" })], {
    name: "line",
  });
  await model.setWeights([tensor([[1], [10]]), tensor([0.5])]);
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return model;
}

/** Inputs `left` `[2]` and `right` `[1]`; outputs `all`, their concatenation, and `right`, twice the right one. */
export function pair(): Model {
  const [left, right] = [Input({ shape: [2], name: "left" }), Input({ shape: [1], name: "right" })];
  const all = new layers.Concatenate({ name: "joined" }).apply([left, right]);
  return new Model({
    inputs: [left, right],
    outputs: { all, double: new layers.Rescaling(2, { name: "scaled" }).apply(right) },
    name: "pair",
  });
}

/** Passes images of this shape on. */
export const images = (shape: readonly (number | null)[]): Sequential =>
  new Sequential([Input({ shape: [...shape] }), new layers.Activation("linear")], { name: "images" });
