// Collaborative filtering: users and films get vectors, and a rating is how well they fit. Follows
// keras.io/examples/structured_data/collaborative_filtering_movielens.
// `deno run -A examples/ported/collaborative_filtering.ts` makes ratings by a formula, learns from them, and recommends.
import {
  layers,
  losses,
  Model,
  ops,
  optimizers,
  regularizers,
  setBackend,
  setRandomSeed,
  tensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";
import { normalNumber, randomInteger, randomNumbers } from "../random_numbers.ts";

const batchSize = 64;
const [numUsers, numMovies] = [300, 200];
const embeddingSize = 16;
/** Ratings are from half a star to five. */
const [minRating, maxRating] = [0.5, 5];

/** The rating, from 0 to 1, `[batch, 1]`, that a user would give a film, for pairs of their numbers `[batch, 2]`. */
export class RecommenderNet extends Model {
  readonly userEmbedding: layers.Embedding;
  readonly userBias: layers.Embedding;
  readonly movieEmbedding: layers.Embedding;
  readonly movieBias: layers.Embedding;

  constructor(numUsers: number, numMovies: number, embeddingSize: number) {
    super();
    const options = { embeddingsInitializer: "he_normal", embeddingsRegularizer: new regularizers.L2(1e-6) } as const;
    this.userEmbedding = new layers.Embedding(numUsers, embeddingSize, options);
    this.userBias = new layers.Embedding(numUsers, 1);
    this.movieEmbedding = new layers.Embedding(numMovies, embeddingSize, options);
    this.movieBias = new layers.Embedding(numMovies, 1);
  }

  override call(inputs: Value): Value {
    const user = ops.getItem(inputs, [{}, 0]);
    const movie = ops.getItem(inputs, [{}, 1]);
    const fit = ops.sum(ops.multiply(this.userEmbedding.apply(user), this.movieEmbedding.apply(movie)), 1, true);
    const biases = ops.add(this.userBias.apply(user), this.movieBias.apply(movie));
    return ops.sigmoid(ops.add(fit, biases));
  }
}

/** Ratings of films at random by users at random, half a star apart: pairs `[ratings, 2]`, and stars `[ratings]`. */
export function makeRatings(ratings: number, seed: number): { pairs: Int32Array; stars: Float32Array } {
  const random = randomNumbers(seed);
  const normals = (count: number, scale: number) => Array.from({ length: count }, () => scale * normalNumber(random));
  // A user has tastes and a mildness, a film has traits and a quality.
  const users = Array.from({ length: numUsers }, () => normals(4, 0.6));
  const movies = Array.from({ length: numMovies }, () => normals(4, 0.6));
  const pairs = new Int32Array(2 * ratings);
  const stars = new Float32Array(ratings);
  for (let i = 0; i < ratings; i++) {
    const user = pairs[2 * i] = randomInteger(random, numUsers);
    const movie = pairs[2 * i + 1] = randomInteger(random, numMovies);
    const [[mildness, ...tastes], [quality, ...traits]] = [users[user], movies[movie]];
    const fit = tastes.reduce((sum, taste, k) => sum + taste * traits[k], 0);
    const opinion = 3 + mildness + quality + fit + 0.4 * normalNumber(random);
    stars[i] = Math.min(maxRating, Math.max(minRating, Math.round(2 * opinion) / 2));
  }
  return { pairs, stars };
}

if (import.meta.main) {
  const options = readArguments("ported/collaborative_filtering.ts", "Finds films that a user would like.", {
    backend: backendOption,
    epochs: count(4, "how often to go through the ratings"),
    steps: count(300, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where less than this share of the variance of ratings is explained"),
  });
  const { backend, epochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [train, test] = [steps * batchSize, 4000];
  const { pairs, stars } = makeRatings(train + test, 1);
  const x = tensor(pairs, [-1, 2]);
  const y = tensor(stars.map((rating) => (rating - minRating) / (maxRating - minRating)), [-1, 1]);
  const model = new RecommenderNet(numUsers, numMovies, embeddingSize);
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.005 }),
    loss: new losses.BinaryCrossentropy(),
    metrics: ["mean_squared_error"],
  });
  const validationData = [x.rows(train, train + test), y.rows(train, train + test)] as const;
  await model.fit(x.rows(0, train), y.rows(0, train), { batchSize, epochs, validationData });

  const found = await model.evaluate(...validationData, { batchSize: 500, verbose: 0 });
  const rmse = (maxRating - minRating) * Math.sqrt(found.mean_squared_error);
  const seen = stars.subarray(train);
  const mean = seen.reduce((sum, rating) => sum + rating, 0) / test;
  const variance = seen.reduce((sum, rating) => sum + (rating - mean) ** 2, 0) / test;
  const explained = 1 - rmse ** 2 / variance;
  console.log(`\nRatings not seen before, which are ${Math.sqrt(variance).toFixed(3)} stars from their mean:`);
  console.log(`  error in stars ${rmse.toFixed(4)}`);
  console.log(`  explained share of the variance ${explained.toFixed(4)}`);

  // The films that the first user has not rated, the best first.
  const rated = new Set(pairs.subarray(0, 2 * train).filter((_, i) => i % 2 === 1 && pairs[i - 1] === 0));
  const others = Array.from({ length: numMovies }, (_, movie) => movie).filter((movie) => !rated.has(movie));
  const ratings = await model.predict(tensor(others.map((movie) => [0, movie]), undefined, "int32"), { verbose: 0 });
  const [values, places] = ops.topK(ops.reshape(ratings, [-1]), 5);
  const recommended = [...places.data].map((place, i) => {
    return `film ${others[place]} (${(minRating + (maxRating - minRating) * values.data[i]).toFixed(1)} stars)`;
  });
  console.log(`The first user has rated ${rated.size} films. Recommended: ${recommended.join(", ")}`);
  requireFloor("explained share of the variance", explained, floor);
}
