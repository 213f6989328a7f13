// The dtypes of a layer's computation and of its weights. https://keras.io/api/mixed_precision/policy/
import type { Config, ObjectNode } from "./json_config.ts";
import type { FloatDType } from "./dtype.ts";
import { describe, didYouMean, ValueError } from "./errors.ts";

/** The names of policies: a float type for all, or a half for computation with weights in float32. */
export type PolicyName = "float32" | "float16" | "bfloat16" | "mixed_float16" | "mixed_bfloat16";

/** A policy, or its name. */
export type PolicyIdentifier = PolicyName | DTypePolicy;

const dtypesOf: Readonly<Record<PolicyName, readonly [compute: FloatDType, variable: FloatDType]>> = {
  float32: ["float32", "float32"],
  float16: ["float16", "float16"],
  bfloat16: ["bfloat16", "bfloat16"],
  mixed_float16: ["float16", "float32"],
  mixed_bfloat16: ["bfloat16", "float32"],
};

const names = Object.keys(dtypesOf);

const isName = (name: unknown): name is PolicyName => typeof name === "string" && names.includes(name);

/** The name of a policy; throws {@linkcode ValueError}, which begins with `what`, for another. */
function checkedName(name: unknown, what: string): PolicyName {
  if (isName(name)) return name;
  const near = typeof name === "string" ? didYouMean(name, names) : undefined;
  const isDouble = typeof name === "string" && /64|double/.test(name);
  throw new ValueError({
    what,
    rule: `a dtype policy must be one of ${names.map((known) => `"${known}"`).join(", ")}`,
    received: describe(name),
    hint: isDouble
      ? 'layers compute in float32 at most: use "float32"'
      : near
      ? `did you mean "${near}"?`
      : 'use "mixed_float16" to compute in half precision with weights in float32, or leave it out for "float32"',
  });
}

/**
 * The dtypes of a layer: the one it computes in, and the one of its weights. In a mixed policy these differ: inputs and
 * weights are cast to a type of 16 bits, and what is trained stays float32. Layers take a policy or its name as `dtype`.
 * As `keras.DTypePolicy`.
 *
 * @example
 * ```ts
 * import { DTypePolicy, layers } from "./mod.ts";
 * const policy = new DTypePolicy("mixed_float16");
 * console.log(policy.computeDtype, policy.variableDtype); // float16 float32
 * console.log(new layers.Dense(3, { dtype: policy }).computeDtype); // float16
 * ```
 */
export class DTypePolicy {
  /** Keras's name of the policy. */
  readonly name: PolicyName;
  /** The dtype that layers cast their inputs and weights to, and that their outputs have. */
  readonly computeDtype: FloatDType;
  /** The dtype in which weights are kept and trained. */
  readonly variableDtype: FloatDType;

  /**
   * Takes the name; without one, the policy is the global one.
   *
   * @throws {ValueError} for an unknown name
   */
  constructor(name: PolicyName | null = null) {
    this.name = checkedName(name ?? globalName, "Cannot make a DTypePolicy");
    [this.computeDtype, this.variableDtype] = dtypesOf[this.name];
  }

  /** The name, as in Keras's config. */
  getConfig(): Config {
    return { name: this.name };
  }

  /** The policy of a config. Throws {@linkcode ValueError} for an unknown name. */
  static fromConfig(config: Config): DTypePolicy {
    return new DTypePolicy(checkedName(config?.name, "Cannot read a DTypePolicy"));
  }
}

/** The name of the policy of layers that are given none. */
let globalName: PolicyName = "float32";

/** The policy of layers that are given none, as `keras.config.dtype_policy()`: `float32` until another is set. */
export function dtypePolicy(): DTypePolicy {
  return new DTypePolicy(globalName);
}

/**
 * Sets the policy of layers and models that are made from here on and given none, as `keras.config.set_dtype_policy()`.
 *
 * @param policy a policy or its name: `float32`, `mixed_float16`, `mixed_bfloat16`, `float16` or `bfloat16`
 * @throws {ValueError} for another name
 *
 * @example A model that computes in half precision, with probabilities in float32
 * ```ts
 * import { config, Input, layers, Sequential } from "./mod.ts";
 * config.setDtypePolicy("mixed_bfloat16");
 * const head = new layers.Dense(10, { activation: "softmax", dtype: "float32" });
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(8, { activation: "relu" }), head]);
 * config.setDtypePolicy("float32");
 * console.log(model.layers.map(({ computeDtype }) => computeDtype)); // [ "bfloat16", "float32" ]
 * ```
 */
export function setDtypePolicy(policy: PolicyIdentifier): void {
  globalName = policy instanceof DTypePolicy ? policy.name : checkedName(policy, "Cannot set the dtype policy");
}

/** The policy of an identifier, or the global one; an error begins with `what`. */
export function policyOf(identifier: unknown, what: string): DTypePolicy {
  if (identifier === undefined || identifier === null) return dtypePolicy();
  if (identifier instanceof DTypePolicy) return identifier;
  return new DTypePolicy(checkedName(isPolicyNode(identifier) ? identifier.config.name : identifier, what));
}

function isPolicyNode(given: unknown): given is ObjectNode {
  const { class_name: name, config } = (given ?? {}) as Partial<ObjectNode>;
  return typeof name === "string" && /^(Float)?DTypePolicy$|^Policy$/.test(name) && typeof config === "object" &&
    config !== null;
}

/** The node of a policy in a config. */
export function policyNode(policy: DTypePolicy): ObjectNode {
  return { module: "keras", class_name: "DTypePolicy", config: policy.getConfig(), registered_name: null };
}
