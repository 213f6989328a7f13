// Histograms: how often numbers are in which range, and their picture.
import { short } from "./chart.ts";
import { escapeXml } from "./xml.ts";

/** The lower end, the upper end and the count of each bucket, one after the other. */
export type Histogram = Float64Array<ArrayBuffer>;

/**
 * The histogram of the finite numbers of a list, in buckets of equal width between the smallest and the largest; all are in
 * the last one where they are equal.
 */
export function histogramOf(data: ArrayLike<number>, buckets: number): Histogram {
  const rows = new Float64Array(3 * buckets);
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) continue;
    min = Math.min(min, data[i]);
    max = Math.max(max, data[i]);
  }
  if (min > max) return rows;
  const width = (max - min) / buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    rows[3 * bucket] = min + bucket * width;
    rows[3 * bucket + 1] = bucket === buckets - 1 ? max : min + (bucket + 1) * width;
  }
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) continue;
    const bucket = width > 0 ? Math.min(Math.floor((data[i] - min) / width), buckets - 1) : buckets - 1;
    rows[3 * bucket + 2]++;
  }
  return rows;
}

const [width, height] = [300, 104];
const area = { left: 6, right: width - 6, top: 6, bottom: height - 24 };

/** A histogram as SVG, with the outline of an earlier one on the same axis. */
export function drawHistogram(now: Histogram, before: Histogram | undefined, label: string): string {
  const both = before ? [now, before] : [now];
  let [low, high] = [Math.min(...both.map((rows) => rows[0])), Math.max(...both.map((rows) => rows.at(-2)!))];
  // All numbers are equal: a bar in the middle.
  if (low === high) [low, high] = [low - 1, high + 1];
  const x = (at: number) => area.left + (area.right - area.left) * (at - low) / (high - low);
  const start = `M${area.left},${area.bottom}`;
  // By the share of all numbers, so that both are as high.
  const outline = (rows: Histogram) => {
    const most = rows.reduce((most, value, i) => i % 3 === 2 ? Math.max(most, value) : most, 1);
    const steps = Array.from({ length: rows.length / 3 }, (_, i) => {
      const [from, to, count] = rows.subarray(3 * i, 3 * i + 3);
      // Equal numbers have no width.
      const [left, right] = from === to ? [x(from) - 1, x(to) + 1] : [x(from), x(to)];
      const y = area.bottom - (area.bottom - area.top) * count / most;
      return `H${left.toFixed(1)}V${y.toFixed(1)}H${right.toFixed(1)}`;
    });
    return `${start}${steps.join("")}V${area.bottom}H${area.right}`;
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
      escapeXml(label)
    }" font-family="sans-serif" font-size="12">`,
    `<path class="bars" d="${outline(now)}" fill="#0072b2" fill-opacity="0.35" stroke="#0072b2"/>`,
    before ? `<path class="before" d="${outline(before)}" fill="none" stroke="#d55e00" stroke-dasharray="3 2"/>` : "",
    `<text x="${area.left}" y="${height - 6}" fill="#333">${short(Number(low.toPrecision(3)))}</text>`,
    `<text x="${area.right}" y="${height - 6}" fill="#333" text-anchor="end">${
      short(Number(high.toPrecision(3)))
    }</text>`,
    "</svg>",
  ].join("");
}
