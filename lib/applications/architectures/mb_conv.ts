// What EfficientNet and EfficientNetV2 share: squeeze-and-excitation, stacks of blocks, and the layers at both ends.
import { VarianceScaling } from "../../initializers/random.ts";
import type { DenseOptions } from "../../layers/core.ts";
import { GlobalAveragePooling2D } from "../../layers/global_pooling.ts";
import { Multiply } from "../../layers/merging.ts";
import { Dropout } from "../../layers/regularization.ts";
import { Reshape } from "../../layers/reshaping.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import type { Kept } from "../application.ts";
import { activate, channelsOf, conv, predictions } from "./blocks.ts";
import type { BlockStyle } from "./inverted_residual.ts";

/** What initializes the kernel of a convolution. */
export const kernelInitializer = (): VarianceScaling =>
  new VarianceScaling({ scale: 2, mode: "fan_out", distribution: "truncated_normal" });

/** A convolution without bias. */
export const convolve = (x: SymbolicTensor, filters: number, size: number, name: string, strides = 1): SymbolicTensor =>
  conv(x, filters, size, { strides, padding: "same", useBias: false, kernelInitializer: kernelInitializer(), name });

/** The layer `Activation("swish")`. */
export const swish = (x: SymbolicTensor, name: string): SymbolicTensor => activate("swish", x, { name });

/** The inverted residual blocks. */
export const style: BlockStyle = {
  names: {
    expand: "expand_conv",
    expandNorm: "expand_bn",
    expandActivation: "expand_activation",
    pad: "dwconv_pad",
    depthwise: "dwconv",
    norm: "bn",
    activation: "activation",
    project: "project_conv",
    projectNorm: "project_bn",
  },
  norm: { axis: 3 },
  initializer: kernelInitializer,
  pads: true,
  inputFirst: false,
};

/** Each channel times a factor that the means of all give, in a block of so many channels. */
export function excited(x: SymbolicTensor, channels: number, name: string): SymbolicTensor {
  const gate = (x: SymbolicTensor, filters: number, activation: "swish" | "sigmoid", name: string) =>
    conv(x, filters, 1, { padding: "same", activation, kernelInitializer: kernelInitializer(), name });
  let factor = new GlobalAveragePooling2D({ name: `${name}se_squeeze` }).apply(x);
  factor = new Reshape([1, 1, channelsOf(x)], { name: `${name}se_reshape` }).apply(factor);
  factor = gate(factor, Math.max(1, Math.floor(channels / 4)), "swish", `${name}se_reduce`);
  factor = gate(factor, channelsOf(x), "sigmoid", `${name}se_expand`);
  return new Multiply({ name: `${name}se_excite` }).apply([x, factor]);
}

/** Blocks of one kind, the first of which may halve images. */
export interface Stack {
  /** How many there are. */
  readonly repeats: number;
  /** How many channels they give. */
  readonly filters: number;
  /** How many times its channels a block expands its input to. */
  readonly expansion: number;
  /** The height and width of their kernels. */
  readonly size: number;
  /** The stride of the first. */
  readonly strides: number;
}

/** How many blocks there are. */
export const countOf = (repeats: readonly number[]): number => repeats.reduce((sum, count) => sum + count, 0);

/** One block of a stack: its stride, its name, and the part of samples of which training leaves it out. */
export interface Place {
  readonly strides: number;
  readonly name: string;
  readonly drop: number;
}

/** Applies stacks of blocks, of which training leaves out the later ones more often: a part of 0.2 at the `count`-th. */
export function applyStacks<S extends Stack>(
  x: SymbolicTensor,
  stacks: readonly S[],
  count: number,
  block: (x: SymbolicTensor, stack: S, place: Place) => SymbolicTensor,
): SymbolicTensor {
  let index = 0;
  stacks.forEach((stack, i) => {
    for (let j = 0; j < stack.repeats; j++) {
      const name = `block${i + 1}${String.fromCharCode(97 + j)}_`;
      x = block(x, stack, { strides: j === 0 ? stack.strides : 1, name, drop: (0.2 * index++) / count });
    }
  });
  return x;
}

/** The top: the mean over each image, a dropout, and a dense layer of the classes. */
export function topOf(x: SymbolicTensor, kept: Kept, dropout: number, options: DenseOptions = {}): SymbolicTensor {
  x = new GlobalAveragePooling2D({ name: "avg_pool" }).apply(x);
  x = new Dropout(dropout, { name: "top_dropout" }).apply(x);
  const initializer = new VarianceScaling({ scale: 1 / 3, mode: "fan_out", distribution: "uniform" });
  return predictions(x, kept, { kernelInitializer: initializer, ...options });
}
