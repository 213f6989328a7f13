// An ONNX model under construction: nodes, names and initializers, and its bytes. https://onnx.ai/onnx/repo-docs/IR.html
import type { DType, TypedArray } from "../dtype.ts";
import { gibibytes } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { FileParts } from "../files/system.ts";
import { encodeMessage, type ProtoMessage } from "../files/protobuf.ts";
import type { Shape } from "../shape.ts";

/** The element types of ONNX that exported graphs have. */
export type OnnxType = DType | "int64";

/** ONNX's numbers of element types: `TensorProto.DataType`. */
export const dataTypes: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

/** The value of an attribute: an integer, a list of integers, a text or a body. */
type OnnxAttribute = number | readonly number[] | string | OnnxGraph;

/** The attributes of a node by name. */
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** A node. */
interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** An input or output of a graph; an extent is a number, the name of an unknown one, or null for nothing known. */
export interface OnnxValue {
  /** Its name. */
  readonly name: string;
  /** Its element type. */
  readonly dtype: DType;
  /** Its shape. */
  readonly shape: readonly (number | string | null)[];
}

/** A graph: the whole one, or the body of a loop. */
export class OnnxGraph {
  /** The nodes in the order in which they run. */
  readonly nodes: OnnxNode[] = [];
  /** The inputs. */
  readonly inputs: OnnxValue[] = [];
  /** The outputs. */
  readonly outputs: OnnxValue[] = [];
}

/** A tensor that the file holds. */
interface Initializer {
  readonly name: string;
  readonly dtype: OnnxType;
  readonly shape: Shape;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a file's header says. */
export interface OnnxHeader {
  /** The name of the graph. */
  readonly name: string;
  /** The version of ONNX's operators. */
  readonly opsetVersion: number;
}

/** The largest message of Protocol Buffers, which an ONNX file is; the graph beside the weights takes some of it. */
const maxBytes = 2 ** 31 - 1;

/** The version of the file format, which runtimes of 2024 and later read. */
const irVersion = 10;

/** A model under construction; names of values are unique in it, those of bodies included. */
export class OnnxModel {
  /** The whole graph. */
  readonly graph: OnnxGraph = new OnnxGraph();
  readonly #initializers: Initializer[] = [];
  readonly #shared = new Map<string, string>();
  readonly #names = new Set<string>();

  /** A name that no value has yet: `hint`, or with a number behind it. */
  unique(hint: string): string {
    let name = hint;
    for (let i = 1; this.#names.has(name); i++) name = `${hint}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a node to a graph, and returns the names of its outputs. */
  node(
    graph: OnnxGraph,
    opType: string,
    inputs: readonly string[],
    attributes: OnnxAttributes,
    origin: string,
    count = 1,
  ): string[] {
    const name = this.unique(`${origin}/${opType}`);
    const outputs = Array.from({ length: count }, (_, i) => this.unique(i === 0 ? `${name}:0` : `${name}:${i}`));
    graph.nodes.push({ opType, name, inputs, outputs, attributes });
    return outputs;
  }

  /** Adds a tensor to the file, and returns its name. */
  initializer(hint: string, dtype: OnnxType, shape: Shape, data: TypedArray | BigInt64Array<ArrayBuffer>): string {
    const name = this.unique(hint);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, dtype, shape, bytes });
    return name;
  }

  /** The name of a list of integers, int64, as operators take axes and shapes; equal lists are one tensor. */
  integers(values: readonly number[]): string {
    return this.#once(
      `[${values}]`,
      () => this.initializer(`[${values}]`, "int64", [values.length], BigInt64Array.from(values, BigInt)),
    );
  }

  /** The name of a number of shape `[]`; equal numbers are one tensor. */
  scalar(value: number, dtype: OnnxType): string {
    const text = `${Object.is(value, -0) ? "-0" : value}`;
    return this.#once(`${dtype} ${text}`, () => {
      const data = dtype === "int64"
        ? BigInt64Array.of(BigInt(value))
        : dtype === "float32"
        ? Float32Array.of(value)
        : dtype === "int32"
        ? Int32Array.of(value)
        : Uint8Array.of(value);
      return this.initializer(`${dtype}(${text})`, dtype, [], data);
    });
  }

  #once(key: string, make: () => string): string {
    let name = this.#shared.get(key);
    if (name === undefined) this.#shared.set(key, name = make());
    return name;
  }

  /** The bytes of the file. Throws {@linkcode ValueError} where it would be larger than ONNX allows. */
  encode({ name, opsetVersion }: OnnxHeader, what: string): Promise<FileParts> {
    const read = namesRead(this.graph);
    const initializers = this.#initializers.filter(({ name }) => read.has(name));
    checkFileSize(initializers.reduce((sum, { bytes }) => sum + bytes.length, 0), what);
    return encodeMessage({
      [modelFields.irVersion]: irVersion,
      [modelFields.producerName]: "ceratops",
      [modelFields.graph]: {
        ...graphMessage(this.graph, name),
        [graphFields.initializer]: initializers.map(({ name, dtype, shape, bytes }) => ({
          [tensorFields.dims]: [...shape],
          [tensorFields.dataType]: dataTypes[dtype],
          [tensorFields.name]: name,
          [tensorFields.rawData]: bytes,
        })),
      },
      [modelFields.opsetImport]: { [opsetFields.domain]: "", [opsetFields.version]: opsetVersion },
    }, what);
  }
}

/** Throws {@linkcode ValueError} where weights of so many bytes do not fit into a file. */
export function checkFileSize(bytes: number, what: string): void {
  if (bytes <= maxBytes * 0.99) return;
  throw new ValueError({
    what,
    rule: "an ONNX file holds less than 2 GiB",
    received: `${gibibytes(bytes)} of weights`,
    hint: "save the model as .keras, or export it in parts",
  });
}

/** The names that the nodes of a graph and of its bodies read. */
function namesRead({ nodes }: OnnxGraph, names: Set<string> = new Set()): Set<string> {
  for (const { inputs, attributes } of nodes) {
    inputs.forEach((name) => names.add(name));
    for (const value of Object.values(attributes)) if (value instanceof OnnxGraph) namesRead(value, names);
  }
  return names;
}

// The numbers of fields in the messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
const modelFields = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 } as const;
const opsetFields = { domain: 1, version: 2 } as const;
const graphFields = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const nodeFields = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const attributeFields = { name: 1, i: 3, s: 4, g: 6, ints: 8, type: 20 } as const;
const tensorFields = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const valueFields = { name: 1, type: 2 } as const;
const typeFields = { tensorType: 1 } as const;
const tensorTypeFields = { elemType: 1, shape: 2 } as const;
const shapeFields = { dim: 1 } as const;
const dimensionFields = { value: 1, param: 2 } as const;

function graphMessage({ nodes, inputs, outputs }: OnnxGraph, name: string): ProtoMessage {
  return {
    [graphFields.node]: nodes.map(({ opType, name, inputs, outputs, attributes }) => ({
      [nodeFields.input]: inputs,
      [nodeFields.output]: outputs,
      [nodeFields.name]: name,
      [nodeFields.opType]: opType,
      [nodeFields.attribute]: Object.entries(attributes).map(([key, value]) => attributeMessage(key, value)),
    })),
    [graphFields.name]: name,
    [graphFields.input]: inputs.map(valueMessage),
    [graphFields.output]: outputs.map(valueMessage),
  };
}

/** ONNX's numbers of the kinds of attributes: `AttributeProto.AttributeType`. */
const attributeTypes = { int: 2, string: 3, graph: 5, ints: 7 } as const;

function attributeMessage(name: string, value: OnnxAttribute): ProtoMessage {
  const { i, s, g, ints, type } = attributeFields;
  const named = { [attributeFields.name]: name };
  if (typeof value === "number") return { ...named, [i]: value, [type]: attributeTypes.int };
  if (typeof value === "string") return { ...named, [s]: value, [type]: attributeTypes.string };
  if (value instanceof OnnxGraph) return { ...named, [g]: graphMessage(value, name), [type]: attributeTypes.graph };
  return { ...named, [ints]: value, [type]: attributeTypes.ints };
}

function valueMessage({ name, dtype, shape }: OnnxValue): ProtoMessage {
  const dimensions = shape.map((extent): ProtoMessage =>
    typeof extent === "number"
      ? { [dimensionFields.value]: extent }
      : extent === null
      ? {}
      : { [dimensionFields.param]: extent }
  );
  return {
    [valueFields.name]: name,
    [valueFields.type]: {
      [typeFields.tensorType]: {
        [tensorTypeFields.elemType]: dataTypes[dtype],
        [tensorTypeFields.shape]: { [shapeFields.dim]: dimensions },
      },
    },
  };
}
