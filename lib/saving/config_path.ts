// The position of a value in a config being read, and checks of its form: a file may contain anything.
import { CeratopsError, describe, ValueError } from "../errors.ts";
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { maxExtent } from "../option_kinds.ts";
import { failedOption } from "../options.ts";

/** The deepest nesting that is read, since reading is recursive. */
const maxDepth = 250;

/** Errors that already name their position. */
const located = new WeakSet<CeratopsError>();

/** A position in a config, such as `config.layers[2].config.kernel_size`. */
export class ConfigPath {
  /** The position of the whole config. */
  static readonly root = new ConfigPath(undefined, "", 0);

  private constructor(
    private readonly parent: ConfigPath | undefined,
    private readonly step: string | number,
    private readonly depth: number,
  ) {}

  /** The position of a key or an index inside. Throws {@linkcode ValueError} if it is too deep. */
  at(step: string | number): ConfigPath {
    const inner = new ConfigPath(this, step, this.depth + 1);
    if (inner.depth > maxDepth) {
      inner.refuse(`may be nested ${maxDepth} levels deep`, "more", "nest models less deeply");
    }
    return inner;
  }

  /** The position as text; only the end of a very long one. */
  toString(): string {
    const steps: string[] = [];
    // deno-lint-ignore no-this-alias
    let place: ConfigPath = this;
    for (; place.parent && steps.length < 12; place = place.parent) {
      steps.unshift(typeof place.step === "number" ? `[${place.step}]` : `.${place.step}`);
    }
    const shown = steps.join("").replace(/^\./, "");
    return place.parent ? `...${shown}` : shown || "the config";
  }

  /** Throws the {@linkcode ValueError} for a value at this position. */
  refuse(rule: string, received: string, hint = "save the config again, or correct it there"): never {
    const error = new ValueError({ what: "Cannot read a config", rule: `${this} ${rule}`, received, hint });
    located.add(error);
    throw error;
  }

  /** Runs `body`; its errors get this position, at the key of the option that they are about. */
  within<T>(body: () => T, keyOf: (option: string) => string = (option) => option): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof CeratopsError && !located.has(error)) {
        const option = failedOption(error);
        const place = option === undefined ? this : new ConfigPath(this, keyOf(option), this.depth + 1);
        error.message = `In ${place}: ${error.message}`;
        located.add(error);
      }
      throw error;
    }
  }

  /** The value as an object; throws for anything else. */
  object(value: unknown): Config {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Config;
    return this.refuse("must be an object", describe(value));
  }

  /** The value as a list; throws for anything else. */
  list(value: unknown): readonly ConfigValue[] {
    if (Array.isArray(value)) return value;
    return this.refuse("must be a list", describe(value));
  }

  /** The value as a string; throws for anything else. */
  text(value: unknown): string {
    if (typeof value === "string") return value;
    return this.refuse("must be a text", describe(value));
  }

  /** The value as an index; throws for anything else. */
  index(value: unknown): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxExtent) return value;
    return this.refuse("must be a whole number of at least 0", describe(value));
  }

  /** The value as a shape, null for an axis of any extent; throws for anything else. */
  shape(value: unknown): readonly (number | null)[] {
    const list = this.list(value);
    list.forEach((extent, axis) => {
      if (extent !== null) this.at(axis).index(extent);
    });
    return list as readonly (number | null)[];
  }

  /** The value as the node of an object; throws for anything else. */
  node(value: unknown): ObjectNode {
    const node = this.object(value) as Partial<ObjectNode>;
    this.at("class_name").text(node.class_name);
    for (const key of ["module", "registered_name"] as const) {
      if (node[key] !== null && node[key] !== undefined) this.at(key).text(node[key]);
    }
    return node as ObjectNode;
  }
}
