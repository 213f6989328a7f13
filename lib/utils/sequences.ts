// Padding and truncating sequences to one length.
import { bytesPerElement, checkDType, type DType, makeArray } from "../dtype.ts";
import { describe, ShapeError, unknownIdentifier, ValueError } from "../errors.ts";
import { uncheckedHere } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { checkSize, formatShape, sameShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";

/** The end of a sequence where {@linkcode padSequences} adds or removes. */
export type SequenceEnd = "pre" | "post";

/** The options of {@linkcode padSequences}. */
export interface PadSequencesOptions {
  /** The length of every row; without it, that of the longest sequence. */
  maxlen?: number | null;
  /** The element type of the result; `int32` by default. */
  dtype?: DType;
  /** Where the padding goes; `pre` by default. */
  padding?: SequenceEnd;
  /** Where longer sequences lose elements; `pre` by default. */
  truncating?: SequenceEnd;
  /** The value to pad with; 0 by default. */
  value?: number;
}

/** The most sequences. */
const maxRows = 2 ** 28;

/** The options of `padSequences`, checked together with the sequences. */
const padOptions = optionTable<PadSequencesOptions>()({
  maxlen: nullable(uncheckedHere<number>()),
  dtype: uncheckedHere<DType>("int32"),
  padding: uncheckedHere<SequenceEnd>("pre"),
  truncating: uncheckedHere<SequenceEnd>("pre"),
  value: uncheckedHere<number>(0),
});

/**
 * Pads and truncates sequences to one length: `n` sequences give a tensor `[n, maxlen]`, or `[n, maxlen, ...]` if the
 * elements of the sequences are themselves arrays. Source: `keras.utils.pad_sequences`.
 *
 * @throws {ShapeError} if elements differ in shape between sequences
 * @throws {ValueError} for an option out of range
 *
 * @example Two sentences of word numbers
 * ```ts
 * import { utils } from "./mod.ts";
 * console.log(utils.padSequences([[7], [4, 2, 9]]).toArray()); // [ [ 0, 0, 7 ], [ 4, 2, 9 ] ]
 * ```
 */
export function padSequences(sequences: readonly TensorLike[], options: PadSequencesOptions = {}): Tensor {
  const what = "Cannot pad sequences";
  const { maxlen, dtype, padding, truncating, value } = readMethodOptions("padSequences", padOptions, options, what);
  if (!Array.isArray(sequences) || sequences.length > maxRows) {
    throw new ValueError({
      what,
      rule: "sequences must come in a list",
      received: Array.isArray(sequences) ? `one of ${sequences.length}` : describe(sequences),
      hint: "write them in brackets, as in [[7], [4, 2, 9]]",
    });
  }
  checkDType(dtype, what);
  if (typeof value !== "number") {
    throw new ValueError({ what, rule: "value must be a number", received: describe(value), hint: "give 0, or -1" });
  }
  for (const [name, end] of Object.entries({ padding, truncating })) {
    if (end !== "pre" && end !== "post") {
      throw unknownIdentifier(name, typeof end === "string" ? end : describe(end), ["pre", "post"], what);
    }
  }
  const rows = Array.from(sequences, (sequence: TensorLike, i) => {
    const row = tensor(sequence);
    if (row.rank > 0) return row;
    const hint = "wrap it in an array";
    throw new ValueError({ what, rule: "each sequence must be an array", received: `one number at index ${i}`, hint });
  });
  const length = maxlen ?? rows.reduce((longest, row) => Math.max(longest, row.shape[0]), 0);
  if (!Number.isInteger(length) || length < 0) {
    const hint = "leave maxlen out to take the longest sequence's length";
    throw new ValueError({ what, rule: "maxlen must be an integer of at least 0", received: describe(length), hint });
  }
  const inner: Shape = rows.find((row) => row.shape[0] > 0)?.shape.slice(1) ?? [];
  const width = sizeOf(inner);
  checkSize([rows.length, length, ...inner], what);
  const data = makeArray(dtype, rows.length * length * width).fill(cast(value, dtype));
  rows.forEach((row, i) => {
    const extent = row.shape[0];
    if (extent === 0) return;
    if (!sameShape(row.shape.slice(1), inner)) {
      const received = `${formatShape(row.shape.slice(1))} at index ${i}`;
      const hint = "give every sequence elements of one shape";
      throw new ShapeError({ what, rule: `elements have shape ${formatShape(inner)}`, received, hint });
    }
    const kept = truncating === "pre" ? row.rows(Math.max(0, extent - length)) : row.rows(0, length);
    const start = padding === "pre" ? length - kept.shape[0] : 0;
    data.set(kept.cast(dtype).data, (i * length + start) * width);
  });
  return new Tensor([rows.length, length, ...inner], dtype, data);
}

function cast(value: number, dtype: DType): number {
  const fits = bytesPerElement(dtype) === 4 || (Number.isInteger(value) && value >= 0 && value <= 255);
  if (typeof value === "number" && fits) return makeArray(dtype, [value])[0];
  throw new ValueError({
    what: "Cannot pad sequences",
    rule: `value must be a number that ${dtype} can hold`,
    received: `${value}`,
    hint: `pass a dtype that holds it, such as "float32"`,
  });
}
