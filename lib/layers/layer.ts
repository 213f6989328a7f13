// Layer: the base of all layers, built-in and custom. https://keras.io/api/layers/base_layer/
import type { DTypePolicy } from "../dtype_policy.ts";
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { ShapeError, StateError } from "../errors.ts";
import { errorPlace, withContext } from "../ir/context.ts";
import { scoped } from "../ir/trace.ts";
import { graphOf, idOf, Value, valueOf } from "../ir/value.ts";
import {
  anything,
  array,
  callArguments,
  inputShape as inputShapeOf,
  masks,
  object,
  operand,
  operands,
  shapes,
  shapesByName,
} from "../argument_kinds.ts";
import { autoName } from "../auto_names.ts";
import { type ArgumentPlace, declareMethods } from "../checked_methods.ts";
import { type FloatDType, isHalf } from "../dtype.ts";
import { divide } from "../ops/primitives.ts";
import { assignOptions, configOf, declareOptions, readOptions } from "../options.ts";
import { isBuiltIn, nameOfClass, objectNode, type SerializableClass } from "../registry.ts";
import type { Regularizer } from "../regularizers.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { flatten, heldBy, isItem, type Mapped, mapStructure, packLike, type Structure } from "../structure.ts";
import type { Variable } from "../tensor/variable.ts";
import { withMasks } from "./argument_masks.ts";
import { checkedItems, checkMask, holdsTensors, inTrace, returnedValue } from "./call_values.ts";
import { castFloats, plainAutocast, roundedToHalf } from "./casting.ts";
import { addedLosses, isTraining } from "./context.ts";
import { inferSpecs } from "./inference.ts";
import { checkInputSpec, type InputSpec } from "./input_spec.ts";
import { statelessCall } from "./stateless.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import {
  type AddWeightOptions,
  type ArgumentShapes,
  type CallContext,
  declaredShape,
  type LayerOptions,
  layerOptions,
  shapesOf,
} from "./options.ts";
import {
  type CallArguments,
  Node,
  replaceSymbolic,
  type Symbolic,
  symbolicIn,
  SymbolicTensor,
  TensorSpec,
} from "../tensor/symbolic.ts";
import type { Operand } from "../tensor/apply.ts";
import { type Autocast, autocasting } from "../tensor/autocast.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { penaltiesOn } from "./weight.ts";
import { WeightOwner } from "./weight_owner.ts";

export type { AddWeightOptions, ArgumentShapes, CallContext, LayerOptions };

/** The input of a layer's `call`. */
export type InputOf<L extends Layer> = Parameters<L["call"]>[0];
/** The output of a layer's `call`. */
export type OutputOf<L extends Layer> = ReturnType<L["call"]>;
/** `S` with tensors and variables too in place of symbolic values. */
export type WithTensors<S> = Mapped<S, Value, Value | Tensor | Variable>;

/** What a layer's `apply` takes besides the input. */
export type ContextOf<L extends Layer> = Parameters<L["call"]> extends [unknown] ? Partial<CallContext>
  : Parameters<L["call"]> extends [unknown, (infer C)?] ? Partial<C>
  : Partial<CallContext>;

/**
 * The base of all layers. Extend it: make weights in `build` with `addWeight`, compute in `call` with `ops`. Layers
 * kept in properties (or in lists in properties) are found automatically: their weights are this layer's too.
 *
 * @example A custom layer
 * ```ts
 * import { Layer, ops, type Value, type Weight } from "./mod.ts";
 * class Scale extends Layer {
 *   factor!: Weight;
 *   override build(shape: readonly (number | null)[]) {
 *     this.factor = this.addWeight({ name: "factor", shape: [shape.at(-1)!], initializer: "ones" });
 *   }
 *   override call(x: Value) {
 *     return ops.multiply(x, this.factor);
 *   }
 * }
 * console.log(new Scale().name); // scale
 * ```
 */
export abstract class Layer extends WeightOwner {
  /** The dtypes of computation and of weights. */
  declare readonly dtypePolicy: DTypePolicy;
  /** A penalty on the output, added to the loss. */
  declare readonly activityRegularizer: Regularizer | null;
  /** Whether the layer passes on the mask of its input; others drop it. */
  readonly supportsMasking: boolean = false;
  /** The name of the input in Keras's `call`: files may have it by name. */
  readonly inputArgument: string = "inputs";
  /**
   * The names of the arguments that Keras's `call` takes by position after the input, in order: files have them by
   * position. If there is one such as `valueMask`, it is the mask that `value` carries unless another is given.
   */
  readonly callArguments: readonly string[] = ["mask"];
  /**
   * The arguments that Keras's `call` takes by name, with the value that files have if they are not given. A layer that
   * lists `mask` here takes the mask of its input as an argument, so that the model includes what computes it.
   */
  readonly callDefaults: { readonly mask?: null; readonly training?: boolean } = {};
  /**
   * Whether floats that `call` takes, and weights that it reads, are cast to the layer's compute dtype. As in Keras, a layer
   * that casts for itself sets it to false.
   */
  readonly autocast: boolean = true;
  /**
   * Whether `call` computes in float32 where the compute dtype is a half: on inputs and weights that are rounded to it, with
   * the output rounded once. Layers of the library do, unless they call layers or functions of users.
   */
  protected readonly roundsOnce: boolean = isBuiltIn(this.constructor);
  /** What the layer requires of its input's shape, set by `build`. */
  inputSpec: InputSpec | undefined;
  #built = false;
  #isBuilding = false;
  #inputShape: Structure<SymbolicShape> | undefined;
  #argumentShapes: ArgumentShapes = {};
  #warnedOfMask = false;
  readonly #nodes: Node[] = [];
  /** The input shape that the layer's own options give its model, batch axis first, if any. */
  readonly batchInputShape: SymbolicShape | undefined;

  static {
    // A custom class may have further options.
    declareOptions(this, layerOptions, { strict: false });
    const shapesOfCall = { inputShape: shapes, argumentShapes: shapesByName };
    declareMethods(this, {
      build: { verb: "build", takes: shapesOfCall },
      ensureBuilt: { verb: "build", takes: shapesOfCall },
      buildFor: { verb: "build", takes: { inputShape: shapes } },
      checkInput: { verb: "call", takes: { shape: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: shapesOfCall },
      call: { verb: "call", takes: { x: operandsOnceBuilt, context: object } },
      computeMask: { verb: "take the mask of", takes: { x: operands, mask: masks } },
      apply: { verb: "call", takes: { x: anything, context: object } },
      computeOutputSpec: { verb: "take the output of", takes: { args: callArguments(TensorSpec) } },
      replay: { verb: "call", takes: { args: callArguments() } },
      addLoss: { verb: "add a loss to", takes: { value: operand } },
      savedCall: { verb: "save the call of", takes: { args: callArguments() } },
    }, {
      // Layers of the library take one input, unless they say otherwise.
      build: { verb: "build", takes: { inputShape: inputShapeOf, argumentShapes: shapesByName } },
      computeOutputShape: {
        verb: "take the output shape of",
        takes: { inputShape: inputShapeOf, argumentShapes: shapesByName },
      },
      call: { verb: "call", takes: { x: oneOnceBuilt, context: object } },
    });
  }

  /**
   * Takes the options, and the positional arguments by name. Throws {@linkcode ValueError} for an invalid value, or, if
   * the layer declares its options, for an unknown name.
   */
  constructor(options: LayerOptions = {}, byPosition: object = {}) {
    const className = new.target.name;
    let automatic: string | undefined;
    const nameOf = () => typeof options?.name === "string" ? options.name : automatic ??= autoName(className);
    const kept = readOptions(new.target, options, byPosition, { className, nameOf });
    super(nameOf(), kept.trainable !== false);
    this.batchInputShape = declaredShape(new.target, kept);
    assignOptions(this, kept);
    if (hasBuild(this)) this.#countBuilds(this.build);
  }

  /** Lets a call of `build` by hand count as one by `apply` does, for classes that override it, too. */
  #countBuilds(build: Layer["build"]): void {
    const value: Layer["build"] = (inputShape, argumentShapes) => {
      if (this.#isBuilding) build.call(this, inputShape, argumentShapes);
      else this.#buildByHand(inputShape, argumentShapes);
    };
    Object.defineProperty(this, "build", { value, configurable: true, writable: true });
  }

  #buildByHand(inputShape: Structure<SymbolicShape> | undefined, argumentShapes?: ArgumentShapes): void {
    // The weights of a custom class need not depend on a shape.
    if (!this.#built) return inputShape ? this.ensureBuilt(inputShape, argumentShapes) : this.#make(inputShape);
    if (JSON.stringify(inputShape) === JSON.stringify(this.#inputShape)) return;
    throw new StateError({
      what: `Cannot build "${this.name}"`,
      rule: "it is built already, for another shape",
      received: JSON.stringify(inputShape),
      hint: "make a new layer for inputs of that shape",
    });
  }

  /** The dtype that the layer computes in, and that floats of its output have. */
  get computeDtype(): FloatDType {
    return this.dtypePolicy.computeDtype;
  }

  /** The dtype in which the layer keeps its weights. */
  override get variableDtype(): FloatDType {
    return this.dtypePolicy.variableDtype;
  }

  /** Whether a call casts the floats that it is given to the compute dtype. */
  protected get castsInputs(): boolean {
    return true;
  }

  /** The name of the class in summaries and files. */
  get className(): string {
    return nameOfClass(this.constructor as SerializableClass);
  }

  /**
   * Makes the weights for inputs of `inputShape` (batch axis first, `null` where unknown, structured like the input);
   * called once, by `apply` or by hand. `argumentShapes` has the shapes of the arguments that are passed by name. Throws
   * {@linkcode StateError} for a layer that is built already for another shape.
   */
  build(inputShape: Structure<SymbolicShape>, argumentShapes?: ArgumentShapes): void {
    // Layers inside that are not built yet are built by a call.
    if (!this.#isBuilding && this.sublayers.every(({ built }) => built)) this.#buildByHand(inputShape, argumentShapes);
  }

  /** Computes the output from the input, with `ops`. */
  abstract call(x: Structure<Value>, context: CallContext<Structure<Value | undefined>>): Structure<Value>;

  /**
   * The mask of the output: that of the input if the layer supports masking. It is also called with symbolic tensors,
   * so compute it with `ops`.
   */
  computeMask(
    _x: Structure<Value>,
    mask: Structure<Value | undefined>,
  ): Structure<Value | undefined> {
    return this.supportsMasking ? mask : undefined;
  }

  /** Whether the weights have been made. */
  override get built(): boolean {
    return this.#built;
  }

  /** The shape that the layer was built for. */
  get inputShape(): Structure<SymbolicShape> | undefined {
    return this.#inputShape;
  }

  /** The layer's applications to symbolic tensors, in order. */
  get inboundNodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The input of the first application. Throws {@linkcode StateError} if there is none yet. */
  get input(): Structure<SymbolicTensor> {
    const { args, output } = this.#firstNode("input");
    return args.positional.length === 0 ? output : args.positional[0] as Structure<SymbolicTensor>;
  }

  /** The output of the first application to symbolic tensors. Throws {@linkcode StateError} if there is none yet. */
  get output(): Structure<SymbolicTensor> {
    return this.#firstNode("output").output;
  }

  #firstNode(what: string): Node {
    if (this.#nodes.length > 0) return this.#nodes[0];
    throw new StateError({
      what: `Cannot get the ${what} of "${this.name}"`,
      rule: "the layer was not applied to symbolic tensors yet",
      received: "none",
      hint: "put it into a model with an Input",
    });
  }

  /** Makes the weights, once. Throws the layer's own error if the shape does not fit. */
  ensureBuilt(inputShape: Structure<SymbolicShape>, argumentShapes: ArgumentShapes = {}): void {
    if (this.#built) return;
    this.checkInput(inputShape);
    this.#make(inputShape, argumentShapes);
  }

  #make(inputShape: Structure<SymbolicShape> | undefined, argumentShapes: ArgumentShapes = {}): void {
    this.#isBuilding = true;
    try {
      this.building(() => this.build(inputShape as Structure<SymbolicShape>, argumentShapes));
    } finally {
      this.#isBuilding = false;
    }
    this.#inputShape = inputShape;
    this.#argumentShapes = argumentShapes;
    this.#built = true;
  }

  /**
   * Applies the layer. In a traced function `x` is a symbolic value (or a list of them, or some by name): the layer is
   * built the first time, shapes are checked, masks are passed on, and without a context `training` is that of the
   * surrounding call. Applied to symbolic tensors, it becomes a node of the models made from its output.
   *
   * @example Two layers, one after the other
   * ```ts
   * import { Input, layers } from "./mod.ts";
   * const x = Input({ shape: [4] });
   * const y = new layers.Dense(1).apply(new layers.Dense(3, { activation: "relu" }).apply(x));
   * console.log(y.shape); // [ null, 1 ]
   * ```
   */
  apply(
    x: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  /** Applies the layer to symbolic tensors: it becomes a node of the models made from its output. */
  apply(
    x: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
  apply(x: unknown, context: unknown = {}): unknown {
    if (typeof this.call !== "function") {
      throw new StateError({
        what: `Cannot call "${this.name}"`,
        rule: `${this.constructor.name} has no method call`,
        received: "none",
        hint: "define call(x), which returns what ops make of x",
      });
    }
    const args: CallArguments<SymbolicTensor> = { positional: [x], named: context as Record<string, unknown> };
    return symbolicIn(args).length > 0
      ? this.#applySymbolic(args)
      : this.#applyValues(inTrace(x) as Structure<Value>, inTrace(context) as object);
  }

  /**
   * Applies the layer, in a traced function, as a function of its weights: with values in place of those that the
   * variables have. Gives the output, and the values that the variables which are not trainable have after it; with
   * `returnLosses` also the losses that the call added. As Keras's `stateless_call`.
   *
   * @param trainableVariables a value for each of `trainableVariables`
   * @param nonTrainableVariables a value for each of `nonTrainableVariables`
   * @param x the input, as for {@linkcode Layer.apply}
   * @param context what `apply` takes, such as `training`, and `returnLosses`
   * @throws {StateError} before the layer is built
   * @throws {ValueError} unless there is a value for each variable
   *
   * @example The gradient by weights that are given
   * ```ts
   * import { compile, gradients, Input, layers, ops, Sequential, type Value } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1, { useBias: false })]);
   * const slope = compile((kernel: Value, x: Value) => {
   *   const [y] = model.statelessCall([kernel], [], x);
   *   return gradients(ops.sum(y), [kernel]);
   * });
   * console.log((await slope([[1], [1]], [[3, 4]]))[0].toArray()); // [ [ 3 ], [ 4 ] ]
   * ```
   */
  statelessCall(
    trainableVariables: readonly Operand[],
    nonTrainableVariables: readonly Operand[],
    x: InputOf<this> | WithTensors<InputOf<this>>,
    context: Partial<CallContext> & { readonly returnLosses?: boolean } = {},
  ): [output: OutputOf<this>, nonTrainableVariables: Value[], losses: Value[]] {
    const { returnLosses = false, ...rest } = context;
    const call = () => this.apply(x, rest);
    const made = statelessCall(this, trainableVariables, nonTrainableVariables, call);
    return [made.output, made.nonTrainable, returnLosses ? made.losses : []];
  }

  #applyValues(x: Structure<Value>, context: Partial<CallContext<Structure<Value | undefined>>>): Structure<Value> {
    const what = `Cannot call "${this.name}"`;
    const inputs = checkedItems(x, Value, what);
    const { training: asked, mask: given, ...others } = context;
    const training = asked ?? isTraining.current ?? false;
    const openShape = ({ shape }: Value) => (shape.length > 0 ? [null, ...shape.slice(1)] : shape);
    if (!this.#built) this.ensureBuilt(mapStructure(x, openShape), shapesOf(others, Value, openShape));
    this.checkInput(mapStructure(x, ({ shape }) => shape));
    checkMask(given, what);
    const masks = inputs.map((value) => value.mask);
    const mask = given ?? (masks.some((item) => item) ? packLike(x, masks) : undefined);
    const maskOfCall = given ?? (holdsTensors(others, Value) ? undefined : mask);
    const ofLayer = [
      isTraining.of(training),
      addedLosses.of(addedLosses.current ?? []),
      scoped(this.name),
      autocasting.of(this.#readsAs()),
    ];
    return this.building(() =>
      withContext(ofLayer, () => {
        const ofCall = [errorPlace.of(`"${this.name}"`)];
        const named = withMasks(this, x, others);
        const y = withContext(
          ofCall,
          () => this.call(this.#cast(x), { ...this.#castAll(named), training, mask: maskOfCall }),
        );
        const outMasks = flatten(this.computeMask(x, mask));
        if (mask !== undefined) this.#warnOfMask();
        return mapStructure(y, (given, i) => {
          const returned = returnedValue(given, what);
          const value = this.roundsOnce ? roundedToHalf(returned, this.computeDtype) : returned;
          // A layer that returns its input unchanged does not thereby pass on the mask.
          const own = this.supportsMasking || !inputs.includes(value) ? value.mask : undefined;
          const outMask = own ?? outMasks[i];
          const output = value.mask !== outMask && inputs.includes(value)
            ? valueOf(graphOf(value), idOf(value))
            : value;
          output.mask = outMask;
          // Activity penalties are per sample, so that they do not grow with the batch.
          if (this.activityRegularizer) {
            this.addLoss(divide(this.activityRegularizer.call(output), output.shape[0]));
          }
          return output;
        });
      })
    );
  }

  /** How the call reads weights; undefined for as they are. */
  #readsAs(): Autocast | undefined {
    const { computeDtype: to } = this;
    return this.autocast && isHalf(to) ? { to, as: this.roundsOnce ? "float32" : to } : undefined;
  }

  /** What a call is given with its floats cast, as Keras's layers cast them. */
  #cast<T>(given: T): T {
    const casts = this.castsInputs && (this.autocast || this.roundsOnce);
    return casts ? castFloats(given, this.#readsAs() ?? plainAutocast) : given;
  }

  #castAll(named: Readonly<Record<string, unknown>>): object {
    return Object.fromEntries(Object.entries(named).map(([name, given]) => [name, this.#cast(given)]));
  }

  /** Warns, once, that the layer drops its input's mask, unless that was declared. */
  #warnOfMask(): void {
    const onPurpose = this.supportsMasking || this.computeMask !== Layer.prototype.computeMask;
    if (onPurpose || this.#warnedOfMask || this.sublayers.length > 0) return;
    this.#warnedOfMask = true;
    console.warn(
      `"${this.name}" drops the mask of its input: layers after it count masked steps like the others. Put it ` +
        `before the layer that masks, or set supportsMasking in a layer of your own`,
    );
  }

  #applySymbolic({ positional, named }: CallArguments<SymbolicTensor>): Structure<SymbolicTensor> {
    const x = positional[0] as Structure<SymbolicTensor>;
    const inputs = checkedItems(x, SymbolicTensor, `Cannot call "${this.name}"`);
    const shapes = mapStructure(x, ({ shape }) => shape);
    try {
      this.ensureBuilt(shapes, shapesOf(named, SymbolicTensor, ({ shape }) => shape));
    } catch (error) {
      throw error instanceof UnknownDimensionError ? error.naming(x) : error;
    }
    this.checkInput(shapes);
    const masks = inputs.map(({ mask }) => mask);
    const mask = named.mask ?? (masks.some((item) => item) ? packLike(x, masks) : undefined);
    const takesMask = mask !== undefined && "mask" in this.callDefaults &&
      (named.mask !== undefined || !holdsTensors(named, SymbolicTensor));
    const args = { positional, named: takesMask ? { ...named, mask } : named };
    const specs = this.computeOutputSpec(replaceSymbolic(args, ({ shape, dtype }) => new TensorSpec(shape, dtype)));
    for (const { shape } of flatten(specs)) {
      if (!shape.some((extent) => extent !== null && extent <= 0)) continue;
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: "every axis of its output must have at least one element",
        received: `${formatShape(shape)} from an input of ${flatten(shapes).map(formatShape).join(" and ")}`,
        hint: "give a larger Input, or leave layers out",
      });
    }
    const { output, outputs } = this.connect(args, specs);
    const outMasks = flatten(maskOf(this, x, mask));
    outputs.forEach((tensor, i) => {
      if (outMasks[i] instanceof SymbolicTensor) tensor.mask = outMasks[i];
    });
    return output;
  }

  /** Records an application to symbolic tensors that returns values of `specs`. */
  protected connect(args: CallArguments<SymbolicTensor>, specs: Structure<TensorSpec>): Node {
    const node = new Node(this, this.#nodes.length, args, specs);
    this.#nodes.push(node);
    return node;
  }

  /** Applies the layer with a node's arguments, but with other values in place of the symbolic ones. */
  replay<T extends Value | SymbolicTensor>({ positional, named }: CallArguments<T>): Structure<T> {
    return this.apply(positional[0] as InputOf<this>, named as ContextOf<this>) as Structure<T>;
  }

  /** Throws {@linkcode ShapeError} if the layer cannot take an input of `shape`. */
  checkInput(shape: Structure<SymbolicShape>): void {
    if (this.inputSpec && isItem(shape)) checkInputSpec(this.inputSpec, shape, `Cannot call "${this.name}"`);
  }

  /**
   * The output shape for an input shape, batch axis first. Unless overridden, found by tracing `call` twice with
   * different extents in place of each `null`.
   */
  computeOutputShape(
    inputShape: Structure<SymbolicShape>,
    argumentShapes: ArgumentShapes = {},
  ): Structure<SymbolicShape> {
    this.ensureBuilt(inputShape, argumentShapes);
    const toSpec = (shape: SymbolicShape) => new TensorSpec(shape, this.computeDtype);
    const named = Object.entries(argumentShapes).map(([name, shapes]) => [name, mapStructure(shapes, toSpec)]);
    const args = { positional: [mapStructure(inputShape, toSpec)], named: Object.fromEntries(named) };
    return mapStructure(inferSpecs(args, (values) => this.replay(values)), ({ shape }) => shape);
  }

  /** The shapes and dtypes of the outputs for those of the arguments. */
  computeOutputSpec(args: CallArguments<TensorSpec>): Structure<TensorSpec> {
    const run = (values: CallArguments<Value>) => this.replay(values);
    if (this.computeOutputShape === Layer.prototype.computeOutputShape) return inferSpecs(args, run);
    const shapes = this.computeOutputShape(
      mapStructure(args.positional[0] as Structure<TensorSpec>, ({ shape }) => shape),
      shapesOf(args.named, TensorSpec, ({ shape }) => shape),
    );
    const dtypes = flatten(inferSpecs(args, run, true));
    return mapStructure(shapes, (shape, i) => new TensorSpec(shape, dtypes[i].dtype));
  }

  /** Adds a scalar to the loss of the step being traced; for use in `call`. */
  addLoss(value: Value): void {
    addedLosses.current?.push({ layer: this, value });
  }

  /**
   * What this layer and those inside it add to the loss, for a custom step: the scalars that they gave `addLoss`
   * so far in the step being traced, and the penalties on their trainable weights. `computeLoss` of a model has them all.
   *
   * Source: `keras.Layer.losses`.
   *
   * @throws {StateError} for penalties outside of a traced function
   *
   * @example A step that trains by what layers add
   * ```ts
   * import { gradients, Input, layers, Model, ops, Sequential, type StepData, type Value } from "./mod.ts";
   * class Trainer extends Model {
   *   readonly network = new Sequential([
   *     Input({ shape: [2] }),
   *     new layers.Dense(1, { kernelRegularizer: "l2" }),
   *   ]);
   *   override trainStep({ x, y }: StepData) {
   *     const yPred: Value = this.network.apply(x, { training: true });
   *     const distance = ops.mean(ops.abs(ops.subtract(y!, yPred)));
   *     const loss = this.network.losses.reduce((sum, added) => ops.add(sum, added), distance);
   *     const weights = this.trainableWeights;
   *     this.optimizer!.apply(gradients(loss, weights), weights);
   *   }
   * }
   * const trainer = new Trainer();
   * trainer.compile({ optimizer: "sgd", loss: null });
   * await trainer.fit([[1, 2]], [[3]], { verbose: 0 });
   * ```
   */
  get losses(): Value[] {
    const within = new Set<object>();
    const visit = (layer: Layer) => {
      within.add(layer);
      layer.sublayers.forEach(visit);
    };
    visit(this);
    const added = (addedLosses.current ?? []).filter(({ layer }) => within.has(layer)).map(({ value }) => value);
    return [...added, ...penaltiesOn(this.trainableWeights)];
  }

  /**
   * The layers kept in properties, or in lists and plain objects in properties, in the order in which these were set.
   */
  override get sublayers(): readonly Layer[] {
    return heldBy<Layer>(this, Layer);
  }

  /** The layer as written in a model's config: its class, its config, and the shape that it was built for. */
  serialize(): ObjectNode {
    const shape = hasBuild(this) ? this.#inputShape : undefined;
    return {
      ...objectNode(this),
      ...(shape && { build_config: this.buildConfig(shape, this.#argumentShapes) }),
    };
  }

  /** The shapes that the layer was built for, as files have them. */
  protected buildConfig(inputShape: Structure<SymbolicShape>, _argumentShapes: ArgumentShapes): Config {
    return { input_shape: inputShape as ConfigValue };
  }

  /** The arguments of a call as files have them: where Keras takes some by position, or nests lists deeper. */
  savedCall(args: CallArguments<unknown>): CallArguments<unknown> {
    return args;
  }

  /** The arguments that recreate the layer, as in Keras's config; extend it with your own. */
  getConfig(): Config {
    return configOf(this);
  }
}

/** Whether a layer has a `build` of its own: others never have weights, except in layers inside. */
export const hasBuild = (layer: Layer): boolean => layer.build !== Layer.prototype.build;

/** What a layer computes with, which has its weights by then. */
function operandsOnceBuilt(given: unknown, place: ArgumentPlace): unknown {
  const { owner, what } = place;
  if (owner instanceof Layer && !owner.built && hasBuild(owner)) {
    throw new StateError({
      what,
      rule: "it is not built yet",
      received: "a call of its method call",
      hint: "use apply(x), which builds it first",
    });
  }
  return operands(given, place);
}

function oneOnceBuilt(given: unknown, place: ArgumentPlace): unknown {
  operandsOnceBuilt(given, place);
  return array(given, place);
}

/** The mask of a layer's output, for symbolic tensors as for values: layers compute it with `ops`, which take both. */
function maskOf(
  layer: { computeMask(x: unknown, mask: unknown): Structure<unknown> },
  x: Structure<unknown>,
  mask: unknown,
): Structure<unknown> {
  return layer.computeMask(x, mask);
}
