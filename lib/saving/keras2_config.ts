// Configs of Keras 2 as Keras 3 writes them.
import type { Config, ConfigValue } from "../json_config.ts";
import { ConfigPath } from "./config_path.ts";

/** Classes of models, which Keras 2 gives a call of their own before any other. */
const modelClasses: readonly ConfigValue[] = ["Functional", "Model", "Sequential"];

/** Classes of recurrent layers, which take their initial states behind the input in one list. */
const recurrentClass = /^(Bidirectional|RNN|SimpleRNN|LSTM|GRU|ConvLSTM[123]D)$/;

const isObject = (value: ConfigValue | undefined): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What differs in the config of a class: options that were written in another form. */
const options: Readonly<Record<string, (config: Config) => Config>> = {
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
  const translated = Object.hasOwn(options, name) ? options[name](config) : config;
  const renumbered = modelClasses.includes(name) ? withoutOwnCalls(translated) : translated;
  const registered: Config = node.registered_name === className ? { registered_name: name } : {};
  return { ...node, class_name: name, ...registered, config: renumbered };
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
