// The uniform of a kernel: its fields as WGSL, and its bytes.

/** A field of the uniform; `vec4s` is a list of vec4. */
export type Param =
  | readonly [name: string, type: "u32" | "i32" | "f32", value: number]
  | readonly [name: string, type: "vec4s", values: readonly number[]];

/** The declaration of a uniform's type. */
export function paramsStruct(name: string, params: readonly Param[]): string {
  const fields = params.map((param) =>
    param[1] === "vec4s" ? `  ${param[0]}: array<vec4<u32>, ${param[2].length / 4}>,` : `  ${param[0]}: ${param[1]},`
  );
  return [`struct ${name} {`, ...fields, "}"].join("\n");
}

/** The uniform's bytes, laid out by WGSL's rules: numbers in sequence, lists of vec4 aligned to 16 bytes. */
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
