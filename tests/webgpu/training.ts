// A small training through mod.ts, for comparing backends and environments.
import { getBackend, Input, layers, optimizers, Sequential, setBackend, setRandomSeed, tensor } from "../../mod.ts";
import type { BackendChoice } from "../../mod.ts";

/** The results of training. */
export interface Trained {
  /** The backend in use. */
  readonly backend: string;
  /** The loss of each epoch. */
  readonly losses: readonly number[];
  /** The final weights, all in one list. */
  readonly weights: readonly number[];
}

/** Trains a small classifier on each backend, from the same seed. */
export async function trainOnEach(backends: readonly BackendChoice[]): Promise<Trained[]> {
  const trained: Trained[] = [];
  for (const name of backends) {
    await setBackend(name);
    setRandomSeed(5);
    const model = new Sequential([
      Input({ shape: [2] }),
      new layers.Dense(8, { activation: "tanh" }),
      new layers.Dense(2, { activation: "softmax" }),
    ]);
    model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.03 }), loss: "sparse_categorical_crossentropy" });
    const x = tensor(Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * i)), [64, 2]);
    const y = tensor(Int32Array.from({ length: 64 }, (_, i) => (x.data[2 * i] > x.data[2 * i + 1] ? 1 : 0)), [64]);
    const { history } = await model.fit(x, y, { epochs: 20, batchSize: 16, verbose: 0 });
    const weights = (await model.getWeights()).flatMap(({ data }) => [...data]);
    trained.push({ backend: await getBackend(), losses: history.loss as number[], weights });
  }
  return trained;
}
