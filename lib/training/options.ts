// The options of fit, evaluate, predict and the methods for one batch, each declared once.
import type { Callback } from "../callbacks/callback.ts";
import { type CallbackLike, toCallbacks } from "../callbacks/list.ts";
import { describe, formatMessage, ValueError } from "../errors.ts";
import { boolean, integerAtLeast, isInteger, isList, uncheckedHere } from "../option_kinds.ts";
import { nullable, type Option, option, optionTable } from "../options.ts";
import { type ProfileLike, profileOption } from "../profile/profiled.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { type Batches, isBatches } from "./batches.ts";

/** How much to print: 1 a progress bar, 2 one line per epoch, 0 nothing; `auto` is 1. */
export type Verbose = "auto" | 0 | 1 | 2;

/** Options of `predict`. */
export interface PredictOptions {
  /** The number of samples per batch; 32 by default. */
  batchSize?: number | null;
  /** How much to print; `auto` by default. */
  verbose?: Verbose;
  /** The number of batches after which to end; all samples by default. */
  steps?: number | null;
  /** The callbacks. */
  callbacks?: readonly CallbackLike[] | null;
  /**
   * Whether to measure where the time goes, by layer and op: with true a table is printed at the end, with the name of a
   * `.json` file its timeline is also written there, for `chrome://tracing` and https://ui.perfetto.dev, and a `Profile`
   * keeps both, and nothing is printed. False by default.
   */
  profile?: ProfileLike | null;
}

/** Sample weights, given per sample or per class. */
export interface SampleWeightOptions<W = Structure<TensorLike>> {
  /** A weight for each sample; for several outputs one for all, or a list or an object by output. */
  sampleWeight?: W | null;
  /** A weight for each class, by its number; other classes have weight 1. For training, and models of one output. */
  classWeight?: Readonly<Record<number, number>> | null;
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export type BatchOptions<W = Structure<TensorLike>> = SampleWeightOptions<W>;

/** Options of `evaluate`. */
export interface EvaluateOptions<W = Structure<TensorLike>>
  extends PredictOptions, Pick<SampleWeightOptions<W>, "sampleWeight"> {}

/** Options of `fit` for a model with inputs `X`, targets `Y`, and sample weights `W`. */
export interface FitOptions<X = Structure<TensorLike>, Y = Structure<TensorLike>, W = Structure<TensorLike>>
  extends Omit<PredictOptions, "steps">, SampleWeightOptions<W> {
  /** The number of passes over all samples; 1 by default. */
  epochs?: number;
  /**
   * The fraction of the samples, the last ones, to evaluate after each epoch instead of training on them; 0 by default.
   */
  validationSplit?: number;
  /**
   * Samples to evaluate after each epoch: inputs, targets, and optionally weights; or an iterable of batches of these. For
   * a model without targets `[x]`.
   */
  validationData?:
    | readonly [x: X, y?: Y | null, sampleWeight?: W | null]
    | Batches
    | null;
  /**
   * Whether to shuffle the samples in each epoch, or the batches of a `PyDataset`; true by default. Batches of an
   * iterable keep their order.
   */
  shuffle?: boolean;
  /** The number of the first epoch, from 0, to continue a training; 0 by default. */
  initialEpoch?: number;
  /** The number of batches per epoch; all by default. The next epoch continues where one ended. */
  stepsPerEpoch?: number | null;
  /** The number of batches of the validation data to evaluate, from the first; all by default. */
  validationSteps?: number | null;
  /** The number of validation samples per batch; `batchSize` by default. */
  validationBatchSize?: number | null;
  /** The number of epochs between validations, or the epochs, from 1, after which to validate; 1 by default. */
  validationFreq?: number | readonly number[];
}

/** The default number of samples per batch. */
export const defaultBatchSize = 32;

const verboseOption: Option<0 | 1 | 2> = option<0 | 1 | 2>({
  fallback: "auto",
  read: (given, { what }) => {
    if (given === "auto" || given === true) return 1;
    if (given === 0 || given === 1 || given === 2) return given;
    if (given === false) return 0;
    throw new ValueError({
      what,
      rule: 'verbose must be "auto", 0, 1 or 2',
      received: describe(given),
      hint: "0 prints nothing, 1 a progress bar, 2 a line for each epoch",
    });
  },
});

const runOptions = {
  batchSize: nullable(integerAtLeast(1)),
  verbose: verboseOption,
  callbacks: option<Callback[]>({
    fallback: null,
    read: (given, { what }) => toCallbacks(given ?? [], what),
  }),
  profile: profileOption,
};

/** The options of `predict`. */
export const predictOptions = optionTable<PredictOptions>()({ ...runOptions, steps: nullable(integerAtLeast(1)) });

/** The options of `testOnBatch`; weights are checked together with the targets. */
export const testOnBatchOptions = optionTable<Pick<BatchOptions, "sampleWeight">>()({
  sampleWeight: nullable(uncheckedHere<Structure<TensorLike>>()),
});

/** The options of `trainOnBatch`. */
export const trainOnBatchOptions = optionTable<BatchOptions>()({
  ...testOnBatchOptions,
  classWeight: nullable(uncheckedHere<NonNullable<BatchOptions["classWeight"]>>()),
});

/** The options of `evaluate`. */
export const evaluateOptions = optionTable<EvaluateOptions>()({ ...predictOptions, ...testOnBatchOptions });

const oneEpoch = integerAtLeast(1);

/** The options of `fit`. */
export const fitOptions = optionTable<FitOptions>()({
  ...runOptions,
  ...trainOnBatchOptions,
  epochs: integerAtLeast(1, 1),
  validationSplit: option<number>({
    fallback: 0,
    read: (given, { what, option }) => {
      if (typeof given === "number" && given >= 0 && given < 1) return given;
      throw new RangeError(formatMessage({
        what,
        rule: `${option} must be a number of at least 0 and less than 1`,
        received: describe(given),
        hint: "0.1 keeps the last tenth of the rows for validation",
      }));
    },
  }),
  validationData: option<NonNullable<FitOptions["validationData"]> | null>({
    fallback: null,
    read: (given, { what, option }) => {
      if (given === null || isBatches(given) || isData(given)) return given;
      return refuseValidationData(given, what, option);
    },
  }),
  shuffle: boolean(true),
  initialEpoch: integerAtLeast(0, 0),
  stepsPerEpoch: nullable(integerAtLeast(1)),
  validationSteps: nullable(integerAtLeast(1)),
  validationBatchSize: nullable(integerAtLeast(1)),
  validationFreq: option<number | readonly number[]>({
    fallback: 1,
    read: (given, place) => (isList(given, isInteger) ? given : oneEpoch.read(given, place)),
  }),
});

/** Throws {@linkcode ValueError} for validation data that is neither rows nor batches, or lacks targets. */
export function refuseValidationData(given: unknown, what: string, option = "validationData"): never {
  throw new ValueError({
    what,
    rule: `${option} must be [x, y] or [x, y, sampleWeight]`,
    received: Array.isArray(given) ? `a list of ${given.length}` : describe(given),
    hint:
      "write it as in validationData: [xTest, yTest], or as [xTest] for a model that computes its loss without targets",
  });
}

function isData(given: unknown): given is readonly [TensorLike, TensorLike?, TensorLike?] {
  return Array.isArray(given) && given.length >= 1 && given.length <= 3;
}
