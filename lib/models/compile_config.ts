// What compile was given, as Keras's config and back.
import type { Config, ConfigValue } from "../config.ts";
import { describe, ValueError } from "../errors.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { camelCase, deserializeObject } from "../saving/deserialize.ts";
import type { CompileOptions } from "../training/compiled.ts";

/** The config of what `compile` was given; throws {@linkcode ValueError} for a function, which no config holds. */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): Config {
  const { loss, lossWeights, metrics, weightedMetrics, stepsPerExecution = 1 } = options;
  return {
    optimizer: optimizer.serialize(),
    loss: serialize(loss),
    loss_weights: serialize(lossWeights),
    metrics: serialize(metrics),
    weighted_metrics: serialize(weightedMetrics),
    run_eagerly: false,
    steps_per_execution: stepsPerExecution,
    jit_compile: false,
  };
}

/** What `compile` takes, of a config. */
export function compileOptions(config: Config): CompileOptions {
  const options: Record<string, unknown> = {};
  for (const key of ["optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "steps_per_execution"]) {
    const value = config[key];
    if (value !== null && value !== undefined) options[camelCase(key)] = deserializeObject(value, key);
  }
  return { loss: null, ...options };
}

function serialize(item: unknown): ConfigValue {
  if (item === null || item === undefined) return null;
  if (typeof item === "string" || typeof item === "number") return item;
  if (Array.isArray(item)) return item.map(serialize);
  if (typeof item === "object" && "serialize" in item) return (item as { serialize(): ConfigValue }).serialize();
  if (typeof item === "object") {
    return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, serialize(value)]));
  }
  throw new ValueError({
    what: "Cannot write the config of compile",
    rule: "losses and metrics must be names or objects",
    received: describe(item),
    mend: "write a class of it, and register that with saving.registerKerasSerializable",
  });
}
