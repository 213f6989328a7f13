// The curves of a training.
import { describe, didYouMean, ValueError } from "../errors.ts";
import { boolean, isList, listOfNames, text } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { type Curve, lines } from "./chart.ts";
import type { Plot } from "./plot.ts";

/** The values of each epoch by name, such as `loss` and `val_loss`. */
export type EpochLogs = Readonly<Record<string, readonly number[]>>;

/** What `fit` resolves to, or its `history`, or several by name. */
export type Histories = { readonly history: EpochLogs } | EpochLogs | Readonly<Record<string, { history: EpochLogs }>>;

/** Options of {@linkcode history}. */
export interface HistoryPlotOptions {
  /** The names of the metrics, without `val_`; all by default. */
  metrics?: readonly string[] | null;
  /** What is written above. */
  title?: string;
  /** Whether the vertical axis is logarithmic; false by default. */
  logarithmic?: boolean;
}

const historyOptions = optionTable<HistoryPlotOptions>()({
  metrics: nullable(listOfNames('["loss"]', 1)),
  title: text("Training"),
  logarithmic: boolean(false),
});

/**
 * Draws the curves of a training: a colour for each metric, dashed for validation; of several trainings by name, a colour
 * for each of their curves.
 *
 * @param histories what `fit` resolved to, its `history`, or several of these by name
 * @param options which metrics, the title, and whether the axis is logarithmic
 * @throws {ValueError} for a metric that no training has, or where there is nothing to draw
 *
 * @example The losses of a training
 * ```ts
 * import { plots } from "./mod.ts";
 * const plot = plots.history({ loss: [2, 1, 0.5], val_loss: [2.1, 1.2, 0.9], accuracy: [0.5, 0.7, 0.8] }, {
 *   metrics: ["loss"],
 * });
 * console.log(plot.svg.includes("val_loss"), plot.svg.includes("accuracy")); // true false
 * ```
 */
export function history(histories: Histories, options: HistoryPlotOptions = {}): Plot {
  const what = "Cannot plot the history";
  const { metrics, title, logarithmic } = readMethodOptions("plots.history", historyOptions, options, what);
  const runs = runsOf(histories, what);
  const known = [...new Set(runs.flatMap(({ logs }) => Object.keys(logs).map((name) => name.replace(/^val_/, ""))))];
  for (const metric of metrics ?? []) {
    if (known.includes(metric)) continue;
    const near = didYouMean(metric, known);
    throw new ValueError({
      what,
      rule: `metrics must be among ${known.map((name) => `"${name}"`).join(", ")}`,
      received: describe(metric),
      hint: near ? `did you mean "${near}"?` : "leave it out",
    });
  }
  const shown = metrics ?? known;
  const curves = runs.flatMap(({ name: run, logs }, r) =>
    shown.flatMap((metric, m) =>
      [metric, `val_${metric}`].flatMap((name): Curve[] =>
        name in logs
          ? [{
            name: run === "" ? name : `${run}: ${name}`,
            values: logs[name],
            dashed: name !== metric,
            color: r * shown.length + m,
          }]
          : []
      )
    )
  );
  const yLabel = shown.length === 1 ? shown[0] : "value";
  return lines({ title, xLabel: "epoch", yLabel, curves, logarithmic });
}

interface Run {
  readonly name: string;
  readonly logs: EpochLogs;
}

function runsOf(histories: Histories, what: string): Run[] {
  const logs = logsOf(histories);
  if (logs) return [{ name: "", logs }];
  const entries = histories !== null && typeof histories === "object" ? Object.entries(histories) : [];
  const runs = entries.flatMap(([name, of]): Run[] => {
    const logs = logsOf(of);
    return logs ? [{ name, logs }] : [];
  });
  if (runs.length > 0 && runs.length === entries.length) return runs;
  throw new ValueError({
    what,
    rule: "it takes what fit resolves to, lists of values by name, or several of these by name",
    received: describe(histories),
    hint: "write it as in plots.history(await model.fit(x, y))",
  });
}

function logsOf(of: unknown): EpochLogs | undefined {
  if (of === null || typeof of !== "object") return undefined;
  const logs: unknown = "history" in of ? of.history : of;
  if (logs === null || typeof logs !== "object") return undefined;
  const lists = Object.values(logs);
  return lists.length > 0 && lists.every((list) => isList(list, (item) => typeof item === "number"))
    ? logs as EpochLogs
    : undefined;
}
