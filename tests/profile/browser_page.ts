// The page of the browser test: profiles a training on each backend that a browser has, and leaves what came of it.
import { type BackendName, Input, layers, Profile, Sequential, setBackend, setRandomSeed } from "../../mod.ts";

/** What a profile in a page has. */
export interface Profiled {
  readonly backend: BackendName;
  readonly owners: readonly string[];
  readonly steps: number;
  /** The sum of the times of ops, and the time of the run. */
  readonly ops: number;
  readonly milliseconds: number;
  readonly trace: ReturnType<Profile["chromeTrace"]>;
}

async function profiledOn(backend: BackendName): Promise<Profiled> {
  await setBackend(backend);
  setRandomSeed(1);
  const model = new Sequential([
    Input({ shape: [64] }),
    new layers.Dense(64, { activation: "relu", name: "first" }),
    new layers.Dense(1, { name: "second" }),
  ]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const x = Array.from({ length: 64 }, (_, i) => Array.from({ length: 64 }, (_, j) => Math.sin(i + j)));
  const profile = new Profile();
  await model.fit(x, x.map(([first]) => [first]), { epochs: 5, batchSize: 32, verbose: 0, profile });
  return {
    backend,
    owners: [...new Set(profile.rows.flatMap(({ owners }) => owners))],
    steps: profile.steps,
    ops: profile.rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    milliseconds: profile.milliseconds,
    trace: profile.chromeTrace(),
  };
}

async function profileEach(): Promise<Profiled[]> {
  return [await profiledOn("wasm"), await profiledOn("webgpu")];
}

(globalThis as { report?: Promise<Profiled[]> }).report = profileEach();
