// The summary of a model: its layers, shapes and parameters in a table, as Keras 3 prints it.
import { terminal } from "../callbacks/terminal.ts";
import { ValueError } from "../errors.ts";
import { Layer } from "../layers/layer.ts";
import type { Weight } from "../layers/weight.ts";
import { checkOptions } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { sizeOf, type SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import { bold, type Column, drawTable } from "./table.ts";

/** Options of `Model.summary`. */
export interface SummaryOptions {
  /** The width of the table; 88 by default, or less in a narrow terminal. */
  lineLength?: number;
  /** Where the columns end, as parts of the width. */
  positions?: readonly number[];
  /** Called with the whole text instead of printing it. */
  printFn?: (text: string) => void;
  /** Whether the layers of models inside are shown too; false by default. */
  expandNested?: boolean;
  /** Whether a column says which layers are trained; false by default. */
  showTrainable?: boolean;
}

/** What a summary shows of a model. */
export interface Summarized {
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
  /** The shape of each layer's output, where it is known. */
  outputShapeOf(layer: Layer): Structure<SymbolicShape> | undefined;
}

/** Prints the summary of a model. */
export function printSummary(model: Summarized, options: SummaryOptions): void {
  checkOptions(`summary of "${model.name}"`, options, [
    "lineLength",
    "positions",
    "printFn",
    "expandNested",
    "showTrainable",
  ]);
  if (options.printFn) return options.printFn(summaryOf(model, options, terminal().columns(), false).join("\n"));
  const { columns, isTerminal, write } = terminal();
  write(summaryOf(model, options, columns(), isTerminal).join("\n") + "\n");
}

const number = (text: string) => `\x1b[38;5;34m${text}\x1b[0m`;

const columnsOfSummary: readonly (Omit<Column, "width"> & { end: number })[] = [
  {
    header: "Layer (type)",
    align: "left",
    end: 0.45,
    color: (text) => text.replace(/\(([^()]+)\)$/, (_, name: string) => `(\x1b[38;5;33m${name}\x1b[0m)`),
  },
  {
    header: "Output Shape",
    align: "left",
    end: 0.8,
    color: (text) =>
      text.replace(/None|\d+/g, (item) => (item === "None" ? `\x1b[38;5;45m${item}\x1b[0m` : number(item))),
  },
  { header: "Param #", align: "right", end: 1, color: (text) => text.replace(/[\d,]+/, number) },
];

const trainableColumn = {
  header: "Trainable",
  align: "center",
  color: (text: string) => text === "Y" ? "\x1b[1;38;5;34mY\x1b[0m" : text === "N" ? "\x1b[1;91mN\x1b[0m" : text,
} as const;

/** The lines of a model's summary for a terminal of so many columns. */
export function summaryOf(
  model: Summarized,
  options: SummaryOptions,
  terminalColumns: number,
  ansi: boolean,
): string[] {
  let ends = options.positions ?? columnsOfSummary.map(({ end }) => end);
  if (ends.length !== columnsOfSummary.length || ends.some((end) => !(end > 0 && end <= 1))) {
    throw new ValueError({
      what: `Cannot print the summary of "${model.name}"`,
      rule: `positions must be ${columnsOfSummary.length} parts of the width, from 0 to 1`,
      received: `[${ends.join(", ")}]`,
      mend: "leave them out, or give one for each column, as in [0.45, 0.8, 1]",
    });
  }
  const shown: Omit<Column, "width">[] = [...columnsOfSummary];
  if (options.showTrainable) {
    ends = [...ends.map((end) => end * 0.9), 1];
    shown.push(trainableColumn);
  }
  const width = options.lineLength ?? Math.min(options.showTrainable ? 99 : 88, terminalColumns - 4);
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
        mend: "give a larger lineLength",
      });
    }
    return { ...column, width: own };
  });
  const rows = rowsOf(model.layers, model, options, "");
  const title = `Model: "${model.name}"`;
  return [ansi ? bold(title) : title, ...drawTable(columns, rows, width, ansi), ...footer(model, ansi)];
}

function rowsOf(layers: readonly Layer[], model: Summarized, options: SummaryOptions, indent: string): string[][] {
  return layers.flatMap((layer) => {
    const shape = model.outputShapeOf(layer);
    // A layer without a `build` of its own never has weights, so it needs none to be counted.
    const counted = layer.built || layer.build === Layer.prototype.build;
    const count = layer.weights.reduce((total, weight) => total + sizeOf(weight.shape), 0);
    const row = [
      `${indent}${layer.name} (${layer.className})`,
      shape ? flatten(shape).map(formatPythonShape).join(", ") : "?",
      counted ? count.toLocaleString("en-US") : "0 (unbuilt)",
    ];
    if (options.showTrainable) {
      row.push(layer.weights.length === 0 ? "-" : layer.trainableWeights.length > 0 ? "Y" : "N");
    }
    const nested = options.expandNested && "layers" in layer ? (layer as unknown as Summarized) : undefined;
    return nested ? [row, ...rowsOf(nested.layers, nested, options, `${indent}└ `)] : [row];
  });
}

function formatPythonShape(shape: SymbolicShape): string {
  const items = shape.map((extent) => extent ?? "None");
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

function footer({ weights, trainableWeights, optimizer }: Summarized, ansi: boolean): string[] {
  const line = (label: string, count: number, bytes: number) => {
    const digits = count.toLocaleString("en-US");
    const head = ` ${label}: `;
    return `${ansi ? bold(head) : head}${ansi ? number(digits) : digits} (${formatBytes(bytes)})`;
  };
  const size = (of: readonly { shape: readonly number[] }[]) => of.reduce((total, w) => total + sizeOf(w.shape), 0);
  const [all, trainable] = [size(weights), size(trainableWeights)];
  // With its slots an optimizer counts its step (8 bytes) and, without a schedule, its learning rate.
  const built = optimizer && (optimizer.built || optimizer.iterations > 0);
  const slots = built ? size(optimizer.slots) : 0;
  const optimizerCount = built ? slots + (optimizer.schedule ? 1 : 2) : 0;
  const optimizerBytes = built ? 4 * slots + (optimizer.schedule ? 8 : 12) : 0;
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
