// Models of configs: from JSON as Python Keras writes it, and copies of models.
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import { InputLayer } from "../layers/input.ts";
import type { Layer } from "../layers/layer.ts";
import { FunctionCall, functions } from "../layers/operation.ts";
import { camelCase } from "../names.ts";
import type { CallArguments, Operation, SymbolicTensor } from "../tensor/symbolic.ts";
import { objectNode, passThrough } from "../registry.ts";
import { deserializeObject, isNode, optionsOf, readNodesOf, type SharedObjects } from "../saving/deserialize.ts";
import { functionOf, furtherOf } from "../saving/functions.ts";
import type { SymbolicShape } from "../shape.ts";
import { mapStructure, type Structure } from "../structure.ts";
import { compileOptions } from "./compile_config.ts";
import { Model } from "./model.ts";
import { Sequential, type SequentialItem } from "./sequential.ts";

readNodesOf("InputLayer", (node) => readInput(node.config));
readNodesOf("Sequential", (node, shared) => finished(readSequential(node.config, shared), node, shared));
for (const className of ["Functional", "Model"]) {
  readNodesOf(className, (node, shared) => finished(readFunctional(node.config, shared), node, shared));
}

/**
 * The model that JSON describes, as `toJson` of this library or of Python Keras 3 writes it; compiled where it was.
 * Its weights are new: see `setWeights`.
 *
 * @param json the text
 * @returns the model
 * @throws {ValueError} for text that is no such JSON, for an unknown class, and for code in it
 *
 * @example A copy of a model, with weights of its own
 * ```ts
 * import { Input, layers, modelFromJson, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
 * console.log(modelFromJson(model.toJson()).countParams()); // 15
 * ```
 */
export function modelFromJson(json: string): Model {
  let node: unknown;
  try {
    node = JSON.parse(json);
  } catch (error) {
    throw new ValueError({
      what: "Cannot read a model",
      rule: "the text must be JSON",
      received: (error as Error).message,
      hint: "give what model.toJson() returns, not the name of a file",
    });
  }
  return modelFromConfig(node as ConfigValue);
}

/** The model of a node that JSON held. Throws {@linkcode ValueError} where it is no model's. */
export function modelFromConfig(node: ConfigValue): Model {
  const made = isNode(node) ? deserializeObject(node) : node;
  if (made instanceof Model) return made;
  throw new ValueError({
    what: "Cannot read a model",
    rule: "the JSON must describe a model: an object with class_name and config",
    received: describe(made),
    hint: "give what model.toJson() returns",
  });
}

/**
 * A model of the same layers with new weights.
 *
 * @param model a `Sequential`, or a model of inputs and outputs
 * @returns the copy, not compiled
 * @throws {ValueError} for a model of one's own, and for layers whose config cannot be written
 *
 * @example Two models that train apart
 * ```ts
 * import { cloneModel, Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
 * const copy = cloneModel(model);
 * copy.setWeights(await model.getWeights());
 * ```
 */
export function cloneModel<M extends Model>(model: M): M {
  return passThrough(() => objectNode(model), (node) => modelFromConfig(node)) as M;
}

function readInput(config: Config): InputLayer {
  const { batch_shape, batch_input_shape, shape, ...rest } = config;
  const [batchSize, ...own] = (batch_shape ?? batch_input_shape ?? [null, ...(shape as number[])]) as number[];
  return new InputLayer({ ...optionsOf(rest, new Map(), "InputLayer"), shape: own, batchSize });
}

function readSequential(config: Config, shared: SharedObjects): Sequential {
  const { layers, name, trainable, build_input_shape } = config as {
    layers: ConfigValue[];
    name?: string;
    trainable?: boolean;
    build_input_shape?: SymbolicShape;
  };
  const items = layers.map((layer) => deserializeObject(layer, "layer", shared) as SequentialItem);
  const model = new Sequential(items, { name, trainable });
  if (build_input_shape && !model.built && items.length > 0) model.buildFor(build_input_shape);
  return model;
}

/** A call of a layer that a file describes. */
type NodeConfig = { args: ConfigValue[]; kwargs: Config } | ConfigValue[];

/** Not yet: what a call needs is not made. */
class Pending extends Error {}

function readFunctional(config: Config, shared: SharedObjects): Model {
  const { layers, input_layers, output_layers, name, trainable } = config as {
    layers: (ObjectNode & { name: string; inbound_nodes: NodeConfig[] })[];
    input_layers: ConfigValue;
    output_layers: ConfigValue;
    name?: string;
    trainable?: boolean;
  };
  const made = new Map<string, Made>();
  const tensorAt = (where: string, node: number, tensor: number, first = 0): SymbolicTensor => {
    const { operation, nodes } = made.get(where) ?? missing(where, [...made.keys()]);
    const offset = operation instanceof Model && operation.className === "Functional" ? first : 0;
    if (operation instanceof InputLayer) return operation.output;
    const found = nodes[node - offset];
    if (!found) throw new Pending();
    return found[tensor];
  };
  const revive = (argument: ConfigValue): unknown => {
    if (Array.isArray(argument)) return argument.map(revive);
    if (isNode(argument) && argument.class_name === "__keras_tensor__") {
      return tensorAt(...argument.config.keras_history as [string, number, number]);
    }
    if (isNode(argument)) return deserializeObject(argument, "", shared);
    if (argument === null || typeof argument !== "object") return argument;
    return Object.fromEntries(Object.entries(argument).map(([key, item]) => [key, revive(item)]));
  };
  for (const layer of layers) made.set(layer.name, makeOperation(layer, shared));
  let pending = layers.flatMap((layer) => layer.inbound_nodes.map((node) => ({ layer, node })));
  while (pending.length > 0) {
    const blocked = new Set<unknown>();
    const later = pending.filter(({ layer, node }) => {
      // The calls of one layer keep their order.
      if (blocked.has(layer)) return true;
      try {
        const { call, nodes } = made.get(layer.name)!;
        const { args, kwargs } = Array.isArray(node) ? legacyNode(node) : node;
        nodes.push(call(args.map(revive), revive(kwargs) as Record<string, unknown>));
        return false;
      } catch (error) {
        if (!(error instanceof Pending)) throw error;
        blocked.add(layer);
        return true;
      }
    });
    if (later.length === pending.length) {
      throw new ValueError({
        what: `Cannot read the config of "${name}"`,
        rule: "each layer must follow from others that come from an input",
        received: `${[...new Set(later.map(({ layer }) => `"${layer.name}"`))].join(", ")} that follow from each other`,
      });
    }
    pending = later;
  }
  const places = (value: ConfigValue): Structure<SymbolicTensor> => {
    if (Array.isArray(value)) {
      if (typeof value[0] === "string") return tensorAt(...value as [string, number, number], 1);
      return value.map((item) => places(item) as SymbolicTensor);
    }
    return Object.fromEntries(
      Object.entries(value as Config).map(([key, item]) => [key, places(item) as SymbolicTensor]),
    );
  };
  return new Model({ inputs: places(input_layers), outputs: places(output_layers), name, trainable });
}

/** An operation of a file, and what each of its calls gave. */
interface Made {
  readonly operation: Operation;
  readonly nodes: SymbolicTensor[][];
  call(args: unknown[], kwargs: Record<string, unknown>): SymbolicTensor[];
}

function makeOperation(node: ObjectNode, shared: SharedObjects): Made {
  const spec = functionOf(node.class_name, node.module);
  if (spec) {
    const fn = functions.get(spec.fn);
    if (!fn) throw unknownIdentifier("ops", spec.fn, [...functions.keys()]);
    const operation = new FunctionCall(spec.fn, fn, { name: node.config.name as string, className: spec.className });
    const further = furtherOf(spec, node.config).map((value) => deserializeObject(value) ?? undefined);
    return {
      operation,
      nodes: [],
      call(args, kwargs) {
        const byName = Object.entries(kwargs).filter(([key, item]) => item !== null && !spec.named.includes(key));
        const inputs = [...args, ...byName.map(([, item]) => item)];
        const missing = new Array<undefined>(Math.max(0, spec.inputs - inputs.length)).fill(undefined);
        const rest = Object.keys(spec.keys).map((key, i) =>
          spec.named.includes(key) ? kwargs[key] ?? undefined : further[i]
        );
        const positional = [...inputs, ...missing, ...rest];
        return [operation.apply({ positional, named: {} })].flatMap((made) => toList(made));
      },
    };
  }
  if (node.module?.startsWith("keras.src.ops")) throw unknownIdentifier("ops", node.class_name, [...functions.keys()]);
  const layer = deserializeObject(node, "layer", shared) as Layer;
  return {
    operation: layer,
    nodes: [],
    call([x, ...others], kwargs) {
      const named: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(kwargs)) {
        // Keras notes this also where nobody said it, and asks the model all the same.
        if (key === "training" && value === layer.callDefaults.training) continue;
        if (value !== null) named[camelCase(key)] = value;
      }
      others.forEach((value, i) => {
        if (value !== null) named[layer.callArguments[i]] = value;
      });
      // Keras's layers may take all of their arguments by name.
      const [first, ...rest] = x === undefined ? Object.entries(named) : [["", x] as const, ...Object.entries(named)];
      const args: CallArguments<SymbolicTensor> = { positional: [first[1]], named: Object.fromEntries(rest) };
      return toList(layer.replay(args));
    },
  };
}

function toList(structure: Structure<SymbolicTensor>): SymbolicTensor[] {
  const list: SymbolicTensor[] = [];
  mapStructure(structure, (item) => void list.push(item));
  return list;
}

/** A call as old files write it: `[[layer, node, tensor, arguments], ...]`. */
function legacyNode(node: ConfigValue[]): { args: ConfigValue[]; kwargs: Config } {
  const entries = node as [string, number, number, Config?][];
  const tensors = entries.map(([layer, index, tensor]): ConfigValue => ({
    class_name: "__keras_tensor__",
    config: { keras_history: [layer, index, tensor] },
  }));
  return { args: [tensors.length === 1 ? tensors[0] : tensors], kwargs: entries[0]?.[3] ?? {} };
}

function missing(layer: string, known: string[]): never {
  throw unknownIdentifier("layer", layer, known, "Cannot read the config of a model");
}

/** The model, compiled as its node says. */
function finished(model: Model, node: ObjectNode, shared: SharedObjects): Model {
  const { compile_config: compiled } = node as { compile_config?: Config };
  if (compiled && Object.keys(compiled).length > 0) model.compile(compileOptions(compiled, shared));
  return model;
}
