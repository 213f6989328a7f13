// The reference executor: interprets the traced graph in float64. It is the oracle of the tests, not for users.
import { makeArray, type TypedArray, withHostMemory } from "../../dtype.ts";
import type { Graph, ValueId } from "../../ir/graph.ts";
import { interpret } from "../../ir/interpret.ts";
import type { RefArray } from "../../ir/op_def.ts";
import "../../ops/defs/table.ts";
import { removeDeadCode } from "../../passes/rewrite.ts";
import type { Variable } from "../../tensor/variable.ts";
import { Held } from "../../held.ts";
import { flopsOf } from "../flops.ts";
import { type Executable, type Executor, type MemoryUse, type NodeTime, variablesOf } from "../executor.ts";

/** Runs programs in float64, node by node, with the reference function of each op. */
export class ReferenceExecutor implements Executor {
  /** The backend's name. */
  readonly name = "reference";
  /** One line about what it runs on. */
  readonly description = "float64 in TypeScript, for checking other backends; slow";
  /** What computes. */
  readonly build = "TypeScript";
  readonly #values = new Held<Variable, Float64Array>(() => {});

  /** What it currently holds, in the host's memory; programs hold nothing. */
  get memory(): MemoryUse {
    return { variables: this.#values.size, programs: 0, bytes: 0 };
  }

  /** Takes over variables; their values are kept in float64. */
  async attach(variables: readonly Variable[]): Promise<void> {
    for (const variable of variables) {
      if (variable.device !== this) await variable.transferTo(this);
    }
  }

  /** The variable's elements rounded to its dtype. */
  read(variable: Variable): Promise<TypedArray> {
    return Promise.resolve(makeArray(variable.dtype, this.#values.get(variable)!));
  }

  /** Does nothing: this memory cannot be lost before the host's own. */
  syncToHost(): Promise<void> {
    return Promise.resolve();
  }

  /** Replaces the variable's elements. */
  write(variable: Variable, data: TypedArray): void {
    this.#values.set(variable, withHostMemory(data.length * 8, () => Float64Array.from(data)));
  }

  /** Forgets the variable. */
  release(variable: Variable): void {
    this.#values.delete(variable);
  }

  /** Does nothing: the nodes are run one by one. */
  requireClock(): void {}

  /** Makes a program that interprets `graph`. */
  async compile(graph: Graph): Promise<Executable> {
    const live: Graph = { ...graph, nodes: [...graph.nodes] };
    removeDeadCode(live);
    const variables = variablesOf(live);
    await this.attach(variables);
    const stats = { nodes: live.nodes.length, slots: 0, slotBytes: 0, calls: 0, steps: 0 };
    const step = (ran?: (index: number) => void) => {
      const values = new Map<ValueId, RefArray>();
      live.state.forEach(({ input }, i) => {
        values.set(input, { ...live.types[input], data: this.#values.get(variables[i])! });
      });
      interpret(live, values, ran);
      live.state.forEach(({ output }, i) => this.#values.set(variables[i], values.get(output)!.data));
    };
    const run = (steps: number, ran?: (index: number) => void) => {
      for (let i = 0; i < steps; i++) step(ran);
      stats.calls++;
      stats.steps += steps;
      return Promise.resolve();
    };
    return {
      graph: live,
      stats,
      run: (steps) => run(steps),
      async measure(steps): Promise<NodeTime[]> {
        const milliseconds = new Float64Array(live.nodes.length);
        let before = performance.now();
        await run(steps, (index) => {
          const now = performance.now();
          milliseconds[index] += now - before;
          before = now;
        });
        return live.nodes.map((node, i) => {
          const { origin, op } = node;
          return { origin, op, nanoseconds: milliseconds[i] * 1e6, flops: flopsOf(live, node) };
        });
      },
      dispose: () => {},
    };
  }

  /** Moves all variables to the host. */
  async dispose(): Promise<void> {
    for (const variable of this.#values.keys()) await variable.transferTo(undefined);
  }
}
