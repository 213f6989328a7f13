// Making things under a policy, which is global while they are made.
import { config, type PolicyName } from "../../mod.ts";

/** What `make` makes under a global policy. */
export function under<T>(policy: PolicyName, make: () => T): T {
  config.setDtypePolicy(policy);
  try {
    return make();
  } finally {
    config.setDtypePolicy("float32");
  }
}
