// Warnings: what is worth knowing of the data, the callbacks and the loss of a run, though it goes on.
import type { Callback } from "../callbacks/callback.ts";
import { MonitorCallback } from "../callbacks/monitor.ts";
import { flatten } from "../structure.ts";
import { labelOf } from "./arguments.ts";
import type { Dataset } from "./dataset.ts";
import type { TrainableModel } from "./trainer.ts";

/**
 * Warns of the first element of inputs and targets that is NaN or infinite; with `fractions` also where an input of
 * whole numbers loses some, as when data was scaled already. Whether there was a NaN or infinite one.
 */
export function warnOfNumbers({ x, y, where }: Dataset, model: TrainableModel, fractions = false): boolean {
  const { inputNames, outputNames, inputDType } = model;
  const dtypes = fractions && inputDType !== undefined ? flatten(inputDType) : [];
  let found = false;
  for (const [argument, tensors, names] of [["x", x, inputNames], ["y", y, outputNames]] as const) {
    tensors.forEach((of, part) => {
      if (!of || of.dtype !== "float32") return;
      const { data } = of;
      const label = labelOf({ argument, names }, tensors.length, part);
      // Only finite numbers leave 0 when they are taken from themselves.
      let at = 0;
      while (at < data.length && data[at] - data[at] === 0) at++;
      if (at < data.length) {
        found = true;
        const perRow = data.length / of.shape[0];
        const column = of.rank > 1 ? `, element ${at % perRow}` : "";
        console.warn(
          `${label} has ${data[at]} in row ${
            Math.floor(at / perRow)
          }${column}: what ${where} computes from it will be ` +
            (Number.isNaN(data[at]) ? "NaN" : "NaN or infinite"),
        );
      }
      const dtype = argument === "x" ? dtypes[part] : undefined;
      if (dtype === undefined || dtype === "float32" || !data.some((value) => value % 1 !== 0)) return;
      console.warn(
        `${label} has fractions, which ${where} cuts off, since the Input is of dtype ${dtype}: ` +
          "leave the dtype of Input out",
      );
    });
  }
  return found;
}

/** Warns that data ended before the batches that were asked for. */
export function warnOfShortData(where: string, option: string): void {
  console.warn(
    `The data ran out before the ${option} that ${where} was asked for: give fewer, or an iterable that goes on`,
  );
}

/** Warns of callbacks that watch a number of a validation where there is none. */
export function warnOfMonitors(callbacks: readonly Callback[], logs: readonly string[]): void {
  for (const callback of callbacks) {
    const { monitor } = callback as { monitor?: unknown };
    // A number of another name may be that of a callback, or is refused where it is watched.
    if (typeof monitor !== "string" || !logs.some((name) => monitor === `val_${name}`)) continue;
    if (callback instanceof MonitorCallback) callback.warned = true;
    console.warn(
      `${callback.constructor.name} watches "${monitor}", but fit validates nothing and logs ${logs.join(", ")}: ` +
        "give fit validationSplit or validationData, or watch one of these",
    );
  }
}

/** Warns of a loss that is NaN from a batch on; a driver may hide where that was, then it is after the last. */
export function warnOfLoss(name: string, epoch: number, batch: number, batches: number): void {
  console.warn(
    `The loss of "${name}" is NaN in epoch ${epoch + 1}${batch < batches ? ` from batch ${batch} on` : ""}: ` +
      "lower the learning rate, or check the data (callbacks.TerminateOnNaN ends such a fit)",
  );
}
