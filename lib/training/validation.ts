// Validation of the user's data and numbers before the first step: what is wrong, in which row, and how to fix it.
import { ShapeError, ValueError } from "../errors.ts";
import type { Loss } from "../losses/loss.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { warn } from "../terminal/terminal.ts";
import type { Batches } from "./batches.ts";
import { countOf, PyDataset } from "./py_dataset.ts";

/**
 * Throws if targets do not fit the loss: {@linkcode ShapeError} for their shape, {@linkcode ValueError} if they are
 * missing or for labels out of range.
 */
export function checkTargets(
  y: Tensor | undefined,
  output: SymbolicShape,
  loss: Loss,
  label: string,
  where: string,
): void {
  if (!y) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: `the loss ${loss.name} needs targets ${label}`,
      received: "none",
      hint: `call ${where.split(" ")[0]}(x, y)`,
    });
  }
  const kind = loss.targetKind(y.shape, output);
  if (kind === "binary") checkProbabilities(y, loss, label, where);
  if (kind === "sparse") return checkLabels(y, output, loss.ignoredClass, label, where);
  if (kind === "any") return;
  const squeezed = dropLast(y.shape, output.length);
  const matches = squeezed.length === output.length &&
    squeezed.every((extent, axis) => output[axis] === null || extent === output[axis]);
  const flat = y.shape.length === output.length - 1 && output[output.length - 1] === 1 &&
    y.shape.every((extent, axis) => output[axis] === null || extent === output[axis]);
  if (!matches && !flat) {
    const classes = output[output.length - 1];
    const looksSparse = kind !== "values" && (y.shape.length < output.length || y.shape.at(-1) === 1);
    throw new ShapeError({
      what: `Cannot ${where}`,
      rule: `targets ${label === "y" ? "" : `${label} `}for ${loss.name} must have the shape of the model's output, ${
        formatShape(output)
      }`,
      received: formatShape(y.shape),
      hint: looksSparse && classes !== 1
        ? kind === "categorical"
          ? 'for class numbers use the loss "sparse_categorical_crossentropy", or utils.toCategorical(y)'
          : `give the last Dense layer 1 unit, or for class numbers use "sparse_categorical_crossentropy"`
        : "check y, or the units of the last layer",
    });
  }
  if (kind === "categorical" && output[output.length - 1] === 1) {
    warn(
      `${loss.name} over one class is always 0: use "binary_crossentropy", or give the last layer a unit for each class`,
    );
  }
}

function dropLast(shape: Shape, rank: number): Shape {
  return shape.length === rank + 1 && shape[shape.length - 1] === 1 ? shape.slice(0, -1) : shape;
}

/** Targets of independent classes are between 0 and 1; others make the loss fall without bound. */
function checkProbabilities(y: Tensor, loss: Loss, label: string, where: string): void {
  const { data } = y;
  for (let i = 0; i < data.length; i++) {
    // NaN passes here: it has its own warning.
    if (!(data[i] < 0 || data[i] > 1)) continue;
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: `targets for ${loss.name} must be from 0 to 1`,
      received: `${data[i]} in row ${Math.floor(i / (data.length / y.shape[0]))} of ${label}`,
      hint: Number.isInteger(data[i]) && data[i] > 1
        ? 'for more than two classes give the last layer a unit for each, and use "sparse_categorical_crossentropy"'
        : "map the targets to 0 and 1",
    });
  }
}

/**
 * Throws {@linkcode ShapeError} unless there is one weight per sample, or one per value that the loss gives for an
 * output of shape `output`.
 */
export function checkWeights({ shape }: Tensor, output: SymbolicShape, label: string, where: string): void {
  const values = output.length > 1 ? output.slice(0, -1) : output;
  const squeezed = shape.length > 1 && shape[shape.length - 1] === 1 ? shape.slice(0, -1) : shape;
  const fits = squeezed.length <= values.length &&
    squeezed.every((extent, axis) => values[axis] === null || extent === 1 || extent === values[axis]);
  if (fits) return;
  throw new ShapeError({
    what: `Cannot ${where}`,
    rule: `${label} must be one number for each sample, ${formatShape(values)}`,
    received: formatShape(shape),
    hint: "give a list of as many numbers as there are samples",
  });
}

function checkLabels(y: Tensor, output: SymbolicShape, ignored: number | null, name: string, where: string): void {
  const what = `Cannot ${where}`;
  const classes = output[output.length - 1];
  const shape = dropLast(y.shape, output.length - 1);
  const matches = shape.length === output.length - 1 &&
    shape.every((extent, axis) => output[axis] === null || extent === output[axis]);
  if (!matches) {
    const oneHot = y.shape.length === output.length && y.shape.at(-1) === classes;
    throw new ShapeError({
      what,
      rule: `targets for sparse_categorical_crossentropy must be class numbers of shape ${
        formatShape(output.slice(0, -1))
      }`,
      received: formatShape(y.shape),
      hint: oneHot
        ? 'one-hot targets need the loss "categorical_crossentropy"'
        : "give one class number for each output",
    });
  }
  if (classes === null) return;
  const { data } = y;
  const perRow = data.length / y.shape[0];
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label >= 0 && label < classes! && (label | 0) === label) continue;
    if (label === ignored) continue;
    const row = Math.floor(i / perRow);
    throw new ValueError({
      what,
      rule: Number.isInteger(label)
        ? `labels must be from 0 to ${classes! - 1}, as the model's output has ${classes} classes`
        : "labels must be whole numbers",
      received: `${label} in row ${row} of ${name}`,
      hint: classes === 1
        ? 'use "binary_crossentropy" for one output, or give the last layer a unit for each class'
        : label === classes
        ? "count classes from 0, or give the last layer one unit more"
        : "check y, or give the last layer a unit for each class",
    });
  }
}

/** The number of rows to train on. Throws {@linkcode ValueError} where a split leaves nothing on one side. */
export function splitRows(rows: number, validationSplit: number, where: string): number {
  if (validationSplit === 0) return rows;
  const training = Math.floor(rows * (1 - validationSplit));
  if (training === 0 || training === rows) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "validationSplit must leave at least one sample for training and one for validation",
      received: `${validationSplit} of ${rows} samples`,
      hint: "give more samples, or validationData",
    });
  }
  return training;
}

/** Throws {@linkcode ValueError} for options that data in batches cannot have. */
export function refuseForBatches(options: Readonly<Record<string, unknown>>, where: string): void {
  const [name, value] = Object.entries(options).find(([, given]) => given !== undefined && given !== null) ?? [];
  if (name === undefined) return;
  const isObject = Object.getPrototypeOf(value) === Object.prototype;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: `${name} cannot be given beside an iterable of batches`,
    hint: name === "y" && isObject
      ? `give options after it, as in ${where.split(" ")[0]}(batches, undefined, { ... })`
      : name === "y" || name === "sampleWeight"
      ? "put it into the batches, as in yield [x, y, sampleWeight]"
      : name === "validationSplit"
      ? "give validationData"
      : "leave it out: the batches come as they are",
  });
}

/** Throws {@linkcode ValueError} for a dataset without end, if no option says how many of its batches to use. */
export function requireLimit(data: Batches, limit: Readonly<Record<string, unknown>>, where: string): void {
  const [[option, value]] = Object.entries(limit);
  if ((value !== null && value !== undefined) || !(data instanceof PyDataset) || countOf(data) !== null) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: `a dataset without end needs ${option}`,
    received: "none",
    hint: `give the number of batches to use, as in { ${option}: 100 }`,
  });
}
