// The progress bar of fit, evaluate and predict, as Keras 3 draws it.
import { formatExponent, formatFixed } from "./python_format.ts";
import { terminal } from "./terminal.ts";
import { roundHalfToEven } from "../rounding.ts";

/** Options of {@linkcode ProgressBar}. */
export interface ProgressBarOptions {
  /** 1 draws a bar, 2 writes one line at the end, 0 nothing; 1 by default. */
  verbose?: 0 | 1 | 2;
  /** The width of the bar in characters; 20 by default. */
  width?: number;
  /** The shortest time between two updates, in seconds; 0.05 by default. */
  interval?: number;
  /** The name of a unit; `step` by default. */
  unitName?: string;
}

/**
 * A bar that is redrawn as work proceeds. If standard output is not a terminal, only the finished bar is written, on
 * its own line and without colors.
 *
 * @example Three units of work
 * ```ts
 * import { utils } from "./mod.ts";
 * const bar = new utils.Progbar(3);
 * for (let i = 1; i <= 3; i++) bar.update(i, [["loss", 1 / i]]);
 * ```
 */
export class ProgressBar {
  /** The number of units; null if unknown. */
  target: number | null;
  readonly #finalTarget: number | null;
  readonly #options: Required<ProgressBarOptions>;
  readonly #values = new Map<string, number>();
  readonly #start = terminal().now();
  #lastDrawn = 0;
  #afterFirst: number | undefined;
  #previousWidth = 0;

  /** Starts the clock. */
  constructor(target: number | null, options: ProgressBarOptions = {}) {
    this.target = target || null;
    this.#options = { verbose: 1, width: 20, interval: 0.05, unitName: "step", ...options };
    this.#finalTarget = target;
  }

  /**
   * Shows that `current` units are done, with the newest `values` by name. `finalize` ends the bar; by default it ends
   * when all units are done.
   */
  update(current: number, values: readonly (readonly [string, number])[] = [], finalize?: boolean): void {
    const done = finalize ?? (this.#finalTarget !== null && current >= this.#finalTarget);
    for (const [name, value] of values) this.#values.set(name, value);
    const now = terminal().now();
    const perUnit = this.#estimate(current, now);
    if (this.#options.verbose === 1) this.#draw(current, now, perUnit, done);
    else if (this.#options.verbose === 2 && done) this.#writeLine(current, now, perUnit);
  }

  /** Seconds per unit, without the first one, which is slow, if there are others. */
  #estimate(current: number, now: number): number {
    if (current === 0) return 0;
    const perUnit = this.#afterFirst !== undefined && current > 1
      ? (now - this.#afterFirst) / (current - 1)
      : (now - this.#start) / current;
    if (current === 1) this.#afterFirst = now;
    return perUnit;
  }

  #draw(current: number, now: number, perUnit: number, done: boolean): void {
    const { interval, unitName } = this.#options;
    const { isTerminal } = terminal();
    if (!done && (now - this.#lastDrawn < interval || !isTerminal)) return;
    const [bar, barWidth] = this.#bar(current);
    const left = this.target === null || done
      ? `${roundHalfToEven(now - this.#start)}s`
      : formatDuration(perUnit * (this.target - current));
    const fixedWidth = barWidth + 1 + left.length;
    let tail = formatPerUnit(perUnit, unitName) + this.#metrics(1);
    // A wrapped line cannot be redrawn, so an unfinished one is cut; the finished one is complete.
    const room = terminal().columns() - 1 - fixedWidth;
    if (!done && tail.length > room) tail = tail.slice(0, Math.max(0, room - 1)) + "…";
    const width = fixedWidth + tail.length;
    const padding = " ".repeat(Math.max(0, this.#previousWidth - width));
    const line = isTerminal
      ? "\b".repeat(this.#previousWidth) + `\r${bar} \x1b[1m${left}\x1b[0m${tail}${padding}`
      // deno-lint-ignore no-control-regex
      : `${bar.replace(/\x1b\[\d+m/g, "")} ${left}${tail}`;
    terminal().write(done ? `${line}\n` : line);
    this.#previousWidth = width;
    this.#lastDrawn = now;
  }

  /** The count and the bar, in color, and the width without escape codes. */
  #bar(current: number): [string, number] {
    const { target } = this;
    const { width } = this.#options;
    if (target === null) {
      const count = `${String(current).padStart(7)}/Unknown`;
      return [count, count.length];
    }
    const count = `${String(current).padStart(String(target).length)}/${target}`;
    const green = Math.floor((width * current) / target);
    const colored = (green > 0 ? `\x1b[32m${"━".repeat(green)}\x1b[0m` : "") +
      `\x1b[37m${"━".repeat(Math.max(0, width - green))}\x1b[0m`;
    return [`\x1b[1m${count}\x1b[0m ${colored}`, count.length + 1 + width];
  }

  #writeLine(current: number, now: number, perUnit: number): void {
    const target = this.target ?? current;
    const count = `${String(current).padStart(String(target).length)}/${target}`;
    const elapsed = `${roundHalfToEven(now - this.#start)}s`;
    terminal().write(
      `${count} - ${elapsed} -${formatPerUnit(perUnit, this.#options.unitName)}${this.#metrics(2)}\n`,
    );
  }

  #metrics(verbose: 1 | 2): string {
    let text = "";
    // With verbose 2 Keras compares signed values, so all negative numbers get an exponent.
    for (const [name, value] of this.#values) {
      text += ` - ${name}: ${formatNumber(value, (verbose === 1 ? Math.abs(value) : value) > 1e-3)}`;
    }
    return text;
  }
}

/** Four decimals, or four with an exponent, as in Python. */
export function formatNumber(value: number, plain: boolean = Math.abs(value) > 1e-3): string {
  return plain ? formatFixed(value, 4) : formatExponent(value, 4);
}

/** `12s`, `1:05`, `1:00:02`. */
function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds > 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return seconds > 60 ? `${Math.floor(whole / 60)}:${two(whole % 60)}` : `${whole}s`;
}

/** ` 6ms/step`, with a suitable unit of time. */
function formatPerUnit(seconds: number, unitName: string): string {
  if (seconds >= 1 || seconds === 0) return ` ${roundHalfToEven(seconds)}s/${unitName}`;
  return seconds >= 1e-3
    ? ` ${roundHalfToEven(seconds * 1e3)}ms/${unitName}`
    : ` ${roundHalfToEven(seconds * 1e6)}us/${unitName}`;
}
