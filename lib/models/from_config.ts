// Models from configs: from JSON as Python Keras writes it, and copies of models.
import { type Config, type ConfigValue, isNode, type ObjectNode } from "../json_config.ts";
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import { InputLayer } from "../layers/input.ts";
import { Layer } from "../layers/layer.ts";
import { FunctionCall, functions } from "../layers/operation.ts";
import { camelCase, snakeCase } from "../names.ts";
import { objectNode, passThrough } from "../registry.ts";
import type { PolicyName } from "../dtype_policy.ts";
import type { ConfigPath } from "../saving/config_path.ts";
import { deserializeObject, optionsOf, readNodesOf, type SharedObjects } from "../saving/deserialize.ts";
import { type Operation, SymbolicTensor } from "../tensor/symbolic.ts";
import { functionOf, furtherOf, joinArguments } from "../saving/functions.ts";
import { mapStructure, type Structure } from "../structure.ts";
import { readCompileConfig } from "./compile_config.ts";
import { Model } from "./model.ts";
import { Sequential, type SequentialItem } from "./sequential.ts";

// The keys of getItem: ranges of indices, and what stands for the axes between.
readNodesOf("__slice__", ({ config }, path) => {
  const { start = null, stop = null, step = null } = path.at("config").object(config);
  return { start, stop, step };
});
readNodesOf("__ellipsis__", () => "...");
readNodesOf("InputLayer", ({ config }, path) => readInput(config, path.at("config")));
readNodesOf(
  "Sequential",
  (node, path, shared) => compiledAs(readSequential(node.config, path.at("config"), shared), node, path, shared),
);
for (const className of ["Functional", "Model"]) {
  readNodesOf(
    className,
    (node, path, shared) =>
      compiledAs(new FunctionalReader(node.config, path.at("config"), shared).read(), node, path, shared),
  );
}

/**
 * The model that JSON describes, as written by `toJson` of this library or of Python Keras 3; compiled if it was
 * compiled. Its weights are new: see `setWeights`.
 *
 * @param json the text
 * @returns the model
 * @throws {ValueError} for text that is not such JSON, for an unknown class, and for code in it
 *
 * @example A copy of a model, with its own weights
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

/** The model of a config node. Throws {@linkcode ValueError} if it is not a model's. */
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
 * @throws {ValueError} for a custom model, and for layers whose config cannot be written
 *
 * @example Two models that train separately
 * ```ts
 * import { cloneModel, Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
 * const copy = cloneModel(model);
 * copy.setWeights(await model.getWeights());
 * ```
 */
export function cloneModel<M extends Model>(model: M): M {
  if (!(model instanceof Model)) {
    throw new ValueError({
      what: "Cannot clone a model",
      rule: "there must be a model",
      received: describe(model),
      hint: "give one, as in cloneModel(new Sequential([...]))",
    });
  }
  return passThrough(() => objectNode(model), (node) => modelFromConfig(node)) as M;
}

function readInput(config: Config, path: ConfigPath): InputLayer {
  const { batch_shape, batch_input_shape, shape, ...rest } = config;
  const [key, given] = batch_shape
    ? ["batch_shape", batch_shape]
    : batch_input_shape
    ? ["batch_input_shape", batch_input_shape]
    : ["shape", shape];
  const extents = path.at(key as string).shape(given);
  const [batchSize, ...own] = key === "shape" ? [null, ...extents] : extents;
  const options = optionsOf(InputLayer, rest, new Map(), path);
  return path.within(() => new InputLayer({ ...options, shape: own, batchSize }));
}

/** The name and the other options of a model. */
function modelOptions(config: Config): { name?: string; trainable?: boolean } {
  // The model that takes them checks their types.
  const { name, trainable } = config as { name?: string | null; trainable?: boolean | null };
  return { name: name ?? undefined, trainable: trainable ?? undefined };
}

function readSequential(config: Config, path: ConfigPath, shared: SharedObjects): Sequential {
  const inside = path.at("layers");
  const items = inside.list(config.layers).map((layer, i) =>
    deserializeObject(layer, "layer", shared, inside.at(i)) as SequentialItem
  );
  // Keras's reader leaves the policy out, and then makes the optimizer again without the scaling of losses.
  const dtype = deserializeObject(config.dtype ?? null, "dtype", shared, path.at("dtype")) as PolicyName | null;
  const model = path.within(() => new Sequential(items, { ...modelOptions(config), dtype }));
  const { build_input_shape: shape } = config;
  if (shape && !model.built && items.length > 0) {
    const at = path.at("build_input_shape");
    at.within(() => model.buildFor(at.shape(shape)));
  }
  return model;
}

/** A call of a layer in a config. */
interface CallConfig {
  readonly layer: Made;
  readonly args: readonly ConfigValue[];
  readonly kwargs: Config;
  readonly path: ConfigPath;
}

/** Thrown when a call needs a tensor that does not exist yet. */
class Pending extends Error {}

/** Reads a functional model: makes its layers, then calls them in an order in which their inputs exist. */
class FunctionalReader {
  readonly #made = new Map<string, Made>();

  constructor(
    private readonly config: Config,
    private readonly path: ConfigPath,
    private readonly shared: SharedObjects,
  ) {}

  /** The model. */
  read(): Model {
    const { config, path } = this;
    const inside = path.at("layers");
    const calls = inside.list(config.layers).flatMap((layer, i) => this.#readLayer(layer, inside.at(i)));
    this.#callAll(calls);
    const [inputs, outputs] = (["input_layers", "output_layers"] as const).map((key) =>
      this.#places(config[key], path.at(key))
    );
    return path.within(() => new Model({ inputs, outputs, ...modelOptions(config) }));
  }

  /** Makes a layer and returns its calls. */
  #readLayer(value: ConfigValue, path: ConfigPath): CallConfig[] {
    const node = path.node(value) as ObjectNode & { name?: ConfigValue; inbound_nodes?: ConfigValue };
    const name = path.at("name").text(node.name);
    const layer = makeOperation(node, path, this.shared);
    this.#made.set(name, layer);
    const inside = path.at("inbound_nodes");
    return inside.list(node.inbound_nodes).map((call, i) => {
      const at = inside.at(i);
      const { args, kwargs } = Array.isArray(call) ? legacyCall(call, at) : at.object(call);
      return {
        layer,
        args: at.at("args").list(args),
        kwargs: at.at("kwargs").object(kwargs ?? {}),
        path: at,
      };
    });
  }

  /** Makes the calls, each as soon as its inputs exist. */
  #callAll(calls: readonly CallConfig[]): void {
    for (let pending = calls; pending.length > 0;) {
      const blocked = new Set<Made>();
      const later = pending.filter(({ layer, args, kwargs, path }) => {
        // The calls of one layer keep their order.
        if (blocked.has(layer)) return true;
        try {
          const positional = args.map((item, i) => this.#revive(item, path.at("args").at(i)));
          const named = this.#revive(kwargs, path.at("kwargs")) as Record<string, unknown>;
          layer.nodes.push(path.within(() => layer.call(positional, named)));
          return false;
        } catch (error) {
          if (!(error instanceof Pending)) throw error;
          blocked.add(layer);
          return true;
        }
      });
      if (later.length === pending.length) {
        const names = [...this.#made].filter(([, made]) => blocked.has(made)).map(([name]) => `"${name}"`).join(", ");
        throw new ValueError({
          what: `Cannot read the config of ${describe(this.config.name)}`,
          rule: "each layer must follow from others that come from an input",
          received: `${names} that follow from each other`,
        });
      }
      pending = later;
    }
  }

  /** An argument of a call: positions become symbolic tensors, the rest is read as it is. */
  #revive(argument: ConfigValue, path: ConfigPath): unknown {
    if (Array.isArray(argument)) return argument.map((item, i) => this.#revive(item, path.at(i)));
    if (argument === null || typeof argument !== "object") return argument;
    if (!isNode(argument)) {
      return Object.fromEntries(
        Object.entries(argument as Config).map(([key, item]) => [key, this.#revive(item, path.at(key))]),
      );
    }
    if (path.node(argument).class_name !== "__keras_tensor__") {
      return deserializeObject(argument, "", this.shared, path);
    }
    const inside = path.at("config");
    return this.#tensorAt(inside.object(argument.config).keras_history, inside.at("keras_history"));
  }

  /** The tensor at `[layer, call, output]`; the calls of a nested model are numbered from `first`. */
  #tensorAt(history: ConfigValue | undefined, path: ConfigPath, first = 0): SymbolicTensor {
    const [layer, call, output] = path.list(history);
    const name = path.at(0).text(layer);
    const found = this.#made.get(name) ?? path.within(() => {
      throw unknownIdentifier("layer", name, [...this.#made.keys()], "Cannot read the config of a model");
    });
    const { operation, nodes } = found;
    const offset = operation instanceof Model && operation.className === "Functional" ? first : 0;
    const index = path.at(1).index(call) - offset;
    if (operation instanceof InputLayer) return operation.output;
    if (!nodes[index]) throw new Pending();
    return nodes[index][path.at(2).index(output)] ??
      path.at(2).refuse(`must be below the ${nodes[index].length} outputs of "${name}"`, String(output));
  }

  /** Inputs or outputs: a position, a list of them, or positions by name. */
  #places(value: ConfigValue | undefined, path: ConfigPath): Structure<SymbolicTensor> {
    if (Array.isArray(value)) {
      if (typeof value[0] === "string") return this.#outputAt(value, path);
      return value.map((item, i) => this.#places(item, path.at(i)) as SymbolicTensor);
    }
    return Object.fromEntries(
      Object.entries(path.object(value)).map((
        [key, item],
      ) => [key, this.#places(item, path.at(key)) as SymbolicTensor]),
    );
  }

  #outputAt(history: ConfigValue, path: ConfigPath): SymbolicTensor {
    try {
      return this.#tensorAt(history, path, 1);
    } catch (error) {
      if (error instanceof Pending) path.refuse("must name a call that the model makes", "none");
      throw error;
    }
  }
}

/** An operation of a config, and the results of its calls. */
interface Made {
  readonly operation: Operation;
  readonly nodes: SymbolicTensor[][];
  call(args: unknown[], kwargs: Record<string, unknown>): SymbolicTensor[];
}

function makeOperation(node: ObjectNode, path: ConfigPath, shared: SharedObjects): Made {
  const spec = functionOf(node.class_name, node.module);
  const inside = path.at("config");
  if (spec) {
    const config = inside.object(node.config);
    const fn = functions.get(spec.fn);
    if (!fn) throw unknownIdentifier("ops", spec.fn, [...functions.keys()]);
    const name = config.name === null || config.name === undefined ? undefined : inside.at("name").text(config.name);
    const operation = new FunctionCall(spec.fn, fn, { name, className: spec.className });
    const keys = Object.keys(spec.keys);
    const further = inside.within(() => furtherOf(spec, config)).map((value, i) =>
      deserializeObject(value, keys[i], shared, inside.at(keys[i])) ?? undefined
    );
    return {
      operation,
      nodes: [],
      call(args, kwargs) {
        const byName = Object.entries(kwargs).filter(([key, item]) => item !== null && !spec.named.includes(key));
        const inCall = spec.keywords ? [...args, kwargs] : [...args, ...byName.map(([, item]) => item)];
        const rest = keys.map((key, i) => spec.named.includes(key) ? kwargs[key] ?? undefined : further[i]);
        const positional = joinArguments(spec, inCall, rest);
        return [operation.apply({ positional, named: {} })].flatMap((made) => toList(made));
      },
    };
  }
  if (node.module?.startsWith("keras.src.ops")) {
    return path.at("class_name").within(() => {
      throw unknownIdentifier("ops", node.class_name, [...functions.keys()]);
    });
  }
  const layer = deserializeObject(node, "layer", shared, path);
  if (!(layer instanceof Layer)) path.refuse("must be a layer", describe(layer));
  return {
    operation: layer,
    nodes: [],
    call([x, ...others], kwargs) {
      const named: Record<string, unknown> = {};
      others.forEach((value, i) => {
        if (value !== null && i < layer.callArguments.length) named[layer.callArguments[i]] = oneLevel(value);
      });
      for (const [key, value] of Object.entries(kwargs)) {
        // Keras writes this even if it was not given, and still uses the model's.
        if (key === "training" && value === layer.callDefaults.training) continue;
        // Of several inputs without masks, Keras writes a list of nulls.
        const isGiven = key === "mask" && Array.isArray(value) ? value.some((item) => item !== null) : value !== null;
        if (isGiven) named[camelCase(key)] = oneLevel(value);
      }
      // Keras's layers accept all of their arguments by name.
      if (x !== undefined) return toList(layer.replay<SymbolicTensor>({ positional: [x], named }));
      const first = layer.inputArgument in named ? layer.inputArgument : Object.keys(named)[0];
      const { [first]: input, ...rest } = named;
      return toList(layer.replay<SymbolicTensor>({ positional: [input], named: rest }));
    },
  };
}

/** A list of tensors and of lists of them as one list: the states of stacked cells. */
function oneLevel(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value.flat(Infinity);
  return items.some((item) => item instanceof SymbolicTensor) ? items : value;
}

function toList(structure: Structure<SymbolicTensor>): SymbolicTensor[] {
  const list: SymbolicTensor[] = [];
  mapStructure(structure, (item) => void list.push(item));
  return list;
}

/** A call in the format of old files: `[[layer, node, tensor, arguments], ...]`. */
function legacyCall(call: readonly ConfigValue[], path: ConfigPath): { args: ConfigValue[]; kwargs: ConfigValue } {
  const entries = call.map((entry, i) => path.at(i).list(entry));
  const tensors = entries.map(([layer, index, tensor]): ConfigValue => ({
    class_name: "__keras_tensor__",
    config: { keras_history: [layer, index, tensor] },
  }));
  return { args: [tensors.length === 1 ? tensors[0] : tensors], kwargs: entries[0]?.[3] ?? {} };
}

/** The model, compiled as its node says. */
function compiledAs(model: Model, node: ObjectNode, path: ConfigPath, shared: SharedObjects): Model {
  const { compile_config: compiled } = node as { compile_config?: ConfigValue };
  if (compiled === null || compiled === undefined) return model;
  const inside = path.at("compile_config");
  const config = inside.object(compiled);
  if (Object.keys(config).length > 0) {
    inside.within(() => model.compile(readCompileConfig(config, shared, inside)), snakeCase);
  }
  return model;
}
