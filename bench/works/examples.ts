// Training steps of the models of examples, on random data of their shapes.
import { makeModel as makeAutoencoder } from "../../examples/autoencoder.ts";
import { makeModel as makeGan } from "../../examples/gan.ts";
import { makeModel as makeUnet } from "../../examples/segmentation.ts";
import { random } from "../../mod.ts";
import { type Options, repeated, type Result, timed, type Works } from "./work.ts";

/** The batches of an epoch. */
const batches = 20;

const bytes = (shape: readonly number[], most: number) => random.randint(shape, 0, most, { seed: 1 }).cast("uint8");

/** The seconds of a step: those of an epoch by its steps. */
async function step(
  batch: number,
  { repeats }: Options,
  fit: (options: { batchSize: number; verbose: 0 }) => Promise<unknown>,
): Promise<Result> {
  const epoch = () => fit({ batchSize: batch, verbose: 0 });
  await epoch();
  const seconds = await repeated(repeats, async () => await timed(epoch) / batches);
  return { seconds, detail: { batch, stepsEachRepeat: batches } };
}

export const works: Works = {
  unet_step(options) {
    const batch = 32;
    const x = random.normal([batch * batches, 48, 48, 1], { seed: 1 });
    const y = bytes([batch * batches, 48, 48], 4);
    const model = makeUnet(100);
    // As the peers have it: no metric, and a learning rate that stays.
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    return step(batch, options, (how) => model.fit(x, y, how));
  },
  dcgan_step(options) {
    const batch = 64;
    const x = bytes([batch * batches, 28, 28], 256);
    const model = makeGan();
    return step(batch, options, (how) => model.fit(x, undefined, how));
  },
  autoencoder_step(options) {
    const batch = 128;
    const x = bytes([batch * batches, 28, 28], 256);
    const model = makeAutoencoder();
    return step(batch, options, (how) => model.fit(x, x, how));
  },
};
