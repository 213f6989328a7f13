// Opening WebGPU: the adapter, whether it is a real GPU, and the device.
import { BackendError } from "../../errors.ts";
import { Gpu } from "./device.ts";
import { WebGpuExecutor } from "./executor.ts";
import { softwareTuning } from "../../ops/webgpu/kernels/software.ts";
import { type AdapterKind, gpuTuning, gpuTuningFor, type Tuning } from "../../ops/webgpu/kernels/tuning.ts";

/** Options of {@linkcode openWebGpu}. */
export interface WebGpuOptions {
  /** Whether to allow adapters that run on the CPU; not for `auto`, since Eigen is faster there. */
  readonly allowSoftware?: boolean;
  /** The kind of adapter, or the tuning, that kernels are chosen for; by default the adapter's. For tests. */
  readonly tunedFor?: AdapterKind | Tuning;
  /** The most bytes of a binding; by default the adapter's limit. For tests. */
  readonly bindingBytes?: number;
  /** Whether small kernels share a dispatch; true unless said otherwise. For tests, where others use the same shaders. */
  readonly compounds?: boolean;
  /** Whether float16 is stored in two bytes where the adapter can; true unless said otherwise. For tests. */
  readonly halves?: boolean;
}

/** What is used of an adapter that has it: clocks for profiles, and float16 in memory. */
const features = ["timestamp-query", "shader-f16"] as const;

/** The tuning for each kind of adapter. */
const tunings: { readonly [K in AdapterKind]: Tuning } = { gpu: gpuTuning, software: softwareTuning };

/** What WebGPU reports about an adapter. */
export interface AdapterFacts {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/** Why an adapter is not a real GPU, or undefined if it is one. */
export function softwareReason(facts: AdapterFacts): string | undefined {
  const name = nameOf(facts);
  const known = /llvmpipe|lavapipe|swiftshader|softpipe|basic render|\bwarp\b/i.exec(
    [facts.vendor, facts.architecture, facts.device, facts.description].join(" "),
  );
  if (known) return `"${name}" computes on the CPU`;
  return facts.isFallbackAdapter ? `"${name}" is a fallback adapter` : undefined;
}

function nameOf({ description, device, architecture, vendor }: AdapterFacts): string {
  return [description, device, architecture, vendor].find((text) => text) ?? "an unnamed adapter";
}

/**
 * Opens the WebGPU backend on the fastest adapter.
 *
 * @throws {BackendError} if there is no WebGPU, no adapter, none that works, or only a software one that was not
 * allowed
 */
export async function openWebGpu(
  { allowSoftware = true, tunedFor, ...others }: WebGpuOptions = {},
): Promise<WebGpuExecutor> {
  const quiet = quietLoader();
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    throw new BackendError({
      what: "Cannot use webgpu",
      rule: "navigator.gpu is not there",
      hint: "use Deno 2.8 or later, or a browser with WebGPU on a secure page",
    }, "navigator.gpu");
  }
  if (!quiet && !allowSoftware) {
    throw new BackendError({
      what: "Cannot use webgpu",
      rule: "auto looks for a GPU only where it may set XDG_RUNTIME_DIR, without which Vulkan prints errors",
      hint: 'run with --allow-env or -A; setBackend("webgpu") looks all the same',
    }, "-A");
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new BackendError({
      what: "Cannot use webgpu",
      rule: "no GPU adapter was found",
      hint: "install a Vulkan driver for the GPU (software: mesa-vulkan-drivers), or choose another backend",
    }, "a GPU with its driver");
  }
  const legacy = adapter as { isFallbackAdapter?: boolean };
  const { vendor, architecture, device: deviceName, description } = adapter.info;
  const isFallbackAdapter = (adapter.info as AdapterFacts).isFallbackAdapter ?? legacy.isFallbackAdapter;
  const facts: AdapterFacts = { vendor, architecture, device: deviceName, description, isFallbackAdapter };
  const reason = softwareReason(facts);
  if (reason && !allowSoftware) {
    throw new BackendError({
      what: "Cannot use webgpu",
      rule: `${reason}, and auto takes a real GPU only`,
      hint: 'setBackend("webgpu") takes it all the same',
    }, "a real GPU");
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    label: "Ceratops",
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
  }).catch((error) => {
    throw new BackendError({
      what: "Cannot use webgpu",
      rule: `"${nameOf(facts)}" gives no device`,
      received: error instanceof Error ? error.message : String(error),
      hint: "update the GPU's driver, or choose another backend",
    }, "another GPU driver");
  });
  const chosen = tunedFor ?? (reason ? "software" : gpuTuningFor(facts));
  const tuning = typeof chosen === "string" ? tunings[chosen] : chosen;
  return new WebGpuExecutor(new Gpu(device, tuning, nameOf(facts), others));
}

/**
 * Sets the variable without which the Vulkan loader prints a warning each time, if that is already permitted; returns
 * false if it is not, so that the loader may print.
 */
function quietLoader(): boolean {
  const name = "XDG_RUNTIME_DIR";
  if (typeof Deno === "undefined" || Deno.build.os !== "linux") return true;
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return false;
  if (!Deno.env.get(name)) Deno.env.set(name, "/tmp");
  return true;
}
