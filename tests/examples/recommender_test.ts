// The example of a recommender: its size, opinions, errors and ranks by hand.
import assert from "node:assert/strict";
import { best, distance, makeModel, makeWorld, opinion } from "../../examples/recommender.ts";
import { randomNumbers } from "../../examples/random_numbers.ts";
import { tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

Deno.test("the towers have a place and a bias for each user and film", () => {
  assert.equal(makeModel(8).countParams(), (2000 + 500) * (8 + 1));
});

testOnBackends("a rating is the product of two places, and both biases, around 3", async () => {
  const model = makeModel(2);
  const [users, films] = ["user", "film"].map((name) => {
    const rows = name === "user" ? 2000 : 500;
    const place = new Float32Array(2 * rows);
    const bias = new Float32Array(rows);
    // The second user and the last film, by hand; zeros elsewhere.
    place.set(name === "user" ? [2, -1] : [0.5, 3], name === "user" ? 2 : 2 * 499);
    bias.set(name === "user" ? [0.25] : [0.5], name === "user" ? 1 : 499);
    return [tensor(place, [rows, 2]), tensor(bias, [rows, 1])];
  });
  model.getLayer("user_tower").setWeights(users);
  model.getLayer("film_tower").setWeights(films);
  const x = { user: tensor([1, 1, 0], undefined, "int32"), film: tensor([499, 0, 499], undefined, "int32") };
  const found = await model.predict(x, { verbose: 0 });
  assertClose([...found.data], [3 + (2 * 0.5 - 1 * 3) + 0.25 + 0.5, 3.25, 3.5], { absolute: 1e-5, relative: 0 });
});

Deno.test("an opinion is what a user likes, times what a film has of it", () => {
  const user = { taste: [1, -2, 0, 0, 0, 0.5], mildness: 0.25 };
  const film = { title: "", genre: "", mixture: [0.5, 1, 9, 9, 9, 2], quality: -1 };
  assertClose([opinion(user, film)], [3 + 0.25 - 1 + 0.5 - 2 + 1], { absolute: 1e-12, relative: 0 });
});

Deno.test("a made world has users and films of all kinds, and titles of their own", () => {
  const { people, catalogue } = makeWorld(randomNumbers(1));
  assert.deepEqual([people.length, catalogue.length], [2000, 500]);
  assert.equal(new Set(catalogue.map(({ title }) => title)).size, 500);
  assert.equal(new Set(catalogue.map(({ genre }) => genre)).size, 6);
  assert.deepEqual(makeWorld(randomNumbers(1)).people, people);
});

Deno.test("errors and the best of the films not seen", () => {
  assertClose([distance([1, 2, 3], [1, 4, 4])], [Math.sqrt(5 / 3)], { absolute: 1e-12, relative: 0 });
  assertClose([distance([1, 2, 3], 2)], [Math.sqrt(2 / 3)], { absolute: 1e-12, relative: 0 });
  assert.deepEqual(best([0.1, 0.9, 0.5, 0.7], 2, new Set([1])), [3, 2]);
  assert.deepEqual(best([0.1, 0.9], 5, new Set()), [1, 0]);
});
