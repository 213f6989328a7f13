// What is known of dtypes and symbolic tensors, as mod.ts exports it under `backend`. https://keras.io/api/utils/
import { checkDType, type DType, promote } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";

export { epsilon, floatx, imageDataFormat } from "../config.ts";

/** Whether something is a symbolic tensor, of which models are made. As `keras.backend.is_keras_tensor`. */
export const isKerasTensor = (x: unknown): x is SymbolicTensor => x instanceof SymbolicTensor;

/** Whether a dtype is one of numbers with fractions. As `keras.backend.is_float_dtype`. */
export const isFloatDtype = (dtype: DType): boolean => standardizeDtype(dtype) === "float32";

/** Whether a dtype is one of integers. As `keras.backend.is_int_dtype`. */
export const isIntDtype = (dtype: DType): boolean => ["int32", "uint8"].includes(standardizeDtype(dtype));

/** The name of a dtype; `float32` for none. Throws {@linkcode DTypeError} for other names. */
export function standardizeDtype(dtype?: DType | null): DType {
  if (dtype === undefined || dtype === null) return "float32";
  checkDType(dtype, "Cannot take a dtype");
  return dtype;
}

/**
 * The dtype to which several promote. As `keras.backend.result_type`.
 *
 * @throws {ValueError} for none
 *
 * @example
 * ```ts
 * import { backend } from "./mod.ts";
 * console.log(backend.resultType("uint8", "int32")); // int32
 * ```
 */
export function resultType(...dtypes: DType[]): DType {
  if (dtypes.length > 0) return dtypes.map(standardizeDtype).reduce(promote);
  throw new ValueError({
    what: "Cannot promote dtypes",
    rule: "there must be one",
    received: describe(undefined),
    hint: 'write it as in backend.resultType("uint8", "int32")',
  });
}
