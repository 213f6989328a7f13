// Options that name axes of a layer's input. Whether the input has them is checked when the layer is built.
import { isListOf } from "../shape.ts";
import { describe, describeList, ValueError } from "../errors.ts";
import { isInteger } from "../option_kinds.ts";
import { type Option, option } from "../options.ts";

/** One axis, counted from the front or, if negative, from the end; the last by default. */
export const axisOption = (): Option<number> =>
  option<number>({
    fallback: -1,
    read: (given, { what, option }) => {
      if (isInteger(given)) return given;
      throw new ValueError({
        what,
        rule: `${option} must be an integer`,
        received: describe(given),
        hint: "leave it out for the last axis",
      });
    },
  });

/** One axis or a list of axes, kept as given; the last by default. */
export const axesOption = (): Option<number | readonly number[]> =>
  option<number | readonly number[]>({
    fallback: -1,
    read: (given, { what, option }) => {
      if (isInteger(given)) return given;
      if (isListOf(given, isInteger) && given.length > 0) return [...given];
      throw new ValueError({
        what,
        rule: `${option} must be an integer, or a list of integers`,
        received: describeList(given),
        hint: "leave it out for the last axis",
      });
    },
  });
