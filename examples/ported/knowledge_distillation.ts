// Knowledge distillation (Hinton et al., 2015): a small network learns from what a larger one, which has seen far more
// images, thinks of each, and not from the label alone. Follows keras.io/examples/vision/knowledge_distillation.
// `deno run -A examples/ported/knowledge_distillation.ts` compares it with one that learns from the labels alone.
import {
  type CompileOptions,
  datasets,
  Input,
  layers,
  losses,
  Model,
  ops,
  Sequential,
  setBackend,
  setRandomSeed,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";

const batchSize = 64;
/** How many images the students see. */
const images = 640;

/** How a student learns from a teacher. */
interface DistillerOptions extends CompileOptions {
  /** What the student loses by the labels. */
  readonly studentLoss: losses.Loss;
  /** What it loses by the teacher's probabilities. */
  readonly distillationLoss: losses.Loss;
  /** The weight of the student's loss; that of distillation is the rest up to 1. */
  readonly alpha?: number;
  /** What softens probabilities: the higher it is, the more equal they are. */
  readonly temperature?: number;
}

/** A student, trained by a teacher that has learned before. */
export class Distiller extends Model {
  #options!: Required<Pick<DistillerOptions, "studentLoss" | "distillationLoss" | "alpha" | "temperature">>;

  constructor(readonly student: Sequential, readonly teacher: Sequential) {
    super();
    teacher.trainable = false;
  }

  override compile(
    { studentLoss, distillationLoss, alpha = 0.1, temperature = 3, ...options }: DistillerOptions,
  ): void {
    super.compile(options);
    this.#options = { studentLoss, distillationLoss, alpha, temperature };
  }

  override computeLoss({ x, y, yPred }: { x: Value; y: Value; yPred: Value }): Value {
    const { studentLoss, distillationLoss, alpha, temperature } = this.#options;
    const soften = (logits: Value) => ops.softmax(ops.divide(logits, temperature), -1);
    const teacherPred = this.teacher.apply(x, { training: false });
    const distillation = distillationLoss.apply(soften(teacherPred), soften(yPred));
    return ops.add(
      ops.multiply(alpha, studentLoss.apply(y, yPred)),
      ops.multiply((1 - alpha) * temperature ** 2, distillation),
    );
  }

  override call(x: Value): Value {
    return this.student.apply(x);
  }
}

/** Gives the logits of the ten classes for digits, `[28, 28]` bytes, by two convolutions of some filters. */
export function makeNetwork(name: string, [first, second]: readonly [number, number]): Sequential {
  return new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(first, 3, { strides: 2, padding: "same" }),
    new layers.LeakyReLU({ negativeSlope: 0.2 }),
    new layers.MaxPooling2D(2, { strides: 1, padding: "same" }),
    new layers.Conv2D(second, 3, { strides: 2, padding: "same" }),
    new layers.Flatten(),
    new layers.Dense(10),
  ], { name });
}

/** The network, to be trained by labels. */
function compiled(network: Sequential): Sequential {
  network.compile({
    optimizer: "adam",
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ["sparse_categorical_accuracy"],
  });
  return network;
}

if (import.meta.main) {
  const options = readArguments("ported/knowledge_distillation.ts", "A small network learns from a larger one.", {
    backend: backendOption,
    epochs: count(3, "how often the teacher goes through its images"),
    studentEpochs: count(60, "how often a student goes through its images"),
    steps: count(100, `the teacher trains on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the accuracy of the distilled student is below x"),
  });
  const { backend, epochs, studentEpochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [[xAll, yAll], [xTest, yTest]] = await datasets.mnist.loadData();
  const fitted = async (model: Model, rows: number, epochs: number) => {
    await model.fit(xAll.rows(0, rows), yAll.rows(0, rows), { batchSize, epochs, verbose: 0 });
    const results = await model.evaluate(xTest, yTest, { batchSize: 500, verbose: 0 });
    return results.sparse_categorical_accuracy;
  };

  const teacher = makeNetwork("teacher", [16, 32]);
  const ofTeacher = await fitted(compiled(teacher), steps * batchSize, epochs);

  const distiller = new Distiller(makeNetwork("student", [8, 16]), teacher);
  distiller.compile({
    optimizer: "adam",
    metrics: ["sparse_categorical_accuracy"],
    studentLoss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    distillationLoss: new losses.KLDivergence(),
    alpha: 0.1,
    temperature: 10,
  });
  const ofStudent = await fitted(distiller, images, studentEpochs);

  const scratch = compiled(makeNetwork("student_from_scratch", [8, 16]));
  const ofScratch = await fitted(scratch, images, studentEpochs);

  console.log("Accuracy on digits not seen before:");
  console.log(`  teacher ${ofTeacher.toFixed(4)}`);
  console.log(`  distilled ${ofStudent.toFixed(4)}`);
  console.log(`  scratch ${ofScratch.toFixed(4)}`);
  requireFloor("accuracy", ofStudent, floor);
}
