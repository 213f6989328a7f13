// The config of models: layers and functions as nodes of JSON, with the connections between them.
import { type Config, type ConfigValue, type ObjectNode, objectNode } from "../config.ts";
import { describe, ValueError } from "../errors.ts";
import { Layer } from "../layers/layer.ts";
import { FunctionCall } from "../layers/operation.ts";
import { type Node, type Operation, SymbolicTensor } from "../layers/symbolic.ts";
import { layerModule } from "../saving/classes.ts";
import { configOf, namedOf, specOf } from "../saving/functions.ts";
import { getRegisteredName, type SerializableClass } from "../saving/registry.ts";
import { mapStructure } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FunctionalGraph } from "./graph.ts";

/** A layer that is a model. */
interface ModelLayer extends Layer {
  getCompileConfig(): Config | undefined;
}

const isModel = (layer: Layer): layer is ModelLayer => "getCompileConfig" in layer;

/** The node of a layer or model in a config: its class, its config, and the shape that it was built for. */
export function serializeLayer(layer: Layer): ObjectNode {
  const Class = layer.constructor as SerializableClass;
  const registered = getRegisteredName(Class);
  const config = layer.getConfig();
  let node: ObjectNode;
  if (registered !== undefined) {
    node = { module: null, class_name: Class.name, config, registered_name: registered };
  } else if (layer.className === "Functional") {
    node = { ...objectNode("keras.src.models.functional", "Functional", config), registered_name: "Functional" };
  } else {
    const module = layer.className === "Sequential" ? "keras" : layerModule(Class);
    node = module
      ? objectNode(module, Class.name, config)
      : { module: null, class_name: Class.name, config, registered_name: Class.name };
  }
  const built = layer.className === "Functional"
    ? null
    : layer.built && layer.build !== Layer.prototype.build
    ? layer.inputShape as ConfigValue
    : undefined;
  const compiled = isModel(layer) ? layer.getCompileConfig() ?? {} : undefined;
  return {
    ...node,
    ...(built !== undefined && { build_config: { input_shape: built } }),
    ...(compiled && { compile_config: compiled }),
  };
}

/** The layers, connections, inputs and outputs of a graph as the config of a functional model. */
export function graphConfig(graph: FunctionalGraph): Config {
  const own = new Set(graph.nodes);
  // Only the model's own nodes are counted; Keras's models inside begin at 1, with that of their making.
  const indexOf = ({ operation, index }: Node, first = 0) =>
    first + operation.inboundNodes.slice(0, index).filter((node) => own.has(node)).length;
  const placeOf = ({ node, index }: SymbolicTensor): ConfigValue => [
    node.operation.name,
    indexOf(node, node.operation.className === "Functional" ? 1 : 0),
    index,
  ];
  const serialize = (argument: unknown): ConfigValue => {
    if (argument instanceof SymbolicTensor) {
      const { shape, dtype, node, index } = argument;
      const history: ConfigValue = [node.operation.name, indexOf(node), index];
      return { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: history } };
    }
    if (argument === undefined || argument === null) return null;
    if (["number", "string", "boolean"].includes(typeof argument)) return argument as ConfigValue;
    if (argument instanceof Tensor) {
      return { class_name: "__numpy__", config: { value: argument.toArray() as ConfigValue, dtype: argument.dtype } };
    }
    if (Array.isArray(argument)) return argument.map(serialize);
    if (Object.getPrototypeOf(argument) === Object.prototype) {
      return Object.fromEntries(Object.entries(argument).map(([name, item]) => [name, serialize(item)]));
    }
    throw new ValueError({
      what: "Cannot write the config of a model",
      rule: "arguments beside symbolic tensors must be numbers, texts, tensors, or lists of these",
      received: describe(argument),
      mend: "put it into a Layer of your own",
    });
  };
  const nodesOf = (operation: Operation): ConfigValue[] =>
    operation.inboundNodes.filter((node) => own.has(node) && node.inputs.length > 0).map(({ args }) => {
      const spec = operation instanceof FunctionCall ? specOf(operation.fn, operation.className) : undefined;
      const count = spec?.inputs ?? args.positional.length;
      const further = spec ? namedOf(spec, args.positional.slice(count)) : {};
      // Keras notes that its models took no mask.
      const masked = operation instanceof Layer && isModel(operation)
        ? { mask: null, ...args.named }
        : { ...args.named, ...further };
      const named = Object.entries(masked).map(([name, item]) => [snakeCase(name), serialize(item)]);
      return { args: args.positional.slice(0, count).map(serialize), kwargs: Object.fromEntries(named) };
    });
  return {
    layers: graph.operations.map((operation) => ({
      ...(operation instanceof Layer ? serializeLayer(operation) : serializeCall(operation as FunctionCall)),
      name: operation.name,
      inbound_nodes: nodesOf(operation),
    })),
    input_layers: mapStructure(graph.input, placeOf) as ConfigValue,
    output_layers: mapStructure(graph.output, placeOf) as ConfigValue,
  };
}

function serializeCall(operation: FunctionCall): ObjectNode {
  const spec = specOf(operation.fn, operation.className);
  const further = operation.inboundNodes[0].args.positional.slice(spec.inputs);
  const config = { name: operation.name, ...configOf(spec, further) };
  return { ...objectNode(spec.module, spec.className, config), registered_name: spec.className };
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
