// The context of layers: whether they train, the list of added losses, and the layer being built or called.
import { ContextKey } from "../ir/context.ts";
import type { Value } from "../ir/value.ts";
import { nextRandomRoot } from "../random_stream.ts";

/** Whether the call is part of training. */
export const isTraining: ContextKey<boolean> = new ContextKey("isTraining");

/** A scalar that a layer added to the loss. */
export interface AddedLoss {
  readonly layer: object;
  readonly value: Value;
}

/** The list of scalars that layers added to the loss. */
export const addedLosses: ContextKey<AddedLoss[]> = new ContextKey("addedLosses");

/** Whether weights will be read from a file, so that no initial values are drawn. */
export const weightsWillBeRead: ContextKey<boolean> = new ContextKey("weightsWillBeRead");

/** The place of the layer that is being built or called. */
export const layerPlace: ContextKey<Place> = new ContextKey("layerPlace");

/** The place of a layer in the model that builds it: names of weights and random paths follow from it. */
export class Place {
  #children = 0;

  /**
   * `name` is the path of names, such as `sequential/dense`; `path` the path of positions, which random numbers use.
   */
  constructor(readonly name: string, readonly path: string) {}

  /** The place of a layer that is built now: inside the one being built or called, else a root. */
  static next(name: string): Place {
    const outer = layerPlace.current;
    return outer
      ? new Place(`${outer.name}/${name}`, `${outer.path}/${outer.#children++}`)
      : new Place(name, nextRandomRoot());
  }
}
