// FarmHash's Fingerprint64, by which TensorFlow hashes texts without a salt. Its published definition is Geoff Pike's,
// https://github.com/google/farmhash; packages that have it load asynchronously, and a layer computes at once.
import { add, multiply, read64, rotateRight, shiftRight, type Uint64, uint64, xor } from "./uint64.ts";

const k0: Uint64 = [0xc3a5c85c, 0x97cb3127];
const k1: Uint64 = [0xb492b66f, 0xbe98f273];
const k2: Uint64 = [0x9ae16a3b, 0x2f90404f];
const catMultiplier: Uint64 = [0xc6a4a793, 0x5bd1e995];

const sum = (...terms: Uint64[]): Uint64 => terms.reduce(add);
const shiftMix = (value: Uint64): Uint64 => xor(value, shiftRight(value, 47));

/** 64 bits of 128. */
function mixed(u: Uint64, v: Uint64, by: Uint64): Uint64 {
  const a = shiftMix(multiply(xor(u, v), by));
  const b = shiftMix(multiply(xor(v, a), by));
  return multiply(b, by);
}

/** The fingerprint of bytes. */
export function fingerprint64(bytes: Uint8Array): Uint64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  if (length > 64) return ofMany(view, length);
  const by = add(k2, uint64(length * 2));
  const at = (place: number) => read64(view, place);
  if (length > 16) {
    const a = multiply(at(0), length > 32 ? k2 : k1);
    const b = at(8);
    const c = multiply(at(length - 8), by);
    const d = multiply(at(length - 16), k2);
    const y = sum(rotateRight(add(a, b), 43), rotateRight(c, 30), d);
    const z = mixed(y, sum(a, rotateRight(add(b, k2), 18), c), by);
    if (length <= 32) return z;
    const e = multiply(at(16), by);
    const f = at(24);
    const g = multiply(add(y, at(length - 32)), by);
    const h = multiply(add(z, at(length - 24)), by);
    return mixed(
      sum(rotateRight(add(e, f), 43), rotateRight(g, 30), h),
      sum(e, rotateRight(add(f, a), 18), g),
      by,
    );
  }
  if (length >= 8) {
    const a = add(at(0), k2);
    const b = at(length - 8);
    const c = add(multiply(rotateRight(b, 37), by), a);
    const d = multiply(add(rotateRight(a, 25), b), by);
    return mixed(c, d, by);
  }
  if (length >= 4) {
    const a = uint64(length + view.getUint32(0, true) * 8);
    return mixed(a, uint64(view.getUint32(length - 4, true)), by);
  }
  if (length === 0) return k2;
  const y = uint64(bytes[0] + bytes[length >> 1] * 256);
  const z = uint64(length + bytes[length - 1] * 4);
  return multiply(shiftMix(xor(multiply(y, k2), multiply(z, k0))), k2);
}

/** The fingerprint of more than 64 bytes. */
function ofMany(view: DataView, length: number): Uint64 {
  const at = (place: number) => read64(view, place);
  const seed = uint64(81);
  let x = add(multiply(seed, k2), at(0));
  let y = add(multiply(seed, k1), uint64(113));
  let z = multiply(shiftMix(add(multiply(y, k2), uint64(113))), k2);
  let [v, w]: [readonly [Uint64, Uint64], readonly [Uint64, Uint64]] = [[[0, 0], [0, 0]], [[0, 0], [0, 0]]];
  /** A round on the 64 bytes from `s` on. */
  const round = (s: number, by: Uint64, isLast: boolean) => {
    const nine = uint64(9);
    x = multiply(rotateRight(sum(x, y, v[0], at(s + 8)), 37), by);
    y = multiply(rotateRight(sum(y, v[1], at(s + 48)), 42), by);
    x = xor(x, isLast ? multiply(w[1], nine) : w[1]);
    y = sum(y, isLast ? multiply(v[0], nine) : v[0], at(s + 40));
    z = multiply(rotateRight(add(z, w[0]), 33), by);
    v = weak(view, s, multiply(v[1], by), add(x, w[0]));
    w = weak(view, s + 32, add(z, w[1]), add(y, at(s + 16)));
    [z, x] = [x, z];
  };
  const end = Math.floor((length - 1) / 64) * 64;
  for (let s = 0; s < end; s += 64) round(s, k1, false);
  const by = add(k1, uint64((z[1] & 0xff) * 2));
  w = [add(w[0], uint64((length - 1) & 63)), w[1]];
  v = [add(v[0], w[0]), v[1]];
  w = [add(w[0], v[0]), w[1]];
  round(length - 64, by, true);
  return mixed(
    sum(mixed(v[0], w[0], by), multiply(shiftMix(y), k0), z),
    add(mixed(v[1], w[1], by), x),
    by,
  );
}

/** 32 bytes into two seeds. */
function weak(view: DataView, s: number, a: Uint64, b: Uint64): readonly [Uint64, Uint64] {
  const [w, x, y, z] = [0, 8, 16, 24].map((offset) => read64(view, s + offset));
  const first = add(a, w);
  const turned = rotateRight(sum(b, first, z), 21);
  const all = sum(first, x, y);
  return [add(all, z), sum(turned, rotateRight(all, 44), first)];
}

/** The fingerprint of two, as TensorFlow joins those of crossed features. */
export function joinedFingerprints(a: Uint64, b: Uint64): Uint64 {
  const by = catMultiplier;
  const result = multiply(xor(xor(a, by), multiply(shiftMix(multiply(b, by)), by)), by);
  return shiftMix(multiply(shiftMix(result), by));
}
