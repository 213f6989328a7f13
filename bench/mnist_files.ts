// MNIST as the four gz files that the peers read, unpacked from the repository's data into a temporary folder.

const names = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
];

let folder: Promise<string> | undefined;

/** The folder with the files; created on first use. */
export function mnistFiles(): Promise<string> {
  return folder ??= unpack();
}

/** Removes the folder, if it was created. */
export async function removeMnistFiles(): Promise<void> {
  if (folder) await Deno.remove(await folder, { recursive: true });
}

async function unpack(): Promise<string> {
  const to = await Deno.makeTempDir({ prefix: "ceratops-bench-" });
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(`../lib/datasets/mnist/${name}.txt`, import.meta.url));
    await Deno.writeFile(`${to}/${name}`, Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0)));
  }
  return to;
}
