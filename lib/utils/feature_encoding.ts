// The vectors of a FeatureSpace: its layers applied to the columns, and their outputs encoded and joined.
import { ValueError } from "../errors.ts";
import { CategoryEncoding } from "../layers/category_encoding.ts";
import { Discretization } from "../layers/discretization.ts";
import { HashedCrossing } from "../layers/hashed_crossing.ts";
import { Hashing } from "../layers/hashing.ts";
import { IndexLookup } from "../layers/index_lookup.ts";
import type { Layer } from "../layers/layer.ts";
import type { Structure } from "../structure.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";
import type { Cross, Feature, FeatureMode } from "./features.ts";

/** The features and crosses of a FeatureSpace, with the layers that make vectors of them. */
interface FeatureLayers {
  readonly features: Readonly<Record<string, Feature>>;
  readonly crosses: readonly Cross[];
  readonly outputMode: "concat" | "dict";
  readonly preprocessors: Readonly<Record<string, Layer>>;
  readonly crossers: Readonly<Record<string, HashedCrossing>>;
  /** Those that are missing are added. */
  readonly oneHotEncoders: Record<string, CategoryEncoding>;
  readonly concat: Layer;
}

/**
 * The features of columns as symbolic tensors: one of all, or each by name. Throws {@linkcode ValueError} for features
 * that cannot be encoded or joined; `what` is what fails then.
 */
export function encodedFeatures(
  { features, crosses, outputMode, preprocessors, crossers, oneHotEncoders, concat }: FeatureLayers,
  columns: Readonly<Record<string, SymbolicTensor>>,
  what: string,
): Structure<SymbolicTensor> {
  const applied = (layer: Layer, x: unknown) => layer.apply(x as never) as unknown as SymbolicTensor;
  const sorted = (names: Iterable<string>) => [...names].sort();
  const prepared = Object.fromEntries(
    Object.entries(preprocessors).map(([name, layer]) => [name, applied(layer, columns[name])]),
  );
  const crossed = Object.fromEntries(
    crosses.map(({ name, featureNames }) =>
      [name, applied(crossers[name], featureNames.map((feature) => prepared[feature]))] as const
    ),
  );
  const encoded = (name: string, x: SymbolicTensor, layer: Layer, mode: FeatureMode) => {
    if (mode !== "one_hot") return x;
    const numTokens = cardinalityOf(layer);
    if (numTokens === undefined || x.dtype !== "int32") {
      throw new ValueError({
        what,
        rule: `outputMode "one_hot" of "${name}" needs indices of a known number`,
        received: `${x.dtype} of ${layer.className}`,
        hint: 'give outputMode: "float" or "int"',
      });
    }
    return applied(oneHotEncoders[name] ??= new CategoryEncoding(numTokens), x);
  };
  const all = [
    ...sorted(Object.keys(prepared)).map((name) =>
      [name, encoded(name, prepared[name], preprocessors[name], features[name].outputMode)] as const
    ),
    ...sorted(Object.keys(crossed)).map((name) => {
      const { outputMode } = crosses.find((cross) => cross.name === name)!;
      return [name, encoded(name, crossed[name], crossers[name], outputMode)] as const;
    }),
  ];
  if (outputMode === "dict") return Object.fromEntries(all);
  const whole = all.find(([, { dtype }]) => dtype !== "float32");
  if (whole) {
    throw new ValueError({
      what,
      rule: "features that are joined must be float32",
      received: `${whole[1].dtype} of "${whole[0]}"`,
      hint: 'give it outputMode: "one_hot", or the FeatureSpace outputMode: "dict"',
    });
  }
  return applied(concat, all.map(([, feature]) => feature));
}

/** The number of indices that a layer gives; undefined if it is not known. */
function cardinalityOf(layer: Layer): number | undefined {
  if (layer instanceof IndexLookup) return layer.vocabularySize();
  if (layer instanceof Discretization) return layer.numBins ?? (layer.binBoundaries?.length ?? 0) + 1;
  return layer instanceof Hashing || layer instanceof HashedCrossing ? layer.numBins : undefined;
}
