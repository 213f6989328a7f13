// The arguments of compile, as Keras's config and back.
import type { Config } from "../json_config.ts";
import { snakeCase } from "../names.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { keysOf } from "../options.ts";
import { ConfigPath } from "../saving/config_path.ts";
import { deserializeObject, type SharedObjects } from "../saving/deserialize.ts";
import { serializeObject } from "../saving/serialize.ts";
import { type CompileOptions, compileOptions } from "../training/compile_options.ts";

/** The config of the arguments of `compile`; throws {@linkcode ValueError} for anything that a config cannot have. */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): Config {
  const given: Readonly<Record<string, unknown>> = { ...options, optimizer };
  return Object.fromEntries(
    Object.entries(compileOptions).filter(([, { written }]) => written !== "never").map(([name, { fallback }]) => [
      snakeCase(name),
      serializeObject(given[name] ?? fallback),
    ]),
  );
}

/** The arguments of `compile` from a config. */
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
