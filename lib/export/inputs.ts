// The inputs of an exported model: its own, of the shapes that it was built for, or of those that it is exported for.
import type { DType } from "../dtype.ts";
import { describeList, ShapeError, StateError } from "../errors.ts";
import { isInteger } from "../option_kinds.ts";
import { requireBuilt } from "../saving/weight_groups.ts";
import { formatShape, isKnown, isListOf, type SymbolicShape } from "../shape.ts";
import { flatten, type Structure, zipStructures } from "../structure.ts";

/** What the inputs follow from. */
export interface ModelOfInputs {
  /** Its name. */
  readonly name: string;
  /** The names of the inputs, in the order in which structures are flattened. */
  readonly inputNames: readonly string[];
  /** The dtypes that inputs are cast to; undefined for float32. */
  readonly inputDType: Structure<DType> | undefined;
  /** What runs on the host before the program. */
  readonly stage: object | undefined;
  /** The shape that the model was built for, structured like the input, if it is built. */
  readonly inputShape: Structure<SymbolicShape> | undefined;
}

/** An input. */
interface ExportedInput {
  /** Its name. */
  readonly name: string;
  /** Its element type. */
  readonly dtype: DType;
  /** Its shape, the rows first. */
  readonly shape: SymbolicShape;
}

/**
 * The inputs of a model, of the shapes that it was built for, or of the given ones. Throws {@linkcode StateError} before
 * it is built, {@linkcode ShapeError} for given shapes that do not fit, and for an unknown axis besides the rows if there
 * is a reason why it must be known.
 */
export function inputsOf(
  model: ModelOfInputs,
  given: Structure<SymbolicShape> | null,
  what: string,
  whyKnown?: string,
): ExportedInput[] {
  requireBuilt({ name: model.name, built: model.inputShape !== undefined }, what);
  if (model.stage) {
    throw new StateError({
      what,
      rule: "a program must be able to compute all of the model",
      received: "layers that run on the host, such as those of texts",
      hint: "export a model of the layers after these, and apply them to its data",
    });
  }
  const built = model.inputShape!;
  const dtypes: readonly DType[] = model.inputDType === undefined ? [] : flatten<DType>(model.inputDType);
  return zipStructures<SymbolicShape, SymbolicShape>(built, given ?? built, what).map(([expected, shape], i) => {
    const name = model.inputNames[i];
    const isExtent = (extent: unknown): extent is number | null => extent === null || isInteger(extent) && extent > 0;
    const fits = isListOf(shape, isExtent) && shape.length === expected.length &&
      expected.every((extent, axis) => extent === null || extent === shape[axis]);
    if (fits && (whyKnown === undefined || isKnown(shape.slice(1)))) {
      return { name, dtype: dtypes[i] ?? "float32", shape };
    }
    throw new ShapeError({
      what,
      rule: whyKnown === undefined
        ? `"${name}" must have a shape like ${formatShape(expected)}`
        : `"${name}" must have a fixed shape like ${formatShape(expected)}, since ${whyKnown}`,
      received: describeList(shape),
      hint: "give numbers for its axes but the first, as in inputShape: [null, 100]",
    });
  });
}
