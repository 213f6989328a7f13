// Dashboard: a page of this machine that shows a training while it runs.
import { boolean, integer, integerAtLeast } from "../option_kinds.ts";
import { declareOptions, type OptionFields, optionTable } from "../options.ts";
import { printLine, terminal } from "../terminal/terminal.ts";
import { Callback, type Logs } from "./callback.ts";
import { TrainingRecord } from "./dashboard_record.ts";
import type { DashboardEvent, DashboardServer } from "./dashboard_server.ts";

/** Options of {@linkcode Dashboard}. */
export interface DashboardOptions {
  /** The port on 127.0.0.1, from 0 to 65535; 6007 by default, 0 for any that is free. */
  port?: number;
  /** After how many epochs each the weights' histograms are read; 1 by default, 0 for never. */
  histogramFreq?: number;
  /** Whether the page is served on after the training, until {@linkcode Dashboard.close}; false by default. */
  keepOpen?: boolean;
}

const dashboardOptions = optionTable<DashboardOptions>()({
  port: integer(6007, { min: 0, max: 65535 }),
  histogramFreq: integerAtLeast(0, 1),
  keepOpen: boolean(false),
});

/** The options, checked and completed. */
export interface Dashboard extends OptionFields<DashboardOptions, typeof dashboardOptions> {}

/** The shortest times between two events with progress, and two with curves, in seconds. */
const intervals = { status: 0.25, charts: 1 } as const;

/**
 * Serves a page that shows the training while it runs: curves of losses, metrics and the learning rate, histograms of
 * weights, progress, the time that is left, and a button that stops the training after the current batch. The page is
 * this machine's alone (127.0.0.1), loads nothing from elsewhere, and costs as much as a progress bar, and one read of the
 * weights for each epoch with histograms. In Deno it takes `--allow-net=127.0.0.1`; it works in Node and Bun too. It does not
 * keep the process alive. A page that stays open goes on with the next training on the same port.
 *
 * @example Open the address that is printed
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const dashboard = new callbacks.Dashboard({ port: 8080 });
 * console.log(dashboard.port, dashboard.histogramFreq, dashboard.url); // 8080 1 undefined
 * // await model.fit(x, y, { epochs: 20, callbacks: [dashboard] });
 * ```
 */
export class Dashboard extends Callback {
  #server: DashboardServer | undefined;
  #record: TrainingRecord | undefined;
  #epoch = 0;
  #shown = { status: -Infinity, charts: -Infinity };

  static {
    declareOptions(this, dashboardOptions);
  }

  /**
   * Takes options. Throws {@linkcode ValueError} for an invalid one. Defaults: `port: 6007`, `histogramFreq: 1`,
   * `keepOpen: false`.
   */
  constructor(options: DashboardOptions = {}) {
    super(options);
  }

  /** The page's address while it is served, such as `http://127.0.0.1:6007/`. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** The page moves for some batches, not for every one. */
  override get everyBatch(): boolean {
    return false;
  }

  /** The page shows trainings alone. */
  override watches(kind: "Train" | "Test" | "Predict"): boolean {
    return kind === "Train";
  }

  /**
   * Serves the page, and prints its address. Throws {@linkcode StateError} in a browser, and where the port cannot be had.
   */
  override async onTrainBegin(): Promise<void> {
    const { epochs = 1, steps } = this.params;
    this.#record = new TrainingRecord({ model: this.model.name, epochs, steps });
    if (!this.#server) {
      // Pages that cannot serve need not load the server.
      const { DashboardServer } = await import("./dashboard_server.ts");
      this.#server = await DashboardServer.open(this.port, {
        current: () => this.#events(),
        stop: () => this.#stop(),
      });
      printLine(`Dashboard: ${this.#server.url}`);
    }
    if (this.histogramFreq > 0) await this.#readWeights();
    this.#send(this.#events());
  }

  /** Notes the epoch. */
  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
    this.#record?.beginEpoch(epoch);
  }

  /** Moves the progress, and from time to time the curves. */
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    this.#record?.addBatch(batch, logs, this.model.optimizer?.learningRate);
    const now = terminal().now();
    if (now - this.#shown.status < intervals.status) return;
    const hasCharts = now - this.#shown.charts >= intervals.charts;
    this.#shown = { status: now, charts: hasCharts ? now : this.#shown.charts };
    if (!this.#server?.isWatched || !this.#record) return;
    this.#send([this.#record.status(), ...hasCharts ? [this.#record.charts()] : []]);
  }

  /** Moves progress and curves, and the histograms if they are due. */
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.#record?.endEpoch(logs, this.model.optimizer?.learningRate);
    if (this.histogramFreq > 0 && (epoch + 1) % this.histogramFreq === 0) await this.#readWeights();
    if (this.#server?.isWatched) this.#send(this.#events());
  }

  /** Shows how the training ended. */
  override onTrainEnd(): void {
    const epochs = this.params.epochs ?? 1;
    this.#record?.end(this.model.stopTraining && this.#epoch + 1 < epochs ? "stopped" : "finished");
    this.#send(this.#events());
  }

  /** Closes the page, unless it is kept open; a training that did not end has failed. */
  override async release(): Promise<void> {
    if (this.#record && ["training", "stopping"].includes(this.#record.state)) {
      this.#record.end("failed");
      this.#send(this.#events());
    }
    if (!this.keepOpen) await this.close();
  }

  /** Stops serving the page; for a dashboard that is kept open. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  #events(): DashboardEvent[] {
    const record = this.#record;
    return record ? [record.status(), record.charts(), record.weights()] : [];
  }

  #send(events: readonly DashboardEvent[]): void {
    this.#server?.send(events);
  }

  #stop(): void {
    if (this.#record?.state !== "training") return;
    this.#record.state = "stopping";
    this.model.stopTraining = true;
    this.#send([this.#record.status()]);
  }

  async #readWeights(): Promise<void> {
    const values = await this.model.getWeights();
    this.#record?.setWeights(new Map(this.model.weights.map(({ name }, i) => [name, values[i]])));
  }
}
