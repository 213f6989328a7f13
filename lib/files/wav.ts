// Sounds in WAV files: RIFF chunks, of which one has the samples. http://soundfile.sapp.org/doc/WaveFormat/
import { FileError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A sound. */
export interface Sound {
  /** From -1 to 1, float32 `[samples, channels]`. */
  readonly samples: Tensor;
  /** The number of samples in a second. */
  readonly rate: number;
}

const [pcm, float, extensible] = [1, 3, 0xfffe];

/** How a sample is read, by format and bits. */
const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  [`${pcm} 8`]: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  [`${pcm} 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${pcm} 24`]: (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 2 ** 23,
  [`${pcm} 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${float} 32`]: (view, at) => view.getFloat32(at, true),
  [`${float} 64`]: (view, at) => view.getFloat64(at, true),
};

/**
 * The sound in a WAV file: integers of 8 to 32 bits, scaled to [-1, 1), or floats as they are. Throws {@linkcode FileError}
 * for other bytes, and for compressed samples.
 */
export function readWav(bytes: Uint8Array, what: string): Sound {
  const refuse = (received: string): never => {
    throw new FileError({
      what,
      rule: "it must be a whole WAV file of samples that are not compressed",
      received,
      hint: "save it as WAV with PCM of 16 bits",
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== "RIFF" || tag(8) !== "WAVE") {
    return refuse(`${bytes.length} bytes of another format`);
  }
  let format: { kind: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length] = [tag(at), view.getUint32(at + 4, true)];
    const start = at + 8;
    if (start + length > bytes.length) return refuse(`a part "${name}" of ${length} bytes, of which some are missing`);
    if (name === "fmt ") {
      if (length < 16) return refuse(`a header of ${length} bytes`);
      const kind = view.getUint16(start, true);
      format = {
        // The extended header says further on what it holds.
        kind: kind === extensible && length >= 26 ? view.getUint16(start + 24, true) : kind,
        channels: view.getUint16(start + 2, true),
        rate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    } else if (name === "data") {
      if (!format) return refuse("samples before their header");
      const { kind, channels, rate, bits } = format;
      const read = readers[`${kind} ${bits}`];
      if (!read || channels === 0) return refuse(`format ${kind}, ${bits} bits and ${channels} channels`);
      const frame = channels * bits / 8;
      const count = Math.floor(length / frame);
      const samples = Float32Array.from({ length: count * channels }, (_, i) => read(view, start + i * bits / 8));
      return { samples: new Tensor([count, channels], "float32", samples), rate };
    }
    // Parts begin at even places.
    at = start + length + length % 2;
  }
  return refuse("no samples");
}
