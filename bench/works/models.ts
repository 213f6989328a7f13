// The models of the works.
import { Input, layers, Model, ops, Sequential, type SymbolicTensor } from "../../mod.ts";

export function mlp(units: number, optimizer: "rmsprop" | "adam", metrics: "accuracy"[]): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(units, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer, loss: "sparse_categorical_crossentropy", metrics });
  return model;
}

export function convnet(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(32, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Conv2D(64, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.5),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

export function lstm(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.LSTM(128),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

/** The transformer encoder of encoder_step, and the batches of an epoch of it. */
export const encoderSizes = { blocks: 2, width: 128, heads: 4, length: 64, hidden: 512, batch: 32, batches: 40 };

export function encoder(): Model {
  const { blocks, width, heads, length, hidden } = encoderSizes;
  const inputs = Input({ shape: [length, width] });
  let x: SymbolicTensor = inputs;
  for (let block = 0; block < blocks; block++) {
    const attended = new layers.MultiHeadAttention(heads, width / heads).apply(x, { value: x });
    x = new layers.LayerNormalization({ epsilon: 1e-5 }).apply(ops.add(x, attended));
    const units = new layers.Dense(hidden, { activation: "relu" }).apply(x);
    x = new layers.LayerNormalization({ epsilon: 1e-5 }).apply(ops.add(x, new layers.Dense(width).apply(units)));
  }
  const pooled = new layers.GlobalAveragePooling1D().apply(x);
  const model = new Model({ inputs, outputs: new layers.Dense(10, { activation: "softmax" }).apply(pooled) });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}
