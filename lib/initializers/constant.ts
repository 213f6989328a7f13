// Initializers that draw nothing: Zeros, Ones, Constant, Identity. https://keras.io/api/layers/initializers/
import { number } from "../option_kinds.ts";
import { declareOptions, type OptionFields, optionTable, positional, unlessDefault } from "../options.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Initializer, matrixNeeded } from "./initializer.ts";

/** All elements 0. */
export class Zeros extends Initializer {
  /** Zeros of `shape`. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape));
  }
}

/** All elements 1. */
export class Ones extends Initializer {
  /** Ones of `shape`. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape)).fill(1);
  }
}

const constantOptions = optionTable<object>()({
  /** The value of every element. */
  value: positional(number(0)),
});
const identityOptions = optionTable<object>()({
  /** The value on the diagonal. Keras writes none, and so makes 1 of any gain. */
  gain: positional(unlessDefault(number(1))),
});

/** The options, checked and completed. */
export interface Constant extends OptionFields<object, typeof constantOptions> {}
/** The options, checked and completed. */
export interface Identity extends OptionFields<object, typeof identityOptions> {}

/** All elements `value` (0 by default). */
export class Constant extends Initializer {
  static {
    declareOptions(this, constantOptions);
  }

  /** Takes the value of every element. Throws {@linkcode ValueError} if it is not a number. Defaults: `value: 0`. */
  constructor(value?: number) {
    super({}, { value });
  }

  /** `value` for every element. */
  fill(shape: Shape): ArrayLike<number> {
    return new Float64Array(sizeOf(shape)).fill(this.value);
  }
}

/** `gain` (1 by default) on the diagonal, else 0; for matrices only. */
export class Identity extends Initializer {
  static {
    declareOptions(this, identityOptions);
  }

  /** Takes the value on the diagonal. Throws {@linkcode ValueError} if it is not a number. Defaults: `gain: 1`. */
  constructor(gain?: number) {
    super({}, { gain });
  }

  /** The matrix; throws {@linkcode ShapeError} if `shape` does not have two axes. */
  fill(shape: Shape): ArrayLike<number> {
    if (shape.length !== 2) throw matrixNeeded("Identity", "a shape of two axes", shape);
    const values = new Float64Array(sizeOf(shape));
    for (let i = 0; i < Math.min(shape[0], shape[1]); i++) values[i * shape[1] + i] = this.gain;
    return values;
  }
}
