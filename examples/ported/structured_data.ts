// Structured data with FeatureSpace: from a table of numbers, categories and words about patients, who of them has a
// heart disease. The patients are made up: `deno run -A examples/ported/structured_data.ts`.
// Follows https://keras.io/examples/structured_data/structured_data_classification_with_feature_space/
import { layers, Model, setBackend, setRandomSeed, type Tensor, tensor, utils } from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";
import { normalNumber, randomInteger, randomNumbers } from "../random_numbers.ts";

const batchSize = 32;
const { FeatureSpace } = utils;

/** How many patients there are, and their seed: of those to train on, and of others. */
export const trainPatients = [960, 1] as const;
export const valPatients = [500, 2] as const;

/** A column of numbers, or of words. */
type Column = number[] | string[];

/** A table by its columns, and who is ill: 1, or 0. */
export interface Patients {
  readonly columns: Record<string, Column>;
  readonly target: number[];
}

/** Patients with the columns of the data set of the Cleveland Clinic Foundation. A seed always gives the same ones. */
export function makePatients(count: number, seed: number): Patients {
  const random = randomNumbers(seed);
  const around = (mean: number, deviation: number) => mean + deviation * normalNumber(random);
  const whole = (mean: number, deviation: number) => Math.round(around(mean, deviation));
  const rows = Array.from({ length: count }, () => {
    const row = {
      age: Math.min(77, Math.max(29, whole(54, 9))),
      sex: random() < 0.68 ? 1 : 0,
      cp: [1, 2, 3, 4, 4][randomInteger(random, 5)],
      trestbps: whole(132, 17),
      chol: whole(247, 50),
      fbs: random() < 0.15 ? 1 : 0,
      restecg: randomInteger(random, 3),
      thalach: whole(150, 22),
      exang: random() < 0.33 ? 1 : 0,
      oldpeak: Math.max(0, Math.round(10 * around(0.9, 1.2)) / 10),
      slope: 1 + randomInteger(random, 3),
      ca: [0, 0, 0, 1, 2, 3][randomInteger(random, 6)],
      thal: ["normal", "normal", "reversible", "fixed"][randomInteger(random, 4)],
    };
    // Age counts for men more than for women, and vessels more if the defect is reversible.
    const risk = (row.sex ? 0.15 : 0.02) * (row.age - 54) + [-1, -0.5, -0.5, 1.2][row.cp - 1] +
      (row.thal === "reversible" ? 1 : -0.6) * row.ca + { normal: -0.8, fixed: 0.4, reversible: 1 }[row.thal]! -
      0.03 * (row.thalach - 150) + 0.7 * row.oldpeak + 0.9 * row.exang + 0.01 * (row.chol - 247) - 1.2;
    return { ...row, target: random() < 1 / (1 + Math.exp(-1.5 * risk)) ? 1 : 0 };
  });
  const names = Object.keys(rows[0]) as (keyof typeof rows[0])[];
  const { target, ...columns } = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
  return { columns: columns as Record<string, Column>, target: target as number[] };
}

/** The features: how each column becomes numbers. */
export function makeFeatureSpace(): utils.FeatureSpace {
  return new FeatureSpace({
    features: {
      // Categories that are numbers.
      sex: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      cp: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      fbs: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      restecg: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      exang: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      ca: FeatureSpace.integerCategorical({ numOovIndices: 0 }),
      // One that is words.
      thal: FeatureSpace.stringCategorical({ numOovIndices: 0 }),
      // Numbers that fall into bins, and others as they are, but normalized.
      age: FeatureSpace.floatDiscretized(30),
      trestbps: FeatureSpace.floatNormalized(),
      chol: FeatureSpace.floatNormalized(),
      thalach: FeatureSpace.floatNormalized(),
      oldpeak: FeatureSpace.floatNormalized(),
      slope: FeatureSpace.floatNormalized(),
    },
    crosses: [FeatureSpace.cross(["sex", "age"], 64), FeatureSpace.cross(["thal", "ca"], 16)],
    outputMode: "concat",
  });
}

/** Training takes vectors that are made once; predictions take columns. */
export function makeModels(space: utils.FeatureSpace) {
  const [inputs, encoded] = [space.getInputs(), space.getEncodedFeatures()];
  let x = new layers.Dense(32, { activation: "relu" }).apply(encoded);
  x = new layers.Dropout(0.5).apply(x);
  const outputs = new layers.Dense(1, { activation: "sigmoid" }).apply(x);
  const trainingModel = new Model({ inputs: encoded, outputs });
  const inferenceModel = new Model({ inputs, outputs });
  trainingModel.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return { trainingModel, inferenceModel };
}

if (import.meta.main) {
  const options = readArguments("ported/structured_data.ts", "Who has a heart disease, by a table of patients.", {
    epochs: count(20, "how often to go through the patients"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} patients only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the validation accuracy is below x"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [trainCount, trainSeed] = trainPatients;
  const train = makePatients(Math.min(steps * batchSize, trainCount), trainSeed);
  const val = makePatients(...valPatients);
  const space = makeFeatureSpace();
  space.adapt(train.columns);

  const { trainingModel, inferenceModel } = makeModels(space);
  trainingModel.summary();

  const vectors = async (columns: Record<string, Column>) => await space.predict(columns, { verbose: 0 }) as Tensor;
  const [xTrain, xVal] = [await vectors(train.columns), await vectors(val.columns)];
  const [yTrain, yVal] = [tensor(train.target), tensor(val.target)];
  await trainingModel.fit(xTrain, yTrain, { epochs, batchSize, validationData: [xVal, yVal], verbose: 2 });

  const sample = {
    age: [60],
    sex: [1],
    cp: [1],
    trestbps: [145],
    chol: [233],
    fbs: [1],
    restecg: [2],
    thalach: [150],
    exang: [0],
    oldpeak: [2.3],
    slope: [3],
    ca: [0],
    thal: ["fixed"],
  };
  const probability = (await inferenceModel.predict(sample, { verbose: 0 })).item();
  console.log(`\nThis patient has a heart disease with a probability of ${(100 * probability).toFixed(1)} %.`);
  const { accuracy } = await trainingModel.evaluate(xVal, yVal, { verbose: 0 });
  console.log(`validation accuracy ${accuracy.toFixed(4)}`);
  requireFloor("validation accuracy", accuracy, floor);
}
