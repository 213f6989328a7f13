"""The twin of examples/ported/actor_critic.ts for Keras: `python actor_critic.py --seed 1`."""

import argparse
import math
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from random_numbers import random_numbers

parser = argparse.ArgumentParser()
parser.add_argument("--episodes", type=int, default=1000)
parser.add_argument("--goal", type=float, default=195)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)
random = random_numbers(options.seed)

gamma = 0.99
num_hidden = 128
learning_rate = 0.005
epsilon = 1e-7
pushes, longest = 2, 500


def start_state():
    return [0.1 * random() - 0.05 for _ in range(4)]


def push(state, action):
    """The equations of examples/cart_pole.ts."""
    x, speed, angle, turning = state
    sin, cos = math.sin(angle), math.cos(angle)
    pushed = ((10 if action == 1 else -10) + 0.05 * turning**2 * sin) / 1.1
    turn = (9.8 * sin - cos * pushed) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
    acceleration = pushed - 0.05 * turn * cos / 1.1
    return [x + 0.02 * speed, speed + 0.02 * acceleration, angle + 0.02 * turning, turning + 0.02 * turn]


def is_over(state):
    return abs(state[0]) > 2.4 or abs(state[2]) > 12 * math.pi / 180


inputs = keras.Input((4,))
common = layers.Dense(num_hidden, activation="relu")(inputs)
action = layers.Dense(pushes, activation="softmax")(common)
critic = layers.Dense(1)(common)
model = keras.Model(inputs, [action, critic])
optimizer = keras.optimizers.Adam(learning_rate)


@tf.function
def act(states):
    return model(states)[0]


@tf.function(reduce_retracing=True)
def learn(states, actions, returns, counts):
    with tf.GradientTape() as tape:
        probabilities, values = model(states)
        chosen = ops.sum(probabilities * ops.one_hot(actions, pushes), axis=-1)
        diff = ops.stop_gradient(returns - ops.squeeze(values, -1))
        actor_losses = -ops.log(chosen) * diff
        critic_losses = keras.losses.huber(ops.expand_dims(returns, -1), values)
        loss = ops.sum((actor_losses + critic_losses) * counts)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
    return loss


def normalized_returns(rewards):
    returns, discounted_sum = [], 0
    for reward in reversed(rewards):
        discounted_sum = reward + gamma * discounted_sum
        returns.insert(0, discounted_sum)
    returns = np.array(returns)
    return (returns - returns.mean()) / (returns.std() + epsilon)


def padded(items, dtype="float32"):
    items = np.asarray(items, dtype)
    more = 2 ** math.ceil(math.log2(len(items))) - len(items)
    return tf.constant(np.concatenate([items, np.zeros((more, *items.shape[1:]), dtype)]))


running_reward = 0
episode = 0
while episode < options.episodes and running_reward <= options.goal:
    state = start_state()
    states, actions = [], []
    while len(states) < longest and not is_over(state):
        probabilities = act(tf.constant([state], "float32")).numpy()
        action = 0 if random() < probabilities[0, 0] else 1
        states.append(state)
        actions.append(action)
        state = push(state, action)
    length = len(states)
    running_reward = 0.05 * length + 0.95 * running_reward
    learn(padded(states), padded(actions, "int32"), padded(normalized_returns([1] * length)), padded([1] * length))
    episode += 1
print(f"running reward {running_reward:.1f} after\n  episodes {episode}")
