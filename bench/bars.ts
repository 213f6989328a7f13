// The bars: what was measured beside what it must reach.
import { inUnit, ratiosOf, type Work } from "./history.ts";

/** What a work must reach. */
interface Bars {
  /** The limit for Ceratops's own time, in seconds. */
  readonly limit?: number;
  /** For each peer how many times Ceratops's time it must take at least, and how many times its memory. */
  readonly peers: readonly { readonly name: string; readonly time: number; readonly memory: number }[];
}

/** A bar, and whether it was met. */
export interface Judgment {
  readonly work: string;
  /** The peer, or what is limited. */
  readonly peer: string;
  readonly measured: string;
  readonly bar: string;
  readonly met: boolean;
}

const times = (ratio: number) => `${ratio.toFixed(2)}x`;

/** The bars of a work, with what was measured; those of peers that did not run are left out. */
export function judge(work: Work, { limit, peers }: Bars): Judgment[] {
  const ratios = ratiosOf(work).flatMap(({ peer, of, ratio }) => {
    const bar = peers.find(({ name }) => name === peer)?.[of] ?? 0;
    const what = of === "time" ? peer : `${peer}, ${of}`;
    return bar === 0
      ? []
      : [{ work: work.name, peer: what, measured: times(ratio), bar: times(bar), met: ratio >= bar }];
  });
  if (limit === undefined) return ratios;
  const { seconds } = work.figures[0];
  const own = {
    work: work.name,
    peer: "limit",
    measured: inUnit(seconds, work.unit),
    bar: `under ${inUnit(limit, work.unit)}`,
    met: seconds < limit,
  };
  return [own, ...ratios];
}

/** A table of bars in text; empty if there are none. */
export function barsTable(judgments: readonly Judgment[]): string {
  if (judgments.length === 0) return "";
  const rows = [
    ["work", "peer", "measured", "bar", ""],
    ...judgments.map(({ work, peer, measured, bar, met }) => [work, peer, measured, bar, met ? "met" : "missed"]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}
