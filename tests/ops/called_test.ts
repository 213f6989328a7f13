// Messages of ops tell the function that was called, and flags must be true or false.
import assert from "node:assert/strict";
import { Input, losses, ops, tensor, type Value } from "../../mod.ts";
import { functions } from "../../lib/layers/operation.ts";
import { argumentNames } from "../../lib/ops/lift.ts";

// What is wrong has no type.
// deno-lint-ignore no-explicit-any
type Any = any;

const x = tensor([[1, 2], [3, 4]]);
const wrong = [[1, 2]] as Any;

for (
  const [name, call, message] of [
    ["an operand of a primitive", () => ops.add(x, "1" as Any), /^Cannot apply add: operands must be/],
    ["an operand of what consists of others", () => ops.std(null as Any), /^Cannot apply std: operands must be/],
    [
      "an operand in a namespace",
      () => ops.image.rgbToGrayscale(undefined as Any),
      /^Cannot apply image\.rgbToGrayscale: operands must be/,
    ],
    ["values in place of an operand", () => ops.softmax(wrong), /^Cannot apply softmax: operands must be/],
    ["a bigint", () => ops.reshape(x, 4n as Any), /^Cannot apply reshape: arguments must be operands/],
    [
      "options that are no object",
      () => ops.matmul(x, x, 3 as Any),
      /^Cannot apply matmul: options must be one object/,
    ],
    [
      "a symbolic tensor's flag",
      () => ops.sum(Input({ shape: [2] }), 1, "yes" as Any),
      /^Cannot apply sum: keepdims must be true or false, received "yes"/,
    ],
    [
      "a flag by name",
      () => ops.max(x, { axis: 0, keepdims: 1 as Any }),
      /^Cannot apply max: keepdims must be .* received 1: give a boolean$/,
    ],
    [
      "a flag among options",
      () => ops.matmul(x, x, { transposeA: "yes" as Any }),
      /^Cannot apply matmul: transposeA must be/,
    ],
    [
      "a flag of a loss",
      () => losses.binaryCrossentropy(x, x, { fromLogits: "yes" as Any }),
      /: fromLogits must be true or false/,
    ],
    [
      "what a function of the user's calls",
      () => ops.vectorizedMap((row: Value) => ops.multiply(row, "2" as Any) as Value, x as Any),
      /Cannot apply multiply: operands must be/,
    ],
  ] as const
) {
  Deno.test(`the message names what was called: ${name}`, () => {
    assert.throws(call, { name: "ValueError", message });
  });
}

Deno.test("a flag of any function is refused unless it is true or false, and null is its default", () => {
  const flags = ["keepdims", "equalNan", "fromLogits", "upper", "lower", "approximate", "endpoint", "invert", "center"];
  let count = 0;
  for (const [name, fn] of functions) {
    const names = argumentNames(fn);
    for (const flag of names.filter((of) => [...flags, "fullMatrices", "computeUv", "increasing"].includes(of))) {
      count++;
      // Only the object of arguments by name is looked at; the inputs before it are too few for some.
      const inputs = (length: number) => Array.from({ length }, () => x);
      const call = (length: number) => (fn as (...args: Any[]) => unknown)(...inputs(length), { [flag]: "yes" });
      const refused = [1, 2, 3].some((length) => {
        try {
          call(length);
        } catch (error) {
          return (error as Error).message.includes(`${flag} must be true or false, received "yes"`);
        }
        return false;
      });
      assert.ok(refused, `${name}: ${flag}`);
    }
  }
  assert.ok(count > 40, `${count} flags`);
  assert.deepEqual((ops.sum(x, { axis: 0, keepdims: null as Any })).shape, [2]);
});
