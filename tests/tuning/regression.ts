// A module of trials: a small regression.
import { Input, layers, type Model, optimizers, Sequential, tensor, type tuning } from "../../mod.ts";

/** Makes the model. */
export function build(hp: tuning.HyperParameters): Model {
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(hp.Int("units", 2, 9), { activation: hp.Choice("activation", ["relu", "tanh"]) }),
    new layers.Dropout(0.2),
    new layers.Dense(1),
  ]);
  const learningRate = hp.Float("learningRate", 1e-3, 1e-1, { sampling: "log" });
  model.compile({ optimizer: new optimizers.Adam({ learningRate }), loss: "mse", metrics: ["mae"] });
  return model;
}

/** Trains it. */
export function fit(hp: tuning.HyperParameters, model: Model, options: tuning.TrialFitOptions) {
  const x = tensor(Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 1.7)), [20, 2]);
  const y = tensor(Float32Array.from({ length: 20 }, (_, i) => Math.cos(i)), [20, 1]);
  console.log("a line of the trial");
  return model.fit(x, y, { epochs: 2, validationSplit: 0.2, ...options, batchSize: hp.Choice("batchSize", [4, 8]) });
}
