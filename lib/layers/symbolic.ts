// SymbolicTensor: what stands for data while a model is put together.
import type { DType } from "../dtype.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Layer } from "./layer.ts";

/** A value that a model will compute: its shape with the batch axis first, `null` where it is not known yet. */
export class SymbolicTensor {
  /** Names what `layer` gives. */
  constructor(
    /** The extent of each axis, the batch axis first. */
    readonly shape: SymbolicShape,
    /** The element type. */
    readonly dtype: DType,
    /** The layer that gives it. */
    readonly layer: Layer,
  ) {}

  /** The name of the layer that gives it. */
  get name(): string {
    return this.layer.name;
  }
}
