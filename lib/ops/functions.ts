// The functions of `ops` by Keras's names, and how files write them.
import { elementwiseNames, elementwiseRows } from "../ir/elementwise.ts";
import type { SavedForm, SavedForms } from "../ir/saved_form.ts";
import { elementwise } from "./elementwise.ts";
import * as others from "./ops.ts";
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

const { bitsToUnit: _, isNan: isnan, negate: negative, select: where, ...sameName } = elementwise;

/** The elementwise functions whose names are not those of their rows, and the others. */
const named = { ...sameName, isnan, negative, where, absolute: sameName.abs, trueDivide: sameName.divide };

/** All of them. */
export const functions = { ...named, ...others };

function savedElementwise(): SavedForms {
  const forms = Object.entries(named).map(([name, fn]): [string, SavedForm] => {
    const row = elementwiseNames.find((row) => elementwise[row] === fn)!;
    return [name, { inputs: elementwiseRows[row].arity, ...elementwiseRows[row].saved }];
  });
  return Object.fromEntries(forms);
}

/** How each function is written that files can hold. */
export const savedForms: SavedForms = {
  ...savedElementwise(),
  ...savedActivations,
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

/** The name of Keras's class of a function, where files can hold it. */
export function savedClassOf(fn: string): string | undefined {
  return Object.hasOwn(savedForms, fn) ? savedForms[fn].className ?? fn[0].toUpperCase() + fn.slice(1) : undefined;
}
