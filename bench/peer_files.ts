// The files that programs read: MNIST as the four gz files, and models; in a temporary folder.
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { modelFromJson } from "../mod.ts";

const names = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
];

let folder: Promise<string> | undefined;
const made = new Map<string, Promise<string>>();

const scratch = () => folder ??= Deno.makeTempDir({ prefix: "ceratops-bench-" });

/** What `make` gives, made once under this name. */
function once(name: string, make: () => Promise<string>): Promise<string> {
  if (!made.has(name)) made.set(name, make());
  return made.get(name)!;
}

/** The folder with MNIST's files. */
export function mnistFiles(): Promise<string> {
  return once("mnist", async () => {
    const to = await scratch();
    for (const name of names) {
      const text = await Deno.readTextFile(new URL(`../lib/datasets/mnist/${name}.txt`, import.meta.url));
      await Deno.writeFile(`${to}/${name}`, Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0)));
    }
    return to;
  });
}

/** The `.keras` file of a model of keras.applications for images of 32 by 32 and 10 classes, with random weights. */
export function modelFile(name: string): Promise<string> {
  return once(name, async () => {
    const golden = new URL("../tests/keras/golden/applications.json", import.meta.url);
    const { models } = JSON.parse(await Deno.readTextFile(golden));
    const { json } = models.find((model: { name: string }) => model.name === name);
    const file = `${await scratch()}/${name}.keras`;
    await modelFromJson(gunzipSync(Buffer.from(json, "base64")).toString()).save(file);
    return file;
  });
}

/** Removes all that was made. */
export async function removePeerFiles(): Promise<void> {
  if (folder) await Deno.remove(await folder, { recursive: true });
}
