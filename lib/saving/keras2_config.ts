// Configs of Keras 2 as Keras 3 writes them.
import type { Config, ConfigValue } from "../json_config.ts";
import { ConfigPath } from "./config_path.ts";

/** Classes of models, which Keras 2 gives a call of their own before any other. */
const modelClasses: readonly ConfigValue[] = ["Functional", "Model", "Sequential"];

/** Classes of recurrent layers, which take their initial states behind the input in one list. */
const recurrentClass = /^(Bidirectional|RNN|SimpleRNN|LSTM|GRU|ConvLSTM[123]D)$/;

const isObject = (value: ConfigValue | undefined): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The config of a recurrent layer without what Keras 3 has not. */
const recurrent = ({ time_major, implementation: _, ...others }: Config): Config =>
  time_major ? { ...others, time_major } : others;

/** The config of a convolution that has no groups. */
const ungrouped = ({ groups = 1, ...others }: Config): Config => groups === 1 ? others : { ...others, groups };

/** The config of a convolution channel by channel without options of the plain one, which say nothing there. */
function byChannel(config: Config): Config {
  const own = Object.entries(ungrouped(config));
  return Object.fromEntries(own.filter(([key]) => !/^kernel_(initializer|regularizer|constraint)$/.test(key)));
}

/** What differs in the config of a class: options that were written in another form. */
const options: Readonly<Record<string, (config: Config) => Config>> = {
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  RNN: recurrent,
  Conv1DTranspose: ungrouped,
  Conv2DTranspose: ungrouped,
  Conv3DTranspose: ungrouped,
  SeparableConv1D: byChannel,
  SeparableConv2D: byChannel,
  DepthwiseConv1D: byChannel,
  DepthwiseConv2D: byChannel,
  // One axis was a list of it.
  BatchNormalization: ({ axis, ...others }) => ({
    ...others,
    axis: Array.isArray(axis) && axis.length === 1 ? axis[0] : axis,
  }),
  // Functions were names.
  MeanMetricWrapper: ({ fn, ...others }) => ({
    ...others,
    fn: typeof fn === "string"
      ? { module: "builtins", class_name: "function", config: fn, registered_name: "function" }
      : fn,
  }),
};

/**
 * The node of a model or an object of Keras 2 in the form of Keras 3; what has that form already stays as it is. Throws
 * {@linkcode ValueError} for one that is nested too deeply.
 */
export function fromKeras2(value: ConfigValue, path: ConfigPath = ConfigPath.root): ConfigValue {
  if (Array.isArray(value)) return value.map((item, i) => fromKeras2(item, path.at(i)));
  if (!isObject(value)) return value;
  const node: Config = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fromKeras2(item, path.at(key))]),
  );
  const { class_name: className, config } = node;
  if (typeof className !== "string" || !isObject(config)) return node;
  // Optimizers were registered as the user's own.
  const name = className.replace(/^Custom>/, "");
  warnOfHardSigmoid(config);
  const translated = Object.hasOwn(options, name) ? options[name](config) : withoutFunction(config);
  const renumbered = modelClasses.includes(name) ? withSinglePlaces(withoutOwnCalls(translated)) : translated;
  const registered: Config = node.registered_name === className ? { registered_name: name } : {};
  return { ...node, class_name: name, ...registered, config: renumbered };
}

/** The config of a loss without the name of its function, which its class says. */
function withoutFunction(config: Config): Config {
  const { fn, reduction, ...others } = config;
  if (fn === undefined || reduction === undefined) return config;
  return { ...others, reduction: reduction === "auto" ? "sum_over_batch_size" : reduction };
}

/** Warns of the one activation that Keras 3 computes otherwise under the same name. */
function warnOfHardSigmoid({ name, activation, recurrent_activation: recurrent }: Config): void {
  if (activation !== "hard_sigmoid" && recurrent !== "hard_sigmoid") return;
  console.warn(
    `"${name}" of a file of Keras 2 has the activation hard_sigmoid, which was clip(0.2 * x + 0.5, 0, 1) there, and is ` +
      "clip(x / 6 + 0.5, 0, 1) here as in Keras 3",
  );
}

/** The config of a functional model whose one input, or output, is not in a list. */
function withSinglePlaces(config: Config): Config {
  const single = (places: ConfigValue | undefined) =>
    Array.isArray(places) && places.length === 1 && Array.isArray(places[0]) ? places[0] : places;
  const { input_layers: inputs, output_layers: outputs } = config;
  if (inputs === undefined && outputs === undefined) return config;
  return { ...config, input_layers: single(inputs) ?? null, output_layers: single(outputs) ?? null };
}

/** The config of a functional model with the calls of the models inside it counted from 0. */
function withoutOwnCalls(config: Config): Config {
  if (!Array.isArray(config.layers)) return config;
  const layers: readonly ConfigValue[] = config.layers;
  const nested = new Map(
    layers.filter(isObject).filter(({ class_name: name }) => modelClasses.includes(name))
      .map((layer) => [layer.name, layer.class_name]),
  );
  // `[layer, call, output, ...]`
  const renumber = (value: ConfigValue, isNested: (className: ConfigValue) => boolean): ConfigValue => {
    if (!Array.isArray(value)) return value;
    const [name, call, ...others] = value as readonly ConfigValue[];
    const className = nested.get(name);
    return className !== undefined && isNested(className) && typeof call === "number" && call > 0
      ? [name, call - 1, ...others]
      : value.map((item) => renumber(item, isNested));
  };
  const outputs = config.output_layers;
  return {
    ...config,
    layers: layers.map((layer) =>
      isObject(layer) && layer.inbound_nodes !== undefined
        ? { ...layer, inbound_nodes: withStates(layer.class_name, renumber(layer.inbound_nodes, () => true)) }
        : layer
    ),
    // Outputs of a functional model are counted from 1 in Keras 3 too.
    ...outputs === undefined ? {} : { output_layers: renumber(outputs, (className) => className === "Sequential") },
  };
}

/** The calls of a layer with initial states by name, in the form of Keras 3, where it is a recurrent layer that has some. */
function withStates(className: ConfigValue, calls: ConfigValue): ConfigValue {
  if (typeof className !== "string" || !recurrentClass.test(className) || !Array.isArray(calls)) return calls;
  const tensorAt = (place: ConfigValue): ConfigValue => ({
    class_name: "__keras_tensor__",
    config: { keras_history: (place as readonly ConfigValue[]).slice(0, 3) },
  });
  return calls.map((call: ConfigValue) => {
    if (!Array.isArray(call) || call.length < 2 || !call.every(Array.isArray)) return call;
    const [x, ...states] = call as readonly (readonly ConfigValue[])[];
    return {
      args: [tensorAt([...x])],
      kwargs: { ...x[3] as Config, initial_state: states.map((at) => tensorAt([...at])) },
    };
  });
}
