// Works of a whole process, which is timed from outside.
import { datasets, type Sequential } from "../../mod.ts";
import { convnet, mlp } from "./models.ts";
import type { Result, Works } from "./work.ts";

/** Trains one step on the first rows of MNIST. */
async function firstStep(model: Sequential): Promise<Result> {
  const [[x, y]] = await datasets.mnist.loadData();
  await model.fit(x.rows(0, 128), y.rows(0, 128), { batchSize: 128, verbose: 0 });
  return { seconds: [performance.now() / 1000], detail: { batch: 128 } };
}

export const works: Works = {
  first_step: () => firstStep(mlp(512, "rmsprop", ["accuracy"])),
  convnet_first_step: () => firstStep(convnet()),
  async mlp_process() {
    const [[x, y], [xTest, yTest]] = await datasets.mnist.loadData();
    const model = mlp(512, "rmsprop", ["accuracy"]);
    await model.fit(x, y, { batchSize: 128, epochs: 5, verbose: 0 });
    const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0 });
    return { seconds: [performance.now() / 1000], detail: { epochsTrained: 5, testAccuracy: accuracy } };
  },
};
