// Output shapes and dtypes, found by tracing a call with probe extents for unknown axes.
import type { DType, InputDType } from "../dtype.ts";
import { CeratopsError, DTypeError } from "../errors.ts";
import { withContext } from "../ir/context.ts";
import { recording, Trace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";
import { addedLosses, isTraining } from "./context.ts";
import { type CallArguments, replaceArguments, TensorSpec } from "../tensor/symbolic.ts";

/**
 * Probe extents of an unknown batch axis and of all other unknown axes. The latter are equal, since unknown axes
 * usually meet each other, and have many divisors.
 */
const probeExtents = [{ batch: 11, other: 840 }, { batch: 13, other: 1680 }] as const;

/**
 * The message of an error with `null` in its shapes in place of probe extents: those numbers that are others in the
 * message of the second probe.
 */
function withoutProbes(message: string, second: () => unknown): string {
  let other = "";
  try {
    second();
  } catch (error) {
    if (error instanceof CeratopsError) other = error.message;
  }
  // Numbers between brackets are extents, or count elements; of others, as in names, those of the first probe stay.
  const parts = (text: string) => text.split(/(?<=[[,] ?)(\d+)(?=[\],])|(\d+)(?= elements)/);
  const [mine, others] = [parts(message), parts(other)];
  if (mine.length !== others.length) return message;
  return mine.map((part, i) => part === others[i] ? part : i % 3 === 1 ? "null" : i % 3 === 2 ? "some" : part).join("");
}

/** The dtype of numbers. Throws {@linkcode DTypeError} for texts, which programs do not have. */
export function dtypeOfNumbers({ dtype }: { readonly dtype: InputDType }): DType {
  if (dtype !== "string") return dtype;
  throw new DTypeError({
    what: "Cannot compute with texts",
    rule: "layers and ops take numbers, but for those that make numbers of texts",
    received: "a symbolic tensor of texts",
    hint: "put a TextVectorization, a StringLookup or a Hashing right after the Input",
  });
}

/**
 * The shapes and dtypes that `run` returns for arguments: it is traced with two probes for each unknown axis, and an
 * extent that differs between the two is unknown too. With `once` it is traced once, for the dtypes alone.
 */
export function inferSpecs(
  args: CallArguments<TensorSpec>,
  run: (args: CallArguments<Value>) => Structure<Value>,
  once = false,
): Structure<TensorSpec> {
  const probe = ({ batch, other }: (typeof probeExtents)[number]) => {
    const known = (shape: SymbolicShape): Shape => shape.map((extent, axis) => extent ?? (axis === 0 ? batch : other));
    const trace = new Trace();
    return withContext([...recording(trace), isTraining.of(false), addedLosses.of([])], () => {
      const values = replaceArguments<Value>(
        args,
        (
          item,
        ) => (item instanceof TensorSpec
          ? trace.input({ shape: known(item.shape), dtype: dtypeOfNumbers(item) })
          : item),
      );
      return mapStructure(run(values), ({ shape, dtype }) => new TensorSpec(shape, dtype));
    });
  };
  const [one, two] = probeExtents;
  let first: Structure<TensorSpec>;
  try {
    first = probe(one);
  } catch (error) {
    if (error instanceof CeratopsError) error.message = withoutProbes(error.message, () => probe(two));
    throw error;
  }
  if (once) return first;
  const others = flatten(probe(two));
  return mapStructure(first, ({ shape, dtype }, i) => {
    const other = others[i].shape;
    return new TensorSpec(shape.map((extent, axis) => (extent === other[axis] ? extent : null)), dtype);
  });
}
