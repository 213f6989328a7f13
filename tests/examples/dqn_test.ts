// The example of Q-learning: the physics of the cart, the transitions that it keeps, and a step of training by hand.
import assert from "node:assert/strict";
import { type CartPole, isOver, longest, push, startState } from "../../examples/cart_pole.ts";
import { makeAgent, makeModel, play, Replay } from "../../examples/dqn.ts";
import { type Model, type SymbolicTensor, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 1e-12, relative: 0 };

Deno.test("a push to the right moves the cart to the right and tilts the pole to the left", () => {
  // At rest and upright the equations of motion are those of two masses: 400 / 41 m/s² for the cart, -600 / 41 for the
  // pole, which has four thirds of the inertia of its middle. A step of Euler's changes speeds alone.
  assertClose([...push([0, 0, 0, 0], 1)], [0, 8 / 41, 0, -12 / 41], close);
  assertClose([...push([0, 0, 0, 0], 0)], [0, -8 / 41, 0, 12 / 41], close);
  // A pole that lies does not push the cart by its weight, but by its turning: (10 + 0.05 * 2²) / 1.1 m/s². It falls by
  // 9.8 / (0.5 * 4 / 3) = 14.7 radians/s².
  const lying: CartPole = [1, 3, Math.PI / 2, 2];
  const expected = [1 + 0.02 * 3, 3 + 0.02 * 10.2 / 1.1, Math.PI / 2 + 0.02 * 2, 2 + 0.02 * 14.7];
  assertClose([...push(lying, 1)], expected, close);
});

Deno.test("left is the mirror image of right, and episodes end on both sides alike", () => {
  const mirrored = (state: CartPole) => state.map((value) => -value) as unknown as CartPole;
  const state: CartPole = [0.3, -0.7, 0.1, 0.9];
  assertClose([...push(mirrored(state), 0)], [...mirrored(push(state, 1))], close);
  const over: [CartPole, boolean][] = [
    [[2.4, 9, 0, 9], false],
    [[2.41, 0, 0, 0], true],
    [[0, 0, 0.2094, 0], false],
    [[0, 0, 0.2095, 0], true],
  ];
  for (const [at, expected] of over) {
    assert.deepEqual([isOver(at), isOver(mirrored(at))], [expected, expected], `${at}`);
  }
  const draws = [0, 0.5, 0.25, 0.75];
  assertClose([...startState(() => draws.shift()!)], [-0.05, 0, -0.025, 0.025], close);
});

Deno.test("the replay keeps the last transitions, and draws batches of them", () => {
  const replay = new Replay(2);
  for (const n of [1, 2, 3]) {
    replay.add({ state: [n, 0, 0, 0], action: n % 2, reward: 1, next: [0, 0, 0, n], ended: n === 3 });
  }
  assert.equal(replay.size, 2);
  // The third took the place of the first.
  const draws = [0, 0.5, 0.99];
  const [states, actions, rewards, next, ended] = replay.sample(3, () => draws.shift()!);
  assert.deepEqual(states.toArray(), [[3, 0, 0, 0], [2, 0, 0, 0], [2, 0, 0, 0]]);
  assert.deepEqual([actions.toArray(), actions.dtype], [[1, 0, 0], "int32"]);
  assert.deepEqual([rewards.toArray(), ended.toArray()], [[1, 1, 1], [1, 0, 0]]);
  assert.deepEqual(next.toArray(), [[0, 0, 0, 3], [0, 0, 0, 2], [0, 0, 0, 2]]);
});

Deno.test("the network of Q-learning has the size that its layers ask for", () => {
  assert.equal(makeModel().countParams(), (4 + 1) * 64 + (64 + 1) * 64 + (64 + 1) * 1 + (64 + 1) * 2);
});

Deno.test("episodes played at once end one by one, and are cut off", async () => {
  // Leans on the pole and, by a little, on the middle of the track.
  const steady = (states: { toArray(): unknown }) => {
    const rows = states.toArray() as number[][];
    return Promise.resolve(tensor(rows.map(([x, v, a, w]) => Number(0.1 * x + 0.3 * v + 3 * a + w > 0))));
  };
  // The first is over, the second after one push, off the track.
  const returns = await play(steady, [[3, 0, 0, 0], [2.39, 1, 0, 0], [0, 0, 0.03, 0]]);
  assert.deepEqual(returns, [0, 1, longest]);
});

/** The biases of a head: of the value, or of the advantages of both pushes. */
async function biasesOf(model: Model<SymbolicTensor, SymbolicTensor>, head: "value" | "advantages"): Promise<number[]> {
  return [...(await model.getLayer(head).getWeights())[1].data];
}

/** Sets the kernels of both heads to 0, so that their biases are what they say of every state. */
function setHeads(model: Model<SymbolicTensor, SymbolicTensor>, value: number, advantages: number[]): void {
  const zeros = (columns: number) => tensor(new Float32Array(64 * columns), [64, columns]);
  model.getLayer("value").setWeights([zeros(1), tensor([value])]);
  model.getLayer("advantages").setWeights([zeros(2), tensor(advantages)]);
}

testOnBackends(
  "a step of Q-learning: what is wanted comes from the slow network, for the push of the fast one",
  async () => {
    const { network, target, optimizer, decide, copy, learn } = makeAgent();
    // Values of pushes: 6 and 4 for the network, which prefers the first, and 9 and 11 for the one that follows.
    setHeads(network, 5, [1, -1]);
    setHeads(target, 10, [-1, 1]);
    const states = tensor([[0, 0, 0, 0], [1, 1, 1, 1]]);
    assert.deepEqual((await decide(states)).toArray(), [0, 0]);

    // The first wants 1 + 0.98 * 9 = 9.82 of its push, which is at 4; the second has ended, and wants 1, where it is at 6.
    // Huber's loss is the distance less a half.
    optimizer.learningRate = 0;
    const loss = await learn(states, tensor([1, 0], undefined, "int32"), tensor([1, 1]), states, tensor([0, 1]));
    assertClose([loss.item()], [((9.82 - 4 - 0.5) + (6 - 1 - 0.5)) / 2], { absolute: 1e-5, relative: 0 });
    const near = { absolute: 1e-6, relative: 0 };
    assert.deepEqual(await biasesOf(network, "value"), [5], "a learning rate of 0 changes nothing");
    // The slow network has gone 0.005 of its way.
    assertClose(await biasesOf(target, "value"), [10 - 0.005 * 5], near);
    assertClose(await biasesOf(target, "advantages"), [-1 + 0.005 * 2, 1 - 0.005 * 2], near);

    // Now both want more than they have, with gradients of -1. Those of the step before were 1 and -1 and cancelled out, so
    // Adam's means are those of 0 and -1, corrected for the start: 0.1 / (1 - 0.9²) and 0.001 / (1 - 0.999²).
    optimizer.learningRate = 0.01;
    await learn(states, tensor([1, 1], undefined, "int32"), tensor([1, 1]), states, tensor([0, 0]));
    const grown = 0.01 * (0.1 / 0.19) / Math.sqrt(0.001 / 0.001999);
    assertClose(await biasesOf(network, "value"), [5 + grown], { absolute: 1e-5, relative: 0 });
    await copy();
    assert.deepEqual(await target.getWeights(), await network.getWeights());
  },
);
