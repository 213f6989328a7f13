// The page that the browser test opens to train through mod.ts: what came of it is left on `globalThis`.
import { type Trained, trainOnEach } from "./training.ts";

(globalThis as { report?: Promise<Trained[]> }).report = trainOnEach(["wasm", "webgpu", "auto"]);
