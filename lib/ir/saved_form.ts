// How a function of `ops` is written in Keras's files.

/** A value in the config of a function. */
type Saved = string | number | boolean | null | readonly number[];

/** The class that stands for a function in files, and which of its arguments are in the config. */
export interface SavedForm {
  /** Keras's module of the class, below `keras.src.ops`; `numpy` by default. */
  readonly module?: "core" | "einops" | "image" | "linalg" | "math" | "nn" | "numpy";
  /** The name of the class; by default the function's name, capitalized. */
  readonly className?: string;
  /** How many arguments are passed in the call; one by default. The others are in the config. */
  readonly inputs?: number;
  /** The places of the arguments that are passed in the call, unless they are the first ones. */
  readonly inCall?: readonly number[];
  /** Whether the last argument in the call is an object of further ones, which files pass by their own names. */
  readonly keywords?: boolean;
  /** Whether the call takes any number of arguments, after those that are in the config. */
  readonly variadic?: boolean;
  /** Whether the function takes the arguments of the call in one list, which comes first. */
  readonly listed?: boolean;
  /** The config's keys in the order of the function's further arguments, with their defaults. */
  readonly keys?: Readonly<Record<string, Saved>>;
  /** The place among the keys from which on they are properties of one object of options. */
  readonly optionsFrom?: number;
  /** The keys whose arguments are passed in the call, by name. */
  readonly named?: readonly string[];
  /** The config's keys for which the function has no argument, with the value they must have. */
  readonly fixed?: Readonly<Record<string, Saved>>;
  /** Writes an argument of the call that is not a tensor, if the default form does not suit. */
  readonly write?: (argument: unknown) => unknown;
}

/** The forms of functions by their names in `ops`. */
export type SavedForms = Readonly<Record<string, SavedForm>>;
