// TrialRunner: what runs the trials of a round: this process, or worker processes.
import type { TrialFunctions } from "./hyper_model.ts";
import { type Job, runTrial } from "./run_trial.ts";
import type { Outcome } from "./trial.ts";
import type { TrialStore } from "./trial_store.ts";

/** Runs trials that know nothing of each other. */
export interface TrialRunner {
  /**
   * Runs all jobs, in any order, and calls `ended` as each ends. If that throws, no further job is started, and the
   * error is thrown once those that run have ended.
   */
  run(jobs: readonly Job[], ended: (job: Job, outcome: Outcome) => Promise<void>): Promise<void>;
}

/** Runs trials in this process, one after the other. */
export class OwnProcess implements TrialRunner {
  /** Takes what makes models, and where their weights are kept. */
  constructor(readonly hyperModel: TrialFunctions, readonly store: TrialStore) {}

  async run(jobs: readonly Job[], ended: (job: Job, outcome: Outcome) => Promise<void>): Promise<void> {
    for (const job of jobs) await ended(job, await runTrial(job, this.hyperModel, this.store));
  }
}

/** Runs each trial in a process of its own, so many at a time. */
export class WorkerProcesses implements TrialRunner {
  /** Takes the number of processes at a time, and what runs a trial in one. */
  constructor(readonly workers: number, readonly runInProcess: (job: Job) => Promise<Outcome>) {}

  async run(jobs: readonly Job[], ended: (job: Job, outcome: Outcome) => Promise<void>): Promise<void> {
    const waiting = [...jobs];
    let stopped = false;
    const lane = async () => {
      for (let job = waiting.shift(); job && !stopped; job = waiting.shift()) {
        try {
          await ended(job, await this.runInProcess(job));
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
