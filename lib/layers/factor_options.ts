// The strength of random image changes: a factor in either direction, or a range.
import { describeList, ValueError } from "../errors.ts";
import { type Option, option } from "../options.ts";

/** The strength of a random change: a fraction in either direction, or the range as two ends. */
export type Factor = number | readonly [number, number];

/** The values that a factor may have. */
export interface FactorBounds {
  /** The lower bound of its ends, and the lower limit of a single number's range. */
  readonly low: number;
  /** The upper bound of its ends. */
  readonly high: number;
  /** The condition on its ends, one or two; by default both are within the bounds. */
  readonly fits?: (ends: readonly number[]) => boolean;
}

/** A factor, kept as given. */
export function factorOption({ low, high, fits }: FactorBounds): Option<Factor> {
  const suits = fits ?? ((ends: readonly number[]) => ends.every((end) => end >= low && end <= high));
  return option<Factor>({
    read: (given, { whatNamed, option }) => {
      if (typeof given === "number" && Number.isFinite(given) && suits([given])) return given;
      if (Array.isArray(given) && given.length === 2) {
        const [first, last] = given;
        if (Number.isFinite(first) && Number.isFinite(last) && suits([first, last])) return [first, last];
      }
      throw new ValueError({
        what: whatNamed,
        rule: `${option} must be a number from ${low} to ${high}, or a list of two`,
        received: describeList(given),
        hint: "give it as a part of the whole, such as 0.1",
      });
    },
  });
}

/** The smallest and the largest change that a factor allows. */
export function endsOf(factor: Factor, { low }: FactorBounds): readonly [number, number] {
  if (typeof factor === "number") return [Math.max(-Math.abs(factor), low), Math.abs(factor)];
  return [Math.min(...factor), Math.max(...factor)];
}

/** A factor, kept as its two ends. */
export function factorEndsOption(bounds: FactorBounds): Option<readonly [number, number]> {
  const factor = factorOption(bounds);
  return option<readonly [number, number]>({ read: (given, place) => endsOf(factor.read(given, place), bounds) });
}

/** Bounds that one number must be within, and that two numbers must overlap: Keras's rule. */
export const overlapping = (low: number, high: number): FactorBounds => ({
  low,
  high,
  fits: ([first, last = first]) => first <= high && last >= low,
});
