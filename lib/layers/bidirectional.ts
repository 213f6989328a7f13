// Bidirectional: a recurrent layer over sequences in both directions.
// https://keras.io/api/layers/recurrent_layers/bidirectional/
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, concat, divide, multiply, reverse } from "../ops/primitives.ts";
import { choice } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, optionTable, positional, withFacts } from "../options.ts";
import { remade } from "../registry.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import { Layer, type LayerOptions, type OutputOf } from "./layer.ts";
import { layerOptions } from "./options.ts";
import type { RecurrentContext } from "./rnn.ts";
import { layerOption } from "./wrapper.ts";

/** A layer over sequences that knows both directions: `LSTM`, `GRU`, `RNN` and their kin, or one of your own. */
export interface DirectedLayer extends Layer {
  /** Whether the outputs of all steps are returned. */
  readonly returnSequences: boolean;
  /** Whether states are returned too. */
  readonly returnState: boolean;
  /** Whether the steps are taken from the last to the first. */
  readonly goBackwards: boolean;
  /** Whether states are kept from batch to batch. */
  readonly stateful: boolean;
  /** Whether masked steps have an output of zeros. */
  zeroOutputForMask?: boolean;
  /** Sets kept states to zeros. */
  resetState?(): void;
}

/** How the outputs of the two directions become one. */
export type MergeMode = "concat" | "sum" | "mul" | "ave";

/** Options of {@linkcode Bidirectional}. */
export interface BidirectionalOptions extends LayerOptions {
  /** How outputs are merged: side by side by default; null for a list of both. */
  mergeMode?: MergeMode | null;
  /** The layer for the other direction; by default one like the first, with weights of its own. */
  backwardLayer?: DirectedLayer | null;
}

const properties = ["returnSequences", "returnState", "goBackwards", "stateful"] as const;

const isDirected = (layer: object): layer is DirectedLayer =>
  properties.every((name) => typeof (layer as Record<string, unknown>)[name] === "boolean");

const directedOption: Option<DirectedLayer> = {
  ...layerOption,
  read: (given, place) => {
    const layer = layerOption.read(given, place);
    if (isDirected(layer)) return layer;
    throw new ValueError({
      what: place.what,
      rule: `${place.option} must be a recurrent layer: one with ${properties.join(", ")}`,
      received: describe(layer),
      hint: "give a LSTM, a GRU or the like",
    });
  },
};

const unassigned = { assigned: false } as const;

const bidirectionalOptions = optionTable<BidirectionalOptions>()({
  ...layerOptions,
  mergeMode: nullable(choice(["concat", "sum", "mul", "ave"]), "concat"),
  layer: positional({ ...directedOption, ...unassigned, field: "forwardLayer" }),
  backwardLayer: withFacts(nullable(directedOption), unassigned),
});

const merges: Readonly<Record<MergeMode, (forward: Value, backward: Value) => Value>> = {
  concat: (forward, backward) => concat([forward, backward], -1),
  sum: (forward, backward) => add(forward, backward),
  mul: (forward, backward) => multiply(forward, backward),
  ave: (forward, backward) => divide(add(forward, backward), 2),
};

/**
 * Runs a recurrent layer over sequences from the first step to the last, and another from the last to the first, and merges
 * their outputs step by step; the states of both follow if they are returned. Schuster and Paliwal, 1997.
 *
 * @example Each step with what comes before and after it
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const both = new layers.Bidirectional(new layers.LSTM(8, { returnSequences: true }));
 * console.log(new Sequential([Input({ shape: [10, 3] }), both]).outputShape); // [ null, 10, 16 ]
 * ```
 */
export class Bidirectional<L extends DirectedLayer = DirectedLayer, Mode extends MergeMode | null = "concat">
  extends Layer {
  static {
    declareOptions(this, bidirectionalOptions);
  }
  /** Passes on the mask of sequences. */
  override readonly supportsMasking = true;
  override readonly callArguments = ["initialState", "mask", "training"];
  override readonly callDefaults = { mask: null };
  /** How outputs are merged. */
  declare readonly mergeMode: Mode;
  /** The layer of the first direction: one like that given, with weights of its own. */
  readonly forwardLayer: L;
  /** The layer of the other direction. */
  readonly backwardLayer: DirectedLayer;

  /**
   * Takes the layer of one direction. Throws {@linkcode ValueError} if it is no recurrent layer, or if the given layer
   * of the other direction does not fit it. Defaults: `mergeMode: "concat"`, `backwardLayer: null`.
   */
  constructor(layer: L, options: BidirectionalOptions & { mergeMode?: Mode } = {}) {
    super(options, { layer });
    const { backwardLayer } = options;
    const like = (prefix: string, changes = {}) =>
      remade(layer, { name: `${prefix}${layer.name.replace(new RegExp(`^${prefix}`), "")}`, ...changes });
    this.forwardLayer = like("forward_");
    this.backwardLayer = backwardLayer ?? like("backward_", { go_backwards: true });
    this.#checkPair();
    // Masked steps must not show through what the other direction has there.
    for (const each of [this.forwardLayer, this.backwardLayer]) {
      if (each.zeroOutputForMask !== undefined) each.zeroOutputForMask = each.returnSequences;
    }
    this.inputSpec = this.forwardLayer.inputSpec;
  }

  #checkPair(): void {
    const { forwardLayer, backwardLayer } = this;
    const fail = (rule: string, name: keyof DirectedLayer, hint: string) => {
      const received = `${forwardLayer[name]} and ${backwardLayer[name]}`;
      throw new ValueError({ what: `Cannot make "${this.name}"`, rule, received, hint });
    };
    if (forwardLayer.goBackwards === backwardLayer.goBackwards) {
      fail("the two layers must differ in goBackwards", "goBackwards", "make one of them with goBackwards");
    }
    for (const name of ["stateful", "returnSequences", "returnState"] as const) {
      if (forwardLayer[name] === backwardLayer[name]) continue;
      fail(`the two layers must have the same ${name}`, name, "make both with it, or none");
    }
  }

  /** Whether the outputs of all steps are returned. */
  get returnSequences(): boolean {
    return this.forwardLayer.returnSequences;
  }

  /** Whether states are returned too. */
  get returnState(): boolean {
    return this.forwardLayer.returnState;
  }

  /** Whether states are kept from batch to batch. */
  get stateful(): boolean {
    return this.forwardLayer.stateful;
  }

  /** Builds both layers. */
  override build(inputShape: SymbolicShape): void {
    for (const layer of [this.forwardLayer, this.backwardLayer]) layer.ensureBuilt(inputShape);
  }

  /** The merged outputs, then the states of both layers if these are returned. */
  call(x: Value, { initialState, mask, training }: RecurrentContext): Mode extends null ? Value[] : OutputOf<L> {
    const states = initialState === undefined ? undefined : flatten(initialState);
    const half = states && Math.floor(states.length / 2);
    const run = (layer: DirectedLayer, own: readonly Value[] | undefined): Value[] => {
      const context = { training, ...(mask && { mask }), ...(own && { initialState: own }) };
      return flatten(layer.apply(x, context) as Structure<Value>);
    };
    const [forward, ...forwardStates] = run(this.forwardLayer, states?.slice(0, half));
    const [backward, ...backwardStates] = run(this.backwardLayer, states?.slice(half));
    const turned = this.returnSequences ? reverse(backward, 1) : backward;
    const mode: MergeMode | null = this.mergeMode;
    const merged = mode === null ? [forward, turned] : [merges[mode](forward, turned)];
    const all = [...merged, ...forwardStates, ...backwardStates];
    return (all.length === 1 ? all[0] : all) as Mode extends null ? Value[] : OutputOf<L>;
  }

  /** The mask of the outputs of all steps. */
  override computeMask(_x: Value, mask: Value | undefined): Structure<Value | undefined> {
    const ofOutput = this.returnSequences ? flatten(mask)[0] : undefined;
    return this.mergeMode === null ? [ofOutput, ofOutput] : ofOutput;
  }

  /** The shape of the merged output, then those of states. */
  override computeOutputShape(shape: SymbolicShape): Structure<SymbolicShape> {
    const [forward, ...states] = flatten(this.forwardLayer.computeOutputShape(shape));
    const [backward, ...backwardStates] = flatten(this.backwardLayer.computeOutputShape(shape));
    const [a, b] = [forward, backward].map((output) => output[output.length - 1]);
    const joined = [...forward.slice(0, -1), a === null || b === null ? null : a + b];
    const merged = this.mergeMode === null ? [forward, backward] : [this.mergeMode === "concat" ? joined : forward];
    const all = [...merged, ...states, ...backwardStates];
    return all.length === 1 ? all[0] : all;
  }

  /** Sets the kept states of both layers to zeros. */
  resetState(): void {
    for (const layer of [this.forwardLayer, this.backwardLayer]) layer.resetState?.();
  }

  /** {@linkcode Bidirectional.resetState}, by its name in Keras 2. */
  resetStates(): void {
    this.resetState();
  }
}
