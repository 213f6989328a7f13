// Held: device resources of objects, released with these objects and not keeping them alive.

interface Entry<K extends WeakKey, V> {
  readonly key: WeakRef<K>;
  value: V;
}

/**
 * A map that holds its keys weakly: when a key is garbage collected, `freed` gets its value, so that device memory is
 * released with its variable or program. Values must not refer to their keys.
 */
export class Held<K extends WeakKey, V> {
  readonly #entries = new WeakMap<K, Entry<K, V>>();
  readonly #all = new Set<Entry<K, V>>();
  readonly #registry: FinalizationRegistry<Entry<K, V>>;

  /** Takes the function that frees the value of a collected key. */
  constructor(freed: (value: V) => void) {
    this.#registry = new FinalizationRegistry((entry) => {
      if (this.#all.delete(entry)) freed(entry.value);
    });
  }

  /** The number of keys, including collected ones whose values are not freed yet. */
  get size(): number {
    return this.#all.size;
  }

  /** Whether there is a value for a key. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value for a key. */
  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Sets the value for a key. */
  set(key: K, value: V): void {
    const known = this.#entries.get(key);
    if (known) {
      known.value = value;
      return;
    }
    const entry = { key: new WeakRef(key), value };
    this.#entries.set(key, entry);
    this.#all.add(entry);
    this.#registry.register(key, entry, entry);
  }

  /** Removes a key and returns its value, if any, which the caller must free. */
  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#all.delete(entry);
    this.#registry.unregister(entry);
    return entry.value;
  }

  /** The keys that are still alive. They stay alive until the current turn of the event loop ends. */
  keys(): K[] {
    return [...this.#all].map(({ key }) => key.deref()).filter((key) => key !== undefined);
  }
}
