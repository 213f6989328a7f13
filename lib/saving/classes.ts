// Keras's classes by name.
import * as callbacks from "../callbacks/callbacks.ts";
import { checkMethodsOf } from "../checked_methods.ts";
import * as constraints from "../constraints.ts";
import * as initializers from "../initializers/initializers.ts";
import { CustomScaleLayer, LayerScale } from "../layers/application_layers.ts";
import * as layers from "../layers/layers.ts";
import * as losses from "../losses/losses.ts";
import * as metrics from "../metrics/metrics.ts";
import * as optimizers from "../optimizers/optimizers.ts";
import * as schedules from "../optimizers/schedules.ts";
import * as regularizers from "../regularizers.ts";
import { isClass } from "../errors.ts";
import { declareClasses, type SerializableClass } from "../registry.ts";

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

/** Classes that Keras does not export, by their names there: functions as losses, and layers of its applications. */
const internal: readonly { readonly module: string; readonly className: string; readonly Class: SerializableClass }[] =
  [
    { module: "keras.src.losses.losses", className: "LossFunctionWrapper", Class: losses.FunctionLoss },
    {
      module: "keras.src.applications.inception_resnet_v2",
      className: "CustomScaleLayer",
      Class: CustomScaleLayer,
    },
    { module: "keras.src.applications.convnext", className: "LayerScale", Class: LayerScale },
  ];

/** Abstract base classes, which no config contains. */
const bases = new Set<unknown>([
  layers.Conv,
  layers.ConvLSTM,
  layers.Convolution,
  layers.ConvTranspose,
  layers.DenseCell,
  layers.DepthwiseConv,
  layers.IndexLookup,
  layers.Layer,
  layers.Merge,
  layers.PreparingLayer,
  layers.ProjectedAttention,
  layers.ImageLayer,
  layers.RandomLayer,
  layers.Recurrent,
  layers.RecurrentCell,
  layers.ScoringAttention,
  layers.SeparableConv,
  layers.Wrapper,
  losses.Loss,
  metrics.Metric,
  metrics.VectorMetric,
  optimizers.MomentsOptimizer,
  optimizers.Optimizer,
  schedules.LearningRateSchedule,
  initializers.Initializer,
  regularizers.Regularizer,
  constraints.Constraint,
]);

const isConcrete = (item: unknown): item is SerializableClass => isClass(item) && !bases.has(item);

for (const [module, group] of Object.entries(groups)) {
  const classes = Object.entries(group).filter(([, item]) => isConcrete(item) && item !== losses.FunctionLoss);
  declareClasses(module, Object.fromEntries(classes));
}
// Callbacks stand in no config.
for (const Class of Object.values(callbacks).filter(isClass)) checkMethodsOf(Class);
for (const { module, className, Class } of internal) declareClasses(module, { [className]: Class }, className);

/** The groups in which a class is searched, the likeliest first. */
function groupsFor(module: string | null, key: string): (keyof typeof groups)[] {
  const all = Object.keys(groups) as (keyof typeof groups)[];
  const hint = `${module ?? ""} ${key}`;
  const likely = all.filter((name) => hint.includes(name.split(".").at(-1)!.slice(0, -1)));
  return [...likely, ...all.filter((name) => !likely.includes(name))];
}

/** Keras's class with a name; `module` and the config `key` distinguish classes with the same name. */
export function kerasClass(className: string, module: string | null, key: string): SerializableClass | undefined {
  const known = internal.find((item) => item.className === className);
  if (known) return known.Class;
  for (const group of groupsFor(module, key)) {
    const Class = (groups[group] as Record<string, unknown>)[className];
    if (isConcrete(Class)) return Class;
  }
  return undefined;
}

/** The names of all classes, for suggestions. */
export function classNames(): string[] {
  return Object.values(groups).flatMap((group) =>
    Object.entries(group).filter(([, item]) => isConcrete(item)).map(([name]) => name)
  );
}
