// Where the time of programs goes, by layer and op: sums of measured times and their table, for CERATOPS_DEBUG and profiles.
import type { Origin, Scope } from "../ir/origin.ts";
import type { NodeTime } from "./executor.ts";

/**
 * The part of a step that an op belongs to: `forward` is that of layers and losses, `backward` their gradients, `update`
 * what the optimizer does, and `data` reading and writing batches.
 */
export type ProfilePhase = "forward" | "backward" | "update" | "metrics" | "data";

/** The time of an op, in all steps together. What passes merged into one op is one row. */
export interface OpRow {
  /**
   * What it belongs to: the path of a layer, such as `encoder/dense`, or `loss`, `metric`, `optimizer` or `data` and a name.
   * Several, if ops of several were merged.
   */
  readonly owners: readonly string[];
  /** The parts of the step that it belongs to, usually one. */
  readonly phases: readonly ProfilePhase[];
  /** The op as the layer called it; several with `+` in between, if they were merged. */
  readonly op: string;
  /** What the backend ran for it: one of its own ops, or a kernel of the GPU. */
  readonly kernel: string;
  /** How often it ran. */
  readonly calls: number;
  /** Its time. */
  readonly milliseconds: number;
  /**
   * The floating-point operations of all calls: those of products, convolutions, attention and recurrences, 0 for ops that
   * only take as long as memory does.
   */
  readonly flops: number;
  /** Its part of the time of all ops, from 0 to 1. */
  readonly share: number;
}

/** A row while it is summed. */
type Summed = { -readonly [K in keyof Omit<OpRow, "share">]: OpRow[K] };

/** Sums of the times of ops. */
export class OpTimes {
  readonly #sums = new Map<string, Summed>();
  /** The sums that nodes belong to, by origin and op. */
  readonly #known = new WeakMap<Origin, Map<string, Summed>>();
  /** The number of steps that were added. */
  steps = 0;

  /**
   * Adds what some steps of a program took; `root` is the name of the model, which is left out of paths. Returns what each
   * node is called.
   */
  add(times: readonly NodeTime[], steps: number, root = ""): readonly OpName[] {
    this.steps += steps;
    return times.map((time) => {
      const sum = this.#sumOf(time, root);
      sum.calls += steps;
      sum.milliseconds += time.nanoseconds / 1e6;
      sum.flops += steps * time.flops;
      return sum;
    });
  }

  #sumOf({ origin, op }: NodeTime, root: string): Summed {
    let known = this.#known.get(origin);
    if (!known) this.#known.set(origin, known = new Map());
    let sum = known.get(op);
    if (!sum) {
      const name = nameOf(origin, op, root);
      const key = JSON.stringify(name);
      sum = this.#sums.get(key) ?? { ...name, calls: 0, milliseconds: 0, flops: 0 };
      this.#sums.set(key, sum);
      known.set(op, sum);
    }
    return sum;
  }

  /** The time of all ops. */
  get milliseconds(): number {
    return sum(this.#sums.values());
  }

  /** The rows, the slowest first. */
  get rows(): OpRow[] {
    const total = this.milliseconds;
    return [...this.#sums.values()].map((row) => ({ ...row, share: total > 0 ? row.milliseconds / total : 0 }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }
}

/** What an op is, without its time. */
export type OpName = Pick<OpRow, "owners" | "phases" | "op" | "kernel">;

/** What a node is called in rows. */
function nameOf({ parts }: Origin, kernel: string, root: string): OpName {
  return {
    owners: [...new Set(parts.map(({ scope }) => ownerOf(scope, root)))],
    phases: allPhases.filter((phase) => parts.some(({ scope }) => phaseOf(scope) === phase)),
    op: [...new Set(parts.map(({ op }) => op))].join(" + "),
    kernel,
  };
}

const allPhases: readonly ProfilePhase[] = ["forward", "backward", "update", "metrics", "data"];

/** What ops without a layer, a loss and the like are listed under. */
const noOwner = "outside of layers";

function ownerOf({ kind, path }: Scope, root: string): string {
  if (kind === "other") return noOwner;
  if (kind !== "layer") return `${kind} ${path}`;
  return root && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

function phaseOf({ kind, backward }: Scope): ProfilePhase {
  if (backward) return "backward";
  if (kind === "optimizer") return "update";
  if (kind === "metric") return "metrics";
  return kind === "data" ? "data" : "forward";
}

/** The most lines of ops in a table, and the widest of their names. */
const longest = 60;
const widest = 64;
/** Ops of a layer with a smaller part of the time are summed in one line. */
const smallest = 0.0005;

/** The lines of a table: layers, the slowest first, with their ops. */
export function tableOf(times: OpTimes): string[] {
  const { rows, steps } = times;
  const groups = Map.groupBy(rows, ({ owners }) => owners.join(" + "));
  const sorted = [...groups].sort(([, a], [, b]) => sum(b) - sum(a));
  const total = sum(rows);
  const lines: Line[] = [];
  const add = (name: string, of: readonly OpRow[], calls?: number) => lines.push({ name, of, calls });
  for (const [at, [owner, own]] of sorted.entries()) {
    if (lines.length >= longest) {
      const rest = sorted.slice(at);
      add(`${rest.length} more`, rest.flatMap(([, rows]) => rows));
      break;
    }
    add(owner, own);
    const shown = own.filter(({ share }, i) => i === 0 || share >= smallest);
    for (const row of shown) add(`  ${row.phases.join(" + ").padEnd(8)}  ${row.op}${kernelIn(row)}`, [row], row.calls);
    if (shown.length < own.length) add(`  ${own.length - shown.length} smaller`, own.slice(shown.length));
  }
  const isRated = rateOf(rows) !== "";
  const cells = lines.map(({ name, of, calls }) => [
    name.length > widest ? `${name.slice(0, widest - 3)}...` : name,
    calls === undefined ? "" : String(calls),
    sum(of).toFixed(3),
    steps > 0 ? (sum(of) / steps).toFixed(4) : "",
    ...(isRated ? [rateOf(of)] : []),
    `${(total > 0 ? 100 * sum(of) / total : 0).toFixed(1)} %`,
  ]);
  return aligned([["layer and op", "calls", "ms", "ms/step", ...(isRated ? ["GFLOP/s"] : []), "share"], ...cells]);
}

interface Line {
  readonly name: string;
  readonly of: readonly OpRow[];
  readonly calls: number | undefined;
}

/** Billions of floating-point operations a second, if there are any. */
function rateOf(rows: readonly OpRow[]): string {
  const flops = rows.reduce((total, row) => total + row.flops, 0);
  return flops > 0 && sum(rows) > 0 ? (flops / sum(rows) / 1e6).toFixed(1) : "";
}

/** The parts of the time by phase, as in `forward 40.2 %, backward 59.8 %`. */
export function phasesOf(rows: readonly OpRow[]): string {
  const total = sum(rows);
  return [...Map.groupBy(rows, ({ phases }) => phases.join(" + "))].sort(([, a], [, b]) => sum(b) - sum(a))
    .map(([name, rows]) => `${name} ${(total > 0 ? 100 * sum(rows) / total : 0).toFixed(1)} %`).join(", ");
}

/** What ran, if that says more than the op: a kernel of a GPU. */
function kernelIn({ op, kernel }: OpRow): string {
  return kernel === "fused" || kernel === "foreach" || op.split(" + ").includes(kernel) ? "" : ` (${kernel})`;
}

/** Lines with columns of equal widths, the first to the left. */
function aligned(cells: readonly (readonly string[])[]): string[] {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")
  );
}

const sum = (rows: Iterable<Pick<OpRow, "milliseconds">>) => {
  let total = 0;
  for (const { milliseconds } of rows) total += milliseconds;
  return total;
};
