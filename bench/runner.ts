// Runs a part of the bench: its programs take turns, and what they measured is printed and summed up.
import { judge, type Judgment } from "./bars.ts";
import { inUnit, type Work } from "./history.ts";
import { median } from "./median.ts";
import { type Beside, nameOf, type Part } from "./parts.ts";
import { measure, type Measurement, type Program } from "./peers.ts";

/** What came of a part. */
export interface PartResult {
  readonly work: Work;
  readonly judgments: readonly Judgment[];
  /** The WebGPU adapter, if it ran on one. */
  readonly adapter?: string;
}

/** How a figure was obtained if not from whole epochs at the requested batch size; otherwise empty. */
function scaling({ scaled, rows, batch, warmUpEpochs }: Measurement["detail"]): string {
  if (!scaled) return "";
  const cold = warmUpEpochs === 0 ? ", no epoch before" : "";
  return `  scaled from ${rows} rows${batch === 128 ? "" : ` in batches of ${batch}`}${cold}`;
}

/** What is said of a program's ratio, and of its bars or its limit. */
function comparison(part: Part, own: number, seconds: number, bars: Beside | undefined): string {
  if (bars) {
    const [, time, memory] = bars;
    const bar = time > 0 ? `, bar ${time}x` : "";
    return `  ${(seconds / own).toFixed(2)}x${bar}${memory ? `, of memory ${memory}x` : ""}`;
  }
  return part.limit === undefined ? "" : `  bar under ${inUnit(part.limit, part.unit)}`;
}

/** Throws where a peer that was given the same model and inputs has other outputs. */
function requireSameAnswer(own: Measurement, other: Measurement): void {
  const [mine, others] = [own, other].map(({ detail }) => detail.answer as readonly number[] | undefined);
  if (!mine || !others) return;
  const largest = Math.max(...mine.map(Math.abs));
  if (mine.length === others.length && mine.every((value, i) => Math.abs(value - others[i]) < 1e-3 * largest)) return;
  throw new Error(`${other.peer} predicts ${others.join(", ")}, and ${own.peer} ${mine.join(", ")}`);
}

/** Measures a part in so many rounds without its peers or with them; undefined if the machine lacks what it needs. */
export async function runPart(part: Part, rounds: number, withPeers: boolean): Promise<PartResult | undefined> {
  const { work, title, unit, whole, limit, mayLack, own } = part;
  const peers = withPeers ? part.peers : [];
  console.log(`\n${title}`);
  const programs = [own, ...peers.map(([program]) => program)];
  const found = new Map<Program, Measurement[]>(programs.map((program) => [program, []]));
  const missing = new Map<Program, string>();
  // Programs alternate, so that a slow minute of the machine affects all of them.
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) {
      if (missing.has(program)) continue;
      const result = await measure(program, work);
      if (typeof result === "string") missing.set(program, result);
      else found.get(program)!.push(result);
    }
  }
  if (missing.has(own)) {
    if (!mayLack || !missing.get(own)!.includes("no GPU adapter")) {
      throw new Error(`${own.name} failed: ${missing.get(own)}`);
    }
    console.log(`  not run: it needs ${mayLack}`);
    return undefined;
  }
  const present = programs.filter((program) => !missing.has(program));
  for (const program of present) requireSameAnswer(found.get(own)![0], found.get(program)![0]);

  const times = (program: Program) => found.get(program)!.flatMap((m) => (whole ? [m.wall] : m.seconds));
  const memory = (program: Program) => Math.max(...found.get(program)!.map(({ detail }) => Number(detail.peakMiB)));
  const mine = median(times(own));
  for (const program of programs) {
    if (missing.has(program)) {
      console.log(`  ${program.name.padEnd(18)} not run: ${missing.get(program)}`);
      continue;
    }
    const list = times(program);
    const [least, most] = [Math.min(...list), Math.max(...list)].map((seconds) => inUnit(seconds, unit));
    const ratio = comparison(part, mine, median(list), peers.find(([peer]) => peer === program));
    const { detail } = found.get(program)![0];
    const accuracy = detail.testAccuracy;
    const correct = typeof accuracy === "number" ? `  test accuracy ${accuracy.toFixed(4)}` : "";
    const where = detail.adapter ? `  on ${detail.adapter}` : "";
    console.log(
      `  ${program.name.padEnd(18)} ${inUnit(median(list), unit)} (${least} to ${most}, ${list.length} runs)${ratio}` +
        `${correct}  peak ${memory(program)} MiB${scaling(detail)}${where}`,
    );
  }
  const result: Work = {
    name: nameOf(part),
    title,
    unit,
    figures: present.map((program) => ({
      program: program.name,
      seconds: median(times(program)),
      peakMiB: memory(program),
      version: found.get(program)![0].version,
    })),
  };
  const { adapter } = found.get(own)![0].detail;
  return {
    work: result,
    judgments: judge(result, { limit, peers: peers.map(([{ name }, time, memory = 0]) => ({ name, time, memory })) }),
    adapter: typeof adapter === "string" ? adapter : undefined,
  };
}
