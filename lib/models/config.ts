// The config of models: layers and functions as JSON nodes, with the connections between them.
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { Layer } from "../layers/layer.ts";
import { FunctionCall } from "../layers/operation.ts";
import { snakeCase } from "../names.ts";
import { type Node, type Operation, SymbolicTensor } from "../tensor/symbolic.ts";
import { configOf, formOf, namedOf, splitArguments } from "../saving/functions.ts";
import { serializeObject } from "../saving/serialize.ts";
import { mapStructure, type Structure } from "../structure.ts";
import type { FunctionalGraph } from "./graph.ts";

/** The layers, connections, inputs and outputs of a graph as the config of a functional model. */
export function graphConfig(graph: FunctionalGraph): Config {
  const own = new Set(graph.nodes);
  // Only the model's own nodes are numbered; nested Keras models start at 1, since 0 is the call that made them.
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
    if (Array.isArray(argument)) return argument.map(serialize);
    if (argument !== null && typeof argument === "object" && Object.getPrototypeOf(argument) === Object.prototype) {
      return Object.fromEntries(Object.entries(argument).map(([name, item]) => [name, serialize(item)]));
    }
    return serializeObject(argument);
  };
  const nodesOf = (operation: Operation): ConfigValue[] =>
    operation.inboundNodes.filter((node) => own.has(node) && node.inputs.length > 0).map((node) => {
      const args = operation instanceof Layer ? operation.savedCall(node.args) : node.args;
      const spec = operation instanceof FunctionCall ? formOf(operation.fn, operation.className) : undefined;
      const { inCall, further } = spec
        ? splitArguments(spec, args.positional)
        : { inCall: args.positional, further: [] };
      const write = (argument: unknown) =>
        serialize(spec?.write && !(argument instanceof SymbolicTensor) ? spec.write(argument) : argument);
      // Keras adds these to calls that name no argument themselves.
      const isPlain = Object.keys(node.args.named).every((name) => name === "mask");
      const defaults = operation instanceof Layer && isPlain ? operation.callDefaults : {};
      const all = { ...defaults, ...args.named, ...(spec && namedOf(spec, further)) };
      // A mask that is not given has the structure of the input.
      const noMask = () => mapStructure(args.positional[0] as Structure<SymbolicTensor>, () => null);
      const written = (name: string, item: unknown) => (name === "mask" && item === null ? noMask() : item);
      const named = Object.entries(all).map(([name, item]) => [snakeCase(name), serialize(written(name, item))]);
      const count = inCall.length - (spec?.keywords ? 1 : 0);
      // These have the names that the function was given.
      const keywords = serialize(inCall[count] ?? {}) as Config;
      return { args: inCall.slice(0, count).map(write), kwargs: { ...Object.fromEntries(named), ...keywords } };
    });
  return {
    layers: graph.operations.map((operation) => ({
      ...(operation instanceof Layer ? operation.serialize() : serializeCall(operation as FunctionCall)),
      name: operation.name,
      inbound_nodes: nodesOf(operation),
    })),
    input_layers: mapStructure(graph.input, placeOf) as ConfigValue,
    output_layers: mapStructure(graph.output, placeOf) as ConfigValue,
  };
}

function serializeCall(operation: FunctionCall): ObjectNode {
  const spec = formOf(operation.fn, operation.className);
  const { further } = splitArguments(spec, operation.inboundNodes[0].args.positional);
  const config = { name: operation.name, ...configOf(spec, further) };
  return { module: spec.module, class_name: spec.className, config, registered_name: spec.className };
}
