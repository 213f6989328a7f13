// How functions of `ops` are written in Keras's files, by their names.
import { elementwiseNames, elementwiseRows } from "../ir/elementwise.ts";
import type { SavedForm, SavedForms } from "../ir/saved_form.ts";
import { savedAdaptivePools } from "./adaptive_pool.ts";
import { savedAliases } from "./aliases.ts";
import { savedActivations } from "./activations.ts";
import { savedArrangements } from "./arranging.ts";
import { savedAttention } from "./attention.ts";
import { savedComparisons } from "./comparing.ts";
import { savedComposed } from "./composed.ts";
import { savedConvolutions } from "./convolve.ts";
import { savedCreations } from "./creation.ts";
import { savedDecoding } from "./ctc_decode.ts";
import { savedSums } from "./cumulative.ts";
import { savedDiagonals } from "./diagonals.ts";
import { savedQuotients } from "./dividing.ts";
import { savedItems } from "./get_item.ts";
import { savedImages } from "./image_forms.ts";
import { savedLogarithms } from "./logarithms.ts";
import { savedProducts } from "./matrices.ts";
import { savedNan } from "./nan.ts";
import { savedNumerics } from "./numeric.ts";
import { savedOrderings } from "./ordering.ts";
import { savedPadding } from "./padding.ts";
import { savedPools } from "./pool.ts";
import { savedPrimitives } from "./primitives.ts";
import { savedStatistics } from "./statistics.ts";
import { savedBits } from "./bitwise.ts";
import { savedCorrelations } from "./correlation.ts";
import { savedDivisors } from "./divisors.ts";
import { savedSegments } from "./segments.ts";
import { savedSpecials } from "./special.ts";
import { savedBlocks } from "./blocks.ts";
import { savedCrossentropies } from "./crossentropy.ts";
import { savedCtcLoss } from "./ctc_loss.ts";
import { savedNormalizing } from "./normalizing.ts";
import { savedRearranging } from "./rearrange.ts";
import { savedLinearAlgebra } from "./linear_algebra.ts";
import { savedNorms } from "./norms.ts";
import { savedPatches } from "./patches.ts";
import { savedTransforms } from "./fourier.ts";
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
  ...savedAdaptivePools,
  ...savedAliases,
  ...savedArrangements,
  ...savedAttention,
  ...savedComparisons,
  ...savedComposed,
  ...savedConvolutions,
  ...savedCreations,
  ...savedDecoding,
  ...savedSums,
  ...savedDiagonals,
  ...savedQuotients,
  ...savedItems,
  ...savedImages,
  ...savedLogarithms,
  ...savedProducts,
  ...savedNan,
  ...savedNumerics,
  ...savedOrderings,
  ...savedPadding,
  ...savedPools,
  ...savedPrimitives,
  ...savedStatistics,
  ...savedBits,
  ...savedCorrelations,
  ...savedDivisors,
  ...savedSegments,
  ...savedSpecials,
  ...savedBlocks,
  ...savedCrossentropies,
  ...savedCtcLoss,
  ...savedNormalizing,
  ...savedRearranging,
  ...savedLinearAlgebra,
  ...savedNorms,
  ...savedPatches,
  ...savedTransforms,
  ...savedTrigonometry,
};

/** The name of Keras's class of a function, if files can have it. */
export function savedClassOf(fn: string): string | undefined {
  if (!Object.hasOwn(savedForms, fn)) return undefined;
  const name = fn.slice(fn.indexOf(".") + 1);
  return savedForms[fn].className ?? name[0].toUpperCase() + name.slice(1);
}
