// The page of the browser test that trains through mod.ts and leaves the results on `globalThis`.
import { type Trained, trainOnEach } from "./training.ts";

(globalThis as { report?: Promise<Trained[]> }).report = trainOnEach(["wasm", "webgpu", "auto"]);
