// Works that predict, and files of models.
import { contextLength, makeModel } from "../../examples/character_model.ts";
import { Input, layers, loadModel, type Model, modelFromJson, Sequential, type Tensor, tensor } from "../../mod.ts";
import { median } from "../median.ts";
import { peakMiB } from "../peak.ts";
import { repeated, timed, type Works } from "./work.ts";

/** Images of a model's size, the same for all programs: values from -1 to 1. */
function images(model: Model, batch: number): Tensor {
  const shape = [batch, ...(model.inputShape as number[]).slice(1)];
  const size = shape.reduce((product, extent) => product * extent);
  return tensor(Float32Array.from({ length: size }, (_, i) => (i * 7919) % 255 / 127 - 1), shape);
}

/** Outputs of the last row, by which programs are compared. */
const answerOf = (outputs: Tensor): number[] => [...outputs.data.slice(-1000)].slice(0, 8).map(Number);

/** The size of the given file. */
async function fileDetail(file: string): Promise<{ fileMiB: number }> {
  return { fileMiB: Math.round((await Deno.stat(file)).size / 2 ** 20) };
}

export const works: Works = {
  async predict_one({ repeats, calls }) {
    const model = new Sequential([
      Input({ shape: [784] }),
      new layers.Dense(128, { activation: "relu" }),
      new layers.Dense(10, { activation: "softmax" }),
    ]);
    const row = tensor(Float32Array.from({ length: 784 }, (_, i) => (i % 255) / 255), [1, 784]);
    for (let i = 0; i < 200; i++) await model.predict(row, { verbose: 0 });
    const seconds = await repeated(repeats, async () => {
      const each = await repeated(calls, () => timed(() => model.predict(row, { verbose: 0 })));
      return median(each);
    });
    return { seconds, detail: { callsEachRepeat: calls, how: "model.predict" } };
  },
  async generate({ repeats, calls }) {
    const model = makeModel(67);
    const generator = model.generator();
    const options = { maxLength: contextLength, temperature: 0.8, topK: 10, seed: 1 };
    const write = () => generator.generate([[1]], options);
    await write();
    const seconds = await repeated(repeats, async () => {
      const each = await repeated(Math.ceil(calls / 100), () => timed(write));
      return median(each) / (contextLength - 1);
    });
    return { seconds, detail: { how: "generate", tokens: contextLength - 1 } };
  },
  async load_model({ repeats, file }) {
    const seconds = [await timed(() => loadModel(file))];
    // That of the first: later ones depend on when garbage is collected.
    const peak = await peakMiB();
    seconds.push(...await repeated(repeats - 1, () => timed(() => loadModel(file))));
    return { seconds, detail: { peakMiB: peak, ...await fileDetail(file) } };
  },
  async save_model({ repeats, file }) {
    const model = await loadModel(file);
    const seconds = await repeated(repeats, () => timed(() => model.save(`${file}.saved.keras`)));
    return { seconds, detail: await fileDetail(file) };
  },
  async predict_model({ repeats, batch, file }) {
    const model = await loadModel(file);
    const x = images(model, batch);
    const predict = () => model.predict(x, { batchSize: batch, verbose: 0 }) as Promise<Tensor>;
    await predict();
    const answer = answerOf(await predict());
    const seconds = await repeated(repeats, () => timed(predict));
    return { seconds, detail: { batch, answer, how: "model.predict" } };
  },
  async model_from_json({ file }) {
    const text = await Deno.readTextFile(file);
    const seconds = await timed(async () => {
      const model = modelFromJson(text);
      await model.predict(images(model, 1), { verbose: 0 });
    });
    return { seconds: [seconds], detail: { how: "modelFromJson, model.predict" } };
  },
};
