// The context: what layers and ops find around a call without being given it, such as the trace being recorded.
import { CeratopsError } from "../errors.ts";

/** A key with a value for it. */
export interface ContextPart<T = unknown> {
  /** What the value is. */
  readonly key: ContextKey<T>;
  /** The value. */
  readonly value: T;
}

/** The values that hold now, each at the index of its key. */
let parts: readonly (ContextPart | undefined)[] = [];

/** Names a value of the context and its type. The module that knows the type declares the key. */
export class ContextKey<T> {
  static #count = 0;
  /** Where the value is among the others, so that reading it is one access of an array. */
  readonly index: number = ContextKey.#count++;

  /** Takes a name, which debuggers show. */
  constructor(readonly name: string) {}

  /** The value of the innermost {@linkcode withContext} that gives one; undefined if none does. */
  get current(): T | undefined {
    const part = parts[this.index];
    return part && this.#isKeyOf(part) ? part.value : undefined;
  }

  /** A value for {@linkcode withContext}. */
  of(value: T): ContextPart<T> {
    return { key: this, value };
  }

  #isKeyOf(part: ContextPart): part is ContextPart<T> {
    return part.key === this;
  }
}

/** What the body does, such as `the training of "model"`: messages of errors that leave the body begin with it. */
export const errorPlace: ContextKey<string> = new ContextKey("errorPlace");

/**
 * Runs `body` with these values; keys that are not given keep theirs. The values hold until `body` returns or throws.
 * An async body therefore has them only up to its first `await`: whatever is traced must be traced synchronously.
 */
export function withContext<T>(given: readonly ContextPart[], body: () => T): T {
  const outer = parts;
  const inner = [...outer];
  for (const part of given) inner[part.key.index] = part;
  parts = inner;
  try {
    return body();
  } catch (error) {
    const place = given.find(({ key }) => key === errorPlace);
    if (place && error instanceof CeratopsError) error.message = `In ${place.value}: ${error.message}`;
    throw error;
  } finally {
    parts = outer;
  }
}
