// The network of the examples that read handwritten digits: mnist.ts, and the playground in a browser.
import { Input, layers, Sequential } from "../mod.ts";

/** The network: pixels scaled to 0..1, a layer of 512 units, and a probability for each digit. */
export function makeModel(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "rmsprop", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}
