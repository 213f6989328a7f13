// Numbers that golden files hold by their seed: those of NumPy's legacy generator, `numpy.random.RandomState(seed)`.

/** How an array was drawn: integers from `low` to `high`, times `step`, plus `offset`. */
export interface Recipe {
  readonly seed: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly offset: number;
}

const words = 624;
const shift = 397;

/** The Mersenne Twister MT19937: 32 random bits a call. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(words);
  state[0] = seed;
  for (let i = 1; i < words; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let at = words;
  const renew = () => {
    for (let i = 0; i < words; i++) {
      const bits = (state[i] & 0x80000000) | (state[(i + 1) % words] & 0x7fffffff);
      state[i] = state[(i + shift) % words] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  return () => {
    if (at === words) renew();
    let bits = state[at++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
}

/** The numbers of a recipe. */
export function draw({ seed, low, high, step, offset }: Recipe, count: number): number[] {
  const next = mersenneTwister(seed);
  const range = high - low;
  // Bits that reach beyond the range are drawn again, so that every number is as likely.
  const mask = range === 0 ? 0 : 2 ** (32 - Math.clz32(range)) - 1;
  return Array.from({ length: count }, () => {
    if (range === 0) return low * step + offset;
    let bits = (next() & mask) >>> 0;
    while (bits > range) bits = (next() & mask) >>> 0;
    return (low + bits) * step + offset;
  });
}
