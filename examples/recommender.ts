// A recommender of two towers: one places users, the other one films, so that who likes what lies in its direction.
// `deno run -A examples/recommender.ts` makes users, films and ratings, learns from them, and recommends films.
import {
  Input,
  layers,
  Model,
  ops,
  optimizers,
  regularizers,
  setRandomSeed,
  type SymbolicTensor,
  tensor,
} from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";
import { normalNumber, randomInteger, randomNumbers } from "./random_numbers.ts";

const batchSize = 512;
const [users, films] = [2000, 500];
/** How many ratings there are of each user, on average. */
const ratingsPerUser = 60;
/** The standard deviation of what a rating owes to the mood: no model can be nearer than this on average. */
const noise = 0.5;
/** The mean of all ratings. */
const usual = 3;

const genres = ["comedy", "drama", "thriller", "romance", "western", "animation"] as const;

/** A film: its title, and how much it has of each genre. */
interface Film {
  readonly title: string;
  readonly genre: string;
  readonly mixture: readonly number[];
  /** How much everybody likes it. */
  readonly quality: number;
}

/** A user: how much he or she likes each genre, and rates everything higher or lower. */
interface User {
  readonly taste: readonly number[];
  readonly mildness: number;
}

const words = {
  first: ["Silent", "Last", "Golden", "Broken", "Hidden", "Second", "Paper", "Distant", "Crooked", "Endless"],
  second: ["River", "Summer", "Letter", "Garden", "Stranger", "Harbour", "Winter", "Promise", "Mirror", "Road"],
  third: ["", " of Glass", " at Noon", " in the North", " Returns"],
};

/** Users and films, and what each user would give each film without moods: ratings are around 3, mostly from 1 to 5. */
export function makeWorld(random: () => number): { people: User[]; catalogue: Film[] } {
  const normal = () => normalNumber(random);
  const catalogue = Array.from({ length: films }, (_, i): Film => {
    const main = randomInteger(random, genres.length);
    const mixture = genres.map((_, genre) => (genre === main ? 1 : 0.3 * normal()));
    const { first, second, third } = words;
    const title = `The ${first[i % 10]} ${second[Math.floor(i / 10) % 10]}${third[Math.floor(i / 100)]}`;
    return { title, genre: genres[main], mixture, quality: 0.3 * normal() };
  });
  const people = Array.from({ length: users }, (): User => ({
    taste: genres.map(() => 0.7 * normal()),
    mildness: 0.3 * normal(),
  }));
  return { people, catalogue };
}

/** What a user thinks of a film, without the mood. */
export function opinion({ taste, mildness }: User, { mixture, quality }: Film): number {
  return usual + mildness + quality + taste.reduce((sum, liking, genre) => sum + liking * mixture[genre], 0);
}

/** A tower: for numbers of rows of a table, `[batch]`, a place `[batch, size]` and a bias `[batch, 1]`. */
function tower(rows: number, size: number, name: string): Model<SymbolicTensor, readonly SymbolicTensor[]> {
  const id = Input({ shape: [], dtype: "int32", name });
  const options = { embeddingsRegularizer: new regularizers.L2(2e-5) };
  const place = new layers.Embedding(rows, size, { ...options, name: `${name}_place` }).apply(id);
  const bias = new layers.Embedding(rows, 1, { ...options, name: `${name}_bias` }).apply(id);
  return new Model({ inputs: id, outputs: [place, bias], name: `${name}_tower` });
}

/** The network: a rating is the product of a user's place and a film's, and both biases. */
export function makeModel(size = 8) {
  const user = Input({ shape: [], dtype: "int32", name: "user" });
  const film = Input({ shape: [], dtype: "int32", name: "film" });
  const [who, mildness] = tower(users, size, "user").apply(user);
  const [what, quality] = tower(films, size, "film").apply(film);
  const rating = ops.add(layers.add([layers.dot([who, what], 1), mildness, quality]), usual);
  const model = new Model({ inputs: { user, film }, outputs: rating, name: "recommender" });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.01 }),
    loss: "mse",
    metrics: ["root_mean_squared_error"],
  });
  return model;
}

/** Ratings of films at random by users at random, each an opinion and a mood: who, what, and how many stars. */
function rate(people: readonly User[], catalogue: readonly Film[], ratings: number, random: () => number) {
  const user = Int32Array.from({ length: ratings }, () => randomInteger(random, users));
  const film = Int32Array.from({ length: ratings }, () => randomInteger(random, films));
  const opinions = Array.from(user, (who, i) => opinion(people[who], catalogue[film[i]]));
  const stars = opinions.map((stars) => stars + noise * normalNumber(random));
  return { x: { user: tensor(user), film: tensor(film) }, y: tensor(stars), opinions };
}

/** The root of the mean square of the differences between numbers and others, or the same one for all. */
export function distance(numbers: ArrayLike<number>, others: ArrayLike<number> | number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] - (typeof others === "number" ? others : others[i])) ** 2;
  return Math.sqrt(sum / numbers.length);
}

/** The places of the `count` highest scores, the highest first, without those that are left out. */
export function best(scores: ArrayLike<number>, count: number, leftOut: ReadonlySet<number>): number[] {
  const places = Array.from({ length: scores.length }, (_, i) => i).filter((i) => !leftOut.has(i));
  return places.sort((a, b) => scores[b] - scores[a]).slice(0, count);
}

if (import.meta.main) {
  const { epochs, steps, seed, floor } = readArguments("recommender.ts", "Finds films that a user would like.", {
    epochs: count(6, "how often to go through the ratings"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} ratings only`),
    seed: count(1, "the seed of weights, order and ratings", 0),
    floor: share(0, "fail where the network explains less than this share of what is no noise"),
  });
  setRandomSeed(seed);

  const random = randomNumbers(seed);
  const { people, catalogue } = makeWorld(random);
  const train = rate(people, catalogue, Math.min(steps * batchSize, users * ratingsPerUser), random);
  const test = rate(people, catalogue, 10_000, random);
  const model = makeModel();
  model.summary({ expandNested: true });
  await model.fit(train.x, train.y, { epochs, batchSize });

  const evaluated = await model.evaluate(test.x, test.y, { verbose: 0, batchSize });
  const error = evaluated.root_mean_squared_error;
  const ofMean = distance(test.y.data, ops.mean(train.y).item());
  const ofTruth = distance(test.y.data, test.opinions);
  const explained = (ofMean ** 2 - error ** 2) / (ofMean ** 2 - ofTruth ** 2);
  console.log("\nRoot mean square errors of ratings not seen before:");
  console.log(`  ${ofMean.toFixed(3)}  the mean of all ratings`);
  console.log(
    `  ${error.toFixed(3)}  the network, which explains ${(100 * explained).toFixed(1)} % of what is no noise`,
  );
  console.log(`  ${ofTruth.toFixed(3)}  the true opinions: the rest is noise`);

  // Films for the first user.
  const everyFilm = { user: ops.zeros([films], "int32"), film: ops.arange(films) };
  const scores = (await model.predict(everyFilm, { verbose: 0, batchSize: films })).data;
  const seen = new Set(train.x.film.data.filter((_, i) => train.x.user.data[i] === 0));
  const truth = catalogue.map((film) => opinion(people[0], film));
  const ranks = best(truth, films, seen);
  const taste = genres.map((genre, i) => `${genre} ${people[0].taste[i].toFixed(1)}`);
  console.log(`\nThe first user has rated ${seen.size} films and likes ${taste.join(", ")}.`);
  console.log("Recommended: expected rating, true opinion, its rank among the films not seen");
  for (const i of best(scores, 8, seen)) {
    const stars = [scores[i], truth[i]].map((stars) => stars.toFixed(1).padStart(5)).join("");
    const { title, genre } = catalogue[i];
    console.log(`${stars} ${String(ranks.indexOf(i) + 1).padStart(4)}  ${title} (${genre})`);
  }
  requireFloor("explained share", explained, floor);
}
