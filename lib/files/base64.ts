// Bytes as text of 64 letters, and back. Engines have methods for that, but Node from version 25 only.

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

/** A text that need not be in memory as a whole. */
export interface TextInPieces {
  /** The number of its letters, or a few more. */
  readonly length: number;
  /** The text, one piece after the other. */
  pieces(): Iterable<string>;
}

/** A text that is one piece. */
export const inOnePiece = (text: string): TextInPieces => ({ length: text.length, pieces: () => [text] });

/** The bytes of base64 with any white space in it. Throws what the engine does if it is something else. */
export function fromBase64(text: TextInPieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * Math.ceil(text.length / 4));
  let filled = 0;
  if ("setFromBase64" in Uint8Array.prototype) {
    let rest = "";
    for (const piece of text.pieces()) {
      const letters = rest + piece;
      const free = bytes.subarray(filled);
      const { read, written } = free.setFromBase64(letters, { lastChunkHandling: "stop-before-partial" });
      filled += written;
      rest = letters.slice(read);
    }
    filled += bytes.subarray(filled).setFromBase64(rest).written;
  } else {
    const letters = atob([...text.pieces()].join(""));
    while (filled < letters.length) bytes[filled] = letters.charCodeAt(filled++);
  }
  return bytes.subarray(0, filled);
}
