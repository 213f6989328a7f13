// The terminal: whether there is one, how wide it is, and writing to it. Replaceable in tests.

import { isFirst } from "../communicator.ts";
import { readVariable } from "../environment.ts";
import { notebookKernel } from "./notebook.ts";
import { colorsFor, type TerminalColors } from "./pixels.ts";

/** Where text for the user goes. */
interface Terminal {
  /** Whether text is shown as it is written, so that lines can be redrawn. */
  readonly isTerminal: boolean;
  /** The width in characters. */
  columns(): number;
  /** Writes text as it is, without a line break. */
  write(text: string): void;
  /** Seconds since some fixed time. */
  now(): number;
}

const encoder = new TextEncoder();

const standard: Terminal = {
  get isTerminal(): boolean {
    return typeof Deno !== "undefined" && Deno.stdout.isTerminal();
  },
  columns(): number {
    if (!standard.isTerminal) return 80;
    try {
      return Deno.consoleSize().columns || 80;
    } catch {
      return 80;
    }
  },
  write(text: string): void {
    // A notebook shows what the console gets, but drops what standard output does.
    if (typeof Deno === "undefined" || notebookKernel()) return console.log(text.replace(/\n$/, ""));
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  },
  now: () => performance.now() / 1000,
};

let current = standard;

/** The terminal in use. */
export function terminal(): Terminal {
  return current;
}

/** Uses another terminal, or the standard one if undefined. */
export function setTerminal(next: Terminal | undefined): void {
  current = next ?? standard;
}

/** Writes a line. */
export function printLine(text: string): void {
  current.write(text + "\n");
}

/** Warns; of several processes that train together only the first one does. */
export function warn(text: string): void {
  if (isFirst()) console.warn(text);
}

/** Writes a line while a progress bar may be unfinished: on a terminal it starts below the bar, as in Keras. */
export function printBelowBar(text: string): void {
  printLine(current.isTerminal ? `\n${text}` : text);
}

/** The colors that the terminal in use shows. */
export function terminalColors(): TerminalColors {
  return colorsFor({
    isTerminal: current.isTerminal,
    noColor: typeof Deno !== "undefined" && Deno.noColor,
    colorTerm: readVariable("COLORTERM"),
  });
}
