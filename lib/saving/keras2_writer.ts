// Configs of Keras 3 as Keras 2 writes them, which both read in `.h5` files.
import { describe, ValueError } from "../errors.ts";
import { type Config, type ConfigValue, isNode, type ObjectNode } from "../json_config.ts";
import { isNamed } from "../structure.ts";
import { canonicalLosses } from "../losses/resolve.ts";

/** Keys that Keras 2 does not know, and the values at which they say nothing and are left out. */
const unset: Config = {
  quantization_config: null,
  lora_rank: null,
  lora_alpha: null,
  optional: false,
  input_axes: null,
  output_axes: null,
  rms_scaling: false,
  loss_scale_factor: null,
  gradient_accumulation_steps: null,
};

/** What may be left out of layers on images. */
const imageUnset: Config = {
  data_format: "channels_last",
  pad_to_aspect_ratio: false,
  antialias: false,
};

/** Classes and functions that came with Keras 3. */
const newNames = new Set([
  "RMSNormalization",
  "Lamb",
  ...["CTC", "CategoricalGeneralizedCrossEntropy", "Circle", "Dice", "Tversky"],
  ...["ctc", "categorical_generalized_cross_entropy", "circle", "dice", "tversky"],
  ...["ConcordanceCorrelation", "PearsonCorrelation", "concordance_correlation", "pearson_correlation"],
  "STFT",
]);

/** Further keys of classes. */
const unsetOf: Readonly<Record<string, Config>> = {
  BatchNormalization: { synchronized: false, renorm: false, renorm_clipping: null, renorm_momentum: 0.99 },
  CenterCrop: imageUnset,
  ConvLSTM1D: { seed: null },
  ConvLSTM2D: { seed: null },
  ConvLSTM3D: { seed: null },
  RandomBrightness: imageUnset,
  RandomContrast: { ...imageUnset, value_range: [0, 255] },
  RandomCrop: imageUnset,
  RandomFlip: imageUnset,
  RandomRotation: imageUnset,
  RandomTranslation: imageUnset,
  RandomZoom: imageUnset,
  Resizing: { ...imageUnset, fill_mode: "constant", fill_value: 0 },
  ZeroPadding1D: imageUnset,
};

/** What is named otherwise in the config of a class. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  InputLayer: { batch_shape: "batch_input_shape" },
  LeakyReLU: { negative_slope: "alpha" },
};

const isModel = (node: ObjectNode) => node.class_name === "Functional" || node.class_name === "Sequential";

/**
 * The node of a model in the form of Keras 2. Throws {@linkcode ValueError} for what that form has no place for.
 *
 * @param node the model's node
 * @param defaults by the classes of layers, whether their calls are for training if they do not say so
 * @param what what failed, for errors
 */
export function toKeras2(node: ObjectNode, defaults: ReadonlyMap<string, boolean>, what: string): Config {
  return new Writer(what, defaults).model(node);
}

/** What `compile` was given, in the form of Keras 2. */
export function trainingToKeras2(compiled: Config, what: string): Config {
  const { optimizer, loss, metrics, weighted_metrics, loss_weights } = compiled;
  const writer = new Writer(what, new Map());
  return {
    // Keras 3 reads the names of functions alone here, and Keras 2 those too.
    loss: named(writer.value(loss), (_, fn) => writer.known(fn)),
    metrics: named(writer.value(metrics), namedMetric),
    weighted_metrics: named(writer.value(weighted_metrics), namedMetric),
    loss_weights: writer.value(loss_weights),
    optimizer_config: ownOptimizer(writer.value(optimizer) as Config),
  };
}

/** Without this note Keras 2 makes one of its old optimizers, whose state has another order. */
const ownOptimizer = ({ class_name: className, config }: Config): Config => ({
  class_name: `Custom>${className}`,
  config: { ...config as Config, jit_compile: false, is_legacy_optimizer: false },
});

/** A value of lists and objects in which the names of losses are replaced; `fn` has the name and that of its function. */
function named(value: ConfigValue, replace: (name: string, fn: string) => ConfigValue): ConfigValue {
  if (typeof value === "string") return replace(value, canonicalLosses.get(value) ?? value);
  if (Array.isArray(value)) return value.map((item) => named(item, replace));
  if (!isNamed(value) || isNode(value)) return value;
  return Object.fromEntries(Object.entries(value as Config).map(([key, item]) => [key, named(item, replace)]));
}

/** The mean of a loss under the name that it was asked for by. */
const namedMetric = (name: string, fn: string): ConfigValue =>
  name === fn ? name : { class_name: "MeanMetricWrapper", config: { name, dtype: "float32", fn } };

/** Functions that Keras 2 writes under another name. */
const renamedFunctions: Readonly<Record<string, string>> = { silu: "swish" };

class Writer {
  constructor(readonly what: string, readonly defaults: ReadonlyMap<string, boolean>) {}

  /** The name of a class or a function that Keras 2 has too. */
  known(name: string): string {
    return newNames.has(name) ? this.#refuse(`it has no ${name}`, name) : name;
  }

  model(node: ObjectNode): Config {
    const { class_name: className, config } = node;
    if (className === "Functional") return { class_name: className, config: this.#functional(config) };
    if (className !== "Sequential") {
      return this.#refuse("it has no place for models with a call of their own", className);
    }
    const layers = (config.layers as readonly ConfigValue[]).map((layer) => this.#layer(layer as ObjectNode));
    return { class_name: className, config: { name: config.name, layers } };
  }

  /** A value inside of a config: nodes become those of Keras 2. */
  value(value: ConfigValue | undefined): ConfigValue {
    if (value === undefined) return null;
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (!isNamed(value)) return value;
    if (!isNode(value)) {
      return Object.fromEntries(Object.entries(value as Config).map(([key, item]) => [key, this.value(item)]));
    }
    const { class_name: className, registered_name: registered, config } = value;
    // A function is its name, and a policy that of its dtype.
    if (className === "function") return config as unknown as string;
    if (className === "DTypePolicy") return config.name;
    if (className === "__keras_tensor__") return this.#refuse("it has no place for tensors among options", "a tensor");
    if (className === "Lambda") return this.#refuse("it has no place for functions in layers", "a Lambda");
    const leftOut = { ...unset, ...unsetOf[className] };
    const names = renamed[className] ?? {};
    const kept = Object.entries(config).filter(([key, item]) =>
      !Object.hasOwn(leftOut, key) || JSON.stringify(item) !== JSON.stringify(leftOut[key])
    );
    return {
      class_name: registered?.includes(">") ? registered : this.known(className),
      config: Object.fromEntries(kept.map(([key, item]) => [names[key] ?? key, this.#option(key, item)])),
    };
  }

  #option(key: string, given: ConfigValue): ConfigValue {
    const value = this.value(given);
    const isFunction = typeof value === "string" && /(^|_)activation$/.test(key);
    return isFunction ? renamedFunctions[value] ?? value : value;
  }

  #layer(node: ObjectNode): Config {
    if (isModel(node)) return this.model(node);
    if (node.module?.startsWith("keras.src.ops")) {
      return this.#refuse("it has no place for functions of ops in a model", `the function ${node.class_name}`);
    }
    return this.value(node) as Config;
  }

  #functional({ name, trainable, layers, input_layers, output_layers }: Config): Config {
    const nodes = layers as readonly (ObjectNode & { name: string; inbound_nodes: readonly ConfigValue[] })[];
    const models = new Map(nodes.filter(isModel).map((node) => [node.name, node.class_name]));
    return {
      name,
      trainable,
      layers: nodes.map((node) => ({
        ...this.#layer(node),
        name: node.name,
        inbound_nodes: node.inbound_nodes.map((call) => this.#call(node.class_name, call as Config, models)),
      })),
      input_layers: listOfPlaces(input_layers),
      // Calls of a Functional are counted from 1 here already.
      output_layers: placesIn(listOfPlaces(output_layers), ([layer, call, output]) => [
        layer,
        models.get(layer as string) === "Sequential" ? call as number + 1 : call,
        output,
      ]),
    };
  }

  /** A call as `[[layer, call, output, further arguments], ...]`, with calls of models counted from 1. */
  #call(className: string, { args, kwargs }: Config, models: ReadonlyMap<string, string>): ConfigValue {
    const [inputs, ...others] = args as readonly ConfigValue[];
    // Keras 3 writes the default of training, which Keras 2 would take for what was asked: dropout that never drops.
    const given = Object.entries(kwargs as Config).filter(([key, value]) =>
      value !== null && !(key === "training" && value === this.defaults.get(className))
    );
    const further = Object.fromEntries(given.map(([key, value]) => [key, this.value(value)]));
    if (others.some((value) => value !== null)) {
      return this.#refuse("it has no place for calls with several arguments", `${others.length + 1} arguments`);
    }
    const tensors = Array.isArray(inputs) ? inputs as readonly ConfigValue[] : [inputs];
    return tensors.map((tensor) => {
      if (!isNode(tensor) || tensor.class_name !== "__keras_tensor__") {
        return this.#refuse("it has no place for arguments that are no tensors or a list of them", describe(tensor));
      }
      const [layer, call, output] = tensor.config.keras_history as readonly [string, number, number];
      return [layer, models.has(layer) ? call + 1 : call, output, further];
    });
  }

  #refuse(rule: string, received: string): never {
    throw new ValueError({
      what: this.what,
      rule: `the .h5 format is that of Keras 2: ${rule}`,
      received,
      hint: "save it as .keras",
    });
  }
}

/** The places of inputs or outputs, a single one as a list too. */
const listOfPlaces = (places: ConfigValue): ConfigValue =>
  Array.isArray(places) && typeof places[0] === "string" ? [places] : places;

/** Applies `fn` to each `[layer, call, output]`. */
function placesIn(value: ConfigValue, fn: (place: readonly ConfigValue[]) => ConfigValue): ConfigValue {
  if (Array.isArray(value)) {
    return typeof value[0] === "string" ? fn(value) : value.map((item) => placesIn(item, fn));
  }
  return Object.fromEntries(Object.entries(value as Config).map(([key, item]) => [key, placesIn(item, fn)]));
}
