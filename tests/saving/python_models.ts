// Models whose files Python Keras is given: every layer alone, and models of all structures that Keras has.
import { Input } from "../../lib/layers/input.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential, type SequentialItem } from "../../lib/models/sequential.ts";
import { customObjectScope } from "../../lib/registry.ts";
import { packLike, type Structure } from "../../lib/structure.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { golden, lambdas, layerFiles, makeLayer, toTensor } from "../golden.ts";
import { callLayer, type LayerCase } from "../layers/check_layer.ts";
import { exchanged, type ExchangedModel, readModel } from "../models/exchange.ts";
import { Block } from "./block.ts";

/** A model and what it is given. */
interface GivenModel {
  readonly name: string;
  readonly model: Model;
  readonly inputs: Structure<Tensor>;
}

/** One item alone, several in a list. */
const arranged = <T>(items: readonly T[]): Structure<T> => (items.length === 1 ? items[0] : items);

/** The golden cases of layers. Their masks are not given: both sides compute without. */
export const layerCases: LayerCase[] = layerFiles.flatMap((file) => golden(file).cases);

/** A layer between inputs and outputs, with its golden weights. */
function modelOf(spec: LayerCase, place: number): GivenModel {
  const given = spec.inputs;
  const inputs = given.map(({ shape, dtype }) => Input({ shape: shape.slice(1), dtype }));
  const layer = makeLayer(spec) as Layer;
  const model = new Model({ inputs: arranged(inputs), outputs: callLayer(spec, layer, inputs)[0] }) as Model;
  model.setWeights(spec.initial.map(toTensor));
  return { name: `layer_${place}_${spec.name}`, model, inputs: arranged(given.map(toTensor)) };
}

/** A model of the golden files. */
function exchangedModel(name: string, spec: ExchangedModel): GivenModel {
  const model = readModel(spec);
  return {
    name,
    model,
    inputs: packLike(model.input, spec.inputs.map(toTensor)) as Structure<Tensor>,
  };
}

/** A chain of layers of the user's own, with layers inside, in a model that is a layer of another. */
function custom(): GivenModel {
  const inside = new Sequential([Input({ shape: [3] }), new Block({ units: 2 })] as SequentialItem[], {
    name: "inside",
  });
  const model = new Sequential([Input({ shape: [3] }), inside, new Block({ units: 3 })] as SequentialItem[]);
  return { name: "custom", model: model as Model, inputs: tensor([[1, -2, 0.5], [0.25, 3, -1]]) };
}

/**
 * Models that Keras reads, and runs on TensorFlow alone: norms over axes, pools of strides and turns in planes that are
 * lists, as files have them, one transform of several images, and edges of images that continue mirrored.
 */
const onTensorFlowAlone = [
  ...[
    "model_summed",
    "model_turned",
    "operations_pooled",
    "operations_images",
    "operations_resampled",
    "operations_factored",
  ],
];

/** All of them. */
export function givenModels(): GivenModel[] {
  const ofModels = exchanged.map((spec) => exchangedModel(`model_${spec.name}`, spec));
  const ofOperations = (golden("operations").models as ExchangedModel[]).map((spec) =>
    exchangedModel(`operations_${spec.name}`, spec)
  );
  const structures = [...ofModels, ...ofOperations].filter(({ name }) => !onTensorFlowAlone.includes(name));
  // Keras cannot take an Equalization into such a model, and refuses the factors that it writes for a RandomShear itself.
  const alone = layerCases.filter(({ class_name }) => !["Equalization", "RandomShear"].includes(class_name as string));
  return customObjectScope(lambdas, () => [...alone.map(modelOf), ...structures, custom()]);
}

/** A compiled model of the same config, whose optimizer has taken no step. */
export function trainedModel(compiled: Model): Model {
  return modelFromConfig(JSON.parse(compiled.toJson()));
}
