// A profile's timeline in Chrome's format, which chrome://tracing and https://ui.perfetto.dev open: the document "Trace
// Event Format" describes it.
import type { OpName } from "../exec/op_times.ts";

/** A stretch of time: a run, an epoch, a step. */
export interface Span {
  readonly name: string;
  readonly category: string;
  /** The run that it belongs to, from 1. */
  readonly run: number;
  /** Milliseconds since the start of the profile. */
  readonly start: number;
  /** How long it took; undefined while it lasts. */
  milliseconds?: number;
  /** What ran in it, one after the other; for a step. */
  readonly ops?: { readonly names: readonly OpName[]; readonly nanoseconds: Float64Array };
}

/** One event of a timeline. */
export interface ChromeTraceEvent {
  /** What ran: an epoch, a step, a layer or an op. */
  readonly name: string;
  /** What it is, or for a layer and an op the part of the step that it belongs to. */
  readonly cat?: string;
  /** `X` for an event with a duration, `M` for the name of a process or a thread. */
  readonly ph: "X" | "M";
  /** When it began, in microseconds since the start of the profile. */
  readonly ts?: number;
  /** How long it took, in microseconds. */
  readonly dur?: number;
  /** Always 1. */
  readonly pid: number;
  /** The run: events of one run lie inside of each other. */
  readonly tid: number;
  /** For an op its layer, and what the backend ran for it. */
  readonly args?: Readonly<Record<string, string>>;
}

/** A timeline in Chrome's format. */
export interface ChromeTrace {
  /** The events. */
  readonly traceEvents: readonly ChromeTraceEvent[];
  /** The unit in which times are shown; those of events are microseconds. */
  readonly displayTimeUnit: "ms";
}

/** The timeline of spans, in the order in which they began. `runs` are the names of the runs. */
export function chromeTrace(spans: readonly Span[], runs: readonly string[]): ChromeTrace {
  const named = (name: string, tid: number, value: string): ChromeTraceEvent => ({
    name,
    ph: "M",
    pid: 1,
    tid,
    args: { name: value },
  });
  return {
    traceEvents: [
      named("process_name", 0, "Ceratops"),
      ...runs.map((name, i) => named("thread_name", i + 1, name)),
      ...spans.flatMap(eventsOf),
    ],
    displayTimeUnit: "ms",
  };
}

/** The event of a span that has ended, and those of its layers and ops: these follow each other from its start. */
function eventsOf({ name, category, run, start, milliseconds, ops }: Span): ChromeTraceEvent[] {
  if (milliseconds === undefined) return [];
  // Whole nanoseconds, so that the end of an event is exactly that of the last one in it.
  const begin = Math.round(start * 1e6);
  const event = (name: string, cat: string, from: number, to: number, args?: Record<string, string>) => ({
    ...{ name, cat, ph: "X" as const, ts: from / 1000, dur: (to - from) / 1000, pid: 1, tid: run },
    ...(args && { args }),
  });
  const inside: ChromeTraceEvent[] = [];
  let at = begin;
  let layer = { title: "", cat: "", from: begin, ops: [] as ChromeTraceEvent[] };
  const endLayer = () =>
    layer.ops.length > 0 && inside.push(event(layer.title, layer.cat, layer.from, at), ...layer.ops);
  ops?.names.forEach(({ owners, phases, op, kernel }, i) => {
    const [title, cat] = [owners.join(" + "), phases.join(" + ")];
    if (title !== layer.title || cat !== layer.cat) {
      endLayer();
      layer = { title, cat, from: at, ops: [] };
    }
    const end = at + Math.round(ops.nanoseconds[i]);
    layer.ops.push(event(op, cat, at, end, { layer: title, kernel }));
    at = end;
  });
  endLayer();
  return [event(name, category, begin, Math.max(at, begin + Math.round(milliseconds * 1e6))), ...inside];
}
