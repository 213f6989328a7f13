// The orders in which NumPy and Python shuffle lists, which decide how Keras splits data.

const [size, shift] = [624, 397];

/** The state of the Mersenne Twister MT19937 that a word gives. https://doi.org/10.1145/272991.272995 */
function stateOf(seed: number): Uint32Array {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  return state;
}

/** The state that a key of one word gives, as Python mixes it in. */
function stateOfKey(key: number): Uint32Array {
  const state = stateOf(19650218);
  let at = 1;
  const mix = (factor: number, added: number) => {
    const before = state[at - 1];
    state[at] = (state[at] ^ Math.imul(before ^ (before >>> 30), factor)) + added;
    if (++at < size) return;
    state[0] = state[size - 1];
    at = 1;
  };
  for (let i = 0; i < size; i++) mix(1664525, key);
  for (let i = 0; i < size - 1; i++) mix(1566083941, -at);
  state[0] = 0x80000000;
  return state;
}

/** The words of the Mersenne Twister. */
function* wordsFrom(state: Uint32Array): Generator<number, never> {
  while (true) {
    for (let i = 0; i < size; i++) {
      const mixed = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
      state[i] = state[(i + shift) % size] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    for (let word of state) {
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      yield (word ^ (word >>> 18)) >>> 0;
    }
  }
}

/** The items with each, from the last on, swapped for one before it or itself, whose place `draw` gives. */
function shuffled<T>(items: readonly T[], draw: (last: number) => number): T[] {
  const result = [...items];
  for (let i = items.length - 1; i > 0; i--) {
    const j = draw(i);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** NumPy's older generator, `numpy.random.RandomState`, as far as lists are shuffled with it. */
export class NumpyRandom {
  readonly #words: Generator<number, never>;

  /** Takes the seed, from 0 to 4294967295. */
  constructor(seed: number) {
    this.#words = wordsFrom(stateOf(seed));
  }

  /** The items in the order that `shuffle` gives them. */
  shuffled<T>(items: readonly T[]): T[] {
    return shuffled(items, (last) => {
      // The lowest bits that the largest place has; those beyond it are drawn again.
      const mask = 2 ** (32 - Math.clz32(last)) - 1;
      let place: number;
      do place = (this.#words.next().value & mask) >>> 0; while (place > last);
      return place;
    });
  }
}

/** The items in the order that `random.shuffle` gives them after `random.seed(seed)`. */
export function pythonShuffled<T>(items: readonly T[], seed: number): T[] {
  const words = wordsFrom(stateOfKey(seed));
  return shuffled(items, (last) => {
    // The highest bits, as many as the number of places has; those beyond them are drawn again.
    const bits = 32 - Math.clz32(last + 1);
    let place: number;
    do place = words.next().value >>> (32 - bits); while (place > last);
    return place;
  });
}
