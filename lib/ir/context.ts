// The context: values that layers and ops read without having them passed in, such as the trace being recorded.
import { CeratopsError } from "../errors.ts";

/** A key with a value for it. */
export interface ContextPart<T = unknown> {
  /** The key. */
  readonly key: ContextKey<T>;
  /** The value. */
  readonly value: T;
}

/** The current values, each at the index of its key. */
let parts: readonly (ContextPart | undefined)[] = [];

/** A typed key of the context, declared by the module that knows the type. */
export class ContextKey<T> {
  static #count = 0;
  /** The index of the value, so that reading it is one array access. */
  readonly index: number = ContextKey.#count++;

  /** Takes a name for debuggers. */
  constructor(readonly name: string) {}

  /** The value set by the innermost {@linkcode withContext} for this key; undefined if there is none. */
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

/** What the body does, such as `the training of "model"`; prefixed to the messages of errors that leave the body. */
export const errorPlace: ContextKey<string> = new ContextKey("errorPlace");

/**
 * Runs `body` with these values; other keys keep theirs. The values are set until `body` returns or throws. An async
 * body therefore has them only up to its first `await`: tracing must be synchronous.
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
