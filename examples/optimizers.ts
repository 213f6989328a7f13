// SGD, momentum, RMSprop and Adam on one problem: which of two spirals is a point on?
// `deno run -A examples/optimizers.ts` draws the loss of each into optimizers.svg.
import { Input, layers, optimizers, plots, Sequential, setRandomSeed, tensor } from "../mod.ts";
import { count, path, readArguments } from "./arguments.ts";

/** Two intertwined spirals of `points` points each: the points, and the spiral of each. */
function spirals(points: number) {
  const [places, labels]: [number[][], number[]] = [[], []];
  for (let i = 0; i < points; i++) {
    for (const spiral of [0, 1]) {
      const radius = 0.3 + 3 * i / points;
      const angle = 2 * Math.PI * i / points + spiral * Math.PI;
      places.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
      labels.push(spiral);
    }
  }
  return [tensor(places), tensor(labels)] as const;
}

/** A network of two layers that separate the spirals. */
export function makeModel(optimizer: optimizers.Optimizer): Sequential {
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(32, { activation: "tanh" }),
    new layers.Dense(32, { activation: "tanh" }),
    new layers.Dense(1, { activation: "sigmoid" }),
  ]);
  model.compile({ optimizer, loss: "binary_crossentropy", metrics: ["accuracy"] });
  return model;
}

// Each has a learning rate that works well here.
export const contestants = {
  "SGD": new optimizers.SGD({ learningRate: 0.1 }),
  "SGD with momentum": new optimizers.SGD({ learningRate: 0.1, momentum: 0.9 }),
  "RMSprop": new optimizers.RMSprop({ learningRate: 0.005 }),
  "Adam": new optimizers.Adam({ learningRate: 0.01 }),
};

/**
 * Trains a network with each optimizer, from the same first weights and by the same batches.
 *
 * @param steps how many steps each training takes
 * @param report takes a line on each training, when it has ended
 * @returns the curves of the losses
 */
export async function compare(steps: number, report: (line: string) => void): Promise<plots.Plot> {
  const stepsPerEpoch = Math.min(40, steps);
  const [x, y] = spirals(400);
  const curves = [];
  for (const [name, optimizer] of Object.entries(contestants)) {
    setRandomSeed(1);
    const model = makeModel(optimizer);
    const epochs = Math.ceil(steps / stepsPerEpoch);
    const { history } = await model.fit(x, y, { batchSize: 20, stepsPerEpoch, epochs, verbose: 0 });
    const [loss, accuracy] = [history.loss.at(-1)!, history.accuracy.at(-1)!];
    report(`${name.padEnd(18)} loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(1)} %`);
    curves.push({ name, values: history.loss });
  }
  const title = "Two spirals: how the loss falls";
  const xLabel = `epochs of ${stepsPerEpoch} steps`;
  return plots.lines({ title, xLabel, yLabel: "loss", curves, logarithmic: true });
}

if (import.meta.main) {
  const { steps, out } = readArguments("optimizers.ts", "Draws how the loss falls under four optimizers.", {
    steps: count(1600, "how many steps each training takes"),
    out: path("optimizers.svg", "where the picture goes"),
  });
  const plot = await compare(steps, (line) => console.log(line));
  await plot.save(out);
  console.log(`The curves are in ${out}.`);
}
