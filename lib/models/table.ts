// Tables in box-drawing characters, laid out like Keras's summaries.
import { roundHalfToEven } from "../rounding.ts";

/** A column of a {@linkcode drawTable}. */
export interface Column {
  /** The text at the top. */
  readonly header: string;
  /** The preferred width of the text. */
  readonly width: number;
  /** The alignment of text in its cell. */
  readonly align: "left" | "right" | "center";
  /** Colors a piece of a cell's text, for a terminal. */
  readonly color?: (text: string) => string;
}

/** The lines of a table of at most `width` characters. With `ansi`, in color. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly string[][],
  width: number,
  ansi: boolean,
): string[] {
  const widths = fitWidths(columns.map((column) => column.width), width);
  const rule = (left: string, line: string, cross: string, right: string) =>
    left + widths.map((w) => line.repeat(w + 2)).join(cross) + right;
  const drawRow = (cells: readonly string[], bar: string, header: boolean): string[] => {
    const wrapped = cells.map((cell, i) => wrap(cell, widths[i]));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      bar +
      columns.map((column, i) => {
        const text = wrapped[i][line] ?? "";
        const [before, after] = padding(widths[i] - text.length, column.align);
        if (!ansi) return ` ${before}${text}${after} `;
        return header
          ? `${bold(" ")}${bold(before + text + after)}${bold(" ")}`
          : ` ${before}${column.color?.(text) ?? text}${after} `;
      }).join(bar) +
      bar);
  };
  return [
    rule("┏", "━", "┳", "┓"),
    ...drawRow(columns.map((column) => column.header), "┃", true),
    rule("┡", "━", "╇", "┩"),
    ...rows.flatMap((row, i) => [...(i > 0 ? [rule("├", "─", "┼", "┤")] : []), ...drawRow(row, "│", false)]),
    rule("└", "─", "┴", "┘"),
  ];
}

/** Text in bold, for a terminal. */
export function bold(text: string): string {
  return `\x1b[1m${text}\x1b[0m`;
}

function padding(free: number, align: Column["align"]): [string, string] {
  const left = align === "left" ? 0 : align === "right" ? free : Math.floor(free / 2);
  return [" ".repeat(Math.max(0, left)), " ".repeat(Math.max(0, free - left))];
}

/**
 * The widths of the columns' text, such that with two spaces per cell and the lines between them the table has `width`.
 */
function fitWidths(wanted: readonly number[], width: number): number[] {
  const cells = wanted.map((w) => w + 2);
  let excess = cells.reduce((a, b) => a + b, 0) - (width - cells.length - 1);
  return cells.map((cell, i) => {
    if (excess <= 0) return cell - 2;
    const share = Math.min(cell, roundHalfToEven(excess / (cells.length - i)));
    excess -= share;
    return cell - share - 2;
  });
}

/** Lines of at most `width` characters, broken at spaces; a word that is too long is cut with an ellipsis. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => (line.length > width ? line.slice(0, Math.max(0, width - 1)) + "…" : line));
}
