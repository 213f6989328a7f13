// Random numbers from a seed, for data that examples make: the same in every run.

/** Numbers in [0, 1) from a seed (Park and Miller). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761) % 2147483646 + 1;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

/** A number from the standard normal distribution, by two uniform ones (Box and Muller). */
export function normalNumber(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** An integer from 0 to `limit` - 1. */
export function randomInteger(random: () => number, limit: number): number {
  return Math.floor(limit * random());
}
