// Network: a layer that may be made from symbolic inputs and outputs, and whose parts have names.
import { object, operands, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import type { Config } from "../json_config.ts";
import type { DType } from "../dtype.ts";
import type { PolicyIdentifier } from "../dtype_policy.ts";
import { describe, didYouMean, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { HostStage } from "../layers/host_stage.ts";
import { dtypeOfNumbers } from "../layers/inference.ts";
import { type CallContext, Layer, type LayerOptions } from "../layers/layer.ts";
import { autoName } from "../auto_names.ts";
import { type CallArguments, SymbolicTensor, TensorSpec } from "../tensor/symbolic.ts";
import { nameOfClass } from "../registry.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, isNamed, mapStructure, namesOf, type Structure } from "../structure.ts";
import { graphConfig } from "./config.ts";
import type { ValuesOf } from "./io_types.ts";
import { type FunctionalGraph, graphBetween, requireGraph } from "./graph.ts";

/** Options that every model takes. */
export interface ModelOptions {
  /** The name in messages and summaries; made from class and number by default. */
  name?: string | null;
  /** Whether optimizers change the model's weights; true by default. */
  trainable?: boolean;
  /** The policy of the model itself, such as of whether `compile` scales losses; layers have their own. */
  dtype?: PolicyIdentifier | null;
}

/** Options of a model made from symbolic tensors. */
export interface FunctionalOptions<In, Out> extends ModelOptions {
  /** The inputs: results of `Input`, as one, a list, or by name. */
  inputs: In;
  /** The outputs: one symbolic tensor, a list, or several by name. */
  outputs: Out;
}

/**
 * A layer that is made from symbolic inputs and outputs or has its own `call`: the connections of its parts, and their
 * names.
 */
export abstract class Network<
  In extends Structure<SymbolicTensor> = Structure<SymbolicTensor>,
  Out extends Structure<SymbolicTensor> = Structure<SymbolicTensor>,
> extends Layer {
  static {
    declareMethods(this, {
      build: { verb: "build", takes: { inputShape: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShape: shapes } },
      call: { verb: "call", takes: { x: operands, context: object } },
    });
  }

  /** Keras writes that its models were called without a mask. */
  override readonly callDefaults = { mask: null };
  /** Masks pass through the layers between inputs and outputs. */
  override readonly supportsMasking: boolean = false;
  /** False: its layers round. */
  protected override readonly roundsOnce: boolean = false;
  #outputShape: Structure<SymbolicShape> | undefined;
  readonly #graph: FunctionalGraph | undefined;

  /**
   * Takes inputs and outputs, or for a custom model only name and trainability. Throws {@linkcode ValueError} if an
   * output does not depend on the inputs, and for two layers with the same name.
   */
  constructor(options: FunctionalOptions<In, Out> | (ModelOptions & LayerOptions) = {}) {
    if (flatten<unknown>(options).some((item) => item instanceof SymbolicTensor) && !isNamed(options)) {
      throw new ValueError({
        what: `Cannot make ${new.target.name}`,
        rule: "inputs and outputs must be given by name, in one object",
        received: "symbolic tensors by position",
        hint: "write it as in new Model({ inputs, outputs })",
      });
    }
    const isFunctional = options !== null && typeof options === "object" &&
      ("inputs" in options || "outputs" in options);
    if (!isFunctional) {
      super(options);
      return;
    }
    const { inputs, outputs, ...others } = options as FunctionalOptions<In, Out>;
    super({ ...others, name: others.name ?? autoName(nameOfClass(new.target)) });
    this.#graph = graphBetween(inputs, outputs, `Cannot make "${this.name}"`);
    this.supportsMasking = true;
    this.ensureBuilt(mapStructure(this.#graph.input, ({ shape }) => shape));
    this.#outputShape = mapStructure(this.#graph.output, ({ shape }) => shape);
    if (options.trainable === false) this.trainable = false;
  }

  /** Computes the outputs by running the layers between inputs and outputs; override it in a custom model. */
  call(x: ValuesOf<In>, _context: CallContext<Structure<Value | undefined>>): ValuesOf<Out> {
    const graph = this.#graph;
    if (graph) return graph.run(x as Structure<Value>, `Cannot call "${this.name}"`) as ValuesOf<Out>;
    throw new StateError({
      what: `Cannot call "${this.name}"`,
      rule: `${this.constructor.name} has no method call, nor inputs and outputs`,
      received: "none",
      hint: "define call(x), which returns what layers make of x, or give new Model({ inputs, outputs })",
    });
  }

  /** Shapes and dtypes of the outputs: of a model that begins on the host, those that it was made with. */
  override computeOutputSpec(args: CallArguments<TensorSpec>): Structure<TensorSpec> {
    const { graph } = this;
    if (!graph?.stage) return super.computeOutputSpec(args);
    graph.stage.checkDTypes(flatten(args.positional[0] as Structure<TensorSpec>), `Cannot call "${this.name}"`);
    return mapStructure(graph.output, ({ shape, dtype }) => new TensorSpec(shape, dtype));
  }

  /** The mask of the output, which already passed through the layers. */
  override computeMask(
    x: Structure<Value>,
    mask: Structure<Value | undefined>,
  ): Structure<Value | undefined> {
    return this.#graph ? undefined : super.computeMask(x, mask);
  }

  /** Models made from inputs and outputs take what they are given, as in Keras; others cast it as layers do. */
  protected override get castsInputs(): boolean {
    return this.#graph === undefined;
  }

  /** The graph between inputs and outputs, for a model made from these. */
  protected get graph(): FunctionalGraph | undefined {
    return this.#graph;
  }

  /**
   * The graph between inputs and outputs, for a model made from these; undefined for a Sequential, which is a chain.
   */
  get connections(): FunctionalGraph | undefined {
    return this.#graph;
  }

  /** The layers of the model, including `Input` layers of a model made from inputs and outputs. */
  get layers(): readonly Layer[] {
    return this.sublayers;
  }

  /** The layers that weights files keep by class and number; undefined for a custom model. */
  get connectedLayers(): readonly Layer[] | undefined {
    return this.#graph?.layers;
  }

  /** The layers inside: those between inputs and outputs, and those in properties. */
  override get sublayers(): readonly Layer[] {
    return this.#graph ? [...new Set([...this.#graph.layers, ...super.sublayers])] : super.sublayers;
  }

  /** The inputs as given. Throws {@linkcode StateError} for a model not made from inputs and outputs. */
  override get input(): In {
    return requireGraph(this.graph, this.name, "input").input as In;
  }

  /** The outputs as given. Throws {@linkcode StateError} for a model not made from inputs and outputs. */
  override get output(): Out {
    return requireGraph(this.graph, this.name, "output").output as Out;
  }

  /** The symbolic inputs. Throws {@linkcode StateError} for a model not made from inputs and outputs. */
  get inputs(): readonly SymbolicTensor[] {
    return requireGraph(this.graph, this.name, "inputs").inputs;
  }

  /** The symbolic outputs. Throws {@linkcode StateError} for a model not made from inputs and outputs. */
  get outputs(): readonly SymbolicTensor[] {
    return requireGraph(this.graph, this.name, "outputs").outputs;
  }

  /** The names under which data can be given: of each `Input`, or of the shapes that the model was built for. */
  get inputNames(): readonly string[] {
    return this.graph?.inputs.map(({ name }) => name) ?? pseudoNames(this.inputShape, "input");
  }

  /** The names under which losses and metrics can be given: of outputs, or of the layers that compute them. */
  get outputNames(): readonly string[] {
    const { graph } = this;
    if (!graph) return pseudoNames(this.outputShape, "output");
    return namesOf(graph.output) ?? graph.outputs.map(({ name }) => name);
  }

  /** The dtypes that inputs are cast to, structured like the input, or a list for what `stage` gives; undefined for no cast. */
  get inputDType(): Structure<DType> | undefined {
    const { graph } = this;
    return graph && (graph.stage?.dtypes ?? mapStructure(graph.input, dtypeOfNumbers));
  }

  /** What runs on the host before the model's programs, where there is such a part. */
  get stage(): HostStage | undefined {
    return this.graph?.stage;
  }

  /** The shape of the output, batch axis first; undefined before the model is built. */
  get outputShape(): Structure<SymbolicShape> | undefined {
    return this.#outputShape;
  }

  /** The shape of a layer's output in this model, if known. */
  outputShapeOf(layer: Layer): Structure<SymbolicShape> | undefined {
    const node = this.graph?.nodes.find(({ operation }) => operation === layer);
    return node && mapStructure(node.output, ({ shape }) => shape);
  }

  /** Builds the model for inputs of this shape (batch axis first), and returns the shape of its output. */
  buildFor(inputShape: Structure<SymbolicShape>): Structure<SymbolicShape> {
    return this.#outputShape ??= this.computeOutputShape(inputShape);
  }

  /** Forgets the output shape, since the layers changed. */
  protected forgetOutputShape(): void {
    this.#outputShape = undefined;
  }

  /** The layer with a name, or at an index from 0. Throws {@linkcode ValueError} if there is none. */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    const found = typeof nameOrIndex === "number"
      ? layers.at(nameOrIndex)
      : layers.find((layer) => layer.name === nameOrIndex);
    if (found) return found;
    const near = typeof nameOrIndex === "string"
      ? didYouMean(nameOrIndex, layers.map((layer) => layer.name))
      : undefined;
    throw new ValueError({
      what: `Cannot get a layer of "${this.name}"`,
      rule: `its layers are ${layers.map((layer) => `"${layer.name}"`).join(", ") || "none yet"}`,
      received: describe(nameOrIndex),
      hint: near ? `did you mean "${near}"?` : "give one of these names, or a place counted from 0",
    });
  }

  /**
   * The model as Keras's config. Throws {@linkcode StateError} for a custom model: its `call` is code, which a config
   * cannot have.
   */
  override getConfig(): Config {
    const { name, trainable } = this;
    if (this.#graph) return { name, trainable, ...graphConfig(this.#graph) };
    if (this.className !== "Functional") return super.getConfig();
    throw new StateError({
      what: `Cannot write the config of "${name}"`,
      rule: "a model must be made of inputs and outputs, or be a Sequential",
      received: "neither",
      hint: "make it with new Model({ inputs, outputs })",
    });
  }
}

/** Names for unnamed inputs or outputs: `input` for one, `input_0`, `input_1`, ... for several. */
function pseudoNames(shapes: Structure<SymbolicShape> | undefined, prefix: string): string[] {
  if (shapes === undefined) return [];
  const count = flatten(shapes).length;
  return namesOf(shapes) ?? Array.from({ length: count }, (_, i) => (count === 1 ? prefix : `${prefix}_${i}`));
}
