// PreparingLayer: the base of layers that compute at once from data, and of those that need the host for it, as texts do.
import { array, hostArrays, listOf, map, object, operands, shapes } from "../argument_kinds.ts";
import { type Argument, declareMethods } from "../checked_methods.ts";
import { type DType, makeArray } from "../dtype.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import { ContextKey, withContext } from "../ir/context.ts";
import type { ValueId } from "../ir/graph.ts";
import { interpret } from "../ir/interpret.ts";
import type { RefArray } from "../ir/op_def.ts";
import { recording, Trace } from "../ir/trace.ts";
import { idOf, Value } from "../ir/value.ts";
import { declareBase } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";
import { holdsStrings, type HostArray, type Strings, toStrings } from "../tensor/strings.ts";
import { type CallArguments, type Symbolic, symbolicIn, TensorSpec } from "../tensor/symbolic.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { addedLosses, isTraining } from "./context.ts";
import { inferSpecs } from "./inference.ts";
import { type CallContext, type ContextOf, type InputOf, Layer, type OutputOf, type WithTensors } from "./layer.ts";

/** What a layer takes: texts, integers, any numbers, or texts or integers. */
export type Takes = "texts" | "integers" | "numbers" | "texts or integers";

/** Shape and dtype of an input. */
const spec: Argument = (given, { what }) => {
  if (given instanceof TensorSpec) return given;
  throw new ValueError({ what, rule: "inputs must be specs", received: describe(given), hint: "use apply(x)" });
};

/** Whether `call` gets what the host made of the input, and not the input. */
const isPrepared = new ContextKey<boolean>("isPrepared");

/**
 * The base of layers that prepare data. Called on data, texts or numbers, they compute at once and give a tensor. In a
 * model, those that need the host run there before the program, and the program does the rest.
 */
export abstract class PreparingLayer<OfNumbers extends HostArray = Tensor> extends Layer {
  static {
    declareBase(this);
    declareMethods(this, {
      computeOutputShape: { verb: "take the output shape of", takes: { inputShape: shapes } },
      prepare: { verb: "call", takes: { x: hostArrays } },
      ofArrays: { verb: "call", takes: { x: hostArrays, context: object } },
      preparedSpec: { verb: "call", takes: { inputs: listOf(spec, "a list of specs of inputs", 1) } },
      applyPrepared: { verb: "call", takes: { x: array } },
      encode: { verb: "call", takes: { x: array } },
      compute: { verb: "call", takes: { x: operands, context: object } },
      call: { verb: "call", takes: { x: operands, context: object } },
      saveOwnVariables: { verb: "save", takes: { store: map } },
      loadOwnVariables: { verb: "load", takes: { store: map } },
      saveAssets: { verb: "save", takes: { assets: map } },
      loadAssets: { verb: "load", takes: { assets: map } },
      getVocabulary: { verb: "take the vocabulary of", takes: { options: object } },
    });
  }
  /** What the layer takes. */
  abstract readonly takes: Takes;
  /** Increases when what the layer computes changes, by what is no weight: programs made before are not used again. */
  revision = 0;

  /** The part of the work that the host does: numbers of texts. A layer without it runs in programs alone. */
  prepare?(x: Structure<HostArray>): Tensor;

  /** Shape and dtype of what {@linkcode prepare} gives. */
  protected preparedSpec(inputs: readonly TensorSpec[]): TensorSpec {
    return new TensorSpec(inputs[0].shape, "int32");
  }

  /** Whether a program can do all of the work. */
  readonly runsInPrograms: boolean = false;

  /** What a program computes of the input itself. */
  protected compute(_x: Structure<Value>, _context: Partial<CallContext>): Value {
    throw new StateError({
      what: `Cannot call "${this.name}"`,
      rule: `${this.className} runs on the host, before the program`,
      received: "what the program computes",
      hint: "apply it to an Input, or to what such layers make of one; or call it on data alone",
    });
  }

  /** What a program computes of what {@linkcode prepare} gave. */
  protected encode(x: Value): Value {
    return x;
  }

  /** Computes the output from the input, or from what the host made of it. */
  call(x: Value, context: CallContext): Value {
    return isPrepared.current ? this.encode(x) : this.compute(x, context);
  }

  /** Applies the layer to what {@linkcode prepare} gave, in a traced function. */
  applyPrepared(x: Value): Value {
    return withContext([isPrepared.of(true)], () => super.apply(x)) as Value;
  }

  /**
   * Computes the output of data at once: a tensor, nested lists of numbers or of texts. Applied to symbolic tensors it
   * becomes a part of a model, as other layers. Throws {@linkcode ValueError} for texts where numbers belong, and the
   * reverse.
   */
  override apply(x: Strings): Tensor;
  /** The output of numbers. */
  override apply(x: TensorLike): OfNumbers;
  /** Applies the layer in a traced function. */
  override apply(
    x: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  /** Applies the layer to symbolic tensors: it becomes a node of the models made from its output. */
  override apply(
    x: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
  override apply(x: unknown, context: object = {}): unknown {
    const isTraced = flatten<unknown>(x).some((item) => item instanceof Value || item instanceof Variable);
    if (isTraced || symbolicIn({ positional: [x], named: context as Record<string, unknown> }).length > 0) {
      return super.apply(x as InputOf<this>, context);
    }
    return this.atOnce(x, context);
  }

  /** What the layer makes of data. */
  protected atOnce(x: unknown, context: object): HostArray {
    return this.ofArrays(this.take(x), context);
  }

  /** What the layer makes of arrays of what it takes. */
  ofArrays(x: Structure<HostArray>, context: object = {}): HostArray {
    if (this.prepare) return computed([this.prepare(x)], ([value]) => this.applyPrepared(value));
    return computed(
      flatten(this.take(x)) as Tensor[],
      ([value]) => super.apply(value as InputOf<this>, context) as Value,
    );
  }

  /** The layer's input as arrays of what it takes. */
  take(x: unknown): Structure<HostArray> {
    return takenAs(this.takes, x, `Cannot call "${this.name}"`, "x");
  }

  /** Shape and dtype of the output. */
  override computeOutputSpec(args: CallArguments<TensorSpec>): Structure<TensorSpec> {
    const inputs = flatten(args.positional[0] as Structure<TensorSpec>);
    for (const { dtype } of inputs) this.#checkDType(dtype);
    if (!this.prepare) return super.computeOutputSpec(args);
    const prepared: CallArguments<TensorSpec> = { positional: [this.preparedSpec(inputs)], named: {} };
    return inferSpecs(prepared, ({ positional }) => this.applyPrepared(positional[0] as Value));
  }

  #checkDType(dtype: TensorSpec["dtype"]): void {
    if (this.takes.includes(dtype === "string" ? "texts" : dtype === "float32" ? "numbers" : "")) return;
    if (dtype !== "string" && this.takes !== "texts") return;
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: `${this.className} takes ${this.takes}`,
      received: dtype === "string" ? "texts" : `${dtype} numbers`,
      hint: dtype === "string"
        ? "put a StringLookup, a TextVectorization or a Hashing before it"
        : 'write the Input as in Input({ shape: [1], dtype: "string" })',
    });
  }

  /** The output's shape for one input of the first dtype that the layer takes. */
  override computeOutputShape(inputShape: Structure<SymbolicShape>): Structure<SymbolicShape> {
    const dtype = this.takes.startsWith("texts") ? "string" : this.takes === "integers" ? "int32" : "float32";
    const inputs = mapStructure(inputShape, (shape) => new TensorSpec(shape, dtype));
    return mapStructure(this.specOf(inputs), ({ shape }) => shape);
  }

  /** Shape and dtype of the output for those of the input. */
  protected specOf(inputs: Structure<TensorSpec>): Structure<TensorSpec> {
    const args: CallArguments<TensorSpec> = { positional: [inputs], named: {} };
    return this.prepare ? this.computeOutputSpec(args) : inferSpecs(args, (values) => this.replay(values));
  }
}

/** How often any layer has changed what it computes. */
let changes = 0;

/** Notes that a layer computes something else from now on, so that programs with it are traced again. */
export function noteChange(layer: { revision: number }): void {
  layer.revision++;
  changes++;
}

/** How often any layer has changed what it computes by what is no weight: while it is the same, so are all revisions. */
export const changesSoFar = (): number => changes;

/** Increases when what one of the layers, or of those inside them, computes changes by what is no weight. */
export function revisionOf(layers: readonly Layer[]): number {
  const own = (layer: Layer) => (layer instanceof PreparingLayer ? layer.revision : 0);
  return layers.reduce((sum, layer) => sum + own(layer) + revisionOf(layer.sublayers), 0);
}

/** Data as the arrays that a layer takes. */
export function takenAs(takes: Takes, x: unknown, what: string, name: string): HostArray {
  const isText = holdsStrings(x);
  if (isText ? takes.startsWith("texts") : takes === "texts") return toStrings(x, what, name);
  if (isText) {
    throw new ValueError({
      what,
      rule: `elements of ${name} must be numbers`,
      received: "texts",
      hint: "StringLookup, TextVectorization and Hashing take texts",
    });
  }
  if (takes === "numbers") return toTensor(x as TensorLike, what, name, "float32");
  return toIntegers(x as TensorLike, what, name);
}

/** Numbers as int32, without a way over float32, which does not hold all of them. */
export function toIntegers(x: TensorLike, what: string, name: string): Tensor {
  const isNested = !(x instanceof Tensor) && !ArrayBuffer.isView(x);
  const limit = 2 ** 31;
  const check = (level: unknown): void => {
    if (Array.isArray(level)) return level.forEach(check);
    if (typeof level !== "number" || (level >= -limit && level < limit)) return;
    throw new ValueError({
      what,
      rule: `integers of ${name} must be from ${-limit} to ${limit - 1}`,
      received: describe(level),
      hint: "give larger ones as texts, which StringLookup and Hashing take",
    });
  };
  const made = isNested ? toTensor(x, what, name, "int32") : toTensor(x, what, name);
  if (isNested) check(x);
  return made.cast("int32");
}

/** What a traced function computes of tensors, at once: by the reference functions, rounded to the dtype. */
export function computed(inputs: readonly Tensor[], run: (values: Value[]) => Value): Tensor {
  const trace = new Trace();
  const context = [...recording(trace), isTraining.of(false), addedLosses.of([])];
  const values = new Map<ValueId, RefArray>();
  const output = withContext(context, () =>
    run(inputs.map(({ shape, dtype, data }) => {
      const value = trace.input({ shape, dtype });
      values.set(idOf(value), { shape, dtype, data: new Float64Array(data) });
      return value;
    })));
  interpret({ ...trace.graph, outputs: [idOf(output)] }, values);
  const { shape, dtype } = output;
  return new Tensor(shape, dtype as DType, makeArray(dtype, values.get(idOf(output))!.data));
}
