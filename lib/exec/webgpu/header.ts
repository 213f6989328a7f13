// The generated header of a shader: the uniform's fields, the bindings, and a load or store function for each operand.
import type { DType } from "../../dtype.ts";
import { type ShaderFile, shaders } from "./shaders.ts";
import type { View } from "./view.ts";

/** How a shader sees an element: by its dtype, as the bits that hold it, or four floats at once. */
export type ElementType = "f32" | "i32" | "u32" | "bool" | "vec4<f32>";

/** A value that a kernel loads or stores, by the name its functions have: `load_x`, `store_x`. */
export interface Operand {
  readonly name: string;
  readonly view: View;
  readonly access: "load" | "store" | "both";
  /** What the functions take and give. */
  readonly type: ElementType;
  /**
   * Asks for `load_x_quad` too: floats `i` to `i + 3`, where `i` is a multiple of four if this is `"aligned"`. One load
   * of four is much faster than four of one, above all on software adapters.
   */
  readonly quads?: "aligned" | "anywhere";
}

/** A field of the uniform; `axes` is a list of four numbers each. */
export type Param =
  | readonly [name: string, type: "u32" | "i32" | "f32", value: number]
  | readonly [name: string, type: "vec4s", values: readonly number[]];

/** A call of a kernel, before it has a pipeline. */
export interface KernelCall {
  readonly file: ShaderFile;
  readonly entry: string;
  readonly operands: readonly Operand[];
  readonly params: readonly Param[];
  /** Constants and aliases of the header, as WGSL. */
  readonly constants?: readonly string[];
  /** Functions that the shader expects of the header, as WGSL. */
  readonly functions?: string;
  /** Whether functions of `elementwise.wgsl` are called. */
  readonly usesElementwise?: boolean;
}

/** The buffer range that a binding sees. */
export interface Binding {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  bytes: number;
}

/** A shader with its header, and what to bind to it. */
export interface BuiltKernel {
  readonly code: string;
  readonly entry: string;
  readonly label: string;
  /** Whether each storage binding, from 1 on, is read only. */
  readonly readOnly: readonly boolean[];
  readonly bindings: readonly Binding[];
  /** The uniform's contents. */
  readonly params: Uint32Array<ArrayBuffer>;
}

/** How elements of `dtype` are seen by kernels that compute. */
export function elementType(dtype: DType): ElementType {
  return dtype === "float32" ? "f32" : dtype === "bool" ? "bool" : "i32";
}

/** How the binding of an operand sees memory. */
function memoryType({ view: { dtype, packed }, type, quads }: Operand): string {
  if (type === "vec4<f32>" || quads === "aligned") return "vec4<f32>";
  return packed || type === "u32" ? "u32" : dtype === "float32" ? "f32" : dtype === "int32" ? "i32" : "u32";
}

/** `expression` of one type as another: by value between integers and bool, by bits from and to float32. */
function converted(expression: string, from: string, to: string): string {
  if (from === to) return expression;
  if (to === "bool") return `${expression} != 0u`;
  if (from === "bool") return `select(0u, 1u, ${expression})`;
  return `bitcast<${to}>(${expression})`;
}

interface Bound extends Binding {
  readonly memory: string;
  written: boolean;
}

/**
 * The shader of a call. Operands in one range share a binding, and all ranges of a buffer that is written are bound
 * read-write, since WebGPU refuses a buffer that is bound both ways in one dispatch.
 */
export function buildKernel(call: KernelCall): BuiltKernel {
  const bound: Bound[] = [];
  const accessors = call.operands.map((operand) => {
    const { view, access } = operand;
    let index = bound.findIndex(({ buffer, offset }) => buffer === view.buffer && offset === view.offset);
    if (index < 0) {
      const { buffer, offset, bytes } = view;
      index = bound.push({ buffer, offset, bytes, memory: memoryType(operand), written: false }) - 1;
    }
    const binding = bound[index];
    binding.bytes = Math.max(binding.bytes, view.bytes);
    binding.written ||= access !== "load";
    return accessorOf(operand, `buffer_${index + 1}`, binding.memory, "i");
  });
  const readOnly = bound.map(({ buffer }) => !bound.some((other) => other.buffer === buffer && other.written));
  const header = [
    paramsStruct(call.params),
    "@group(0) @binding(0) var<uniform> params: Params;",
    ...bound.map(({ memory }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${readOnly[i] ? "read" : "read_write"}> buffer_${
        i + 1
      }: array<${memory}>;`
    ),
    ...(call.constants ?? []),
    ...accessors,
    ...(call.functions ? [call.functions] : []),
  ].join("\n");
  const label = `${call.file}:${call.entry}`;
  const library = call.usesElementwise ? `\n${shaders["elementwise.wgsl"]}` : "";
  return {
    code: `// ${label}\n${header}\n\n${shaders[call.file]}${library}`,
    entry: call.entry,
    label,
    readOnly,
    bindings: bound,
    params: packParams(call.params),
  };
}

/** The declaration of the uniform's type. */
export function paramsStruct(params: readonly Param[]): string {
  const fields = params.map((param) =>
    param[1] === "vec4s" ? `  ${param[0]}: array<vec4<u32>, ${param[2].length / 4}>,` : `  ${param[0]}: ${param[1]},`
  );
  return ["struct Params {", ...fields, "}"].join("\n");
}

/** The functions that load and store an operand; `at` is where element `i` lies, in the binding's elements. */
export function accessorOf(operand: Operand, buffer: string, memory: string, at: string): string {
  const { name, view, access, type, quads } = operand;
  const functions: string[] = [];
  if (type === "vec4<f32>" && memory !== type) return quadAccessors({ name, access }, buffer, at);
  if (quads && memory === "vec4<f32>") {
    return [
      `fn load_${name}(i: u32) -> f32 {\n  return ${buffer}[(${at}) / 4u][(${at}) % 4u];\n}`,
      `fn load_${name}_quad(i: u32) -> vec4<f32> {\n  return ${buffer}[(${at}) / 4u];\n}`,
    ].join("\n");
  }
  if (quads) {
    const loads = [0, 1, 2, 3].map((k) => `load_${name}(i + ${k}u)`).join(", ");
    functions.push(`fn load_${name}_quad(i: u32) -> vec4<f32> {\n  return vec4(${loads});\n}`);
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

/** Four floats at once in a binding of words; `at` is where element `i` of the words lies. */
function quadAccessors({ name, access }: Pick<Operand, "name" | "access">, buffer: string, at: string): string {
  const word = (k: number) => `${buffer}[${at.replace(/\bi\b/, `4u * i + ${k}u`)}]`;
  const loads = [0, 1, 2, 3].map((k) => `bitcast<f32>(${word(k)})`).join(", ");
  const stores = [0, 1, 2, 3].map((k) => `  ${word(k)} = bitcast<u32>(value.${"xyzw"[k]});`).join("\n");
  const load = `fn load_${name}(i: u32) -> vec4<f32> {\n  return vec4(${loads});\n}`;
  const store = `fn store_${name}(i: u32, value: vec4<f32>) {\n${stores}\n}`;
  return [...(access === "store" ? [] : [load]), ...(access === "load" ? [] : [store])].join("\n");
}

/** The uniform's bytes, laid out by WGSL's rules: numbers one after another, lists of vec4 aligned to 16 bytes. */
export function packParams(params: readonly Param[]): Uint32Array<ArrayBuffer> {
  const words: number[] = [];
  for (const param of params) {
    if (param[1] === "vec4s") {
      while (words.length % 4 !== 0) words.push(0);
      words.push(...param[2]);
    } else {
      words.push(param[1] === "f32" ? floatWord(param[2]) : param[2] >>> 0);
    }
  }
  while (words.length % 4 !== 0 || words.length === 0) words.push(0);
  return Uint32Array.from(words);
}

/** The bits of a number rounded to float32. */
export function floatWord(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0];
}
