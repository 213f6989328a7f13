// Deep Q-learning (Mnih et al., 2015): a network learns from trial and error to balance a pole on a cart.
// `deno run -A examples/dqn.ts` draws the length of each episode into dqn.svg.
import {
  compile,
  gradients,
  Input,
  layers,
  losses,
  Model,
  ops,
  optimizers,
  plots,
  setRandomSeed,
  type SymbolicTensor,
  Tensor,
  type Value,
} from "../mod.ts";
import { count, path, readArguments, requireFloor } from "./arguments.ts";
import { type CartPole, isOver, longest, push, pushes, startState, usualState } from "./cart_pole.ts";
import { randomInteger, randomNumbers } from "./random_numbers.ts";

const batchSize = 128;
/** There is a step of training after so many pushes. */
const learnEvery = 2;
/** How much a reward is worth one step later. */
const discount = 0.98;
/** At the start; it falls to 0. */
const learningRate = 2e-3;
/** How far the target network follows the other one in a step. */
const follow = 0.005;

/**
 * Estimates for a state, `[4]`, the sum of future rewards after each push, `[2]`. The pushes differ by little, so what
 * they have in common, the value of the state, is computed apart (a dueling network: Wang et al., 2015).
 */
export function makeModel(): Model<SymbolicTensor, SymbolicTensor> {
  const state = Input({ shape: [usualState.length] });
  let x = new layers.Rescaling(usualState.map((most) => 1 / most)).apply(state);
  for (let i = 0; i < 2; i++) x = new layers.Dense(64, { activation: "relu" }).apply(x);
  const value = new layers.Dense(1, { name: "value" }).apply(x);
  const advantages = new layers.Dense(pushes, { name: "advantages" }).apply(x);
  const outputs = ops.add(value, ops.subtract(advantages, ops.mean(advantages, -1, true)));
  return new Model({ inputs: state, outputs, name: "values" });
}

/** What happened at one push. */
export interface Transition {
  readonly state: CartPole;
  readonly action: number;
  readonly reward: number;
  readonly next: CartPole;
  /** Whether the episode ended with it, so that no more rewards follow. */
  readonly ended: boolean;
}

/** The last transitions, and random batches of them. */
export class Replay {
  readonly #held: Transition[] = [];
  #added = 0;

  constructor(readonly capacity: number) {}

  /** How many there are. */
  get size(): number {
    return this.#held.length;
  }

  /** Adds one; the oldest makes room. */
  add(transition: Transition): void {
    this.#held[this.#added++ % this.capacity] = transition;
  }

  /** States `[rows, 4]`, actions `[rows]`, rewards `[rows]`, next states `[rows, 4]` and endings `[rows]`, 0 or 1. */
  sample(rows: number, random: () => number): Tensor[] {
    const drawn = Array.from({ length: rows }, () => this.#held[randomInteger(random, this.size)]);
    const numbers = (of: (transition: Transition) => number) =>
      new Tensor([rows], "float32", Float32Array.from(drawn, of));
    return [
      tensorOf(drawn.map(({ state }) => state)),
      new Tensor([rows], "int32", Int32Array.from(drawn, ({ action }) => action)),
      numbers(({ reward }) => reward),
      tensorOf(drawn.map(({ next }) => next)),
      numbers(({ ended }) => Number(ended)),
    ];
  }
}

/** States as a tensor, `[states, 4]`. */
function tensorOf(states: readonly CartPole[]): Tensor {
  return new Tensor([states.length, usualState.length], "float32", Float32Array.from(states.flat()));
}

/** The value of one push in each state, `[states]`, of the values of all, `[states, 2]`. */
function valueOf(values: Value, actions: Value): Value {
  return ops.sum(ops.multiply(values, ops.oneHot(actions, pushes)), -1);
}

/** The networks, and what they do, each a compiled program. */
export function makeAgent() {
  const network = makeModel();
  // Values are learned from values; those come from a second network that follows slowly, which keeps them steady.
  const target = makeModel();
  const optimizer = new optimizers.Adam({ learningRate });

  /** The better pushes, `[states]`, for states, `[states, 4]`. */
  const decide = compile((states) => ops.argmax(network.apply(states), -1));

  /** Makes the target network equal to the other one. */
  const copy = compile(() => target.weights.forEach((weight, i) => weight.assign(network.weights[i].value())));

  /** One step of training by transitions, in the order of `Replay.sample`; the result is the loss. */
  const learn = compile((states, actions, rewards, nextStates, ended) => {
    // Double Q-learning (van Hasselt et al., 2015): one network chooses the next push, the other one rates it.
    const chosen = ops.argmax(network.apply(nextStates), -1);
    const future = valueOf(target.apply(nextStates), chosen);
    const wanted = ops.add(rewards, ops.multiply(ops.multiply(future, discount), ops.subtract(1, ended)));
    const loss = ops.mean(losses.huber(ops.stopGradient(wanted), valueOf(network.apply(states), actions)));
    const weights = network.trainableWeights;
    optimizer.apply(gradients(loss, weights), weights);
    target.weights.forEach((weight, i) => {
      weight.assign(ops.add(ops.multiply(weight, 1 - follow), ops.multiply(network.weights[i], follow)));
    });
    return loss;
  });
  return { network, target, optimizer, decide, copy, learn };
}

/** The returns of episodes played at once, each by the pushes that the network finds best. */
export async function play(
  decide: (states: Tensor) => Promise<Tensor>,
  starts: readonly CartPole[],
): Promise<number[]> {
  const states = [...starts];
  const returns = new Array<number>(starts.length).fill(0);
  for (let step = 0; step < longest && !states.every(isOver); step++) {
    const actions = await decide(tensorOf(states));
    for (const [i, state] of states.entries()) {
      if (isOver(state)) continue;
      returns[i]++;
      states[i] = push(state, actions.data[i]);
    }
  }
  return returns;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

if (import.meta.main) {
  const { steps, episodes, seed, floor, out } = readArguments("dqn.ts", "A network learns to balance a pole.", {
    steps: count(30_000, "how many pushes to learn from; those of the last episode are more"),
    episodes: count(Infinity, "learn from the first n episodes only"),
    seed: count(1, "the seed of weights, starts and chance", 0),
    floor: count(0, "fail where the mean return of 100 episodes after the training is below n", 0),
    out: path("dqn.svg", "where the picture goes"),
  });
  setRandomSeed(seed);
  const random = randomNumbers(seed);
  const { network, optimizer, decide, copy, learn } = makeAgent();
  network.summary();
  await copy();

  const replay = new Replay(50_000);
  const returns: number[] = [];
  for (let step = 0; step < steps && returns.length < episodes;) {
    let state = startState(random);
    let [length, over] = [0, false];
    for (; !over; length++, step++) {
      // Chance decides all pushes at first, fewer and fewer as the network learns, and a few to the end.
      const chance = Math.max(0.04, 1 - 6 * step / steps);
      const action = random() < chance ? randomInteger(random, pushes) : (await decide(tensorOf([state]))).item();
      const next = push(state, action);
      // An episode that is only cut off could go on, so its last push is no end to learn from.
      const ended = isOver(next);
      over = ended || length + 1 === longest;
      replay.add({ state, action, reward: 1, next, ended });
      if (replay.size >= 500 && step % learnEvery === 0) {
        optimizer.learningRate = Math.max(0, learningRate * (1 - step / steps));
        await learn(...replay.sample(batchSize, random));
      }
      state = next;
    }
    returns.push(length);
    if (returns.length % 20 === 0) {
      const last = mean(returns.slice(-20)).toFixed(1);
      console.log(`episode ${returns.length}, push ${step}: mean return of the last 20 episodes ${last}`);
    }
  }

  const tested = await play(decide, Array.from({ length: 100 }, () => startState(random)));
  const [low, high] = [Math.min(...tested), Math.max(...tested)];
  console.log(`\n100 episodes without chance: mean return ${mean(tested).toFixed(1)}, from ${low} to ${high}`);
  const smooth = returns.map((_, i) => mean(returns.slice(Math.max(0, i - 19), i + 1)));
  const curves = [{ name: "return", values: returns, color: 5 }, { name: "mean of 20", values: smooth, color: 1 }];
  const title = "Learning to balance a pole";
  await plots.lines({ title, xLabel: "episodes", yLabel: "return", curves }).save(out);
  console.log(`The returns of the episodes it learned from are in ${out}.`);
  requireFloor("mean return", mean(tested), floor);
}
