// A model of images in the form of TensorFlow.js's layers, for its peer: `model.json`, and its weights beside it.
import { basename } from "node:path";
import { toKeras2 } from "../lib/saving/keras2_writer.ts";
import { layers, type Model } from "../mod.ts";

/** Saves the graph and the weights of a model to a file `NAME.json` and one `NAME.bin`. */
export async function saveTfjs(model: Model, file: string): Promise<void> {
  const topology = toKeras2(JSON.parse(model.toJson()), new Map(), `Cannot save ${model.name}`);
  const tensors = await model.getWeights();
  const depthwise = new Set(
    model.layers.filter((layer) => layer instanceof layers.DepthwiseConv2D).flatMap(({ weights }) => weights),
  );
  const specs = model.weights.map((weight) => ({
    name: depthwise.has(weight) ? weight.name.replace(/\/kernel$/, "/depthwise_kernel") : weight.name,
    shape: weight.shape,
    dtype: "float32",
  }));
  const binary = file.replace(/\.json$/, ".bin");
  const manifest = [{ paths: [basename(binary)], weights: specs }];
  await Deno.writeTextFile(
    file,
    JSON.stringify({ format: "layers-model", modelTopology: topology, weightsManifest: manifest }),
  );
  const out = await Deno.create(binary);
  const writer = out.writable.getWriter();
  for (const { data } of tensors) await writer.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await writer.close();
}
