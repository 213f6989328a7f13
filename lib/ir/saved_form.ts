// How a function of ops stands in Keras's files.
import type { ConfigValue } from "../json_config.ts";

/** What may stand in the config of a function. */
type Saved = string | number | boolean | null | readonly number[];

/** The class that a function is in files, and which of its arguments stand in the config. */
export interface SavedForm {
  /** Keras's module of the class, below `keras.src.ops`; `numpy` by default. */
  readonly module?: "core" | "linalg" | "math" | "nn" | "numpy";
  /** The name of the class; the function's own with a capital letter by default. */
  readonly className?: string;
  /** How many arguments come in the call; one by default. The others are the config's. */
  readonly inputs?: number;
  /** Whether any number of arguments comes in the call, after those that the config holds. */
  readonly variadic?: boolean;
  /** The keys of the config in the order of the function's further arguments, with what stands there by default. */
  readonly keys?: Readonly<Record<string, Saved>>;
  /** Those of the keys whose arguments come in the call, by name. */
  readonly named?: readonly string[];
  /** The keys of the config that the function has no argument for, with what must stand there. */
  readonly fixed?: Readonly<Record<string, Saved>>;
  /** How an argument of the call that is no tensor is written, where it is not written as elsewhere. */
  readonly write?: (argument: unknown) => ConfigValue;
}

/** The forms of functions by their names in `ops`. */
export type SavedForms = Readonly<Record<string, SavedForm>>;
