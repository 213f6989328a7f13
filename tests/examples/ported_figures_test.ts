// The parts of ported examples that their results hang on, against values derived by hand.
import assert from "node:assert/strict";
import { makeAgent, normalizedReturns } from "../../examples/ported/actor_critic.ts";
import { makeRatings, RecommenderNet } from "../../examples/ported/collaborative_filtering.ts";
import {
  makeGradcamHeatmap,
  makeModel as makePairModel,
  makePairs,
  rightHalves,
} from "../../examples/ported/grad_cam.ts";
import { createVitClassifier, Patches } from "../../examples/ported/image_classification_vit.ts";
import { Distiller, makeNetwork } from "../../examples/ported/knowledge_distillation.ts";
import { contrastiveLoss, makePairs as makeImagePairs } from "../../examples/ported/siamese_contrastive.ts";
import {
  createClassifier,
  createEncoder,
  SupervisedContrastiveLoss,
} from "../../examples/ported/supervised_contrastive.ts";
import { makeData, makeModel as makeTransformer, writeReviews } from "../../examples/ported/transformer_text.ts";
import { compile, losses, ops, setRandomSeed, Tensor, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 1e-5, relative: 1e-5 };

testOnBackends(
  "the contrastive loss is the mean negative logarithm of the shares of vectors of one's class",
  async () => {
    const vectors = tensor([[1, 0], [0, 2], [3, 0]]);
    const loss = compile((labels, vectors) => new SupervisedContrastiveLoss().apply(labels, vectors));
    // Cosines are 0 and 1, divided by the temperature 0.1. Rows 0 and 2 point to one side, and so belong together here.
    const paired = Math.log(2 + Math.exp(-10));
    const alone = Math.log(1 + 2 * Math.exp(-10));
    assertClose((await loss([0, 1, 0], vectors)).data, [(2 * paired + alone) / 3], close);
    // With rows 0 and 1 of one class each of them has a half of its target at 0 in place of 10.
    const [first, second, third] = [paired + 5, alone + 5, paired];
    assertClose((await loss([0, 0, 1], vectors)).data, [(first + second + third) / 3], close);
  },
);

Deno.test("a frozen encoder leaves the two layers of the classifier to train", () => {
  const encoder = createEncoder();
  assert.equal(createClassifier(encoder).trainableWeights.length, 10);
  assert.equal(createClassifier(encoder, false).trainableWeights.length, 4);
});

testOnBackends("the loss of distillation weighs labels and teacher, and trains the student alone", async () => {
  const [student, teacher] = [makeNetwork("student", [1, 1]), makeNetwork("teacher", [1, 1])];
  const distiller = new Distiller(student, teacher);
  distiller.compile({
    optimizer: "adam",
    studentLoss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    distillationLoss: new losses.KLDivergence(),
    alpha: 0.25,
    temperature: 2,
  });
  assert.equal(distiller.trainableWeights.length, student.trainableWeights.length);
  // Without weights all classes are equally likely to the teacher: the divergence is 0 where the student says the same.
  teacher.setWeights(teacher.weights.map(({ shape }) => ops.zeros(shape)));
  const lossOf = compile((x, y, yPred) => distiller.computeLoss({ x, y, yPred }));
  const x = new Tensor([1, 28, 28], "uint8", new Uint8Array(784));
  assertClose((await lossOf(x, [3], ops.zeros([1, 10]))).data, [0.25 * Math.log(10)], close);
  const logits = [2 * Math.log(11), ...new Array<number>(9).fill(0)];
  // Softened, the student gives the first class 11/20, and the others 1/20 each.
  const divergence = 0.1 * Math.log(0.1 / (11 / 20)) + 0.9 * Math.log(0.1 / (1 / 20));
  const own = Math.log((121 + 9) / 121);
  assertClose((await lossOf(x, [0], [logits])).data, [0.25 * own + 0.75 * 4 * divergence], close);
});

Deno.test("pairs of digits have the one that counts to the left and to the right by turns", () => {
  const digits = new Tensor(
    [4, 28, 28],
    "uint8",
    Uint8Array.from({ length: 4 * 784 }, (_, at) => Math.floor(at / 784)),
  );
  const { images, wanted } = makePairs(digits, tensor(new Uint8Array([7, 2, 4, 9])), 2);
  assert.deepEqual([...wanted.data], [2, 4]);
  assert.deepEqual([images.shape, images.data[0], images.data[28]], [[2, 28, 56], 1, 0]);
  assert.deepEqual([images.data[28 * 56], images.data[28 * 56 + 28]], [3, 2]);
  const heat = new Float32Array(2 * 7 * 14);
  heat[0] = heat[7 * 14] = 1;
  assert.equal(rightHalves(new Tensor([2, 7, 14], "float32", heat)), 0.5);
});

testOnBackends("a heat map is high where the channels that speak for a class are", async () => {
  const model = makePairModel();
  // One pixel of ink passes through the middle of all kernels to the first channel, which speaks for class 0.
  model.setWeights(model.weights.map(({ shape }) => {
    const values = ops.zeros(shape);
    if (shape.length === 4) values.data[(3 + 1) * shape[2] * shape[3]] = 1;
    if (shape.length === 2) values.data[0] = 1;
    return values;
  }));
  const image = new Uint8Array(28 * 56);
  // Strides with padding "same" put the middles of the kernels at odd rows and columns, twice.
  image[(4 * 3 + 3) * 56 + 4 * 10 + 3] = 255;
  const heat = await makeGradcamHeatmap(model, "last_conv")(new Tensor([1, 28, 56], "uint8", image));
  assert.deepEqual(heat.shape, [1, 7, 14]);
  assert.deepEqual([...heat.data.keys()].filter((at) => heat.data[at] > 0), [3 * 14 + 10]);
  assertClose([heat.data[3 * 14 + 10]], [1], close);
});

Deno.test("reviews mean what they say, and have a number for each word", () => {
  for (const { text, isGood } of writeReviews(50, 3)) {
    for (const statement of text.split(" and ")) {
      const praises = /(good|funny|moving|clever|great|fresh)$/.test(statement);
      assert.equal(praises !== / not /.test(statement), isGood, text);
    }
  }
  const [x, y] = makeData(50, 3);
  assert.deepEqual([x.shape, y.shape], [[50, 12], [50]]);
  assert.ok(Math.min(...x.data) === 0 && Math.max(...x.data) < 23);
  assert.deepEqual(makeTransformer(23).outputShape, [null, 2]);
});

testOnBackends("a rating is a sigmoid of a product of vectors and of two biases", async () => {
  setRandomSeed(1);
  const { pairs, stars } = makeRatings(20, 1);
  assert.ok(stars.every((rating) => rating >= 0.5 && rating <= 5 && Number.isInteger(2 * rating)));
  const model = new RecommenderNet(300, 200, 4);
  const found = await model.predict(tensor(pairs, [20, 2]), { verbose: 0 });
  const [users, ofUsers, movies, ofMovies] = (await model.getWeights()).map((weight) => weight.toArray(2));
  const expected = Array.from({ length: 20 }, (_, i) => {
    const [user, movie] = [pairs[2 * i], pairs[2 * i + 1]];
    const product = users[user].reduce((sum, value, k) => sum + value * movies[movie][k], 0);
    return 1 / (1 + Math.exp(-product - ofUsers[user][0] - ofMovies[movie][0]));
  });
  assertClose(found.data, expected, close);
});

Deno.test("returns fall from step to step, with mean 0 and deviation 1", () => {
  assertClose(normalizedReturns([1, 1]), [1, -1], close);
  const [a, b, c] = [1 + 0.99 + 0.99 ** 2, 1.99, 1];
  const mean = (a + b + c) / 3;
  const deviation = Math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 3);
  assertClose(normalizedReturns([1, 1, 1]), [a, b, c].map((value) => (value - mean) / deviation), close);
});

testOnBackends("an actor does more often what came out better than expected, and padding changes nothing", async () => {
  const state = [0.1, -0.2, 0.05, 0.3];
  const weights = await makeAgent().model.getWeights();
  /** How much more likely the second push is after a step of training by an episode. */
  const gain = async (states: number[][], actions: number[], returns: number[], counts: number[]) => {
    const { model, act, learn } = makeAgent();
    model.setWeights(weights);
    const before = (await act([state])).data[1];
    await learn(states, tensor(actions, undefined, "int32"), returns, counts);
    return (await act([state])).data[1] - before;
  };
  const gained = await gain([state], [1], [3], [1]);
  assert.ok(gained > 0);
  assert.ok(await gain([state], [0], [3], [1]) < 0);
  assertClose([await gain([state, [0, 0, 0, 0]], [1, 0], [3, 100], [1, 0])], [gained], close);
});

testOnBackends("patches are read row by row", async () => {
  const image = ops.reshape(ops.arange(28 * 28, undefined, 1, "float32"), [1, 28, 28, 1]);
  const patches = await compile((images) => new Patches(7).apply(images))(image);
  assert.deepEqual(patches.shape, [1, 16, 49]);
  assert.deepEqual([0, 49, 4 * 49, 4 * 49 + 7].map((at) => patches.data[at]), [0, 7, 7 * 28, 8 * 28]);
  assert.deepEqual(createVitClassifier(image).outputShape, [null, 10]);
});

testOnBackends("equal pairs should be at 0, and different ones beyond the margin of 1", async () => {
  const loss = compile(contrastiveLoss);
  const found = await loss([[0], [0], [1], [1]], [[0], [0.5], [0.25], [1.5]]);
  assertClose(found.data, [0, 0.25, 0.75 ** 2, 0], close);
});

Deno.test("each image is paired with one of its class, and with one of another", () => {
  const digits = Uint8Array.from({ length: 60 }, (_, row) => row % 10);
  const images = new Tensor([60, 28, 28], "uint8", Uint8Array.from({ length: 60 * 784 }, (_, at) => at / 784 % 10));
  const { pairs: [left, right], labels } = makeImagePairs(images, tensor(digits), 1);
  assert.deepEqual([left.shape, right.shape, labels.shape], [[120, 28, 28], [120, 28, 28], [120, 1]]);
  for (let i = 0; i < 120; i++) {
    assert.equal(left.data[i * 784] === right.data[i * 784], i % 2 === 0);
    assert.equal(labels.data[i], i % 2);
  }
});
