// The step: traces training, evaluation or prediction of one batch into one graph whose only world is variables.
import type { DType } from "../dtype.ts";
import { describe, ValueError, withErrorContext } from "../errors.ts";
import { Value } from "../ir/value.ts";
import type { Graph } from "../ir/graph.ts";
import { recording, Trace } from "../ir/trace.ts";
import { calling } from "../layers/call_state.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { add, cast, dynamicSlice, dynamicUpdateSlice, gather, reshape, slice } from "../ops/primitives.ts";
import { RandomContext, withRandomContext } from "../random_stream.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { flatten, packLike, type Structure } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { DeviceDataset } from "./data.ts";
import { zerosVariable } from "./data.ts";
import { maxSteps } from "./steps_per_call.ts";
import type { AnyStepData, StepLogs, TrainableModel } from "./trainable.ts";

/** What a program does with a batch. */
export type Mode = "train" | "test" | "predict";

/** How a program finds its batch: by the epoch's row order, as rows one after another, or as all there is. */
export type Feed =
  | { readonly kind: "ordered"; readonly batch: number; readonly order: Variable }
  | { readonly kind: "sliced"; readonly batch: number }
  | { readonly kind: "whole" };

/** The state that the steps of a model share besides its weights, slots and metrics. */
export class StepState {
  /** `[first row of the batch, row of the table]`, int32; moved on by each step. */
  readonly counters: Variable = zerosVariable([2], "int32", "counters");
  /** `[seed, step]`, int32; moved on by each step that draws. */
  readonly random: Variable = zerosVariable([2], "int32", "random");
  #table: Variable | undefined;

  /** The optimizer's numbers for the next steps, a row for each. */
  tableFor(optimizer: Optimizer): Variable {
    const width = optimizer.scalarCount;
    if (this.#table?.shape[1] !== width) this.#table = zerosVariable([maxSteps, width], "float32", "step scalars");
    return this.#table!;
  }
}

/** A traced step. */
export interface TracedStep {
  /** The graph. */
  readonly graph: Graph;
  /** The logs that the model's own step returned, each held in a variable. */
  readonly logs: ReadonlyMap<string, Variable>;
  /** The outputs for all rows, where the program predicts. */
  readonly output: Predicted | undefined;
}

/** The outputs for all rows. */
export interface Predicted {
  /** Something built as the outputs are. */
  readonly like: Structure<unknown>;
  /** The outputs, in the order in which structures are flattened. */
  readonly variables: readonly Variable[];
}

/** Traces one step of `model`. */
export function traceStep(
  model: TrainableModel,
  mode: Mode,
  feed: Feed,
  data: DeviceDataset,
  state: StepState,
): TracedStep {
  const trace = new Trace();
  const logs = new Map<string, Variable>();
  let output: Predicted | undefined;
  const random = new RandomContext(state.random);
  const place = `the ${
    mode === "train" ? "training" : mode === "test" ? "evaluation" : "prediction"
  } of "${model.name}"`;
  recording(trace, () =>
    withErrorContext(place, () =>
      withRandomContext(random, () => {
        const batch = batchOf(model, feed, data, state);
        const returned = calling({ training: mode === "train", losses: [] }, (): StepLogs | void => {
          if (mode === "test") return model.testStep(batch);
          if (mode === "predict") {
            output = writeOutput(model.predictStep(batch), feed, data, state);
            return;
          }
          const optimizer = model.optimizer!;
          return optimizer.withScalars(stepScalars(optimizer, state), () => model.trainStep(batch));
        });
        for (const [name, value] of Object.entries(checkedLogs(returned, model))) {
          const held = zerosVariable([], "float32", `log/${name}`);
          held.assign(reshape(cast(value, "float32"), []));
          logs.set(name, held);
        }
        random.advance();
        const rows = feed.kind === "whole" ? 0 : feed.batch;
        const rowsOfTable = mode === "train" ? 1 : 0;
        if (rows + rowsOfTable > 0) {
          const step = new Tensor([2], "int32", Int32Array.of(rows, rowsOfTable));
          state.counters.assign(add(state.counters, step));
        }
      })));
  return { graph: trace.graph, logs, output };
}

function checkedLogs(returned: unknown, model: TrainableModel): StepLogs {
  if (returned === undefined) return {};
  const isObject = returned !== null && typeof returned === "object" && !Array.isArray(returned);
  const entries = isObject ? Object.entries(returned) : [];
  const wrong = entries.find(([, value]) => !(value instanceof Value) || sizeOf(value.shape) !== 1);
  if (isObject && !(returned instanceof Value) && !wrong) return returned as StepLogs;
  const [name, value] = wrong ?? [];
  throw new ValueError({
    what: `Cannot take what the step of "${model.name}" returned`,
    rule: "it must be nothing, or an object of symbolic numbers by name",
    received: !wrong
      ? describe(returned)
      : `"${name}" of ${value instanceof Value ? `shape ${formatShape(value.shape)}` : describe(value)}`,
    hint: returned instanceof Promise ? "a step must not be async" : "write it as in return { loss }",
  });
}

function batchOf(model: TrainableModel, feed: Feed, data: DeviceDataset, { counters }: StepState): AnyStepData {
  let take: (variable: Variable) => Value;
  if (feed.kind === "ordered") {
    const rows = dynamicSlice(feed.order, counters, 0, feed.batch);
    take = (variable) => gather(variable, rows);
  } else if (feed.kind === "sliced") {
    take = (variable) => dynamicSlice(variable, counters, 0, feed.batch);
  } else {
    take = (variable) => variable.value();
  }
  const dtypes = model.inputDType === undefined ? [] : flatten(model.inputDType);
  const x = data.x.map((variable, i) => (dtypes[i] ? cast(take(variable), dtypes[i]) : take(variable)));
  // Each variable is read once, also where it serves several outputs.
  const taken = new Map<Variable, Value>();
  const takeOnce = (variable: Variable | undefined) => {
    if (!variable) return undefined;
    if (!taken.has(variable)) taken.set(variable, take(variable));
    return taken.get(variable);
  };
  // Where an output has no targets, or no weights, its place stays empty.
  const pack = (variables: readonly (Variable | undefined)[], dtype?: DType) =>
    variables.some((variable) => variable)
      ? packLike(
        data.yLike,
        variables.map((variable) => {
          const value = takeOnce(variable);
          return value && dtype ? cast(value, dtype) : value;
        }),
      ) as Structure<Value>
      : undefined;
  return { x: packLike(data.xLike, x), y: pack(data.y), sampleWeight: pack(data.weights, "float32") };
}

/** The optimizer's numbers for this step, each a scalar. */
function stepScalars(optimizer: Optimizer, state: StepState): Value[] {
  const table = state.tableFor(optimizer);
  const width = table.shape[1];
  const row = reshape(dynamicSlice(table, state.counters, 1, 1), [width]);
  return Array.from({ length: width }, (_, i) => reshape(slice(row, [i], [1]), []));
}

function writeOutput(value: Structure<Value>, feed: Feed, data: DeviceDataset, { counters }: StepState): Predicted {
  const variables = flatten(value).map((item, i) => {
    const output = data.outputOf(i, item.shape, item.dtype);
    output.assign(feed.kind === "whole" ? item : dynamicUpdateSlice(output, item, counters, 0));
    return output;
  });
  return { like: value, variables };
}
