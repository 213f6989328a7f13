// Options that name axes of a layer's input. Whether an input has them is known when the layer is built.
import { describe, describeList, ValueError } from "../errors.ts";
import { type Option, option } from "../options.ts";
import { isListOf } from "./options.ts";

/** One axis, counted from the front or, below 0, from the end; the last by default. */
export const axisOption = (): Option<number> =>
  option<number>({
    fallback: -1,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isSafeInteger(given)) return given;
      throw new ValueError({
        what,
        rule: `${option} must be an integer`,
        received: describe(given),
        hint: "leave it out for the last axis",
      });
    },
  });

/** One axis or a list of them, as it was given; the last by default. */
export const axesOption = (): Option<number | readonly number[]> =>
  option<number | readonly number[]>({
    fallback: -1,
    read: (given, { what, option }) => {
      const list = Array.isArray(given) ? given : [given];
      if (list.length > 0 && isListOf(list, Number.isSafeInteger)) return Array.isArray(given) ? [...list] : list[0];
      throw new ValueError({
        what,
        rule: `${option} must be an integer, or a list of integers`,
        received: describeList(given),
        hint: "leave it out for the last axis",
      });
    },
  });
