// The page of the browser test of files: it lets its user download a trained model, opens the file that the user picks, and
// leaves what both predict, also after a further step, on `globalThis`.
import {
  Input,
  layers,
  loadModel,
  Sequential,
  setBackend,
  setRandomSeed,
  type Tensor,
  tensor,
  utils,
} from "../../mod.ts";
import { h5wasm, zip } from "../../examples/browser/packages.ts";

/** What the page reports. */
export interface FilesReport {
  /** The predictions before and after a further step, of the model that was saved. */
  readonly saved: number[][];
  /** The same of the model that was opened. */
  readonly opened: number[][];
}

const x = tensor([[0.5, -1], [2, 0.25], [-0.75, 1]]);
const y = tensor([[1], [0], [2]]);

async function predictAndTrain(model: Pick<Sequential, "predict" | "trainOnBatch">): Promise<number[][]> {
  const numbers = async () => Array.from((await model.predict(x, { verbose: 0 }) as Tensor).data);
  const before = await numbers();
  await model.trainOnBatch(x, y);
  return [before, await numbers()];
}

async function saveAndOpen(): Promise<FilesReport> {
  utils.providePackage("h5wasm", h5wasm);
  utils.providePackage("zip", zip);
  await setBackend("wasm");
  setRandomSeed(1);
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(3, { activation: "tanh" }),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.trainOnBatch(x, y);

  // deno-lint-ignore no-explicit-any -- the types of pages are not those of this program
  const { document } = globalThis as any;
  const input = document.createElement("input");
  input.type = "file";
  const picked = new Promise<File>((resolve) => input.addEventListener("change", () => resolve(input.files[0])));
  document.body.append(input);

  await model.save("model.keras");
  const opened = await loadModel(await picked) as unknown as Sequential;
  return { saved: await predictAndTrain(model), opened: await predictAndTrain(opened) };
}

const page = globalThis as { report?: FilesReport };
saveAndOpen().then((report) => page.report = report);
