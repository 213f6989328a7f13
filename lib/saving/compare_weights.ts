// Comparing the weights of two models, or of two files of weights.
import { describe, ValueError } from "../errors.ts";
import { Layer } from "../layers/layer.ts";
import { sameShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Part, requireBuilt, weightGroups } from "./weight_groups.ts";
import type { StoredWeights } from "./weights_file.ts";

/** A weight of two models, side by side. */
export interface WeightComparison {
  /** The name of its layer, with those of the models around it, as in `encoder/dense`; empty for the model itself. */
  readonly layer: string;
  /** Its name, such as `kernel`. */
  readonly weight: string;
  /** Its shape in the first model; undefined where that does not have it. */
  readonly shape: Shape | undefined;
  /** Its shape in the second model; undefined where that does not have it. */
  readonly otherShape: Shape | undefined;
  /** The largest absolute difference of elements; undefined where the shapes are not one. */
  readonly maxAbsolute: number | undefined;
  /**
   * The largest difference of elements in relation to the larger magnitude of the two, from 0 to 2; undefined where the
   * shapes are not one.
   */
  readonly maxRelative: number | undefined;
}

/** A weight of a model or a file. */
export interface NamedWeight {
  /** What it has in common with the weight of the other side. */
  readonly key: string;
  readonly layer: string;
  readonly weight: string;
  readonly shape: Shape;
  /** The value; its elements must not be changed. */
  read(): Promise<Tensor>;
}

/**
 * Compares the weights of two models or layers, one by one. Weights belong together as in weights files: by the place of
 * their layer among those of its class, so that automatic names do not matter. Weights of one model alone come last.
 *
 * @param a the first model or layer
 * @param b the second one
 * @returns each weight with its largest differences; elements that are both NaN, or the same infinity, are equal
 * @throws {StateError} before both are built
 * @throws {ValueError} for what is neither a model nor a layer
 *
 * @example How far does a training step move each weight?
 * ```ts
 * import { cloneModel, Input, layers, Sequential, utils } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1, { kernelInitializer: "ones" })]);
 * const before = cloneModel(model);
 * await before.setWeights(await model.getWeights());
 * model.compile({ optimizer: "sgd", loss: "mse" });
 * await model.trainOnBatch([[1]], [[2]]);
 * for (const { layer, weight, maxAbsolute } of await utils.compareWeights(before, model)) {
 *   console.log(layer, weight, maxAbsolute!.toFixed(3));
 * }
 * ```
 */
export async function compareWeights(a: Layer, b: Layer): Promise<WeightComparison[]> {
  const what = "Cannot compare weights";
  for (const part of [a, b]) {
    if (part instanceof Layer) {
      requireBuilt(part, what);
      continue;
    }
    throw new ValueError({
      what,
      rule: "there must be two models or layers",
      received: describe(part),
      hint: "write it as in utils.compareWeights(model, other)",
    });
  }
  return await compareNamed(weightsOf(a), weightsOf(b));
}

/** The weights of a model, with the keys that they have in files of a kind; by default in `.weights.h5`. */
export function weightsOf(model: Part, stored?: Pick<StoredWeights, "groupsOf" | "keyOf">): NamedWeight[] {
  const { groupsOf, keyOf } = stored ?? { groupsOf: weightGroups, keyOf: ({ path }, i) => `${path}/vars/${i}` };
  return groupsOf(model).flatMap((group) =>
    group.entries.map(({ name, shape, read }, i) => ({
      key: keyOf(group, i),
      layer: group.namePath,
      weight: name.split("/").at(-1)!,
      shape,
      read,
    }))
  );
}

/** The weights of a file, without the state of an optimizer. Their names are those that the file has. */
export function weightsIn({ arrays }: StoredWeights): NamedWeight[] {
  return [...arrays].filter(([key]) => !key.startsWith("optimizer/")).map(([key, value]) => {
    const parts = key.split("/").filter((part) => part !== "vars");
    const [layer, weight] = [parts.slice(0, -1).join("/"), parts.at(-1)!];
    return { key, layer, weight, shape: value.shape, read: () => Promise.resolve(value) };
  });
}

/** Compares weights of the same keys; those of one side alone come last. Names are those of the first side. */
export async function compareNamed(
  a: readonly NamedWeight[],
  b: readonly NamedWeight[],
): Promise<WeightComparison[]> {
  const left = new Map(b.map((weight) => [weight.key, weight]));
  const pairs: WeightComparison[] = [];
  const alone: WeightComparison[] = [];
  const none = { maxAbsolute: undefined, maxRelative: undefined };
  for (const { key, layer, weight, shape, read } of a) {
    const other = left.get(key);
    left.delete(key);
    const row = { layer, weight, shape, otherShape: other?.shape };
    if (!other) alone.push({ ...row, ...none });
    else {pairs.push({
        ...row,
        ...sameShape(shape, other.shape) ? differences(await read(), await other.read()) : none,
      });}
  }
  for (const { layer, weight, shape } of left.values()) {
    alone.push({ layer, weight, shape: undefined, otherShape: shape, ...none });
  }
  return [...pairs, ...alone];
}

function differences(a: Tensor, b: Tensor): { maxAbsolute: number; maxRelative: number } {
  let [maxAbsolute, maxRelative] = [0, 0];
  for (let i = 0; i < a.size; i++) {
    const [x, y] = [a.data[i], b.data[i]];
    if (x === y || Number.isNaN(x) && Number.isNaN(y)) continue;
    const difference = Math.abs(x - y);
    // NaN beside a number, and infinity beside anything else, are as far apart as can be.
    const isFar = !Number.isFinite(difference);
    maxAbsolute = Math.max(maxAbsolute, isFar ? Infinity : difference);
    maxRelative = Math.max(maxRelative, isFar ? 2 : difference / Math.max(Math.abs(x), Math.abs(y)));
  }
  return { maxAbsolute, maxRelative };
}
