// Buckets: texts and crossed features as integers below a limit, by hashes as TensorFlow computes them.
import { fingerprint64, joinedFingerprints } from "./farmhash.ts";
import { siphash } from "./siphash.ts";
import { modulo, type Uint64, uint64 } from "./uint64.ts";

/** The two integers of a salted hash. */
export type Salt = readonly [number, number];

const encoder = new TextEncoder();

/** The bucket of a text among `buckets`: by SipHash with a salt, by FarmHash without. */
export function bucketOf(text: string, buckets: number, salt: Salt | null): number {
  const bytes = encoder.encode(text);
  const hash = salt ? siphash(bytes, [uint64(salt[0]), uint64(salt[1])]) : fingerprint64(bytes);
  return modulo(hash, buckets);
}

/** What TensorFlow hashes crosses with by default. */
const crossKey: Uint64 = [0xde, 0xcafcaffe];

/** The bucket of features that belong together among `buckets`. */
export function bucketOfCross(features: readonly (string | number)[], buckets: number): number {
  const prints = features.map((item) => typeof item === "string" ? fingerprint64(encoder.encode(item)) : uint64(item));
  return modulo(prints.reduce(joinedFingerprints, crossKey), buckets);
}
