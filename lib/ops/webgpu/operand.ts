// The operands of a kernel: functions of the shader's header that load and store their elements.
import type { DType } from "../../dtype.ts";
import { isSameRange, type View } from "./view.ts";

/** The type of an element in a shader: by dtype, as raw bits, or four floats at once. */
export type ElementType = "f32" | "i32" | "u32" | "bool" | "vec4<f32>";

/** A value that a kernel loads or stores; `name` is part of its functions' names: `load_x`, `store_x`. */
export interface Operand {
  readonly name: string;
  readonly view: View;
  readonly access: "load" | "store" | "both";
  /** The element type of the functions. */
  readonly type: ElementType;
  /**
   * Requests `load_x_quad` too: elements `i` to `i + 3`. With `"aligned"`, which only floats and bytes can be, `i` must
   * be a multiple of four. One load of four is much faster than four of one.
   */
  readonly quads?: "aligned" | "anywhere";
}

/**
 * How quads of a view with rows of `length` elements are loaded: memory that is bound as single elements too, as one of
 * `others`, cannot be bound as quads.
 */
export function quadsOf(view: View, length: number, others: readonly View[]): "aligned" | "anywhere" {
  return length % 4 === 0 && !others.some((other) => isSameRange(other, view)) ? "aligned" : "anywhere";
}

/** The element type of `dtype` in kernels that compute. */
export function elementType(dtype: DType): ElementType {
  return dtype === "float32" ? "f32" : dtype === "bool" ? "bool" : "i32";
}

/** The element type of an operand's binding. */
export function memoryType({ view: { dtype, packed }, type, quads }: Operand): string {
  if (type === "vec4<f32>" || (quads === "aligned" && !packed)) return "vec4<f32>";
  return packed || type === "u32" ? "u32" : dtype === "float32" ? "f32" : dtype === "int32" ? "i32" : "u32";
}

/** Converts `expression` to another type: by value between integers and bool, by bits from and to float32. */
function converted(expression: string, from: string, to: string): string {
  if (from === to) return expression;
  if (to === "bool") return `${expression} != 0u`;
  if (from === "bool") return `select(0u, 1u, ${expression})`;
  return `bitcast<${to}>(${expression})`;
}

/** Converts four words to elements of another type. */
function convertedQuad(expression: string, to: string): string {
  return to === "bool" ? `(${expression}) != vec4(0u)` : `vec4<${to}>(${expression})`;
}

/**
 * The functions that load and store an operand in a binding of `memory`, whose element `base + i` is the operand's
 * element `i`; an empty base is 0.
 */
export function accessorsOf(operand: Operand, buffer: string, memory: string, base: string): string {
  const { name, view, access, type, quads } = operand;
  const at = base === "" ? "i" : `${base} + i`;
  if (type === "vec4<f32>" && memory !== type) return quadAccessors(operand, buffer, base);
  if (quads && memory === "vec4<f32>") {
    return [
      `fn load_${name}(i: u32) -> f32 {\n  return ${buffer}[(${at}) / 4u][(${at}) % 4u];\n}`,
      `fn load_${name}_quad(i: u32) -> vec4<f32> {\n  return ${buffer}[(${at}) / 4u];\n}`,
    ].join("\n");
  }
  const functions: string[] = [];
  if (quads) {
    const four = [0, 1, 2, 3].map((k) => `load_${name}(i + ${k}u)`).join(", ");
    const bytes = `(vec4(${buffer}[(${at}) / 4u]) >> vec4(0u, 8u, 16u, 24u)) & vec4(255u)`;
    const loaded = view.packed && quads === "aligned" ? convertedQuad(bytes, type) : `vec4(${four})`;
    functions.push(`fn load_${name}_quad(i: u32) -> vec4<${type}> {\n  return ${loaded};\n}`);
  }
  if (access !== "store") {
    const element = view.packed
      ? converted(`((${buffer}[(${at}) / 4u] >> ((${at}) % 4u * 8u)) & 255u)`, "u32", type)
      : converted(`${buffer}[${at}]`, memory, type);
    functions.push(`fn load_${name}(i: u32) -> ${type} {\n  return ${element};\n}`);
  }
  if (access !== "load") {
    functions.push(
      `fn store_${name}(i: u32, value: ${type}) {\n  ${buffer}[${at}] = ${converted("value", type, memory)};\n}`,
    );
  }
  return functions.join("\n");
}

/** Four floats at once in a binding of words, whose element `base + 4 i` is the first of quad `i`. */
function quadAccessors({ name, access }: Operand, buffer: string, base: string): string {
  const word = (k: number) => `${buffer}[${base === "" ? "" : `${base} + `}4u * i + ${k}u]`;
  const loads = [0, 1, 2, 3].map((k) => `bitcast<f32>(${word(k)})`).join(", ");
  const stores = [0, 1, 2, 3].map((k) => `  ${word(k)} = bitcast<u32>(value.${"xyzw"[k]});`).join("\n");
  const load = `fn load_${name}(i: u32) -> vec4<f32> {\n  return vec4(${loads});\n}`;
  const store = `fn store_${name}(i: u32, value: vec4<f32>) {\n${stores}\n}`;
  return [...(access === "store" ? [] : [load]), ...(access === "load" ? [] : [store])].join("\n");
}
