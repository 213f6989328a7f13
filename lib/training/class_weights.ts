// Class weights: a weight for each sample, by the class of its target.
import { ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * Sample weights from class weights, for the targets of a model, which must have one output. Classes without a weight
 * have weight 1.
 */
export function weighClasses(
  targets: readonly (Tensor | undefined)[],
  classWeight: Readonly<Record<number, number>>,
  where: string,
): Tensor {
  const [y] = targets;
  if (targets.length > 1 || !y) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "classWeight is for models of one output",
      received: `a model of ${targets.length}`,
      hint: "give sampleWeight by output instead",
    });
  }
  const weightsOf = new Map<number, number>();
  const entries = classWeight !== null && typeof classWeight === "object" ? Object.entries(classWeight) : undefined;
  for (const [key, weight] of entries ?? [["", classWeight]]) {
    const named = entries !== undefined && Number.isInteger(Number(key)) && Number(key) >= 0;
    if (named && typeof weight === "number" && weight >= 0 && weight < Infinity) {
      weightsOf.set(Number(key), weight);
      continue;
    }
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "classWeight must give numbers of at least 0 by class number",
      received: entries === undefined ? describe(classWeight) : `${describe(weight)} for ${describe(key)}`,
      hint: "write it as in { 0: 1, 1: 2.5 }",
    });
  }
  const rows = y.shape[0];
  const width = y.size / rows;
  if (y.rank > 2) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "classWeight needs one class for each sample",
      received: `targets of shape ${formatShape(y.shape)}`,
      hint: "give sampleWeight instead",
    });
  }
  const weights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let label = y.data[row * width];
    if (width > 1) {
      label = 0;
      for (let j = 1; j < width; j++) if (y.data[row * width + j] > y.data[row * width + label]) label = j;
    }
    weights[row] = weightsOf.get(label) ?? 1;
  }
  return new Tensor([rows], "float32", weights);
}
