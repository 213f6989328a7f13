// Graphs of models as SVG: boxes of text, laid out by dagre.
import type { Packages } from "../deps.ts";
import type { Box, Cluster, Fact, KeptGraphOptions, ModelGraph } from "./model_graph.ts";
import { escapeXml } from "../plots/xml.ts";

/** A rectangle: the place of its center, and its extents. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const titleSize = 14;
const textSize = 12;
/** Around the text of a cell. */
const [padX, padY] = [10, 7];
const titleHeight = titleSize + 2 * padY;
const rowHeight = textSize + 2 * padY;
/** The name of a model within the model stands in the upper left of its frame, which is made so much higher for it. */
const nameHeight = 14;
const namePad = 12;

const colors = {
  paper: "#ffffff",
  title: "#1f2a44",
  input: "#2f6f9f",
  text: "#1c1c28",
  label: "#6b7280",
  line: "#c3c9d4",
  edge: "#5b6577",
  cluster: "#f3f5f9",
  trainable: "#2e7d4f",
  frozen: "#b23b3b",
} as const;

/** The widths of characters in Helvetica by groups, in parts of the size; others are as wide as most letters. */
const widths: readonly (readonly [characters: string, width: number])[] = [
  ["ijl'|", 0.24],
  ["ft.,:;/\\!()[]- I", 0.31],
  ['rs*`"{}', 0.39],
  ["ckvxyzJ", 0.52],
  ["wABEKPSVXYCDHNRUTZFL", 0.72],
  ["mMGOQ%@W", 0.9],
];

/** How wide a text is, at most slightly less. */
function widthOf(text: string, size: number, bold = false): number {
  let width = 0;
  for (const character of text) width += widths.find(([some]) => some.includes(character))?.[1] ?? 0.58;
  return width * size * (bold ? 1.08 : 1);
}

/** A cell of a box. */
interface Cell {
  readonly svg: (x: number, y: number, width: number) => string;
  readonly width: number;
}

function textAt(x: number, y: number, size: number, content: string, color: string, anchor = "middle"): string {
  return `<text x="${round(x)}" y="${
    round(y)
  }" font-size="${size}" fill="${color}" text-anchor="${anchor}">${content}</text>`;
}

const bold = (text: string) => `<tspan font-weight="bold">${escapeXml(text)}</tspan>`;

/** The text is in the middle of a row of this height when it stands so far below the top. */
const baseline = (height: number, size: number) => height / 2 + 0.35 * size;

function factCell(fact: Fact): Cell {
  const isTrainable = "trainable" in fact;
  const [label, value] = isTrainable
    ? ["", fact.trainable ? "Trainable" : "Non-trainable"]
    : [`${fact.label}: `, fact.value];
  return {
    width: widthOf(label, textSize) + widthOf(value, textSize, true) + 2 * padX,
    svg(x, y, width) {
      const middle = [x + width / 2, y + baseline(rowHeight, textSize)] as const;
      if (!isTrainable) {
        const content = `<tspan fill="${colors.label}">${escapeXml(label)}</tspan>${bold(value)}`;
        return textAt(...middle, textSize, content, colors.text);
      }
      const color = fact.trainable ? colors.trainable : colors.frozen;
      return textAt(...middle, textSize, bold(value), color);
    },
  };
}

/** A box with its size. */
class Drawn {
  readonly width: number;
  readonly height: number;
  readonly #cells: readonly Cell[];
  readonly #activation: Cell | undefined;

  constructor(readonly box: Box) {
    const { name, className, activation, facts } = box;
    this.#cells = facts.map(factCell);
    this.#activation = activation === undefined ? undefined : factCell({ label: "Activation", value: activation });
    const title = name === undefined
      ? widthOf(className, titleSize, true)
      : widthOf(name, titleSize, true) + widthOf(` (${className})`, titleSize);
    const row = this.#cells.reduce((total, { width }) => total + width, 0);
    this.width = Math.ceil(Math.max(80, title + 2 * padX, row, this.#activation?.width ?? 0));
    this.height = titleHeight + (this.#activation ? rowHeight : 0) + (row > 0 ? rowHeight : 0);
  }

  svg({ x, y }: Point): string {
    const { width, height, box: { id, name, className } } = this;
    const [left, top] = [x - width / 2, y - height / 2];
    const header = className === "InputLayer" ? colors.input : colors.title;
    const title = name === undefined ? bold(className) : `${bold(name)} (${escapeXml(className)})`;
    const isWhole = height === titleHeight;
    const parts = [
      rectangle({ x, y, width, height }, `rx="6" fill="${colors.paper}" stroke="${header}"`),
      isWhole
        ? rectangle({ x, y, width, height }, `rx="6" fill="${header}"`)
        : `<path d="${roundedTop(left, top, width, titleHeight, 6)}" fill="${header}"/>`,
      textAt(x, top + baseline(titleHeight, titleSize), titleSize, title, "#ffffff"),
    ];
    let row = top + titleHeight;
    if (this.#activation) {
      parts.push(this.#activation.svg(left, row, width));
      row += rowHeight;
      if (this.#cells.length > 0) parts.push(line(left, row, left + width, row));
    }
    const spare = (width - this.#cells.reduce((total, cell) => total + cell.width, 0)) / this.#cells.length;
    let column = left;
    this.#cells.forEach((cell, i) => {
      if (i > 0) parts.push(line(column, row, column, row + rowHeight));
      parts.push(cell.svg(column, row, cell.width + spare));
      column += cell.width + spare;
    });
    return `<g class="layer" id="${id}"><title>${escapeXml(name ?? className)}</title>${parts.join("")}</g>`;
  }
}

function rectangle({ x, y, width, height }: Rectangle, style: string): string {
  return `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${
    round(height)
  }" ${style}/>`;
}

/** A rectangle whose upper corners are round. */
function roundedTop(left: number, top: number, width: number, height: number, radius: number): string {
  const [right, bottom] = [left + width, top + height];
  return `M${round(left)} ${round(bottom)}V${round(top + radius)}Q${round(left)} ${round(top)} ${
    round(left + radius)
  } ${round(top)}H${round(right - radius)}Q${round(right)} ${round(top)} ${round(right)} ${round(top + radius)}V${
    round(bottom)
  }Z`;
}

const line = (x1: number, y1: number, x2: number, y2: number) =>
  `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${colors.line}"/>`;

const round = (value: number) => Math.round(100 * value) / 100;

/** An edge through points: straight ends, with a curve at each point between. */
function curve(points: readonly Point[]): string {
  const at = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const inner = points.slice(1, -1).map((point, i) => `Q${at(point)} ${at(middle(point, points[i + 2]))}`);
  const start = `M${at(points[0])}L${at(middle(points[0], points[1]))}`;
  return `${start}${inner.join("")}L${at(points.at(-1)!)}`;
}

/** An edge from a box to itself, at a side where no others end. */
function loop({ x, y, width, height }: Rectangle, isVertical: boolean): string {
  const [side, along] = isVertical ? [x + width / 2, y] : [y + height / 2, x];
  const far = 22;
  const at = (out: number, by: number) =>
    isVertical ? `${round(side + out)} ${round(along + by)}` : `${round(along + by)} ${round(side + out)}`;
  return `M${at(0, 8)}C${at(far, 8)} ${at(far, -8)} ${at(0, -8)}`;
}

/** The picture of a graph. */
export function drawGraph(
  { root, edges }: ModelGraph,
  { rankdir, dpi }: Pick<KeptGraphOptions, "rankdir" | "dpi">,
  { Graph, layout }: Packages["dagre"],
): string {
  const graph = new Graph<object, Partial<Rectangle>, { readonly points?: readonly Point[] }>({ compound: true });
  const isVertical = rankdir === "TB" || rankdir === "BT";
  const hasClusters = root.clusters.length > 0;
  graph.setGraph({ rankdir, nodesep: 36, ranksep: hasClusters ? 32 : 40, marginx: 20, marginy: 20 });
  const boxes: Drawn[] = [];
  // Outer ones before those inside them, which are drawn above them.
  const clusters: Cluster[] = [];
  const add = (cluster: Cluster, parent?: string): void => {
    for (const box of cluster.boxes) {
      const drawn = new Drawn(box);
      boxes.push(drawn);
      graph.setNode(box.id, { width: drawn.width, height: drawn.height });
      if (parent !== undefined) graph.setParent(box.id, parent);
    }
    for (const inner of cluster.clusters) {
      clusters.push(inner);
      graph.setNode(inner.id, {});
      if (parent !== undefined) graph.setParent(inner.id, parent);
      add(inner, inner.id);
    }
  };
  add(root);
  // A layer that is applied to its own output has a loop, of which the layout need not know.
  for (const [from, to] of edges) if (from !== to) graph.setEdge(from, to, {});
  layout(graph);

  // The layout has set all that was left open.
  const { width, height } = graph.graph() as Rectangle;
  const placeOf = (id: string) => graph.node(id) as Rectangle;
  const frames = clusters.map(({ id, name }) => frameOf(id, name, placeOf(id)));
  const arrows = edges.map(([v, w]) => {
    const path = v === w ? loop(placeOf(v), isVertical) : curve(graph.edge({ v, w }).points!);
    return `<path class="edge" data-from="${v}" data-to="${w}" d="${path}" fill="none" stroke="${colors.edge}" stroke-width="1.5" marker-end="url(#arrow)"/>`;
  });
  const scale = dpi / 96;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width * scale)}" height="${
      round(height * scale)
    }" viewBox="0 0 ${round(width)} ${round(height)}" font-family="Helvetica, Arial, sans-serif">`,
    `<title>${escapeXml(root.name)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">` +
    `<path d="M0 0L10 5L0 10Z" fill="${colors.edge}"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="${colors.paper}"/>`,
    ...frames,
    ...arrows,
    ...boxes.map((drawn) => drawn.svg(placeOf(drawn.box.id))),
    "</svg>\n",
  ].join("\n");
}

function frameOf(id: string, name: string, place: Rectangle): string {
  const { x, y, width, height } = place;
  const frame = { x, y: y - nameHeight / 2, width, height: height + nameHeight };
  const [left, top] = [x - width / 2, frame.y - frame.height / 2];
  const style = `rx="8" fill="${colors.cluster}" fill-opacity="0.8" stroke="${colors.line}" stroke-dasharray="5 4"`;
  const title = textAt(
    left + namePad,
    top + baseline(2 * nameHeight, textSize),
    textSize,
    bold(name),
    colors.label,
    "start",
  );
  return `<g class="model" id="${id}"><title>${escapeXml(name)}</title>${rectangle(frame, style)}${title}</g>`;
}
