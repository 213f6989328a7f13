// Actor and critic (Konda and Tsitsiklis, 2000): one network chooses pushes that balance a pole on a cart, and tells what
// return it expects; both learn from what came of it. Follows keras.io/examples/rl/actor_critic_cartpole.
// `deno run -A examples/ported/actor_critic.ts` trains until episodes are long enough.
import {
  compile,
  gradients,
  Input,
  layers,
  losses,
  Model,
  ops,
  optimizers,
  setBackend,
  setRandomSeed,
  tensor,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor } from "../arguments.ts";
import { type CartPole, isOver, longest, push, pushes, startState } from "../cart_pole.ts";
import { randomNumbers } from "../random_numbers.ts";

/** How much a reward is worth one step later. */
const gamma = 0.99;
const numHidden = 128;
const learningRate = 0.005;
const epsilon = 1e-7;

/** For states, `[batch, 4]`: the probabilities of the pushes, `[batch, 2]`, and the expected return, `[batch, 1]`. */
export function makeModel() {
  const inputs = Input({ shape: [4] });
  const common = new layers.Dense(numHidden, { activation: "relu" }).apply(inputs);
  const action = new layers.Dense(pushes, { activation: "softmax" }).apply(common);
  const critic = new layers.Dense(1).apply(common);
  return new Model({ inputs, outputs: [action, critic] });
}

/** What the network does, each a compiled program. */
export function makeAgent() {
  const model = makeModel();
  const optimizer = new optimizers.Adam({ learningRate });

  /** The probabilities of the pushes in states, `[states, 2]`. */
  const act = compile((states) => model.apply(states)[0]);

  /** One step of training by an episode: its states, its pushes, and what was gained after each; rows of padding count 0. */
  const learn = compile((states, actions, returns, counts) => {
    const [probabilities, values] = model.apply(states);
    const chosen = ops.sum(ops.multiply(probabilities, ops.oneHot(actions, pushes)), -1);
    const diff = ops.stopGradient(ops.subtract(returns, ops.squeeze(values, -1)));
    const actorLosses = ops.negative(ops.multiply(ops.log(chosen), diff));
    const criticLosses = losses.huber(ops.expandDims(returns, -1), values);
    const loss = ops.sum(ops.multiply(ops.add(actorLosses, criticLosses), counts));
    const weights = model.trainableWeights;
    optimizer.apply(gradients(loss, weights), weights);
    return loss;
  });
  return { model, act, learn };
}

/** The discounted sums of the rewards from each step on, with mean 0 and standard deviation 1. */
export function normalizedReturns(rewards: readonly number[]): number[] {
  const returns: number[] = [];
  let discountedSum = 0;
  for (const reward of rewards.toReversed()) returns.unshift(discountedSum = reward + gamma * discountedSum);
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const deviation = Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length);
  return returns.map((value) => (value - mean) / (deviation + epsilon));
}

/** The numbers, and zeros behind them up to a power of two, so that episodes have few different lengths. */
function padded<T>(items: readonly T[], zero: T): T[] {
  return [...items, ...new Array<T>(2 ** Math.ceil(Math.log2(items.length)) - items.length).fill(zero)];
}

if (import.meta.main) {
  const options = readArguments("ported/actor_critic.ts", "A network learns to balance a pole.", {
    backend: backendOption,
    episodes: count(1000, "the most episodes to learn from"),
    goal: count(195, "stop when episodes are longer than this on average"),
    seed: count(1, "the seed of weights, starts and chance", 0),
    floor: count(0, "fail where the mean length at the end is below n", 0),
  });
  const { backend, episodes, goal, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);
  const random = randomNumbers(seed);
  const { model, act, learn } = makeAgent();
  model.summary();

  let runningReward = 0;
  let episode = 0;
  while (episode < episodes && runningReward <= goal) {
    let state = startState(random);
    const [states, actions]: [CartPole[], number[]] = [[], []];
    while (states.length < longest && !isOver(state)) {
      const probabilities = await act(tensor([[...state]]));
      const action = random() < probabilities.data[0] ? 0 : 1;
      states.push(state);
      actions.push(action);
      state = push(state, action);
    }
    const length = states.length;
    runningReward = 0.05 * length + 0.95 * runningReward;

    await learn(
      tensor(padded(states, [0, 0, 0, 0]).map((state) => [...state])),
      tensor(padded(actions, 0), undefined, "int32"),
      tensor(padded(normalizedReturns(new Array(length).fill(1)), 0)),
      tensor(padded(new Array(length).fill(1), 0)),
    );
    if (++episode % 20 === 0) console.log(`episode ${episode}: running reward ${runningReward.toFixed(1)}`);
  }
  console.log(`\nrunning reward ${runningReward.toFixed(1)} after\n  episodes ${episode}`);
  requireFloor("running reward", runningReward, floor);
}
