// TensorBoard's event files: records of TensorFlow with a message each.
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
import { encodeMessage, type ProtoMessage } from "./protobuf.ts";
import { appendBytes, makeFolder } from "./system.ts";

/** A value of an event: what TensorBoard shows under a tag. */
export interface EventValue {
  readonly tag: string;
  /** The part of TensorBoard that shows it. */
  readonly plugin: string;
  /** What that part wants to know, such as a version. */
  readonly content?: string;
  readonly tensor: EventTensor;
}

/** A tensor of an event: of float32 or float64 numbers, or of texts and files. */
export interface EventTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | readonly (string | Uint8Array<ArrayBuffer>)[];
}

/** What an event file's first record must say. */
const fileVersion = "brain.Event:2";

// The numbers of fields in the messages.
const eventFields = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const summaryFields = { value: 1 } as const;
const valueFields = { tag: 1, tensor: 8, metadata: 9 } as const;
const metadataFields = { pluginData: 1, dataClass: 4 } as const;
const pluginFields = { name: 1, content: 2 } as const;
const tensorFields = { dtype: 1, shape: 2, content: 4, strings: 8 } as const;
const shapeFields = { dimension: 2 } as const;
const dimensionFields = { size: 1 } as const;

/** TensorFlow's numbers of element types: `DataType`. */
const dataTypes = { float32: 1, float64: 2, string: 7 } as const;
/** How TensorBoard stores a value: `DataClass`. */
const dataClasses = { scalar: 1, tensor: 2, blobs: 3 } as const;

/** How many files this process began: two of one second have different names. */
let count = 0;

/** An event file in a folder, which is made with the first event. */
export class EventFile {
  readonly #folder: string;
  #path: string | undefined;

  /** Takes the folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Adds values of a step. Throws {@linkcode FileError} where the file cannot be written. */
  async add(step: number, values: readonly EventValue[]): Promise<void> {
    await this.#append({
      [eventFields.step]: step,
      [eventFields.summary]: { [summaryFields.value]: values.map(message) },
    });
  }

  async #append(event: ProtoMessage): Promise<void> {
    const path = this.#path ?? await this.#begin();
    const timed = { [eventFields.wallTime]: { double: Date.now() / 1000 }, ...event };
    const parts = await encodeMessage(timed, `Cannot write "${path}"`);
    appendBytes(path, recordOf(await new Blob([...parts]).bytes()));
  }

  async #begin(): Promise<string> {
    await makeFolder(this.#folder);
    // TensorBoard reads the files of a folder in the order of their names.
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    this.#path = `${this.#folder}/events.out.tfevents.${seconds}.ceratops.${
      crypto.randomUUID().slice(0, 8)
    }.${count++}.v2`;
    await this.#append({ [eventFields.fileVersion]: fileVersion });
    return this.#path;
  }
}

function message({ tag, plugin, content, tensor }: EventValue): ProtoMessage {
  const { shape, data } = tensor;
  const isNumeric = ArrayBuffer.isView(data);
  return {
    [valueFields.tag]: tag,
    [valueFields.metadata]: {
      [metadataFields.pluginData]: { [pluginFields.name]: plugin, [pluginFields.content]: content },
      [metadataFields.dataClass]: !isNumeric
        ? dataClasses.blobs
        : shape.length === 0
        ? dataClasses.scalar
        : dataClasses.tensor,
    },
    [valueFields.tensor]: {
      [tensorFields.dtype]: !isNumeric
        ? dataTypes.string
        : data instanceof Float32Array
        ? dataTypes.float32
        : dataTypes.float64,
      [tensorFields.shape]: { [shapeFields.dimension]: shape.map((size) => ({ [dimensionFields.size]: size })) },
      [tensorFields.content]: isNumeric ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined,
      [tensorFields.strings]: isNumeric ? undefined : data,
    },
  };
}

/** A record: the length of its data, the data, and a checksum of each. */
function recordOf(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, with the bits turned and an offset added, as TensorFlow's records have it. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  crc = ~crc;
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
