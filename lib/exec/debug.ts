// What CERATOPS_DEBUG asks for: why a backend was chosen, the graphs of programs as text, and where the time of steps goes.
import { unknownIdentifier } from "../errors.ts";
import type { Graph } from "../ir/graph.ts";
import { printGraph } from "../ir/print.ts";
import type { Executable, Executor, NodeTime } from "./executor.ts";
import { OpTimes, tableOf } from "./op_times.ts";

/** What can be asked for. */
export type DebugTopic = "backend" | "graph" | "profile";

const topics: readonly DebugTopic[] = ["backend", "graph", "profile"];

/** The topics in a list such as `graph,profile`. Throws {@linkcode ValueError} for an unknown one. */
export function debugTopics(list: string): Set<DebugTopic> {
  return new Set(
    list.split(",").map((word) => word.trim()).filter((word) => word !== "").map((word) => {
      const topic = topics.find((known) => known === word);
      if (!topic) throw unknownIdentifier("CERATOPS_DEBUG", word, topics, "Cannot debug");
      return topic;
    }),
  );
}

/** Makes an executor report about every program that it compiles from now on. */
export function debug(executor: Executor, wanted: ReadonlySet<DebugTopic>, write: (text: string) => void): void {
  if (!wanted.has("graph") && !wanted.has("profile")) return;
  if (wanted.has("profile")) executor.requireClock("Cannot debug with CERATOPS_DEBUG=profile");
  let count = 0;
  const compile = executor.compile.bind(executor);
  executor.compile = async (graph, options) => {
    const name = `Program ${++count} on ${executor.name}`;
    if (wanted.has("graph")) write(`${name}, ${describe(graph)} as traced:\n${printGraph(graph, "  ")}`);
    const program = await compile(graph, options);
    if (wanted.has("graph")) {
      write(`${name}, ${describe(program.graph)} after the passes:\n${printGraph(program.graph, "  ")}`);
    }
    return wanted.has("profile") ? new Profiled(name, program, write) : program;
  };
}

const describe = ({ nodes }: Graph) => `${nodes.length} node${nodes.length === 1 ? "" : "s"}`;

/** A program that is measured, and reports where its time went when it is disposed of, or else when the process ends. */
class Profiled implements Executable {
  readonly #name: string;
  readonly #program: Executable;
  readonly #write: (text: string) => void;
  readonly #times = new OpTimes();
  readonly #atExit = () => this.#report();
  #milliseconds = 0;

  constructor(name: string, program: Executable, write: (text: string) => void) {
    this.#name = name;
    this.#program = program;
    this.#write = write;
    globalThis.addEventListener?.("unload", this.#atExit);
  }

  get graph(): Graph {
    return this.#program.graph;
  }

  get stats(): Executable["stats"] {
    return this.#program.stats;
  }

  async run(steps: number): Promise<void> {
    await this.measure(steps);
  }

  async measure(steps: number): Promise<readonly NodeTime[]> {
    const start = performance.now();
    const times = await this.#program.measure(steps);
    this.#milliseconds += performance.now() - start;
    this.#times.add(times, steps);
    return times;
  }

  dispose(): void {
    globalThis.removeEventListener?.("unload", this.#atExit);
    this.#report();
    this.#program.dispose();
  }

  #report(): void {
    const { steps } = this.#times;
    if (steps === 0) return;
    const each = (this.#milliseconds / steps).toPrecision(3);
    const head = `${this.#name}: ${steps} steps in ${this.stats.calls} calls, ${each} ms each, by layer and op:`;
    this.#write([head, ...tableOf(this.#times).map((line) => `  ${line}`)].join("\n"));
  }
}
