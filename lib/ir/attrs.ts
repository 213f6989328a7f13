// The instruction set: the name of every primitive op, and the type of its attributes; elementwise.ts has the others.
import type { DType, TypedArray } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { ElementwiseName } from "./elementwise.ts";

/** One step of an elementwise program: a call on earlier registers, or a literal. */
export type ElementwiseStep =
  | { readonly fn: ElementwiseName; readonly args: readonly number[]; readonly dtype: DType }
  | { readonly fn: "literal"; readonly value: number; readonly dtype: DType };

/**
 * A straight-line program over registers, run for each element. Register `i` is operand `i` for the first
 * `operands.length` registers, then the result of each step in turn.
 */
export interface ElementwiseProgram {
  readonly operands: readonly DType[];
  readonly steps: readonly ElementwiseStep[];
  /** The registers that are written out, one per output. */
  readonly results: readonly number[];
}

/**
 * An operand that is never stored: rows of a table by index, read where they lie. The node's last two inputs are the
 * table and the indices, and the operand is not among its inputs.
 */
export interface GatheredOperand {
  /** Which operand it is. */
  readonly at: number;
  /** Its shape: that of the gathered rows, or another of as many elements. */
  readonly shape: Shape;
  /** What is made of each element of the rows, if anything. */
  readonly program: ElementwiseProgram | null;
}

/** What an op has that can read an operand by index; only passes for GPUs set it. */
interface Gathering {
  readonly gathered?: GatheredOperand;
}

/** How a window moves over the spatial axes of its input: a number for each of these axes. */
export interface WindowAttrs {
  /** Elements from one position to the next. */
  readonly strides: readonly number[];
  /** Elements from one tap of the window to the next. */
  readonly dilation: readonly number[];
  /** Elements of padding before the first and after the last. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** A convolution: channels fall into `groups`, each of which sees only its own. */
export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
}

/** No attributes. */
export type None = Record<never, never>;

/** The attributes of each op, where a loop's body is a `Body`; the keys are the instruction set. */
export type AttrsOf<Body> =
  & { [K in Exclude<ElementwiseName, "cast">]: None }
  & {
    cast: { readonly dtype: DType };
    /** Elementwise calls merged by the fusion pass; inputs broadcast to the outputs' common shape. */
    fused: Gathering & { readonly program: ElementwiseProgram };

    /** Reduces a run of neighbouring axes, which disappear. */
    sum: { readonly axes: readonly number[] };
    max: { readonly axes: readonly number[] };
    min: { readonly axes: readonly number[] };
    /** The first index of the largest element along `axis`, int32; NaN is passed over, 0 where there is nothing else. */
    argMax: { readonly axis: number };
    /**
     * The indices that put `axis` in order, int32; equal elements stay as they were. NaN counts as larger than every
     * number: it is last, or first where the order is descending.
     */
    argSort: { readonly axis: number; readonly descending: boolean };
    broadcastTo: { readonly shape: Shape };

    reshape: { readonly shape: Shape };
    transpose: { readonly permutation: readonly number[] };
    slice: { readonly starts: readonly number[]; readonly sizes: Shape; readonly strides: readonly number[] };
    /** `low` and `high` elements around, `interior` elements between neighbours, all equal to `value`. */
    pad: {
      readonly low: readonly number[];
      readonly high: readonly number[];
      readonly interior: readonly number[];
      readonly value: number;
    };
    concat: { readonly axis: number };
    reverse: { readonly axes: readonly number[] };

    /**
     * `[..., m, k] x [..., k, n]` with equal leading axes; a transpose flag says that the operand's last two axes
     * are stored swapped. With an epilogue, inputs past two are its operands 1, 2, ... (operand 0 is the product)
     * and broadcast to the product's shape.
     */
    matmul: Gathering & {
      readonly transposeA: boolean;
      readonly transposeB: boolean;
      readonly epilogue: ElementwiseProgram | null;
    };

    /**
     * A convolution is the sum over `x[n, o * stride + t * dilation - low, i] * kernel[t, i, c] * y[n, o, c]`, seen as a
     * function of two of the three. `convolution` takes `[x (batch, ...spatial, in), kernel (...taps, in / groups, out)]`
     * and gives what stands at `y (batch, ...positions, out)`. An epilogue is that of `matmul`.
     */
    convolution: ConvAttrs & { readonly epilogue: ElementwiseProgram | null };
    /** `[y, kernel]`: what stands at `x`, whose spatial extents are `sizes`: the adjoint by the input. */
    convolutionTranspose: ConvAttrs & { readonly sizes: Shape; readonly epilogue: ElementwiseProgram | null };
    /** `[x, y]`: what stands at the kernel, whose taps are `sizes`: the adjoint by the filter. */
    convolutionFilter: ConvAttrs & { readonly sizes: Shape };

    /**
     * `[x (batch, ...spatial, channels)]` -> `[largest, tap]`: of each window of `sizes`, where padding never counts, the
     * first largest element and the index of its tap, uint8 (int32 for windows of more than 256).
     */
    maxPool: WindowAttrs & { readonly sizes: Shape };
    /** `[gradient, tap]`: sums by tap at `x`, whose spatial extents are `extents`. An epilogue is that of `matmul`. */
    maxPoolGradient: WindowAttrs & {
      readonly sizes: Shape;
      readonly extents: Shape;
      readonly epilogue: ElementwiseProgram | null;
    };
    /**
     * `[x, indices, weights, backIndices, backWeights]`: along `axis`, element `o` becomes the sum over `t` of
     * `weights[o, t] * x[indices[o, t]]`, by tables `[extent, taps]`; the other two tables are those of the adjoint.
     */
    resample: { readonly axis: number };

    /** `[table, indices]`: rows of `table` (axis 0) by int32 `indices`; shape `indices.shape + table.shape[1:]`. */
    gather: None;
    /** `[indices, updates]`: zeros of `rows` rows with `updates` added at `indices`, in ascending order of position. */
    scatterAdd: { readonly rows: number };
    /** `[x, counters]`: `size` rows of `x` from row `counters[element]` on (clamped to fit). */
    dynamicSlice: { readonly element: number; readonly size: number };
    /** `[x, update, counters]`: `x` with the rows from `counters[element]` on (clamped to fit) replaced. */
    dynamicUpdateSlice: { readonly element: number };

    iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType };
    constant: { readonly shape: Shape; readonly dtype: DType; readonly data: TypedArray };
    /**
     * `[counter]`, int32 `[2]` of seed and step: Philox 4x32-10 bits with key `(seed, path)` and counter
     * `(element / 4, step, 0, 0)`, as int32.
     */
    randomBits: { readonly shape: Shape; readonly path: number };

    /**
     * A loop of `length` steps. Inputs: `carries` initial values, then `scanned` arrays cut along axis 0, then what
     * the body reads unchanged. Body inputs: the same with scanned arrays cut; body outputs: the next carried values,
     * then what is stacked. Outputs: the last carried values, then the stacked arrays `[length, ...]`. With `reverse`
     * the steps go from the last index to the first, also in the stacked outputs.
     */
    scan: {
      readonly body: Body;
      readonly length: number;
      readonly carries: number;
      readonly scanned: number;
      readonly reverse: boolean;
    };

    /**
     * `[logits (rows, classes), labels (rows) int32]` -> `[loss (rows), gradient (rows, classes)]`: minus the log of
     * softmax at the label, and its derivative by the logits. A label outside of the classes gives loss 0, gradient 0.
     */
    softmaxCrossEntropy: None;

    /**
     * The optimizers' updates of one variable. Inputs: the variable, its gradient and its slots, all of one shape, then the
     * step's rate, of shape `[]`. Outputs: the variable and its slots.
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
     * An op applied `count` times, made by a pass. Inputs: `count` first operands, then `count` second operands ...;
     * outputs likewise.
     */
    foreach: { readonly count: number; readonly each: CallOf<Body> };
  };

/** The name of a primitive op. */
export type OpName = keyof AttrsOf<never>;

/** The ops whose attributes have the fields of `Fields`. */
type NamesWith<Fields> = { [K in OpName]: AttrsOf<never>[K] extends Fields ? K : never }[OpName];

/** An op with its attributes, whatever it is applied to. */
export type CallOf<Body> = { [K in OpName]: { readonly op: K; readonly attrs: AttrsOf<Body>[K] } }[OpName];

/** The ops that may run an elementwise program on their result: see `matmul`. */
export type EpilogueName = NamesWith<{ readonly epilogue: ElementwiseProgram | null }>;
/** The ops that are a constant: see `constant`. */
export type ConstantName = NamesWith<{ readonly data: TypedArray }>;
/** The op that is an elementwise program: see `fused`. */
export type ProgramName = NamesWith<{ readonly program: ElementwiseProgram }>;
/** The op that repeats another: see `foreach`. */
export type ForeachName = NamesWith<{ readonly each: unknown }>;
/** The ops that run a body again and again: see `scan`. */
export type LoopName = NamesWith<{ readonly body: unknown }>;
