// RNN: a cell applied to each step of a sequence, in a loop that is traced once.
// https://keras.io/api/layers/recurrent_layers/rnn/
import { ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { scan } from "../ops/defs/scan.ts";
import { cast, full, reshape, reverse, select, slice, transpose } from "../ops/primitives.ts";
import { boolean } from "../option_kinds.ts";
import { declareBase, declareOptions, option, optionTable, positional, unread } from "../options.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import { apply } from "../tensor/apply.ts";
import type { CallArguments } from "../tensor/symbolic.ts";
import { Variable } from "../tensor/variable.ts";
import { type AddedLoss, addedLosses } from "./context.ts";
import { withContext } from "../ir/context.ts";
import {
  type Cell,
  cellOption,
  type CellRecurrence,
  checkedStates,
  initialStatesOf,
  outputSizeOf,
  prepare,
  type PreparedCell,
  stateSizesOf,
  zeros,
} from "./cell.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type CallContext, type LayerFields, layerOptions } from "./options.ts";
import { cellsOption, StackedRNNCells } from "./stacked_cells.ts";

/** What a recurrent layer's `call` knows besides the sequences. */
export interface RecurrentContext extends CallContext {
  /**
   * The states before the first step, one or a list, each `[batch, ...]`; zeros by default. As in Keras, a mask that
   * the input carries is then not used: give it as `mask`.
   */
  readonly initialState?: Structure<Value>;
}

/** Options of all recurrent layers. */
export interface RecurrentOptions extends LayerOptions {
  /** Whether the outputs of all steps are returned, `[batch, steps, ...]`, or only that of the last; false by default. */
  returnSequences?: boolean;
  /** Whether a list of the output and the states after the last step is returned; false by default. */
  returnState?: boolean;
  /** Whether the steps are taken from the last to the first, and outputs are in that order; false by default. */
  goBackwards?: boolean;
  /**
   * Whether each batch starts with the states that the one before ended with, sample by sample; false by default. The
   * batch size must be fixed, as in `Input({ shape, batchSize: 32 })`.
   */
  stateful?: boolean;
  /** Has no effect: the loop over steps is always traced once. */
  unroll?: boolean;
  /** Whether masked steps have an output of zeros, or by default that of the step before. */
  zeroOutputForMask?: boolean;
}

/** The options of all recurrent layers. */
export const recurrentOptions = optionTable<RecurrentOptions>()({
  ...layerOptions,
  returnSequences: boolean(false),
  returnState: boolean(false),
  goBackwards: boolean(false),
  stateful: boolean(false),
  unroll: boolean(false),
  zeroOutputForMask: boolean(false),
  timeMajor: unread,
});

/** What a recurrent layer returns: the output, or with `returnState` a list of it and the states. */
export type RecurrentOutput<State extends boolean> = State extends true ? Value[] : Value;

/** The options, checked and completed. */
export interface Recurrent<State extends boolean = boolean>
  extends Omit<LayerFields<RecurrentOptions, typeof recurrentOptions>, "returnState"> {}

/**
 * The base of recurrent layers: their cell, and the steps of a sequence. These are one fast op where the cell is one of
 * SimpleRNN, LSTM or GRU as they are by default, see docs/ir.md, and otherwise a loop; both compute the same.
 */
export abstract class Recurrent<State extends boolean = boolean> extends Layer {
  static {
    declareBase(this);
  }

  /** Passes on the mask of sequences. */
  override readonly supportsMasking = true;
  override readonly callArguments = ["initialState", "mask", "training"];
  override readonly callDefaults = { training: false, mask: null };
  /** Whether states are returned too. */
  declare readonly returnState: State;
  /** The layer that computes a step. */
  abstract readonly cell: Cell;
  #states: readonly Variable[] | undefined;

  /** Builds the cell. Throws {@linkcode ShapeError} if the input has no axis of steps. */
  override build(inputShape: SymbolicShape): void {
    if (inputShape.length < 3) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: "the input must have axes of samples, steps and features",
        received: formatShape(inputShape),
        hint: "give sequences, as in Input({ shape: [steps, features] }), with null for steps that vary",
      });
    }
    this.cell.ensureBuilt(stepOf(inputShape));
    this.inputSpec = { rank: inputShape.length, lastAxis: inputShape.at(-1) ?? undefined };
  }

  /**
   * Runs the cell over the steps of sequences `[batch, steps, ...]`. Throws {@linkcode ShapeError} if the initial states
   * do not fit, or if the batch is not as large as that of the kept states.
   */
  call(x: Value, context: RecurrentContext): RecurrentOutput<State> {
    const [batch, length, ...features] = x.shape;
    const { cell, goBackwards } = this;
    const kept = this.stateful ? this.#keptStates(batch) : undefined;
    const initial = context.initialState === undefined
      ? kept?.map((variable) => variable.value()) ?? initialStatesOf(cell, batch)
      : checkedStates(this.name, cell, context.initialState, batch);
    const prepared = prepare(cell, [batch, ...features], context.training);
    const given: Sequences = {
      length,
      inputs: prepared.inputs(swapSteps(x)),
      mask: context.mask && this.#maskRows(context.mask, x.shape),
      initial,
    };
    // Where the first step is masked, the output is zeros: the op gives the state, which is that only if it is zeros too.
    const isOneOp = prepared.recurrence && length > 0 &&
      (!given.mask || (given.mask.shape.length === 2 && !kept && context.initialState === undefined));
    const { last, sequence, states } = isOneOp
      ? this.#inOneOp(prepared.recurrence!, given)
      : this.#inLoop(prepared, given, this.outputShape([batch, ...features]) as Shape);
    kept?.forEach((variable, i) => variable.assign(states[i]));
    const output = this.returnSequences ? swapSteps(goBackwards ? reverse(sequence!, 0) : sequence!) : last;
    return (this.returnState ? [output, ...states] : output) as RecurrentOutput<State>;
  }

  /** The steps as one op. */
  #inOneOp({ cell, kernel, bias }: CellRecurrence, { length, inputs, mask, initial }: Sequences): Outcome {
    const { goBackwards, zeroOutputForMask } = this;
    const operands = [inputs, kernel, ...initial, ...[bias, mask].filter((value) => value !== undefined)];
    const [sequence, carry] = apply("recurrence", operands, { cell, reverse: goBackwards });
    const lastOf = (rows: Value) => {
      const [, ...row] = rows.shape;
      return reshape(slice(rows, [goBackwards ? 0 : length - 1, 0, 0], [1, ...row]), row);
    };
    const outputs = mask && zeroOutputForMask ? select(toRank(mask, sequence), sequence, 0) : sequence;
    return {
      last: lastOf(outputs),
      sequence: outputs,
      states: [lastOf(sequence), ...(initial.length > 1 ? [carry] : [])],
    };
  }

  /** The steps as a loop, whose body is traced once. */
  #inLoop(prepared: PreparedCell, { length, inputs, mask, initial }: Sequences, outputShape: Shape): Outcome {
    const { goBackwards, zeroOutputForMask } = this;
    // A masked step repeats the output of the step before, which for the first is zeros.
    const carriesOutput = !prepared.outputIsState || mask !== undefined;
    const carries = [...initial, ...(carriesOutput ? [zeros(outputShape)] : [])];
    const scanned = [inputs, ...(mask ? [mask] : [])];
    const losses: AddedLoss[] = [];
    const { carries: last, stacked } = scan({ length, carries, scanned, reverse: goBackwards }, (carried, rows) => {
      const states = carried.slice(0, initial.length);
      const step = withContext([addedLosses.of(losses)], () => prepared.step(rows[0], states));
      this.#checkStep(step.states, states.length, losses);
      const counts = rows[1];
      const next = step.states.map((state, i) => counts ? select(toRank(counts, state), state, states[i]) : state);
      const skipped = zeroOutputForMask ? 0 : carried[initial.length];
      const output = counts ? select(toRank(counts, step.output), step.output, skipped) : step.output;
      return { carries: [...next, ...(carriesOutput ? [output] : [])], stacked: this.returnSequences ? [output] : [] };
    });
    return {
      last: last[carriesOutput ? initial.length : 0],
      sequence: stacked[0],
      states: last.slice(0, initial.length),
    };
  }

  /** The mask `[batch, steps]` as rows for each step. */
  #maskRows(mask: Value, shape: Shape): Value {
    if (mask.shape.length >= 2 && mask.shape[0] === shape[0] && mask.shape[1] === shape[1]) {
      return swapSteps(cast(mask, "bool"));
    }
    throw new ShapeError({
      what: `Cannot call "${this.name}"`,
      rule: `the mask must be ${formatShape(shape.slice(0, 2))}: true for each step of a sample that counts`,
      received: formatShape(mask.shape),
      hint: "give a mask of samples and steps",
    });
  }

  /** Throws {@linkcode ValueError} for what a cell of the user's must not return or do. */
  #checkStep(states: readonly unknown[], count: number, losses: readonly AddedLoss[]): void {
    const fail = (rule: string, received: string, hint: string) => {
      throw new ValueError({ what: `Cannot call "${this.name}"`, rule, received, hint });
    };
    if (states.length !== count) {
      const received = `${states.length} states`;
      fail(`"${this.cell.name}" must return a list of the output and ${count} states`, received, "check its stateSize");
    }
    if (losses.length === 0) return;
    const hint = "give the recurrent layer an activityRegularizer";
    fail(`"${this.cell.name}" must not add losses: it is part of a loop`, `${losses.length}`, hint);
  }

  /** The variables that keep the states between batches. */
  #keptStates(batch: number): readonly Variable[] {
    this.#states ??= initialStatesOf(this.cell, batch).map(({ shape }, i) =>
      Variable.zeros(shape, { name: `${this.name}/rnn_state_${i}`, trainable: false })
    );
    const [{ shape }] = this.#states;
    if (shape[0] === batch) return this.#states;
    throw new ShapeError({
      what: `Cannot call "${this.name}"`,
      rule: `it keeps the states of ${shape[0]} samples from batch to batch, so each batch must have as many`,
      received: `a batch of ${batch}`,
      hint: "give a batchSize that divides the number of samples, or make the layer without stateful",
    });
  }

  /** The states kept from the last batch, if the layer is stateful and was called. */
  get states(): readonly Variable[] | undefined {
    return this.#states;
  }

  /** Sets the kept states to zeros. */
  resetState(): void {
    for (const variable of this.#states ?? []) variable.assign(full(variable.shape, 0));
  }

  /** {@linkcode Recurrent.resetState}, by its name in Keras 2. */
  resetStates(): void {
    this.resetState();
  }

  /** The mask of the outputs of all steps; none for that of the last, nor for states. */
  override computeMask(_x: Value, mask: Value | undefined): Structure<Value | undefined> {
    const ofOutput = this.returnSequences ? flatten(mask)[0] : undefined;
    return this.returnState ? [ofOutput, ...stateSizesOf(this.cell).map(() => undefined)] : ofOutput;
  }

  /** The shape of the output, and of the states where they are returned. */
  override computeOutputShape(shape: SymbolicShape): Structure<SymbolicShape> {
    this.ensureBuilt(shape);
    this.checkInput(shape);
    if (this.stateful && shape[0] === null) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: "a stateful layer needs a fixed batch size",
        received: formatShape(shape),
        hint: "give it, as in Input({ shape, batchSize: 32 })",
      });
    }
    const extents = this.outputShape(stepOf(shape));
    const output = this.returnSequences ? [extents[0], shape[1], ...extents.slice(1)] : extents;
    return this.returnState ? [output, ...this.stateShapes(stepOf(shape))] : output;
  }

  /** The call with the initial states in a list for each of several cells. */
  override savedCall({ positional, named }: CallArguments<unknown>): CallArguments<unknown> {
    const states = named.initialState;
    if (!this.cell.byCell || !Array.isArray(states)) return { positional, named };
    return { positional, named: { ...named, initialState: this.cell.byCell(states) } };
  }

  /** The shape of the output of one step for its input. */
  protected outputShape(step: SymbolicShape): SymbolicShape {
    return [step[0], outputSizeOf(this.cell)];
  }

  /** The shapes of the states for the input of one step. */
  protected stateShapes(step: SymbolicShape): SymbolicShape[] {
    return stateSizesOf(this.cell).map((size) => [step[0], size]);
  }
}

/** What the steps of a recurrent layer work on. */
interface Sequences {
  readonly length: number;
  /** What the steps need of the input, `[steps, batch, ...]`. */
  readonly inputs: Value;
  /** `[steps, batch, ...]`: false for steps that are skipped. */
  readonly mask: Value | undefined;
  /** The states before the first step. */
  readonly initial: readonly Value[];
}

/** What the steps of a recurrent layer give. */
interface Outcome {
  /** The output of the last step. */
  readonly last: Value;
  /** The outputs of all steps, `[steps, batch, ...]`, in the order of the rows; a loop stacks them only if wanted. */
  readonly sequence: Value | undefined;
  /** The states after the last step. */
  readonly states: readonly Value[];
}

/** A shape of sequences without its axis of steps. */
const stepOf = ([batch, , ...features]: SymbolicShape): SymbolicShape => [batch, ...features];

/** `x` with the axes of samples and steps swapped. */
function swapSteps(x: Value): Value {
  return transpose(x, x.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis)));
}

/** A mask with axes of extent 1 appended up to the rank of `x`. */
function toRank(mask: Value, x: Value): Value {
  return reshape(mask, [...mask.shape, ...new Array<number>(x.shape.length - mask.shape.length).fill(1)]);
}

const rnnOptions = optionTable<RecurrentOptions>()({
  ...recurrentOptions,
  cell: positional(option<Cell>({
    ...cellOption,
    read: (given, place) => {
      if (!Array.isArray(given)) return cellOption.read(given, place);
      return new StackedRNNCells(cellsOption.read(given, { ...place, option: "cell" }));
    },
  })),
});

/** The options, checked and completed. */
export interface RNN<State extends boolean = false>
  extends Omit<LayerFields<RecurrentOptions, typeof rnnOptions>, "returnState"> {}

/**
 * Applies a cell to each step of sequences `[batch, steps, features]`: one of the library's, several of them in a list, or
 * one of your own, which is a layer with a `stateSize`.
 *
 * @example A custom cell
 * ```ts
 * import { Input, Layer, layers, ops, Sequential, type Value, type Weight } from "./mod.ts";
 * class Averaging extends Layer {
 *   readonly stateSize = 3;
 *   rate!: Weight;
 *   override build() {
 *     this.rate = this.addWeight({ name: "rate", shape: [3], initializer: "ones" });
 *   }
 *   override call(x: Value, { states: [mean] }: layers.CellContext) {
 *     const next = ops.add(mean, ops.multiply(ops.subtract(x, mean), ops.sigmoid(this.rate)));
 *     return [next, next];
 *   }
 * }
 * const model = new Sequential([Input({ shape: [10, 3] }), new layers.RNN(new Averaging())]);
 * console.log(model.outputShape); // [ null, 3 ]
 * ```
 */
export class RNN<const State extends boolean = false> extends Recurrent<State> {
  static {
    declareOptions(this, rnnOptions);
  }
  /** The layer that computes a step. */
  declare readonly cell: Cell;

  /**
   * Takes the cell, or a list of cells to stack. Throws {@linkcode ValueError} for anything else. Defaults:
   * `returnSequences: false`, `returnState: false`, `goBackwards: false`, `stateful: false`, `unroll: false`,
   * `zeroOutputForMask: false`.
   */
  constructor(cell: Cell | readonly Cell[], options: RecurrentOptions & { returnState?: State } = {}) {
    super(options, { cell });
  }
}
