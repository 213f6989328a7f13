// The program of a worker process: runs the trial that its argument describes, and leaves the outcome in the trial's folder.
import { openHyperModel, textOfError } from "./hyper_model.ts";
import { runTrial } from "./run_trial.ts";
import { FolderTrials, writeJson } from "./trial_store.ts";
import { outcomeFile, type WorkerJob } from "./worker_process.ts";
import type { Outcome } from "./trial.ts";

/** Ends this process when the search that started it is gone. */
async function endWithParent(): Promise<void> {
  await Deno.stdin.readable.pipeTo(new WritableStream());
  Deno.exit(1);
}

async function outcomeOf({ module, directory, ...job }: WorkerJob): Promise<Outcome> {
  try {
    const { build, fit } = await openHyperModel(new URL(module));
    return await runTrial(job, { build, fit: fit! }, new FolderTrials(directory));
  } catch (error) {
    return { status: "failed", error: textOfError(error), space: [], values: job.proposal.values };
  }
}

if (import.meta.main) {
  const job: WorkerJob = JSON.parse(Deno.args[0]);
  endWithParent();
  const outcome = await outcomeOf(job);
  await writeJson(`${new FolderTrials(job.directory).folderOf(job.id)}/${outcomeFile}`, outcome);
  Deno.exit(0);
}
