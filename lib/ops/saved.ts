// How functions of `ops` are written in Keras's files, by their names.
import { elementwiseNames, elementwiseRows } from "../ir/elementwise.ts";
import type { SavedForm, SavedForms } from "../ir/saved_form.ts";
import { savedAliases } from "./aliases.ts";
import { savedActivations } from "./activations.ts";
import { savedArrangements } from "./arranging.ts";
import { savedComparisons } from "./comparing.ts";
import { savedComposed } from "./composed.ts";
import { savedCreations } from "./creation.ts";
import { savedSums } from "./cumulative.ts";
import { savedDiagonals } from "./diagonals.ts";
import { savedQuotients } from "./dividing.ts";
import { savedLogarithms } from "./logarithms.ts";
import { savedProducts } from "./matrices.ts";
import { savedNan } from "./nan.ts";
import { savedOrderings } from "./ordering.ts";
import { savedPrimitives } from "./primitives.ts";
import { savedStatistics } from "./statistics.ts";
import { savedTrigonometry } from "./trigonometry.ts";

function savedElementwise(): SavedForms {
  const forms = elementwiseNames.flatMap((name): [string, SavedForm][] => {
    const { arity, inOps = name, saved } = elementwiseRows[name];
    return inOps === null ? [] : [[inOps, { inputs: arity, ...saved }]];
  });
  return Object.fromEntries(forms);
}

/** How each function is written, if files can have it. */
export const savedForms: SavedForms = {
  ...savedElementwise(),
  ...savedActivations,
  ...savedAliases,
  ...savedArrangements,
  ...savedComparisons,
  ...savedComposed,
  ...savedCreations,
  ...savedSums,
  ...savedDiagonals,
  ...savedQuotients,
  ...savedLogarithms,
  ...savedProducts,
  ...savedNan,
  ...savedOrderings,
  ...savedPrimitives,
  ...savedStatistics,
  ...savedTrigonometry,
};

/** The name of Keras's class of a function, if files can have it. */
export function savedClassOf(fn: string): string | undefined {
  return Object.hasOwn(savedForms, fn) ? savedForms[fn].className ?? fn[0].toUpperCase() + fn.slice(1) : undefined;
}
