// The confusion matrix of a classifier as a picture.
import { ShapeError, ValueError } from "../errors.ts";
import { boolean, listOfNames, text } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Plot } from "./plot.ts";
import { escapeXml } from "./xml.ts";

/** Options of {@linkcode confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** The names of the classes; their numbers by default. */
  classNames?: readonly string[] | null;
  /** Whether cells show shares of their row rather than counts; false by default. */
  normalize?: boolean;
  /** What is written above. */
  title?: string;
}

const matrixOptions = optionTable<ConfusionMatrixOptions>()({
  classNames: nullable(listOfNames('["cat", "dog"]')),
  normalize: boolean(false),
  title: text("Confusion matrix"),
});

/** The most classes that a picture has room for. */
const maxClasses = 100;
const cell = 40;
const margin = { left: 110, top: 90, right: 20, bottom: 20 };

/**
 * Draws how often each class was taken for each other: a row for each true class, a column for each found one.
 *
 * @param yTrue the true classes, `[rows]` or `[rows, 1]`, whole numbers from 0
 * @param yPred the classes that were found, likewise, or the scores of each, `[rows, classes]`
 * @param options the classes' names, and whether shares are shown
 * @throws {ShapeError} where the two do not fit
 * @throws {ValueError} for classes that are no whole numbers from 0, are too many, or have other names
 *
 * @example Two classes
 * ```ts
 * import { plots } from "./mod.ts";
 * const plot = plots.confusionMatrix([0, 0, 1, 1], [0, 1, 1, 1], { classNames: ["cat", "dog"] });
 * console.log(plot.svg.includes("dog")); // true
 * ```
 */
export function confusionMatrix(yTrue: TensorLike, yPred: TensorLike, options: ConfusionMatrixOptions = {}): Plot {
  const what = "Cannot draw the confusion matrix";
  const { classNames, normalize, title } = readMethodOptions("plots.confusionMatrix", matrixOptions, options, what);
  const truth = toTensor(yTrue, what, "yTrue");
  const found = toTensor(yPred, what, "yPred");
  const rows = truth.shape[0];
  const isScores = found.rank === 2 && found.shape[1] > 1;
  if (truth.size !== rows || found.shape[0] !== rows || (!isScores && found.size !== rows)) {
    throw new ShapeError({
      what,
      rule: "yTrue must have a class for each row, and yPred a class or a score for each class",
      received: `${formatShape(truth.shape)} and ${formatShape(found.shape)}`,
      hint: "give the labels, and what predict or predictClasses gives",
    });
  }
  const classes = isScores ? largest(found) : Array.from(found.data);
  const pairs = Array.from(truth.data, (label, row) => [label, classes[row]] as const);
  const wrong = pairs.flat().find((label) => !Number.isInteger(label) || label < 0 || label >= maxClasses);
  if (wrong !== undefined) {
    throw new ValueError({
      what,
      rule: `classes must be whole numbers from 0 to ${maxClasses - 1}`,
      received: `${wrong}`,
      hint: "give the numbers of classes: of one-hot rows, ops.argmax(y, -1)",
    });
  }
  const size = Math.max(
    isScores ? found.shape[1] : 0,
    ...pairs.flat().map((label) => label + 1),
    classNames?.length ?? 0,
  );
  if (classNames && classNames.length !== size) {
    throw new ValueError({
      what,
      rule: `there must be a name for each of the ${size} classes`,
      received: `${classNames.length}`,
      hint: "give them in the order of the classes' numbers",
    });
  }
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [label, guess] of pairs) counts[label][guess]++;
  return new Plot(draw(counts, classNames ?? counts.map((_, i) => String(i)), { normalize, title }));
}

/** The place of the largest score of each row. */
function largest({ shape: [rows, size], data }: Tensor): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let i = 1; i < size; i++) if (data[row * size + i] > data[row * size + best]) best = i;
    return best;
  });
}

function draw(
  counts: readonly (readonly number[])[],
  names: readonly string[],
  { normalize, title }: { normalize: boolean; title: string },
): string {
  const side = cell * counts.length;
  const [width, height] = [margin.left + side + margin.right, margin.top + side + margin.bottom];
  const cells = counts.flatMap((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, j) => {
      const share = sum === 0 ? 0 : count / sum;
      const [x, y] = [margin.left + j * cell, margin.top + i * cell];
      const shown = normalize ? share.toFixed(2) : String(count);
      return [
        `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="#0072b2" fill-opacity="${share.toFixed(3)}"/>`,
        `<text x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle" fill="${
          share > 0.5 ? "white" : "#333"
        }">${shown}</text>`,
      ];
    });
  });
  const middle = margin.left + side / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${middle}" y="24" text-anchor="middle" font-size="16">${escapeXml(title)}</text>`,
    `<text x="${middle}" y="48" text-anchor="middle">found</text>`,
    `<text transform="translate(18 ${margin.top + side / 2}) rotate(-90)" text-anchor="middle">true</text>`,
    ...names.flatMap((name, i) => [
      `<text x="${margin.left + (i + 0.5) * cell}" y="${margin.top - 10}" text-anchor="middle">${
        escapeXml(name)
      }</text>`,
      `<text x="${margin.left - 8}" y="${margin.top + (i + 0.5) * cell + 4}" text-anchor="end">${
        escapeXml(name)
      }</text>`,
    ]),
    ...cells,
    `<rect x="${margin.left}" y="${margin.top}" width="${side}" height="${side}" fill="none" stroke="#999"/>`,
    "</svg>\n",
  ].join("\n");
}
