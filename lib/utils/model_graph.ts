// The boxes, clusters and edges by which pictures show a model: those of keras.utils.model_to_dot.
import type { Activation } from "../activations.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import { Layer } from "../layers/layer.ts";
import { Model } from "../models/model.ts";
import { Sequential } from "../models/sequential.ts";
import { boolean, choice, number } from "../option_kinds.ts";
import { type KeptOptions, optionTable } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, namesOf, type Structure } from "../structure.ts";
import type { Operation, SymbolicTensor } from "../tensor/symbolic.ts";

/** What pictures of models show. */
export interface GraphOptions {
  /** Whether the shapes of inputs and outputs are shown; false by default. */
  showShapes?: boolean;
  /** Whether the dtypes of outputs are shown; false by default. */
  showDtype?: boolean;
  /** Whether the names of layers are shown beside their classes; false by default in `plotModel`, true in `modelToDot`. */
  showLayerNames?: boolean;
  /** The direction of the layers: from the top to the bottom, or from left to right, and back; `TB` by default. */
  rankdir?: "TB" | "LR" | "BT" | "RL";
  /** Whether models within the model are shown with their layers; false by default. */
  expandNested?: boolean;
  /** Dots an inch: the size of the picture; 96 by default in `plotModel`, 200 in `modelToDot`. */
  dpi?: number;
  /** Whether the activations of layers that have one are shown; false by default. */
  showLayerActivations?: boolean;
  /** Whether it is shown which layers with weights are trainable; false by default. */
  showTrainable?: boolean;
}

/** The table of these options, with the defaults that differ. */
export const graphOptions = (showLayerNames: boolean, dpi: number) =>
  optionTable<GraphOptions>()({
    showShapes: boolean(false),
    showDtype: boolean(false),
    showLayerNames: boolean(showLayerNames),
    rankdir: choice(["TB", "LR", "BT", "RL"]),
    expandNested: boolean(false),
    dpi: number(dpi, { min: 1, max: 2400 }),
    showLayerActivations: boolean(false),
    showTrainable: boolean(false),
  });

/** The options, checked and completed. */
export type KeptGraphOptions = KeptOptions<ReturnType<typeof graphOptions>>;

/** A fact of a layer: a label and a value, or whether it is trainable. */
export type Fact = { readonly label: string; readonly value: string } | { readonly trainable: boolean };

/** The box of a layer, or of a function of `ops`. */
export interface Box {
  /** Its name among the boxes. */
  readonly id: string;
  /** The name of the layer, where it is shown. */
  readonly name: string | undefined;
  readonly className: string;
  readonly activation: string | undefined;
  readonly facts: readonly Fact[];
}

/** A model within the model, with what is inside. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly boxes: readonly Box[];
  readonly clusters: readonly Cluster[];
}

/** A model as boxes and edges. */
export interface ModelGraph {
  readonly root: Cluster;
  /** From the box that computes a value to one that reads it, each pair once. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** The boxes and edges of a model. Throws {@linkcode StateError} before it is built, {@linkcode ValueError} for none. */
export function modelGraph(model: Model, options: KeptGraphOptions, what: string): ModelGraph {
  if (!(model instanceof Model)) {
    throw new ValueError({
      what,
      rule: "there must be a model",
      received: describe(model),
      hint: "give a Sequential, or what new Model() made",
    });
  }
  if (!model.built) {
    throw new StateError({
      what,
      rule: "the model is not built, so that its layers have no shapes yet",
      received: `"${model.name}" without an input shape`,
      hint: "give it an Input, or fit or call it once",
    });
  }
  return new GraphBuilder(options).build(model);
}

/** The layers of a model that is shown as these; undefined for one that is a single box, as its `call` is code. */
function partsOf(model: Model): readonly Operation[] | undefined {
  return model instanceof Sequential ? model.layers : model.connections?.operations;
}

class GraphBuilder {
  readonly #options: KeptGraphOptions;
  readonly #ids = new Map<Operation, string>();
  readonly #edges = new Map<string, readonly [string, string]>();

  constructor(options: KeptGraphOptions) {
    this.#options = options;
  }

  build(model: Model): ModelGraph {
    // The box of a model is made only where it is not shown as a cluster.
    const root = partsOf(model) ? this.#cluster(model) : { ...this.#empty(model), boxes: [this.#box(model)] };
    return { root, edges: [...this.#edges.values()] };
  }

  #empty(model: Model): Cluster {
    return { id: this.#idOf(model), name: model.name, boxes: [], clusters: [] };
  }

  #cluster(model: Model): Cluster {
    const empty = this.#empty(model);
    const boxes: Box[] = [];
    const clusters: Cluster[] = [];
    for (const part of partsOf(model)!) {
      // A layer of several models has its place in the first.
      if (this.#ids.has(part)) continue;
      if (this.#isExpanded(part)) clusters.push(this.#cluster(part));
      else boxes.push(this.#box(part));
    }
    if (model instanceof Sequential) {
      model.layers.slice(1).forEach((layer, i) => this.#connect(model.layers[i], 0, layer, 0));
    } else {
      for (const { operation, inputs } of model.connections!.nodes) {
        inputs.forEach(({ operation: source, index }, i) => this.#connect(source, index, operation, i));
      }
    }
    return { ...empty, boxes, clusters };
  }

  #isExpanded(part: Operation): part is Model {
    return this.#options.expandNested && part instanceof Model && partsOf(part) !== undefined;
  }

  /** Adds the edge from output `output` of one operation to input `input` of another, or to the boxes inside these. */
  #connect(source: Operation, output: number, target: Operation, input: number): void {
    while (this.#isExpanded(source)) {
      const inner: SymbolicTensor = source.outputs[output];
      [source, output] = [inner.operation, inner.index];
    }
    while (this.#isExpanded(target)) {
      target = target instanceof Sequential ? target.layers[0] : target.inputs[input].operation;
    }
    const edge = [this.#idOf(source), this.#idOf(target)] as const;
    this.#edges.set(edge.join(" "), edge);
  }

  #idOf(operation: Operation): string {
    const id = this.#ids.get(operation) ?? `n${this.#ids.size}`;
    this.#ids.set(operation, id);
    return id;
  }

  #box(operation: Operation): Box {
    const { showLayerNames, showLayerActivations } = this.#options;
    const { activation } = operation as { activation?: Activation };
    return {
      id: this.#idOf(operation),
      name: showLayerNames ? operation.name : undefined,
      className: operation.className,
      activation: showLayerActivations ? activation?.name : undefined,
      facts: this.#factsOf(operation),
    };
  }

  #factsOf(operation: Operation): Fact[] {
    const { showShapes, showDtype, showTrainable } = this.#options;
    const facts: Fact[] = [];
    const [input, output] = valuesOf(operation);
    if (showShapes) {
      if (operation.className !== "InputLayer") facts.push({ label: "Input shape", value: shapesText(input) });
      facts.push({ label: "Output shape", value: shapesText(output) });
    }
    if (showDtype) facts.push({ label: "Output dtype", value: dtypesText(output) });
    if (showTrainable && operation instanceof Layer && operation.weights.length > 0) {
      facts.push({ trainable: operation.trainable });
    }
    return facts;
  }
}

type Values = Structure<SymbolicTensor> | undefined;

/** The inputs and outputs of an operation: those of its first application, but of a model its own. */
function valuesOf(operation: Operation): [input: Values, output: Values] {
  if (operation instanceof Model && partsOf(operation)) return [operation.input, operation.output];
  const [node] = operation.inboundNodes;
  if (!node) return [undefined, undefined];
  const sole = (values: readonly SymbolicTensor[]) => (values.length === 1 ? values[0] : values);
  return [sole(node.inputs), sole(node.outputs)];
}

/** Shapes as Python prints them. */
function shapesText(values: Values): string {
  if (values === undefined) return "?";
  const texts = flatten(mapStructure(values, ({ shape }) => shapeText(shape)));
  const names = namesOf(values);
  if (names) return names.map((name, i) => `${name}: ${texts[i]}`).join(", ");
  return Array.isArray(values) ? `[${texts.join(", ")}]` : texts[0];
}

/** Dtypes as Python prints them: several are texts in a list, or by name. */
function dtypesText(values: Values): string {
  if (values === undefined) return "?";
  const dtypes = flatten(mapStructure(values, ({ dtype }) => dtype));
  const names = namesOf(values);
  if (names) return `{${names.map((name, i) => `'${name}': '${dtypes[i]}'`).join(", ")}}`;
  return Array.isArray(values) ? `[${dtypes.map((dtype) => `'${dtype}'`).join(", ")}]` : dtypes[0];
}

function shapeText(shape: SymbolicShape): string {
  const extents = shape.map((extent) => String(extent ?? "None"));
  return extents.length === 1 ? `(${extents[0]},)` : `(${extents.join(", ")})`;
}
