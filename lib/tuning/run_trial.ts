// Runs one trial in this process: builds its model, trains it, and keeps the weights of its best epoch.
import type { Logs } from "../callbacks/callback.ts";
import { didYouMean, ValueError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { hashPath, purposes, RandomStream, setRandomSeed } from "../random_stream.ts";
import { InterruptedError } from "../training/loop.ts";
import { checkModel, logsOf, textOfError, type TrialFitOptions, type TrialFunctions } from "./hyper_model.ts";
import { type HyperParameter, HyperParameters } from "./hyper_parameters.ts";
import { isBetter, type Objective, type ObjectiveDirection, type Outcome, type Proposal } from "./trial.ts";
import type { TrialStore } from "./trial_store.ts";

/** A trial to be run: all that its process needs to know. */
export interface Job {
  /** The number of the trial. */
  readonly id: number;
  /** What is to be tried. */
  readonly proposal: Proposal;
  /** The seed of the search. */
  readonly seed: number;
  /** What the search optimizes; null for the number that a training gives. */
  readonly objective: Objective | null;
  /** How often the model is made and trained. */
  readonly executions: number;
}

/** The name of an objective that is a number alone. */
const scoreName = "score";

/** Random numbers of a trial for a purpose, the same in every process. */
const streamOf = (seed: number, id: number, name: string) =>
  new RandomStream(seed | 0, hashPath(name), purposes.trials, id);

/** The place of a hyperparameter of a trial in its range, from 0 to 1. */
const placeDrawn = (seed: number, id: number, { name }: Pick<HyperParameter, "name">): number =>
  streamOf(seed, id, `hp/${name}`).uniform();

/** Runs a trial. What it throws is its outcome; only what ends the whole search, such as Ctrl-C, is thrown on. */
export async function runTrial(
  job: Job,
  { build, fit }: TrialFunctions,
  store: TrialStore,
): Promise<Outcome> {
  const { id, proposal, seed, objective, executions } = job;
  const name = objective?.name ?? scoreName;
  let hp = new HyperParameters();
  try {
    const runs: { logs: Logs; direction: ObjectiveDirection }[] = [];
    let best: number | undefined;
    for (let execution = 0; execution < executions; execution++) {
      setRandomSeed(streamOf(seed, id, `execution/${execution}`).word());
      hp = new HyperParameters(proposal.values, (of) => placeDrawn(seed, id, of));
      const model = checkModel(await build(hp));
      if (proposal.from !== undefined) await store.loadWeights(proposal.from, model);
      const keepIfBest = async (logs: Logs) => {
        const score = logs[name];
        if (!Number.isFinite(score) || !isBetter(score, best, directionOf(objective, model))) return;
        best = score;
        await store.saveWeights(id, model);
      };
      const { epochs, initialEpoch } = proposal;
      const options: TrialFitOptions = {
        ...(epochs === undefined ? {} : { epochs }),
        ...(initialEpoch === undefined ? {} : { initialEpoch }),
        verbose: 0,
        callbacks: [{ onEpochEnd: (_epoch, logs = {}) => keepIfBest(logs) }],
      };
      const epochLogs = logsOf(await fit(hp, model, options), name);
      const direction = directionOf(objective, model);
      const logs = bestOf(epochLogs, name, direction);
      // A custom training may not call callbacks.
      await keepIfBest(logs);
      runs.push({ logs, direction });
    }
    const metrics = meanOf(runs.map(({ logs }) => logs));
    const [{ direction }] = runs;
    return { status: "completed", score: metrics[name], direction, metrics, space: hp.space, values: hp.values };
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return {
      status: "failed",
      error: textOfError(error),
      space: hp.space,
      values: { ...proposal.values, ...hp.values },
    };
  }
}

/** The logs of the epoch with the best objective. Throws {@linkcode ValueError} if it is not there, or not a number. */
function bestOf(
  logs: Readonly<Record<string, readonly number[]>>,
  name: string,
  direction: ObjectiveDirection,
): Logs {
  const names = Object.keys(logs);
  const scores = logs[name];
  if (!scores || scores.length === 0) {
    const near = didYouMean(name, names);
    throw new ValueError({
      what: "Cannot rate a trial",
      rule: `its logs must have the objective "${name}"`,
      received: names.map((known) => `"${known}"`).join(", ") || "none",
      hint: near ? `did you mean "${near}"?` : "give the search one of these as its objective",
    });
  }
  let at: number | undefined;
  for (const [epoch, score] of scores.entries()) {
    if (Number.isFinite(score) && isBetter(score, at === undefined ? undefined : scores[at], direction)) at = epoch;
  }
  if (at === undefined) {
    throw new ValueError({
      what: "Cannot rate a trial",
      rule: `the objective "${name}" must be a finite number after some epoch`,
      received: String(scores.at(-1)),
      hint: "a smaller learning rate may keep it finite",
    });
  }
  // Logs that are not there for each epoch have no value at this one, and JSON has finite numbers only.
  const values = Object.entries(logs).filter(([, of]) => of.length === scores.length && Number.isFinite(of[at]));
  return Object.fromEntries(values.map(([key, of]) => [key, of[at]]));
}

function meanOf(runs: readonly Logs[]): Logs {
  return Object.fromEntries(
    Object.keys(runs[0]).filter((name) => runs.every((logs) => name in logs))
      .map((name) => [name, runs.reduce((sum, logs) => sum + logs[name], 0) / runs.length]),
  );
}

/** Whether smaller or larger objectives are better. Throws {@linkcode ValueError} if that is unknown. */
function directionOf(objective: Objective | null, { metricDirections }: Model): ObjectiveDirection {
  // A number alone is minimized, as a loss is.
  if (!objective) return "min";
  if (objective.direction) return objective.direction;
  const name = objective.name.replace(/^val_/, "");
  const known = name === "loss" ? "down" : metricDirections.get(name);
  if (known) return known === "up" ? "max" : "min";
  throw new ValueError({
    what: `Cannot optimize "${objective.name}"`,
    rule: "it must be known whether smaller or larger is better",
    received: `"${objective.name}"`,
    hint: `write it as in { name: "${objective.name}", direction: "max" }`,
  });
}
