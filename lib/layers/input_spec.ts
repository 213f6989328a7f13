// InputSpec: what a layer requires of its input's shape. https://keras.io/api/layers/base_layer/
import { ShapeError } from "../errors.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";

/** What a layer requires of its input's shape. */
export interface InputSpec {
  /** The least number of axes, including the batch axis. */
  readonly minRank?: number;
  /** The number of axes, including the batch axis. */
  readonly rank?: number;
  /** The extent of the last axis. */
  readonly lastAxis?: number;
  /** The extents of other axes, counted from the front. */
  readonly axes?: { readonly [axis: number]: number };
}

/** Throws {@linkcode ShapeError} if a layer cannot take an input of `shape`; `what` is what fails then. */
export function checkInputSpec(
  { minRank, rank, lastAxis, axes = {} }: InputSpec,
  shape: SymbolicShape,
  what: string,
): void {
  const fail = (rule: string, hint: string) => {
    throw new ShapeError({ what, rule, received: formatShape(shape), hint });
  };
  if (rank !== undefined && shape.length !== rank) {
    fail(`the input must have ${rank} axes, the batch axis included`, "reshape it first");
  }
  if (minRank !== undefined && shape.length < minRank) {
    fail(`the input must have at least ${minRank} axes, the batch axis included`, "add an axis with Reshape");
  }
  if (lastAxis !== undefined && shape[shape.length - 1] !== lastAxis) {
    fail(`it was built for a last axis of ${lastAxis}`, "give inputs of the size that the layer was built with");
  }
  for (const [axis, extent] of Object.entries(axes)) {
    const given = shape[Number(axis)];
    if (given === extent || given === null) continue;
    fail(`it was built for ${extent} along axis ${axis}`, "give inputs of the size that the layer was built with");
  }
}
