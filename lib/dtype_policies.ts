// The dtype policies, exported as `dtypePolicies` by mod.ts. https://keras.io/api/mixed_precision/policy/
import { type DTypePolicy, type PolicyIdentifier, policyNode, policyOf } from "./dtype_policy.ts";
import type { ObjectNode } from "./json_config.ts";

export {
  DTypePolicy,
  DTypePolicy as FloatDTypePolicy,
  type PolicyIdentifier,
  type PolicyName,
} from "./dtype_policy.ts";

/**
 * The policy of a name or of a node of a config; a policy itself, and the global one for null. As
 * `keras.dtype_policies.get`.
 *
 * @throws {ValueError} for an unknown name
 *
 * @example
 * ```ts
 * import { dtypePolicies } from "./mod.ts";
 * console.log(dtypePolicies.get("mixed_bfloat16").computeDtype); // bfloat16
 * ```
 */
export function get(identifier: PolicyIdentifier | ObjectNode | null): DTypePolicy {
  return policyOf(identifier, "Cannot get a dtype policy");
}

/** A policy as Keras's configs have it. Throws {@linkcode ValueError} for an unknown name. */
export function serialize(policy: PolicyIdentifier): ObjectNode {
  return policyNode(get(policy));
}

/** The policy of a node of a config. Throws {@linkcode ValueError} for an unknown name. */
export function deserialize(config: ObjectNode): DTypePolicy {
  return get(config);
}
