// FeatureSpace: columns of a table as vectors. https://keras.io/api/utils/feature_space/
import { describe, didYouMean, StateError, ValueError } from "../errors.ts";
import type { InputDType } from "../dtype.ts";
import type { Value } from "../ir/value.ts";
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { autoName } from "../auto_names.ts";
import { type AsyncDataBatches, learnerOf, learnFrom } from "../layers/adapting.ts";
import type { CategoryEncoding } from "../layers/category_encoding.ts";
import { Discretization } from "../layers/discretization.ts";
import { HashedCrossing } from "../layers/hashed_crossing.ts";
import { Hashing } from "../layers/hashing.ts";
import { IndexLookup } from "../layers/index_lookup.ts";
import { Input } from "../layers/input.ts";
import { IntegerLookup } from "../layers/integer_lookup.ts";
import type { Layer } from "../layers/layer.ts";
import { layerOptions } from "../layers/options.ts";
import { Normalization, Rescaling } from "../layers/preprocessing.ts";
import { StringLookup } from "../layers/string_lookup.ts";
import { choice, positiveInteger, uncheckedHere } from "../option_kinds.ts";
import { optionsOf } from "../ops/lift.ts";
import { declareOptions, nullable, optionTable, withFactsOfAll } from "../options.ts";
import { deserializeObject, readNodesOf } from "../saving/deserialize.ts";
import type { SymbolicShape } from "../shape.ts";
import { isNamed, mapStructure, type Structure } from "../structure.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";
import { FunctionalGraph } from "../models/graph.ts";
import { batchesOfColumn, type Columns, tables } from "./feature_columns.ts";
import { encodedFeatures } from "./feature_encoding.ts";
import { Cross, Feature, type FeatureMode, TFDConcat, TFDIdentity } from "./features.ts";
import { Model } from "../models/model.ts";

/** The names of features that {@linkcode FeatureSpace} makes with their usual arguments. */
export type FeatureKind =
  | "float"
  | "float_normalized"
  | "float_rescaled"
  | "float_discretized"
  | "integer_categorical"
  | "string_categorical"
  | "integer_hashed"
  | "string_hashed";

/** Options of {@linkcode FeatureSpace}. */
export interface FeatureSpaceOptions {
  /** The features by the names of their columns: by kind, or as the functions of the class make them. */
  features: Readonly<Record<string, FeatureKind | Feature>>;
  /** `"concat"` (the default) for one vector of all features, or `"dict"` for each by its name. */
  outputMode?: "concat" | "dict";
  /** Features that count together: lists of names, or as {@linkcode FeatureSpace.cross} makes them. */
  crosses?: readonly (readonly string[] | Cross)[] | null;
  /** The number of bins of crosses that are lists of names; 32 by default. */
  crossingDim?: number;
  /** The number of bins of hashed features that are given by kind; 32 by default. */
  hashingDim?: number;
  /** The number of bins of `"float_discretized"`; 32 by default. */
  numDiscretizationBins?: number;
  /** The name in messages; made from the class by default. */
  name?: string | null;
}

/** Arguments of features of categories. */
export interface CategoricalOptions {
  /** The most entries of the vocabulary. */
  maxTokens?: number | null;
  /** The number of indices for what is not in it; 1 by default. */
  numOovIndices?: number;
  /** How the feature enters the vector; `"one_hot"` by default. */
  outputMode?: FeatureMode;
  /** The beginning of the layer's name. */
  name?: string;
}

const featureSpaceOptions = optionTable<FeatureSpaceOptions>()({
  ...withFactsOfAll(layerOptions, { offered: false, written: "never" }),
  name: layerOptions.name,
  features: uncheckedHere<FeatureSpaceOptions["features"]>(),
  outputMode: choice(["concat", "dict"], "concat"),
  crosses: nullable(uncheckedHere<NonNullable<FeatureSpaceOptions["crosses"]>>()),
  crossingDim: positiveInteger(32),
  hashingDim: positiveInteger(32),
  numDiscretizationBins: positiveInteger(32),
});

function nameFor(given: unknown, kind: string): string {
  if (given === undefined || typeof given === "string") return `${given ?? autoName(kind)}_preprocessor`;
  throw new ValueError({
    what: "Cannot make Feature",
    rule: "name must be a text",
    received: describe(given),
    hint: "leave it out",
  });
}

/** Gives a space of a config what a file holds of its layers. */
let spaceOfConfig: (options: FeatureSpaceOptions) => FeatureSpace;

/**
 * Columns of a table, of numbers, categories and texts, as vectors: each column is normalized, looked up or hashed by a
 * layer of its own, and features may be crossed. It is a model: `adapt` it to data, then `predict` gives the vectors, and
 * `getInputs` and `getEncodedFeatures` are the beginning of models that are trained on them.
 *
 * @example A table of three columns
 * ```ts
 * import { utils } from "./mod.ts";
 * const space = new utils.FeatureSpace({
 *   features: { age: "float_normalized", job: "string_categorical", floor: utils.FeatureSpace.integerHashed(4) },
 *   crosses: [["job", "floor"]],
 *   crossingDim: 8,
 * });
 * const people = { age: [20, 40], job: ["cook", "nurse"], floor: [1, 2] };
 * space.adapt(people);
 * console.log(space.outputShape); // [ null, 16 ]
 * const vectors = await space.predict(people, { verbose: 0 });
 * ```
 *
 * @example A model on top
 * ```ts
 * import { layers, Model, utils } from "./mod.ts";
 * const space = new utils.FeatureSpace({ features: { job: "string_categorical" } });
 * space.adapt({ job: ["cook", "nurse"] });
 * const outputs = new layers.Dense(1).apply(space.getEncodedFeatures());
 * const model = new Model({ inputs: space.getInputs(), outputs });
 * console.log(model.outputShape); // [ null, 1 ]
 * ```
 */
export class FeatureSpace extends Model<Structure<SymbolicTensor>, Structure<SymbolicTensor>> {
  static {
    declareOptions(this, featureSpaceOptions);
    spaceOfConfig = (options) => {
      const space = new FeatureSpace(options);
      for (const layer of Object.values(space.preprocessors)) layer.ensureBuilt([null, 1]);
      space.#adapted = true;
      return space;
    };
  }
  /** The features by the names of their columns. */
  readonly features: Readonly<Record<string, Feature>>;
  /** The crossed features. */
  readonly crosses: readonly Cross[];
  /** Whether the features are one vector, or each has its own. */
  declare readonly outputMode: "concat" | "dict";
  /** The number of bins of crosses that are lists of names. */
  declare readonly crossingDim: number;
  /** The number of bins of hashed features that are given by kind. */
  declare readonly hashingDim: number;
  /** The number of bins of `"float_discretized"`. */
  declare readonly numDiscretizationBins: number;
  /** The layer of each feature. */
  readonly preprocessors: Readonly<Record<string, Layer>>;
  /** The layer of each cross. */
  readonly crossers: Readonly<Record<string, HashedCrossing>>;
  /** The layers that make vectors of indices, by feature; empty before the features are adapted. */
  readonly oneHotEncoders: Record<string, CategoryEncoding> = {};
  /** What joins the vectors. */
  readonly concat: Layer = new TFDConcat({ name: autoName("TFDConcat") });
  readonly #columns: Readonly<Record<string, SymbolicTensor>>;
  #adapted = false;
  #features: FunctionalGraph | undefined;

  /** Takes the features. Throws {@linkcode ValueError} for an unknown kind, and for crosses of unknown features. */
  constructor(options: FeatureSpaceOptions) {
    super(options as object);
    const { features, crosses }: Partial<FeatureSpaceOptions> = optionsOf(options);
    const what = `Cannot make "${this.name}"`;
    if (!isNamed(features) || Object.keys(features).length === 0) {
      throw new ValueError({
        what,
        rule: "features must be an object of features by the names of their columns",
        received: describe(features),
        hint: 'write it as in features: { age: "float" }',
      });
    }
    const given = Object.entries(features as FeatureSpaceOptions["features"]);
    this.features = Object.fromEntries(given.map(([name, of]) => [name, this.#featureOf(name, of, what)]));
    this.crosses = (crosses ?? []).map((cross) => this.#crossOf(cross, what));
    const byFeature = <T>(of: (feature: Feature, name: string) => T) =>
      Object.fromEntries(Object.entries(this.features).map(([name, feature]) => [name, of(feature, name)]));
    this.preprocessors = byFeature(({ preprocessor }) => preprocessor);
    this.#columns = byFeature(({ dtype }, name) => Input({ shape: [1], dtype, name }));
    this.crossers = Object.fromEntries(
      this.crosses.map(({ name, crossingDim }) => [name, new HashedCrossing(crossingDim, { name })]),
    );
  }

  #featureOf(name: string, given: FeatureKind | Feature, what: string): Feature {
    if (given instanceof Feature) return given;
    const { hashingDim, numDiscretizationBins: numBins } = this;
    const kinds: Record<FeatureKind, () => Feature> = {
      float: () => FeatureSpace.float({ name }),
      float_normalized: () => FeatureSpace.floatNormalized({ name }),
      float_rescaled: () => FeatureSpace.floatRescaled({ name }),
      float_discretized: () => FeatureSpace.floatDiscretized(numBins, { name }),
      integer_categorical: () => FeatureSpace.integerCategorical({ name }),
      string_categorical: () => FeatureSpace.stringCategorical({ name }),
      integer_hashed: () => FeatureSpace.integerHashed(hashingDim, { name }),
      string_hashed: () => FeatureSpace.stringHashed(hashingDim, { name }),
    };
    if (Object.hasOwn(kinds, given)) return kinds[given]();
    const near = typeof given === "string" ? didYouMean(given, Object.keys(kinds)) : undefined;
    throw new ValueError({
      what,
      rule: `the kind of "${name}" must be one of ${Object.keys(kinds).map(describe).join(", ")}`,
      received: describe(given),
      hint: near ? `did you mean "${near}"?` : "choose one of them, or make it with FeatureSpace.feature",
    });
  }

  #crossOf(given: readonly string[] | Cross, what: string): Cross {
    const names = given instanceof Cross ? given.featureNames : given;
    const unknown = Array.isArray(names) ? names.find((name) => !Object.hasOwn(this.features, name)) : given;
    if (unknown !== undefined || names.length < 2) {
      throw new ValueError({
        what,
        rule: "a cross must be a list of at least two names of features",
        received: describe(unknown ?? names),
        hint: `choose among ${Object.keys(this.features).map(describe).join(", ")}`,
      });
    }
    return given instanceof Cross ? given : new Cross([...names], this.crossingDim);
  }

  /** A feature of a layer of your own: the dtype of the column, the layer, and how its output enters the vector. */
  static feature(of: { dtype: InputDType; preprocessor: Layer; outputMode: FeatureMode }): Feature {
    return new Feature(of?.dtype, of?.preprocessor, of?.outputMode);
  }

  /** Features that count together, as bins of their combinations. */
  static cross(featureNames: readonly string[], crossingDim: number, outputMode?: "int" | "one_hot"): Cross {
    return new Cross(featureNames, crossingDim, outputMode);
  }

  /** Numbers as they are. */
  static float(options: { name?: string } = {}): Feature {
    const { name } = optionsOf(options);
    return new Feature("float32", new TFDIdentity({ name: nameFor(name, "float") }), "float");
  }

  /** Numbers times a factor, plus an offset. */
  static floatRescaled(options: { scale?: number; offset?: number; name?: string } = {}): Feature {
    const { scale = 1, offset = 0, name } = optionsOf(options);
    return new Feature("float32", new Rescaling(scale, { offset, name: nameFor(name, "float_rescaled") }), "float");
  }

  /** Numbers of mean 0 and variance 1, as `adapt` finds them. */
  static floatNormalized(options: { name?: string } = {}): Feature {
    const { name } = optionsOf(options);
    return new Feature("float32", new Normalization({ name: nameFor(name, "float_normalized") }), "float");
  }

  /** Numbers by the bins that they fall into, with edges that are given or that `adapt` finds. */
  static floatDiscretized(
    numBins: number,
    options: { binBoundaries?: readonly number[] | null; outputMode?: FeatureMode; name?: string } = {},
  ): Feature {
    const { binBoundaries = null, outputMode = "one_hot", name } = optionsOf(options);
    const preprocessor = new Discretization({ numBins, binBoundaries, name: nameFor(name, "float_discretized") });
    return new Feature("float32", preprocessor, outputMode);
  }

  /** Integers by a vocabulary that `adapt` learns. */
  static integerCategorical(given: CategoricalOptions = {}): Feature {
    const { maxTokens = null, numOovIndices = 1, outputMode = "one_hot", name } = optionsOf(given);
    const options = { maxTokens, numOovIndices, name: nameFor(name, "integer_categorical") };
    return new Feature("int32", new IntegerLookup(options), outputMode);
  }

  /** Texts by a vocabulary that `adapt` learns. */
  static stringCategorical(given: CategoricalOptions = {}): Feature {
    const { maxTokens = null, numOovIndices = 1, outputMode = "one_hot", name } = optionsOf(given);
    const options = { maxTokens, numOovIndices, name: nameFor(name, "string_categorical") };
    return new Feature("string", new StringLookup(options), outputMode);
  }

  /** Texts by the bins of their hashes. */
  static stringHashed(
    numBins: number,
    options: { outputMode?: FeatureMode; name?: string } = {},
  ): Feature {
    const { outputMode = "one_hot", name } = optionsOf(options);
    return new Feature("string", new Hashing(numBins, { name: nameFor(name, "string_hashed") }), outputMode);
  }

  /** Integers by the bins of their hashes. */
  static integerHashed(
    numBins: number,
    options: { outputMode?: FeatureMode; name?: string } = {},
  ): Feature {
    const { outputMode = "one_hot", name } = optionsOf(options);
    return new Feature("int32", new Hashing(numBins, { name: nameFor(name, "integer_hashed") }), outputMode);
  }

  /** The layers that have something to learn, by feature. */
  get #learning(): [name: string, layer: Layer][] {
    const learns = (layer: Layer) => {
      if (layer instanceof Normalization) return layer.inputMean === null;
      if (layer instanceof Discretization) return layer.numBins !== null && layer.binBoundaries === null;
      const given = layer instanceof IndexLookup || "inputVocabulary" in layer ? layer : undefined;
      return "adapt" in layer &&
        ((given as { inputVocabulary?: unknown } | undefined)?.inputVocabulary ?? null) === null;
    };
    return Object.entries(this.preprocessors).filter(([, layer]) => learns(layer));
  }

  /**
   * Lets the layers of the features learn from a table: columns by name, or batches of these. Throws {@linkcode
   * ValueError} for columns that are missing or do not suit.
   */
  adapt(data: Columns | Iterable<Columns>): void;
  /** Lets the layers of the features learn from batches that come asynchronously. */
  adapt(data: AsyncDataBatches<Columns>): Promise<void>;
  adapt(data: unknown): void | Promise<void> {
    const what = `Cannot adapt "${this.name}"`;
    const learning = this.#learning.map(([name, layer]) => ({ name, learner: learnerOf(layer, what)! }));
    return learnFrom(data, what, {}, {
      read: (table) => table as Columns,
      add: (table) => {
        for (const { name, learner } of learning) {
          for (const batch of batchesOfColumn(table, name, what)) learner.add(learner.read(batch, "a batch"));
        }
      },
      end: () => {
        const keep = learning.map(({ learner }) => learner.end());
        return () => {
          for (const each of keep) each();
          this.forgetPrograms();
          this.#features = undefined;
          this.#adapted = true;
        };
      },
    }, tables);
  }

  /** Whether the features are ready: none has anything to learn, or `adapt` was called. */
  override get built(): boolean {
    return this.#adapted || this.#learning.length === 0;
  }

  /** The inputs, one for each column. */
  getInputs(): Readonly<Record<string, SymbolicTensor>> {
    return this.#columns;
  }

  /** The features as symbolic tensors: one of all, or each by name. Throws {@linkcode StateError} before `adapt`. */
  getEncodedFeatures(): SymbolicTensor {
    return this.graph!.output as SymbolicTensor;
  }

  /** The features as a model's graph. */
  protected override get graph(): FunctionalGraph | undefined {
    const what = `Cannot use "${this.name}"`;
    if (!this.built) {
      throw new StateError({
        what,
        rule: "its features must learn from data first",
        received: this.#learning.map(([name]) => describe(name)).join(", "),
        hint: "call adapt(data)",
      });
    }
    return this.#features ??= new FunctionalGraph(this.#columns, encodedFeatures(this, this.#columns, what), what);
  }

  /** The features of a batch. */
  override call(x: Structure<Value>): Structure<Value> {
    return this.graph!.run(x, `Cannot call "${this.name}"`);
  }

  /** The shapes of the columns. */
  override get inputShape(): Structure<SymbolicShape> | undefined {
    return mapStructure<SymbolicTensor, SymbolicShape>(this.#columns, ({ shape }) => shape);
  }

  /** The shape of the vectors, the rows first. */
  override get outputShape(): Structure<SymbolicShape> | undefined {
    return this.built ? mapStructure(this.graph!.output, ({ shape }) => shape) : undefined;
  }

  /** The shape of the vectors. */
  override buildFor(_inputShape: Structure<SymbolicShape>): Structure<SymbolicShape> {
    return mapStructure(this.graph!.output, ({ shape }) => shape);
  }

  /** The layers of the features. */
  override get sublayers(): readonly Layer[] {
    const { preprocessors, crossers, oneHotEncoders, concat } = this;
    if (preprocessors === undefined) return [];
    return [preprocessors, crossers, oneHotEncoders].flatMap<Layer>((layers) => Object.values(layers)).concat(concat);
  }

  /** The features and crosses as Keras's config. */
  override getConfig(): Config {
    return {
      features: Object.fromEntries(Object.entries(this.features).map(([name, of]) => [name, of.serialize()])),
      output_mode: this.outputMode,
      crosses: this.crosses.map((cross) => cross.serialize()),
      crossing_dim: this.crossingDim,
      hashing_dim: this.hashingDim,
      num_discretization_bins: this.numDiscretizationBins,
    };
  }

  /** The features as Keras's files have them. */
  override serialize(): ObjectNode {
    const node = { module: "keras.utils", class_name: "FeatureSpace", config: this.getConfig(), registered_name: null };
    if (!this.built) return node;
    const builds = Object.entries(this.preprocessors).map((
      [name, layer],
    ): [string, ConfigValue] => [name, layer instanceof IndexLookup ? {} : { input_shape: [null, 1] }]);
    return { ...node, ...{ build_config: Object.fromEntries(builds) } };
  }
}

readNodesOf("FeatureSpace", ({ config }, path, shared) => {
  const at = path.at("config");
  const read = (key: string) => deserializeObject(at.object(config)[key] ?? null, key, shared, at.at(key)) as never;
  return at.within(() =>
    spaceOfConfig({
      features: read("features"),
      crosses: read("crosses"),
      outputMode: read("output_mode"),
      crossingDim: read("crossing_dim"),
      hashingDim: read("hashing_dim"),
      numDiscretizationBins: read("num_discretization_bins"),
    })
  );
});
