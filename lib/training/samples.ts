// The user's data of one run or one batch, checked against the model, which is built from it where it is not yet.
import { ValueError } from "../errors.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, packLike, type Structure } from "../structure.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { assign, assignWeights, fitShape, isNamed, labelOf, type Parts, toRows } from "./arguments.ts";
import { weighClasses } from "./class_weights.ts";
import type { Compiled } from "./compiled.ts";
import type { Samples } from "./data.ts";
import { checkIndices } from "./indices.ts";
import type { TrainableModel } from "./trainable.ts";
import { checkRows, checkTargets, checkWeights } from "./validation.ts";

/** Weights of samples, given for each or by class. */
export interface SampleWeightOptions<W = Structure<TensorLike>> {
  /** A weight for each sample; for several outputs one for all, or a list or an object by output. */
  sampleWeight?: W;
  /** A weight for each class, by its number; for training, and models of one output. */
  classWeight?: Readonly<Record<number, number>>;
}

/** Inputs alone, as `predict` takes them. Throws where they do not suit the model, which is built for them. */
export function toInputs(model: TrainableModel, x: Structure<TensorLike> | undefined, where: string): Samples {
  const names = model.inputNames;
  const { items, like } = assign(x, { argument: "x", like: model.inputShape, names }, where);
  const shapes = model.inputShape && flatten(model.inputShape);
  const inputs = items.map((item, i) => {
    const label = labelOf({ argument: "x", names }, items.length, i);
    const rows = toRows(item!, label, where);
    return shapes ? fitShape(rows, shapes[i], names[i] ?? "input", label, where) : rows;
  });
  const open = inputs.map(({ shape }): SymbolicShape => [null, ...shape.slice(1)]);
  const output = model.buildFor(model.inputShape ?? packLike(like, open));
  const samples = { x: inputs, y: [], weights: [], xLike: model.inputShape ?? like, yLike: output };
  checkRows(samples, model, where);
  checkIndices(model, inputs, samples.xLike, where);
  return samples;
}

/** Inputs, targets and weights. Throws where they do not suit the model, its losses, or each other. */
export function toSamples(
  model: TrainableModel,
  compiled: Compiled,
  x: Structure<TensorLike> | undefined,
  y: Structure<TensorLike> | undefined,
  { sampleWeight, classWeight }: SampleWeightOptions,
  where: string,
): Samples {
  if (sampleWeight !== undefined && classWeight !== undefined) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "only one of sampleWeight and classWeight may be given",
      received: "both",
      hint: "multiply the weights of the classes into those of the samples",
    });
  }
  const inputs = toInputs(model, x, where);
  const output = inputs.yLike as Structure<SymbolicShape>;
  const shapes = flatten(output);
  compiled.bind(model.outputNames, shapes.length);
  const names = compiled.outputNames;
  const parts = { argument: "y", like: output, names, partial: compiled.losses.includes(undefined) };
  if (y !== undefined && looksLikeOptions(y, parts)) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "y must be the targets",
      received: "an object of options",
      hint: `give the targets before the options, as in ${where.split(" ")[0]}(x, y, { ... })`,
    });
  }
  const given = y === undefined ? [] : targetsOf(y, parts, compiled, where);
  const targets = given.map((item, i) =>
    item === undefined ? undefined : toRows(item, labelOf(parts, shapes.length, i), where)
  );
  const weightParts = { argument: "sampleWeight", like: output, names };
  let weights: (Tensor | undefined)[] = [];
  if (sampleWeight !== undefined) {
    const made = new Map<unknown, Tensor>();
    weights = assignWeights(sampleWeight, weightParts, where).map((item, i) => {
      if (item === undefined) return undefined;
      if (!made.has(item)) made.set(item, toRows(item, labelOf(weightParts, shapes.length, i), where));
      return made.get(item);
    });
  }
  const samples = { ...inputs, y: targets, weights };
  checkRows(samples, model, where);
  compiled.losses.forEach((loss, i) => {
    if (!loss) return;
    const label = labelOf(parts, shapes.length, i);
    const target = targets[i];
    if (!target) {
      throw new ValueError({
        what: `Cannot ${where}`,
        rule: `the loss ${loss.name} needs targets ${label}`,
        received: "none",
        hint: `call ${where.split(" ")[0]}(x, y)`,
      });
    }
    checkTargets(target, shapes[i], loss, label, where);
  });
  weights.forEach((weight, i) => {
    if (weight) checkWeights(weight, shapes[i], labelOf(weightParts, shapes.length, i), where);
  });
  if (classWeight === undefined || targets.length === 0) return samples;
  if (shapes.length > 1) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "classWeight is for models of one output",
      received: `it for a model of ${shapes.length}`,
      hint: "give sampleWeight by output instead",
    });
  }
  const weighed = weighClasses(targets[0]!, classWeight, where) as Float32Array<ArrayBuffer>;
  return { ...samples, weights: [new Tensor([weighed.length], "float32", weighed)] };
}

/** The targets of each output; where only some outputs have losses, those of these may be all that is given. */
function targetsOf(
  y: Structure<TensorLike>,
  parts: Parts,
  { losses }: Compiled,
  where: string,
): readonly (TensorLike | undefined)[] {
  const counted = losses.flatMap((loss, i) => (loss ? [i] : []));
  if (counted.length === losses.length || counted.length === 0 || isNamed(y)) return assign(y, parts, where).items;
  const list = Array.isArray(y) ? y as readonly TensorLike[] : undefined;
  if (list?.length === losses.length) return assign(y, parts, where).items;
  const given = counted.length === 1 && !(list?.length === 1 && list[0] instanceof Tensor) ? [y as TensorLike] : list;
  if (given?.length !== counted.length) return assign(y, parts, where).items;
  return losses.map((loss, i) => (loss ? given[counted.indexOf(i)] : undefined));
}

/** Whether `y` is no data but a plain object of options, of none of the outputs' names. */
function looksLikeOptions(y: unknown, { names }: { readonly names: readonly string[] }): boolean {
  return y !== null && typeof y === "object" && Object.getPrototypeOf(y) === Object.prototype &&
    !Object.keys(y).some((key) => names.includes(key)) && Object.keys(y).some((key) => optionNames.has(key));
}

const optionNames = new Set([
  ...["batchSize", "epochs", "verbose", "callbacks", "validationSplit", "validationData", "shuffle", "classWeight"],
  ...["sampleWeight", "initialEpoch", "stepsPerEpoch", "validationSteps", "validationBatchSize", "validationFreq"],
  ...["steps"],
]);
