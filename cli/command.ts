// What the commands share: their session, options, and how options are read.
import { type BackendChoice, setBackend, ValueError } from "../mod.ts";
import { type Command, InvalidArgumentError, Option } from "./deps.ts";
import type { Streams } from "./streams.ts";

/** The run of a command. */
export interface Session {
  /** Where it writes. */
  readonly streams: Streams;
  /** Takes its exit code. */
  end(code: number): void;
}

/** Options of every command. */
export interface SharedOptions {
  /** Whether results are written as JSON. */
  readonly json?: boolean;
  /** Whether errors are shown with their stack. */
  readonly trace?: boolean;
}

/** Options of the commands that run models. */
export interface RunOptions extends SharedOptions {
  readonly backend?: BackendChoice;
  readonly batch?: number;
}

/** The backends by name. */
export const backends: readonly BackendChoice[] = ["auto", "webgpu", "eigen", "wasm", "reference"];

/** Adds the options of every command, and examples to its help. */
export function withShared(command: Command, examples: readonly string[]): Command {
  return command
    .option("--json", "write the result as JSON")
    .option("--trace", "show where an error comes from")
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ceratops ${line}`).join("\n")}`);
}

/** Adds the options of the commands that run a model. */
export function withRun(command: Command): Command {
  return command
    .addOption(
      new Option("--backend <name>", "where the model runs; the best one that can be had by default").choices(backends),
    )
    .option("--batch <n>", "how many samples run at once", countOf, 32);
}

/** A whole number of at least 1. */
export function countOf(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}

/** A number of at least 0. */
export function amountOf(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}

/** Several values, with commas between them. */
export function listOf<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map((item) => read(item.trim()));
}

/** The name of a backend. */
export function backendOf(text: string): BackendChoice {
  const found = backends.find((name) => name === text);
  if (found) return found;
  throw new InvalidArgumentError(`Allowed choices are ${backends.join(", ")}.`);
}

/** Chooses the backend, if one is named. */
export async function chooseBackend({ backend }: RunOptions): Promise<void> {
  if (backend) await setBackend(backend);
}

/** The ending of a path among the given ones, such as `.weights.h5`. Throws {@linkcode ValueError} for another. */
export function endingOf<E extends string>(path: string, endings: readonly E[], what: string): E {
  const found = endings.find((ending) => path.toLowerCase().endsWith(ending));
  if (found) return found;
  throw new ValueError({
    what,
    rule: `the name must end in ${new Intl.ListFormat("en", { type: "disjunction" }).format(endings)}`,
    received: `"${path}"`,
    hint: "its ending says its format",
  });
}
