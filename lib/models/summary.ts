// The summary of a model: its layers, shapes and parameters in a table, as Keras 3 prints it.
import { escapeXml, htmlTable } from "../plots/xml.ts";
import { notebookKernel, NotebookOutput } from "../terminal/notebook.ts";
import { terminal } from "../terminal/terminal.ts";
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import { hasBuild, Layer } from "../layers/layer.ts";
import type { Operation, SymbolicTensor } from "../tensor/symbolic.ts";
import type { Weight } from "../layers/weight.ts";
import { boolean, callable, isList, isNumber, number } from "../option_kinds.ts";
import { type KeptOptions, nullable, option, optionTable, readMethodOptions } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { sizeOf, type SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, namesOf, type Structure } from "../structure.ts";
import type { FunctionalGraph } from "./graph.ts";
import { bold, type Column, drawTable } from "./table.ts";

/** Options of `Model.summary`. */
export interface SummaryOptions {
  /** The width of the table; 88 by default, or less in a narrow terminal. */
  lineLength?: number | null;
  /** The end of each column, as a fraction of the width. */
  positions?: readonly number[] | null;
  /** Called with the whole text instead of printing it. */
  printFn?: ((text: string) => void) | null;
  /** Whether to show the layers of nested models too; false by default. */
  expandNested?: boolean;
  /** Whether a column shows which layers are trainable; false by default. */
  showTrainable?: boolean;
  /**
   * The layers to show: from the first whose name starts with the first text to the last whose name starts with the
   * second; both may be regular expressions. All by default.
   */
  layerRange?: readonly [first: string, last: string] | null;
}

/** The ends of the columns if the layers are a chain. */
const endsOfChain = [0.45, 0.8, 1];
/** The ends of the columns for other graphs. */
const endsOfGraph = [0.3, 0.56, 0.74, 1];

/** The options of `Model.summary`. */
export const summaryOptions = optionTable<SummaryOptions>()({
  lineLength: nullable(number()),
  positions: option<readonly number[] | null>({
    fallback: null,
    read: (given, { what, option }) => {
      if (given === null || isList(given, isNumber)) return given;
      throw new ValueError({
        what,
        rule: `${option} must be parts of the width, from 0 to 1`,
        received: describe(given),
        hint: `leave it out, or give one for each column, as in [${endsOfChain.join(", ")}]`,
      });
    },
  }),
  printFn: nullable(
    callable<(text: string) => void>(
      "must be a function of a text",
      "write it as in printFn: (text) => console.log(text)",
    ),
  ),
  expandNested: boolean(false),
  showTrainable: boolean(false),
  layerRange: option<readonly [first: string, last: string] | null>({
    fallback: null,
    read: (given, { what, option }) => {
      if (given === null) return null;
      if (Array.isArray(given) && given.length === 2 && given.every((name) => typeof name === "string")) {
        return [given[0], given[1]];
      }
      throw new ValueError({
        what,
        rule: `${option} must be the names of two layers`,
        received: Array.isArray(given) ? `[${given.map(describe).join(", ")}]` : describe(given),
        hint: 'write it as in layerRange: ["dense", "dense_2"]',
      });
    },
  }),
});

/** The checked options of a summary; missing ones have their defaults. */
type ShownOptions = Partial<KeptOptions<typeof summaryOptions>>;

/** What a summary needs of a model. */
interface Summarized {
  /** The model's name. */
  readonly name: string;
  /** Its layers. */
  readonly layers: readonly Layer[];
  /** All weights. */
  readonly weights: readonly Weight[];
  /** The weights that optimizers change. */
  readonly trainableWeights: readonly Weight[];
  /** The optimizer, if it has slots. */
  readonly optimizer: Optimizer | undefined;
  /** The graph of its layers, if it is made from inputs and outputs. */
  readonly connections: FunctionalGraph | undefined;
  /** The shape of each layer's output, if known. */
  outputShapeOf(layer: Layer): Structure<SymbolicShape> | undefined;
}

/** Prints the summary of a model. */
export function printSummary(model: Summarized, options: SummaryOptions): void {
  const what = `Cannot print the summary of "${model.name}"`;
  const kept = readMethodOptions(`summary of "${model.name}"`, summaryOptions, options, what);
  const { columns, isTerminal, write } = terminal();
  if (kept.printFn) return kept.printFn(summaryOf(model, kept, columns(), false).join("\n"));
  const kernel = notebookKernel();
  const lines = summaryOf(model, kept, columns(), isTerminal && !kernel).join("\n");
  if (!kernel) return write(lines + "\n");
  void new NotebookOutput(kernel).show({ "text/html": htmlOf(contentOf(model, kept, columns())), "text/plain": lines });
}

function htmlOf({ title, columns, rows, sizes }: SummaryContent): string {
  const table = htmlTable(columns.map(({ header }) => header), rows, columns.map(({ align }) => align));
  const last = sizes.map(({ label, digits, bytes }) => `${label}: ${digits} (${bytes})`).join("<br>");
  return `<b>${escapeXml(title)}</b>${table}${last}`;
}

const inColor = (text: string) => `\x1b[38;5;34m${text}\x1b[0m`;

const columnsOfSummary: readonly Omit<Column, "width">[] = [
  {
    header: "Layer (type)",
    align: "left",
    color: (text) => text.replace(/\(([^()]+)\)$/, (_, name: string) => `(\x1b[38;5;33m${name}\x1b[0m)`),
  },
  {
    header: "Output Shape",
    align: "left",
    color: (text) =>
      text.replace(/None|\d+/g, (item) => (item === "None" ? `\x1b[38;5;45m${item}\x1b[0m` : inColor(item))),
  },
  { header: "Param #", align: "right", color: (text) => text.replace(/[\d,]+/, inColor) },
];

const trainableColumn = {
  header: "Trainable",
  align: "center",
  color: (text: string) => text === "Y" ? "\x1b[1;38;5;34mY\x1b[0m" : text === "N" ? "\x1b[1;91mN\x1b[0m" : text,
} as const;

const connectedColumn = {
  header: "Connected to",
  align: "left",
  color: (text: string) => text.replace(/\[(\d+)\]/g, (_, digits: string) => `[${inColor(digits)}]`),
} as const;

/** The lines of a model's summary for a terminal with `columns` columns. */
export function summaryOf(
  model: Summarized,
  options: ShownOptions,
  terminalColumns: number,
  ansi: boolean,
): string[] {
  const { title, columns, width, rows, sizes } = contentOf(model, options, terminalColumns);
  const last = sizes.map(({ label, digits, bytes }) => {
    const head = ` ${label}: `;
    return `${ansi ? bold(head) : head}${ansi ? inColor(digits) : digits} (${bytes})`;
  });
  return [ansi ? bold(title) : title, ...drawTable(columns, rows, width, ansi), ...last];
}

/** What a summary says. */
interface SummaryContent {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly width: number;
  readonly rows: readonly string[][];
  readonly sizes: readonly { readonly label: string; readonly digits: string; readonly bytes: string }[];
}

function contentOf(model: Summarized, options: ShownOptions, terminalColumns: number): SummaryContent {
  const graph = model.connections;
  const isGraph = graph !== undefined && !isChain(graph);
  const shown: Omit<Column, "width">[] = isGraph ? [...columnsOfSummary, connectedColumn] : [...columnsOfSummary];
  let ends = options.positions ?? (isGraph ? endsOfGraph : endsOfChain);
  if (ends.length !== shown.length || ends.some((end) => !(end > 0 && end <= 1))) {
    throw new ValueError({
      what: `Cannot print the summary of "${model.name}"`,
      rule: `positions must be ${shown.length} parts of the width, from 0 to 1`,
      received: `[${ends.join(", ")}]`,
      hint: `leave them out, or give one for each column, as in [${(isGraph ? endsOfGraph : endsOfChain).join(", ")}]`,
    });
  }
  if (options.showTrainable) {
    ends = [...ends.map((end) => end * 0.9), 1];
    shown.push(trainableColumn);
  }
  const wanted = (isGraph ? 108 : 88) + (options.showTrainable ? 12 : 0);
  const width = options.lineLength ?? Math.min(wanted, terminalColumns - 4);
  let used = 0;
  const columns = shown.map((column, i): Column => {
    const end = Math.floor(ends[i] * width);
    const own = end - used;
    used = end;
    if (own < 4) {
      throw new ValueError({
        what: `Cannot print the summary of "${model.name}"`,
        rule: "each column must have at least 4 characters",
        received: `${own} for ${column.header}`,
        hint: "give a larger lineLength",
      });
    }
    return { ...column, width: own };
  });
  const operations = graph?.operations ?? model.layers;
  // Keras omits the inputs of a Sequential.
  const first = operations.filter((item) =>
    graph === undefined || model.layers.includes(item as Layer) || !(item instanceof Layer)
  );
  const rows = inRange(first, options, model.name).flatMap((item) =>
    rowsOf(item, model, options, isGraph ? graph : undefined, 0)
  );
  return { title: `Model: "${model.name}"`, columns, width, rows, sizes: sizesOf(model) };
}

/** The operations that `layerRange` selects, inclusive. Throws {@linkcode ValueError} if no layer matches. */
function inRange<T extends { readonly name: string }>(
  all: readonly T[],
  { layerRange }: ShownOptions,
  model: string,
): T[] {
  if (!layerRange) return [...all];
  const what = `Cannot print the summary of "${model}"`;
  const [from, to] = layerRange.map((name) => {
    const pattern = patternOf(name, what);
    const places = all.flatMap((item, i) => (pattern.test(item.name) ? [i] : []));
    if (places.length > 0) return places;
    throw unknownIdentifier("layer", name, all.map((item) => item.name), what);
  });
  // As in Keras if they are given in reverse order.
  if (from[0] > to.at(-1)!) return all.slice(to[0], from.at(-1)! + 1);
  return all.slice(from[0], to.at(-1)! + 1);
}

function patternOf(name: string, what: string): RegExp {
  try {
    return new RegExp(`^(?:${name})`);
  } catch (error) {
    throw new ValueError({
      what,
      rule: "layerRange must hold names or regular expressions",
      received: describe(name),
      hint: (error as Error).message,
    });
  }
}

/** Whether each node only depends on the previous one, and no layer occurs twice. */
function isChain({ nodes, operations }: FunctionalGraph): boolean {
  return nodes.length === operations.length &&
    nodes.every(({ inputs }, i) =>
      i === 0 ? inputs.length === 0 : inputs.length === 1 && inputs[0].node === nodes[i - 1]
    );
}

/** Whether a layer is itself a model. */
function isSummarized(layer: Layer): layer is Layer & Summarized {
  return "layers" in layer;
}

function rowsOf(
  item: Operation,
  model: Summarized,
  options: ShownOptions,
  graph: FunctionalGraph | undefined,
  level: number,
): string[][] {
  const layer = item instanceof Layer ? item : undefined;
  // A layer without its own `build` never has weights, so its count is known without building.
  const counted = !layer || layer.built || !hasBuild(layer);
  const count = layer?.weights.reduce((total, weight) => total + sizeOf(weight.shape), 0) ?? 0;
  const row = [
    `${level > 0 ? `${"   ".repeat(level)}└ ` : ""}${item.name} (${item.className})`,
    formatShapes(item.inboundNodes.at(-1)?.output, layer && model.outputShapeOf(layer)),
    counted ? count.toLocaleString("en-US") : "0 (unbuilt)",
  ];
  if (graph) row.push(connectionsOf(item, graph));
  if (options.showTrainable) row.push(!layer || layer.weights.length === 0 ? "-" : layer.trainable ? "Y" : "N");
  const nested = options.expandNested && layer && isSummarized(layer) ? layer : undefined;
  return [row, ...(nested?.layers ?? []).flatMap((inner) => rowsOf(inner, nested!, options, graph, level + 1))];
}

/** The sources of `item`'s inputs in the graph, as `layer[application][output]`. */
function connectionsOf(item: Operation, graph: FunctionalGraph): string {
  const nodes = item.inboundNodes.filter((node) => graph.nodes.includes(node));
  const inputs = nodes.flatMap((node) => node.inputs);
  return inputs.map(({ node, index }) => `${node.operation.name}[${node.index}][${index}]`).join(", ") || "-";
}

/** The shapes of outputs, in Python's notation. */
function formatShapes(
  output: Structure<SymbolicTensor> | undefined,
  shape: Structure<SymbolicShape> | undefined,
): string {
  const structure = output === undefined ? shape : mapStructure(output, (tensor) => tensor.shape);
  if (structure === undefined) return "?";
  const items = flatten(structure).map(formatPythonShape);
  if (items.length === 1) return items[0];
  const names = namesOf(structure);
  return names ? `{${names.map((name, i) => `${name}: ${items[i]}`).join(", ")}}` : `[${items.join(", ")}]`;
}

function formatPythonShape(shape: SymbolicShape): string {
  return `(${shape.map((extent) => extent ?? "None").join(", ")})`;
}

function sizesOf({ weights, trainableWeights, optimizer }: Summarized): SummaryContent["sizes"] {
  const line = (label: string, count: number, bytes: number) => ({
    label,
    digits: count.toLocaleString("en-US"),
    bytes: formatBytes(bytes),
  });
  const size = (of: readonly { shape: readonly number[] }[]) => of.reduce((total, w) => total + sizeOf(w.shape), 0);
  const [all, trainable] = [size(weights), size(trainableWeights)];
  // The optimizer's size includes its step count (8 bytes) and, without a schedule, its learning rate.
  const built = optimizer && (optimizer.built || optimizer.iterations > 0);
  const slots = built ? size(optimizer.slots) : 0;
  const each = built ? [optimizer, ...optimizer.optimizers] : [];
  const optimizerCount = slots + each.reduce((total, { schedule }) => total + (schedule ? 1 : 2), 0);
  const optimizerBytes = 4 * slots + each.reduce((total, { schedule }) => total + (schedule ? 8 : 12), 0);
  return [
    line("Total params", all + optimizerCount, 4 * all + optimizerBytes),
    line("Trainable params", trainable, 4 * trainable),
    line("Non-trainable params", all - trainable, 4 * (all - trainable)),
    ...(built ? [line("Optimizer params", optimizerCount, optimizerBytes)] : []),
  ];
}

function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes.toFixed(2)} ${units[unit]}`;
}
