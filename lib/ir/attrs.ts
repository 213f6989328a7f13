// The instruction set: the name and the attributes of every primitive op; the elementwise ops are in elementwise.ts.
import type { DType, TypedArray } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { ElementwiseName } from "./elementwise.ts";

/** One step of an elementwise program: a call on earlier registers, or a literal. */
export type ElementwiseStep =
  | { readonly fn: ElementwiseName; readonly args: readonly number[]; readonly dtype: DType }
  | { readonly fn: "literal"; readonly value: number; readonly dtype: DType };

/**
 * A straight-line program over registers, run for each element. The first `operands.length` registers hold the
 * operands; each step then writes the next register.
 */
export interface ElementwiseProgram {
  readonly operands: readonly DType[];
  readonly steps: readonly ElementwiseStep[];
  /** The registers that hold the outputs. */
  readonly results: readonly number[];
}

/**
 * An operand that is gathered where it is used, never stored: the kernel reads `table[indices[i]]`. It is not among the
 * node's inputs; table and indices are the last two.
 */
export interface GatheredOperand {
  /** The operand's index. */
  readonly at: number;
  /** The operand's shape: that of the gathered rows, or a reshape of it. */
  readonly shape: Shape;
  /** Applied to each gathered element; null for none. */
  readonly program: ElementwiseProgram | null;
}

/** The attributes of ops that can gather an operand; only passes for GPUs set them. */
interface Gathering {
  readonly gathered?: GatheredOperand;
}

/** How a window moves over the spatial axes of its input: one number per axis. */
export interface WindowAttrs {
  /** Elements from one position to the next. */
  readonly strides: readonly number[];
  /** Elements from one tap of the window to the next. */
  readonly dilation: readonly number[];
  /** Padding before the first and after the last element. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Which keys a query sees, and how scores are made. */
export interface AttentionAttrs {
  /** What products are multiplied by. */
  readonly scale: number;
  /** Whether a query sees no keys at later positions. */
  readonly causal: boolean;
  /** A query sees keys less than so many positions away; 0 for all. */
  readonly window: number;
  /** Whether a query that sees no key gives zeros, in place of the mean of all values. */
  readonly zeroEmpty: boolean;
  /** The fraction of weights that is dropped; above 0 the attention takes a counter, and no bias. */
  readonly dropout: number;
  /** What keeps the random bits of the dropout apart from others of the same counter. */
  readonly path: number;
  /** The number of the first sample, as the random bits of the dropout count them; 0 for a whole batch. */
  readonly first: number;
}

/** The cells whose steps one op computes: `tanh(x + h . kernel)`, gated recurrent units, long short-term memory. */
export type RecurrentCell = "simple" | "gru" | "lstm";

/** A cell applied to all steps of sequences. */
export interface RecurrenceAttrs {
  readonly cell: RecurrentCell;
  /** Whether the steps run from the last row to the first. */
  readonly reverse: boolean;
}

/** A convolution; each of the `groups` sees only its own channels. */
export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
}

/** No attributes. */
export type None = Record<never, never>;

/** The attributes of each op; `Body` is the type of a loop's body. The keys are the instruction set. */
export type AttrsOf<Body> =
  & { [K in Exclude<ElementwiseName, "cast">]: None }
  & {
    cast: { readonly dtype: DType };
    /** Elementwise calls merged by the fusion pass; inputs broadcast to the outputs' common shape. */
    fused: Gathering & { readonly program: ElementwiseProgram };

    /** Reduces adjacent axes, which are removed. */
    sum: { readonly axes: readonly number[] };
    max: { readonly axes: readonly number[] };
    min: { readonly axes: readonly number[] };
    /** The first index of the largest element along `axis`, int32; NaN is skipped, and 0 is returned if all are NaN. */
    argMax: { readonly axis: number };
    /**
     * The indices that sort `axis`, int32; the sort is stable. NaN counts as the largest number: last, or first if
     * descending.
     */
    argSort: { readonly axis: number; readonly descending: boolean };
    broadcastTo: { readonly shape: Shape };

    reshape: { readonly shape: Shape };
    transpose: { readonly permutation: readonly number[] };
    slice: { readonly starts: readonly number[]; readonly sizes: Shape; readonly strides: readonly number[] };
    /** `low` and `high` elements at the ends, `interior` elements between neighbours, all equal to `value`. */
    pad: {
      readonly low: readonly number[];
      readonly high: readonly number[];
      readonly interior: readonly number[];
      readonly value: number;
    };
    concat: { readonly axis: number };
    reverse: { readonly axes: readonly number[] };

    /**
     * `[..., m, k] x [..., k, n]` with equal leading axes; a transpose flag says that the operand's last two axes are
     * stored swapped. The product is operand 0 of the epilogue; inputs after the second are its further operands and
     * broadcast to the product's shape.
     */
    matmul: Gathering & {
      readonly transposeA: boolean;
      readonly transposeB: boolean;
      readonly epilogue: ElementwiseProgram | null;
    };

    /**
     * Convolution and its two adjoints are derivatives of one sum over `x[n, o * stride + t * dilation - low, i] *
     * kernel[t, i, c] * y[n, o, c]`. `convolution` takes `[x (batch, ...spatial, in), kernel (...taps, in / groups,
     * out)]` and returns the factor of `y (batch, ...positions, out)`. Its epilogue works as in `matmul`.
     */
    convolution: ConvAttrs & { readonly epilogue: ElementwiseProgram | null };
    /** `[y, kernel]`: the factor of `x`, whose spatial extents are `sizes`: the gradient by the input. */
    convolutionTranspose: ConvAttrs & { readonly sizes: Shape; readonly epilogue: ElementwiseProgram | null };
    /** `[x, y]`: the factor of the kernel, whose taps are `sizes`: the gradient by the kernel. */
    convolutionFilter: ConvAttrs & { readonly sizes: Shape };

    /**
     * `[x (batch, ...spatial, channels)]` -> `[largest, tap]`: the first largest element of each window of `sizes` and
     * the index of its tap, uint8 (int32 if windows have more than 256 taps). Padding is never chosen.
     */
    maxPool: WindowAttrs & { readonly sizes: Shape };
    /**
     * `[gradient, tap]`: adds each gradient to its tap of `x`, whose spatial extents are `extents`. The epilogue works
     * as in `matmul`.
     */
    maxPoolGradient: WindowAttrs & {
      readonly sizes: Shape;
      readonly extents: Shape;
      readonly epilogue: ElementwiseProgram | null;
    };
    /**
     * `[x, indices, weights, backIndices, backWeights]`: along `axis`, element `o` becomes the sum over `t` of
     * `weights[o, t] * x[indices[o, t]]`; the tables are `[extent, taps]`. The other two tables are those of the
     * gradient.
     */
    resample: { readonly axis: number };

    /** `[table, indices]`: rows of `table` (axis 0) by int32 `indices`; shape `indices.shape + table.shape[1:]`. */
    gather: None;
    /** `[indices, updates]`: zeros with `rows` rows; `updates` are added at `indices`, in order of position. */
    scatterAdd: { readonly rows: number };
    /** `[x, counters]`: `size` rows of `x` along `axis`, starting at row `counters[element]` (clamped to fit). */
    dynamicSlice: { readonly element: number; readonly size: number; readonly axis: number };
    /** `[x, update, counters]`: `x` with the rows along `axis` from `counters[element]` on (clamped to fit) replaced. */
    dynamicUpdateSlice: { readonly element: number; readonly axis: number };

    iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType };
    constant: { readonly shape: Shape; readonly dtype: DType; readonly data: TypedArray };
    /**
     * `[counter]`, int32 `[2]` of seed and step: Philox 4x32-10 bits with key `(seed, path)` and counter
     * `(element / 4, step, 0, 0)`, as int32. Elements are counted from `first`: 0, or where the part begins that a
     * process draws.
     */
    randomBits: { readonly shape: Shape; readonly path: number; readonly first: number };

    /** `[x]`, float32 or int32: the sum over the processes that run the program together; alone x itself. */
    allReduce: None;

    /**
     * A loop of `length` steps. Inputs: `carries` initial values, then `scanned` arrays sliced along axis 0, then
     * values that the body reads unchanged. Body inputs: the same, with one slice of each scanned array; body outputs:
     * the next carried values, then the values to stack. Outputs: the last carried values, then the stacked arrays
     * `[length, ...]`. With `reverse` the steps run from the last index to the first, also in the stacked outputs.
     */
    scan: {
      readonly body: Body;
      readonly length: number;
      readonly carries: number;
      readonly scanned: number;
      readonly reverse: boolean;
    };

    /**
     * Inputs: queries `[batch, steps, heads, size]`, keys `[batch, keys, groups, size]` and values `[batch, keys, groups,
     * any]`, where the heads of the queries share those of the keys in groups of equal number; perhaps a mask, bool, and a
     * bias, float32, that broadcast to `[batch, heads, steps, keys]`; for dropout a counter, int32 `[2]` of seed and step.
     * The weight of a key is kept by its word of the Philox bits with key `(seed, path)` and counter `(key / 4, step, query,
     * batch * heads + head)`, if its upper 24 bits are at least the fraction that is dropped. Outputs: the values weighted by the softmax of scores, `[batch, steps,
     * heads, any]`, and for each head and query the largest score and the sum of exponentials, `[batch, heads, steps, 2]`.
     */
    attention: AttentionAttrs;
    /**
     * Inputs: queries, keys, values; the second output of `attention` with, behind it, the gradient's products with the first
     * summed over the last axis, `[batch, heads, steps, 3]`; the gradient by the first output; and the mask, bias and counter
     * if there were any. Outputs: the gradients by queries, keys and values.
     */
    attentionGradient: AttentionAttrs;

    /**
     * All steps of a recurrent layer with `units` features and the gates of its cell: one, of a GRU z, r and the
     * candidate, of an LSTM i, f, the candidate and o. Gates are sigmoids, candidates and the rest tanh; the reset gate of
     * a GRU multiplies the product of state and kernel.
     *
     * Inputs: what the gates have of the input, `[steps, batch, gates * units]`; the kernel of the state `[units, gates *
     * units]`; the state before the first step `[batch, units]`; of an LSTM the carry before it, of a GRU the bias of the
     * state's product `[gates * units]`; perhaps a mask, bool `[steps, batch]`: states stay as they are where it is false.
     *
     * Outputs: the state after each step, `[steps, batch, units]`; of an LSTM the last carry `[batch, units]`; for the
     * gradient, the gates `[steps, batch, gates * units]`, and `[steps, batch, units]`: the carries of an LSTM, the
     * candidate's products of the state of a GRU. A simple cell needs neither.
     */
    recurrence: RecurrenceAttrs;
    /**
     * Inputs: kernel, state before the first step, the states, the gradient by them; then gates and what else was kept, if
     * the cell has them; of an LSTM the carry before the first step and the gradient by the last one; perhaps the mask.
     * Outputs: the gradients by the inputs of the gates and by the state before the first step; of an LSTM that by the
     * carry before it, of a GRU those by the products of the state `[steps, batch, gates * units]`.
     */
    recurrenceGradient: RecurrenceAttrs;

    /**
     * Rows, those of the last axis, scaled to mean 0 and variance 1: `[x (..., n), gamma (n), beta (n)]` -> `[(x - mean)
     * * scale * gamma + beta, mean and scale of each row (..., 2)]`, where scale is `1 / sqrt(variance + epsilon)`.
     */
    layerNormalization: { readonly epsilon: number };
    /** `[x, gamma, mean and scale, gradient by the first output]` -> the gradients by x, gamma and beta. */
    layerNormalizationGradient: None;

    /**
     * `[logits (rows, classes), labels (rows) int32]` -> `[loss (rows), gradient (rows, classes)]`: minus the log of
     * softmax at the label, and its derivative by the logits. A label out of range gives loss 0 and gradient 0.
     */
    softmaxCrossEntropy: None;

    /**
     * An optimizer's update of one variable. Inputs: the variable, its gradient and its slots, all of one shape, then
     * the learning rate of the step, of shape `[]`. Outputs: the variable and its slots.
     */
    sgdUpdate: { readonly momentum: number; readonly nesterov: boolean };
    rmspropUpdate: {
      readonly rho: number;
      readonly momentum: number;
      readonly epsilon: number;
      readonly centered: boolean;
    };
    adamUpdate: {
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly amsgrad: boolean;
    };

    /**
     * An op applied to `count` lists of operands, made by a pass. Inputs: all first operands, then all second operands
     * ...; outputs likewise.
     */
    foreach: { readonly count: number; readonly each: CallOf<Body> };
  };

/** The name of a primitive op. */
export type OpName = keyof AttrsOf<never>;

/** The ops whose attributes have the fields of `Fields`. */
type NamesWith<Fields> = { [K in OpName]: AttrsOf<never>[K] extends Fields ? K : never }[OpName];

/** An op with its attributes, without operands. */
export type CallOf<Body> = { [K in OpName]: { readonly op: K; readonly attrs: AttrsOf<Body>[K] } }[OpName];

/** The ops that can have an epilogue: an elementwise program run on their result. */
export type EpilogueName = NamesWith<{ readonly epilogue: ElementwiseProgram | null }>;
/** The ops that are a constant. */
export type ConstantName = NamesWith<{ readonly data: TypedArray }>;
/** The ops that are an elementwise program. */
export type ProgramName = NamesWith<{ readonly program: ElementwiseProgram }>;
/** The ops that repeat another. */
export type ForeachName = NamesWith<{ readonly each: unknown }>;
/** The ops that run a body repeatedly. */
export type LoopName = NamesWith<{ readonly body: unknown }>;
