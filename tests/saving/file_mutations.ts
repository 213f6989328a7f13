// Damages files of a model in seeded ways and opens them: `deno run -A tests/saving/file_mutations.ts` for 2,000 of each
// format, tests/saving/files_test.ts for a slice.
import { CeratopsError } from "../../lib/errors.ts";
import { BatchNormalization, Dense } from "../../lib/layers/layers.ts";
import { Input } from "../../lib/layers/input.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { RandomStream } from "../../lib/random_stream.ts";
import { written } from "./packed.ts";

/** How damaged files fared, by outcome: `opened`, `refused`, or what went wrong. */
export type Outcomes = Record<string, number>;

/** A file that takes longer hangs. */
const longestMs = 2000;

function makeModel(): Sequential {
  const layers = [Input({ shape: [4] }), new Dense(3), new BatchNormalization(), new Dense(2)];
  const model = new Sequential(layers);
  model.compile({ optimizer: "adam", loss: "mse" });
  return model;
}

/** Cuts the file, or replaces some bytes: anywhere, or where the structure is. */
function damaged(whole: Uint8Array<ArrayBuffer>, seed: number): Uint8Array<ArrayBuffer> {
  const random = new RandomStream(seed, 0, 0);
  const kind = random.below(4);
  if (kind === 0) return whole.slice(0, random.below(whole.length));
  const bytes = whole.slice();
  const reach = kind === 1 ? Math.min(2048, whole.length) : whole.length;
  const changes = 1 + random.below(8);
  for (let i = 0; i < changes; i++) {
    // The end of an archive is its directory.
    const at = random.below(reach);
    bytes[kind === 2 ? whole.length - 1 - at % 512 : at] = random.below(256);
  }
  return bytes;
}

/** Opens `count` damaged files of each format. */
export async function mutateFiles(count: number, firstSeed = 0): Promise<Record<string, Outcomes>> {
  const model = makeModel();
  await model.fit([[1, 2, 3, 4]], [[1, 2]], { verbose: 0 });
  const formats: Record<string, [Uint8Array<ArrayBuffer>, (bytes: Uint8Array) => Promise<unknown>]> = {
    ".keras": [await written((stream) => model.save(stream)), (bytes) => loadModel(bytes)],
    ".weights.h5": [await written((stream) => model.saveWeights(stream)), (bytes) => model.loadWeights(bytes)],
  };
  const results: Record<string, Outcomes> = {};
  for (const [format, [whole, open]] of Object.entries(formats)) {
    const outcomes: Outcomes = results[format] = {};
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      let outcome = "opened";
      try {
        await open(damaged(whole, firstSeed + i));
      } catch (error) {
        const { name, message } = error as Error;
        outcome = error instanceof CeratopsError ? "refused" : `${name}: ${message.split("\n")[0]}`;
      }
      if (performance.now() - start > longestMs) outcome += `, after more than ${longestMs} ms`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    // A damaged file must not spoil the next one.
    await open(whole);
  }
  return results;
}

if (import.meta.main) {
  for (const [format, outcomes] of Object.entries(await mutateFiles(Number(Deno.args[0] ?? 2000)))) {
    console.log(format, outcomes);
  }
}
