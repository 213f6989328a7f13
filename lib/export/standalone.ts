// A model as one module of TypeScript or JavaScript: its weights, the programs that predict, and the engine for these.
import deno from "../../deno.json" with { type: "json" };
import { ValueError } from "../errors.ts";
import { toBase64 } from "../files/base64.ts";
import type { TrainableModel } from "../training/trainer.ts";
import { type PackingOptions, packModel } from "./standalone_programs.ts";
import type { Layout, Part } from "./standalone_runtime.ts";
import runtime from "./standalone_runtime.ts" with { type: "text" };

/** Options of {@linkcode standaloneModule}. */
interface StandaloneOptions extends PackingOptions {
  /** The name of the file, for the comment that shows how to import it. */
  readonly fileName: string;
  /** Whether it has types. Browsers take only modules without. */
  readonly isTyped: boolean;
}

/** A module. */
interface StandaloneModule {
  /** The text of the file. */
  readonly text: string;
  /** Its size and that of its parts, in words. */
  readonly size: string;
}

/**
 * The module that predicts as a model does: it exports the function `predict`. Throws {@linkcode StateError} before the
 * model is built, and {@linkcode ValueError} or {@linkcode ShapeError} if no fixed program predicts as it does; `what` says
 * what failed.
 */
export async function standaloneModule(
  model: TrainableModel,
  { fileName, isTyped, ...packing }: StandaloneOptions,
  what: string,
): Promise<StandaloneModule> {
  const { openWasm, packedModule } = await import("../exec/native/wasm.ts");
  const { layout, data } = await packModel(model, (await openWasm({ threads: 1 })).module, packing, what);
  // What every engine runs.
  const engineText = await packedModule(false);
  const dataText = await pack(data, what);
  const { inputs, outputs, ...rest } = layout;
  const of = (type: string) => (isTyped ? `: ${type}` : "");
  const code = [
    predictFunction(layout, isTyped),
    "/** The inputs. The first axis has the rows: `null` for any number. */",
    `export const inputs${of("readonly Part[]")} = ${JSON.stringify(inputs)};`,
    "/** The outputs. */",
    `export const outputs${of("readonly Part[]")} = ${JSON.stringify(outputs)};`,
    "",
    isTyped ? embedded() : untyped(embedded()),
    `const layout${of("Layout")} = { inputs, outputs, ...${JSON.stringify(rest)} };`,
    "// Engine and data: deflated, in base64.",
    `const engine =\n  "${engineText}";`,
    `const data =\n  "${dataText}";`,
    "const compute = computing(layout, engine, data);",
    "",
  ].join("\n");
  const weights = layout.halves > 0 ? "weights in float16" : "weights";
  const parts = `${formatBytes(dataText.length)} ${weights} and programs, ${formatBytes(engineText.length)} engine`;
  const size = `${formatBytes(code.length)} (${parts})`;
  return { text: `${header(layout, isTyped, fileName, size)}\n${code}`, size };
}

/** A number of bytes, such as `12.3 KB` or `4.56 MB`. */
export function formatBytes(bytes: number): string {
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, "KB"] : [bytes / 1e6, "MB"];
  return `${size >= 100 ? Math.round(size) : size.toPrecision(3)} ${unit}`;
}

/** The most compressed bytes that a module holds: in base64 they stay below 2^29 letters, the longest text of V8. */
const mostPacked = 380e6;

/** Bytes as a text: compressed, in base64. */
async function pack(bytes: Uint8Array, what: string): Promise<string> {
  const deflated = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(deflated).arrayBuffer());
  if (packed.length > mostPacked) {
    throw new ValueError({
      what,
      rule: `a module holds at most ${formatBytes(mostPacked)} of compressed weights`,
      received: formatBytes(packed.length),
      hint: 'halve them by { dtype: "float16" }, or export to ONNX',
    });
  }
  return toBase64(packed);
}

/** The code that all modules share; of its declarations a module exports what `predict` returns. */
function embedded(): string {
  return runtime.slice(runtime.indexOf("/**")).replace(/^export (?!interface Tensor)/gm, "");
}

/** The code without its types: declarations, casts, and those of variables, parameters and results. */
function untyped(code: string): string {
  const type = /(?:readonly )?\w+(?:<[^<>()]*>)?(?:\[\])*/.source;
  const union = `${type}(?: \\| ${type})*`;
  return code
    .replace(/(?:^\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^(?:export )?(?:interface [^]*?^\}|type [^;]*;)\n+/gm, "")
    .replace(new RegExp(` as (?:unknown as )?(?:const|[A-Z]${type})`, "g"), "")
    .replace(new RegExp(`(\\b(?:let|const) \\w+): ${union}(?=;| =)`, "g"), "$1")
    .replace(new RegExp(`([(,]\\s*\\w+|\\)): ${union}(?=[,)]| \\{| =>)`, "g"), "$1");
}

const arrays: Readonly<Record<string, string>> = { float32: "Float32Array", int32: "Int32Array" };

/** The type of an array of a rank, written as nested lists of `list`. */
const nested = (rank: number, list: (of: string) => string) => {
  let type = "number";
  for (let axis = 0; axis < rank; axis++) type = list(type);
  return type;
};

/** The type of what may be given for an input: numbers row after row, or nested arrays. */
function inputType({ shape }: Part): string {
  const arrayLike = (of: string) => `ArrayLike<${of}>`;
  const flat = nested(1, arrayLike);
  return shape.length === 1 ? flat : `${flat} | ${nested(shape.length, arrayLike)}`;
}

/** The type of an output. */
function outputType({ dtype, shape }: Part): string {
  return `Tensor<${arrays[dtype] ?? "Uint8Array"}, ${nested(shape.length, (of) => `${of}[]`)}>`;
}

/** The type of one part, or of several by name. */
function typeOf(parts: readonly Part[], typeOfPart: (part: Part) => string): string {
  if (parts.length === 1) return typeOfPart(parts[0]);
  return `{ ${parts.map((part) => `${JSON.stringify(part.name)}: ${typeOfPart(part)}`).join("; ")} }`;
}

/** A name, without what would end a comment. */
const inComment = (name: string) => name.replace(/[\p{Cc}\u2028\u2029]/gu, " ").replaceAll("*/", "* /");

const formatPart = ({ name, dtype, shape }: Part) =>
  `${inComment(name)}: ${dtype} [${[shape[0] ?? "rows", ...shape.slice(1)].join(", ")}]`;

function predictFunction({ model, inputs, outputs }: Layout, isTyped: boolean): string {
  const parameter = inputs.length === 1 ? "the numbers" : "an object with the numbers of each input";
  const [from, to] = [typeOf(inputs, inputType), typeOf(outputs, outputType)];
  // In JavaScript comments have the types.
  const ofParameter = isTyped ? "" : `{${inComment(from)}} `;
  const ofResult = isTyped ? "" : `{Promise<${inComment(to.replaceAll(/Tensor<(\w+), ([^>]*)>/g, tensorInComment))}>} `;
  return `/**
 * Predicts with "${inComment(model)}", for ${inputs[0].shape[0] ?? "any number of"} rows.
 *
 * @param ${ofParameter}x ${parameter}, nested or row after row: ${inputs.map(formatPart).join(" and ")}
 * @returns ${ofResult}the output${
    outputs.length === 1 ? "" : "s by name"
  }, as numbers row after row, and nested by \`toArray()\`
 * @throws {TypeError} for numbers of another shape
 */
export async function predict(x${isTyped ? `: ${from}` : ""})${isTyped ? `: Promise<${to}>` : ""} {
  return await compute(x)${isTyped ? ` as ${to}` : ""};
}
`;
}

const tensorInComment = (_: string, data: string, numbers: string) =>
  `{ data: ${data}, shape: number[], toArray(): ${numbers} }`;

/** What the first lines of a module say. */
function header(
  { model, inputs, outputs, programs }: Layout,
  isTyped: boolean,
  fileName: string,
  size: string,
): string {
  const given = inputs.length > 1 ? `{ ${inputs.map(({ name }) => inComment(name)).join(", ")} }` : "x";
  const runtimes = `Deno, Node ${isTyped ? "22.18" : "22"}, Bun 1.3.3 and later${isTyped ? "" : ", and in browsers"}`;
  const rows = programs.length > 1 ? `${programs[0].rows} rows at once, what is left row by row` : "all rows at once";
  return [
    `// "${
      inComment(model)
    }", a model with its weights and the engine that runs it, exported by Ceratops ${deno.version}.`,
    `// It runs in ${runtimes}: without imports, network or permissions, on one thread.`,
    "//",
    `//   import { predict } from "./${inComment(fileName)}";`,
    `//   const y = await predict(${given});`,
    "//",
    ...inputs.map((part) => `// input ${formatPart(part)}`),
    ...outputs.map((part) => `// output ${formatPart(part)}`),
    `// computed ${rows}`,
    `// size ${size}`,
    "",
  ].join("\n");
}
