// Writes the data of the examples in this folder for their twins in Python:
// `deno run -A examples/ported/write_data.ts` fills examples/ported/python/data.
import { utils } from "../../mod.ts";
import { makeData as ddim } from "./ddim.ts";
import { pictures, writePets } from "./image_classification.ts";
import { makeData as segmentation } from "./image_segmentation.ts";
import { makePatients, type Patients, trainPatients, valPatients } from "./structured_data.ts";
import { makeData as superResolution } from "./super_resolution.ts";
import { makeData as vqVae } from "./vq_vae.ts";
import { makeWeather } from "./weather_forecasting.ts";

const folder = new URL("python/data/", import.meta.url).pathname;

/** A table as text, with a column `target`. */
function csvOf({ columns, target }: Patients): string {
  const table = { ...columns, target };
  const rows = target.map((_, row) => Object.values(table).map((column) => column[row]).join(","));
  return [Object.keys(table).join(","), ...rows, ""].join("\n");
}

await Deno.mkdir(folder, { recursive: true });
await Deno.writeTextFile(`${folder}/patients_train.csv`, csvOf(makePatients(...trainPatients)));
await Deno.writeTextFile(`${folder}/patients_val.csv`, csvOf(makePatients(...valPatients)));
await writePets(`${folder}/pets`, pictures);
const { train, val } = segmentation();
await utils.saveNpz(`${folder}/image_segmentation.npz`, {
  x_train: train.images,
  y_train: train.maps,
  x_val: val.images,
  y_val: val.maps,
});
const pairs = superResolution();
await utils.saveNpz(`${folder}/super_resolution.npz`, {
  low_train: pairs.train.low,
  high_train: pairs.train.high,
  low_val: pairs.val.low,
  high_val: pairs.val.high,
});
await utils.saveNpy(`${folder}/weather.npy`, makeWeather());
await utils.saveNpz(`${folder}/ddim.npz`, { ...await ddim() });
await utils.saveNpz(`${folder}/vq_vae.npz`, { ...await vqVae() });
