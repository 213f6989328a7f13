// Warnings about the data, the callbacks and the loss of a run, which do not stop it.
import type { Callback } from "../callbacks/callback.ts";
import { MonitorCallback } from "../callbacks/monitor.ts";
import { isFloat } from "../dtype.ts";
import { formatShape } from "../shape.ts";
import { flatten } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { warn } from "../terminal/terminal.ts";
import { labelOf } from "./arguments.ts";
import type { Dataset } from "./dataset.ts";
import type { TrainableModel } from "./trainer.ts";

/**
 * Warns about the first element of inputs, targets and weights that is NaN or infinite; with `fractions` also about an integer
 * input that loses fractions, as when data was already scaled. Returns whether there was a NaN or infinite element.
 */
export function warnOfNumbers({ x, y, weights, where }: Dataset, model: TrainableModel, fractions = false): boolean {
  const { inputNames, outputNames, inputDType } = model;
  const dtypes = fractions && inputDType !== undefined ? flatten(inputDType) : [];
  let found = false;
  for (
    const [argument, tensors, names] of [
      ["x", x, inputNames],
      ["y", y, outputNames],
      // Weights that all outputs share are one tensor.
      ["sampleWeight", new Set(weights).size === 1 ? weights.slice(0, 1) : weights, outputNames],
    ] as const
  ) {
    tensors.forEach((of, part) => {
      if (!of || !isFloat(of.dtype)) return;
      const { data } = of;
      const label = labelOf({ argument, names }, tensors.length, part);
      // Only for finite numbers is x - x equal to 0.
      let at = 0;
      while (at < data.length && data[at] - data[at] === 0) at++;
      if (at < data.length) {
        found = true;
        const perRow = data.length / of.shape[0];
        const column = of.rank > 1 ? `, element ${at % perRow}` : "";
        warn(
          `${label} has ${data[at]} in row ${
            Math.floor(at / perRow)
          }${column}: what ${where} computes from it will be ` +
            (Number.isNaN(data[at]) ? "NaN" : "NaN or infinite"),
        );
      }
      const dtype = argument === "x" ? dtypes[part] : undefined;
      if (dtype === undefined || isFloat(dtype) || !data.some((value) => value % 1 !== 0)) return;
      warn(
        `${label} has fractions, which ${where} cuts off, since the Input is of dtype ${dtype}: ` +
          "leave the dtype of Input out",
      );
    });
  }
  return found;
}

/** Warns that data ended before the requested number of batches. */
export function warnOfShortData(where: string, option: string): void {
  warn(
    `The data ran out before the ${option} that ${where} was asked for: give fewer, or an iterable that goes on`,
  );
}

/** Warns about callbacks that monitor a validation log when there is no validation. */
export function warnOfMonitors(callbacks: readonly Callback[], logs: readonly string[]): void {
  for (const callback of callbacks) {
    const { monitor } = callback as { monitor?: unknown };
    // Another name may come from a callback, or gives an error when it is monitored.
    if (typeof monitor !== "string" || !logs.some((name) => monitor === `val_${name}`)) continue;
    if (callback instanceof MonitorCallback) callback.warned = true;
    warn(
      `${callback.constructor.name} watches "${monitor}", but fit validates nothing and logs ${logs.join(", ")}: ` +
        "give fit validationSplit or validationData, or watch one of these",
    );
  }
}

/** Warns that the loss is NaN from a batch on; if a driver hides which one, `batch` is after the last. */
export function warnOfLoss(name: string, epoch: number, batch: number, batches: number): void {
  warn(
    `The loss of "${name}" is NaN in epoch ${epoch + 1}${batch < batches ? ` from batch ${batch} on` : ""}: ` +
      "lower the learning rate, or check the data (callbacks.TerminateOnNaN ends such a fit)",
  );
}

/** Tells that a batch has the shapes of no earlier one of its run, so that a program was compiled for it. */
export function tellOfShape({ x, y, where }: Dataset, shapes: number): void {
  const part = (name: string, tensors: readonly (Tensor | undefined)[]) =>
    tensors.flatMap((of) => (of ? [`${name} ${formatShape(of.shape)}`] : []));
  warn(
    `${where} has new shapes, ${[...part("x", x), ...part("y", y)].join(", ")}, and costs a program of its own, ` +
      `number ${shapes}: batches of few shapes cost few, such as those of utils.bucketByLength`,
  );
}
