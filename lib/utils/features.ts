// Feature and Cross: what a FeatureSpace makes of columns, and its layers that have Keras's names in files alone.
import { object, operands, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import type { InputDType } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { Layer } from "../layers/layer.ts";
import { concat } from "../ops/primitives.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import { isListOf } from "../shape.ts";
import { declareClasses } from "../registry.ts";
import { deserializeObject, readNodesOf } from "../saving/deserialize.ts";
import type { Structure } from "../structure.ts";

const module = "keras.src.layers.preprocessing.feature_space";

/** How a feature enters the vector: as numbers, as an index, or as a vector of it. */
export type FeatureMode = "float" | "int" | "one_hot";

/** A feature: the dtype of its column, the layer that prepares it, and how it enters the vector. */
export class Feature {
  /** Takes dtype, layer and mode. */
  constructor(readonly dtype: InputDType, readonly preprocessor: Layer, readonly outputMode: FeatureMode) {
    checkedMode(outputMode, ["int", "one_hot", "float"], "Feature");
    if (preprocessor instanceof Layer) return;
    throw new ValueError({
      what: "Cannot make Feature",
      rule: "preprocessor must be a layer",
      received: describe(preprocessor),
      hint: "write it as in FeatureSpace.feature({ dtype, preprocessor: new layers.Rescaling(2), outputMode })",
    });
  }

  /** The feature as Keras's config has it. */
  serialize(): ConfigValue {
    const { dtype, preprocessor, outputMode } = this;
    return nodeOf("Feature", { dtype, preprocessor: preprocessor.serialize(), output_mode: outputMode });
  }
}

/** Features that count together: each combination of their values has a bin of its own, up to the hash. */
export class Cross {
  /** Takes the names of the features, the number of bins, and how bins enter the vector. */
  constructor(
    readonly featureNames: readonly string[],
    readonly crossingDim: number,
    readonly outputMode: Exclude<FeatureMode, "float"> = "one_hot",
  ) {
    checkedMode(outputMode, ["int", "one_hot"], "Cross");
    checkPositiveInteger("Cross", "crossingDim", crossingDim);
    if (isListOf(featureNames, (name) => typeof name === "string")) return;
    throw new ValueError({
      what: "Cannot make Cross",
      rule: "featureNames must be a list of names",
      received: describe(featureNames),
      hint: 'write it as in FeatureSpace.cross(["job", "floor"], 8)',
    });
  }

  /** The name of the crossed feature. */
  get name(): string {
    return this.featureNames.join("_X_");
  }

  /** The cross as Keras's config has it. */
  serialize(): ConfigValue {
    const { featureNames, crossingDim, outputMode } = this;
    return nodeOf("Cross", { feature_names: featureNames, crossing_dim: crossingDim, output_mode: outputMode });
  }
}

function nodeOf(className: string, config: Config): ConfigValue {
  return { module, class_name: className, config, registered_name: className };
}

function checkedMode(given: unknown, modes: readonly string[], where: string): void {
  if (modes.includes(given as string)) return;
  throw new ValueError({
    what: `Cannot make ${where}`,
    rule: `outputMode must be ${modes.map(describe).join(" or ")}`,
    received: describe(given),
    hint: "choose one of them",
  });
}

/** Passes on a column as it is, under the name of its class in Keras's files. */
export class TFDIdentity extends Layer {
  /** The unchanged column. */
  call(x: Value): Value {
    return x;
  }
}

/** Joins features, under the name of its class in Keras's files. */
export class TFDConcat extends Layer {
  static {
    declareMethods(this, {
      build: { verb: "build", takes: { inputShape: shapes } },
      call: { verb: "call", takes: { x: operands, context: object } },
    });
  }
  /** The features side by side. */
  call(xs: Structure<Value>): Value {
    return concat(xs as readonly Value[], -1);
  }
}

declareClasses(module, { TFDIdentity }, "TFDIdentity");
declareClasses(module, { TFDConcat }, "TFDConcat");

readNodesOf("TFDIdentity", ({ config }) => new TFDIdentity({ name: config.name as string }));
readNodesOf("Feature", ({ config }, path, shared) => {
  const own = path.at("config").object(config);
  const preprocessor = deserializeObject(own.preprocessor, "layer", shared, path.at("config").at("preprocessor"));
  return path.within(() => new Feature(own.dtype as InputDType, preprocessor as Layer, own.output_mode as FeatureMode));
});
readNodesOf("Cross", ({ config }, path) => {
  const { feature_names: names, crossing_dim: dim, output_mode: mode } = path.at("config").object(config);
  const list = path.at("config").at("feature_names").list(names).map(String);
  return path.within(() => new Cross(list, dim as number, mode as "int"));
});
