// The options of applications, and what they give.
import type { ActivationIdentifier } from "../activations.ts";
import type { FilesSource } from "../files/source.ts";
import type { Model } from "../models/model.ts";
import type { SymbolicShape } from "../shape.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";

/** A model of one input, images `[batch, height, width, channels]`, and one output. */
export type ApplicationModel = Model<SymbolicTensor, SymbolicTensor>;

/** Options that all functions of `applications` take. */
export interface ApplicationOptions {
  /** Whether the model ends in its classifier; true by default. */
  includeTop?: boolean;
  /**
   * Where the weights come from. `null`, the default: they are random. `"imagenet"`: Keras's own file, which is
   * downloaded once and kept. Else a file of weights, by its path, its URL or its bytes, as for `model.loadWeights`.
   */
  weights?: "imagenet" | FilesSource | null;
  /** A symbolic tensor of images in place of an `Input`. */
  inputTensor?: SymbolicTensor | null;
  /**
   * The shape of one image, `[height, width, channels]`, where each of the first two may be `null` without the top. By
   * default that of the images of ImageNet that the model was made for, and without the top `[null, null, 3]`.
   */
  inputShape?: SymbolicShape | null;
  /** Without the top: the mean or the maximum over each image, `[batch, channels]`; `null`, the default, for neither. */
  pooling?: "avg" | "max" | null;
  /** How many classes the top tells apart; 1000 by default, as many as ImageNet has. */
  classes?: number;
  /** The activation of the top, `null` for logits; `softmax` by default. With weights it must be one of these two. */
  classifierActivation?: ActivationIdentifier | null;
  /** The name of the model. */
  name?: string | null;
}

/** Options of models whose first layers may bring bytes into the range that the others take. */
export interface PreprocessingApplicationOptions extends ApplicationOptions {
  /** Whether the model has these layers, and takes numbers from 0 to 255; else from -1 to 1. True by default. */
  includePreprocessing?: boolean;
}

/** Options of {@linkcode MobileNet}. */
export interface MobileNetOptions extends ApplicationOptions {
  /** The factor of the number of filters of all layers; 1 by default. */
  alpha?: number;
  /** How many channels the convolutions of single channels give for each; 1 by default. */
  depthMultiplier?: number;
  /** The part of the features that the top drops in training; 0.001 by default. */
  dropout?: number;
}

/** Options of {@linkcode MobileNetV2}. */
export interface MobileNetV2Options extends ApplicationOptions {
  /** The factor of the number of filters of all layers; 1 by default. */
  alpha?: number;
}

/** Options of {@linkcode MobileNetV3Small} and {@linkcode MobileNetV3Large}. */
export interface MobileNetV3Options extends PreprocessingApplicationOptions {
  /** The factor of the number of filters of all layers; 1 by default. */
  alpha?: number;
  /** Whether to leave out squeeze-and-excitation, hard swish and kernels of 5 by 5; false by default. */
  minimalistic?: boolean;
  /** The part of the features that the top drops in training; 0.2 by default. */
  dropoutRate?: number;
}
