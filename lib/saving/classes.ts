// Keras's classes by name, and which of their arguments come by position.
import * as constraints from "../constraints.ts";
import * as initializers from "../initializers/initializers.ts";
import * as layers from "../layers/layers.ts";
import * as losses from "../losses/losses.ts";
import * as metrics from "../metrics/metrics.ts";
import * as optimizers from "../optimizers/optimizers.ts";
import * as schedules from "../optimizers/schedules.ts";
import * as regularizers from "../regularizers.ts";
import { declareClasses, type SerializableClass } from "../registry.ts";

/** A class with what else reading it takes. */
interface KerasClass {
  /** The class. */
  readonly Class: SerializableClass;
  /** The module that Keras writes. */
  readonly module: string;
  /** The keys of arguments that come by position, in order. */
  readonly positional: readonly string[];
}

const groups = {
  "keras.layers": layers,
  "keras.initializers": initializers,
  "keras.regularizers": regularizers,
  "keras.constraints": constraints,
  "keras.losses": losses,
  "keras.metrics": metrics,
  "keras.optimizers.schedules": schedules,
  "keras.optimizers": optimizers,
} as const;

/** The arguments by position of the classes that take any, as `module.Class` without `keras.`. */
const positional: Readonly<Record<string, string>> = {
  "layers.Dense": "units",
  "layers.Activation": "activation",
  "layers.Embedding": "input_dim output_dim",
  "layers.Flatten": "",
  "layers.Lambda": "function",
  "layers.Reshape": "target_shape",
  "layers.Permute": "dims",
  "layers.RepeatVector": "n",
  "layers.Rescaling": "scale",
  "layers.Resizing": "height width",
  "layers.CenterCrop": "height width",
  "layers.RandomFlip": "mode",
  "layers.RandomRotation": "factor",
  "layers.RandomTranslation": "height_factor width_factor",
  "layers.RandomZoom": "height_factor",
  "layers.RandomContrast": "factor",
  "layers.RandomBrightness": "factor",
  "layers.RandomCrop": "height width",
  "layers.Dropout": "rate",
  "layers.SpatialDropout1D": "rate",
  "layers.SpatialDropout2D": "rate",
  "layers.SpatialDropout3D": "rate",
  "layers.AlphaDropout": "rate",
  "layers.GaussianDropout": "rate",
  "layers.GaussianNoise": "stddev",
  "layers.Dot": "axes",
  "layers.MaxPooling1D": "pool_size",
  "layers.MaxPooling2D": "pool_size",
  "layers.MaxPooling3D": "pool_size",
  "layers.AveragePooling1D": "pool_size",
  "layers.AveragePooling2D": "pool_size",
  "layers.AveragePooling3D": "pool_size",
  "layers.ZeroPadding1D": "padding",
  "layers.ZeroPadding2D": "padding",
  "layers.ZeroPadding3D": "padding",
  "layers.Cropping1D": "cropping",
  "layers.Cropping2D": "cropping",
  "layers.Cropping3D": "cropping",
  "layers.UpSampling1D": "size",
  "layers.UpSampling2D": "size",
  "layers.UpSampling3D": "size",
  "layers.Conv1D": "filters kernel_size",
  "layers.Conv2D": "filters kernel_size",
  "layers.Conv3D": "filters kernel_size",
  "layers.Conv1DTranspose": "filters kernel_size",
  "layers.Conv2DTranspose": "filters kernel_size",
  "layers.Conv3DTranspose": "filters kernel_size",
  "layers.SeparableConv1D": "filters kernel_size",
  "layers.SeparableConv2D": "filters kernel_size",
  "layers.DepthwiseConv1D": "kernel_size",
  "layers.DepthwiseConv2D": "kernel_size",
  "layers.SimpleRNN": "units",
  "layers.LSTM": "units",
  "layers.GRU": "units",
  "layers.SimpleRNNCell": "units",
  "layers.LSTMCell": "units",
  "layers.GRUCell": "units",
  "layers.StackedRNNCells": "cells",
  "layers.RNN": "cell",
  "layers.Bidirectional": "layer",
  "layers.TimeDistributed": "layer",
  "layers.MultiHeadAttention": "num_heads key_dim",
  "layers.EinsumDense": "equation output_shape",
  "initializers.Constant": "value",
  "initializers.Identity": "gain",
  "regularizers.L1": "l1",
  "regularizers.L2": "l2",
  "constraints.MaxNorm": "max_value",
  "metrics.MeanMetricWrapper": "fn",
};

/** What is exported here, but not by Keras: the class of functions as losses. */
const internal = { module: "keras.src.losses.losses", className: "LossFunctionWrapper", Class: losses.FunctionLoss };

const isClass = (item: unknown): item is SerializableClass =>
  typeof item === "function" && /^class\b/.test(String(item));

for (const [module, group] of Object.entries(groups)) {
  const classes = Object.entries(group).filter(([, item]) => isClass(item) && item !== internal.Class);
  declareClasses(module, Object.fromEntries(classes));
}
declareClasses(internal.module, { [internal.className]: internal.Class }, internal.className);

/** The names of the groups in which a class is looked for, the likeliest first. */
function groupsFor(module: string | null, key: string): (keyof typeof groups)[] {
  const all = Object.keys(groups) as (keyof typeof groups)[];
  const hint = `${module ?? ""} ${key}`;
  const likely = all.filter((name) => hint.includes(name.split(".").at(-1)!.slice(0, -1)));
  return [...likely, ...all.filter((name) => !likely.includes(name))];
}

/** Keras's class of a name; `module` and the `key` that it stands under tell classes of one name apart. */
export function kerasClass(className: string, module: string | null, key: string): KerasClass | undefined {
  if (className === internal.className) return { ...internal, positional: ["fn"] };
  for (const group of groupsFor(module, key)) {
    const Class = (groups[group] as Record<string, unknown>)[className];
    if (!isClass(Class)) continue;
    const list = positional[`${group.slice("keras.".length)}.${className}`];
    return { Class, module: group, positional: list ? list.split(" ") : [] };
  }
  return undefined;
}

/** The names of all classes, for suggestions. */
export function classNames(): string[] {
  return Object.values(groups).flatMap((group) =>
    Object.entries(group).filter(([, item]) => isClass(item)).map(([name]) => name)
  );
}
