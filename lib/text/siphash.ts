// SipHash-2-4, by which TensorFlow hashes texts with a salt. Aumasson and Bernstein, 2012,
// https://www.aumasson.jp/siphash/siphash.pdf
import { add, read64, rotateRight, type Uint64, xor } from "./uint64.ts";

const constants: readonly Uint64[] = [
  [0x736f6d65, 0x70736575],
  [0x646f7261, 0x6e646f6d],
  [0x6c796765, 0x6e657261],
  [0x74656462, 0x79746573],
];

/** The hash of bytes with a key of two halves. */
export function siphash(bytes: Uint8Array, key: readonly [Uint64, Uint64]): Uint64 {
  let [v0, v1, v2, v3] = constants.map((constant, i) => xor(constant, key[i & 1]));
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v0 = add(v0, v1);
      v1 = xor(rotateRight(v1, 51), v0);
      v0 = rotateRight(v0, 32);
      v2 = add(v2, v3);
      v3 = xor(rotateRight(v3, 48), v2);
      v0 = add(v0, v3);
      v3 = xor(rotateRight(v3, 43), v0);
      v2 = add(v2, v1);
      v1 = xor(rotateRight(v1, 47), v2);
      v2 = rotateRight(v2, 32);
    }
  };
  const whole = bytes.length - bytes.length % 8;
  const padded = new Uint8Array(whole + 8);
  padded.set(bytes);
  padded[whole + 7] = bytes.length;
  const view = new DataView(padded.buffer);
  for (let at = 0; at <= whole; at += 8) {
    const word = read64(view, at);
    v3 = xor(v3, word);
    rounds(2);
    v0 = xor(v0, word);
  }
  v2 = xor(v2, [0, 0xff]);
  rounds(4);
  return xor(xor(v0, v1), xor(v2, v3));
}
