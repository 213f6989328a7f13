// Messages of Protocol Buffers, as they are written. https://protobuf.dev/programming-guides/encoding/
import type { Packages } from "../deps.ts";
import { loadPackage } from "../packages.ts";
import type { FileParts } from "./system.ts";

type Wire = Packages["protobuf"];

/** A field: an integer, a float64, a text, bytes, a message, or several of these; undefined is left out. */
type ProtoField =
  | number
  | ProtoDouble
  | string
  | Uint8Array<ArrayBuffer>
  | ProtoMessage
  | readonly ProtoField[]
  | undefined;

/** A field of type `double`. */
interface ProtoDouble {
  readonly double: number;
}

/** A message: its fields by number. */
export interface ProtoMessage {
  readonly [number: number]: ProtoField;
}

/** Parts smaller than this are joined. */
const largePart = 2 ** 16;

/**
 * The bytes of a message; large bytes in it are parts of their own, not copied, which one writer of the package would do at
 * every level. Throws {@linkcode StateError} naming `what` where the package cannot be loaded.
 */
export async function encodeMessage(message: ProtoMessage, what: string): Promise<FileParts> {
  const wire = await loadPackage("protobuf", what);
  const joined: Uint8Array<ArrayBuffer>[] = [];
  const small = new wire.BinaryWriter();
  const join = () => {
    const bytes = small.finish();
    if (bytes.length > 0) joined.push(bytes);
  };
  for (const part of partsOfMessage(wire, message)) {
    if (part.length < largePart) small.raw(part);
    else {
      join();
      joined.push(part);
    }
  }
  join();
  return joined;
}

function partsOfMessage(wire: Wire, message: ProtoMessage): Uint8Array<ArrayBuffer>[] {
  return Object.entries(message).flatMap(([number, value]) => partsOfField(wire, Number(number), value));
}

function partsOfField(wire: Wire, number: number, value: ProtoField): Uint8Array<ArrayBuffer>[] {
  if (value === undefined) return [];
  if (isList(value)) return value.flatMap((item) => partsOfField(wire, number, item));
  const { BinaryWriter, WireType } = wire;
  const writer = new BinaryWriter();
  if (typeof value === "number") return [writer.tag(number, WireType.Varint).int64(value).finish()];
  if (isDouble(value)) return [writer.tag(number, WireType.Bit64).double(value.double).finish()];
  writer.tag(number, WireType.LengthDelimited);
  if (typeof value === "string") return [writer.string(value).finish()];
  const parts = value instanceof Uint8Array ? [value] : partsOfMessage(wire, value);
  return [writer.uint32(parts.reduce((size, { length }) => size + length, 0)).finish(), ...parts];
}

const isList = (value: ProtoField): value is readonly ProtoField[] => Array.isArray(value);

const isDouble = (value: ProtoField): value is ProtoDouble => typeof value === "object" && "double" in value;
