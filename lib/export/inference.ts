// The graph of a model's inference, traced for several extents of each unknown axis: what is the same for all is fixed,
// and what differs must follow from the extents.
import type { DType } from "../dtype.ts";
import { CeratopsError, ValueError } from "../errors.ts";
import { errorPlace, withContext } from "../ir/context.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { isLoop } from "../ir/op_def.ts";
import { recording, Trace } from "../ir/trace.ts";
import { idOf, type Value } from "../ir/value.ts";
import { addedLosses, isTraining } from "../layers/context.ts";
import { legalize } from "../passes/legalize.ts";
import { simplify } from "../passes/simplify.ts";
import { programRandom, RandomState } from "../random_stream.ts";
import { formatShape, isKnown, type Shape, type SymbolicShape } from "../shape.ts";
import { mapStructure, packLike, type Structure } from "../structure.ts";
import { Variable } from "../tensor/variable.ts";
import { inputsOf, type ModelOfInputs } from "./inputs.ts";

/** What exporting needs of a model. */
export interface ExportedModel extends ModelOfInputs {
  /** Whether it has its weights. */
  readonly built: boolean;
  /** The names of the outputs, in the order in which structures are flattened. */
  readonly outputNames: readonly string[];
  /** The outputs for a batch, traced. */
  predictStep(data: { readonly x: Structure<Value> }): Structure<Value>;
}

/** The extents that an inference is for. */
export interface InferenceOptions {
  /** The batch size, or null to keep it unknown. */
  readonly batchSize: number | null;
  /** The shapes of the inputs; null for those that the model was built for. */
  readonly inputShape: Structure<SymbolicShape> | null;
}

/** An input of the inference. */
interface InferenceInput {
  /** Its name. */
  readonly name: string;
  /** Its element type. */
  readonly dtype: DType;
  /** Each extent, or the name of one that is known only at run time. */
  readonly shape: readonly (number | string)[];
}

/**
 * A graph traced several times, for other extents of the unknown axes: the nodes are the same, up to the attributes
 * that follow from extents.
 */
export interface ProbedGraph {
  /** The graph at each probe. */
  readonly graphs: readonly Graph[];
}

/** The inference of a model. */
export interface Inference extends ProbedGraph {
  /** The inputs, in the order of the graphs' inputs. */
  readonly inputs: readonly InferenceInput[];
  /** The names of the outputs, in the order of the graphs' outputs. */
  readonly outputNames: readonly string[];
}

/** An extent, or another number that may depend on extents, at each probe. */
export type Extent = readonly number[];

/** Whether an extent is the same at all probes. */
export const isFixed = (extent: Extent): boolean => extent.every((value) => value === extent[0]);

/** The extents of a value. */
export function extentsOf({ graphs }: ProbedGraph, id: ValueId): Extent[] {
  return graphs[0].types[id].shape.map((_, axis) => graphs.map(({ types }) => types[id].shape[axis]));
}

/**
 * The extents of unknown axes at each probe. A constant must not have the batch axis, so the batch is larger than what
 * `simplify` folds; primes make products of extents and layers' own numbers differ; and lengths are both even and odd,
 * since padding may depend on that.
 */
const probes: readonly { readonly batch: number; readonly lengths: readonly number[] }[] = [
  { batch: 1031, lengths: [1680, 2520, 3360, 4200, 5040] },
  { batch: 1049, lengths: [2521, 2531, 2539, 2543, 2549] },
  { batch: 1097, lengths: [1777, 1783, 1787, 1789, 1801] },
];

/** How the unknown axes after the first are named and probed: each by itself, or all as one. */
type Lengths = "each" | "together";

/** The name of the batch axis. */
const batchName = "batch";

/**
 * Traces the inference of a model. Throws {@linkcode ValueError} where its graph depends on the extents of unknown
 * axes in more than shapes.
 *
 * @param model a built model
 * @param options the extents that are fixed
 * @param what what failed, for errors
 */
export function traceInference(
  model: ExportedModel,
  { batchSize, inputShape }: InferenceOptions,
  what: string,
): Inference {
  const inputs = inputsOf(model, inputShape, what);
  const dtypes = inputs.map(({ dtype }) => dtype);
  const shapes = inputs.map(({ shape: [batch, ...rest] }): SymbolicShape => [batch ?? batchSize, ...rest]);
  const isOpen = shapes.some((shape) => !isKnown(shape));
  const attempt = (lengths: Lengths): Inference => {
    const graphs = (isOpen ? probes : probes.slice(0, 1)).map((_, probe) => {
      return traceOnce(model, probedShapes(shapes, probe, lengths), dtypes, what);
    });
    const difference = differenceOf(graphs);
    if (difference !== undefined) throw dependsOnExtents(what, difference);
    return {
      graphs,
      inputs: namedShapes(shapes, lengths, model.inputNames).map((shape, i) => {
        return { name: model.inputNames[i], dtype: dtypes[i], shape };
      }),
      outputNames: model.outputNames,
    };
  };
  if (!isOpen) return attempt("together");
  const count = shapes.reduce((sum, shape) => sum + shape.slice(1).filter((extent) => extent === null).length, 0);
  try {
    return attempt(count > 1 ? "each" : "together");
  } catch (error) {
    if (!(error instanceof CeratopsError)) throw error;
    if (count > 1) return attempt("together");
    throw error instanceof ValueError && error.message.startsWith(what) ? error : dependsOnExtents(what, error.message);
  }
}

/** The error of a model whose graph is another one for other extents. */
export function dependsOnExtents(what: string, received: string): ValueError {
  return new ValueError({
    what,
    rule: "what is computed must follow from the data, whatever the batch size and other extents that are null",
    received,
    hint: "give batchSize for a file of one batch size, or inputShape with numbers in place of null",
  });
}

/** The shapes with an extent for each unknown axis. */
function probedShapes(shapes: readonly SymbolicShape[], probe: number, lengths: Lengths): Shape[] {
  const { batch, lengths: extents } = probes[probe];
  let next = 0;
  return shapes.map((shape) =>
    shape.map((extent, axis) => {
      if (extent !== null) return extent;
      if (axis === 0) return batch;
      return lengths === "each" ? extents[next++ % extents.length] : extents[0];
    })
  );
}

/** The shapes with a name for each unknown axis. */
function namedShapes(
  shapes: readonly SymbolicShape[],
  lengths: Lengths,
  names: readonly string[],
): (number | string)[][] {
  const isOne = lengths === "together";
  return shapes.map((shape, i) =>
    shape.map((extent, axis) => extent ?? (axis === 0 ? batchName : isOne ? "length" : `${names[i]}_${axis}`))
  );
}

/** The simplified graph of one trace. */
function traceOnce(model: ExportedModel, shapes: readonly Shape[], dtypes: readonly DType[], what: string): Graph {
  const trace = new Trace();
  const random = new RandomState(new Variable([0, 0], { dtype: "int32", name: "random", trainable: false }));
  const context = [
    ...recording(trace),
    errorPlace.of(`the export of "${model.name}"`),
    programRandom.of(random),
    isTraining.of(false),
    addedLosses.of([]),
  ];
  withContext(context, () => {
    const values = shapes.map((shape, i) => trace.input({ shape, dtype: dtypes[i] }));
    const outputs = model.predictStep({ x: packLike(model.inputShape!, values) });
    mapStructure(outputs, (value) => trace.graph.outputs.push(idOf(value)));
  });
  const changed = trace.graph.state.find(({ input, output }) => input !== output);
  if (changed) {
    throw new ValueError({
      what,
      rule: "a file holds the weights as they are, so that predictions must not change them",
      received: `a model that assigns to "${changed.variable.name}" when it predicts`,
      hint: "export a model without that layer",
    });
  }
  return simplify(legalize(trace.graph));
}

/** The first difference of graphs that is not one of attributes, in words; undefined if there is none. */
function differenceOf([first, ...others]: readonly Graph[]): string | undefined {
  for (const other of others) {
    for (let i = 0; i < Math.max(first.nodes.length, other.nodes.length); i++) {
      const [a, b] = [first.nodes[i], other.nodes[i]];
      if (!a || !b || !isSameNode(a, b)) return `a graph that is another one from "${(a ?? b).origin}" on`;
      const rank = a.outputs.find((id) => first.types[id].shape.length !== other.types[id].shape.length);
      if (rank !== undefined) return `"${a.origin}" of shape ${formatShape(first.types[rank].shape)}`;
      if (isLoop(a) && isLoop(b)) {
        const inner = differenceOf([a.attrs.body, b.attrs.body]);
        if (inner !== undefined) return inner;
      }
    }
    if (String(first.outputs) !== String(other.outputs)) return "other outputs";
  }
  return undefined;
}

function isSameNode(a: Node, b: Node): boolean {
  return a.op === b.op && String(a.inputs) === String(b.inputs) && String(a.outputs) === String(b.outputs);
}
