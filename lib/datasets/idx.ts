// The IDX format of the MNIST files: a magic number, the extents of the axes, then the bytes in row-major order.
import { FileError } from "../errors.ts";
import { gunzip } from "../files/gzip.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

const unsignedByte = 0x08;

/**
 * Reads unsigned bytes in the IDX format as a `uint8` tensor that shares their memory.
 *
 * @param bytes the whole file
 * @param shape the shape that the header must have
 * @param what the start of an error's message, such as `Cannot load "labels.idx"`
 * @throws {FileError} unless the header is that of unsigned bytes in `shape`, and the length matches it
 */
export function parseIdx(bytes: Uint8Array<ArrayBuffer>, shape: Shape, what: string): Tensor {
  const hint = "restore the file from where it came";
  const headerLength = 4 + 4 * shape.length;
  const magic = unsignedByte << 8 | shape.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = bytes.length < 4 ? undefined : view.getUint32(0);
  if (found !== magic) {
    const rule = `an IDX file of unsigned bytes with ${shape.length} axes begins with ${hex(magic)}`;
    const received = found === undefined ? `${bytes.length} bytes in all` : hex(found);
    throw new FileError({ what, rule, received, hint });
  }
  if (bytes.length < headerLength) {
    const rule = `an IDX header with ${shape.length} axes has ${headerLength} bytes`;
    throw new FileError({ what, rule, received: `${bytes.length} bytes in all`, hint });
  }
  const extents = shape.map((_, axis) => view.getUint32(4 + 4 * axis));
  if (!sameShape(extents, shape)) {
    throw new FileError({
      what,
      rule: `its header must give shape ${formatShape(shape)}`,
      received: formatShape(extents),
      hint,
    });
  }
  const length = headerLength + sizeOf(shape);
  if (bytes.length !== length) {
    const rule = `shape ${formatShape(shape)} takes ${length} bytes with the header`;
    throw new FileError({ what, rule, received: `${bytes.length} bytes`, hint });
  }
  return new Tensor(shape, "uint8", bytes.subarray(headerLength));
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/**
 * Reads a gzipped IDX file of unsigned bytes. Throws {@linkcode FileError} as {@linkcode parseIdx} does, and where it does
 * not unzip to as many bytes as the shape takes; `hint` says how to mend that.
 */
export async function readGzippedIdx(
  gzipped: Uint8Array<ArrayBuffer>,
  shape: Shape,
  { what, hint }: { what: string; hint: string },
): Promise<Tensor> {
  const length = 4 + 4 * shape.length + sizeOf(shape);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await gunzip(gzipped, length);
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    throw new FileError({ what, rule: `it must unzip to ${length} bytes`, received, hint });
  }
  return parseIdx(bytes, shape, what);
}
