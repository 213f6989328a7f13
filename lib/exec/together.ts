// Programs that several processes run together, each with some rows of the batch.
import type { Communicator } from "../communicator.ts";
import type { Graph, Node, StateLink, ValueId } from "../ir/graph.ts";
import { isConstant } from "../ir/op_def.ts";
import { warn } from "../terminal/terminal.ts";
import { divide, ownRows } from "../passes/divide.ts";
import { Variable } from "../tensor/variable.ts";
import type { Executable, ExecutableStats, Executor, ExecutorCompileOptions, NodeTime } from "./executor.ts";

/** The values of a program that hold the rows of a batch, along axis 0. */
export interface BatchValues {
  readonly ids: readonly ValueId[];
  /** How many rows they have. */
  readonly rows: number;
}

/** Options of {@linkcode compileTogether}. */
interface TogetherOptions extends ExecutorCompileOptions {
  /** The processes that run the program with this one, if any. */
  readonly others: Communicator | undefined;
}

/**
 * Compiles this process's part of a program. A batch of fewer rows than there are processes is computed by each of them,
 * which is as good; without others, all is computed here.
 */
export async function compileTogether(
  executor: Executor,
  graph: Graph,
  { ids, rows }: BatchValues,
  { others, ...options }: TogetherOptions,
): Promise<Executable> {
  const own = others && ownRows(rows, others.rank, others.size);
  if (!own) return await executor.compile(graph, options);
  const part = divide(graph, new Set(ids), own);
  return executor.reducesBy?.(others.reducer)
    ? await executor.compile(part, options)
    : await compileParts(executor, part, { others, ...options });
}

/** Whether a node adds up over the processes. */
function addsUp({ op, attrs }: Node): boolean {
  return op === "allReduce" || ("each" in attrs && attrs.each.op === "allReduce");
}

/**
 * A program for an executor that cannot add up over processes: cut where it must, into programs that hand each other
 * their values in variables. What is added up goes through the host.
 */
async function compileParts(
  executor: Executor,
  graph: Graph,
  { others, ...options }: TogetherOptions & { readonly others: Communicator },
): Promise<Executable> {
  const cut = new Cut(graph);
  const programs: Executable[] = [];
  for (let stage = 0; stage <= cut.last; stage++) programs.push(await executor.compile(cut.program(stage), options));
  const sum = (count: (stats: ExecutableStats) => number) =>
    programs.reduce((total, { stats }) => total + count(stats), 0);
  const stats: ExecutableStats = {
    nodes: sum(({ nodes }) => nodes),
    slots: sum(({ slots }) => slots),
    slotBytes: sum(({ slotBytes }) => slotBytes),
    calls: 0,
    steps: 0,
  };
  /** Runs steps, each part by `runPart`. */
  const runParts = async (steps: number, runPart: (program: Executable, stage: number) => Promise<void>) => {
    for (let step = 0; step < steps; step++) {
      const start = performance.now();
      let adding = 0;
      for (const [stage, program] of programs.entries()) {
        await runPart(program, stage);
        const begin = performance.now();
        for (const variables of cut.sums(stage)) await addUp(executor, variables, others);
        adding += performance.now() - begin;
      }
      if (executor.name === "webgpu" && stats.steps + step === measured) tellCosts(performance.now() - start, adding);
    }
    stats.calls += steps * programs.length;
    stats.steps += steps;
  };
  return {
    graph,
    stats,
    run: (steps) => runParts(steps, (program) => program.run(1)),
    async measure(steps) {
      const times: NodeTime[][] = programs.map(() => []);
      await runParts(steps, async (program, stage) => {
        const found = await program.measure(1);
        times[stage] = found.map((time, i) => ({
          ...time,
          nanoseconds: time.nanoseconds + (times[stage][i]?.nanoseconds ?? 0),
        }));
      });
      return times.flat();
    },
    dispose() {
      for (const program of programs) program.dispose();
    },
  };
}

/** The step that is measured: pipelines are made in the first ones. */
const measured = 2;
let told = false;

/** Tells once what it costs that gradients leave the GPU. */
function tellCosts(milliseconds: number, adding: number): void {
  if (told) return;
  told = true;
  warn(
    `On webgpu sums over processes go through the host: ${adding.toFixed(1)} of a step's ${
      milliseconds.toFixed(1)
    } ms. ` +
      "Larger batches need fewer of them",
  );
}

/** Adds up variables of one dtype over the processes, as one message. */
async function addUp(executor: Executor, variables: readonly Variable[], others: Communicator): Promise<void> {
  const values = await Promise.all(variables.map((variable) => executor.read(variable)));
  const size = values.reduce((total, { length }) => total + length, 0);
  const all = variables[0].dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
  let at = 0;
  for (const value of values) {
    all.set(value, at);
    at += value.length;
  }
  await others.reduce(all);
  at = 0;
  for (const [i, variable] of variables.entries()) {
    const { length } = values[i];
    executor.write(variable, all.slice(at, at + length));
    at += length;
  }
}

/** A graph by stages: a value that depends on sums over the processes is of a later stage than they. */
class Cut {
  /** The last stage. */
  readonly last: number;
  readonly #graph: Graph;
  readonly #stages = new Map<ValueId, number>();
  readonly #makers = new Map<ValueId, Node>();
  /** The variables of values that a later stage reads; a value to add up and its sum share one. */
  readonly #handed = new Map<ValueId, Variable>();
  readonly #sums: Variable[][][] = [];
  /** The variables' values before the program. */
  readonly #initial: ReadonlyMap<ValueId, StateLink>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#initial = new Map(graph.state.map((link) => [link.input, link]));
    for (const node of graph.nodes) {
      const stage = Math.max(0, ...node.inputs.map((id) => this.#stages.get(id) ?? 0));
      for (const id of node.outputs) {
        this.#makers.set(id, node);
        this.#stages.set(id, addsUp(node) ? stage + 1 : stage);
      }
      if (addsUp(node)) this.#add(node, stage);
    }
    this.last = Math.max(0, ...this.#stages.values());
    for (const node of graph.nodes) {
      for (const id of node.inputs) this.#need(id, this.#stageOf(node));
    }
    // Variables change with the last stage, since earlier ones may read what they were before.
    for (const { output } of graph.state) this.#need(output, this.last);
  }

  /** The variables to add up after a stage, in messages. */
  sums(stage: number): readonly (readonly Variable[])[] {
    return this.#sums[stage] ?? [];
  }

  /** The program of a stage. */
  program(stage: number): Graph {
    const { types, nodes, state } = this.#graph;
    const links = new Map<ValueId, StateLink>();
    const read = (id: ValueId) => {
      const found = this.#initial.get(id);
      const maker = this.#makers.get(id);
      const isEarlier = maker && (addsUp(maker) || this.#stages.get(id)! < stage);
      const variable = found?.variable ?? (isEarlier ? this.#handed.get(id) : undefined);
      if (variable && !links.has(id)) links.set(id, { variable, input: id, output: id });
    };
    const own: Node[] = [];
    for (const node of nodes) {
      if (!isConstant(node) && (addsUp(node) || this.#stageOf(node) !== stage)) continue;
      own.push(node);
      node.inputs.forEach(read);
    }
    const all = [...types];
    for (const [id, variable] of this.#handed) {
      const maker = this.#makers.get(id);
      if (!maker || addsUp(maker) || this.#stages.get(id) !== stage) continue;
      links.set(all.length, { variable, input: all.push(types[id]) - 1, output: id });
    }
    if (stage === this.last) {
      for (const { variable, input, output } of state) {
        if (input === output) continue;
        read(output);
        links.set(input, { variable, input, output });
      }
    }
    return { types: all, inputs: [], nodes: own, outputs: [], state: [...links.values()] };
  }

  #stageOf(node: Node): number {
    const stage = this.#stages.get(node.outputs[0])!;
    return addsUp(node) ? stage - 1 : stage;
  }

  /** Values to add up, in place, after a stage. */
  #add({ inputs, outputs }: Node, stage: number): void {
    const variables = inputs.map((id, i) => {
      const variable = this.#variable(id);
      this.#handed.set(id, variable).set(outputs[i], variable);
      return variable;
    });
    (this.#sums[stage] ??= []).push(variables);
  }

  /** Keeps a value for a later stage. */
  #need(id: ValueId, stage: number): void {
    const maker = this.#makers.get(id);
    if (!maker || isConstant(maker) || this.#stages.get(id)! >= stage || this.#handed.has(id)) return;
    this.#handed.set(id, this.#variable(id));
  }

  #variable(id: ValueId): Variable {
    return Variable.zeros(this.#graph.types[id].shape, {
      dtype: this.#graph.types[id].dtype,
      name: `handed/${id}`,
      trainable: false,
    });
  }
}
