// Bindings: the buffer ranges of a kernel's operands, merged where they share one.
import { memoryType, type Operand, sharedWords } from "../../ops/webgpu/operand.ts";

/** A bound range of a buffer. */
export interface Binding {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Bindings, numbered from 1 in the shader: binding 0 is the uniform. */
export interface Bindings {
  readonly list: readonly Binding[];
  /** The element type of each. */
  readonly memory: readonly string[];
  /** Whether each is read-only. */
  readonly readOnly: readonly boolean[];
  /** The index of an operand's binding in the list. */
  indexOf(operand: Operand): number;
}

interface Open {
  readonly buffer: GPUBuffer;
  offset: number;
  bytes: number;
  readonly memory: string;
}

/**
 * One binding per range; operands with the same range share it. All ranges of a buffer that is written are bound
 * read-write, since WebGPU forbids binding a buffer both ways in one dispatch.
 */
export function bindRanges(operands: readonly Operand[]): Bindings {
  return bind(operands, (open, { view }) => open.buffer === view.buffer && open.offset === view.offset, memoryType);
}

/** One binding of words per buffer: the range from its first operand to the end of its last. */
export function bindBuffers(operands: readonly Operand[]): Bindings {
  const isShared = ({ view: { storage }, access }: Operand) => storage === "halves" && access !== "load";
  const shared = new Set(operands.filter(isShared).map(({ view }) => view.buffer));
  const memoryOf = ({ view }: Operand) => (shared.has(view.buffer) ? sharedWords : "u32");
  return bind(operands, (open, { view }) => open.buffer === view.buffer, memoryOf);
}

function bind(
  operands: readonly Operand[],
  holds: (open: Open, operand: Operand) => boolean,
  memoryOf: (operand: Operand) => string,
): Bindings {
  const list: Open[] = [];
  for (const operand of operands) {
    const { buffer, offset, bytes } = operand.view;
    const open = list.find((each) => holds(each, operand));
    if (!open) {
      list.push({ buffer, offset, bytes, memory: memoryOf(operand) });
      continue;
    }
    const end = Math.max(open.offset + open.bytes, offset + bytes);
    open.offset = Math.min(open.offset, offset);
    open.bytes = end - open.offset;
  }
  const written = new Set(operands.filter(({ access }) => access !== "load").map(({ view }) => view.buffer));
  return {
    list,
    memory: list.map(({ memory }) => memory),
    readOnly: list.map(({ buffer }) => !written.has(buffer)),
    indexOf: (operand) => list.findIndex((open) => holds(open, operand)),
  };
}

/** The lines that enable what WGSL needs for bindings. */
export function extensionsOf({ memory }: Bindings): string[] {
  return memory.some((type) => type.includes("f16")) ? ["enable f16;"] : [];
}

/** The declarations of bindings as `buffer_1`, `buffer_2`, ... and of the uniform. */
export function bindingLines({ memory, readOnly }: Bindings): string[] {
  return [
    "@group(0) @binding(0) var<uniform> params: Params;",
    ...memory.map((type, i) => {
      const access = readOnly[i] ? "read" : "read_write";
      return `@group(0) @binding(${i + 1}) var<storage, ${access}> buffer_${i + 1}: array<${type}>;`;
    }),
  ];
}
