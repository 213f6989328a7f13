// The inverted residual block: channels are expanded, convolved each by itself, and projected. MobileNetV2, MobileNetV3
// and EfficientNet are made of it. https://arxiv.org/abs/1801.04381
import type { InitializerIdentifier } from "../../initializers/initializers.ts";
import { Add } from "../../layers/merging.ts";
import type { BatchNormalizationOptions } from "../../layers/normalization.ts";
import { Dropout } from "../../layers/regularization.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { batchNorm, channelsOf, conv, depthwise, halvingPadding, zeroPad } from "./blocks.ts";

/** An activation, and the name of its layer if the family gives it one. */
type Activate = (x: SymbolicTensor, name: string) => SymbolicTensor;

/** What the blocks of a family have in common. */
export interface BlockStyle {
  /** The names of the layers, after that of the block. */
  readonly names: {
    readonly expand: string;
    readonly expandNorm: string;
    readonly expandActivation: string;
    readonly pad: string;
    readonly depthwise: string;
    readonly norm: string;
    readonly activation: string;
    readonly project: string;
    readonly projectNorm: string;
  };
  /** How activations are normalized. */
  readonly norm: BatchNormalizationOptions;
  /** Makes what initializes a kernel. */
  readonly initializer?: () => InitializerIdentifier;
  /** Whether images are halved by a layer of zeros and a valid convolution, not by padding of its own. */
  readonly pads: boolean;
  /** Whether the sum takes the input of the block first. */
  readonly inputFirst: boolean;
}

/** A block of a family. */
interface Block {
  /** The name before those of its layers. */
  readonly name: string;
  /** How many channels the input is expanded to; null for none beside its own. */
  readonly expanded: number | null;
  /** How many channels it gives. */
  readonly filters: number;
  /** The height and width of its kernels. */
  readonly size: number;
  /** 2 if it halves images. */
  readonly strides: number;
  /** The activation. */
  readonly activate: Activate;
  /** The squeeze-and-excitation of its channels, if any. */
  readonly excite?: (x: SymbolicTensor) => SymbolicTensor;
  /** The part of samples of which training leaves the block out; 0 by default. */
  readonly drop?: number;
}

/** The block applied to images. */
export function invertedResidual(input: SymbolicTensor, block: Block, style: BlockStyle): SymbolicTensor {
  const { name, expanded, filters, size, strides, activate, excite, drop = 0 } = block;
  const { names, norm, initializer } = style;
  const kernel = () => ({ useBias: false, ...(initializer && { kernelInitializer: initializer() }) });
  let x = input;
  if (expanded !== null) {
    x = conv(x, expanded, 1, { ...kernel(), padding: "same", name: name + names.expand });
    x = activate(batchNorm(x, { ...norm, name: name + names.expandNorm }), name + names.expandActivation);
  }
  const pads = style.pads && strides === 2;
  if (pads) x = zeroPad(x, halvingPadding(x, size), name + names.pad);
  x = depthwise(x, size, {
    strides,
    padding: pads ? "valid" : "same",
    useBias: false,
    ...(initializer && { depthwiseInitializer: initializer() }),
    name: name + names.depthwise,
  });
  x = activate(batchNorm(x, { ...norm, name: name + names.norm }), name + names.activation);
  if (excite) x = excite(x);
  x = conv(x, filters, 1, { ...kernel(), padding: "same", name: name + names.project });
  x = batchNorm(x, { ...norm, name: name + names.projectNorm });
  if (strides !== 1 || channelsOf(input) !== filters) return x;
  return addShortcut(input, x, { name, drop, inputFirst: style.inputFirst });
}

/** The sum of a block's input and output, of which training drops the output for a part of the samples. */
export function addShortcut(
  input: SymbolicTensor,
  x: SymbolicTensor,
  { name, drop, inputFirst }: { readonly name: string; readonly drop: number; readonly inputFirst: boolean },
): SymbolicTensor {
  if (drop > 0) x = new Dropout(drop, { noiseShape: [null, 1, 1, 1], name: `${name}drop` }).apply(x);
  return new Add({ name: `${name}add` }).apply(inputFirst ? [input, x] : [x, input]);
}
