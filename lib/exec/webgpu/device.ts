// The device: buffers, cached pipelines, counts, and readable errors.
import { BackendError, DeviceLostError } from "../../errors.ts";
import type { BuiltKernel } from "./kernel.ts";
import type { Tuning } from "../../ops/webgpu/kernels/tuning.ts";
import { bindingAlignment } from "../../ops/webgpu/view.ts";

/** Counts since the backend was opened, checked by tests. */
export interface GpuCounts {
  /** Compute pipelines created. */
  pipelines: number;
  /** Buffers created. */
  buffers: number;
  /** Bytes of the buffers created and not freed. */
  bytes: number;
  /** Command buffers submitted. */
  submits: number;
  /** Times the host waited for memory to be mapped. */
  readBacks: number;
}

/** A pipeline and the layout of what it binds. */
export interface Pipeline {
  readonly gpu: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A pipeline that was just made, and may yet be refused. */
interface Fresh {
  readonly key: string;
  readonly code: string;
  readonly label: string;
  readonly module: GPUShaderModule;
}

/** A GPU device, with what all its programs share. */
export class Gpu {
  /** Counts so far. */
  readonly counts: GpuCounts = { pipelines: 0, buffers: 0, bytes: 0, submits: 0, readBacks: 0 };
  /** The most bytes of a binding, and so of a buffer that kernels use: a multiple of 256. */
  readonly bindingBytes: number;
  /** Whether consecutive small kernels become one dispatch. */
  readonly compounds: boolean;
  /** Whether float16 is stored in two bytes. */
  readonly halves: boolean;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  #lost: string | undefined;
  #failure: string | undefined;

  /** Called when the device is lost. */
  onLost: () => void = () => {};

  /**
   * Takes over `device`. Bindings may be limited to `bindingBytes`; `compounds` is {@linkcode Gpu.compounds}. Halves are
   * stored where the device has float16, unless `halves` is false.
   */
  constructor(
    readonly device: GPUDevice,
    readonly tuning: Tuning,
    readonly description: string,
    { bindingBytes = Infinity, compounds = true, halves = true }: {
      bindingBytes?: number;
      compounds?: boolean;
      halves?: boolean;
    } = {},
  ) {
    this.compounds = compounds;
    // Older browsers have the feature, but not the array with which the host reads it.
    this.halves = halves && device.features.has("shader-f16") && "Float16Array" in globalThis;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    const most = Math.min(bindingBytes, maxBufferSize, maxStorageBufferBindingSize);
    this.bindingBytes = most - most % bindingAlignment;
    device.lost.then(({ message, reason }) => {
      this.#lost = `${message || "no message"}${reason ? ` (${reason})` : ""}`;
      this.onLost();
    });
    device.addEventListener("uncapturederror", (event) => {
      this.#failure ??= (event as GPUUncapturedErrorEvent).error.message;
      event.preventDefault();
    });
  }

  /** Throws {@linkcode DeviceLostError} if the device is lost, {@linkcode BackendError} if an earlier call failed. */
  check(what: string): void {
    if (this.#lost !== undefined) {
      throw new DeviceLostError({
        what,
        rule: "the GPU device was lost",
        received: `"${this.#lost}"`,
        hint:
          'variables keep what was last read on the host; open a backend again with setBackend("webgpu"), or go on ' +
          'with setBackend("auto")',
      });
    }
    if (this.#failure !== undefined) {
      const received = this.#failure;
      this.#failure = undefined;
      throw new BackendError({ what, rule: "the GPU refused a call", received });
    }
  }

  /** Runs `body` with a {@linkcode Gpu.check} before and after. */
  async watched<T>(what: string, body: () => Promise<T>): Promise<T> {
    this.check(what);
    try {
      const result = await body();
      this.check(what);
      return result;
    } catch (error) {
      // A lost device may be reported after the failure that it caused.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.check(what);
      throw error;
    }
  }

  /** Whether the device is lost. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** Creates a buffer; throws {@linkcode BackendError} naming `what` if the device does not allow its size. */
  buffer(bytes: number, usage: number, what: string): GPUBuffer {
    const limit = usage & GPUBufferUsage.STORAGE ? this.bindingBytes : this.device.limits.maxBufferSize;
    if (bytes > limit) this.refuse(bytes, what, limit);
    this.counts.buffers++;
    this.counts.bytes += bytes;
    return this.device.createBuffer({ size: bytes, usage, label: what });
  }

  /** Frees a buffer. */
  free(buffer: GPUBuffer): void {
    this.counts.bytes -= buffer.size;
    buffer.destroy();
  }

  /** Throws the {@linkcode BackendError} that `what` is larger than the device allows. */
  refuse(bytes: number, what: string, limit = this.bindingBytes): never {
    throw new BackendError({
      what: `Cannot make room for ${what} on the GPU`,
      rule: `a buffer may have at most ${mebibytes(limit)} on ${this.description}`,
      received: mebibytes(bytes),
      hint: "use a smaller batch, keep data as uint8, or choose another backend",
    });
  }

  /** The pipeline of a kernel, created once per distinct source. */
  pipeline(kernel: BuiltKernel): Pipeline {
    const { key } = kernel;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const layout = this.layout(kernel.readOnly);
    const code = kernel.link();
    const { device } = this;
    const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
    const compute = { module: device.createShaderModule({ code, label: kernel.label }) };
    const pipeline: Pipeline = {
      gpu: device.createComputePipeline({
        label: kernel.label,
        layout: pipelineLayout,
        compute: { ...compute, entryPoint: kernel.entry },
      }),
      layout,
    };
    this.counts.pipelines++;
    this.#pipelines.set(key, pipeline);
    this.#fresh.push({ key, code, label: kernel.label, module: compute.module });
    return pipeline;
  }

  #fresh: Fresh[] = [];

  /** The layout of a uniform and storage bindings, created once per combination. */
  layout(readOnly: readonly boolean[]): GPUBindGroupLayout {
    const key = readOnly.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const storage = readOnly.map((only, i): GPUBindGroupLayoutEntry => ({
        binding: i + 1,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: only ? "read-only-storage" : "storage" },
      }));
      const uniform = { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" as const } };
      layout = this.device.createBindGroupLayout({ entries: [uniform, ...storage] });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** Runs `body`, which creates pipelines and bind groups; throws {@linkcode BackendError} for validation errors. */
  async checked<T>(what: string, body: () => T): Promise<T> {
    this.check(what);
    const fresh: Fresh[] = this.#fresh = [];
    this.device.pushErrorScope("out-of-memory");
    this.device.pushErrorScope("validation");
    let result: T | undefined;
    let thrown: unknown;
    try {
      result = body();
    } catch (error) {
      thrown = error;
    }
    // Both at once, since another body may push scopes of its own while this one waits.
    const [validation, memory] = await Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]);
    if (thrown) throw thrown;
    this.check(what);
    // First, since what uses a buffer that has no memory is invalid too.
    if (memory) {
      throw new BackendError({
        what,
        rule: "the GPU has not enough memory",
        received: memory.message,
        hint: "use a smaller batch, or choose another backend",
      });
    }
    if (validation) throw await this.#refusal(what, validation.message, fresh);
    return result!;
  }

  /** The error for a failed call; its pipelines are removed from the caches. */
  async #refusal(what: string, message: string, fresh: readonly Fresh[]): Promise<BackendError> {
    for (const { key, code, label, module } of fresh) {
      const info = await module.getCompilationInfo();
      // Browsers report line and column; elsewhere the error message itself shows the place.
      const worst = info.messages.find(({ type }) => type === "error");
      if (!worst && !message.includes(`'${label}'`)) continue;
      this.#pipelines.delete(key);
      const line = worst?.lineNum || Number(/wgsl:(\d+):\d+/.exec(message)?.[1] ?? 0);
      const column = worst?.linePos || Number(/wgsl:\d+:(\d+)/.exec(message)?.[1] ?? 0);
      const said = worst?.message || message.trim();
      return new BackendError({
        what: `Cannot compile shader "${label}"`,
        rule: `${said}${line ? ` (line ${line}, column ${column})` : ""}\n${sourceLines(code, line)}\n`,
        hint: "this is a fault of Ceratops or of the driver: choose another backend, and report it with this text",
      });
    }
    for (const { key } of fresh) this.#pipelines.delete(key);
    return new BackendError({ what, rule: "the GPU refused a call", received: message.trim() });
  }

  /** Compiles a single kernel; throws {@linkcode BackendError} with the source if it does not compile. */
  compileAlone(kernel: BuiltKernel): Promise<Pipeline> {
    return this.checked(`Cannot compile shader "${kernel.label}"`, () => this.pipeline(kernel));
  }

  /** Begins a compute pass; benchmarks give it timestamps. */
  beginPass(encoder: GPUCommandEncoder): GPUComputePassEncoder {
    return encoder.beginComputePass();
  }

  /** Submits what `encoder` recorded. */
  submit(encoder: GPUCommandEncoder): void {
    this.device.queue.submit([encoder.finish()]);
    this.counts.submits++;
  }
}

/** The lines around `line` of a source, numbered; the first lines if `line` is unknown. */
function sourceLines(code: string, line: number): string {
  const lines = code.split("\n");
  const from = Math.max(0, (line || 1) - 4);
  return lines.slice(from, from + 7)
    .map((text, i) => `${from + i + 1 === line ? ">" : " "} ${String(from + i + 1).padStart(4)} | ${text}`)
    .join("\n");
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
