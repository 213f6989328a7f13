// The order in which NumPy's RandomState shuffles a list, which decides how Keras splits the files of a folder.

const [size, shift] = [624, 397];

/** The words of the Mersenne Twister MT19937, seeded by a number as in NumPy. https://doi.org/10.1145/272991.272995 */
function* twister(seed: number): Generator<number, never> {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
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

/** The items in the order that `numpy.random.RandomState(seed).shuffle` gives them. */
export function numpyShuffled<T>(items: readonly T[], seed: number): T[] {
  const words = twister(seed);
  const shuffled = [...items];
  for (let i = items.length - 1; i > 0; i--) {
    // The smallest mask of ones that covers the limit; words beyond the limit are drawn again.
    const mask = 2 ** (32 - Math.clz32(i)) - 1;
    let j: number;
    do j = (words.next().value & mask) >>> 0; while (j > i);
    [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
  }
  return shuffled;
}
