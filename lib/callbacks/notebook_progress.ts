// The progress of fit, evaluate and predict in a notebook: a bar, a table of epochs and curves, which change in place.
import { lines } from "../plots/chart.ts";
import { escapeXml, htmlTable } from "../plots/xml.ts";
import { formatNumber } from "../terminal/progress_bar.ts";
import { type Kernel, NotebookOutput } from "../terminal/notebook.ts";
import { terminal } from "../terminal/terminal.ts";
import type { Logs } from "./callback.ts";
import { RunDisplay } from "./run_display.ts";

/** The shortest time between two pictures of the bar, in seconds. */
const interval = 0.25;
/** The most epochs that the table shows. */
const maxRows = 10;

/** Shows the progress of a run in a notebook. */
export class NotebookProgress extends RunDisplay {
  readonly #kernel: Kernel;
  #output: NotebookOutput | undefined;
  #epoch = 0;
  readonly #epochs: Logs[] = [];
  #seen = 0;
  #logs: Logs = {};
  #start = 0;
  #lastShown = 0;

  /** Takes the kernel of the notebook. */
  constructor(kernel: Kernel) {
    super();
    this.#kernel = kernel;
  }

  /** Begins the output of a training. */
  override onTrainBegin(): void {
    super.onTrainBegin();
    this.#epochs.length = 0;
    this.#output = new NotebookOutput(this.#kernel);
  }

  /** Begins a bar. */
  override async onEpochBegin(epoch: number): Promise<void> {
    this.#epoch = epoch;
    await this.begin();
  }

  /** Adds a row to the table, and a step to the curves. */
  override async onEpochEnd(_epoch: number, logs: Logs = {}): Promise<void> {
    this.#epochs.push({ ...logs });
    this.#logs = {};
    this.#seen = this.params.steps ?? this.#seen;
    await this.#show();
  }

  /** Ends the output of a training. */
  override async onTrainEnd(): Promise<void> {
    await this.#show();
    super.onTrainEnd();
    this.#output = undefined;
  }

  /** Begins a bar, and the output unless training. */
  protected async begin(): Promise<void> {
    this.#output ??= new NotebookOutput(this.#kernel);
    this.#seen = 0;
    this.#logs = {};
    this.#start = terminal().now();
    await this.#show();
  }

  /** Moves the bar. */
  protected async move(batch: number, logs: Logs): Promise<void> {
    this.#seen = batch + 1;
    this.#logs = { ...logs };
    if (terminal().now() - this.#lastShown >= interval) await this.#show();
  }

  /** Ends the bar, and the output. */
  protected async end(logs: Logs): Promise<void> {
    this.#logs = { ...logs };
    this.#seen = this.params.steps ?? this.#seen;
    await this.#show();
    this.#output = undefined;
  }

  async #show(): Promise<void> {
    this.#lastShown = terminal().now();
    const numbers = Object.entries(this.#logs).map(([name, value]) => `${name}: ${formatNumber(value)}`);
    const steps = this.params.steps ?? undefined;
    const seconds = Math.round(this.#lastShown - this.#start);
    const epochs = this.params.epochs ?? 1;
    const parts = [
      ...this.isTraining ? [`Epoch ${this.#epoch + 1}/${epochs}`] : [],
      `${this.#seen}${steps === undefined ? "" : `/${steps}`}`,
      `${seconds}s`,
      ...numbers,
    ];
    const bar = `<progress value="${this.#seen}" max="${steps ?? Math.max(this.#seen, 1)}"></progress>`;
    const html = `<div>${bar} ${escapeXml(parts.join(" - "))}</div>${this.#table()}${this.#curves()}`;
    await this.#output?.show({ "text/html": html, "text/plain": parts.join(" - ") });
  }

  #table(): string {
    const last = this.#epochs.at(-1);
    if (!last) return "";
    const names = Object.keys(last);
    const first = this.#epoch + 1 - (this.#epochs.length - 1);
    const rows = this.#epochs.map((logs, i) => [
      String(first + i),
      ...names.map((name) => name in logs ? formatNumber(logs[name]) : ""),
    ]);
    return htmlTable(["epoch", ...names], rows.slice(-maxRows));
  }

  #curves(): string {
    if (this.#epochs.length < 2) return "";
    const names = Object.keys(this.#epochs[0]).filter((name) => !name.startsWith("val_") && name !== "learning_rate");
    return names.map((metric) => {
      const curves = [metric, `val_${metric}`].filter((name) => name in this.#epochs[0]).map((name, i) => ({
        name,
        values: this.#epochs.map((logs) => logs[name]),
        dashed: i === 1,
        color: 0,
      }));
      if (!curves.some(({ values }) => values.some(Number.isFinite))) return "";
      return `<div style="max-width:600px">${lines({ title: metric, xLabel: "epoch", yLabel: metric, curves })}</div>`;
    }).join("");
  }
}
