// What the library's cells share: kernels for input and state, and what training drops of both.
import { type Activation, type ActivationIdentifier, activationOption } from "../activations.ts";
import type { ConstraintIdentifier } from "../constraints.ts";
import { shape } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { ShapeError, StateError } from "../errors.ts";
import type { InitializerIdentifier } from "../initializers/resolve.ts";
import type { RecurrentCell as RecurrentCellName } from "../ir/attrs.ts";
import { requireTrace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { split } from "../ops/arranging.ts";
import { broadcastTo, concat, matmul, multiply } from "../ops/primitives.ts";
import { boolean, number, positiveInteger } from "../option_kinds.ts";
import { declareBase, ignored, optionTable, positional } from "../options.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import type { CallArguments } from "../tensor/symbolic.ts";
import { type CellContext, type CellRecurrence, checkedStates, type PreparedCell, stateSizesOf } from "./cell.ts";
import type { Layer } from "./layer.ts";
import type { AddWeightOptions, LayerFields } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { type BiasOptions, type KernelOptions, weightOptions, weightSettings } from "./weight_options.ts";

/** Options of the library's cells. */
export interface RecurrentCellOptions extends RandomLayerOptions, KernelOptions, BiasOptions {
  /** The activation of the output; `tanh` by default. */
  activation?: ActivationIdentifier | null;
  /** The initializer of the weights that multiply the state; `orthogonal` by default. */
  recurrentInitializer?: InitializerIdentifier;
  /** A penalty on the weights that multiply the state. */
  recurrentRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the weights that multiply the state, applied after each step of training. */
  recurrentConstraint?: ConstraintIdentifier | null;
  /** The fraction of the input's features that training drops, the same ones in all steps of a batch; 0 by default. */
  dropout?: number;
  /** The fraction of the state that training drops where it is multiplied, the same in all steps; 0 by default. */
  recurrentDropout?: number;
}

/** Options of cells with gates. */
export interface GatedCellOptions extends RecurrentCellOptions {
  /** The activation of the gates; `sigmoid` by default. */
  recurrentActivation?: ActivationIdentifier | null;
}

/** A fraction to drop; 0 by default. */
const fraction = number(0, { min: 0, max: 1 });

/** The options of the library's cells, but for their size. */
export const recurrentCellOptions = optionTable<RecurrentCellOptions>()({
  ...randomLayerOptions,
  activation: activationOption("tanh"),
  useBias: boolean(true),
  ...weightOptions({ kernel: "glorot_uniform", recurrent: "orthogonal", bias: "zeros" }),
  dropout: fraction,
  recurrentDropout: fraction,
  implementation: ignored,
});

/** The options of cells with gates, but for their size. */
export const gatedCellOptions = optionTable<GatedCellOptions>()({
  ...recurrentCellOptions,
  recurrentActivation: activationOption("sigmoid"),
});

/** The number of features of the state. */
export const unitsOption = { units: positional(positiveInteger()) };

/** The options, checked and completed. */
export interface RecurrentCell extends LayerFields<RecurrentCellOptions, typeof recurrentCellOptions> {}

/** The base of the library's cells: weights for input and state, and what is dropped of both. */
export abstract class RecurrentCell extends RandomLayer {
  static {
    declareBase(this);
    declareMethods(this, { prepare: { verb: "prepare", takes: { stepShape: shape } } });
  }

  /** The weights that multiply the input. */
  kernel!: Weight;
  /** The weights that multiply the state. */
  recurrentKernel!: Weight;
  /** The bias, if used. */
  bias: Weight | undefined;
  /** Files have no mask of a step. */
  override readonly supportsMasking = false;
  override readonly callArguments: readonly string[] = ["states"];
  override readonly callDefaults: Layer["callDefaults"] = {};
  /** The features of each state. */
  abstract readonly stateSize: number | readonly number[];

  /** The cell for a sequence whose steps have inputs `[batch, ...]` of a shape. */
  abstract prepare(stepShape: Shape, training: boolean): PreparedCell;

  /** The output and the next states. Throws {@linkcode ValueError} if there are not as many states as the cell has. */
  call(x: Value, context: CellContext): Value[] {
    const states = checkedStates(this.name, this, context.states, x.shape[0]);
    const { inputs, step } = this.prepare(x.shape, context.training);
    const { output, states: next } = step(inputs(x), states);
    return [output, ...next];
  }

  /** The call with the states by position. */
  override savedCall({ positional, named: { states, ...named } }: CallArguments<unknown>): CallArguments<unknown> {
    return { positional: [...positional, states], named };
  }

  /** The shapes of the output and of the states. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape[] {
    const extents = this.stateShape(shape);
    return [extents, ...stateSizesOf(this).map(() => extents)];
  }

  /** The shape of the output and of each state for the input of a step. */
  protected abstract stateShape(shape: SymbolicShape): SymbolicShape;

  /** The product of an input and a kernel. */
  protected abstract inputProduct(x: Value, kernel: Weight | Value): Value;

  /** The product of a state and a kernel. */
  protected abstract stateProduct(h: Value, kernel: Weight | Value): Value;

  /** The axis of the product along which the gates are side by side. */
  protected get gateAxis(): number {
    return -1;
  }

  /**
   * The product of an operand and a kernel with the gates side by side along its last axis, as a function of the operand.
   *
   * @param kernel the weights
   * @param product the product of the operand and a kernel
   * @param masks factors of the operand: none, one, or one for each gate
   */
  protected products(
    kernel: Weight,
    product: (x: Value, kernel: Weight | Value) => Value,
    masks: readonly Value[],
  ): (x: Value) => Value {
    if (masks.length === 0) return (x) => product(x, kernel);
    if (masks.length === 1) return (x) => product(multiply(x, masks[0]), kernel);
    const parts = split(kernel.value(), masks.length, -1);
    return (x) => concat(masks.map((mask, i) => product(multiply(x, mask), parts[i])), this.gateAxis);
  }

  /** The products of the gates. Where parts of the state are dropped, each gate has a choice of its own, as in Keras. */
  protected gateProducts(stepShape: Shape, stateShape: Shape, gates: number, training: boolean): GateProducts {
    // A rate of 1 drops nothing in Keras's cells with gates.
    const rateOf = (rate: number) => (rate === 1 ? 0 : rate);
    const count = this.choicesPerGate ? gates : 1;
    const ofInput = this.masks(stepShape, rateOf(this.dropout), count, training);
    const masks = this.masks(stateShape, rateOf(this.recurrentDropout), gates, training);
    return {
      inputs: this.products(this.kernel, (x, kernel) => this.inputProduct(x, kernel), ofInput),
      recur: this.products(this.recurrentKernel, (h, kernel) => this.stateProduct(h, kernel), masks),
      masks,
    };
  }

  /** Whether each gate drops other features of the input. */
  protected get choicesPerGate(): boolean {
    return this.recurrentDropout > 0;
  }

  /** Factors that drop a fraction of an operand and scale the rest, drawn `count` times; none where nothing is dropped. */
  protected masks(shape: Shape, rate: number, count: number, training: boolean): Value[] {
    if (!training || rate === 0) return [];
    const ones = broadcastTo(requireTrace("dropout").constant([], "float32", Float32Array.of(1)), shape);
    return Array.from({ length: count }, () => this.drop(ones, rate, shape));
  }
}

/** The products of a cell with gates, with what training drops. */
export interface GateProducts {
  /** The products of an input. */
  readonly inputs: (x: Value) => Value;
  /** The products of a state. */
  readonly recur: (h: Value) => Value;
  /** Factors of the state for each gate, if training drops any of it. */
  readonly masks: readonly Value[];
}

/** The options, checked and completed. */
export interface DenseCell {
  /** The number of features of the output and of each state. */
  readonly units: number;
}

/** The base of cells with matrices as kernels, each gate with `units` columns. */
export abstract class DenseCell extends RecurrentCell {
  static {
    declareBase(this);
  }

  /** Makes kernels for a number of gates, and the bias. Throws {@linkcode ShapeError} if the input does not fit. */
  protected addWeights(inputShape: SymbolicShape, gates: number, bias: Omit<AddWeightOptions, "name">): void {
    const features = inputShape[inputShape.length - 1];
    const what = `Cannot build "${this.name}"`;
    const received = formatShape(inputShape);
    if (inputShape.length !== 2) {
      throw new ShapeError({
        what,
        rule: "the input of a step must have axes of samples and features",
        received,
        hint: "give sequences of vectors, as in Input({ shape: [steps, features] })",
      });
    }
    if (features === null) {
      throw new UnknownDimensionError({
        what,
        rule: "the kernel needs a fixed last axis",
        received,
        hint: "give Input a shape whose last extent is not null",
      });
    }
    const columns = gates * this.units;
    this.kernel = this.addWeight({ name: "kernel", shape: [features, columns], ...weightSettings(this, "kernel") });
    this.recurrentKernel = this.addWeight({
      name: "recurrent_kernel",
      shape: [this.units, columns],
      ...weightSettings(this, "recurrent"),
    });
    if (this.useBias) this.bias = this.addWeight({ name: "bias", ...weightSettings(this, "bias"), ...bias });
    this.inputSpec = { rank: 2, lastAxis: features };
  }

  protected override inputProduct(x: Value, kernel: Weight | Value): Value {
    return matmul(x, kernel);
  }

  protected override stateProduct(h: Value, kernel: Weight | Value): Value {
    return matmul(h, kernel);
  }

  protected override stateShape([batch]: SymbolicShape): SymbolicShape {
    return [batch, this.units];
  }
}

/**
 * A cell for the op that runs all steps, which computes what the defaults give: tanh, sigmoid for gates, and nothing
 * dropped of the state, `masks` being the factors that drop some. Throws {@linkcode StateError} before it is built.
 */
export function recurrenceOf(
  { name, built, activation, recurrentKernel }: DenseCell,
  cell: RecurrentCellName,
  masks: readonly Value[],
  gate?: Activation,
): CellRecurrence | undefined {
  if (!built) {
    throw new StateError({
      what: `Cannot prepare "${name}"`,
      rule: "it is not built, so that it has no weights yet",
      hint: "call build(inputShape) first, or give it to an RNN",
    });
  }
  const isDefault = activation.serialize() === "tanh" && (!gate || gate.serialize() === "sigmoid");
  return isDefault && masks.length === 0 ? { cell, kernel: recurrentKernel.value() } : undefined;
}
