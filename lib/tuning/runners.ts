// TrialRunner: what runs the trials of a round: this process, worker processes, or those of a launcher of MPI.
import type { TrialFunctions } from "./hyper_model.ts";
import type { Ranks } from "./ranks.ts";
import { type Job, runTrial } from "./run_trial.ts";
import type { Outcome, Trial } from "./trial.ts";
import type { TrialStore } from "./trial_store.ts";

/** Runs trials that know nothing of each other. */
export interface TrialRunner {
  /**
   * Runs all jobs, in any order, keeps each trial as it ends, and then calls `ended`. If that throws, no further job is
   * started, and the error is thrown once those that run have ended.
   */
  run(jobs: readonly Job[], ended: (trial: Trial) => void): Promise<void>;
}

/** Runs a job by `run`, and keeps what came of it. */
async function keptTrial(
  job: Job,
  store: TrialStore,
  run: (job: Job) => Promise<Outcome>,
): Promise<Trial> {
  const trial: Trial = { id: job.id, proposal: job.proposal, ...await run(job) };
  await store.write(trial);
  return trial;
}

/** Runs trials in this process, one after the other. */
export class OwnProcess implements TrialRunner {
  /** Takes what makes models, and where trials and their weights are kept. */
  constructor(readonly hyperModel: TrialFunctions, readonly store: TrialStore) {}

  async run(jobs: readonly Job[], ended: (trial: Trial) => void): Promise<void> {
    const { hyperModel, store } = this;
    for (const job of jobs) ended(await keptTrial(job, store, (job) => runTrial(job, hyperModel, store)));
  }
}

/** Runs trials in all processes of a launcher; that which ran a trial keeps it and its weights. */
export class RankProcesses implements TrialRunner {
  /** Takes the processes, what makes models, and where trials and their weights are kept: a folder that all of them see. */
  constructor(readonly ranks: Ranks, readonly hyperModel: TrialFunctions, readonly store: TrialStore) {}

  async run(jobs: readonly Job[], ended: (trial: Trial) => void): Promise<void> {
    const { hyperModel, store } = this;
    const make = (job: Job) => keptTrial(job, store, (job) => runTrial(job, hyperModel, store));
    await this.ranks.divide(jobs, make, (_job, trial) => ended(trial));
  }
}

/** Runs each trial in a process of its own, so many at a time. */
export class WorkerProcesses implements TrialRunner {
  /** Takes the number of processes at a time, where trials are kept, and what runs a trial in a process. */
  constructor(
    readonly workers: number,
    readonly store: TrialStore,
    readonly runInProcess: (job: Job) => Promise<Outcome>,
  ) {}

  async run(jobs: readonly Job[], ended: (trial: Trial) => void): Promise<void> {
    const waiting = [...jobs];
    let stopped = false;
    const lane = async () => {
      for (let job = waiting.shift(); job && !stopped; job = waiting.shift()) {
        try {
          ended(await keptTrial(job, this.store, this.runInProcess));
        } catch (error) {
          stopped = true;
          throw error;
        }
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: Math.min(this.workers, jobs.length) }, lane));
    const failed = lanes.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}
