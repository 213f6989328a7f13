// What a device holds for objects of the program that it serves, without keeping these alive.

interface Entry<K extends WeakKey, V> {
  readonly key: WeakRef<K>;
  value: V;
}

/**
 * A map whose keys drop out when nothing else refers to them; `freed` then gets the value, so that memory of a device
 * goes with the variable or program that it belongs to. Values must not refer to their keys.
 */
export class Held<K extends WeakKey, V> {
  readonly #entries = new WeakMap<K, Entry<K, V>>();
  readonly #all = new Set<Entry<K, V>>();
  readonly #registry: FinalizationRegistry<Entry<K, V>>;

  /** Takes what frees the value of a key that was garbage collected. */
  constructor(freed: (value: V) => void) {
    this.#registry = new FinalizationRegistry((entry) => {
      if (this.#all.delete(entry)) freed(entry.value);
    });
  }

  /** How many keys there are, and how many values wait for the garbage collector's word. */
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

  /** Forgets a key; its value, if there was one, is the caller's to free. */
  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#all.delete(entry);
    this.#registry.unregister(entry);
    return entry.value;
  }

  /** The keys that are still in use. */
  keys(): K[] {
    return [...this.#all].map(({ key }) => key.deref()).filter((key) => key !== undefined);
  }
}
