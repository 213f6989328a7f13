// Bytes as text of 64 letters. `Uint8Array.toBase64` does so too, but Node has it from version 25 only.

// A multiple of 3 bytes is whole letters, and a call has so many arguments at most.
const most = 3 << 12;

/** Bytes in base64. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += most) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + most))));
  }
  return pieces.join("");
}
