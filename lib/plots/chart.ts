// Line charts.

import { describe, ValueError } from "../errors.ts";
import { Plot } from "./plot.ts";
import { escapeXml } from "./xml.ts";

/** A line in a chart. */
export interface Curve {
  /** Its name in the legend. */
  readonly name: string;
  /** Its values, one per step to the right. */
  readonly values: readonly number[];
  /** Whether it is dashed. */
  readonly dashed?: boolean;
  /** The number of its color, from 0; its index in the list by default. */
  readonly color?: number;
}

/** The content of a chart. */
export interface Chart {
  readonly title: string;
  /** What the steps to the right are, such as `epochs`. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly curves: readonly Curve[];
  /** Whether the vertical axis is logarithmic. */
  readonly logarithmic?: boolean;
}

const [width, height] = [840, 420];
/** The margins around the curves; the legend is on the right. */
const margin = { left: 70, right: 220, top: 46, bottom: 54 };
/** Colors that are distinguishable with red-green color blindness (Okabe and Ito). */
const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

const dashes = ' stroke-dasharray="6 4"';

/**
 * Draws curves over their steps, which are counted from 1.
 *
 * @param chart the curves, and what is written beside them; values that are not finite, and on a logarithmic axis those
 * that are not positive, are left out
 * @throws {ValueError} where there is nothing to draw
 *
 * @example Two runs beside each other
 * ```ts
 * import { plots } from "./mod.ts";
 * const curves = [{ name: "sgd", values: [2, 1.5, 1.2] }, { name: "adam", values: [2, 0.9, 0.5], dashed: true }];
 * const { svg } = plots.lines({ title: "Two optimizers", xLabel: "epoch", yLabel: "loss", curves });
 * console.log(svg.includes("adam")); // true
 * ```
 */
export function lines({ title, xLabel, yLabel, curves, logarithmic = false }: Chart): Plot {
  const heights = curves.flatMap(({ values }) => values).filter((y) => Number.isFinite(y) && (!logarithmic || y > 0));
  if (heights.length === 0) {
    throw new ValueError({
      what: `Cannot draw "${title}"`,
      rule: `there must be a finite${logarithmic ? ", positive" : ""} value`,
      received: curves.length === 0 ? "no curves" : `none among ${describe(curves.map(({ name }) => name))}`,
      hint: logarithmic ? "leave logarithmic out" : 'give values by step, as in { name: "loss", values: [2, 1] }',
    });
  }
  const scale = logarithmic ? Math.log10 : (y: number) => y;
  const ticks = ticksBetween(Math.min(...heights), Math.max(...heights), logarithmic);
  const [low, high] = [scale(ticks[0]), scale(ticks[ticks.length - 1])];
  const steps = Math.max(...curves.map(({ values }) => values.length));
  const x = (step: number) =>
    margin.left + (width - margin.left - margin.right) * (steps === 1 ? 0.5 : step / (steps - 1));
  const y = (value: number) =>
    height - margin.bottom - (height - margin.top - margin.bottom) * (scale(value) - low) / (high - low);

  const middle = (margin.left + width - margin.right) / 2;
  const grid = ticks.flatMap((tick) => [
    `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>`,
    `<text x="${margin.left - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`,
  ]);
  // The first step is 1.
  const marked = ticksBetween(1, steps, false).map((step) => Math.max(1, step)).filter((step) =>
    Number.isInteger(step) && step <= steps
  );
  const below = height - margin.bottom;
  const marks = marked.flatMap((step) => [
    `<line x1="${x(step - 1).toFixed(1)}" x2="${x(step - 1).toFixed(1)}" y1="${below}" y2="${below + 5}"/>`,
    `<text x="${x(step - 1).toFixed(1)}" y="${below + 19}" text-anchor="middle">${short(step)}</text>`,
  ]);
  const axes = [...grid, ...marks];
  const drawn = curves.map(({ values, dashed, color }, i) => {
    const points = values.map((value, step) => [x(step), y(value)] as const).filter((point) => point.every(isFinite));
    const path = points.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ");
    return `<polyline points="${path}" stroke="${colors[(color ?? i) % colors.length]}"${dashed ? dashes : ""}/>`;
  });
  const left = width - margin.right + 12;
  const legend = curves.flatMap(({ name, dashed, color }, i) => {
    const at = margin.top + 12 + 18 * i;
    const look = `stroke="${colors[(color ?? i) % colors.length]}" stroke-width="2"${dashed ? dashes : ""}`;
    return [
      `<line x1="${left}" x2="${left + 30}" y1="${at}" y2="${at}" ${look}/>`,
      `<text x="${left + 38}" y="${at + 4}">${escapeXml(name)}</text>`,
    ];
  });
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${middle}" y="26" text-anchor="middle" font-size="16">${escapeXml(title)}</text>`,
    `<text x="${middle}" y="${height - 12}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(18 ${height / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
    `<g stroke="#ddd" fill="none">${axes.filter((part) => part.startsWith("<line")).join("")}</g>`,
    `<g fill="#333">${axes.filter((part) => part.startsWith("<text")).join("")}</g>`,
    `<g fill="none" stroke-width="2">${drawn.join("\n")}</g>`,
    ...legend,
    "</svg>\n",
  ];
  return new Plot(parts.join("\n"));
}

/** Round numbers, from the last at or below `low` to the first at or above `high`. */
function ticksBetween(low: number, high: number, logarithmic: boolean): number[] {
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
