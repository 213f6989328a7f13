// Writes tests/keras/golden/models_written.json: the JSON of each exchanged model, for Keras to read.
import { exchanged, readModel } from "./exchange.ts";

const written = Object.fromEntries(exchanged.map((spec) => [spec.name, readModel(spec).toJson()]));
const path = new URL("../keras/golden/models_written.json", import.meta.url);
await Deno.writeTextFile(path, JSON.stringify(written, null, 1) + "\n");
