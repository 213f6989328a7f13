// NumPy's older generator of random numbers, numpy.random.RandomState, as far as data sets are shuffled with it.
// Matsumoto and Nishimura, Mersenne Twister (1998).

const size = 624;
const period = 397;

/** `numpy.random.RandomState`. */
export class NumpyRandom {
  readonly #next: () => number;

  /** Takes the seed, from 0 to 4294967295. */
  constructor(seed: number) {
    this.#next = mersenneTwister(seed);
  }

  /** The numbers from 0 to `length - 1` in the order in which `shuffle` leaves them. */
  shuffled(length: number): number[] {
    const order = Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      // A number from 0 to i: of as many bits as i has, until one is not above it.
      const mask = 2 ** Math.ceil(Math.log2(i + 1)) - 1;
      let j = this.#next() & mask;
      while (j > i) j = this.#next() & mask;
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** Integers of 32 bits. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) state[i] = Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 1812433253) + i;
  let at = size;
  return () => {
    if (at === size) {
      for (let i = 0; i < size; i++) {
        const bits = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
        state[i] = state[(i + period) % size] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let bits = state[at++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
}
