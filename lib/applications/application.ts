// Architecture: what Keras's rules on the options of applications make of one.
// https://keras.io/api/applications/
import { type ActivationIdentifier, getActivation } from "../activations.ts";
import type { PublishedFile } from "../datasets/published.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { nameOfSource, openSource } from "../files/source.ts";
import { withContext } from "../ir/context.ts";
import { weightsWillBeRead } from "../layers/context.ts";
import { GlobalAveragePooling2D, GlobalMaxPooling2D } from "../layers/global_pooling.ts";
import { Input } from "../layers/input.ts";
import { shapeOption } from "../layers/options.ts";
import { Model } from "../models/model.ts";
import { boolean, choice, positiveInteger, text } from "../option_kinds.ts";
import { type KeptOptions, nullable, option, type OptionTable, optionTable, readMethodOptions } from "../options.ts";
import { readWeights } from "../saving/file_formats.ts";
import { assignWeights } from "../saving/weights_file.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import type { ApplicationModel, ApplicationOptions, PreprocessingApplicationOptions } from "./options.ts";
import { pathOf } from "./published_weights.ts";

const weightsOption = option<NonNullable<ApplicationOptions["weights"]>>({
  read: (given, { what }) => {
    // Whether it is a file shows when it is opened.
    if (typeof given === "string" || (typeof given === "object" && given !== null)) {
      return given as NonNullable<ApplicationOptions["weights"]>;
    }
    throw new ValueError({
      what,
      rule: 'weights must be null, "imagenet", or a file by its path, its URL or its bytes',
      received: describe(given),
      hint: "leave it out for random weights",
    });
  },
});

const inputTensorOption = option<SymbolicTensor>({
  read: (given, { what }) => {
    if (given instanceof SymbolicTensor) return given;
    throw new ValueError({
      what,
      rule: "inputTensor must be a symbolic tensor",
      received: describe(given),
      hint: "give what Input or a layer returns, and data to predict",
    });
  },
});

const classifierActivationOption = option<ActivationIdentifier>({
  read: (given, { what }) => {
    getActivation(given as ActivationIdentifier, what);
    return given as ActivationIdentifier;
  },
});

/** The options of all applications. */
export const applicationOptions = optionTable<ApplicationOptions>()({
  includeTop: boolean(true),
  weights: nullable(weightsOption),
  inputTensor: nullable(inputTensorOption),
  inputShape: nullable(
    shapeOption(
      "[height, width, channels], positive integers, of which the first two may be null",
      "write it as in inputShape: [224, 224, 3]",
    ),
  ),
  pooling: nullable(choice(["avg", "max"])),
  classes: positiveInteger(1000),
  classifierActivation: nullable(classifierActivationOption, "softmax"),
  name: nullable(text()),
});

/** The options, checked and completed. */
export type Kept = KeptOptions<typeof applicationOptions>;

/** The options of applications with layers that prepare bytes. */
export const preprocessingApplicationOptions = optionTable<PreprocessingApplicationOptions>()({
  ...applicationOptions,
  includePreprocessing: boolean(true),
});

/** The options, checked and completed. */
export type KeptPreprocessing = KeptOptions<typeof preprocessingApplicationOptions>;

/** Reads the options of a table. */
export const reading =
  <T extends OptionTable>(table: T): ArchitectureParts<KeptOptions<T> & Kept>["read"] => (options, name, what) =>
    readMethodOptions(`applications.${name}`, table, options, what) as KeptOptions<T> & Kept;

/** How large images are. */
interface ImageSizes {
  /** The height and width of the images that the model was made for. */
  readonly usual: number;
  /** The least height and width. */
  readonly least: number;
}

/** What an architecture is made of, for options of the type `K`. */
export interface ArchitectureParts<K extends Kept> {
  /** The name of the function. */
  readonly name: string;
  /** The name of the model, unless the user gives one. */
  readonly modelName: string | ((kept: K, shape: SymbolicShape) => string);
  /** Checks and completes a user's options, as {@linkcode reading} does. */
  read(options: ApplicationOptions | undefined, name: string, what: string): K;
  /** The shape of an image. Throws {@linkcode ValueError} or {@linkcode ShapeError} for options that do not suit. */
  shape(kept: K, what: string): SymbolicShape;
  /** From images to the features that the top classifies. */
  features(x: SymbolicTensor, kept: K, shape: SymbolicShape): SymbolicTensor;
  /** From features to classes. */
  top(x: SymbolicTensor, kept: K): SymbolicTensor;
  /** Whether the layer that pools without the top has a name. */
  readonly namesPooling?: boolean;
  /** Whether the input behind a tensor that is given stands alone; in Keras it is a list but for ConvNeXt. */
  readonly takesOneInput?: boolean;
  /** What follows the pooling without the top. */
  withoutTop?(x: SymbolicTensor): SymbolicTensor;
  /** Keras's file of weights. Throws {@linkcode ValueError} if there is none for these options. */
  published(kept: K, shape: SymbolicShape, what: string): PublishedFile;
}

/** A model of `applications` before its options are known. */
export class Architecture<K extends Kept = Kept> {
  /** Takes its parts. */
  constructor(readonly parts: ArchitectureParts<K>) {}

  /** What failed, in messages. */
  get #what(): string {
    return `Cannot make ${this.parts.name}`;
  }

  /** The model for a user's options, with its weights. */
  async make(options: ApplicationOptions | undefined): Promise<ApplicationModel> {
    const kept = this.read(options);
    const shape = this.parts.shape(kept, this.#what);
    if (kept.weights === null) return this.build(kept, shape);
    const source = kept.weights === "imagenet"
      ? await pathOf(this.parts.published(kept, shape, this.#what))
      : kept.weights;
    const what = `${this.#what} with the weights in ${nameOfSource(source)}`;
    const stored = await readWeights(await openSource(source, what), what);
    const model = withContext([weightsWillBeRead.of(true)], () => this.build(kept, shape));
    assignWeights(stored, model, undefined, what);
    return model;
  }

  /** The options, checked and completed. */
  read(options: ApplicationOptions | undefined): K {
    const kept = this.parts.read(options, this.parts.name, this.#what);
    checkPretrained(kept, this.#what);
    return kept;
  }

  /** The model for options, without the weights of a file. */
  build(kept: K, shape: SymbolicShape = this.parts.shape(kept, this.#what)): ApplicationModel {
    const { modelName, features, top, withoutTop, namesPooling, takesOneInput } = this.parts;
    const { inputTensor, includeTop, pooling } = kept;
    const images = inputTensor ?? Input({ shape });
    const x = features(images, kept, shape);
    const pool = (name: string) => ({ name: namesPooling ? name : null });
    const pooled = pooling === "avg"
      ? () => new GlobalAveragePooling2D(pool("avg_pool")).apply(x)
      : pooling === "max"
      ? () => new GlobalMaxPooling2D(pool("max_pool")).apply(x)
      : () => x;
    const outputs = includeTop ? top(x, kept) : withoutTop ? withoutTop(pooled()) : pooled();
    const name = kept.name ?? (typeof modelName === "string" ? modelName : modelName(kept, shape));
    const sources = inputTensor ? sourcesOf(inputTensor) : [images];
    const inputs: Structure<SymbolicTensor> = inputTensor && !takesOneInput ? sources : sources[0];
    return new Model({ inputs, outputs, name }) as ApplicationModel;
  }
}

/** Throws {@linkcode ValueError} for options that do not suit the weights of a file. */
function checkPretrained({ weights, includeTop, classes, classifierActivation }: Kept, what: string): void {
  if (weights === null || !includeTop) return;
  if (weights === "imagenet" && classes !== imagenetClasses) {
    throw new ValueError({
      what,
      rule: `with the top and weights: "imagenet", classes must be ${imagenetClasses}`,
      received: `classes: ${classes}`,
      hint: "give includeTop: false, and put a Dense of your classes behind the model",
    });
  }
  const { name } = getActivation(classifierActivation);
  if (name !== "softmax" && name !== "linear") {
    throw new ValueError({
      what,
      rule: 'with the top and weights, classifierActivation must be null or "softmax"',
      received: describe(classifierActivation),
      hint: "give null, and apply the activation behind the model",
    });
  }
}

/** How many classes ImageNet has. */
const imagenetClasses = 1000;

/** The shape of an image by Keras's rules: as the user gave it, or the usual one. */
export function shapeOfImages(
  { inputShape, includeTop, weights }: Kept,
  { usual, least }: ImageSizes,
  what: string,
): SymbolicShape {
  const fail = (rule: string, hint: string) => {
    throw new ShapeError({ what, rule, received: formatShape(inputShape!), hint });
  };
  const isPretrained = weights === "imagenet";
  if (inputShape === null) return includeTop ? [usual, usual, 3] : [null, null, 3];
  if (inputShape.length !== 3) {
    fail("inputShape must be [height, width, channels]", "leave the batch axis out");
  }
  const [height, width, channels] = inputShape;
  if (isPretrained && includeTop && (height !== usual || width !== usual || channels !== 3)) {
    fail(
      `with the top and weights: "imagenet", inputShape must be [${usual}, ${usual}, 3]`,
      "leave it out, or give includeTop: false",
    );
  }
  if (isPretrained && channels !== 3) fail('with weights: "imagenet" there must be 3 channels', "give RGB images");
  if (channels !== 1 && channels !== 3) {
    console.warn(`${what.replace("Cannot make ", "")} usually takes 1 or 3 channels, not ${channels}`);
  }
  checkLeast(inputShape, least, what);
  if (includeTop && inputShape.includes(null)) {
    fail("with the top, inputShape must have no null", "give the height and the width, or includeTop: false");
  }
  return inputShape;
}

/** Throws {@linkcode ShapeError} for images of less than `least` pixels along an axis. */
export function checkLeast(inputShape: SymbolicShape, least: number, what: string): void {
  if (inputShape.slice(0, 2).every((extent) => extent === null || extent >= least)) return;
  throw new ShapeError({
    what,
    rule: `images must have at least ${least} by ${least} pixels`,
    received: formatShape(inputShape),
    hint: "enlarge them first, as with a layer Resizing",
  });
}

/** The inputs that a symbolic tensor is computed from. */
function sourcesOf(tensor: SymbolicTensor): SymbolicTensor[] {
  const sources = new Set<SymbolicTensor>();
  const seen = new Set<SymbolicTensor>([tensor]);
  for (const each of seen) {
    if (each.node.inputs.length === 0) sources.add(each);
    for (const input of each.node.inputs) seen.add(input);
  }
  return [...sources];
}
