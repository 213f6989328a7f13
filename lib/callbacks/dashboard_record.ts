// What a Dashboard shows of a training: progress, curves and histograms, as the events that its pages get.
import { lines } from "../plots/chart.ts";
import { drawHistogram, type Histogram, histogramOf } from "../plots/histogram.ts";
import { formatNumber } from "../terminal/progress_bar.ts";
import { terminal } from "../terminal/terminal.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Logs } from "./callback.ts";
import type { DashboardEvent } from "./dashboard_server.ts";

/** How a training goes on. */
type TrainingState = "training" | "stopping" | "finished" | "stopped" | "failed";

/** A training at its begin. */
interface TrainingFacts {
  readonly model: string;
  readonly epochs: number;
  readonly steps: number | null;
}

/** The most points of a curve: of more, every second one is dropped. */
const maxPoints = 600;
/** The most numbers of a weight that a histogram counts; of more, some at equal distances. */
const maxCounted = 2 ** 20;
const buckets = 40;

/** The size of a chart in a card. */
const size = { width: 360, height: 215 } as const;

/** A curve that grows. */
class Series {
  readonly x: number[] = [];
  readonly values: number[] = [];

  add(x: number, value: number): void {
    // An epoch's last batch and its end are one place.
    if (this.x.at(-1) === x) {
      this.values[this.values.length - 1] = value;
      return;
    }
    this.x.push(x);
    this.values.push(value);
    if (this.x.length <= maxPoints) return;
    for (const list of [this.x, this.values]) {
      const kept = list.filter((_, i) => i % 2 === 1);
      list.splice(0, list.length, ...kept);
    }
  }
}

/** A weight's numbers. */
interface Weight {
  readonly name: string;
  readonly first: Histogram;
  now: Histogram;
  text: string;
}

/** What is known of a training. */
export class TrainingRecord {
  state: TrainingState = "training";
  readonly #facts: TrainingFacts;
  readonly #start = terminal().now();
  #end: number | undefined;
  #firstEpoch: number | undefined;
  #epoch = 0;
  #batch = 0;
  /** The batches of an epoch: given, or those of the first one. */
  #steps: number | null;
  #logs: Logs = {};
  #rate: number | undefined;
  readonly #series = new Map<string, Series>();
  readonly #weights = new Map<string, Weight>();

  constructor(facts: TrainingFacts) {
    this.#facts = facts;
    this.#steps = facts.steps;
  }

  /** An epoch begins. */
  beginEpoch(epoch: number): void {
    this.#firstEpoch ??= epoch;
    this.#epoch = epoch;
    this.#batch = 0;
  }

  /** A batch has run; the logs are means over the epoch so far. */
  addBatch(batch: number, logs: Logs, rate: number | undefined): void {
    this.#batch = batch + 1;
    if (this.#steps === null) this.#logs = { ...logs };
    else this.#add(this.#epoch + this.#batch / this.#steps, logs, rate);
  }

  /** An epoch has ended. */
  endEpoch(logs: Logs, rate: number | undefined): void {
    this.#steps ??= this.#batch || null;
    this.#batch = this.#steps ?? this.#batch;
    this.#add(this.#epoch + 1, logs, rate);
  }

  /** The training has ended. */
  end(state: TrainingState): void {
    this.state = state;
    this.#end = terminal().now();
  }

  #add(x: number, logs: Logs, rate: number | undefined): void {
    this.#logs = { ...this.#logs, ...logs };
    this.#rate = rate;
    // Some callbacks log the rate too.
    const entries = Object.entries(logs).filter(([name]) => name !== rateName);
    if (rate !== undefined) entries.push([rateName, rate]);
    for (const [name, value] of entries) {
      let series = this.#series.get(name);
      if (!series) this.#series.set(name, series = new Series());
      series.add(x, value);
    }
  }

  /** The values of weights, by name. */
  setWeights(values: ReadonlyMap<string, Tensor>): void {
    for (const [name, { data, shape }] of values) {
      const step = Math.ceil(data.length / maxCounted);
      const counted = step > 1 ? data.filter((_, i) => i % step === 0) : data;
      const now = histogramOf(counted, buckets);
      const text = `[${shape.join(", ")}] · ${describeNumbers(counted)}`;
      const known = this.#weights.get(name);
      if (known) [known.now, known.text] = [now, text];
      else this.#weights.set(name, { name, first: now, now, text });
    }
  }

  /** Where the training stands. */
  status(): DashboardEvent {
    const elapsed = (this.#end ?? terminal().now()) - this.#start;
    const first = this.#firstEpoch ?? 0;
    const within = this.#steps ? Math.min(1, this.#batch / this.#steps) : 0;
    const done = this.#epoch - first + within;
    const { model, epochs } = this.#facts;
    const running = this.state === "training" || this.state === "stopping";
    const numbers = Object.entries(this.#logs).filter(([name]) => name !== rateName)
      .map(([name, value]) => [name, formatNumber(value)]);
    if (this.#rate !== undefined) numbers.push([rateName, shortRate(this.#rate)]);
    return [
      "status",
      JSON.stringify({
        model,
        state: this.state,
        epoch: Math.min(this.#epoch + 1, epochs),
        epochs,
        batch: this.#batch,
        steps: this.#steps,
        share: epochs > first ? Math.min(1, done / (epochs - first)) : 1,
        elapsed,
        left: running && done > 0 ? elapsed * (epochs - first - done) / done : null,
        numbers,
      }),
    ];
  }

  /** The curves: a chart for each metric with its validation, one for the learning rate. */
  charts(): DashboardEvent {
    const names = [...this.#series.keys()].map((name) => name.replace(/^val_/, ""));
    const charts = [...new Set(names)].flatMap((metric) => {
      const curves = [metric, `val_${metric}`].flatMap((name, i) => {
        const series = this.#series.get(name);
        if (!series || !series.values.some(Number.isFinite)) return [];
        const { x, values } = series;
        const last = metric === rateName
          ? shortRate(values[values.length - 1])
          : formatNumber(values[values.length - 1]);
        const of = metric === rateName ? "" : `${i === 0 ? "training" : "validation"} `;
        return [{ name: `${of}${last}`, values, x, color: metric === rateName ? 2 : i, dashed: i === 1 }];
      });
      if (curves.length === 0) return [];
      const { svg } = lines({ curves, xLabel: "epoch", legend: "top", ...size });
      const title = metric.replaceAll("_", " ");
      return [{ title, label: `${title} by epoch: ${curves.map(({ name }) => name).join(", ")}`, svg }];
    });
    return ["charts", JSON.stringify(charts)];
  }

  /** The histograms, by layer. */
  weights(): DashboardEvent {
    const layers = new Map<string, { name: string; text: string; svg: string }[]>();
    for (const { name, first, now, text } of this.#weights.values()) {
      const path = name.replace(`${this.#facts.model}/`, "");
      const at = path.lastIndexOf("/");
      const [layer, own] = [path.slice(0, Math.max(0, at)), path.slice(at + 1)];
      const svg = drawHistogram(now, first === now ? undefined : first, `Histogram of ${name}: ${text}`);
      layers.set(layer, [...layers.get(layer) ?? [], { name: own, text, svg }]);
    }
    return ["weights", JSON.stringify([...layers].map(([layer, weights]) => ({ layer, weights })))];
  }
}

/** The name under which logs have the learning rate. */
const rateName = "learning_rate";

/** A learning rate is float32: its decimals beyond seven say nothing. */
const shortRate = (rate: number) => String(Number(rate.toPrecision(4)));

/** Mean and standard deviation of the finite numbers, and how many are not. */
function describeNumbers(data: ArrayLike<number>): string {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) continue;
    count++;
    sum += data[i];
    squares += data[i] ** 2;
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2));
  const lost = data.length - count;
  const finite = count === 0
    ? "no finite number"
    : `mean ${mean.toPrecision(3)} · deviation ${deviation.toPrecision(3)}`;
  return `${finite}${lost > 0 ? ` · ${lost} not finite` : ""}`;
}
