// `ceratops diff`: which weights of two files differ, and by how much.
import { FileError } from "../mod.ts";
import { type LoadedFile, loadFile } from "../lib/models/load_model.ts";
import {
  compareNamed,
  type NamedWeight,
  type WeightComparison,
  weightsIn,
  weightsOf,
} from "../lib/saving/compare_weights.ts";
import { amountOf, type Session, type SharedOptions, withShared } from "./command.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, shapeText, textTable } from "./text.ts";

/** Options of the command. */
export interface DiffOptions extends SharedOptions {
  /** Absolute differences up to this one do not count. */
  readonly tolerance?: number;
  /** Whether equal weights are listed too. */
  readonly all?: boolean;
}

/** Adds the command. */
export function addDiff(program: Command, { streams, end }: Session): void {
  const command = program.command("diff")
    .description("compare the weights of two files; the exit code is 0 if they are equal, 1 if not, 2 for errors")
    .argument("<a>", "a file of a model or of weights, in any format that inspect reads")
    .argument("<b>", "the other one; its format may differ")
    .option("--tolerance <x>", "the largest absolute difference that is taken as equal", amountOf, 0)
    .option("--all", "list equal weights too");
  withShared(command, ["diff before.keras after.keras", "diff model.keras model.h5 --tolerance 1e-6 --all"])
    .action(async (a: string, b: string, options: DiffOptions) => end(await diff(a, b, options, streams)));
}

/** Prints which weights differ; 0 if none does, else 1. */
export async function diff(
  a: string,
  b: string,
  { tolerance = 0, all = false, json }: DiffOptions,
  { write }: Streams,
): Promise<number> {
  const [first, second] = [await loadFile(a, { compile: false }), await loadFile(b, { compile: false })];
  if (!first.model && !second.model && !haveCommonNames(first, second)) {
    throw new FileError({
      what: `Cannot compare "${a}" and "${b}"`,
      rule: "weights alone must have names in common, as those of one format have",
      received: `${first.origin.format} and ${second.origin.format}`,
      hint: "give the file of the whole model for one of them",
    });
  }
  const rows = await compareFiles(first, second);
  const differs = ({ maxAbsolute = Infinity }: WeightComparison) => maxAbsolute > tolerance;
  const different = rows.filter(differs);
  if (json) {
    write(jsonText({ a, b, equal: different.length === 0, weights: rows.map((row) => asJson(row, differs(row))) }));
  } else write(textOf(rows, different, all, a, b));
  return different.length === 0 ? 0 : 1;
}

const haveCommonNames = ({ weights: a }: LoadedFile, { weights: b }: LoadedFile) =>
  [...a.arrays.keys()].some((key) => b.arrays.has(key));

function compareFiles(a: LoadedFile, b: LoadedFile): Promise<WeightComparison[]> {
  return compareNamed(weightsBeside(a, b), weightsBeside(b, a));
}

/** The weights of a file, with the keys of the other one's format; weights alone are named as in the other's model. */
function weightsBeside({ model, weights }: LoadedFile, other: LoadedFile): NamedWeight[] {
  if (model) return weightsOf(model, other.model ? undefined : other.weights);
  const inModel = other.model ? weightsOf(other.model, weights) : [];
  const named = new Map(inModel.map((each) => [each.key, each]));
  return weightsIn(weights).map((each) => {
    const { layer, weight } = named.get(each.key) ?? each;
    return { ...each, layer, weight };
  });
}

function asJson({ layer, weight, shape, otherShape, maxAbsolute, maxRelative }: WeightComparison, different: boolean) {
  // JSON has no infinity.
  const finite = (value: number | undefined) => value === undefined || !Number.isFinite(value) ? null : value;
  return {
    layer,
    weight,
    different,
    shapes: [shape ?? null, otherShape ?? null],
    maxAbsolute: finite(maxAbsolute),
    maxRelative: finite(maxRelative),
  };
}

function textOf(
  rows: readonly WeightComparison[],
  different: readonly WeightComparison[],
  all: boolean,
  a: string,
  b: string,
): string {
  const shown = all ? rows : different;
  const table = shown.length === 0 ? "" : textTable([
    ["layer", "weight", "shape", "max abs", "max rel"],
    ...shown.map(({ layer, weight, shape, otherShape, maxAbsolute, maxRelative }) => [
      layer || "-",
      weight,
      maxAbsolute === undefined
        ? `${shape ? shapeText(shape) : "none"} / ${otherShape ? shapeText(otherShape) : "none"}`
        : shapeText(shape),
      amount(maxAbsolute),
      amount(maxRelative),
    ]),
  ], [3, 4]);
  const alone = (path: string, side: "shape" | "otherShape") => {
    const count = rows.filter((row) => row[side] !== undefined && (!row.shape || !row.otherShape)).length;
    return count === 0 ? [] : [`${count} only in ${path}`];
  };
  const told = different.length === 0
    ? `All ${rows.length} weights are equal.`
    : [`${different.length} of ${rows.length} weights differ`, ...alone(a, "shape"), ...alone(b, "otherShape")].join(
      ", ",
    );
  return `${table}${table && "\n"}${told}\n`;
}

function amount(value: number | undefined): string {
  return value === undefined ? "-" : value === 0 ? "0" : Number.isFinite(value) ? value.toExponential(2) : "infinite";
}
