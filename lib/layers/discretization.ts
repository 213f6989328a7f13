// Discretization: numbers as the bins that they fall into. https://keras.io/api/layers/preprocessing_layers/numerical/discretization/
import { describeList, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { cast, less, reshape, subtract, sum } from "../ops/primitives.ts";
import { integerAtLeast, isList, isNumber, number } from "../option_kinds.ts";
import { declareOptions, nullable, option, optionTable, withFacts } from "../options.ts";
import { type Tensor, tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import {
  adapt,
  type AdaptOptions,
  type AsyncDataBatches,
  type DataBatches,
  declareLearner,
  type Learner,
} from "./adapting.ts";
import { encodeCategories, noSparse, outputMode, type VectorMode } from "./category_encoding.ts";
import type { LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { noteChange, PreparingLayer } from "./preparing.ts";
import { boundariesOf, merged, type Summary, summaryOf } from "./quantiles.ts";

/** Options of {@linkcode Discretization}. */
export interface DiscretizationOptions extends LayerOptions {
  /** The edges between bins, ascending; those of `adapt` by default. A number on an edge is in the bin above it. */
  binBoundaries?: readonly number[] | null;
  /** The number of bins that `adapt` makes, for as many numbers in each. */
  numBins?: number | null;
  /** How far the shares of `adapt` may be off, for data in batches: 0.01 by default. */
  epsilon?: number;
  /** `"int"` (the default) for the bins' indices, or vectors as {@linkcode CategoryEncoding} makes them. */
  outputMode?: "int" | VectorMode;
}

const boundaries = nullable(option<readonly number[]>({
  read: (given, { whatNamed, option }) => {
    if (isList(given, isNumber) && given.every((edge, i) => i === 0 || edge >= given[i - 1])) return [...given];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a list of numbers, in ascending order`,
      received: describeList(given),
      hint: "write it as in binBoundaries: [0, 1, 10]",
    });
  },
}));

const discretizationOptions = optionTable<DiscretizationOptions>()({
  binBoundaries: boundaries,
  numBins: nullable(integerAtLeast(1)),
  epsilon: number(0.01, { min: 1e-6, max: 1 }),
  outputMode: outputMode(["int", "one_hot", "multi_hot", "count"], "int"),
  sparse: noSparse,
  ...layerOptions,
  trainable: withFacts(layerOptions.trainable, { written: "never" }),
  dtype: withFacts(layerOptions.dtype, { write: ({ name }) => name }),
});

/** The options, checked and completed. */
export interface Discretization extends LayerFields<DiscretizationOptions, typeof discretizationOptions> {
  /** The edges between bins: those given, or those that `adapt` found. */
  readonly binBoundaries: readonly number[] | null;
}

/**
 * The index of the bin of each number, int32, or vectors of these. The edges are given, or `adapt` chooses them so that
 * bins have equal shares of the data. Called on data it gives a tensor at once.
 *
 * @example Three bins by two edges
 * ```ts
 * import { layers } from "./mod.ts";
 * const bins = new layers.Discretization({ binBoundaries: [0, 10] });
 * console.log(bins.apply([[-5, 0], [3, 12]]).toArray()); // [ [ 0, 1 ], [ 1, 2 ] ]
 * ```
 *
 * @example Edges from data
 * ```ts
 * import { layers } from "./mod.ts";
 * const bins = new layers.Discretization({ numBins: 2 });
 * bins.adapt([1, 2, 3, 4]);
 * console.log(bins.binBoundaries); // [ 2 ]
 * ```
 */
export class Discretization extends PreparingLayer {
  static {
    declareOptions(this, discretizationOptions);
    declareLearner(this, (layer: Discretization, what) => layer.#learner(what));
  }
  readonly takes = "numbers";

  /**
   * Takes the options. Throws {@linkcode ValueError} unless edges or a number of bins are given. Defaults:
   * `binBoundaries: null`, `numBins: null`, `epsilon: 0.01`, `outputMode: "int"`.
   */
  constructor(options: DiscretizationOptions = {}) {
    super(options);
    if (this.binBoundaries !== null || this.numBins !== null) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: "binBoundaries or numBins must be given",
      received: "neither",
      hint: "give the edges, or numBins and call adapt(data)",
    });
  }

  /**
   * Chooses the edges from data: a tensor, nested arrays, or batches of these. Throws {@linkcode StateError} if the
   * layer has edges of its own, and {@linkcode ValueError} for data that is not of numbers.
   */
  adapt(data: TensorLike | DataBatches<TensorLike>, options?: AdaptOptions): void;
  /** Chooses the edges from batches that come asynchronously. */
  adapt(data: AsyncDataBatches, options?: AdaptOptions): Promise<void>;
  adapt(data: unknown, options: AdaptOptions = {}): void | Promise<void> {
    return adapt(this, data, options);
  }

  #learner(what: string): Learner<Tensor> {
    const { numBins } = this;
    if (numBins === null) {
      throw new StateError({
        what,
        rule: "its edges were given when it was made",
        received: "no numBins",
        hint: "give numBins in place of binBoundaries",
      });
    }
    let summary: Summary = { values: new Float32Array(), weights: new Float32Array() };
    return {
      read: (batch, name) => toTensor(batch as TensorLike, what, name, "float32"),
      add: ({ data }) => void (summary = merged(summaryOf(data, this.epsilon), summary, this.epsilon)),
      end: () => {
        if (summary.values.length === 0) {
          throw new ValueError({
            what,
            rule: "there must be data",
            received: "none",
            hint: "give at least one number",
          });
        }
        const found = boundariesOf(summary, numBins);
        this.#requireSameDepth(found.length, what);
        return () => {
          (this as { binBoundaries: readonly number[] }).binBoundaries = found;
          noteChange(this);
        };
      },
    };
  }

  /** Vectors of another length would not fit what comes after the layer. */
  #requireSameDepth(edges: number, what: string): void {
    if (this.outputMode === "int" || !this.built || !this.binBoundaries || this.binBoundaries.length === edges) return;
    throw new StateError({
      what,
      rule: `the layer was used with ${this.binBoundaries.length + 1} bins, and its vectors cannot change`,
      received: `data for ${edges + 1}`,
      hint: "adapt it before it is used, or make a new layer",
    });
  }

  /** The bins of the numbers. Throws {@linkcode StateError} before there are edges. */
  protected override compute(x: Value): Value {
    const edges = this.binBoundaries;
    if (!edges) {
      throw new StateError({
        what: `Cannot call "${this.name}"`,
        rule: "it has no edges of bins yet",
        received: "numBins alone",
        hint: "call adapt(data) first, or give binBoundaries",
      });
    }
    const bins = this.#binsOf(cast(x, "float32"), edges);
    return this.outputMode === "int" ? bins : encodeCategories(bins, this.outputMode, edges.length + 1);
  }

  /** How many edges are not above a number: NaN is in the last bin, as in Keras. */
  #binsOf(x: Value, edges: readonly number[]): Value {
    if (edges.length === 0) return cast(less(x, -Infinity), "int32");
    const above = less(reshape(x, [...x.shape, 1]), tensor(edges));
    return subtract(edges.length, sum(cast(above, "int32"), -1));
  }
}
