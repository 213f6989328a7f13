// How far layers that change images at random go: a factor to either side, or the two ends.
import { describeList, ValueError } from "../errors.ts";
import { type Option, option } from "../options.ts";

/** How far something goes at random: a part to either side, or the two ends. */
export type Factor = number | readonly [number, number];

/** What a factor may be. */
export interface FactorBounds {
  /** The least of its ends, and what a single number is held to. */
  readonly low: number;
  /** The largest of its ends. */
  readonly high: number;
  /** What must hold for its ends, one or two; by default that each lies between the bounds. */
  readonly fits?: (ends: readonly number[]) => boolean;
}

/** A factor as it was given. */
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

/** The smallest and the largest change that a factor says. */
export function endsOf(factor: Factor, { low }: FactorBounds): readonly [number, number] {
  if (typeof factor === "number") return [Math.max(-Math.abs(factor), low), Math.abs(factor)];
  return [Math.min(...factor), Math.max(...factor)];
}

/** A factor, kept as its two ends. */
export function factorEndsOption(bounds: FactorBounds): Option<readonly [number, number]> {
  const factor = factorOption(bounds);
  return option<readonly [number, number]>({ read: (given, place) => endsOf(factor.read(given, place), bounds) });
}

/** Bounds of which one number must lie between, and which two must have something in common with: Keras's rule. */
export const overlapping = (low: number, high: number): FactorBounds => ({
  low,
  high,
  fits: ([first, last = first]) => first <= high && last >= low,
});
