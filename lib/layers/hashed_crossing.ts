// HashedCrossing: features that belong together as bins. https://keras.io/api/layers/preprocessing_layers/categorical/hashed_crossing/
import { shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { DTypePolicy } from "../dtype_policy.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, positional, withFacts } from "../options.ts";
import { formatShape, sameShape, type SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import type { DataLike, HostArray } from "../tensor/strings.ts";
import type { SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bucketOfCross } from "../text/buckets.ts";
import { encodeCategories, noSparse, outputMode } from "./category_encoding.ts";
import { binsDType, type HashingOptions, nameDType } from "./hashing.ts";
import type { LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { PreparingLayer, takenAs } from "./preparing.ts";

/** Options of {@linkcode HashedCrossing}. */
export interface HashedCrossingOptions extends Pick<HashingOptions, "name" | "dtype" | "trainable"> {
  /** `"int"` (the default) for the bins' indices, or `"one_hot"` for a vector of each. */
  outputMode?: "int" | "one_hot";
}

const hashedCrossingOptions = optionTable<HashedCrossingOptions>()({
  numBins: positional(positiveInteger()),
  outputMode: outputMode(["int", "one_hot"], "int"),
  sparse: noSparse,
  ...layerOptions,
  trainable: withFacts(layerOptions.trainable, { written: "never" }),
  dtype: binsDType,
});

/** The options, checked and completed. */
export interface HashedCrossing
  extends
    LayerFields<Omit<HashedCrossingOptions, "dtype">, Pick<typeof hashedCrossingOptions, "numBins" | "outputMode">> {}

/**
 * Several features, each texts or integers of shape `[batch]` or `[batch, 1]`, as bins of their combinations: from 0 to
 * `numBins - 1`, int32, by hashes that are TensorFlow's. Called on data it gives a tensor at once. In a model it is
 * applied to `Input`s, or to what other layers that prepare data make of these, and runs on the host before the program.
 *
 * @example
 * ```ts
 * import { layers } from "./mod.ts";
 * const crossing = new layers.HashedCrossing(5);
 * console.log(crossing.apply([["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102]]).toArray()); // [ 1, 4, 1, 1, 3 ]
 * ```
 */
export class HashedCrossing extends PreparingLayer {
  static {
    declareMethods(this, {
      build: { verb: "build", takes: { inputShape: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShape: shapes } },
    });
    declareOptions(this, hashedCrossingOptions);
  }
  readonly takes = "texts or integers";
  override readonly dtypePolicy = new DTypePolicy("float32");
  /** The dtype that files name. */
  declare namedDType: string | null;

  /**
   * Takes the number of bins. Throws {@linkcode ValueError} unless it is a positive integer. Defaults:
   * `outputMode: "int"`.
   */
  constructor(numBins: number, options: HashedCrossingOptions = {}) {
    super(options as LayerOptions, { numBins });
    nameDType(this);
  }

  /** The bins of features: nested lists or tensors, of equal shapes. */
  override apply(x: readonly DataLike[]): Tensor;
  /** Applies the layer to symbolic tensors: it becomes a node of the models made from its output. */
  override apply(x: readonly SymbolicTensor[]): SymbolicTensor;
  override apply(x: never, context?: never): never;
  override apply(x: unknown): unknown {
    return super.apply(x as never);
  }

  /** The features as arrays of equal shapes. */
  override take(x: unknown): Structure<HostArray> {
    if (!Array.isArray(x)) this.#refuse(describe(x));
    return (x as unknown[]).map((item, i) => takenAs(this.takes, item, `Cannot call "${this.name}"`, `x[${i}]`));
  }

  /** Throws {@linkcode ValueError} or {@linkcode ShapeError} unless there are several features of one shape. */
  #check(given: readonly SymbolicShape[]): void {
    if (given.length < 2) this.#refuse(given.length === 1 ? "one" : "none");
    const [first] = given;
    const isFit = first.length < 2 || (first.length === 2 && first[1] === 1);
    if (isFit && given.every((shape) => sameShape(shape as number[], first as number[]))) return;
    throw new ShapeError({
      what: `Cannot call "${this.name}"`,
      rule: "features must have one shape: [batch] or [batch, 1]",
      received: given.map(formatShape).join(" and "),
      hint: "reshape them",
    });
  }

  #refuse(received: string): never {
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "it takes a list of at least two features",
      received,
      hint: "write it as in apply([first, second])",
    });
  }

  /** The bins of combinations. */
  override prepare(x: Structure<HostArray>): Tensor {
    const features = flatten(this.take(x));
    this.#check(features.map(({ shape }) => shape));
    const [{ shape, size }] = features;
    const bins = Int32Array.from(
      { length: size },
      (_, i) => bucketOfCross(features.map(({ data }) => data[i]), this.numBins),
    );
    return new Tensor(shape, "int32", bins);
  }

  /** Shape and dtype of the bins. */
  protected override preparedSpec(inputs: readonly TensorSpec[]): TensorSpec {
    this.#check(inputs.map(({ shape }) => shape));
    return super.preparedSpec(inputs);
  }

  /** Bins as the output: themselves, or vectors. */
  protected override encode(x: Value): Value {
    return this.outputMode === "int" ? x : encodeCategories(x, this.outputMode, this.numBins);
  }
}
