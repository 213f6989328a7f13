// The arguments of compile, as Keras's config and back.
import type { Config } from "../json_config.ts";
import { camelCase } from "../names.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { ConfigPath } from "../saving/config_path.ts";
import { deserializeObject, type SharedObjects } from "../saving/deserialize.ts";
import { serializeObject } from "../saving/serialize.ts";
import type { CompileOptions } from "../training/compiled.ts";

/** The config of the arguments of `compile`; throws {@linkcode ValueError} for anything that a config cannot have. */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): Config {
  const { loss, lossWeights, metrics, weightedMetrics, stepsPerExecution = 1 } = options;
  return {
    optimizer: optimizer.serialize(),
    loss: serializeObject(loss),
    loss_weights: serializeObject(lossWeights),
    metrics: serializeObject(metrics),
    weighted_metrics: serializeObject(weightedMetrics),
    run_eagerly: false,
    steps_per_execution: stepsPerExecution,
    jit_compile: false,
  };
}

/** The arguments of `compile` from a config. */
export function compileOptions(
  config: Config,
  shared: SharedObjects = new Map(),
  path: ConfigPath = ConfigPath.root,
): CompileOptions {
  const options: Record<string, unknown> = {};
  for (const key of ["optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "steps_per_execution"]) {
    const value = config[key];
    if (value === null || value === undefined) continue;
    options[camelCase(key)] = deserializeObject(value, key, shared, path.at(key));
  }
  return { loss: null, ...options };
}
