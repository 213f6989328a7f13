// Hostile arguments: every call of what mod.ts exports, with values that nobody should give, must end in a value or a
// CeratopsError, soon and without much memory. `deno task attack` makes 100,000 calls in processes of their own.
import { readFileSync } from "node:fs";
import process from "node:process";
import { CeratopsError, SymbolicTensor, Tensor, Value } from "../../mod.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { useBackend } from "../backends.ts";
import { numbersFrom } from "../saving/config_mutations.ts";
import { type Target, targets } from "./targets.ts";
import { type Described, type Mode, optionNames, strangeCount, strangeValue, suiting } from "./values.ts";

/** How a call ended. */
type Outcome = "value" | "refused" | "raw" | "slow" | "large" | "malformed";

/** How each outcome is noted. */
const letterOf: Record<Outcome, string> = {
  value: "v",
  refused: "e",
  raw: "r",
  slow: "s",
  large: "l",
  malformed: "m",
};

/** What came of a call. */
interface Ended {
  readonly target: string;
  readonly args: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  readonly error?: unknown;
}

/** Processor time and memory in one piece that a call may take, and the seconds after which it counts as hung. */
const limits = { milliseconds: 1000, bytes: 500e6, hungSeconds: 12, waitingSeconds: 300 };

/** The seconds of processor time that a process has spent; those of the clock where the system does not say. */
function processorTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    // Counted in hundredths.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return performance.now() / 1000;
  }
}

/** The largest memory that the process had since it was last asked, in bytes; 0 where the system does not say. */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return 0;
  }
}

function forgetPeak(): void {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Other systems have no such file, and no peak either.
  }
}

/**
 * Whether what a call gave is what it says it is, as far as that can be seen: a list of the caller's own may come back, as
 * deep as it was.
 */
function isWellFormed(made: unknown, depth = 0): boolean {
  if (Array.isArray(made)) return depth > 8 || made.slice(0, 4).every((item) => isWellFormed(item, depth + 1));
  if (made instanceof Tensor) {
    return made.shape.every((n) => Number.isInteger(n) && n >= 0) &&
      made.shape.reduce((a, b) => a * b, 1) === made.data.length;
  }
  if (made instanceof Value) return made.shape.every((n) => Number.isInteger(n) && n >= 0);
  if (made instanceof SymbolicTensor) return made.shape.every((n) => n === null || (Number.isInteger(n) && n >= 0));
  return true;
}

/** Whether it is the only error of another class that is documented: that of a `validationSplit` outside of [0, 1). */
const isDocumented = (thrown: unknown) =>
  thrown instanceof RangeError && thrown.message.includes(": validationSplit must");

/** The arguments of a call: some strange, the others such as suit. */
function argumentsFor(target: Target, random: () => number, suits: (name: string) => Described): Described[] {
  const strange = () => strangeValue(Math.floor(random() * strangeCount));
  const { parameters, options } = target;
  const more = target.open ? Math.floor(random() * 3) : random() < 0.1 ? 1 : 0;
  const names = [...parameters, ...new Array<string>(more).fill("more")];
  const args = names.map((name) => suits(name));
  const oddOption = (known: readonly string[]): Described => {
    const name = known[Math.floor(random() * known.length)];
    const { text, value } = strange();
    return { text: `{ ${name}: ${text} }`, value: { [name]: value } };
  };
  if (options) {
    // Of a constructor: a position, what stands in place of the options, or one of them.
    const odd = random();
    if (args.length > 0 && odd < 0.4) args[Math.floor(random() * args.length)] = strange();
    else if (odd > 0.8) args.push(strange());
    else if (options.length > 0) args.push(oddOption(options));
    return args;
  }
  if (args.length === 0) return args;
  const last = args.length - 1;
  const byName = parameters.at(-1) && /options|context|config/.test(parameters.at(-1)!);
  if ((byName || target.open) && random() < 0.4) args[last] = oddOption(optionNames);
  else {
    for (let count = random() < 0.8 ? 1 : 2; count > 0; count--) args[Math.floor(random() * args.length)] = strange();
  }
  return random() < 0.1 ? args.slice(0, last) : args;
}

/** What call number `index` is. */
export function callOf(index: number): { target: Target; args: Described[]; mode: Mode; trace: Trace } {
  const random = numbersFrom(index + 1);
  const target = targets[index % targets.length];
  const mode = (["eager", "traced", "symbolic"] as const)[Math.floor(random() * 3)];
  const trace = new Trace();
  return { target, args: argumentsFor(target, random, suiting(random, mode, trace)), mode, trace };
}

/** Makes call number `index`. */
export async function makeCall(index: number): Promise<Ended> {
  const { target, args, mode, trace } = callOf(index);
  const described = { target: target.name, args: args.map(({ text }) => text).join(", "), mode };
  forgetPeak();
  const before = peakMemory();
  const begun = process.cpuUsage();
  let outcome: Outcome = "value";
  let error: unknown;
  try {
    const values = args.map(({ value }) => value);
    const made = mode === "traced" ? withContext(recording(trace), () => target.call(values)) : target.call(values);
    if (!isWellFormed(await made)) outcome = "malformed";
  } catch (thrown) {
    error = thrown;
    outcome = thrown instanceof CeratopsError || isDocumented(thrown) ? "refused" : "raw";
  }
  const { user, system } = process.cpuUsage(begun);
  if (outcome !== "raw" && (user + system) / 1000 > limits.milliseconds) {
    outcome = "slow";
    error = `${Math.round((user + system) / 1000)} ms, ${error}`;
  } else if (outcome !== "raw" && peakMemory() - before > limits.bytes) {
    outcome = "large";
    error = `${Math.round((peakMemory() - before) / 2 ** 20)} MiB, ${error}`;
  }
  return { ...described, outcome, error };
}

/** A line for what did not end well, with the place where it failed. */
function report(index: number, { target, args, mode, outcome, error }: Ended): string {
  const stack = (error as Error | undefined)?.stack?.split("\n") ?? [];
  const frame =
    stack.find((line) => line.includes("/lib/"))?.trim().replace(/^at\s+/, "").replace(/\(?file:.*\/lib\//, "(lib/") ??
      "";
  return JSON.stringify({ index, target, args, mode, outcome, error: String(error).slice(0, 160), frame });
}

/** Makes the calls of a slice, and says after each where it stands. */
async function runSlice(from: number, to: number, folder: string): Promise<void> {
  Deno.chdir(folder);
  for (const name of ["log", "warn", "info", "error"] as const) console[name] = () => {};
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  await useBackend("eigen");
  const progress = Deno.openSync("progress", { write: true, create: true });
  const found = Deno.openSync("found", { append: true, create: true });
  const counts = Deno.openSync("counts", { append: true, create: true });
  const encode = (text: string) => new TextEncoder().encode(text);
  for (let index = from; index < to; index++) {
    progress.seekSync(0, Deno.SeekMode.Start);
    progress.writeSync(encode(String(index).padEnd(12)));
    const ended = await makeCall(index);
    counts.writeSync(encode(letterOf[ended.outcome]));
    if (ended.outcome !== "value" && ended.outcome !== "refused") found.writeSync(encode(report(index, ended) + "\n"));
  }
  Deno.exit(0);
}

interface Found {
  index: number;
  target: string;
  args: string;
  outcome: string;
  error: string;
  frame: string;
}

/** Runs slices one after the other, each in a process of its own: one that hangs is ended, and the call noted. */
async function runAll(from: number, to: number, size: number): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "ceratops-attack-" });
  const hung: Found[] = [];
  let next = from;
  let end = 0;
  while (next < to) {
    end = Math.min(to, next + size);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--deny-net", "--quiet", import.meta.filename!, "slice", `${next}`, `${end}`, folder],
      // Where calls that write files by relative names leave them.
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).spawn();
    let last = "";
    let [quiet, spent] = [0, 0];
    let at = next;
    const watch = setInterval(() => {
      let now = last;
      try {
        now = Deno.readTextFileSync(`${folder}/progress`).trim();
        at = Number(now);
      } catch {
        // It has not begun yet.
      }
      const used = processorTime(child.pid);
      if (now !== last) [quiet, spent] = [0, used];
      last = now;
      // On a busy machine a process may wait for long, and then spends nothing.
      if (used - spent > limits.hungSeconds || ++quiet > limits.waitingSeconds) child.kill("SIGKILL");
    }, 1000);
    const { code } = await child.status;
    clearInterval(watch);
    try {
      at = Math.max(next, Number(Deno.readTextFileSync(`${folder}/progress`).trim()));
    } catch {
      at = next;
    }
    if (code === 0) next = end;
    else {
      const { target, args } = callOf(at);
      const shown = args.map(({ text }) => text).join(", ");
      hung.push({
        index: at,
        target: target.name,
        args: shown,
        outcome: "hung",
        error: `ended with ${code}`,
        frame: "",
      });
      next = at + 1;
    }
  }
  const read = (name: string) => {
    try {
      return Deno.readTextFileSync(`${folder}/${name}`);
    } catch {
      return "";
    }
  };
  const letters = read("counts");
  const list = [
    ...read("found").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Found),
    ...hung,
  ];
  Deno.removeSync(folder, { recursive: true });
  const kinds = new Map<string, Found[]>();
  for (const found of list) {
    const kind = `${found.outcome} ${found.error.slice(0, 90)} ${found.frame.replace(/:\d+\)?$/, "")}`;
    kinds.set(kind, [...kinds.get(kind) ?? [], found]);
  }
  for (const [kind, all] of [...kinds].sort((a, b) => b[1].length - a[1].length)) {
    console.log(`${all.length} x ${kind}`);
    for (const { index, target, args } of all.slice(0, 3)) {
      console.log(`      ${index}: ${target}(${args.slice(0, 150)})`);
    }
  }
  const count = (outcome: Outcome) => letters.split(letterOf[outcome]).length - 1;
  console.log(
    `${to - from} calls of ${targets.length} targets: ${count("value")} gave a value, ${
      count("refused")
    } were refused, ` +
      `${count("raw")} ended raw, ${count("slow")} slow, ${count("large")} large, ` +
      `${count("malformed")} malformed, ${hung.length} hung`,
  );
  if (list.length > 0) Deno.exit(1);
}

if (import.meta.main) {
  const [mode, ...rest] = Deno.args;
  if (mode === "slice") await runSlice(Number(rest[0]), Number(rest[1]), rest[2]);
  else if (mode === "call") console.log(await (useBackend("eigen").then(() => makeCall(Number(rest[0])))));
  else await runAll(Number(mode ?? 0), Number(rest[0] ?? 100_000), 2_000);
}
