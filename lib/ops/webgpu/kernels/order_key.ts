// Elements as integers of the same order, which arg-max and sorting compare.
import type { Operand } from "../operand.ts";
import type { View } from "../view.ts";

/** The bits of infinity without the sign; floats with larger ones are NaN. */
const infinity = 0x7f800000;

/** The key of NaN: equal to that of the least float, so that it is never larger, or above all others. */
const keyOfNan = { least: -infinity, largest: 0x7fffffff };

/** What a kernel needs to compare elements of `x` by `key(i)`; both zeros have one key, and all NaNs have one. */
export function orderKey(
  x: View,
  nan: keyof typeof keyOfNan,
  descending = false,
): { readonly operand: Operand; readonly functions: string } {
  const isFloat = x.dtype === "float32";
  const lines = isFloat
    ? [
      "let bits = load_x(i);",
      "let magnitude = bitcast<i32>(bits & 0x7fffffffu);",
      "let signed = select(magnitude, -magnitude, (bits >> 31u) == 1u);",
      `let order = select(signed, ${keyOfNan[nan]}, magnitude > ${infinity});`,
    ]
    : ["let order = load_x(i);"];
  return {
    operand: { name: "x", view: x, access: "load", type: isFloat ? "u32" : "i32" },
    functions: `fn key(i: u32) -> i32 {\n  ${[...lines, `return ${descending ? "~" : ""}order;`].join("\n  ")}\n}`,
  };
}
