// Agreement: what the processes of a training tell each other, so that all take the same steps from the same weights.
import { decodeTraining, encodeTraining } from "../callbacks/training_file.ts";
import { type Communicator, communicator } from "../communicator.ts";
import { StateError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import type { Graph } from "../ir/graph.ts";
import { printGraph } from "../ir/print.ts";
import { hashPath, restoreRandomSeed } from "../random_stream.ts";
import { formatShape } from "../shape.ts";
import type { Variable } from "../tensor/variable.ts";
import { version } from "../version.ts";
import type { TrainingProgress } from "./progress.ts";
import type { Run } from "./run.ts";
import type { Trainer } from "./trainer.ts";

/** Facts about a run by name, which must be the same in all processes. */
export type Facts = Readonly<Record<string, string>>;

/**
 * Waits for the other processes, which give as many numbers, and returns those of all, by rank. Throws {@linkcode
 * StateError} in all of them if their facts differ.
 */
export async function meet(
  others: Pick<Communicator, "gather" | "gatherTexts">,
  what: string,
  facts: Facts,
  numbers: readonly number[] = [],
): Promise<number[][]> {
  const text = JSON.stringify(facts);
  const all = await others.gather([hashPath(text), ...numbers, ...new Array(spare - numbers.length).fill(0)]);
  if (all.every(([hash]) => hash === all[0][0])) return all.map((row) => row.slice(1));
  const each = (await others.gatherTexts(text)).map((other) => JSON.parse(other) as Facts);
  const names = [...new Set(each.flatMap((other) => Object.keys(other)))];
  const name = names.find((name) => each.some((other) => other[name] !== each[0][name]))!;
  throw new StateError({
    what: `Cannot ${what}`,
    rule: `all processes must have the same ${name}`,
    received: differing(each.map((other) => other[name] ?? "none")),
    hint: "run one program with the same model, data, versions and backends in all of them",
  });
}

/** The numbers besides the hash that each process gives: see `numbersGathered` in lib/exec/native/mpi.ts. */
const spare = 6;

/** The values that processes have, each with the processes that have it. */
function differing(values: readonly string[]): string {
  const ranks = Map.groupBy(values.keys(), (rank) => values[rank]);
  return [...ranks].map(([value, list]) => {
    const some = list.slice(0, 4).join(", ") + (list.length > 4 ? " ..." : "");
    return `${value} in process${list.length > 1 ? "es" : ""} ${some}`;
  }).join("; ");
}

/** Facts about what runs programs: their results must be equal bit by bit. */
export function factsOf(executor: Executor): Facts {
  return {
    version: `version of Ceratops, ${version}`,
    backend: `${executor.name} (${executor.build})`,
  };
}

/**
 * Before a run: the same run in all processes, of the same model, whose weights and seed become those of the first
 * process unless an earlier run made them equal.
 */
export async function agreeOnRun(trainer: Trainer, run: Run, where: string, facts: () => Facts): Promise<void> {
  const others = await communicator();
  if (!others) return;
  const { model } = trainer;
  const weights = model.weights.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(" ");
  const [[seed]] = await meet(others, where, {
    call: where,
    ...factsOf(trainer.steps.executor),
    weights: `weights: ${weights}`,
    ...facts(),
  }, [run.seed]);
  run.seed = seed;
  if (trainer.shared === others) return;
  restoreRandomSeed(seed);
  for (const weight of model.weights) await share(others, weight);
  trainer.shared = others;
}

/**
 * Before a step of a model is compiled: all processes have traced the same one, whatever the names in it. Its operations
 * tell models of equal weights apart that differ in activations, losses, rates or optimizers.
 */
export async function agreeOnStep(what: string, graph: Graph): Promise<void> {
  const others = await communicator();
  if (!others) return;
  const counts = Map.groupBy(graph.nodes, ({ op }) => op);
  const operations = [...counts].map(([op, { length }]) => `${length} ${op}`).join(", ");
  const hash = hashPath(printGraph({ ...graph, state: [] })) >>> 0;
  await meet(others, what, { call: what, program: `program: ${operations}, checksum ${hash.toString(16)}` });
}

/** Gives a variable the value that the first process has. */
async function share(others: Communicator, variable: Variable): Promise<void> {
  const value = await variable.read();
  const { buffer, byteOffset, byteLength } = value.data;
  await others.broadcast(new Uint8Array(buffer, byteOffset, byteLength));
  if (others.rank > 0) variable.assign(value);
}

/** At the start of a training: everything that it goes on from becomes that of the first process. */
export async function shareStart(progress: TrainingProgress): Promise<void> {
  const others = await communicator();
  if (!others) return;
  const own = others.rank === 0 ? encodeTraining(await progress.start()) : new Uint8Array();
  const [[length]] = await meet(others, "share a training", { call: "a training" }, [own.length]);
  const bytes = others.rank === 0 ? own : new Uint8Array(length);
  await others.broadcast(bytes);
  if (others.rank > 0) await progress.restore(decodeTraining(bytes, "the first process"));
}

/** The steps to run next, if each process wants as many: the fewest. */
export async function agreeOnSteps(what: string, wanted: number): Promise<number> {
  const others = await communicator();
  if (!others) return wanted;
  return Math.min(...(await meet(others, what, { call: what }, [wanted])).map(([count]) => count));
}

/** Waits until all processes are to run the same batches. */
export async function agreeOnBatches(what: string, batches: string): Promise<void> {
  const others = await communicator();
  if (others) await meet(others, what, { call: what, batches });
}

/** Whether any process is to stop. */
export async function agreeOnStop(what: string, stops: boolean): Promise<boolean> {
  const others = await communicator();
  if (!others) return stops;
  return (await meet(others, what, { call: what }, [stops ? 1 : 0])).some(([stop]) => stop === 1);
}
