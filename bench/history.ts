// The benchmark history: docs/benchmarks.json, and the tables made from it in docs/benchmarks.md and README.md.

/** The time of one program for a work. */
interface Figure {
  readonly program: string;
  /** The median of all rounds. */
  readonly seconds: number;
  /** The peak memory of its processes. */
  readonly peakMiB?: number;
  /** The version that the program reports, if it does. */
  readonly version?: string;
}

/** What times of a work are shown in. */
export type Unit = "s" | "ms" | "us";

/** A work, with Ceratops's own figure first. */
export interface Work {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly figures: readonly Figure[];
}

/** One run of the benchmark on one machine. */
export interface Run {
  /** A date such as `2026-11-28`. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /** The WebGPU adapter. */
  readonly adapter?: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly works: readonly Work[];
}

const scales: Readonly<Record<Unit, number>> = { s: 1, ms: 1e3, us: 1e6 };
const [begin, end] = ["<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"];

/** How many times Ceratops's time, or its peak memory, a peer takes for a work: above 1, Ceratops is better. */
interface Ratio {
  readonly peer: string;
  readonly of: "time" | "memory";
  readonly ratio: number;
}

/** The ratios of a work: of times, and of memory where both are known. */
export function ratiosOf({ figures: [own, ...peers] }: Work): Ratio[] {
  return peers.flatMap(({ program: peer, seconds, peakMiB }): Ratio[] => [
    { peer, of: "time", ratio: seconds / own.seconds },
    ...(peakMiB && own.peakMiB ? [{ peer, of: "memory", ratio: peakMiB / own.peakMiB } as const] : []),
  ]);
}

/** A ratio that is lower than it was. */
interface Fall extends Ratio {
  readonly work: string;
  /** The ratio before. */
  readonly before: number;
}

/** By what share of itself a ratio may fall before it is named. */
const tolerance = 0.15;

/** The ratios that fell by more than 15 % since an earlier run; those that only one of both has are not compared. */
export function fallsSince(earlier: readonly Work[], now: readonly Work[]): Fall[] {
  return now.flatMap((work) => {
    const was = earlier.find(({ name }) => name === work.name);
    const old = was ? ratiosOf(was) : [];
    return ratiosOf(work).flatMap((ratio): Fall[] => {
      const before = old.find(({ peer, of }) => peer === ratio.peer && of === ratio.of)?.ratio;
      return before !== undefined && ratio.ratio < before * (1 - tolerance)
        ? [{ ...ratio, work: work.name, before }]
        : [];
    });
  });
}

/** A fall in a line. */
export function describeFall({ work, peer, of, before, ratio }: Fall): string {
  const percent = (100 * (1 - ratio / before)).toFixed(0);
  return `${work}, ${of} beside ${peer}: ${rounded(before, 3)}x before, ${rounded(ratio, 3)}x now, ${percent} % less`;
}

/** The run that new ratios are compared with: the last one on this processor; if there is none, the last one of all. */
export function lastOn(cpu: string, runs: readonly Run[]): Run | undefined {
  return runs.findLast((run) => run.cpu === cpu) ?? runs.at(-1);
}

/** The processor's name. */
export async function processor(): Promise<string> {
  const [command, ...args] = Deno.build.os === "darwin"
    ? ["sysctl", "-n", "machdep.cpu.brand_string"]
    : ["cat", "/proc/cpuinfo"];
  const { stdout } = await new Deno.Command(command, { args, stdout: "piped", stderr: "null" }).output();
  const text = new TextDecoder().decode(stdout);
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? (text.trim().split("\n")[0] || "unknown");
}

/** A number to so many digits, never with an exponent. */
const rounded = (value: number, digits: number) =>
  value.toLocaleString("en", { minimumSignificantDigits: digits, maximumSignificantDigits: digits });
/** Seconds in a unit, to three digits. */
export const inUnit = (seconds: number, unit: Unit): string => `${rounded(seconds * scales[unit], 3)} ${unit}`;

/** The figures of a run as a table: Ceratops's time, and the time of each peer with its ratio to that. */
export function table({ works }: Run): string {
  const line = ({ title, unit, figures: [own, ...peers] }: Work) => {
    const others = peers.map(({ program, seconds }) =>
      `${program} ${inUnit(seconds, unit)} (${rounded(seconds / own.seconds, 2)}x)`
    );
    return `| ${title} | ${own.program.replace("ceratops-", "")} | ${inUnit(own.seconds, unit)} | ${
      others.join(", ")
    } |`;
  };
  return ["| work | backend | Ceratops | peers |", "| --- | --- | --- | --- |", ...works.map(line)].join("\n");
}

/** Where and when a run took place. */
export function describe({ date, cpu, cores, adapter, versions }: Run): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return `${date}, ${cores} cores of ${cpu}${adapter ? `, WebGPU on ${adapter}` : ""}; ${named}`;
}

/** The page of all runs, newest first. */
export function page(runs: readonly Run[]): string {
  const sections = runs.toReversed().map((run) => `## ${describe(run)}\n\n${table(run)}\n`);
  return `# Benchmarks

Written by \`deno task bench --record\` from benchmarks.json: one section for each run. Within a run programs take turns on
one machine, and times are medians; a ratio above 1 means that Ceratops is faster. Times of different sections are not to
be compared: machines differ.

${sections.join("\n")}`;
}

/** A text with the newest run between its marks. */
export function withNewest(text: string, run: Run): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`There must be a line "${begin}" and a line "${end}"`);
  return `${text.slice(0, from)}${begin}\n\n${describe(run)}:\n\n${table(run)}\n\n${text.slice(to)}`;
}

const at = (path: string) => new URL(path, import.meta.url);
const history = at("../docs/benchmarks.json");

/** All runs recorded so far, oldest first. */
export async function recorded(): Promise<Run[]> {
  return JSON.parse(await Deno.readTextFile(history));
}

/** Appends a run to the history, and updates the pages made from it. */
export async function record(run: Run): Promise<void> {
  const runs = [...await recorded(), run];
  await Deno.writeTextFile(history, JSON.stringify(runs, null, 2) + "\n");
  await Deno.writeTextFile(at("../docs/benchmarks.md"), page(runs));
  const readme = at("../README.md");
  await Deno.writeTextFile(readme, withNewest(await Deno.readTextFile(readme), run));
  const files = ["docs/benchmarks.json", "docs/benchmarks.md", "README.md"];
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", ...files], cwd: at("../").pathname }).output();
}
