// Dataset: the user's data, checked against the model, and its copy on a device.
import type { DType } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import { describe } from "../options.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import { flatten, isNamed, packLike, type Structure } from "../structure.ts";
import { type DataLike, type HostArray, StringTensor } from "../tensor/strings.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { inputsOf, labelOf, type Parts, tensorsOf } from "./arguments.ts";
import { BatchStream } from "./batch_stream.ts";
import type { Batches } from "./batches.ts";
import { weighClasses } from "./class_weights.ts";
import type { Compiled } from "./compiled.ts";
import { evaluateOptions, fitOptions, type SampleWeightOptions } from "./options.ts";
import type { TrainableModel } from "./trainer.ts";
import { checkTargets, checkWeights } from "./validation.ts";
import { warnOfNumbers } from "./warnings.ts";

/** Checked data: tensors with equal numbers of rows, in the order in which structures are flattened. */
export interface Dataset {
  /** The purpose of the data in messages, such as `fit "m"`. */
  readonly where: string;
  /** The number of rows. */
  readonly rows: number;
  /** Inputs, each `[rows, ...]`. */
  readonly x: readonly Tensor[];
  /**
   * Targets for each output, each `[rows, ...]`; undefined for an output without targets, empty if no output has any.
   */
  readonly y: readonly (Tensor | undefined)[];
  /** Weights for each output, `[rows]` or `[rows, ...]`; empty if no output has any. */
  readonly weights: readonly (Tensor | undefined)[];
  /** A structure like the inputs'. */
  readonly xLike: Structure<unknown>;
  /** A structure like the outputs'. */
  readonly yLike: Structure<unknown>;
}

/** Inputs, targets and weights as the user gave them. */
interface UserData extends SampleWeightOptions {
  /** Inputs. */
  readonly x: Structure<DataLike> | undefined;
  /** Targets. */
  readonly y?: Structure<TensorLike> | null;
}

/**
 * The user's data, checked against the model, which is built for it if necessary; without `compiled` only its inputs.
 * Throws {@linkcode ValueError} or {@linkcode ShapeError} if it does not fit the model, its losses, or itself.
 */
export function checkedData(model: TrainableModel, data: UserData, where: string, compiled?: Compiled): Dataset {
  const [sampleWeight, classWeight] = [data.sampleWeight ?? undefined, data.classWeight ?? undefined];
  if (sampleWeight !== undefined && classWeight !== undefined) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "only one of sampleWeight and classWeight may be given",
      received: "both",
      hint: "multiply the weights of the classes into those of the samples",
    });
  }
  if (isNamed(data.x)) refuseArguments(data.x, model, where);
  const shapes = model.inputShape && flatten(model.inputShape);
  const dtypes = model.stage?.inputs.map(({ dtype }) => dtype);
  const parts = { argument: "x", like: model.inputShape, names: model.inputNames, shapes, dtypes };
  const { items, like, rows } = inputsOf(data.x, parts, where);
  const given = items.filter((item) => item !== undefined);
  const open = given.map(({ shape }): SymbolicShape => [null, ...shape.slice(1)]);
  const output = model.buildFor(model.inputShape ?? packLike(like, open));
  const { stage } = model;
  const x = stage?.prepare(given) ?? given.map((item, i) => numbersOf(item, labelOf(parts, given.length, i), where));
  const inputs: Dataset = {
    where,
    rows: rows.count,
    x,
    y: [],
    weights: [],
    xLike: stage ? x.length === 1 ? x[0] : x : model.inputShape ?? like,
    yLike: output,
  };
  if (!compiled) return inputs;

  const outputs = flatten(output);
  compiled.bind(model.outputNames, outputs.length);
  const shared = { like: output, names: compiled.outputNames, rows };
  const targetParts = { ...shared, argument: "y", partial: compiled.losses.includes(undefined) };
  const weightParts = { ...shared, argument: "sampleWeight", partial: true, shared: true };
  const y = targetsOf(data.y, targetParts, compiled, where);
  const weights = sampleWeight === undefined ? [] : tensorsOf(sampleWeight, weightParts, where).items;
  outputs.forEach((shape, i) => {
    const loss = compiled.losses[i];
    if (loss) checkTargets(y[i], shape, loss, labelOf(targetParts, outputs.length, i), where);
  });
  weights.forEach((weight, i) => {
    if (weight) checkWeights(weight, outputs[i], labelOf(weightParts, outputs.length, i), where);
  });
  const weighed = classWeight === undefined || y.length === 0 ? weights : [weighClasses(y, classWeight, where)];
  return { ...inputs, y, weights: weighed };
}

/** The tensor of an input that must not be texts. */
function numbersOf(input: HostArray, label: string, where: string): Tensor {
  if (input instanceof Tensor) return input;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: `elements of ${label} must be numbers or booleans`,
    received: "texts",
    hint: 'let the model begin with Input({ shape: [1], dtype: "string" }) and a TextVectorization or a StringLookup',
  });
}

/** Throws {@linkcode ValueError} for what a method takes by position, in one object. */
function refuseArguments(x: object, { inputShape, inputNames }: TrainableModel, where: string): void {
  const keys = Object.keys(x);
  if (!keys.includes("x") || !keys.includes("y") || inputNames.includes("x")) return;
  // A model that is not built yet may have inputs of these names.
  if (inputShape === undefined && !keys.some((key) => optionNames.has(key))) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "the data must be given by position",
    received: `an object with ${keys.join(", ")}`,
    hint: `write ${where.split(" ")[0]}(x, y, { ... })`,
  });
}

/** The targets of each output; if only some outputs have losses, targets may be given for these only. */
function targetsOf(
  y: Structure<TensorLike> | null | undefined,
  parts: Parts,
  { losses }: Compiled,
  where: string,
): readonly (Tensor | undefined)[] {
  if (y === undefined || (y === null && losses.every((loss) => loss === undefined))) return [];
  if (looksLikeOptions(y, parts)) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "y must be the targets",
      received: "an object of options",
      hint: `give the targets before the options, as in ${where.split(" ")[0]}(x, y, { ... })`,
    });
  }
  const withLoss = losses.flatMap((loss, i) => (loss ? [i] : []));
  if (withLoss.length === losses.length || withLoss.length === 0 || isNamed(y)) return tensorsOf(y, parts, where).items;
  const list = Array.isArray(y) ? y as readonly TensorLike[] : undefined;
  if (list?.length === losses.length) return tensorsOf(y, parts, where).items;
  const given = withLoss.length === 1 && !(list?.length === 1 && list[0] instanceof Tensor) ? [y as TensorLike] : list;
  if (given?.length !== withLoss.length) return tensorsOf(y, parts, where).items;
  const each = losses.map((loss, i) => (loss ? given[withLoss.indexOf(i)] : undefined));
  return tensorsOf(each as readonly TensorLike[], parts, where).items;
}

/** Whether `y` is not data but a plain object of options, with none of the outputs' names. */
function looksLikeOptions(y: unknown, { names }: { readonly names: readonly string[] }): boolean {
  return y !== null && typeof y === "object" && Object.getPrototypeOf(y) === Object.prototype &&
    !Object.keys(y).some((key) => names.includes(key)) && Object.keys(y).some((key) => optionNames.has(key));
}

/** The names of the options that `fit` and `evaluate` take after the targets. */
const optionNames = new Set([...Object.keys(fitOptions), ...Object.keys(evaluateOptions)]);

/** The stream of the user's batches, each checked like data given at once; warnings are printed once. */
export function checkedStream(
  model: TrainableModel,
  source: Batches,
  where: string,
  compiled?: Compiled,
  classWeight?: SampleWeightOptions["classWeight"],
): BatchStream {
  let warned = false;
  return new BatchStream(source, (batch, index) => {
    const place = `${where}, batch ${index}`;
    const data = partsOf(batch, place);
    // Targets may be present: a source for fit also works for predict.
    const checked = checkedData(model, compiled ? { ...data, classWeight } : { x: data.x }, place, compiled);
    if (compiled) warned ||= warnOfNumbers(checked, model);
    return checked;
  }, where);
}

function partsOf(batch: unknown, where: string): UserData {
  const isOne = batch instanceof Tensor || batch instanceof StringTensor || ArrayBuffer.isView(batch);
  if (isOne || isNamed(batch)) return { x: batch as TensorLike };
  if (Array.isArray(batch) && batch.length >= 1 && batch.length <= 3) {
    const [x, y, sampleWeight] = batch;
    return { x, y: y ?? undefined, sampleWeight };
  }
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "a batch must be [x], [x, y] or [x, y, sampleWeight], or a tensor of inputs alone",
    received: Array.isArray(batch) ? `a list of ${batch.length}` : describe(batch),
    hint: "put the parts into a list, as in yield [x, y]",
  });
}

/** Device variables for data of given shapes, which programs read. */
export class DeviceDataset {
  /** Inputs. */
  readonly x: readonly Variable[];
  /** Targets. */
  readonly y: readonly (Variable | undefined)[];
  /** Weights. */
  readonly weights: readonly (Variable | undefined)[];
  /** A structure like the inputs'. */
  readonly xLike: Structure<unknown>;
  /** A structure like the outputs'. */
  readonly yLike: Structure<unknown>;
  /** The number of rows. */
  readonly rows: number;
  /** Distinguishes it from others of the same model. */
  readonly key: string;
  readonly #outputs: Variable[] = [];

  /**
   * Makes variables for data of the shapes and dtypes of `data`; a tensor that several outputs share becomes one
   * variable.
   */
  constructor(data: Dataset, role: string) {
    const made = new Map<Tensor, Variable>();
    const allocate = (of: Tensor | undefined, part: string) => {
      if (!of) return undefined;
      let variable = made.get(of);
      if (!variable) made.set(of, variable = zerosVariable(of.shape, of.dtype, `${role}/${part}`));
      return variable;
    };
    this.x = data.x.map((of, i) => zerosVariable(of.shape, of.dtype, `${role}/x${i || ""}`));
    this.y = data.y.map((of, i) => allocate(of, `y${i || ""}`));
    this.weights = data.weights.map((of, i) => allocate(of, `weight${i || ""}`));
    this.xLike = data.xLike;
    this.yLike = data.yLike;
    this.rows = data.rows;
    this.key = keyOf(data, role);
  }

  /** The variables. */
  get variables(): Variable[] {
    const all = [...this.x, ...this.y, ...this.weights, ...this.#outputs];
    return [...new Set(all.filter((variable) => variable !== undefined))];
  }

  /** The variable for an output's values for all rows, filled by all programs that predict from this data. */
  outputOf(index: number, shape: Shape, dtype: DType): Variable {
    return this.#outputs[index] ??= zerosVariable([this.rows, ...shape.slice(1)], dtype, `output${index || ""}`);
  }

  /** Copies data in; it must have the same shapes, and share tensors in the same way, as the data this was made for. */
  write(executor: Executor, { x, y, weights }: Dataset): void {
    const written = new Set<Variable>();
    [...this.x, ...this.y, ...this.weights].forEach((variable, i) => {
      if (!variable || written.has(variable)) return;
      written.add(variable);
      executor.write(variable, [...x, ...y, ...weights][i]!.data);
    });
  }

  /** Frees the variables. */
  release(executor: Executor): void {
    for (const variable of this.variables) free(executor, variable);
  }
}

/** The shapes of a row. */
export function rowShapesOf({ x, y, weights }: Dataset): string {
  return [...x, ...y, ...weights].map((tensor) => tensor?.shape.slice(1).join()).join(" ");
}

/** Distinguishes data by shapes, dtypes, shared tensors and role. */
export function keyOf({ x, y, weights }: Dataset, role: string): string {
  const shared = [...y, ...weights];
  const part = (of: Tensor | undefined) => (of ? `${of.dtype}[${of.shape}]` : "-");
  const own = (of: Tensor | undefined) => part(of) + (of ? `@${shared.indexOf(of)}` : "");
  return [[role], x.map(part), y.map(own), weights.map(own)].map((parts) => parts.join(" ")).join(" | ");
}

/** A variable of zeros that no optimizer changes. */
export function zerosVariable(shape: Shape, dtype: DType, name: string): Variable {
  return Variable.zeros(shape, { name, dtype, trainable: false });
}

/** Frees a variable's memory on an executor; its value is lost. */
export function free(executor: Executor, variable: Variable): void {
  if (variable.device !== executor) return;
  executor.release(variable);
  variable.invalidateDeviceCopy();
}
