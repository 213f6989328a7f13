// Functions of variables as functions of values: what they read is given, and what they assign comes back.
// https://keras.io/guides/writing_a_custom_training_loop_in_jax/
import { describe, DTypeError, ShapeError, ValueError } from "../errors.ts";
import { requireTrace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { formatShape, sameShape } from "../shape.ts";
import { isOperand, type Operand, symbolic } from "./apply.ts";
import type { Variable } from "./variable.ts";

/**
 * Runs `body`, in a traced function, with values in place of those of variables; gives its result and the variables'
 * values after it. Throws {@linkcode ValueError}, {@linkcode ShapeError} or {@linkcode DTypeError} unless there is one
 * value for each variable, of its shape and dtype; `what` says what failed.
 */
export function withValues<T>(
  what: string,
  groups: readonly { readonly name: string; readonly variables: readonly Variable[]; readonly values: unknown }[],
  body: () => T,
): { result: T; values: Value[][] } {
  const trace = requireTrace("a function of variables");
  const given = new Map<Variable, Value>();
  for (const { name, variables, values } of groups) {
    if (!Array.isArray(values) || values.length !== variables.length || !values.every(isOperand)) {
      throw new ValueError({
        what,
        rule: `${name} must be a list with a value for each of ${variables.length} variables`,
        received: Array.isArray(values) ? `${values.length}` : describe(values),
        hint: "give them in the order of the variables; build first what makes them",
      });
    }
    values.forEach((value: Operand, i) => {
      const [variable, made] = [variables[i], symbolic(value)];
      if (!sameShape(made.shape, variable.shape)) {
        throw new ShapeError({
          what,
          rule: `the value of "${variable.name}" must have the shape ${formatShape(variable.shape)}`,
          received: formatShape(made.shape),
          hint: `give ${name} in the order of the variables`,
        });
      }
      if (made.dtype !== variable.dtype) {
        throw new DTypeError({
          what,
          rule: `the value of "${variable.name}" must be ${variable.dtype}`,
          received: made.dtype,
          hint: "cast it",
        });
      }
      given.set(variable, made);
    });
  }
  const { result, values } = trace.withValues(given, body);
  const after = new Map([...given.keys()].map((variable, i) => [variable, values[i]]));
  return { result, values: groups.map(({ variables }) => variables.map((variable) => after.get(variable)!)) };
}
