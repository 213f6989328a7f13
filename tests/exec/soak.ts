// Makes, trains and drops models in a loop, and reports what the backend still holds: `deno task soak` for long,
// tests/exec/memory_test.ts for a few rounds. Needs --v8-flags=--expose-gc.
import { parseArgs } from "node:util";
import type { MemoryUse } from "../../lib/exec/executor.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import {
  type BackendName,
  clearSession,
  compile,
  Input,
  layers,
  ops,
  Sequential,
  setBackend,
  tensor,
  type Value,
} from "../../mod.ts";

/** What is held after some rounds, and the process's memory in MiB. */
interface Sample extends MemoryUse {
  readonly resident: number;
}

/** What a soak prints. */
export interface SoakReport {
  /** After each tenth of the rounds. */
  readonly tenths: readonly Sample[];
  /** After `clearSession`. */
  readonly cleared: Sample;
}

const { values: { backend, rounds, kind } } = parseArgs({
  options: {
    backend: { type: "string", default: "eigen" },
    rounds: { type: "string", default: "300" },
    kind: { type: "string", default: "models" },
  },
});
const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error("Run this with --v8-flags=--expose-gc");

const rows = 64;
const x = tensor(new Float32Array(rows * 64).fill(0.5), [rows, 64]);
const y = tensor(new Int32Array(rows), [rows]);

function compileModel(model: Sequential): Sequential {
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

const makeModel = () =>
  compileModel(
    new Sequential([
      Input({ shape: [64] }),
      new layers.Dense(1024, { activation: "relu" }),
      new layers.Dense(10, { activation: "softmax" }),
    ]),
  );

/** A model that stays in use. */
const kept = makeModel();
const kinds: Record<string, (round: number) => Promise<unknown>> = {
  async models() {
    const model = makeModel();
    await model.fit(x, y, { verbose: 0 });
    await model.evaluate(x, y, { verbose: 0 });
    await model.predict(x, { verbose: 0 });
  },
  compile: () => compileModel(kept).fit(x, y, { verbose: 0 }),
  functions: (round) => compile((a: Value) => ops.add(ops.square(a), round))([1, 2, 3]),
};

async function sample(): Promise<Sample> {
  let held = (await getExecutor()).memory;
  // What one collection frees may have kept other objects alive, so only several that free nothing end it.
  for (let unchanged = 0, i = 0; unchanged < 4 && i < 50; i++) {
    collect!();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = (await getExecutor()).memory;
    unchanged = JSON.stringify(now) === JSON.stringify(held) ? unchanged + 1 : 0;
    held = now;
  }
  return { ...held, resident: Math.round(Deno.memoryUsage().rss / 2 ** 20) };
}

await setBackend(backend as BackendName);
await kept.fit(x, y, { verbose: 0 });
const tenths: Sample[] = [];
for (let round = 0; round < Number(rounds); round++) {
  await kinds[kind](round);
  if ((round + 1) % (Number(rounds) / 10) === 0) tenths.push(await sample());
}
await clearSession();
const report: SoakReport = { tenths, cleared: await sample() };
await kept.fit(x, y, { verbose: 0 });
console.log(JSON.stringify(report));
