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
export function memoryType({ view: { dtype, storage }, type, quads }: Operand): string {
  const isQuads = type === "vec4<f32>" || (quads === "aligned" && storage !== "bytes");
  if (storage === "halves") return isQuads ? "vec4<f16>" : "f16";
  if (isQuads) return "vec4<f32>";
  return storage === "bytes" || type === "u32"
    ? "u32"
    : dtype === "float32"
    ? "f32"
    : dtype === "int32"
    ? "i32"
    : "u32";
}

/** The binding of a buffer as words in which several threads write the halves of one. */
export const sharedWords = "atomic<u32>";

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

/** The element of a half: a word is what the element has where it is stored as one. */
function ofHalf(half: string, { type, view: { dtype } }: Operand): string {
  if (type === "bool") return `${half} != 0.0`;
  if (type === "u32") return dtype === "float32" ? `bitcast<u32>(${half})` : `u32(${half})`;
  return type === "i32" ? `i32(${half})` : half;
}

/** The number that is stored of an element as a half: the one of float16 that is nearest. */
function toHalf({ type, view: { dtype } }: Operand): string {
  if (type === "bool") return "select(0.0, 1.0, value)";
  if (type === "u32" && dtype === "float32") return "bitcast<f32>(value)";
  return type === "f32" ? "round_to_float16_f32(value)" : "f32(value)";
}

/** How the words of a binding are read and written. */
interface Words {
  load(at: string): string;
  /** The statement that stores an expression. */
  store(at: string, value: string): string;
}

function wordsOf(buffer: string, memory: string): Words {
  if (memory === sharedWords) {
    return {
      load: (at) => `atomicLoad(&${buffer}[${at}])`,
      store: (at, value) => `atomicStore(&${buffer}[${at}], ${value});`,
    };
  }
  return { load: (at) => `${buffer}[${at}]`, store: (at, value) => `${buffer}[${at}] = ${value};` };
}

/** Element `at` of an operand in a binding. */
function elementAt(operand: Operand, buffer: string, memory: string, at: string): string {
  const { view: { storage }, type } = operand;
  const { load } = wordsOf(buffer, memory);
  if (storage === "bytes") return converted(`((${load(`(${at}) / 4u`)} >> ((${at}) % 4u * 8u)) & 255u)`, "u32", type);
  if (memory === "vec4<f32>") return `${load(`(${at}) / 4u`)}[(${at}) % 4u]`;
  if (storage === "words") return converted(load(at), memory === sharedWords ? "u32" : memory, type);
  if (memory === "f16") return ofHalf(`f32(${load(at)})`, operand);
  if (memory === "vec4<f16>") return ofHalf(`f32(${load(`(${at}) / 4u`)}[(${at}) % 4u])`, operand);
  return ofHalf(`unpack2x16float(${load(`(${at}) / 2u`)})[(${at}) % 2u]`, operand);
}

/** The statements that store `value` as element `at` of an operand in a binding. */
function storesAt(operand: Operand, buffer: string, memory: string, at: string): string[] {
  const { view: { storage }, type } = operand;
  if (storage !== "halves") {
    return [wordsOf(buffer, memory).store(at, converted("value", type, memory === sharedWords ? "u32" : memory))];
  }
  if (memory === "f16") return [`${buffer}[${at}] = f16(${toHalf(operand)});`];
  // Another thread may write the other half at the same time.
  return [
    `let shift = (${at}) % 2u * 16u;`,
    `atomicAnd(&${buffer}[(${at}) / 2u], ~(65535u << shift));`,
    `atomicOr(&${buffer}[(${at}) / 2u], pack2x16float(vec2(${toHalf(operand)}, 0.0)) << shift);`,
  ];
}

/**
 * The functions that load and store an operand in a binding of `memory`, whose element `base + i` is the operand's
 * element `i`; an empty base is 0.
 */
export function accessorsOf(operand: Operand, buffer: string, memory: string, base: string): string {
  const { name, view, access, type, quads } = operand;
  const at = base === "" ? "i" : `${base} + i`;
  if (type === "vec4<f32>") return quadAccessors(operand, buffer, memory, base);
  const element = elementAt(operand, buffer, memory, at);
  if (quads && memory.startsWith("vec4")) {
    const quad = `${buffer}[(${at}) / 4u]`;
    return [
      `fn load_${name}(i: u32) -> f32 {\n  return ${element};\n}`,
      `fn load_${name}_quad(i: u32) -> vec4<f32> {\n  return ${widened(quad, memory)};\n}`,
    ].join("\n");
  }
  const functions: string[] = [];
  if (quads) {
    const four = [0, 1, 2, 3].map((k) => `load_${name}(i + ${k}u)`).join(", ");
    const word = wordsOf(buffer, memory).load(`(${at}) / 4u`);
    const bytes = `(vec4(${word}) >> vec4(0u, 8u, 16u, 24u)) & vec4(255u)`;
    const loaded = view.storage === "bytes" && quads === "aligned" ? convertedQuad(bytes, type) : `vec4(${four})`;
    functions.push(`fn load_${name}_quad(i: u32) -> vec4<${type}> {\n  return ${loaded};\n}`);
  }
  if (access !== "store") functions.push(`fn load_${name}(i: u32) -> ${type} {\n  return ${element};\n}`);
  if (access !== "load") {
    const stores = storesAt(operand, buffer, memory, at).join("\n  ");
    functions.push(`fn store_${name}(i: u32, value: ${type}) {\n  ${stores}\n}`);
  }
  return functions.join("\n");
}

/** A quad of a binding as floats. */
const widened = (quad: string, memory: string) => (memory === "vec4<f16>" ? `vec4<f32>(${quad})` : quad);

/** Four floats at once, in a binding of quads or of words. In words the first of quad `i` is element `base + 4 i`. */
function quadAccessors({ name, view, access }: Operand, buffer: string, memory: string, base: string): string {
  const { load, store } = wordsOf(buffer, memory);
  const first = `${base === "" ? "" : `${base} + `}4u * i`;
  const lanes = ["x", "y", "z", "w"].map((lane, k) => ({ at: `${first} + ${k}u`, value: `value.${lane}` }));
  const pairs = ["xy", "zw"].map((lanes, k) => ({ at: `(${first}) / 2u + ${k}u`, value: `value.${lanes}` }));
  const [loaded, stores] = memory.startsWith("vec4")
    ? [widened(load("i"), memory), [store("i", memory === "vec4<f16>" ? "vec4<f16>(value)" : "value")]]
    : view.storage === "halves"
    ? [
      `vec4(${pairs.map(({ at }) => `unpack2x16float(${load(at)})`).join(", ")})`,
      pairs.map(({ at, value }) => store(at, `pack2x16float(${value})`)),
    ]
    : [
      `vec4(${lanes.map(({ at }) => `bitcast<f32>(${load(at)})`).join(", ")})`,
      lanes.map(({ at, value }) => store(at, `bitcast<u32>(${value})`)),
    ];
  return [
    ...(access === "store" ? [] : [`fn load_${name}(i: u32) -> vec4<f32> {\n  return ${loaded};\n}`]),
    ...(access === "load" ? [] : [`fn store_${name}(i: u32, value: vec4<f32>) {\n  ${stores.join("\n  ")}\n}`]),
  ].join("\n");
}
