// Messages of Protocol Buffers, as they are written. https://protobuf.dev/programming-guides/encoding/
import type { FileParts } from "./system.ts";

/** A field: an integer, a text, bytes, a message, or several of these; undefined is left out. */
export type ProtoField = number | string | Uint8Array<ArrayBuffer> | ProtoMessage | readonly ProtoField[] | undefined;

/** A message: its fields by number. */
export interface ProtoMessage {
  readonly [number: number]: ProtoField;
}

/** How a value follows the number of its field. */
const wireTypes = { varint: 0, lengthDelimited: 2 } as const;

/** Parts smaller than this are joined. */
const largePart = 2 ** 16;

/** The bytes of a message; large bytes in it are parts of their own, not copied. */
export function encodeMessage(message: ProtoMessage): FileParts {
  const joined: Uint8Array<ArrayBuffer>[] = [];
  let small: Uint8Array<ArrayBuffer>[] = [];
  const join = () => {
    if (small.length > 0) joined.push(concatenated(small));
    small = [];
  };
  for (const part of partsOfMessage(message)) {
    if (part.length < largePart) small.push(part);
    else {
      join();
      joined.push(part);
    }
  }
  join();
  return joined;
}

function partsOfMessage(message: ProtoMessage): Uint8Array<ArrayBuffer>[] {
  return Object.entries(message).flatMap(([number, value]) => partsOfField(Number(number), value));
}

function partsOfField(number: number, value: ProtoField): Uint8Array<ArrayBuffer>[] {
  if (value === undefined) return [];
  if (isList(value)) return value.flatMap((item) => partsOfField(number, item));
  const tag = (type: number) => varint(number * 8 + type);
  if (typeof value === "number") return [tag(wireTypes.varint), varint(value)];
  const parts = typeof value === "string"
    ? [new TextEncoder().encode(value)]
    : value instanceof Uint8Array
    ? [value]
    : partsOfMessage(value);
  return [tag(wireTypes.lengthDelimited), varint(sizeOfParts(parts)), ...parts];
}

const isList = (value: ProtoField): value is readonly ProtoField[] => Array.isArray(value);

const sizeOfParts = (parts: FileParts) => parts.reduce((size, { length }) => size + length, 0);

function concatenated(parts: FileParts): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeOfParts(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An integer in groups of seven bits, the lowest first; a negative one as its 64 bits. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
