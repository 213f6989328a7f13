// Damages files of every format in seeded ways and opens them: `deno task fuzz:files` for 2,000 of each format,
// tests/saving/file_mutations_test.ts for a slice.
import process from "node:process";
import { CeratopsError } from "../../lib/errors.ts";
import { BatchNormalization, Dense } from "../../lib/layers/layers.ts";
import { Input } from "../../lib/layers/input.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { RandomStream } from "../../lib/random_stream.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "../../lib/utils/numpy_files.ts";
import { golden, type Table } from "../golden.ts";
import { unpack } from "./packed.ts";

/** How damaged files fared, by outcome: `opened`, `refused`, or what went wrong. */
type Outcomes = Record<string, number>;

/** What opening a file may take of the processor, and of memory above what is held before. */
const limits = { milliseconds: 2000, bytes: 2 ** 30 };

type Bytes = Uint8Array<ArrayBuffer>;

/** Files that belong together, and how they are opened. */
interface Format {
  readonly files: readonly (readonly [name: string, bytes: Bytes])[];
  open(files: File[]): Promise<unknown>;
}

function makeModel(): Sequential {
  const layers = [Input({ shape: [4] }), new Dense(3), new BatchNormalization(), new Dense(2)];
  const model = new Sequential(layers);
  model.compile({ optimizer: "adam", loss: "mse" });
  return model;
}

/** The formats by name, with files of a small model that was trained. */
async function makeFormats(): Promise<Record<string, Format>> {
  const model = makeModel();
  await model.fit([[1, 2, 3, 4]], [[1, 2]], { verbose: 0 });
  const folder = await Deno.makeTempDir();
  try {
    const single = async (
      name: string,
      open: Format["open"],
      save: (path: string) => Promise<void>,
    ): Promise<Format> => {
      await save(`${folder}/${name}`);
      return { files: [[name, await Deno.readFile(`${folder}/${name}`)]], open };
    };
    const whole = ([file]: File[]) => loadModel(file);
    const weights = ([file]: File[]) => model.loadWeights(file);
    const save = (path: string) => model.save(path);
    const saveWeights = (path: string) => model.saveWeights(path);
    const arrays = { x: tensor([[1, 2], [3, 4]]), mask: tensor([true, false]) };
    const npz = (name: string, compressed: boolean) =>
      single(name, ([file]) => loadNpz(file), (path) => saveNpz(path, arrays, { compressed }));
    const formats = {
      ".keras": await single("a.keras", whole, save),
      ".weights.h5": await single("a.weights.h5", weights, saveWeights),
      ".h5": await single("a.h5", whole, save),
      ".safetensors": await single("a.safetensors", weights, saveWeights),
      ".npy": await single("a.npy", ([file]) => loadNpy(file), (path) => saveNpy(path, arrays.x)),
      ".npz": await npz("a.npz", false),
      ".npz, compressed": await npz("b.npz", true),
    };
    const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    const tfjs: Table[] = golden("tfjs").cases;
    const ofTfjs = (name: string): Format => {
      const spec = tfjs.find((spec) => spec.name === name);
      const own = Object.entries(spec.shards).map(([name, data]) =>
        [name, Uint8Array.fromBase64(data as string)] as const
      );
      return { files: [["model.json", json(spec.model)], ...own], open: (files) => loadModel(files) };
    };
    // Files of Keras have no checksums: what is damaged reaches further.
    const normalized: Table = golden("files").structures.find(({ name }: Table) => name === "normalized");
    const target = await loadModel(await unpack(normalized.file));
    const [chain]: Table[] = golden("legacy_h5").cases;
    const sharded: Table = golden("sharded").cases.find(({ name }: Table) => name === "untrained");
    const divided = modelFromConfig(sharded.config);
    return {
      ...formats,
      ".weights.h5 of Keras": {
        files: [["a.weights.h5", await unpack(normalized.weights_file)]],
        open: ([file]) => target.loadWeights(file),
      },
      ".h5 of Keras": { files: [["a.h5", await unpack(chain.h5)]], open: whole },
      ".weights.json": {
        files: await Promise.all(
          Object.entries(sharded.files).map(async ([name, packed]) => [name, await unpack(packed as string)] as const),
        ),
        open: (files) => divided.loadWeights(files),
      },
      "model.json": ofTfjs("mlp"),
      "model.json, quantized": ofTfjs("converted in uint8"),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Cuts a file, or replaces some bytes: anywhere, where the structure is, or numbers in a text by others. */
function damaged(whole: Bytes, random: RandomStream): Bytes {
  const kind = random.below(6);
  if (kind === 0) return whole.slice(0, random.below(whole.length));
  const bytes = whole.slice();
  const reach = kind === 1 ? Math.min(2048, whole.length) : whole.length;
  const changes = 1 + random.below(8);
  for (let i = 0; i < changes; i++) {
    const at = random.below(reach);
    if (kind >= 4) {
      // The next digit, bracket or quote from there on.
      const next = bytes.findIndex((byte, i) => i >= at && /[\d"[\]{},:-]/.test(String.fromCharCode(byte)));
      if (next >= 0) bytes[next] = '0179-"[]{},:.e'.charCodeAt(random.below(14));
    } // The end of an archive is its directory.
    else bytes[kind === 2 ? Math.max(0, whole.length - 1 - at % 512) : at] = random.below(256);
  }
  return bytes;
}

/** What became of one damaged file. */
async function outcomeOf({ files, open }: Format, seed: number): Promise<string> {
  const random = new RandomStream(seed, 0, 0);
  const hurt = random.below(files.length);
  const given = files.map(([name, bytes], i) => new File([i === hurt ? damaged(bytes, random) : bytes], name));
  const held = Deno.memoryUsage().rss;
  // The time of the processor, since others may keep it busy too.
  const begun = process.cpuUsage();
  let outcome = "opened";
  try {
    await open(given);
  } catch (error) {
    const { name, message, stack } = error as Error;
    const frame = stack?.split("\n").find((line) => line.includes("/lib/"))?.trim() ?? "";
    outcome = error instanceof CeratopsError ? "refused" : `${name}: ${message.split("\n")[0]} ${frame}`;
  }
  const { user, system } = process.cpuUsage(begun);
  if ((user + system) / 1000 > limits.milliseconds) outcome += `, after more than ${limits.milliseconds} ms`;
  if (Deno.memoryUsage().rss - held > limits.bytes) outcome += `, with more than ${limits.bytes} bytes`;
  return outcome;
}

/** Opens `count` damaged files of each format. */
export async function mutateFiles(count: number, firstSeed = 0): Promise<Record<string, Outcomes>> {
  const results: Record<string, Outcomes> = {};
  for (const [name, format] of Object.entries(await makeFormats())) {
    const outcomes: Outcomes = results[name] = {};
    for (let i = 0; i < count; i++) {
      const outcome = await outcomeOf(format, firstSeed + i);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    // A damaged file must not spoil the next one.
    await format.open(format.files.map(([name, bytes]) => new File([bytes], name)));
  }
  return results;
}

if (import.meta.main) {
  const [count, firstSeed] = [Number(Deno.args[0] ?? 2000), Number(Deno.args[1] ?? 0)];
  const results = await mutateFiles(count, firstSeed);
  for (const [format, outcomes] of Object.entries(results)) console.log(format, outcomes);
  const bad = Object.values(results).some((outcomes) =>
    Object.keys(outcomes).some((outcome) => outcome !== "opened" && outcome !== "refused")
  );
  if (bad) Deno.exit(1);
}
