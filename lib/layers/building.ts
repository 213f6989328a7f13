// Which layer is being built or called: names of weights and random paths follow from it.
import { nextRandomRoot } from "../random_stream.ts";

/** The place of a layer in the model that builds it. */
export class Place {
  #children = 0;

  /**
   * `name` is the path of names, such as `sequential/dense`; `path` the path of positions, which random numbers use.
   */
  constructor(readonly name: string, readonly path: string) {}

  /** The place of the next layer that is built inside this one. */
  child(name: string): Place {
    return new Place(`${this.name}/${name}`, `${this.path}/${this.#children++}`);
  }
}

let current: Place | undefined;

/** The place of a layer that is built now: inside the one being built or called, else a root. */
export function nextPlace(name: string): Place {
  return current ? current.child(name) : new Place(name, nextRandomRoot());
}

/** Runs `body` with `place` as the current place. */
export function inPlace<T>(place: Place, body: () => T): T {
  const outer = current;
  current = place;
  try {
    return body();
  } finally {
    current = outer;
  }
}
