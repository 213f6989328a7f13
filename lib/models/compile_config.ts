// What compile was given, as Keras's config and back.
import type { Config } from "../json_config.ts";
import { snakeCase } from "../names.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { keysOf } from "../options.ts";
import { ConfigPath } from "../saving/config_path.ts";
import { deserializeObject, type SharedObjects } from "../saving/deserialize.ts";
import { serializeObject } from "../saving/serialize.ts";
import { type CompileOptions, compileOptions } from "../training/compile_options.ts";

/** The config of what `compile` was given; throws {@linkcode ValueError} for what no config holds. */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): Config {
  const given: Readonly<Record<string, unknown>> = { ...options, optimizer };
  return Object.fromEntries(
    Object.entries(compileOptions).map(([name, { fallback }]) => [
      snakeCase(name),
      serializeObject(given[name] ?? fallback),
    ]),
  );
}

/** What `compile` takes, of a config. */
export function readCompileConfig(
  config: Config,
  shared: SharedObjects = new Map(),
  path: ConfigPath = ConfigPath.root,
): CompileOptions {
  const options: Record<string, unknown> = {};
  for (const [key, { name, of }] of keysOf(compileOptions)) {
    const value = config[key];
    if (!of.offered || value === null || value === undefined) continue;
    options[name] = deserializeObject(value, key, shared, path.at(key));
  }
  return { loss: null, ...options };
}
