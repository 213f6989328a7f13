// Unknown extents that weights need: the error names the Input that leaves them open.
import { type ErrorParts, ShapeError } from "../errors.ts";
import { flatten, type Structure } from "../structure.ts";
import type { Node, SymbolicTensor } from "../tensor/symbolic.ts";

/** The {@linkcode ShapeError} of a layer that cannot make its weights because an extent of its input is unknown. */
export class UnknownDimensionError extends ShapeError {
  readonly #plain: string;

  /** Takes the parts of the message. */
  constructor(parts: ErrorParts) {
    super(parts);
    this.name = ShapeError.name;
    this.#plain = this.message;
  }

  /** Adds the names of the inputs that leave axes of `x` open. */
  naming(x: Structure<SymbolicTensor>): this {
    const open = inputsOf(x).flatMap(({ name, shape }) =>
      shape.flatMap((extent, axis) => (axis > 0 && extent === null ? [`"${name}" has null at axis ${axis}`] : []))
    );
    this.message = open.length > 0 ? `${this.#plain}; the Input ${open.join(", and ")}` : this.#plain;
    return this;
  }
}

/** The symbolic tensors of inputs on which `x` depends. */
function inputsOf(x: Structure<SymbolicTensor>): SymbolicTensor[] {
  const found = new Set<SymbolicTensor>();
  const seen = new Set<Node>();
  const visit = (tensor: SymbolicTensor): void => {
    if (tensor.node.inputs.length === 0) found.add(tensor);
    if (seen.has(tensor.node)) return;
    seen.add(tensor.node);
    tensor.node.inputs.forEach(visit);
  };
  flatten(x).forEach(visit);
  return [...found];
}
