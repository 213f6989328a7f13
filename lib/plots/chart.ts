// Line charts.

import { describe, ValueError } from "../errors.ts";
import { boolean, choice, isList, isNumber, number, text } from "../option_kinds.ts";
import { option, optionTable, readMethodOptions } from "../options.ts";
import { Plot } from "./plot.ts";
import { escapeXml } from "./xml.ts";

/** A line in a chart. */
export interface Curve {
  /** Its name in the legend. */
  readonly name: string;
  /** Its values, one per step to the right. */
  readonly values: readonly number[];
  /** Where each value stands on the horizontal axis; 1, 2, 3, ... by default. */
  readonly x?: readonly number[];
  /** Whether it is dashed. */
  readonly dashed?: boolean;
  /** The number of its color, from 0; its index in the list by default. */
  readonly color?: number;
}

/** The content of a chart. */
export interface Chart {
  /** What is written above; nothing by default. */
  readonly title?: string;
  /** What the steps to the right are, such as `epochs`. */
  readonly xLabel?: string;
  /** What the values are. */
  readonly yLabel?: string;
  /** The curves. */
  readonly curves: readonly Curve[];
  /** Whether the vertical axis is logarithmic; false by default. */
  readonly logarithmic?: boolean;
  /** Where the names of the curves are: on the `right`, the default, or at the `top`, which suits narrow charts. */
  readonly legend?: "right" | "top";
  /** The width in pixels of the screen, from 240; 840 by default. */
  readonly width?: number;
  /** The height in pixels of the screen, from 120; 420 by default. */
  readonly height?: number;
}

/** The longest side, in pixels. */
const maxSide = 10_000;

const chartOptions = optionTable<Chart>()({
  title: text(""),
  xLabel: text(""),
  yLabel: text(""),
  curves: option<readonly Curve[]>({
    read: (given, { what }) => {
      if (isList(given, isCurve)) return given;
      throw new ValueError({
        what,
        rule: "curves must be a list of objects with a name and a list of values",
        received: describe(given),
        hint: 'write it as in [{ name: "loss", values: [2, 1] }]',
      });
    },
  }),
  logarithmic: boolean(false),
  legend: choice(["right", "top"]),
  width: number(840, { min: 240, max: maxSide }),
  height: number(420, { min: 120, max: maxSide }),
});

function isCurve(given: unknown): given is Curve {
  if (given === null || typeof given !== "object") return false;
  const { name, values, x, color = 0 } = given as Partial<Curve>;
  return typeof name === "string" && isList(values, isNumber) && Number.isInteger(color) && color >= 0 &&
    (x === undefined || isList(x, isNumber) && x.every(Number.isFinite) && x.length === values.length);
}

/** Colors that are distinguishable with red-green color blindness (Okabe and Ito). */
const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

const dashes = ' stroke-dasharray="6 4"';

/**
 * Draws curves over their steps, which are counted from 1 unless the curves say where their values stand. In a page,
 * a style sheet may give other colors: lines have the classes `c0`, `c1`, ..., the grid the class `grid`.
 *
 * @param chart the curves, and what is written beside them; values that are not finite, and on a logarithmic axis those
 * that are not positive, are left out
 * @throws {ValueError} where there is nothing to draw, or for what is no chart
 *
 * @example Two runs beside each other
 * ```ts
 * import { plots } from "./mod.ts";
 * const curves = [{ name: "sgd", values: [2, 1.5, 1.2] }, { name: "adam", values: [2, 0.9, 0.5], dashed: true }];
 * const { svg } = plots.lines({ title: "Two optimizers", xLabel: "epoch", yLabel: "loss", curves });
 * console.log(svg.includes("adam")); // true
 * ```
 */
export function lines(chart: Chart): Plot {
  const what = "Cannot draw the chart";
  const kept = readMethodOptions("plots.lines", chartOptions, chart, what);
  const { title, xLabel, yLabel, curves, logarithmic, width, height } = kept;
  const heights = curves.flatMap(({ values }) => values).filter((y) => Number.isFinite(y) && (!logarithmic || y > 0));
  if (heights.length === 0) {
    throw new ValueError({
      what,
      rule: `there must be a finite${logarithmic ? ", positive" : ""} value`,
      received: curves.length === 0 ? "no curves" : `none among ${describe(curves.map(({ name }) => name))}`,
      hint: logarithmic ? "leave logarithmic out" : 'give values by step, as in { name: "loss", values: [2, 1] }',
    });
  }
  const legend = legendOf(curves, kept);
  const right = kept.legend === "right" ? width - 220 : width - 16;
  const top = legend.height + (title === "" ? 12 : 46);
  const bottom = height - (xLabel === "" ? 30 : 54);

  const scale = logarithmic ? Math.log10 : (y: number) => y;
  const ticks = ticksBetween(extentOf(heights), logarithmic);
  const widest = Math.max(...ticks.map((tick) => letter * short(tick).length));
  const left = Math.max(46, 16 + widest) + (yLabel === "" ? 0 : 24);
  const [low, high] = [scale(ticks[0]), scale(ticks[ticks.length - 1])];
  const y = (value: number) => bottom - (bottom - top) * (scale(value) - low) / (high - low);
  const steps = curves.map(({ values, x }) => x ?? values.map((_, i) => i + 1));
  const [first, last] = extentOf(steps.flat());
  const x = (step: number) => left + (right - left) * (first === last ? 0.5 : (step - first) / (last - first));

  const middle = (left + right) / 2;
  const grid = ticks.flatMap((tick) => [
    `<line x1="${left}" x2="${right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>`,
    `<text x="${left - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`,
  ]);
  // Steps that are counted are whole, and 1 takes the place of 0.
  const isWhole = steps.every((list) => list.every(Number.isInteger));
  const marked = new Set(ticksBetween([first, last], false).map((step) => step < first ? Math.ceil(first) : step));
  const marks = [...marked].filter((step) => step <= last && (!isWhole || Number.isInteger(step))).flatMap((step) => [
    `<line x1="${x(step).toFixed(1)}" x2="${x(step).toFixed(1)}" y1="${bottom}" y2="${bottom + 5}"/>`,
    `<text x="${x(step).toFixed(1)}" y="${bottom + 19}" text-anchor="middle">${short(step)}</text>`,
  ]);
  const axes = [...grid, ...marks];
  const drawn = curves.map((curve, i) => {
    const points = curve.values.map((value, at) => [x(steps[i][at]), y(value)]).filter((point) =>
      point.every(isFinite)
    );
    // A line without length is a dot.
    if (points.length === 1) points.push(points[0]);
    const path = points.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ");
    return `<polyline points="${path}" ${lookOf(curve, i)}/>`;
  });
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${middle}" y="26" text-anchor="middle" font-size="16">${escapeXml(title)}</text>`,
    `<text x="${middle}" y="${height - 12}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${
      escapeXml(yLabel)
    }</text>`,
    `<g class="grid" stroke="#ddd" fill="none">${axes.filter((part) => part.startsWith("<line")).join("")}</g>`,
    `<g fill="#333">${axes.filter((part) => part.startsWith("<text")).join("")}</g>`,
    `<g fill="none" stroke-width="2" stroke-linejoin="round" stroke-linecap="round">${drawn.join("\n")}</g>`,
    ...legend.parts,
    "</svg>\n",
  ];
  return new Plot(parts.join("\n"));
}

/** The attributes of the line of a curve, the `i`th of its chart. */
function lookOf({ color, dashed }: Curve, i: number): string {
  const number = (color ?? i) % colors.length;
  return `class="c${number}" stroke="${colors[number]}"${dashed ? dashes : ""}`;
}

/** The lengths of a line of a legend, and of the space after it. */
const [sample, space] = [24, 8];
/** About the width of a letter, since a picture cannot measure texts. */
const letter = 6.5;

/** The names of the curves, and how much room they take above them. */
function legendOf(
  curves: readonly Curve[],
  { legend, width, title }: { legend: "right" | "top"; width: number; title: string },
): { parts: string[]; height: number } {
  let [left, row] = [0, 0];
  const places = curves.map(({ name }, i) => {
    if (legend === "right") return [width - 208, 46 + 12 + 18 * i];
    const length = sample + space + letter * name.length;
    if (left > 0 && 46 + left + length > width - 16) [left, row] = [0, row + 1];
    const place = [46 + left, (title === "" ? 12 : 44) + 18 * row];
    left += length + 2 * space;
    return place;
  });
  const parts = curves.flatMap((curve, i) => {
    const [x, y] = places[i];
    return [
      `<line x1="${x}" x2="${x + sample}" y1="${y}" y2="${y}" ${lookOf(curve, i)} stroke-width="2"/>`,
      `<text x="${x + sample + space}" y="${y + 4}">${escapeXml(curve.name)}</text>`,
    ];
  });
  return { parts, height: legend === "top" ? 18 * (row + 1) : 0 };
}

/** The smallest and the largest of numbers; there may be too many for arguments. */
function extentOf(values: readonly number[]): [low: number, high: number] {
  return values.reduce<[number, number]>(([low, high], y) => [Math.min(low, y), Math.max(high, y)], [
    Infinity,
    -Infinity,
  ]);
}

/** Round numbers, from the last at or below `low` to the first at or above `high`. */
function ticksBetween([low, high]: readonly [number, number], logarithmic: boolean): number[] {
  if (logarithmic) {
    const first = Math.floor(Math.log10(low));
    const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
    return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  }
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = power * [1, 2, 5, 10].find((factor) => span / (power * factor) <= 6)!;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** A number as axes have it. */
export function short(value: number): string {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(0)
    : String(+value.toPrecision(6));
}
