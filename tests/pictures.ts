// Draws the pictures of README.md: `deno task docs:pictures`. Each is there twice, on white and on black.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeModel as makeTicketModel } from "../examples/functional.ts";
import { makeModel as makeDigitModel } from "../examples/mnist_model.ts";
import { compare } from "../examples/optimizers.ts";
import { openWasm } from "../lib/exec/native/wasm.ts";
import { useExecutor } from "../lib/exec/select.ts";
import { clearSession, datasets, ops, plots, setRandomSeed, tensor, utils } from "../mod.ts";

/** The pictures by name, as SVG on white. */
export async function drawPictures(): Promise<Map<string, string>> {
  // Without relaxed SIMD, WebAssembly gives the same numbers on every machine, to the last bit.
  await useExecutor(await openWasm({ threads: 1, isRelaxed: false }));
  await clearSession();
  setRandomSeed(1);
  const model = await utils.plotModel(makeTicketModel(), { showShapes: true, showLayerNames: true });
  const { curves, digits } = await trainOnDigits();
  const optimizers = await compare(1600, () => {});
  return new Map(Object.entries({ curves, digits, model, optimizers }).map(([name, { svg }]) => [name, svg]));
}

async function trainOnDigits(): Promise<{ curves: plots.Plot; digits: plots.Plot }> {
  const [[x, y], [xTest, yTest]] = await datasets.mnist.loadData();
  const model = makeDigitModel();
  const rows = 10_000;
  const options = { epochs: 8, batchSize: 128, validationSplit: 0.1, verbose: 0 } as const;
  const history = await model.fit(x.rows(0, rows), y.rows(0, rows), options);
  const curves = plots.history(history, { title: "MNIST, from 9,000 images" });

  // The first ones, and the first that it reads wrongly.
  const found = ops.argmax(await model.predict(xTest.rows(0, 1000), { verbose: 0 }), -1).toArray(1);
  const truth = yTest.rows(0, 1000).toArray(1);
  const wrong = found.flatMap((digit, i) => (digit === truth[i] ? [] : [i]));
  const shown = [...found.keys()].filter((i) => !wrong.includes(i)).slice(0, 12).concat(wrong.slice(0, 4));
  const images = ops.take(xTest, tensor(shown).cast("int32"), { axis: 0 });
  const labels = shown.map((i) => (found[i] === truth[i] ? `${found[i]}` : `${found[i]}, is ${truth[i]}`));
  return { curves, digits: await plots.images(images, { labels }) };
}

/** Colors on white, and what stands for them on black. */
const darkColors: Readonly<Record<string, string>> = {
  "white": "#0d1117",
  "#ffffff": "#0d1117",
  // Axes and their numbers.
  "#ddd": "#30363d",
  "#333": "#c9d1d9",
  "#0072b2": "#4a9fd8",
  // Boxes and arrows of models.
  "#1f2a44": "#33456e",
  "#1c1c28": "#e6edf3",
  "#6b7280": "#9aa4b2",
  "#c3c9d4": "#3d4654",
  "#5b6577": "#8b95a5",
};

/** The picture on black: text without a color of its own is light, and white text stays white. */
export function onBlack(svg: string): string {
  return svg.replace(
    /<(?!text)\w[^>]*>|<text (?![^>]*fill="#ffffff")[^>]*>/g,
    (element) => element.replace(/(?<=(?:fill|stroke)=")[^"]+/g, (color) => darkColors[color] ?? color),
  )
    .replace("<svg ", '<svg fill="#e6edf3" ');
}

/** Where pictures are. */
export const folder = join(import.meta.dirname!, "..", "docs", "pictures");

if (import.meta.main) {
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of await drawPictures()) {
    writeFileSync(join(folder, `${name}.svg`), svg);
    writeFileSync(join(folder, `${name}_dark.svg`), onBlack(svg));
    console.log(`docs/pictures/${name}.svg`);
  }
}
