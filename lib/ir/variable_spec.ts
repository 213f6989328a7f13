// What a program knows of a variable: its identity, name and type. Its value lives in a state store.
import type { ValueType } from "./graph.ts";

/** The identity of a variable: compared by reference. */
export interface VariableSpec extends ValueType {
  /** The stable path, such as `dense/kernel`. */
  readonly name: string;
}
