// What CERATOPS_DEBUG asks for: why a backend was chosen, the graphs of programs as text, and where the time of steps goes.
import { unknownIdentifier } from "../errors.ts";
import type { Graph } from "../ir/graph.ts";
import { printGraph } from "../ir/print.ts";
import type { Executable, Executor, NodeClock, NodeTime } from "./executor.ts";

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

/** The most nodes listed, and the longest text of one. */
const longestList = 20;
const widest = 100;

/** Makes an executor report about every program that it compiles from now on. */
export function debug(executor: Executor, wanted: ReadonlySet<DebugTopic>, write: (text: string) => void): void {
  if (!wanted.has("graph") && !wanted.has("profile")) return;
  let count = 0;
  const compile = executor.compile.bind(executor);
  executor.compile = async (graph) => {
    const name = `Program ${++count} on ${executor.name}`;
    if (wanted.has("graph")) write(`${name}, ${describe(graph)} as traced:\n${printGraph(graph, "  ")}`);
    const program = await compile(graph);
    if (wanted.has("graph")) {
      write(`${name}, ${describe(program.graph)} after the passes:\n${printGraph(program.graph, "  ")}`);
    }
    return wanted.has("profile") ? new Profiled(name, program, write) : program;
  };
}

const describe = ({ nodes }: Graph) => `${nodes.length} node${nodes.length === 1 ? "" : "s"}`;

/** A program that reports its node times when it is disposed of, or else when the process ends. */
class Profiled implements Executable {
  readonly #name: string;
  readonly #program: Executable;
  readonly #clock: NodeClock | undefined;
  readonly #write: (text: string) => void;
  readonly #atExit = () => this.#report();
  #milliseconds = 0;

  constructor(name: string, program: Executable, write: (text: string) => void) {
    this.#name = name;
    this.#program = program;
    this.#clock = program.clock;
    this.#write = write;
    this.#clock?.start();
    globalThis.addEventListener?.("unload", this.#atExit);
  }

  get graph(): Graph {
    return this.#program.graph;
  }

  get stats(): Executable["stats"] {
    return this.#program.stats;
  }

  async run(steps: number): Promise<void> {
    const start = performance.now();
    try {
      await this.#program.run(steps);
    } finally {
      this.#milliseconds += performance.now() - start;
    }
  }

  dispose(): void {
    globalThis.removeEventListener?.("unload", this.#atExit);
    this.#report();
    this.#program.dispose();
  }

  #report(): void {
    const { steps, calls } = this.stats;
    if (steps === 0) return;
    const head = `${this.#name}: ${steps} steps in ${calls} calls, ${format(this.#milliseconds / steps)} ms each`;
    const times = this.#clock?.take();
    this.#write(times ? [`${head}, by node:`, ...table(times, steps)].join("\n") : head);
  }
}

/** One line per node, the slowest first. */
function table(times: readonly NodeTime[], steps: number): string[] {
  const sorted = times.toSorted((a, b) => b.nanoseconds - a.nanoseconds);
  const total = sum(sorted);
  const line = (nanoseconds: number, text: string) => {
    const share = total > 0 ? 100 * nanoseconds / total : 0;
    const cut = text.length > widest ? `${text.slice(0, widest - 3)}...` : text;
    return `  ${(nanoseconds / steps / 1000).toFixed(1).padStart(9)} us ${share.toFixed(1).padStart(5)} %  ${cut}`;
  };
  const rest = sorted.slice(longestList);
  return [
    ...sorted.slice(0, longestList).map(({ op, origin, nanoseconds }) =>
      line(nanoseconds, `${op.padEnd(20)} ${origin}`)
    ),
    ...(rest.length > 0 ? [line(sum(rest), `${rest.length} more`)] : []),
  ];
}

const sum = (times: readonly NodeTime[]) => times.reduce((total, { nanoseconds }) => total + nanoseconds, 0);

const format = (milliseconds: number) => milliseconds.toPrecision(3);
