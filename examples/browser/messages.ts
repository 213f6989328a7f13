// What the page and the worker that trains say to each other.

/** The backends of browsers. */
export type Backend = "webgpu" | "wasm";

/** A digit of 28 by 28 pixels, row by row, from 0 (paper) to 255 (ink). */
export type Pixels = Uint8Array<ArrayBuffer>;

/** What the page asks for. */
export type Request =
  | { readonly kind: "train"; readonly backend: Backend; readonly epochs: number; readonly digits: number }
  | { readonly kind: "stop" }
  | { readonly kind: "read"; readonly pixels: Pixels }
  | { readonly kind: "sample" }
  | { readonly kind: "save" };

/** A backend: why it cannot be had, or what is to know of it. */
export interface BackendFacts {
  readonly available: boolean;
  readonly about: string;
}

/** The output of a layer for one digit. */
export interface Activation {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** A digit of the test images that is read wrongly. */
export interface Mistake {
  readonly pixels: Pixels;
  readonly truth: number;
  readonly found: number;
  readonly probability: number;
}

/** A chart, and what it shows in words. */
export interface Drawing {
  readonly name: "accuracy" | "loss";
  readonly svg: string;
  readonly label: string;
}

/** What the worker answers. */
export type Answer =
  | {
    readonly kind: "ready";
    readonly backends: Readonly<Record<Backend, BackendFacts>>;
    readonly choice: Backend | undefined;
  }
  | { readonly kind: "progress"; readonly text: string; readonly share: number }
  | { readonly kind: "charts"; readonly charts: readonly Drawing[] }
  | { readonly kind: "mistakes"; readonly count: number; readonly of: number; readonly shown: readonly Mistake[] }
  | { readonly kind: "trained"; readonly text: string }
  | { readonly kind: "reading"; readonly layers: readonly Activation[]; readonly isTrained: boolean }
  | { readonly kind: "sample"; readonly pixels: Pixels; readonly truth: number }
  | { readonly kind: "file"; readonly file: Blob }
  | { readonly kind: "error"; readonly text: string };
