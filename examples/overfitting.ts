// Overfitting and remedies: a large network memorizes a few noisy samples, unless dropout and a penalty prevent it.
// `deno run -A examples/overfitting.ts` draws training and validation curves of both into overfitting.svg.
import { Input, layers, plots, regularizers, Sequential, setRandomSeed, tensor } from "../mod.ts";
import { count, path, readArguments } from "./arguments.ts";
import { normalNumber, randomNumbers } from "./random_numbers.ts";

/** Two interleaved half moons; noise moves many points across the border. */
function moons(count: number, seed: number) {
  const random = randomNumbers(seed);
  const noise = () => 0.35 * normalNumber(random);
  const [places, labels]: [number[][], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    const [moon, angle] = [i % 2, Math.PI * random()];
    const [across, up] = [Math.cos(angle), Math.sin(angle)];
    places.push(moon === 0 ? [across + noise(), up + noise()] : [1 - across + noise(), 0.5 - up + noise()]);
    labels.push(moon);
  }
  return [tensor(places), tensor(labels)] as const;
}

/** A network of two wide layers; with `hindered` it has dropout and a penalty on large weights. */
export function makeModel(hindered: boolean): Sequential {
  const options = { activation: "relu", kernelRegularizer: hindered ? new regularizers.L2(0.002) : null } as const;
  const dropout = () => hindered ? [new layers.Dropout(0.5)] : [];
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(256, options),
    ...dropout(),
    new layers.Dense(256, options),
    ...dropout(),
    new layers.Dense(1, { activation: "sigmoid" }),
  ]);
  // The cross-entropy is also a metric, since the loss includes the penalty.
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["binary_crossentropy", "accuracy"] });
  return model;
}

if (import.meta.main) {
  const { steps, out } = readArguments("overfitting.ts", "Draws overfitting, and what dropout and a penalty do.", {
    steps: count(1200, "how many steps each training takes"),
    out: path("overfitting.svg", "where the picture goes"),
  });
  const [xTrain, yTrain] = moons(80, 1);
  const validationData = moons(1000, 2);
  const curves = [];
  for (const [color, hindered] of [false, true].entries()) {
    setRandomSeed(1);
    const model = makeModel(hindered);
    const epochs = Math.ceil(steps / 4);
    const { history } = await model.fit(xTrain, yTrain, { batchSize: 20, epochs, validationData, verbose: 0 });
    const name = hindered ? "dropout and L2" : "as it is";
    const percent = (values: number[]) => `${(100 * values.at(-1)!).toFixed(1)} %`;
    console.log(
      `${name.padEnd(14)} accuracy ${percent(history.accuracy)} in training, ${percent(history.val_accuracy)} in ` +
        `validation, where the cross-entropy is ${history.val_binary_crossentropy.at(-1)!.toFixed(3)}`,
    );
    curves.push(
      { name: `${name}: training`, values: history.binary_crossentropy, color, dashed: true },
      { name: `${name}: validation`, values: history.val_binary_crossentropy, color },
    );
  }

  const title = "80 samples learned by heart, or not";
  await plots.lines({ title, xLabel: "epochs", yLabel: "cross-entropy", curves }).save(out);
  console.log(`The curves are in ${out}.`);
}
